"""How many requests of phones may do their work at once; the others hand it over.

Deciding an item (a case, its photos) takes a hundred times as long as keeping it. When many phones come into the signal at once,
all of them are answered soon: what they sent is kept, and a job does what the requests had no time for.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

AT_ONCE = 1  # of the four threads of a process (see cli.processes.web_command); the others answer
_turns = threading.BoundedSemaphore(AT_ONCE)


@contextmanager
def turn() -> Iterator[bool]:
    """Lend a turn to work, if there is one; else say so."""
    taken = _turns.acquire(blocking=False)
    try:
        yield taken
    finally:
        if taken:
            _turns.release()
