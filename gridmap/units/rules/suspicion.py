"""Noticing that outlines were given in another datum than stated, by where they lie against what is published."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from gridmap.units.rules.codes import ancestors_of
from gridmap.units.rules.datum import Datum, convert_geometries
from gridmap.units.rules.measures import GEOD

LEAST_M = 50.0
"""Offsets between datums in China are 100–1,200 m; anything nearer is drawing."""
LEAST_SHARE = 0.005
BETTER = 0.25


def datum_hint(given: Mapping[int, BaseGeometry], published: Mapping[int, BaseGeometry], stated: Datum) -> str | None:
    """Return a Chinese hint when another datum explains the outlines much better than the ``stated`` one, else
    ``None``.

    ``given`` is WGS-84 as converted from the stated datum. Every unit that is published already must have moved by
    the offset of the same other datum; for units that are new, their share outside the nearest published ancestor
    decides.
    """
    codes = list(given)
    geoms = np.array([given[code] for code in codes], dtype=object)
    source = convert_geometries(geoms, Datum.WGS84, stated)
    measure = _shifts if set(codes) & set(published) else _shares_outside
    now = np.array(measure(codes, geoms, published))
    if not now.size or now.min() < (LEAST_M if measure is _shifts else LEAST_SHARE):
        return None
    for other in (Datum.WGS84, Datum.GCJ02, Datum.BD09):
        if other is stated or (stated is Datum.CGCS2000 and other is Datum.WGS84):
            continue
        then = np.array(measure(codes, convert_geometries(source, other), published))
        if bool(np.all(then < now * BETTER)):
            found = (
                f"整体偏移约 {np.median(now):.0f} 米" if measure is _shifts else f"有 {100 * now.max():.1f}% 的面积在外"
            )
            said = f"坐标很可能不是 {stated.label}：与已发布边界相比{found}"
            return f"{said}；若按 {other.label} 读取则基本吻合，请核对。"
    return None


def _shifts(codes: list[int], geoms: np.ndarray, published: Mapping[int, BaseGeometry]) -> list[float]:
    found = []
    for code, geom in zip(codes, geoms, strict=True):
        if code in published:
            here, there = geom.centroid, published[code].centroid
            found.append(float(GEOD.inv(here.x, here.y, there.x, there.y)[2]))
    return found


def _shares_outside(codes: list[int], geoms: np.ndarray, published: Mapping[int, BaseGeometry]) -> list[float]:
    """Return, as one number, the share of all outlines that lies outside their nearest published ancestors."""
    outside = whole = 0.0
    for code, geom in zip(codes, geoms, strict=True):
        above = next((up for up in reversed(ancestors_of(code)) if up in published), None)
        if above is not None and geom.is_valid:
            whole += geom.area
            outside += shapely.difference(geom, published[above]).area
    return [outside / whole] if whole else []
