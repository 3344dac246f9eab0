"""Map files with outlines of units: GeoJSON, zipped Shapefile, GeoPackage, KML and KMZ, in any EPSG system and four
datums.
"""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import numpy.typing as npt
import shapely
from shapely.geometry import MultiPolygon

from gridmap.errors import BadInput, RowError
from gridmap.units.forms.apart import read_apart
from gridmap.units.forms.coordinates import to_wgs84
from gridmap.units.forms.fields import Cells, Columns, find_columns, read_cells
from gridmap.units.forms.geojson import read_geojson
from gridmap.units.forms.kml import read_kml
from gridmap.units.forms.limits import Limits, check_size, sha256_of
from gridmap.units.forms.tables import Table
from gridmap.units.forms.unpack import layer_from_archive
from gridmap.units.rules.codes import Level
from gridmap.units.rules.datum import Datum
from gridmap.units.rules.facts import Facts
from gridmap.units.rules.measures import polygons_only
from gridmap.units.rules.suspicion import name_hint, property_hint

SUPPORTED = "GeoJSON、Shapefile（.zip）、GeoPackage（.gpkg）、KML"
FOREIGN = {
    b"%PDF": "PDF 文件",
    b"\xd0\xcf\x11\xe0": "旧版 Office 文件",
    b"AC10": "CAD（.dwg）文件，请在 CAD 或 GIS 软件中转换",
    b"\x89PNG": "图片",
    b"\xff\xd8\xff": "图片",
    b"GIF8": "图片",
    b"II*\x00": "栅格影像",
    b"MM\x00*": "栅格影像",
    b"Rar!": "RAR 压缩包，请改用 .zip",
    b"7z\xbc\xaf": "7z 压缩包，请改用 .zip",
    b"\x1f\x8b": "gzip 压缩包，请改用 .zip",
}
TYPE_WORDS = {
    "Point": "点",
    "MultiPoint": "点",
    "LineString": "线",
    "LinearRing": "线",
    "MultiLineString": "线",
    "GeometryCollection": "混合图形",
}


@dataclass(frozen=True)
class Options:
    """What the user says about a file."""

    datum: Datum
    level: Level | None = None
    code_field: str = ""
    name_field: str = ""
    epsg: int | None = None
    layer: str = ""


@dataclass(frozen=True)
class OutlineRow:
    """One outline. ``row`` counts features from 1; ``geom`` is WGS-84 lon lat, perhaps invalid: checks tell."""

    row: int
    code: int
    name: str
    parent: int | None
    level: Level | None
    geom: MultiPolygon
    facts: Facts = field(default_factory=Facts)


@dataclass(frozen=True)
class OutlineFile:
    """A read file: its rows, and what must be kept of where they came from."""

    name: str
    sha256: str
    size_bytes: int
    kind: str
    datum: Datum
    crs_name: str
    rows: tuple[OutlineRow, ...]
    fields: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


def read_outlines(path: Path, options: Options, *, name: str = "", limits: Limits | None = None) -> OutlineFile:
    """Read a file of outlines. ``name`` is what the user called it.

    Raises ``BadInput`` (with rows where rows are at fault) or ``TooLarge``; the file is never changed, and nothing
    outside it is opened.
    """
    bounds = limits or Limits()
    size = check_size(path, bounds.file_bytes)
    with tempfile.TemporaryDirectory(prefix="gridmap-") as folder:
        table = _table(path, Path(folder), options, bounds)
    if not len(table.geoms):
        raise BadInput("文件里没有任何图形。", field="file")
    vertices = int(shapely.get_num_coordinates(table.geoms).sum())
    if vertices > bounds.vertices:
        raise BadInput(f"文件有 {vertices:,} 个边界点，超过上限 {bounds.vertices:,} 个：请先抽稀或拆分。", field="file")
    columns = find_columns(table.fields, code=options.code_field, name=options.name_field)
    cells = _cells(table, columns, options)
    geoms = _polygons(table)
    placed = to_wgs84(geoms, table.system, options.datum, options.epsg)
    rows = tuple(
        OutlineRow(row, cell.code, cell.name, cell.parent, cell.level, polygons_only(geom), cell.facts)
        for row, (cell, geom) in enumerate(zip(cells, placed.geoms, strict=True), start=1)
    )
    return OutlineFile(
        name=name or path.name,
        sha256=sha256_of(path),
        size_bytes=size,
        kind=table.kind,
        datum=placed.datum,
        crs_name=placed.crs_name,
        rows=rows,
        fields=table.fields,
        notes=(*table.notes, *placed.notes, *_datum_notes(name or path.name, table, options.datum)),
    )


