"""GPX files: what is no track is refused in words that say which point and what to do."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gridmap.errors import BadInput
from gridmap.patrols.forms.gpx import read_gpx
from gridmap.patrols.rules.tracks import MOST_POINTS

POINT = '<trkpt lat="43.8" lon="125.3"><ele>210</ele><time>2026-11-20T08:00:00Z</time></trkpt>'


def file(points: str, root: str = "gpx") -> bytes:
    return f'<?xml version="1.0"?><{root} xmlns="http://www.topografix.com/GPX/1/0"><trk><trkseg>{points}</trkseg></trk></{root}>'.encode()


def test_points_in_their_order_with_place_and_time() -> None:
    (text,) = read_gpx(file(POINT + POINT.replace("08:00:00Z", "16:00:05+08:00")))
    assert json.loads(text) == [
        {"t": 1795161600000, "lon": 125.3, "lat": 43.8},
        {"t": 1795161605000, "lon": 125.3, "lat": 43.8},
    ]


def test_a_long_file_comes_in_pieces() -> None:
    pieces = read_gpx(file(POINT * (MOST_POINTS + 1)))
    assert [len(json.loads(piece)) for piece in pieces] == [MOST_POINTS, 1]


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "无法解析"),
        (b"\xff\xfe\x00", "UTF-8"),
        (b"hello", "无法解析"),
        (file(POINT)[:-20], "无法解析"),
        (file(POINT, "kml"), "不是 GPX"),
        (b'<!DOCTYPE gpx [<!ENTITY a "b">]>' + file(POINT)[21:], "DOCTYPE"),
        (file(""), "没有轨迹点"),
        (file(POINT + POINT.replace('lat="43.8"', "")), "第 2 个轨迹点缺少经纬度"),
        (file(POINT.replace("43.8", "nan")), "超出范围"),
        (file(POINT.replace("43.8", "143.8")), "超出范围"),
        (file(POINT.replace("<time>2026-11-20T08:00:00Z</time>", "")), "没有时间"),
        (file(POINT.replace("2026-11-20T08:00:00Z", "昨天")), "“昨天”无法识别"),
        (file(POINT.replace("2026-", "0001-")), "无法识别"),
    ],
)
def test_what_is_no_track_is_refused(data: bytes, words: str) -> None:
    with pytest.raises(BadInput, match=words):
        read_gpx(data)


@given(st.binary(max_size=200))
def test_bytes_that_are_no_track_are_refused_and_break_nothing(data: bytes) -> None:
    with pytest.raises(BadInput, match="没有导入|不予读取|无法解析"):
        read_gpx(data)
