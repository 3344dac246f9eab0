"""Addresses of tiles: every wrong one gets a message, none an exception of Python's."""

from __future__ import annotations

from datetime import date

import pytest

from gridmap.errors import BadInput, NotFound
from gridmap.tiles import forms

TODAY = date(2026, 11, 22)


@pytest.mark.parametrize(
    "parts",
    [("a", "0", "0"), ("-1", "0", "0"), ("0", "1", "0"), ("23", "0", "0"), ("1.5", "0", "0"), ("0", "0", "9" * 40),
     ("", "0", "0"), ("٣", "0", "0"), ("1", "0", "2")],
)  # fmt: skip
def test_bad_tiles_are_named(parts: tuple[str, str, str]) -> None:
    with pytest.raises(BadInput, match="没有瓦片"):
        forms.read_tile(*parts)


def test_a_tile() -> None:
    assert forms.read_tile("14", "13900", "5900") == (14, 13900, 5900)


def test_unknown_layer() -> None:
    with pytest.raises(NotFound, match="图层"):
        forms.known_layer("people")


@pytest.mark.parametrize("at", ["2026-13-01", "gestern", "0001-01-01", "2026/1/1"])
def test_bad_days(at: str) -> None:
    with pytest.raises(BadInput):
        forms.read_day({"at": at}, TODAY)


def test_days_levels_and_colours() -> None:
    assert forms.read_day({}, TODAY) == TODAY
    assert forms.read_day({"at": "2025-01-31"}, TODAY) == date(2025, 1, 31)
    assert forms.read_level({"level": "9"}) == 9
    assert forms.read_level({}) is None
    assert forms.read_by({"by": "risk"}) == "risk"
    with pytest.raises(BadInput):
        forms.read_level({"level": "10"})
    with pytest.raises(BadInput):
        forms.read_by({"by": "name"})
