"""Wavy lattices of grids: a coverage without gaps or overlaps, whose neighbours share every vertex."""

from __future__ import annotations

import numpy as np
import shapely
from shapely.geometry import MultiPolygon, Polygon

VILLAGE = 620702100001000
STEP = 0.003


def lattice(
    across: int, up: int, *, lon: float = 100.0, lat: float = 39.0, step: float = STEP, bends: int = 6, seed: int = 1
) -> dict[tuple[int, int], MultiPolygon]:
    """Return grids by (column, row); ``step`` in degrees, ``bends`` vertices on each side."""
    rng = np.random.default_rng(seed)

    def side(start: tuple[float, float], end: tuple[float, float]) -> list[tuple[float, float]]:
        t = np.linspace(0, 1, bends + 2)
        wave = np.sin(np.pi * t) * rng.uniform(-0.1, 0.1)
        x = start[0] + (end[0] - start[0]) * t - (end[1] - start[1]) * wave
        y = start[1] + (end[1] - start[1]) * t + (end[0] - start[0]) * wave
        return [(round(float(a), 9), round(float(b), 9)) for a, b in zip(x, y, strict=True)]

    def at(i: int, j: int) -> tuple[float, float]:
        return lon + i * step, lat + j * step

    east = {(i, j): side(at(i, j), at(i + 1, j)) for i in range(across) for j in range(up + 1)}
    north = {(i, j): side(at(i, j), at(i, j + 1)) for i in range(across + 1) for j in range(up)}
    made = {}
    for i in range(across):
        for j in range(up):
            ring = east[i, j][:-1] + north[i + 1, j][:-1] + east[i, j + 1][::-1][:-1] + north[i, j][::-1]
            made[i, j] = MultiPolygon([Polygon(ring)])
    return made


def village(across: int = 4, up: int = 3, **options: float) -> dict[int, MultiPolygon]:
    """Return the grids of one village by code, and the village itself."""
    cells = lattice(across, up, **options)  # type: ignore[arg-type]
    coded = {VILLAGE + 1 + place: geom for place, geom in enumerate(cells.values())}
    whole = shapely.coverage_union_all(list(coded.values()))
    return {VILLAGE: MultiPolygon([whole]) if whole.geom_type == "Polygon" else whole, **coded}
