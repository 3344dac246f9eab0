"""Files that are made to hang, fill or look around the server: refused in words, and nothing outside them is opened."""

from __future__ import annotations

import json
import sqlite3
import zipfile
from contextlib import closing
from pathlib import Path

import pytest

from gridmap.errors import BadInput
from gridmap.units.forms.files import Options, read_outlines
from gridmap.units.forms.limits import Limits
from gridmap.units.rules.datum import Datum
from tests.unit.units.map_files import WGS84, collection, grid_features, grids, save, shapefile

ENDLESS = (
    "with recursive c(n) as (select 1 union all select n + 1 from c {limit}) select n as fid, x'00' as geom from c"
)
DATUM = (
    'GEOGCS["x",DATUM["x",SPHEROID["x",6378137,298.257222101]{grids}],PRIMEM["g",0],UNIT["degree",0.0174532925199433]]'
)
DERIVED = (
    'GEOGCRS["d",BASEGEOGCRS["x",DATUM["x",ELLIPSOID["x",6378137,298.257222101]]],DERIVINGCONVERSION["c",'
    'METHOD["PROJ-based operation method: +proj=hgridshift +grids={path}"]],'
    'CS[ellipsoidal,2],AXIS["lon",east],AXIS["lat",north],ANGLEUNIT["degree",0.0174532925199433]]'
)


@pytest.fixture
def definitions(tmp_path: Path) -> Path:
    """A file of definitions for PROJ that no import may open."""
    file = tmp_path / "definitions"
    file.write_text("<abc> +proj=longlat +datum=WGS84 +no_defs <>\n")
    return file


def geopackage(folder: Path, *statements: str) -> Path:
    """A GeoPackage as GDAL writes it (triggers, R-tree), changed by statements."""
    file = save(folder / "a.gpkg", "GPKG", list(grids().values()), crs="EPSG:4490", names=["x"] * 6)
    with closing(sqlite3.connect(file)) as db:
        for statement in statements:
            db.execute(statement)
        db.commit()
    return file


def geojson(folder: Path, system: str) -> Path:
    file = folder / "a.geojson"
    file.write_text(collection(grid_features(), crs={"type": "name", "properties": {"name": system}}))
    return file


@pytest.mark.parametrize(
    "name",
    [
        "+init={path}:abc",
        "{path}:abc",
        "+proj=longlat +nadgrids={path}",
        DATUM.replace("{grids}", ',EXTENSION["PROJ4_GRIDS","{path}"]'),
        DERIVED,
        json.dumps({"$schema": "{path}", "type": "GeographicCRS"}),
        "EPSG:4490+{path}",
        "urn:ogc:def:crs:EPSG::4490,urn:ogc:def:crs:EPSG::5773",
    ],
)
def test_a_declared_system_opens_no_file(tmp_path: Path, definitions: Path, name: str) -> None:
    file = geojson(tmp_path, name.replace("{path}", str(definitions)))
    with pytest.raises(BadInput, match="无法识别"):
        read_outlines(file, WGS84)


@pytest.mark.parametrize(
    "name",
    ["EPSG:4490", "urn:ogc:def:crs:EPSG::4490", "urn:ogc:def:crs:OGC:1.3:CRS84", DATUM.replace("{grids}", "")],
)
def test_usual_spellings_of_systems_are_read(tmp_path: Path, name: str) -> None:
    assert len(read_outlines(geojson(tmp_path, name), WGS84).rows) == 6


def test_a_stated_system_goes_before_a_declared_one_that_is_unknown(tmp_path: Path) -> None:
    read = read_outlines(geojson(tmp_path, "火星"), Options(datum=Datum.WGS84, epsg=4490))
    assert read.crs_name.startswith("EPSG:4490")


def test_a_shapefile_names_no_grid_of_corrections(tmp_path: Path, definitions: Path) -> None:
    shapefile(tmp_path, encoding="utf-8", cpg="UTF-8")
    drawn, sly = tmp_path / "shp" / "网格.prj", tmp_path / "sly.zip"
    drawn.write_text(DATUM.replace("{grids}", f',EXTENSION["PROJ4_GRIDS","{definitions}"]'))
    with zipfile.ZipFile(sly, "w") as archive:
        for part in drawn.parent.iterdir():
            archive.write(part, part.name)
    with pytest.raises(BadInput, match=r"\.prj"):
        read_outlines(sly, WGS84)


@pytest.mark.parametrize("definition", [DATUM.replace("{grids}", ',EXTENSION["PROJ4_GRIDS","{path}"]'), DERIVED])
def test_a_geopackage_names_no_grid_of_corrections(tmp_path: Path, definitions: Path, definition: str) -> None:
    text = definition.replace("{path}", str(definitions))
    file = geopackage(tmp_path, f"update gpkg_spatial_ref_sys set definition = '{text}' where srs_id = 4490")
    with pytest.raises(BadInput, match="坐标系定义"):
        read_outlines(file, WGS84)


@pytest.mark.parametrize("limit", ["", "limit 3000000"])
def test_a_layer_that_is_a_view_is_refused_before_it_is_counted(tmp_path: Path, limit: str) -> None:
    file = geopackage(
        tmp_path,
        f"create view V as {ENDLESS.format(limit=limit)}",
        "update gpkg_contents set table_name = 'v'",
        "update gpkg_geometry_columns set table_name = 'v'",
    )
    with pytest.raises(BadInput, match="视图"):
        read_outlines(file, WGS84, limits=Limits(read_s=20))


@pytest.mark.parametrize(
    "table", ["gpkg_contents", "gpkg_geometry_columns", "gpkg_spatial_ref_sys", "gpkg_ogr_contents"]
)
def test_system_tables_are_no_views_either(tmp_path: Path, table: str) -> None:
    file = geopackage(
        tmp_path, f"alter table {table} rename to t", f"create view {table} as {ENDLESS.format(limit='')}"
    )
    with pytest.raises(BadInput, match=f"“{table}”不是数据表"):
        read_outlines(file, WGS84, limits=Limits(read_s=20))


def test_a_spatial_index_is_an_r_tree(tmp_path: Path) -> None:
    file = geopackage(tmp_path, "drop table rtree_a_geom", f"create view rtree_a_geom as {ENDLESS.format(limit='')}")
    with pytest.raises(BadInput, match="视图"):
        read_outlines(file, WGS84, limits=Limits(read_s=20))


def test_reading_ends_with_its_time(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="还没有读完"):
        read_outlines(geopackage(tmp_path), WGS84, limits=Limits(read_s=0.01))


def test_reading_ends_with_its_memory(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="过于庞大"):
        read_outlines(geopackage(tmp_path), WGS84, limits=Limits(read_bytes=2**20))
