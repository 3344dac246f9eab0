"""What every map format is first turned into: records, fields, geometry, and the coordinate system the file declares."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt


@dataclass(frozen=True)
class Table:
    """Features as the file holds them; ``geoms`` (``None`` where missing) are in the file's own coordinates."""

    kind: str
    fields: tuple[str, ...]
    records: tuple[dict[str, Any], ...]
    geoms: npt.NDArray[np.object_]
    system: str
    """The coordinate system as the file declares it; empty where it declares none."""
    notes: tuple[str, ...] = ()
    members: tuple[str, ...] = ()
    """Names of all properties, also of those whose values are no plain ones; empty: the same as ``fields``."""
