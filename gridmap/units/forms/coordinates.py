"""From the file's own coordinates to WGS-84 lon lat: declared systems, undeclared ones, wrong ones, and the datum."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import shapely
from pyproj import CRS, Transformer
from pyproj.exceptions import CRSError, ProjError

from gridmap.errors import BadInput, RowError
from gridmap.units.forms.systems import declared_system
from gridmap.units.rules.checks.rings import in_china, looks_swapped
from gridmap.units.rules.datum import Datum, convert_geometries

Array = npt.NDArray[np.object_]
WEB_MERCATOR = 3857
OLD_DATUMS = ("Xian", "Beijing")  # 西安 1980, 北京 1954, 新北京 1954: the national parameters are not public
MODERN_DATUMS = ("China Geodetic", "CGCS", "China_2000", "WGS 84", "WGS84", "WGS_1984")
MODERN_AXIS_M, MODERN_INVERSE_FLATTENING = 6_378_137.0, 298.2572  # CGCS2000, WGS-84 and GRS 80 differ only beyond this


@dataclass(frozen=True)
class Placed:
    """Geometry in WGS-84 lon lat, the datum it came in, and what was noticed on the way."""

    geoms: Array
    datum: Datum
    crs_name: str
    notes: tuple[str, ...]


def to_wgs84(geoms: Array, declared: str, datum: Datum, epsg: int | None = None) -> Placed:
    """Bring geometry to WGS-84. ``epsg`` overrides what the file declares; ``datum`` says what lon lat mean.

    Raises ``BadInput`` when the system is unknown, contradicts the datum or the numbers, or lon and lat are exchanged.
    """
    crs = _system(declared, epsg)
    bounds = shapely.total_bounds(geoms)
    if np.isnan(bounds).any():
        raise BadInput("文件里的图形全部为空。", field="file")
    crs_name, notes = "未声明", (f"文件没有声明坐标系，按 {datum.label} 的经纬度读取。",)
    if crs is None:
        _require_degrees(bounds, "文件没有声明坐标系")
    else:
        crs_name = _name(crs)
        _check_against_datum(crs, datum, bounds)
        geoms = _to_degrees(geoms, crs)
    _check_axes(geoms)
    moved = convert_geometries(geoms, datum)
    _check_place(moved, crs_name)
    return Placed(moved, datum, crs_name, notes if crs is None else ())


def _system(declared: str, epsg: int | None) -> CRS | None:
    if epsg is None:
        return declared_system(declared) if declared else None
    try:
        return CRS.from_epsg(epsg)
    except CRSError as error:
        raise BadInput(f"EPSG:{epsg} 不存在，请核对坐标系编号。", field="epsg") from error


def _name(crs: CRS) -> str:
    code = crs.to_epsg()
    return f"EPSG:{code}（{crs.name}）" if code else crs.name


def _require_degrees(bounds: npt.NDArray[np.float64], because: str) -> None:
    if np.abs(bounds[[0, 2]]).max() <= 180 and np.abs(bounds[[1, 3]]).max() <= 180:
        return
    raise BadInput(
        f"{because}，但坐标值（如 {bounds[0]:.1f}，{bounds[1]:.1f}）是米而不是度：{zone_hint(bounds)}", field="epsg"
    )


def zone_hint(bounds: npt.NDArray[np.float64]) -> str:
    """Return a Chinese hint which EPSG code metres with these bounds probably have."""
    east = float(bounds[0])
    zone = int(east // 1_000_000)
    if 25 <= zone <= 45:
        return f"看起来是 CGCS2000 3 度带第 {zone} 带，请指定坐标系编号（EPSG）{4513 + zone - 25}。"
    if 13 <= zone <= 23:
        return f"看起来是 CGCS2000 6 度带第 {zone} 带，请指定坐标系编号（EPSG）{4491 + zone - 13}。"
    if 100_000 <= east < 1_000_000:
        return "看起来是不带带号的高斯投影，请指定坐标系编号（EPSG）：CGCS2000 3 度带按中央经线 75°–135° 为 4534–4554。"
    return "请指定坐标系编号（EPSG）。"


def _check_against_datum(crs: CRS, datum: Datum, bounds: npt.NDArray[np.float64]) -> None:
    if crs.is_geographic:
        _require_degrees(bounds, f"文件声明为经纬度（{_name(crs)}）")
        return
    if not crs.is_projected:
        raise BadInput(f"坐标系 {_name(crs)} 既不是经纬度也不是平面坐标，无法导入。", field="epsg")
    if np.abs(bounds).max() <= 180:
        raise BadInput(
            f"文件声明为平面坐标（{_name(crs)}），但坐标值像经纬度：请核对，或指定坐标系编号（EPSG）4490。",
            field="epsg",
        )
    if datum in (Datum.GCJ02, Datum.BD09) and crs.to_epsg() != WEB_MERCATOR:
        raise BadInput(
            f"文件坐标系是 {_name(crs)}（测绘坐标），与所选的 {datum.label} 矛盾：测绘成果请选 cgcs2000 或 wgs84。",
            field="datum",
        )


def _to_degrees(geoms: Array, crs: CRS) -> Array:
    """Return lon lat in the geodetic datum of ``crs``, which for CGCS2000 and WGS-84 is already what is stored.

    A datum without known parameters is refused: PROJ would take it for WGS-84 (a "ballpark" change), tens of metres off.
    A datum with a name of its own on the ellipsoid of CGCS2000 or WGS-84 is theirs, as whoever gives the file says.
    """
    base = crs.geodetic_crs
    modern = base is not None and any(word in base.name for word in MODERN_DATUMS)
    if crs.is_geographic and modern:
        return geoms
    if base is not None and any(name in base.name for name in OLD_DATUMS):
        raise _unknown_datum(crs)
    target = base if modern and base is not None else CRS.from_epsg(4326)
    try:
        change = Transformer.from_crs(crs, target, always_xy=True, allow_ballpark=False)
    except ProjError as error:
        if base is None or not _on_modern_ellipsoid(base):
            raise _unknown_datum(crs) from error
        change = Transformer.from_crs(crs, base, always_xy=True)
    try:
        points = shapely.get_coordinates(geoms)
        lon, lat = change.transform(points[:, 0], points[:, 1], errcheck=True)
    except ProjError as error:
        raise BadInput(f"按 {_name(crs)} 换算失败：坐标值超出该坐标系的范围，请核对坐标系。", field="epsg") from error
    flat = shapely.force_2d(geoms)
    return np.asarray(shapely.set_coordinates(flat.copy(), np.column_stack([lon, lat])), dtype=object)


def _on_modern_ellipsoid(base: CRS) -> bool:
    ellipsoid = base.ellipsoid
    return (
        ellipsoid is not None
        and abs(ellipsoid.semi_major_metre - MODERN_AXIS_M) < 0.01
        and abs(ellipsoid.inverse_flattening - MODERN_INVERSE_FLATTENING) < 0.0001
    )


def _unknown_datum(crs: CRS) -> BadInput:
    return BadInput(
        f"坐标系 {_name(crs)} 到 CGCS2000 没有公开的转换参数，直接导入会偏差几十米到上百米："
        "请先由测绘部门转换为 CGCS2000（EPSG:4490），再导入。",
        field="epsg",
    )


def _check_axes(geoms: Array) -> None:
    bounds = shapely.bounds(geoms)
    swapped = [row for row, box in enumerate(bounds, start=1) if looks_swapped(box)]
    if not swapped:
        return
    rows = [RowError(row, "图形", "经度和纬度写反了。") for row in swapped]
    share = "全部" if len(swapped) == len(geoms) else f"{len(swapped)} 个"
    raise BadInput(f"{share}图形的经度和纬度写反了：请按“经度在前、纬度在后”重新导出。", field="file", rows=rows)


def _check_place(geoms: Array, crs_name: str) -> None:
    rows = []
    for row, box in enumerate(shapely.bounds(geoms), start=1):
        if not np.isnan(box).any() and not in_china(box):
            where = f"不在中国范围内（经度 {box[0]:.4f}，纬度 {box[1]:.4f}）。"
            rows.append(RowError(row, "图形", where))
    if rows:
        message = f"有 {len(rows)} 个图形按坐标系 {crs_name} 换算后不在中国范围内：请核对坐标系。"
        raise BadInput(message, field="epsg", rows=rows)
