"""Whether a pair of coordinates can be a place of a case, and what to say when it cannot. Pure."""

from __future__ import annotations

from enum import StrEnum
from typing import NamedTuple

from gridmap.units.rules.measures import CHINA_BOX

MOST_ACCURACY_M = 5000.0  # a position vaguer than this says nothing about a grid


class Fault(StrEnum):
    """What is wrong with a pair of coordinates."""

    ZERO = "zero"
    SWAPPED = "swapped"
    OUTSIDE = "outside"


class PlaceFault(NamedTuple):
    """The kind of fault and the sentence for the person."""

    kind: Fault
    message: str


def in_china(lon: float, lat: float) -> bool:
    """Say whether a point (WGS-84 degrees) lies in the rectangle around China; a sanity bound, not a border."""
    west, south, east, north = CHINA_BOX
    return west <= lon <= east and south <= lat <= north


def place_fault(lon: float, lat: float) -> PlaceFault | None:
    """Return what is wrong with a point (degrees, lon lat), or ``None`` when it may be used."""
    if abs(lon) < 0.01 and abs(lat) < 0.01:
        return PlaceFault(
            Fault.ZERO, "坐标为 0,0，说明设备当时没有取得定位。请在地图上选点、填写正确坐标，或选择“未定位”。"
        )
    if in_china(lon, lat):
        return None
    if in_china(lat, lon):
        return PlaceFault(
            Fault.SWAPPED, f"经度、纬度可能填反了：是否为经度 {lat:g}、纬度 {lon:g}？请点“对调经纬度”，或核对后修改。"
        )
    return PlaceFault(
        Fault.OUTSIDE, f"坐标（经度 {lon:g}，纬度 {lat:g}）不在中国范围内，请核对经纬度和坐标系，或选择“未定位”。"
    )
