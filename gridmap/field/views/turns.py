"""What phones are told and granted when many come at once.

Deciding an item (a case, its photos) takes a hundred times as long as keeping it. A request does it when it is the only one of its
process. When many phones come into the signal at once, all of them are answered soon: what they sent is kept, a job does what the
requests had no time for, and each phone is asked to rest before it goes on, so that the pages of others are still served.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

CROWD = 3  # of the four threads of a process (see cli.processes.web_command): with so many at work others wait already
REST_MS = 3_000

_lock = threading.Lock()
_inside = 0  # requests of this process that bring something


@contextmanager
def turn() -> Iterator[bool]:
    """Say whether this request is alone and may work."""
    global _inside
    with _lock:
        _inside += 1
        alone = _inside == 1
    try:
        yield alone
    finally:
        with _lock:
            _inside -= 1


def resting() -> dict[str, int]:
    """Return what an answer says of resting: ``rest_ms``, for how long about; nothing when there is no crowd."""
    return {"rest_ms": REST_MS} if _inside >= CROWD else {}