def _datum_notes(name: str, table: Table, stated: Datum) -> list[str]:
    """Return what the file's name and properties say against the stated datum: first imports have nothing to compare with."""
    hints = (name_hint(name, stated), property_hint(table.members or table.fields, table.records[:100], stated))
    return [hint for hint in hints if hint]


def _table(path: Path, folder: Path, options: Options, limits: Limits, depth: int = 0) -> Table:
    """Look at the first bytes and read accordingly; the name's ending is never believed."""
    with path.open("rb") as handle:
        head = handle.read(512)
    if head.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        if depth:
            raise BadInput("压缩包里还有压缩包，请只压缩一层。", field="file")
        inner = layer_from_archive(path, folder, limits, options.layer)
        return _table(inner, folder, options, limits, depth + 1)
    if head.startswith(b"SQLite format 3\x00"):
        return _geopackage(path, folder, head, options, limits)
    if head.startswith(b"\x00\x00\x27\x0a"):
        if depth and path.name == "layer.shp":
            return read_apart(path, "shapefile", limits)
        raise BadInput("请把 .shp 与同名的 .shx、.dbf、.prj 一起压缩为 .zip 再导入。", field="file")
    for magic, words in FOREIGN.items():
        if head.startswith(magic):
            raise BadInput(f"这是{words}，不是地图文件：支持 {SUPPORTED}。", field="file")
    return _text(path, head, limits)


def _geopackage(path: Path, folder: Path, head: bytes, options: Options, limits: Limits) -> Table:
    if head[68:72] not in (b"GPKG", b"GP10", b"GP11"):
        raise BadInput("这是 SQLite 数据库，但不是 GeoPackage。", field="file")
    copy = folder / "layer.gpkg"
    if path != copy:
        copy.symlink_to(path.resolve())
    return read_apart(copy, "geopackage", limits, options.layer)


def _text(path: Path, head: bytes, limits: Limits) -> Table:
    check_size(path, limits.text_bytes)
    start = head.removeprefix(b"\xef\xbb\xbf").replace(b"\x00", b"").removeprefix(b"\xff\xfe").removeprefix(b"\xfe\xff")
    first = start.lstrip()[:1]
    if first in (b"{", b"["):
        return read_geojson(path.read_bytes(), limits)
    if first == b"<":
        return read_kml(path.read_bytes(), limits)
    raise BadInput(f"无法识别的文件：支持 {SUPPORTED}。", field="file")


def _cells(table: Table, columns: Columns, options: Options) -> list[Cells]:
    found, wrong = [], []
    for row, record in enumerate(table.records, start=1):
        cells, faults = read_cells(record, columns, row, options.level)
        wrong.extend(faults)
        if cells is not None:
            found.append(cells)
    if wrong:
        raise BadInput(f"有 {len(wrong)} 处内容有误，整个文件都没有导入。", field="file", rows=wrong)
    return found


def _polygons(table: Table) -> npt.NDArray[np.object_]:
    """Return the polygonal geometry of every row. Raises ``BadInput`` naming rows that have none."""
    geoms = np.empty(len(table.geoms), dtype=object)
    wrong: list[RowError] = []
    for place, geom in enumerate(table.geoms):
        if geom is None or geom.is_empty:
            wrong.append(RowError(place + 1, "图形", "没有图形。"))
            continue
        geoms[place] = polygons_only(geom)
        if geoms[place].is_empty:
            words = TYPE_WORDS.get(geom.geom_type, geom.geom_type)
            wrong.append(RowError(place + 1, "图形", f"图形是{words}，不是面。"))
    if wrong:
        raise BadInput(_type_message(wrong, table.geoms), field="file", rows=wrong)
    return geoms


def _type_message(wrong: Sequence[RowError], geoms: npt.NDArray[np.object_]) -> str:
    kinds = {TYPE_WORDS.get(geom.geom_type, geom.geom_type) for geom in geoms if geom is not None and not geom.is_empty}
    if len(wrong) == len(geoms) and len(kinds) == 1:
        return f"文件里都是{kinds.pop()}，而区划边界需要面（多边形）：请先在 GIS 软件中转换为面。"
    return f"有 {len(wrong)} 行没有面状图形，整个文件都没有导入。"
