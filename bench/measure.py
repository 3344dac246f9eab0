"""One measured number with its bar, and ways of timing that treat both sides alike."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True)
class Measure:
    """A number, the bar it is held against (``None``: shown only), and whether it passes. ``most``: a smaller value is better."""

    name: str
    value: float
    unit: str
    bar: float | None = None
    most: bool = True
    note: str = ""

    @property
    def ok(self) -> bool:
        """Say whether the value is on the right side of its bar."""
        return self.bar is None or (self.value <= self.bar if self.most else self.value >= self.bar)

    def as_dict(self) -> dict[str, Any]:
        """Return what ``gridmap bench --json`` writes."""
        fields = asdict(self)
        bar = None if self.bar is None else f"{'<=' if fields.pop('most') else '>='} {self.bar:g}"
        fields.pop("most", None)
        return {**fields, "value": round(self.value, 4), "bar": bar, "ok": self.ok}


def interleaved(sides: dict[str, Callable[[Any], Any]], things: Sequence[Any], rounds: int) -> dict[str, float]:
    """Return the median milliseconds of each side, the sides taking turns on the same things, order swapped each round."""
    spent: dict[str, list[float]] = {name: [] for name in sides}
    for side in sides.values():
        for thing in things:
            side(thing)
    for number in range(rounds):
        order = list(sides.items())[:: 1 if number % 2 else -1]
        for thing in things:
            for name, side in order:
                started = time.perf_counter()
                side(thing)
                spent[name].append((time.perf_counter() - started) * 1000)
    return {name: statistics.median(times) for name, times in spent.items()}
