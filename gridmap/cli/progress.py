"""Showing that work goes on: a bar on a terminal, plain lines elsewhere, nothing for work that ends at once."""

from __future__ import annotations

import contextlib
import sys
import threading
import time
from collections.abc import Iterator
from typing import TextIO

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

QUIET_S = 2.0
"""Work shorter than this shows nothing but its result."""
TICK_S = 0.2
TICK_S = 0.2
"""How often a bar is moved for work that cannot say how far it is."""
LINE_EVERY_S = 5.0
"""Where there is no terminal, a line at most this often."""


class Steps:
    """Progress of one piece of work; call ``step`` or ``total`` from inside the work.

    The object is callable as ``steps(done, total, text)`` so that it can be handed to functions that know nothing of
    terminals.
    """

    def __init__(self, title: str, total: int | None = None, out: TextIO | None = None) -> None:
        self.title, self.size, self.done = title, total, 0
        self.out = out or sys.stderr
        self.started = self.lined = time.monotonic()
        self.bar: Progress | None = None
        self.task = None
        if self.out.isatty():
            columns = [SpinnerColumn(), TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn()]
            self.bar = Progress(*columns, TimeElapsedColumn(), console=Console(file=self.out), transient=True)
            self.task = self.bar.add_task(title, total=total)

    def __call__(self, done: int, total: int | None = None, text: str = "") -> None:
        """Say that ``done`` of ``total`` pieces are finished, and optionally what is being done."""
        self.done, self.size = done, total if total is not None else self.size
        label = f"{self.title}：{text}" if text else self.title
        if self.bar and self.task is not None:
            if not self.bar.live.is_started and self.elapsed_s >= QUIET_S:
                self.bar.start()
            self.bar.update(self.task, completed=done, total=self.size, description=label)
        elif self.elapsed_s >= QUIET_S and time.monotonic() - self.lined >= LINE_EVERY_S:
            self.lined = time.monotonic()
            amount = f" {done}/{self.size}" if self.size else f" {done}" if done else ""
            print(f"{label}{amount}（{self.elapsed_s:.0f} 秒）", file=self.out, flush=True)

    def step(self, text: str = "", by: int = 1) -> None:
        """Say that ``by`` more pieces are finished."""
        self(self.done + by, self.size, text)

    @property
    def elapsed_s(self) -> float:
        """Seconds since the work began."""
        return time.monotonic() - self.started


@contextlib.contextmanager
def progress(title: str, total: int | None = None, out: TextIO | None = None) -> Iterator[Steps]:
    """Show progress while the block runs, and take the bar away at its end."""
    steps = Steps(title, total, out)
    try:
        yield steps
    finally:
        if steps.bar and steps.bar.live.is_started:
            steps.bar.stop()


@contextlib.contextmanager
def working(title: str, out: TextIO | None = None) -> Iterator[Steps]:
    """Show that work goes on which cannot say how far it is: a thread moves the bar while the block runs."""
    ended = threading.Event()
    with progress(title, out=out) as steps:

        def tick() -> None:
            while not ended.wait(TICK_S):
                steps(steps.done)

        thread = threading.Thread(target=tick, daemon=True)
        thread.start()
        try:
            yield steps
        finally:
            ended.set()
            thread.join()
