"""A wrong datum is noticed against what is published."""

from __future__ import annotations

import pytest
from shapely.geometry import MultiPolygon

from bench.lattices import VILLAGE, village
from gridmap.units.rules.datum import Datum, convert_geometry
from gridmap.units.rules.suspicion import datum_hint, name_hint, property_hint


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


@pytest.mark.parametrize(
    ("name", "stated", "said"),
    [
        ("620702.gcj02.geojson", Datum.WGS84, Datum.GCJ02),
        ("甘州区（高德）.zip", Datum.CGCS2000, Datum.GCJ02),
        ("网格_百度.kml", Datum.GCJ02, Datum.BD09),
        ("grids-CGCS2000.gpkg", Datum.GCJ02, Datum.CGCS2000),
        ("620702.gcj02.geojson", Datum.GCJ02, None),
        ("grids_wgs84.gpkg", Datum.CGCS2000, None),
        ("甘州区网格.geojson", Datum.WGS84, None),
    ],
)
def test_the_name_of_a_file_may_say_its_datum(name: str, stated: Datum, said: Datum | None) -> None:
    hint = name_hint(name, stated)
    assert (hint is None) if said is None else (said.label in str(hint) and stated.label in str(hint))


def test_properties_may_say_the_datum() -> None:
    datav = ["adcode", "name", "childrenNum", "acroutes"]
    assert "DataV" in str(property_hint(datav, [], Datum.WGS84))
    assert property_hint(datav, [], Datum.GCJ02) is None
    assert property_hint(["adcode", "name"], [], Datum.WGS84) is None
    assert "“高德”" in str(property_hint(["code", "来源"], [{"来源": "高德地图描绘"}], Datum.WGS84))
    assert property_hint(["code", "name"], [{"name": "百度大厦网格"}], Datum.WGS84) is None
