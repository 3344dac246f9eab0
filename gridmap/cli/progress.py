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
"""How often it is seen whether something is to be shown, also while one step takes its time."""
LINE_EVERY_S = 5.0
"""Where there is no terminal, a line at most this often."""


class Steps:
    """Progress of one piece of work; call ``step`` or ``total`` from inside the work.

    The object is callable as ``steps(done, total, text)`` so that it can be handed to functions that know nothing of
    terminals. ``show`` may be called from another thread.
    """

    def __init__(self, title: str, total: int | None = None, out: TextIO | None = None) -> None:
        self.title, self.size, self.done, self.text = title, total, 0, ""
        self.out = out or sys.stderr
        self.started = time.monotonic()
        self.lined: float | None = None
        self.one_at_a_time = threading.Lock()
        self.bar: Progress | None = None
        self.task = None
        console = Console(file=self.out)
        if self.out.isatty() and not console.is_dumb_terminal:
            columns = [SpinnerColumn(), TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn()]
            self.bar = Progress(*columns, TimeElapsedColumn(), console=console, transient=True)
            self.task = self.bar.add_task(title, total=total)

    def __call__(self, done: int, total: int | None = None, text: str = "") -> None:
        """Say that ``done`` of ``total`` pieces are finished, and optionally what is being done."""
        self.done, self.size, self.text = done, total if total is not None else self.size, text
        self.show()

    def step(self, text: str = "", by: int = 1) -> None:
        """Say that ``by`` more pieces are finished."""
        self(self.done + by, self.size, text)

    def show(self) -> None:
        """Show how far the work is, when it has lasted long enough and nothing was shown just now."""
        if self.elapsed_s < QUIET_S:
            return
        label = f"{self.title}：{self.text}" if self.text else self.title
        with self.one_at_a_time:
            if self.bar and self.task is not None:
                if not self.bar.live.is_started:
                    self.bar.start()
                self.bar.update(self.task, completed=self.done, total=self.size, description=label)
            elif self.lined is None or time.monotonic() - self.lined >= LINE_EVERY_S:
                self.lined = time.monotonic()
                amount = f" {self.done}/{self.size}" if self.size else f" {self.done}" if self.done else ""
                print(f"{label}{amount}（{self.elapsed_s:.0f} 秒）", file=self.out, flush=True)

    @property
    def elapsed_s(self) -> float:
        """Seconds since the work began."""
        return time.monotonic() - self.started


@contextlib.contextmanager
def progress(title: str, total: int | None = None, out: TextIO | None = None) -> Iterator[Steps]:
    """Show progress while the block runs, and take the bar away at its end.

    A thread shows that work goes on while one step takes its time, and when the work cannot say how far it is.
    """
    steps, ended = Steps(title, total, out), threading.Event()

    def tick() -> None:
        while not ended.wait(TICK_S):
            steps.show()

    thread = threading.Thread(target=tick, daemon=True)
    thread.start()
    try:
        yield steps
    finally:
        ended.set()
        thread.join()
        if steps.bar and steps.bar.live.is_started:
            steps.bar.stop()
