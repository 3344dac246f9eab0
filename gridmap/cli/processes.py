"""The processes that ``gridmap run`` starts: the web server and the queue worker, watched and stopped together."""

from __future__ import annotations

import contextlib
import ctypes
import os
import re
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import click

from gridmap.cli.errors import CommandError

PR_SET_PDEATHSIG = 1
LOG_LIMIT_BYTES = 20 * 1024 * 1024
# the path without its query string: a search may hold a name or a number that no log should keep
ACCESS_FORMAT = '%(t)s %(h)s "%(m)s %(U)s" %(s)s %(b)s %(M)sms'
UPLOAD_TIMEOUT_S = 300
THREADS = 4  # a process; fewer than its connections to the database
KEEP_ALIVE_S = 15
FIRST_PAUSE_S, LONGEST_PAUSE_S = 1.0, 60.0  # before what has fallen is started again
MEMORY_DISK = Path("/dev/shm")  # noqa: S108 - gunicorn's heartbeat files must not wait for a disk
ANY_HOST = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}  # noqa: S104 - a person asked for it with --host


@dataclass
class Child:
    """One process and where its output goes."""

    name: str
    process: subprocess.Popen[bytes]
    log: Path
    started: float
    """Monotonic seconds."""
    again: Callable[[], None] | None = None
    """Starts it anew, for one whose end must not take the others along."""


class Children:
    """Processes that live no longer than this one."""

    def __init__(self, logs: Path, environment: Mapping[str, str]) -> None:
        self.logs, self.environment = logs, dict(environment)
        self.running: list[Child] = []
        self.waiting: list[tuple[float, Callable[[], None]]] = []
        self.falls = 0
        logs.mkdir(parents=True, exist_ok=True)

    def start(self, name: str, command: list[str], log_name: str, *, restart: bool = False) -> None:
        """Start one process in a session of its own, so that Ctrl-C reaches only us and we stop things in order.

        ``restart``: when it ends by itself, ``check`` starts it again instead of ending everything.
        """
        log = self.logs / log_name
        keep_small(log)
        with open(log, "ab") as out:
            process = subprocess.Popen(  # noqa: S603
                command,
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=subprocess.STDOUT,
                env=self.environment,
                start_new_session=True,
                preexec_fn=end_with_parent if sys.platform == "linux" else None,
            )
        again = (lambda: self.start(name, command, log_name, restart=True)) if restart else None
        self.running.append(Child(name, process, log, time.monotonic(), again))

    def ended(self) -> Child | None:
        """Return a process that has ended by itself, or None."""
        return next((child for child in self.running if child.process.poll() is not None), None)

    def check(self) -> None:
        """Start again what may be started again, after a pause that doubles; raise ``CommandError`` when another process has ended."""
        due = [entry for entry in self.waiting if entry[0] <= time.monotonic()]
        self.waiting = [entry for entry in self.waiting if entry not in due]
        for _, again in due:
            again()
        child = self.ended()
        if child and child.again:
            self.running.remove(child)
            self.falls = 0 if time.monotonic() - child.started > LONGEST_PAUSE_S else self.falls + 1
            pause_s = min(FIRST_PAUSE_S * 2**self.falls, LONGEST_PAUSE_S)
            self.waiting.append((time.monotonic() + pause_s, child.again))
            code = child.process.returncode
            click.echo(
                f"{child.name}意外退出（代码 {code}），{pause_s:.0f} 秒后重新启动：原因见 {child.log} 末尾。", err=True
            )
        elif child:
            raise CommandError(f"{child.name}意外退出（代码 {child.process.returncode}）：原因见 {child.log} 末尾。")

    def stop(self, patience_s: float = 15) -> None:
        """End all processes in reverse order; one that does not end in time is killed."""
        for child in reversed(self.running):
            with contextlib.suppress(ProcessLookupError):
                child.process.terminate()
        deadline = time.monotonic() + patience_s
        for child in self.running:
            try:
                child.process.wait(max(0.1, deadline - time.monotonic()))
            except subprocess.TimeoutExpired:
                with contextlib.suppress(ProcessLookupError):
                    os.killpg(child.process.pid, signal.SIGKILL)
                child.process.wait()
        self.running.clear()


