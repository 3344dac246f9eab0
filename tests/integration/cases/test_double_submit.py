"""Real commits: two requests with one form at once make one case, with one number and one set of files."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from threading import Barrier
from typing import Any

import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from gridmap.access import Role
from gridmap.cases.actions import register_case
from gridmap.cases.forms import CaseEntry, Position
from gridmap.cases.rules import Channel, PositionMethod, Scale
from gridmap.clock import now
from gridmap.config import APP_ROLE, role_url, settings
from gridmap.db import Database
from gridmap.media import Photo, photo_path
from gridmap.units.rules.datum import Datum
from tests.factories import GRID_A11, SIZE, SOUTH, WEST, Factories
from tests.integration.conftest import actor_at

WORKER = actor_at((Role.GRID_WORKER, GRID_A11))
PHOTO = Photo(b"\xff\xd8 picture", "ab" * 32, 1, 1)


@pytest.fixture
def database(clone: Callable[[], Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Sessions of the application role on a copy of the database that holds the small world."""
    monkeypatch.setattr(type(settings()), "media_dir", property(lambda _self: tmp_path))
    url = clone()
    owner = create_engine(url)

    @contextmanager
    def work() -> Any:
        with Session(owner, expire_on_commit=False) as session, session.begin():
            yield session

    Factories(work).world()
    database = Database()
    database.start(role_url(url, APP_ROLE), pool_size=8)
    yield database
    assert database.engine is not None
    database.engine.dispose()
    owner.dispose()


def entry(client_id: uuid.UUID) -> CaseEntry:
    lon, lat = WEST + 0.5 * SIZE, SOUTH + 0.5 * SIZE
    place = Position(lon, lat, PositionMethod.MAP, None, Datum.WGS84, lon, lat)
    return CaseEntry(
        client_id, "0101", Channel.GRID_WORKER, None, Scale.INDIVIDUAL, "连点两下", "", "", None, place, None, None
    )


def test_eight_at_once_make_one(database: Database) -> None:
    client_id, together = uuid.uuid4(), Barrier(8)

    def submit(_: int) -> tuple[str, bool]:
        with database.open(WORKER) as session:
            session.execute(text("select 1"))
            together.wait()
            case, fresh = register_case(session, WORKER, entry=entry(client_id), photos=[PHOTO], now=now())
            session.commit()
            return case.case_code, fresh

    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(submit, range(8)))
    assert len({code for code, _ in answers}) == 1
    assert sum(fresh for _, fresh in answers) == 1
    with database.open(WORKER) as session:
        assert session.execute(text("select count(*) from cases")).scalar() == 1
        assert session.execute(text("select count(*) from case_photos")).scalar() == 1
    assert photo_path(PHOTO.sha256).read_bytes() == PHOTO.content


def test_different_forms_get_numbers_in_a_row(database: Database) -> None:
    def submit(_: int) -> str:
        with database.open(WORKER) as session:
            case, _fresh = register_case(session, WORKER, entry=entry(uuid.uuid4()), photos=[PHOTO], now=now())
            session.commit()
            return case.case_code

    with ThreadPoolExecutor(6) as pool:
        codes = sorted(pool.map(submit, range(12)))
    assert [int(code[-7:]) for code in codes] == list(range(1, 13))


def test_a_rolled_back_case_takes_its_photo_and_number_with_it(database: Database) -> None:
    with database.open(WORKER) as session:
        register_case(session, WORKER, entry=entry(uuid.uuid4()), photos=[PHOTO], now=now())
        assert photo_path(PHOTO.sha256).exists()
        session.rollback()
    assert not photo_path(PHOTO.sha256).exists()
    with database.open(WORKER) as session:
        case, _ = register_case(session, WORKER, entry=entry(uuid.uuid4()), photos=[PHOTO], now=now())
        code = case.case_code
        session.commit()
        session.execute(text("select 1"))
        session.rollback()  # a later rollback of the same session undoes nothing that was committed
    assert code.endswith("-0000001")
    assert photo_path(PHOTO.sha256).exists()


BREAKS = {
    "ck_cases_title": "title = ''",
    "ck_cases_status": "status = 'lost'",
    "ck_cases_channel": "channel = 'fax'",
    "ck_cases_grade": "grade = 'x'",
    "ck_cases_scale": "scale = 'x'",
    "ck_cases_risk": "risk = 'extreme'",
    "ck_cases_position": "geom = null",
    "ck_cases_position_method": "position_method = 'guess'",
    "ck_cases_source_datum": "source_datum = 'utm'",
    "ck_cases_closed": "closed_at = now()",
    "ck_cases_county": "county_code = 990103",
    "fk_cases_category_id": "category_id = -1",
}


def test_the_database_is_the_last_guard(database: Database) -> None:
    with database.open(WORKER) as session:
        register_case(session, WORKER, entry=entry(uuid.uuid4()), now=now())
        session.commit()
        for name, change in BREAKS.items():
            with pytest.raises(IntegrityError) as caught:
                session.execute(text(f"update cases set {change}"))
            assert caught.value.orig is not None
            assert caught.value.orig.diag.constraint_name == name  # type: ignore[attr-defined]
            session.rollback()
