"""A small county of wavy towns, villages and grids, in the database through the real imports."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session

from bench.lattices import County, county, write_divisions, write_geopackage
from gridmap.access import Actor, Role
from gridmap.units import actions
from gridmap.units.forms.divisions import read_divisions
from gridmap.units.forms.files import Options, OutlineFile, read_outlines
from gridmap.units.rules.datum import Datum
from tests.integration.conftest import actor_at

TOP = 990102000000000
TOWN = 990102001000000
VILLAGE = 990102001001000
ADMIN = actor_at((Role.ADMINISTRATOR, 0))
TOWN_ADMIN = actor_at((Role.ADMINISTRATOR, TOWN))
OTHER_TOWN_ADMIN = actor_at((Role.ADMINISTRATOR, 990102002000000))
CGCS = Options(datum=Datum.CGCS2000)


class World:
    """The lattice county and ways to bring parts of it in."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.county: County = county(8, 4, block=4, code=990102, bends=5)
        self._numbers = iter(range(1000))

    def file(self, outlines: dict[int, Any]) -> OutlineFile:
        """Write outlines as a GeoPackage and read it as the product does."""
        path = self.folder / f"{next(self._numbers)}.gpkg"
        return read_outlines(write_geopackage(path, outlines, self.county.names), CGCS)

    def divisions(self, session: Session) -> Any:
        """Import the codes above the grids."""
        path = write_divisions(self.folder / "codes.csv", self.county)
        return actions.import_divisions(session, ADMIN, file=read_divisions(path))

    def publish(self, session: Session, outlines: dict[int, Any], actor: Actor = ADMIN, **more: Any) -> int:
        """Import outlines and publish them."""
        report = actions.import_outlines(session, actor, files=[self.file(outlines)])
        assert report.version_id is not None
        actions.publish_version(session, actor, version_id=report.version_id, **more)
        return report.version_id

    def everything(self, session: Session) -> None:
        """Import and publish the whole county."""
        self.divisions(session)
        self.publish(session, self.county.outlines)


@pytest.fixture
def world(tmp_path: Path) -> World:
    """A county not yet imported."""
    return World(tmp_path)


@pytest.fixture
def full(world: World, as_actor: Callable[..., Any]) -> World:
    """A county imported and published."""
    with as_actor(ADMIN) as session:
        world.everything(session)
        session.commit()
    return world


def count(session: Session, table: str, where: str = "true") -> int:
    """Return how many rows a table has."""
    return int(session.execute(text(f"select count(*) from {table} where {where}")).scalar() or 0)


def current_ids(session: Session, *codes: int) -> dict[int, int]:
    """Return the outlines in force by unit: what an editor has on its screen."""
    query = text(
        "select unit_code, id from outlines where valid_from is not null and valid_to is null and unit_code = any(:c)"
    )
    return dict(session.execute(query, {"c": list(codes)}).all())
