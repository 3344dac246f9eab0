"""Choosing a loopback port that is free, and staying with it."""

from __future__ import annotations

import socket
import time
from collections.abc import Callable, Iterable

# below the range from which Linux takes outgoing ports (32768 and up), so that no browser connection takes it by chance
CLUSTER_PORTS = range(25432, 25532)


def is_free(port: int, host: str = "127.0.0.1") -> bool:
    """Say whether a server could listen on ``host:port`` now."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            return False
    return True


def any_free_port(host: str = "127.0.0.1") -> int:
    """Return a port the system says is free."""
    with socket.socket() as probe:
        probe.bind((host, 0))
        return int(probe.getsockname()[1])


def choose_port(
    kept: int | None,
    candidates: Iterable[int] = CLUSTER_PORTS,
    free: Callable[[int], bool] = is_free,
    patience_s: float = 0,
) -> int:
    """Return the ``kept`` port when it is free within ``patience_s`` seconds, else the first free candidate, else any.

    The patience is for a port that somebody only tries or is just letting go of: moving changes the database's address.
    """
    deadline = time.monotonic() + patience_s
    while kept:
        if free(kept):
            return kept
        if time.monotonic() >= deadline:
            break
        time.sleep(0.1)
    for port in candidates:
        if port != kept and free(port):
            return port
    return any_free_port()
