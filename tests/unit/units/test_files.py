"""Map files as people send them: every format, every encoding, every system."""

from __future__ import annotations

import json
import shutil
import zipfile
from pathlib import Path

import numpy as np
import pyogrio
import pytest
import shapely
from pyproj import CRS, Transformer
from shapely.geometry import box

from gridmap.errors import BadInput
from gridmap.units.forms.coordinates import to_wgs84
from gridmap.units.forms.files import Options, read_outlines
from gridmap.units.rules.codes import Level
from gridmap.units.rules.datum import Datum, convert_geometry
from tests.unit.units.map_files import (
    WGS84,
    check_grids,
    collection,
    feature,
    grid_features,
    grids,
    save,
    shapefile,
    zipped,
)

BOUNDARIES = Path(__file__).parents[3] / "data" / "boundaries"


def test_the_seven_real_counties() -> None:
    for file in sorted(BOUNDARIES.glob("*.gcj02.geojson")):
        read = read_outlines(file, Options(datum=Datum.GCJ02))
        assert [row.code for row in read.rows] == [int(file.name[:6]) * 10**9]
        assert read.rows[0].level is Level.COUNTY
        raw = json.loads(file.read_text())["features"][0]
        assert read.rows[0].name == raw["properties"]["name"]
        moved_m = read.rows[0].geom.centroid.distance(shapely.geometry.shape(raw["geometry"]).centroid) * 1e5
        assert 50 < moved_m < 900


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
def test_geojson_in_every_encoding(tmp_path: Path, encoding: str) -> None:
    file = tmp_path / "a.json"
    file.write_bytes(collection(grid_features()).encode(encoding))
    read = read_outlines(file, WGS84)
    check_grids(read.rows)
    assert read.rows[0].name == "第1网格"
    assert read.sha256


@pytest.mark.parametrize(
    ("encoding", "cpg"),
    [("utf-8", "UTF-8"), ("gbk", "GBK"), ("gbk", "936"), ("gbk", None), ("gbk", "UTF-8"), ("utf-8", None)],
)
def test_shapefile_attributes_in_every_encoding(tmp_path: Path, encoding: str, cpg: str | None) -> None:
    read = read_outlines(shapefile(tmp_path, encoding=encoding, cpg=cpg), Options(datum=Datum.CGCS2000))
    assert read.rows[0].name == "向阳社区第0网格"
    check_grids(read.rows)
    assert read.crs_name.startswith("EPSG:4490")


@pytest.mark.parametrize("epsg", [4490, 4326, 4522, 4543, 4522 - 9, 3857, 32647, 4491 + 4])
@pytest.mark.parametrize("kind", ["GPKG", "ESRI Shapefile"])
def test_every_coordinate_system(tmp_path: Path, epsg: int, kind: str) -> None:
    change = Transformer.from_crs(4490 if 4480 < epsg < 4560 else 4326, epsg, always_xy=True)
    geoms = [
        shapely.transform(geom, lambda xy: np.column_stack(change.transform(xy[:, 0], xy[:, 1])))
        for geom in grids().values()
    ]
    if kind == "GPKG":
        file = save(tmp_path / "a.gpkg", kind, geoms, crs=f"EPSG:{epsg}", names=["x"] * len(geoms))
    else:
        file = shapefile(tmp_path, encoding="utf-8", cpg="UTF-8", crs=f"EPSG:{epsg}", geoms=geoms)
    check_grids(read_outlines(file, WGS84).rows, 2e-9)


@pytest.mark.parametrize("system", ["EPSG:4610", "EPSG:4214", "EPSG:4555", "EPSG:2357", "EPSG:2409", "GCS_Xian_1980"])
def test_datums_without_public_parameters_are_refused(system: str) -> None:
    """PROJ would take them for WGS-84 without a word, which is tens of metres off."""
    metres = system in ("EPSG:2357", "EPSG:2409")
    area = box(33_500_000, 4_300_000, 33_501_000, 4_301_000) if metres else box(100.4, 38.9, 100.5, 39.0)
    geoms = np.array([area], dtype=object)
    declared = CRS.from_epsg(4610).to_wkt("WKT1_ESRI") if system == "GCS_Xian_1980" else system
    with pytest.raises(BadInput, match=r"没有公开的转换参数.*EPSG:4490") as refused:
        to_wgs84(geoms, declared, Datum.WGS84)
    assert refused.value.field == "epsg"


