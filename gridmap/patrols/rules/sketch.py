"""A track as a drawing and as words: lines on the outline of its grid, and when the phone recorded and when it did not."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from gridmap.patrols.rules.segments import Segments, metres_per_degree

MARGIN_M = 40
BREAK_S = 1.0  # stretches that follow each other within this are one


class Spell(NamedTuple):
    """A time in which the phone recorded, or did not; seconds since 1970."""

    from_s: float
    to_s: float
    recorded: bool


@dataclass(frozen=True)
class Sketch:
    """SVG: the view box in metres, the outline of the grid and the lines of the track (north is up)."""

    view_box: str
    outline: str
    lines: str
    width_m: int


def spells(tracks: list[Segments], on_s: float, off_s: float, most_gap_s: float) -> list[Spell]:
    """Return the times of a duty in their order: recorded by any phone, and the gaps longer than ``most_gap_s`` between."""
    ends = sorted((float(a), float(a + b)) for one in tracks for a, b in zip(one.at_s, one.lasts_s, strict=True))
    joined: list[list[float]] = []
    for start, end in ends:
        if joined and start <= joined[-1][1] + BREAK_S:
            joined[-1][1] = max(joined[-1][1], end)
        else:
            joined.append([start, end])
    out: list[Spell] = []
    at = on_s
    for start, end in joined:
        if start - at > most_gap_s:
            out.append(Spell(at, start, False))
        out.append(Spell(start, end, True))
        at = max(at, end)
    if off_s - at > most_gap_s:
        out.append(Spell(at, off_s, False))
    return out


def sketch(outline: BaseGeometry | None, tracks: list[Segments]) -> Sketch | None:
    """Return the drawing of a track on the outline of its grid (lon lat); ``None`` when there is neither."""
    ends = np.concatenate([one.ends for one in tracks]) if tracks else np.zeros((0, 4))
    corners = ends.reshape(-1, 2)
    if outline is not None:
        corners = np.concatenate((corners, shapely.get_coordinates(outline)))
    if not len(corners):
        return None
    (west, south), (east, north) = corners.min(axis=0), corners.max(axis=0)
    scale = np.array([float(m) for m in metres_per_degree((south + north) / 2)])
    width, height = (np.array([east - west, north - south]) * scale + 2 * MARGIN_M).round().astype(int)

    def place(lonlat: np.ndarray) -> np.ndarray:
        metres = (lonlat - np.array([west, south])) * scale + MARGIN_M
        return np.column_stack((metres[:, 0], height - metres[:, 1])).round(1)

    rings = [] if outline is None else [ring for part in shapely.get_parts(outline) for ring in shapely.get_rings(part)]
    border = "".join(
        "M" + "L".join(f"{x:g} {y:g}" for x, y in place(shapely.get_coordinates(ring))) + "Z" for ring in rings
    )
    return Sketch(f"0 0 {width} {height}", border, _lines(place(ends[:, :2]), place(ends[:, 2:])), int(width))


def _lines(starts: np.ndarray, ends: np.ndarray) -> str:
    """Return stretches as one path; one that begins where the last ended goes on from there."""
    parts: list[str] = []
    last: tuple[float, float] | None = None
    for (ax, ay), (bx, by) in zip(starts, ends, strict=True):
        parts.append(f"L{bx:g} {by:g}" if last == (ax, ay) else f"M{ax:g} {ay:g}L{bx:g} {by:g}")
        last = (bx, by)
    return "".join(parts)
