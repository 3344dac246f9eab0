"""What every map format is first turned into: records, fields, geometry, and the coordinate system the file declares."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from pyproj import CRS


@dataclass(frozen=True)
class Table:
    """Features as the file holds them; ``geoms`` (``None`` where missing) are in the file's own coordinates."""

    kind: str
    fields: tuple[str, ...]
    records: tuple[dict[str, Any], ...]
    geoms: npt.NDArray[np.object_]
    crs: CRS | None
    notes: tuple[str, ...] = ()
    members: tuple[str, ...] = ()
    """Names of all properties, also of those whose values are no plain ones; empty: the same as ``fields``."""
