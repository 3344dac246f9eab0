"""Noticing that outlines were given in another datum than stated: by where they lie against outlines that are known, and
by what the file's name and properties say.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from gridmap.units.rules.codes import ancestors_of
from gridmap.units.rules.datum import DATUM_LABELS, Datum, convert_geometries
from gridmap.units.rules.measures import GEOD

LEAST_M = 50.0
"""Offsets between datums in China are 100–1,200 m; anything nearer is drawing."""
LEAST_SHARE = 0.005
BETTER = 0.25
WORDS = {
    "gcj02": Datum.GCJ02, "gcj-02": Datum.GCJ02, "gcj_02": Datum.GCJ02, "火星坐标": Datum.GCJ02, "高德": Datum.GCJ02,
    "腾讯": Datum.GCJ02, "amap": Datum.GCJ02, "gaode": Datum.GCJ02,
    "bd09": Datum.BD09, "bd-09": Datum.BD09, "bd_09": Datum.BD09, "百度": Datum.BD09, "baidu": Datum.BD09,
    "wgs84": Datum.WGS84, "wgs-84": Datum.WGS84, "wgs_84": Datum.WGS84,
    "cgcs2000": Datum.CGCS2000, "国家2000": Datum.CGCS2000, "2000国家大地": Datum.CGCS2000,
}  # fmt: skip
"""Words that say a datum, in the name of a file or in a property about its source."""
DATAV = {"adcode", "childrennum", "acroutes", "subfeatureindex"}
"""Properties of the outlines that DataV.GeoAtlas gives away, which come from a map in GCJ-02."""
ABOUT_SOURCE = {
    "来源",
    "数据来源",
    "备注",
    "坐标系",
    "source",
    "remark",
    "remarks",
    "note",
    "datum",
    "crs",
    "srs",
    "coord",
    "coordsys",
}


def datum_hint(
    given: Mapping[int, BaseGeometry], published: Mapping[int, BaseGeometry], stated: Datum, against: str = "已发布边界"
) -> str | None:
    """Return a Chinese hint when another datum explains the outlines much better than the ``stated`` one, else
    ``None``.

    ``given`` is WGS-84 as converted from the stated datum; ``against`` says what the ``published`` outlines are. Every unit that is published already must have moved by
    the offset of the same other datum; for units that are new, their share outside the nearest published ancestor
    decides.
    """
    codes = list(given)
    geoms = np.array([given[code] for code in codes], dtype=object)
    source = convert_geometries(geoms, Datum.WGS84, stated)
    measure = _shifts if set(codes) & set(published) else _shares_outside
    now = np.array(measure(codes, geoms, published))
    if not now.size or now.min() < (LEAST_M if measure is _shifts else LEAST_SHARE):
        return None
    for other in (Datum.WGS84, Datum.GCJ02, Datum.BD09):
        if _same(other, stated):
            continue
        then = np.array(measure(codes, convert_geometries(source, other), published))
        if bool(np.all(then < now * BETTER)):
            found = (
                f"整体偏移约 {np.median(now):.0f} 米" if measure is _shifts else f"有 {100 * now.max():.1f}% 的面积在外"
            )
            said = f"坐标很可能不是 {stated.label}：与{against}相比{found}"
            return f"{said}；若按 {other.label}读取则基本吻合，请核对。"
    return None


def _shifts(codes: list[int], geoms: np.ndarray, published: Mapping[int, BaseGeometry]) -> list[float]:
    found = []
    for code, geom in zip(codes, geoms, strict=True):
        if code in published:
            here, there = geom.centroid, published[code].centroid
            found.append(float(GEOD.inv(here.x, here.y, there.x, there.y)[2]))
    return found


def _shares_outside(codes: list[int], geoms: np.ndarray, published: Mapping[int, BaseGeometry]) -> list[float]:
    """Return, as one number, the share of all outlines that lies outside their nearest published ancestors."""
    outside = whole = 0.0
    for code, geom in zip(codes, geoms, strict=True):
        above = next((up for up in reversed(ancestors_of(code)) if up in published), None)
        if above is not None and geom.is_valid:
            whole += geom.area
            outside += shapely.difference(geom, published[above]).area
    return [outside / whole] if whole else []


def name_hint(file_name: str, stated: Datum) -> str | None:
    """Return a Chinese hint when the name of a file says another datum than the ``stated`` one, else ``None``."""
    return _said_otherwise(file_name, "文件名", stated)


def property_hint(properties: Collection[str], records: Iterable[Mapping[str, object]], stated: Datum) -> str | None:
    """Return a Chinese hint when the properties of a file say another datum than the ``stated`` one, else ``None``.

    ``properties`` are the names of all of them; of ``records`` only those about the source are read.
    """
    own = {name.lower() for name in properties} & DATAV
    if len(own) > 1 and stated is not Datum.GCJ02:
        return _hint(
            "属性是 DataV 地图的（" + "、".join(name for name in properties if name.lower() in own) + "）",
            Datum.GCJ02,
            stated,
        )
    about = [name for name in properties if name.lower() in ABOUT_SOURCE]
    for record in records:
        for name in about:
            hint = _said_otherwise(str(record.get(name) or ""), f"属性“{name}”", stated)
            if hint:
                return hint
    return None


def _said_otherwise(text: str, where: str, stated: Datum) -> str | None:
    said = {datum: word for word, datum in WORDS.items() if word in text.lower()}
    if not said or any(_same(datum, stated) for datum in said):
        return None
    datum, word = next(iter(said.items()))
    return _hint(f"{where}里有“{word}”", datum, stated)


def _same(one: Datum, two: Datum) -> bool:
    """Tell whether two datums agree: WGS-84 and CGCS2000 do, within centimetres."""
    surveyed = (Datum.WGS84, Datum.CGCS2000)
    return one is two or (one in surveyed and two in surveyed)


def _hint(because: str, datum: Datum, stated: Datum) -> str:
    return (
        f"{because}，坐标很可能是 {DATUM_LABELS[datum]}，而所选的坐标系是 {DATUM_LABELS[stated]}："
        "选错会整体偏移 100–1,200 米，请核对。"
    )
