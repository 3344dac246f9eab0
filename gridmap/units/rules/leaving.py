"""Units that end: who takes over their ground, and so their people."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import shapely
from shapely.geometry.base import BaseGeometry

LEAST_SHARE = 0.01
"""Share of a unit's area below which a neighbour that lies over it is a matter of lines drawn by hand."""


@dataclass(frozen=True)
class Heirs:
    """Units that take over the ground of one that ends, the largest share first; ``successor`` is the one that takes it all."""

    codes: tuple[int, ...]
    successor: int | None


def heirs(old: BaseGeometry, new: Mapping[int, BaseGeometry]) -> Heirs:
    """Return who takes the ground of ``old``; all outlines are WGS-84 lon lat, and may be invalid."""
    ground = shapely.make_valid(old)
    whole = ground.area or 1.0
    shares = {code: shapely.make_valid(geom).intersection(ground).area / whole for code, geom in new.items()}
    codes = tuple(sorted((c for c, share in shares.items() if share >= LEAST_SHARE), key=lambda c: (-shares[c], c)))
    return Heirs(codes, codes[0] if len(codes) == 1 and shares[codes[0]] >= 1.0 - LEAST_SHARE else None)
