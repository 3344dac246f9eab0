"""What can be wrong with units and outlines, as plain values, and the tolerances that decide it."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

from shapely.geometry import MultiPolygon, Point
from shapely.geometry.base import BaseGeometry

from gridmap.units.rules.codes import Level


class Kind(StrEnum):
    """Kind of a fault; the value is stored."""

    INVALID_RING = "invalid_ring"
    EMPTY = "empty"
    SWAPPED_AXES = "swapped_axes"
    OUTSIDE_CHINA = "outside_china"
    DUPLICATE_CODE = "duplicate_code"
    WRONG_LEVEL = "wrong_level"
    UNKNOWN_PARENT = "unknown_parent"
    PARENT_CYCLE = "parent_cycle"
    OUTSIDE_PARENT = "outside_parent"
    OVERLAP = "overlap"
    GAP = "gap"
    SLIVER = "sliver"
    UNMATCHED_EDGE = "unmatched_edge"
    WRONG_DATUM = "wrong_datum"

    @property
    def label(self) -> str:
        """Return the Chinese name."""
        return KIND_LABELS[self]


KIND_LABELS = {
    Kind.INVALID_RING: "边界线不合法",
    Kind.EMPTY: "没有图形",
    Kind.SWAPPED_AXES: "经纬度颠倒",
    Kind.OUTSIDE_CHINA: "不在中国范围内",
    Kind.DUPLICATE_CODE: "代码重复",
    Kind.WRONG_LEVEL: "级别不符",
    Kind.UNKNOWN_PARENT: "上级不存在",
    Kind.PARENT_CYCLE: "上下级成环",
    Kind.OUTSIDE_PARENT: "超出上级边界",
    Kind.OVERLAP: "相互重叠",
    Kind.GAP: "存在空隙",
    Kind.SLIVER: "细碎图形",
    Kind.UNMATCHED_EDGE: "共用边界未对齐",
    Kind.WRONG_DATUM: "坐标基准可疑",
}


class Severity(StrEnum):
    """An error blocks publishing until a named person accepts it; a warning does not."""

    ERROR = "error"
    WARNING = "warning"

    @property
    def label(self) -> str:
        """Return the Chinese name."""
        return "错误" if self is Severity.ERROR else "提醒"


class Repair(StrEnum):
    """Repair that the product can do itself; the value is stored and sent back by the button."""

    NONE = "none"
    MAKE_VALID = "make_valid"
    SNAP = "snap"
    CLIP_TO_PARENT = "clip_to_parent"
    FILL_GAP = "fill_gap"
    SWAP_AXES = "swap_axes"
    DROP_SLIVERS = "drop_slivers"

    @property
    def label(self) -> str:
        """Return the Chinese words of the button."""
        return REPAIR_LABELS[self]


REPAIR_LABELS = {
    Repair.NONE: "",
    Repair.MAKE_VALID: "自动修正边界线",
    Repair.SNAP: "与相邻区划对齐",
    Repair.CLIP_TO_PARENT: "裁剪到上级边界内",
    Repair.FILL_GAP: "并入共用边界最长的相邻区划",
    Repair.SWAP_AXES: "交换经纬度",
    Repair.DROP_SLIVERS: "去除细碎图形",
}


@dataclass(frozen=True)
class Tolerances:
    """What is too small to matter. Kept as data by the caller, because survey accuracy differs by place.

    The area defaults are of the order of 1 m² because vertices are stored to 0.1 mm: anything above is drawn, not
    rounding.
    """

    overlap_m2: float = 1.0
    gap_m2: float = 1.0
    outside_m2: float = 1.0
    sliver_width_m: float = 1.0
    """A part thinner than this on average (2 × area / perimeter) is a sliver."""
    sliver_area_m2: float = 10.0
    """A separate part smaller than this is a sliver."""
    unmatched_m: float = 0.01
    """Shared borders that leave each other by less are equal."""
    snap_m: float = 5.0
    """Repairs move a vertex by no more than this."""
    narrow_gap_m: float = 20.0
    """Where a sibling still lacks its outline, only gaps narrower than this (2 × area / perimeter) are reported."""
    upper_level_warns: tuple[Level, ...] = (Level.PROVINCE, Level.CITY)
    """Faults between children of these levels are warnings: published county outlines come from different surveys."""

    def as_dict(self) -> dict[str, object]:
        """Return plain values for storing."""
        return {
            name: [str(level) for level in value] if isinstance(value, tuple) else value
            for name, value in self.__dict__.items()
        }

    @classmethod
    def from_dict(cls, values: dict[str, object]) -> Tolerances:
        """Return tolerances from stored values; unknown names are ignored, missing ones keep their defaults."""
        known: dict[str, object] = {k: v for k, v in values.items() if k in cls.__dataclass_fields__}
        levels = known.get("upper_level_warns")
        if isinstance(levels, list | tuple):
            known["upper_level_warns"] = tuple(Level(str(level)) for level in levels)
        return cls(**known)  # type: ignore[arg-type]


@dataclass(frozen=True)
class Shape:
    """One unit as the checks see it. ``geom`` is WGS-84 lon lat or ``None`` where the unit has no outline."""

    code: int
    name: str
    geom: BaseGeometry | None = None
    level: Level | None = None
    changed: bool = True
    """Faults that touch no changed unit are left out: they were there before and were accepted then."""


@dataclass(frozen=True)
class Fault:
    """One fault. ``geom`` (WGS-84 lon lat) shows where; ``area_m2`` is geodesic; texts are Chinese."""

    kind: Kind
    severity: Severity
    unit_code: int | None
    message: str
    suggestion: str
    other_code: int | None = None
    area_m2: float = 0.0
    geom: BaseGeometry = field(default_factory=MultiPolygon)
    repair: Repair = Repair.NONE

    @property
    def place(self) -> Point | None:
        """Return a point inside the fault to fly to, if it has a place."""
        return None if self.geom.is_empty else self.geom.representative_point()


def area_words(area_m2: float) -> str:
    """Return an area for people: 平方米 below a hectare, then 公顷, then 平方公里."""
    if area_m2 < 10_000:
        return f"{area_m2:,.1f} 平方米" if area_m2 < 100 else f"{area_m2:,.0f} 平方米"
    if area_m2 < 1_000_000:
        return f"{area_m2 / 10_000:,.2f} 公顷"
    return f"{area_m2 / 1_000_000:,.2f} 平方公里"