OWN_DATUM = (
    'PROJCS["测绘院",GEOGCS["本地",DATUM["本地",SPHEROID["e",{ellipsoid}]],PRIMEM["g",0],'
    'UNIT["degree",0.0174532925199433]],PROJECTION["Transverse_Mercator"],PARAMETER["latitude_of_origin",0],'
    'PARAMETER["central_meridian",99],PARAMETER["scale_factor",1],PARAMETER["false_easting",500000],'
    'PARAMETER["false_northing",0],UNIT["metre",1]]'
)


def test_a_datum_of_its_own_name_is_taken_by_its_ellipsoid() -> None:
    metres = np.array([box(600_000, 4_300_000, 601_000, 4_301_000)], dtype=object)
    ours = to_wgs84(metres, OWN_DATUM.format(ellipsoid="6378137,298.257222101"), Datum.CGCS2000)
    known = to_wgs84(metres, "EPSG:4542", Datum.CGCS2000)  # CGCS2000 / 3-degree Gauss-Kruger CM 99E
    assert np.allclose(shapely.get_coordinates(ours.geoms), shapely.get_coordinates(known.geoms), atol=1e-9, rtol=0)
    with pytest.raises(BadInput, match="没有公开的转换参数"):
        to_wgs84(metres, OWN_DATUM.format(ellipsoid="6378140,298.257"), Datum.CGCS2000)  # IAG 75, as 西安 1980 has


@pytest.mark.parametrize("datum", [Datum.GCJ02, Datum.BD09])
def test_shifted_datums_come_back(tmp_path: Path, datum: Datum) -> None:
    file = tmp_path / "a.geojson"
    features = [feature(convert_geometry(g, Datum.WGS84, datum), code=c) for c, g in grids().items()]
    file.write_text(collection(features))
    read = read_outlines(file, Options(datum=datum))
    check_grids(read.rows)
    assert read.datum is datum


def test_geojson_with_the_old_crs_member(tmp_path: Path) -> None:
    file = tmp_path / "a.geojson"
    crs = {"type": "name", "properties": {"name": "urn:ogc:def:crs:EPSG::4490"}}
    file.write_text(collection(grid_features(), crs=crs))
    assert read_outlines(file, WGS84).crs_name.startswith("EPSG:4490")
    file.write_text(collection(grid_features(), crs={"type": "name", "properties": {"name": "火星"}}))
    with pytest.raises(BadInput, match="无法识别"):
        read_outlines(file, WGS84)


KML = """<?xml version="1.0" encoding="{encoding}"?>
<kml xmlns="http://www.opengis.net/kml/2.2"><Document><Folder>
<Placemark><name>向阳网格</name><ExtendedData><Data name="网格代码"><value>620702100001001</value></Data></ExtendedData>
<MultiGeometry><Polygon><outerBoundaryIs><LinearRing><coordinates>100,39,0 100.01,39,0 100.01,39.01,0 100,39.01,0 100,39,0
</coordinates></LinearRing></outerBoundaryIs><innerBoundaryIs><LinearRing><coordinates>100.002,39.002 100.004,39.002
100.004,39.004 100.002,39.002</coordinates></LinearRing></innerBoundaryIs></Polygon></MultiGeometry></Placemark>
<Placemark><name>东风网格</name><ExtendedData><SchemaData><SimpleData name="网格代码">620702100001002</SimpleData></SchemaData>
</ExtendedData><Polygon><outerBoundaryIs><LinearRing><coordinates>100.01,39 100.02,39 100.02,39.01 100.01,39</coordinates>
</LinearRing></outerBoundaryIs></Polygon></Placemark></Folder></Document></kml>"""


@pytest.mark.parametrize("encoding", ["utf-8", "gbk"])
@pytest.mark.parametrize("packed", [False, True])
def test_kml_and_kmz(tmp_path: Path, encoding: str, packed: bool) -> None:
    file = tmp_path / "a.kml"
    file.write_bytes(KML.format(encoding=encoding).encode(encoding))
    if packed:
        with zipfile.ZipFile(tmp_path / "a.kmz", "w") as archive:
            archive.write(file, "doc.kml")
        file = tmp_path / "a.kmz"
    read = read_outlines(file, WGS84)
    assert [row.name for row in read.rows] == ["向阳网格", "东风网格"]
    assert len(read.rows[0].geom.geoms[0].interiors) == 1


