"""The small world, administrators of its county and of one town, and files to upload."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from typing import Any

import pytest
from flask.testing import FlaskClient
from shapely.geometry import MultiPolygon, box, mapping
from shapely.geometry.base import BaseGeometry

from gridmap.access import Role
from tests.factories import COUNTY, SIZE, SOUTH, TOWN_A, WEST, Factories

JSON = {"Accept": "application/json"}


def cell(west: float, east: float, south: float = 0.0, north: float = 1.0) -> MultiPolygon:
    """An outline in the small world: columns and rows are counted in grids (0.02 degrees)."""
    return MultiPolygon([box(WEST + west * SIZE, SOUTH + south * SIZE, WEST + east * SIZE, SOUTH + north * SIZE)])


def geojson(outlines: dict[int | str, tuple[str, BaseGeometry]]) -> bytes:
    """A GeoJSON file of outlines by code."""
    features = [
        {"type": "Feature", "properties": {"code": str(code), "name": name}, "geometry": mapping(geom)}
        for code, (name, geom) in outlines.items()
    ]
    return json.dumps({"type": "FeatureCollection", "features": features}).encode()


def upload(client: FlaskClient, data: bytes, name: str = "网格.geojson", **said: str) -> Any:
    """Send a file to the import page as a browser would."""
    form = {"kind": "outlines", "datum": "wgs84", "level": "", **said, "file": (io.BytesIO(data), name)}
    return client.post("/units/import", data=form, content_type="multipart/form-data")


def draft_of(client: FlaskClient, data: bytes, **said: str) -> str:
    """Upload and confirm a file; return the address of the version it made."""
    shown = upload(client, data, **said)
    assert shown.status_code == 302, shown.get_data(as_text=True)
    made = client.post(shown.headers["Location"])
    assert made.status_code == 302, made.get_data(as_text=True)
    return str(made.headers["Location"])


@pytest.fixture
def world(make: Factories) -> None:
    """Two towns, two villages, three grids, all with outlines."""
    make.world()


@pytest.fixture
def administrator(world: None, signed_in: Callable[..., FlaskClient]) -> FlaskClient:
    """The administrator of the county."""
    return signed_in((Role.ADMINISTRATOR, COUNTY))


@pytest.fixture
def town_administrator(world: None, signed_in: Callable[..., FlaskClient]) -> FlaskClient:
    """The administrator of town A."""
    return signed_in((Role.ADMINISTRATOR, TOWN_A))


@pytest.fixture
def count(owner: Callable[[], Any]) -> Callable[[str], int]:
    """``count("outlines where …")``: rows that are really there."""
    from sqlalchemy import text

    def rows(what: str) -> int:
        with owner() as session:
            return int(session.execute(text(f"select count(*) from {what}")).scalar())

    return rows
