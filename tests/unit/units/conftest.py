"""Real outlines, as received, for pure tests."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import shapely
from shapely.geometry import MultiPolygon, shape

from gridmap.units.rules.datum import Datum, convert_geometry

BOUNDARIES = Path(__file__).parents[3] / "data" / "boundaries"


@pytest.fixture(scope="session")
def real_counties() -> dict[str, MultiPolygon]:
    """Return the seven county outlines by 6-digit code, converted from GCJ-02 to WGS-84."""
    found = {}
    for file in sorted(BOUNDARIES.glob("*.gcj02.geojson")):
        feature = json.loads(file.read_text())["features"][0]
        found[str(feature["properties"]["adcode"])] = convert_geometry(shape(feature["geometry"]), Datum.GCJ02)
    assert len(found) == 7
    assert all(shapely.is_valid(list(found.values())))
    return found