def test_wrong_rows_are_named(tmp_path: Path) -> None:
    file = tmp_path / "a.geojson"
    good, bad = grid_features()[:2]
    bad["properties"]["网格代码"] = "62070210000100"
    file.write_text(collection([good, bad]))
    with pytest.raises(BadInput) as caught:
        read_outlines(file, WGS84)
    assert [(row.row, row.field) for row in caught.value.rows] == [(2, "网格代码")]
    assert "14 位" in caught.value.rows[0].message


def test_a_stated_level_is_checked(tmp_path: Path) -> None:
    file = tmp_path / "a.geojson"
    file.write_text(collection(grid_features()))
    with pytest.raises(BadInput) as caught:
        read_outlines(file, Options(datum=Datum.WGS84, level=Level.VILLAGE))
    assert len(caught.value.rows) == 6
    assert "网格的代码" in caught.value.rows[0].message


def test_a_named_field_must_exist_and_is_used(tmp_path: Path) -> None:
    file = tmp_path / "a.geojson"
    features = [feature(g, 编号=str(c), 说法="甲") for c, g in grids().items()]
    file.write_text(collection(features))
    with pytest.raises(BadInput, match="编号、说法"):
        read_outlines(file, WGS84)
    read = read_outlines(file, Options(datum=Datum.WGS84, code_field="编号", name_field="说法"))
    assert read.rows[0].name == "甲"
    with pytest.raises(BadInput, match="没有字段“无”"):
        read_outlines(file, Options(datum=Datum.WGS84, code_field="无"))


def test_survey_files_are_not_map_datums(tmp_path: Path) -> None:
    change = Transformer.from_crs(4490, 4522, always_xy=True)
    geoms = [shapely.transform(g, lambda xy: np.column_stack(change.transform(*xy.T))) for g in grids().values()]
    file = save(tmp_path / "a.gpkg", "GPKG", geoms, crs="EPSG:4522", names=["x"] * 6)
    with pytest.raises(BadInput, match="矛盾"):
        read_outlines(file, Options(datum=Datum.GCJ02))


def test_degrees_declared_as_metres(tmp_path: Path) -> None:
    file = save(tmp_path / "a.gpkg", "GPKG", list(grids().values()), crs="EPSG:4522", names=["x"] * 6)
    with pytest.raises(BadInput, match="像经纬度"):
        read_outlines(file, WGS84)
    check_grids(read_outlines(file, Options(datum=Datum.WGS84, epsg=4490)).rows)


def test_a_shapefile_without_prj(tmp_path: Path) -> None:
    file = shapefile(tmp_path, encoding="utf-8", cpg="UTF-8")
    bare = zipped(tmp_path / "shp" / "网格.shp", tmp_path / "bare.zip", without=".prj")
    read = read_outlines(bare, WGS84)
    assert "没有声明坐标系" in read.notes[0]
    assert file.exists()
    for part, says in ((".dbf", "缺少 网格 的 .dbf"), (".shx", ".shx"), (".shp", "没有找到地图图层")):
        cut = zipped(tmp_path / "shp" / "网格.shp", tmp_path / "cut.zip", without=part)
        with pytest.raises(BadInput, match=says):
            read_outlines(cut, WGS84)


def test_several_layers_must_be_chosen(tmp_path: Path) -> None:
    shapefile(tmp_path, encoding="utf-8", cpg="UTF-8")
    work = tmp_path / "shp"
    for part in list(work.iterdir()):
        shutil.copy(part, work / ("村" + part.suffix))
    both = tmp_path / "both.zip"
    with zipfile.ZipFile(both, "w") as archive:
        for part in work.iterdir():
            archive.write(part, part.name)
    with pytest.raises(BadInput, match="有 2 个图层"):
        read_outlines(both, WGS84)
    assert len(read_outlines(both, Options(datum=Datum.WGS84, layer="村")).rows) == 6
    file = tmp_path / "two.gpkg"
    for layer in ("甲", "乙"):
        pyogrio.raw.write(
            file,
            shapely.to_wkb(list(grids().values())),
            [],
            [],
            layer=layer,
            geometry_type="MultiPolygon",
            crs="EPSG:4490",
            driver="GPKG",
            append=file.exists(),
        )
    with pytest.raises(BadInput, match="甲、乙"):
        read_outlines(file, WGS84)
    with pytest.raises(BadInput, match="没有图层“丙”"):
        read_outlines(file, Options(datum=Datum.WGS84, layer="丙"))
