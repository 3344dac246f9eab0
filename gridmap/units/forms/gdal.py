"""Shapefile and GeoPackage through GDAL (pyogrio), for a process of its own (``apart``).

GDAL sees only files that we wrote ourselves, under names of our own, and whose first bytes were checked: no address,
no virtual file system, no other driver. What a file may hold that is run or followed (views, virtual tables, grids of
corrections) is refused before.
"""

from __future__ import annotations

import re
import sqlite3
import struct
import warnings
from contextlib import closing
from pathlib import Path
from typing import Any

import numpy as np
import pyogrio
import shapely
from pyogrio.errors import DataLayerError, DataSourceError
from shapely.errors import GEOSException

from gridmap.errors import BadInput
from gridmap.units.forms.limits import Limits
from gridmap.units.forms.systems import names_files
from gridmap.units.forms.tables import Table

CODEPAGES = {"936": "gb18030", "gbk": "gb18030", "gb2312": "gb18030", "gb18030": "gb18030", "ansi 936": "gb18030"}


def read(path: Path, kind: str, limits: Limits, layer: str = "") -> Table:
    """Return the features of a ``shapefile`` or ``geopackage``. Raises ``BadInput``."""
    warnings.simplefilter(
        "ignore"
    )  # GDAL's remarks about damage, measures and curves, of a process that does nothing else
    return read_shapefile(path, limits) if kind == "shapefile" else read_geopackage(path, limits, layer)


def read_shapefile(path: Path, limits: Limits) -> Table:
    """Return the features of an unpacked shapefile; the .dbf encoding is found by reading it. Raises ``BadInput``."""
    system = path.with_suffix(".prj")
    if system.exists() and names_files(system.read_bytes()[:100_000].decode("latin-1")):
        raise BadInput(
            "坐标系文件（.prj）引用了其他文件，不予读取：请删去 .prj 后重新压缩，并指定坐标系编号（EPSG）。",
            field="file",
        )
    encoding, note = dbf_encoding(path)
    table = _read(path, None, encoding, limits, "Shapefile")
    return Table(table.kind, table.fields, table.records, table.geoms, table.system, note)


def read_geopackage(path: Path, limits: Limits, layer: str = "") -> Table:
    """Return the features of one layer of a GeoPackage.

    Raises ``BadInput`` listing the layers when one must be chosen.
    """
    try:
        refuse_programs(path)
        layers = [(str(name), kind) for name, kind in pyogrio.list_layers(path)]
    except (sqlite3.Error, DataSourceError, DataLayerError) as error:
        raise BadInput("GeoPackage 已损坏，无法打开，请重新导出。", field="file") from error
    spatial = [name for name, kind in layers if kind is not None]
    if not spatial:
        raise BadInput("GeoPackage 里没有带图形的图层。", field="file")
    if layer and layer not in spatial:
        raise BadInput(f"没有图层“{layer}”，可选：{'、'.join(spatial)}。", field="layer")
    polygons = [name for name, kind in layers if kind is not None and "Polygon" in str(kind)]
    choice = layer or (polygons[0] if len(polygons) == 1 else spatial[0] if len(spatial) == 1 else "")
    if not choice:
        raise BadInput(f"GeoPackage 有 {len(spatial)} 个图层，请指定一个：{'、'.join(spatial)}。", field="layer")
    return _read(path, choice, None, limits, "GeoPackage")


def _read(path: Path, layer: str | None, encoding: str | None, limits: Limits, kind: str) -> Table:
    try:
        info = pyogrio.read_info(path, layer=layer, force_feature_count=True)
        if int(info["features"]) > limits.features:
            count = int(info["features"])
            raise BadInput(f"文件有 {count:,} 个图形，超过上限 {limits.features:,} 个，请拆分后导入。", field="file")
        meta, _, wkb, columns = pyogrio.raw.read(path, layer=layer, encoding=encoding)
        geoms = np.asarray(shapely.from_wkb(wkb), dtype=object) if wkb is not None else np.empty(0, dtype=object)
    except (DataSourceError, DataLayerError, GEOSException, UnicodeDecodeError, ValueError) as error:
        raise BadInput(f"{kind} 已损坏或不完整，无法读取，请重新导出。", field="file") from error
    fields = tuple(str(name) for name in meta["fields"])
    records = tuple(dict(zip(fields, row, strict=True)) for row in zip(*columns, strict=True)) if columns else ()
    if not records and len(geoms):
        records = tuple({} for _ in geoms)
    return Table(kind, fields, records, geoms, str(meta.get("crs") or ""))


