"""Outlines of counties that come with the product (``data/boundaries``), to compare a first import with.

They are kept as received, in GCJ-02, and are not in force: nothing is drawn or counted by them.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from functools import cache
from pathlib import Path

from shapely.geometry import shape
from shapely.geometry.base import BaseGeometry

from gridmap.config import ROOT
from gridmap.units.rules.codes import Level, county_code, unit_span
from gridmap.units.rules.datum import Datum, convert_geometry

FOLDER = ROOT / "data" / "boundaries"


def reference_counties(codes: Iterable[int], folder: Path = FOLDER) -> dict[int, BaseGeometry]:
    """Return the outlines (WGS-84 lon lat) of the counties of these units, where the product has them, by unit code."""
    counties = {county_code(code) for code in codes}
    return {
        county * unit_span(Level.COUNTY): _outline(file)
        for county in sorted(counties)
        if (file := folder / f"{county:06d}.gcj02.geojson").is_file()
    }


@cache
def _outline(file: Path) -> BaseGeometry:
    features = json.loads(file.read_text(encoding="utf-8"))["features"]
    return convert_geometry(shape(features[0]["geometry"]), Datum.GCJ02)
