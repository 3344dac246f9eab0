"""Shapefile and GeoPackage through GDAL (pyogrio).

GDAL sees only files that we wrote ourselves, under names of our own, and whose first bytes were checked: no address,
no virtual file system, no other driver.
"""

from __future__ import annotations

import struct
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pyogrio
import shapely
from pyogrio.errors import DataLayerError, DataSourceError
from pyproj import CRS
from pyproj.exceptions import CRSError
from shapely.errors import GEOSException

from gridmap.errors import BadInput
from gridmap.units.forms.limits import Limits
from gridmap.units.forms.tables import Table

CODEPAGES = {"936": "gb18030", "gbk": "gb18030", "gb2312": "gb18030", "gb18030": "gb18030", "ansi 936": "gb18030"}


def read_shapefile(path: Path, limits: Limits) -> Table:
    """Return the features of an unpacked shapefile; the .dbf encoding is found by reading it. Raises ``BadInput``."""
    encoding, note = dbf_encoding(path)
    table = _read(path, None, encoding, limits, "Shapefile")
    return Table(table.kind, table.fields, table.records, table.geoms, table.crs, note)


def read_geopackage(path: Path, limits: Limits, layer: str = "") -> Table:
    """Return the features of one layer of a GeoPackage.

    Raises ``BadInput`` listing the layers when one must be chosen.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # GDAL's remarks about a damaged file; it is refused below
            layers = [(str(name), kind) for name, kind in pyogrio.list_layers(path)]
    except (DataSourceError, DataLayerError) as error:
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
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # about measured and curved geometry, which are made plain below
            info = pyogrio.read_info(path, layer=layer, force_feature_count=True)
            if int(info["features"]) > limits.features:
                count = int(info["features"])
                raise BadInput(
                    f"文件有 {count:,} 个图形，超过上限 {limits.features:,} 个，请拆分后导入。", field="file"
                )
            meta, _, wkb, columns = pyogrio.raw.read(path, layer=layer, encoding=encoding)
        geoms = np.asarray(shapely.from_wkb(wkb), dtype=object) if wkb is not None else np.empty(0, dtype=object)
    except (DataSourceError, DataLayerError, GEOSException, UnicodeDecodeError, ValueError) as error:
        raise BadInput(f"{kind} 已损坏或不完整，无法读取，请重新导出。", field="file") from error
    fields = tuple(str(name) for name in meta["fields"])
    records = tuple(dict(zip(fields, row, strict=True)) for row in zip(*columns, strict=True)) if columns else ()
    if not records and len(geoms):
        records = tuple({} for _ in geoms)
    return Table(kind, fields, records, geoms, _crs(meta))


def _crs(meta: dict[str, Any]) -> CRS | None:
    declared = meta.get("crs")
    if not declared:
        return None
    try:
        return CRS.from_user_input(declared)
    except CRSError:
        return None


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
        except LookupError:
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