def refuse_programs(path: Path) -> None:
    """Refuse a GeoPackage that holds more than data where GDAL looks.

    Its layers and system tables must be tables (a view may count for ever), its spatial indexes R-trees, and the
    coordinate systems of its layers must name no file. Triggers are never run while reading. Raises ``BadInput``, and
    ``sqlite3.Error`` for what is no database.
    """
    with closing(sqlite3.connect(f"{path.as_uri()}?mode=ro&immutable=1", uri=True)) as db:
        db.text_factory = lambda raw: raw.decode(errors="replace")
        held = {str(name).lower(): rest for name, *rest in db.execute(f"select name, type, rootpage, sql {MASTER}")}
        _refuse_programs_named([name for name in held if name.startswith("gpkg_")], held)
        layers = [str(name).lower() for (name,) in db.execute("select table_name from gpkg_contents")]
        _refuse_programs_named([*layers, *(name for name in held if name.startswith("rtree_"))], held)
        for system in db.execute(f"select {', '.join(_texts(db))} from gpkg_spatial_ref_sys where srs_id in ({USED})"):
            if any(names_files(str(text)) for text in system):
                raise BadInput(
                    "GeoPackage 的坐标系定义引用了其他文件，不予读取：请改用标准坐标系（如 EPSG:4490）后重新导出。",
                    field="file",
                )


MASTER = "from sqlite_master where type in ('table', 'view')"
USED = "select srs_id from gpkg_contents union select srs_id from gpkg_geometry_columns"


def _texts(db: sqlite3.Connection) -> list[str]:
    """Return the columns that define a coordinate system, as texts."""
    columns = [str(row[1]) for row in db.execute("pragma table_info(gpkg_spatial_ref_sys)")]
    return [f"cast({name} as text)" for name in columns if re.fullmatch("definition[_0-9]*", name, re.IGNORECASE)]


def _refuse_programs_named(names: list[str], held: dict[str, list[Any]]) -> None:
    """Raise ``BadInput`` for names that are views, or virtual tables other than R-trees."""
    for name in names:
        kind, page, sql = held.get(name, ["table", 1, ""])  # what is not there GDAL will miss, too
        if kind == "view" or not (page or re.search(r"\busing\s+rtree\b", str(sql), re.IGNORECASE)):
            raise BadInput(
                f"GeoPackage 里的“{name}”不是数据表，而是视图或虚拟表，不予读取：请导出为普通图层后再导入。",
                field="file",
            )


def dbf_encoding(path: Path) -> tuple[str, tuple[str, ...]]:
    """Return (encoding, notes) of a shapefile's attribute table.

    The .cpg file or the language byte of the .dbf is believed only when the texts decode with it; otherwise UTF-8 and
    then GB18030 are tried: files from Chinese desktops often declare the wrong one.
    """
    declared = _declared_encoding(path)
    texts = _dbf_texts(path.with_suffix(".dbf"))
    for encoding in [*([declared] if declared else []), "utf-8", "gb18030"]:
        wrong = sum(not _decodes(text, encoding) for text in texts)
        if not wrong:
            if declared and encoding != declared:
                return encoding, (f"属性表声明的编码 {declared} 与内容不符，已按 {encoding} 读取。",)
            return encoding, ()
    raise BadInput("属性表（.dbf）的编码无法识别：请在导出时选择 UTF-8 或 GBK。", field="file")


def _declared_encoding(path: Path) -> str | None:
    page = path.with_suffix(".cpg")
    if page.exists():
        name = page.read_bytes()[:40].decode("ascii", "ignore").strip().lower()
        if name:
            return CODEPAGES.get(name, "utf-8" if name in ("utf-8", "utf8", "65001") else name)
    head = path.with_suffix(".dbf").read_bytes()[:32]
    return "gb18030" if len(head) == 32 and head[29] == 0x4D else None


def _decodes(text: bytes, encoding: str) -> bool:
    """Tell whether a field decodes, allowing for a character cut in half at the end of a full field."""
    for cut in (0, 1, 2, 3):
        try:
            text[: len(text) - cut].decode(encoding)
        except UnicodeDecodeError:
            continue
        except (LookupError, UnicodeError):  # no such encoding, or one that is no encoding of files
            return False
        return True
    return False


def _dbf_texts(path: Path, most: int = 5000) -> list[bytes]:
    """Return field names and character fields of the first records of a dBASE III table, raw."""
    with path.open("rb") as handle:
        head = handle.read(32)
        if len(head) < 32:
            raise BadInput("属性表（.dbf）已损坏：文件头不完整。", field="file")
        count, header, size = struct.unpack("<IHH", head[4:12])
        described = handle.read(max(header - 33, 0))
        fields = [described[at : at + 32] for at in range(0, len(described) - 31, 32) if described[at] != 0x0D]
        handle.seek(header)
        spans, offset = [], 1
        for field in fields:
            if field[11:12] == b"C":
                spans.append((offset, offset + field[16]))
            offset += field[16]
        texts = [field[:11].split(b"\0")[0] for field in fields]
        for _ in range(min(count, most)):
            record = handle.read(size)
            texts.extend(record[start:end].rstrip(b" \0") for start, end in spans)
    return [text for text in texts if text]