def end_with_parent() -> None:
    """Ask Linux to end this process when its parent dies, however it dies (called in the new process)."""
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)


def keep_small(log: Path, limit_bytes: int = LOG_LIMIT_BYTES) -> None:
    """Move a log of more than ``limit_bytes`` aside, keeping one old file."""
    if log.exists() and log.stat().st_size > limit_bytes:
        log.replace(log.with_suffix(log.suffix + ".1"))


def web_command(host: str, port: int, workers: int, logs: Path) -> list[str]:
    """Return the command line of the web server.

    Threads keep connections open between requests: a sync worker closes each one and waits until the browser has closed it too
    (see decision 0010). The time-out leaves room for an upload of the largest allowed file.
    """
    keep_small(logs / "access.log")
    address = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
    command = [sys.executable, "-m", "gunicorn", "--bind", address, "--workers", str(workers)]
    command += ["--worker-class", "gthread", "--threads", str(THREADS), "--keep-alive", str(KEEP_ALIVE_S)]
    command += ["--timeout", str(UPLOAD_TIMEOUT_S), "--graceful-timeout", "10"]
    command += ["--access-logfile", str(logs / "access.log"), "--access-logformat", ACCESS_FORMAT]
    command += ["--max-requests", "20000", "--max-requests-jitter", "2000", "--no-control-socket"]
    if MEMORY_DISK.is_dir():
        command += ["--worker-tmp-dir", str(MEMORY_DISK)]
    return [*command, "gridmap.wsgi:app"]


def worker_command() -> list[str]:
    """Return the command line of the queue worker."""
    return [sys.executable, "-m", "gridmap.cli", "worker"]


def local_address(host: str, port: int) -> str:
    """Return the address a browser on this machine uses."""
    name = ANY_HOST.get(host, f"[{host}]" if ":" in host else host)
    return f"http://{name}:{port}"


def wait_ready(children: Children, address: str, patience_s: float = 90) -> None:
    """Wait until pages can be served: ``/readyz`` misses nothing but the queue, whose worker is started afterwards.

    Raises ``CommandError`` when a process ends or time runs out.
    """
    directly = urllib.request.build_opener(urllib.request.ProxyHandler({}))  # no proxy leads to this machine
    deadline = time.monotonic() + patience_s
    said = "没有回应"
    while time.monotonic() < deadline:
        children.check()
        try:
            with directly.open(f"{address}/readyz", timeout=5) as answer:
                if answer.status == 200:
                    return
        except urllib.error.HTTPError as error:
            said = error.read().decode("utf-8", "replace")[:200]
            if not re.search(r'"(database|migrations)": ?"未就绪"', said) and '"queue"' in said:
                return  # what waits in the queue is taken by the worker, which comes after
        except OSError as error:
            said = str(error)
        time.sleep(0.15)
    raise CommandError(f"网页服务在 {patience_s:.0f} 秒内没有就绪（{said}）：请查看 {children.logs} 里的日志。")


class Interrupted:
    """Whether a signal has asked to stop: an exception alone may be swallowed where it strikes (a destructor, a callback)."""

    def __init__(self) -> None:
        self.asked = False

    def __call__(self, _number: int, _frame: object) -> None:
        self.asked = True
        raise KeyboardInterrupt


interrupted = Interrupted()


@contextlib.contextmanager
def signals_interrupt() -> Iterator[None]:
    """Let SIGTERM and SIGHUP end the block as Ctrl-C does, and remember that they came."""
    kinds = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    before = [signal.signal(kind, interrupted) for kind in kinds]
    try:
        yield
    finally:
        for kind, handler in zip(kinds, before, strict=True):
            signal.signal(kind, handler)


@contextlib.contextmanager
def uninterrupted() -> Iterator[None]:
    """Let no further signal break the clean-up inside the block."""
    kinds = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    before = [signal.signal(kind, signal.SIG_IGN) for kind in kinds]
    try:
        yield
    finally:
        for kind, handler in zip(kinds, before, strict=True):
            signal.signal(kind, handler)
