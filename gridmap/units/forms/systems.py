"""The coordinate system that a file declares, read without opening anything that the declaration points at.

PROJ takes far more than names: ``+init=/path:key`` reads definitions from that path, and well-known text may name grids of
corrections by path. What a file says is therefore looked at before pyproj or GDAL sees it.
"""

from __future__ import annotations

import re

from pyproj import CRS
from pyproj.exceptions import CRSError

from gridmap.errors import BadInput

NAMED = re.compile(
    r"(?:urn:ogc:def:crs:EPSG:[^:]*:|https?://www\.opengis\.net/def/crs/EPSG/[^/]*/|EPSG:)([0-9]{1,6})", re.IGNORECASE
)
LON_LAT = re.compile(
    r"(?:urn:ogc:def:crs:OGC:[^:]*:|https?://www\.opengis\.net/def/crs/OGC/[^/]*/|OGC:)CRS84", re.IGNORECASE
)
WELL_KNOWN = re.compile(r"\s*(?:PROJ|GEOG|GEOD|COMP)[A-Z_]*\s*[\[(]", re.IGNORECASE)
WEB_MERCATOR = re.compile(
    r'EXTENSION\["PROJ4","\+proj=merc'
    r'(?: \+(?:a|b|lat_ts|lon_0|x_0|y_0|k|units)=[\w.]+| \+nadgrids=@null| \+wktext| \+no_defs)*"\]'
)
"""What GDAL itself writes into the text of EPSG:3857; it names no file."""
FOREIGN = re.compile(r"EXTENSION\s*[\[(]|PARAMETERFILE\s*[\[(]|PROJ4_GRIDS|PROJ-based", re.IGNORECASE)


def names_files(text: str) -> bool:
    """Tell whether well-known text could make PROJ open a file: by an extension, a parameter file or a raw operation."""
    return FOREIGN.search(WEB_MERCATOR.sub("", text)) is not None


def declared_system(text: str) -> CRS:
    """Return the system of a declaration: an EPSG code or CRS84 in their usual spellings, or plain well-known text.

    Raises ``BadInput`` for everything else.
    """
    try:
        if named := NAMED.fullmatch(text):
            return CRS.from_epsg(int(named[1]))
        if LON_LAT.fullmatch(text):
            return CRS.from_epsg(4326)
        if WELL_KNOWN.match(text) and not names_files(text):
            return CRS.from_wkt(text)
    except CRSError:
        pass
    shown = text if len(text) <= 80 else text[:60] + "…"
    raise BadInput(f"文件声明的坐标系“{shown}”无法识别，请指定坐标系编号（EPSG）。", field="epsg")
