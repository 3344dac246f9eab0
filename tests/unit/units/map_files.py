"""Map files made for tests: the grids of a small village in every format, and how what was read of them is checked."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path

import numpy as np
import pyogrio
import shapely
from shapely.geometry import MultiPolygon, mapping

from bench.lattices import VILLAGE, village
from gridmap.units.forms.files import Options
from gridmap.units.rules.datum import Datum

WGS84 = Options(datum=Datum.WGS84)


def grids() -> dict[int, MultiPolygon]:
    units = village(3, 2)
    del units[VILLAGE]
    return units


def collection(features: list[dict], **more: object) -> str:
    return json.dumps({"type": "FeatureCollection", "features": features, **more}, ensure_ascii=False)


def feature(geom: object, **properties: object) -> dict:
    return {"type": "Feature", "properties": properties, "geometry": mapping(geom) if geom is not None else None}


def grid_features() -> list[dict]:
    return [feature(geom, 网格代码=str(code), 网格名称=f"第{code % 100}网格") for code, geom in grids().items()]


def save(path: Path, kind: str, geoms: list, *, crs: str, names: list[str], encoding: str | None = None) -> Path:
    codes = np.array([str(code) for code in grids()], dtype=object)[: len(geoms)]
    pyogrio.raw.write(
        path,
        shapely.to_wkb(geoms),
        [codes, np.array(names, dtype=object)],
        ["code", "name"],
        geometry_type="MultiPolygon",
        crs=crs,
        driver=kind,
        encoding=encoding,
    )
    return path


def zipped(shp: Path, target: Path, *, without: str = "", prefix: str = "") -> Path:
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for part in sorted(shp.parent.glob(shp.stem + ".*")):
            if part.suffix != without:
                archive.write(part, prefix + part.name)
    return target


def shapefile(
    folder: Path, *, encoding: str, cpg: str | None, crs: str = "EPSG:4490", geoms: list | None = None
) -> Path:
    work = folder / "shp"
    work.mkdir()
    drawn = geoms or list(grids().values())
    save(
        work / "网格.shp",
        "ESRI Shapefile",
        drawn,
        crs=crs,
        names=[f"向阳社区第{n}网格" for n in range(len(drawn))],
        encoding=encoding,
    )
    page = work / "网格.cpg"
    if cpg is None:
        page.unlink(missing_ok=True)
    else:
        page.write_text(cpg)
    return zipped(work / "网格.shp", folder / "grids.zip", prefix="导出/")


def check_grids(rows: tuple, tolerance_deg: float = 1e-9) -> None:
    assert {row.code for row in rows} == set(grids())
    for row in rows:
        assert row.geom.equals_exact(grids()[row.code], tolerance_deg) or (
            row.geom.symmetric_difference(grids()[row.code]).area < tolerance_deg * row.geom.length * 4
        )
