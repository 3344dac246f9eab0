"""An upload read into rows, and what its preview shows: counts, rows, and the outlines as GeoJSON."""

from __future__ import annotations

from typing import Any

import shapely

from gridmap.units.forms.divisions import DivisionsFile, read_divisions
from gridmap.units.forms.files import Options, OutlineFile, read_outlines
from gridmap.units.forms.limits import configured_limits
from gridmap.units.forms.uploads import Upload
from gridmap.units.rules.codes import Level
from gridmap.units.rules.datum import Datum

ROWS_SHOWN = 1000
SHAPES_SHOWN = 6000
LIGHT_DEG = 0.000005  # half a metre: finer than a screen shows a whole file


def read_upload(upload: Upload) -> Any:
    """Return the ``OutlineFile`` or ``DivisionsFile`` of an upload. Raises ``BadInput`` or ``TooLarge``."""
    if upload.kind == "divisions":
        return read_divisions(upload.path, name=upload.file_name, limits=configured_limits())
    said = upload.options
    options = Options(
        datum=Datum(said["datum"]),
        level=Level(said["level"]) if said.get("level") else None,
        code_field=said.get("code_field", ""),
        name_field=said.get("name_field", ""),
        epsg=said.get("epsg"),
        layer=said.get("layer", ""),
    )
    return read_outlines(upload.path, options, name=upload.file_name, limits=configured_limits())


def preview_report(report: Any, file: OutlineFile | DivisionsFile) -> dict[str, Any]:
    """Return what the preview page shows; rows that change come first, unchanged ones last."""
    rows = sorted((row.as_dict() for row in report.rows), key=lambda row: (row["outcome"] == "unchanged", row["row"]))
    return {
        "counts": report.counts,
        "notes": [
            *report.notes,
            *(f"{fault.message}{fault.suggestion}" for fault in report.faults if fault.geom.is_empty),
        ],
        "rows": rows[:ROWS_SHOWN],
        "row_count": len(rows),
        "shape_limit": SHAPES_SHOWN,
        "has_changes": report.has_changes,
        "error_count": report.error_count,
        "warning_count": report.warning_count,
        **_about(file),
    }


def _about(file: OutlineFile | DivisionsFile) -> dict[str, str]:
    """Return format, datum and declared coordinate system, as people read them."""
    if isinstance(file, OutlineFile):
        return {"format": file.kind, "datum": file.datum.label, "crs": file.crs_name}
    return {"format": f"CSV（{file.encoding}）", "datum": "", "crs": ""}


def preview_features(report: Any, file: OutlineFile | DivisionsFile, present: list[dict[str, Any]]) -> dict[str, Any]:
    """Return GeoJSON (WGS-84 lon lat): the file's outlines by outcome, the present ones they replace, and the faults."""
    features: list[dict[str, Any]] = list(present)
    if isinstance(file, OutlineFile):
        for given, result in list(zip(file.rows, report.rows, strict=True))[:SHAPES_SHOWN]:
            properties = {"code": f"{given.code:015d}", "name": given.name, "row": given.row}
            features.append(_feature(given.geom, {**properties, "outcome": str(result.outcome)}))
    for fault in report.faults[:SHAPES_SHOWN]:
        if not fault.geom.is_empty:
            said = {"kind": str(fault.kind), "severity": str(fault.severity), "message": fault.message}
            features.append(_feature(fault.geom, {**said, "outcome": "fault"}))
    return {"type": "FeatureCollection", "features": features}


def _feature(geom: Any, properties: dict[str, Any]) -> dict[str, Any]:
    light = geom.simplify(LIGHT_DEG) if geom.is_valid else geom
    return {"type": "Feature", "properties": properties, "geometry": shapely.geometry.mapping(light)}
