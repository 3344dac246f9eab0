"""A wrong datum is noticed against what is published."""

from __future__ import annotations

import pytest
from shapely.geometry import MultiPolygon

from bench.lattices import VILLAGE, village
from gridmap.units.rules.datum import Datum, convert_geometry
from gridmap.units.rules.suspicion import datum_hint


@pytest.mark.parametrize(
    ("real", "stated"), [(Datum.GCJ02, Datum.WGS84), (Datum.BD09, Datum.WGS84), (Datum.WGS84, Datum.GCJ02)]
)
def test_counties_in_another_datum(real_counties: dict[str, MultiPolygon], real: Datum, stated: Datum) -> None:
    published = {int(code) * 10**9: geom for code, geom in real_counties.items()}
    given = {
        code: convert_geometry(convert_geometry(geom, Datum.WGS84, real), stated, Datum.WGS84)
        for code, geom in published.items()
    }
    hint = datum_hint(given, published, stated)
    assert hint is not None
    assert real.label in hint
    assert datum_hint(published, published, stated) is None


def test_new_grids_against_their_village() -> None:
    units = village()
    published = {VILLAGE: units.pop(VILLAGE)}
    shifted = {code: convert_geometry(geom, Datum.WGS84, Datum.GCJ02) for code, geom in units.items()}
    assert Datum.GCJ02.label in str(datum_hint(shifted, published, Datum.WGS84))
    assert datum_hint(units, published, Datum.WGS84) is None
    assert datum_hint(units, {}, Datum.WGS84) is None
