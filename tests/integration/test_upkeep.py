"""The nightly sweep removes what is old and unused, and nothing else."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.engine import Engine
from sqlalchemy.orm import Session

from gridmap.access import Role
from gridmap.config import settings
from gridmap.media import photo_path, sweep_photos
from gridmap.upkeep import sweep_failures, sweep_jobs, sweep_sign_ins
from tests.factories import GRID_A11, TOWN_A, Factories

DAY_S = 24 * 3600


@pytest.fixture
def jobs_session(connection: Any) -> Iterator[Session]:
    """A session that works as the job role, on the connection of the test."""
    with Session(connection, join_transaction_mode="create_savepoint") as session:
        session.execute(text("set local role gridmap_jobs"))
        yield session


def as_owner(connection: Any, statement: str) -> Any:
    connection.exec_driver_sql("reset role")
    return connection.exec_driver_sql(statement)


def test_old_sign_ins_go_and_what_may_be_used_stays(
    make: Factories, connection: Any, jobs_session: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    make.account((Role.LEADER, TOWN_A))
    jobs_session.execute(text("reset role"))
    rows = {
        "ended long ago": ("'200 days'", "'195 days'", "'195 days'"),
        "never ended": ("'300 days'", "'191 days'", "null"),
    }
    rows |= {"ended lately": ("'300 days'", "'189 days'", "'189 days'"), "in use": ("'300 days'", "'1 minute'", "null")}
    for token, (created, seen, ended) in rows.items():
        jobs_session.execute(
            text(
                f"insert into sign_ins (token_hash, account_id, created_at, last_seen_at, ended_at) select '{token}', min(id),"
                f" now() - interval {created}, now() - interval {seen}, now() - {'null::interval' if ended == 'null' else 'interval ' + ended}"
                " from accounts"
            )
        )
    jobs_session.execute(text("set local role gridmap_jobs"))
    assert sweep_sign_ins(jobs_session) == 2
    monkeypatch.setattr(settings(), "session_minutes", 200 * 1440)
    monkeypatch.setattr(settings(), "keep_sign_in_days", 1)
    assert sweep_sign_ins(jobs_session) == 0
    jobs_session.execute(text("reset role"))
    left = jobs_session.execute(text("select token_hash from sign_ins order by 1")).scalars().all()
    assert left == ["ended lately", "in use"]


def test_faded_counts_and_forgotten_places_go(jobs_session: Session) -> None:
    jobs_session.execute(text("reset role"))
    jobs_session.execute(
        text(
            "insert into sign_in_failures (key, failures, failed_at, locked_until) values"
            " ('faded', 9, now() - interval '9 hours', null), ('fresh', 1, now() - interval '7 hours', null),"
            " ('locked', 9, now() - interval '9 hours', now() + interval '1 hour')"
        )
    )
    jobs_session.execute(
        text(
            "insert into sign_in_places values ('old', now() - interval '181 days'), ('known', now() - interval '179 days')"
        )
    )
    jobs_session.execute(text("set local role gridmap_jobs"))
    assert sweep_failures(jobs_session) == 2
    jobs_session.execute(text("reset role"))
    kept = "select key from sign_in_failures union all select key from sign_in_places order by 1"
    assert jobs_session.execute(text(kept)).scalars().all() == ["fresh", "known", "locked"]


def test_finished_jobs_go_and_waiting_ones_stay(jobs_session: Session) -> None:
    ages = {("succeeded", 8), ("succeeded", 6), ("failed", 8), ("failed", 91), ("todo", 400), ("cancelled", 8)}
    for number, (status, days) in enumerate(sorted(ages)):
        jobs_session.execute(
            text(
                "with job as (insert into procrastinate_jobs (task_name, queue_name, status)"
                " values ('sweep.test', 'default', 'todo') returning id)"
                f" insert into procrastinate_periodic_defers (task_name, defer_timestamp, job_id)"
                f" select 'sweep.test', {number}, id from job"
            )
        )
        newest = jobs_session.execute(text("select max(id) from procrastinate_jobs")).scalar()
        jobs_session.execute(text(f"update procrastinate_jobs set status = '{status}' where id = {newest}"))
        jobs_session.execute(
            text(f"update procrastinate_events set at = now() - interval '{days} days' where job_id = {newest}")
        )
    assert sweep_jobs(jobs_session) == 3
    left = jobs_session.execute(
        text("select status::text from procrastinate_jobs where task_name = 'sweep.test' order by 1")
    )
    assert left.scalars().all() == ["failed", "succeeded", "todo"]


@pytest.fixture
def photos(make: Factories, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> tuple[Path, Path, Path, Path]:
    """Files: named by a row; orphaned and old; orphaned and of an hour ago; half a file, old."""
    monkeypatch.setattr(settings(), "instance_dir", tmp_path)
    make.world()
    code = make.case(GRID_A11)
    named = photo_path("a" * 64)
    with make.owner() as session:
        session.execute(
            text(
                "insert into case_photos (county_code, unit_code, case_id, sha256, width_px, height_px, size_bytes)"
                f" select county_code, unit_code, id, '{'a' * 64}', 1, 1, 1 from cases where case_code = '{code}'"
            )
        )
    files = (named, photo_path("b" * 64), photo_path("c" * 64), photo_path("b" * 64).with_name(".new-x"))
    for file in files:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(b"x")
        age_s = 3600 if file is files[2] else 400 * DAY_S
        os.utime(file, (time.time() - age_s,) * 2)
    return files


@pytest.mark.parametrize("keep_days", [0, 1, 30])
def test_only_old_photos_that_no_row_names_go(photos: tuple[Path, ...], jobs_session: Session, keep_days: int) -> None:
    assert sweep_photos(jobs_session, keep_days=keep_days) == 2
    assert [file.exists() for file in photos] == [True, False, True, False]


def test_a_photo_that_is_being_stored_again_stays(
    photos: tuple[Path, ...], jobs_session: Session, owner_engine: Engine
) -> None:
    with owner_engine.connect() as other:
        other.execute(text("select pg_advisory_xact_lock(hashtextextended(:key, 7))"), {"key": "b" * 64})
        sweep_photos(jobs_session, keep_days=1)
        assert photos[1].exists()
    sweep_photos(jobs_session, keep_days=1)
    assert not photos[1].exists()


def test_the_job_role_sees_every_row_that_may_name_a_photo(connection: Any) -> None:
    """Else the sweep would take a photo in use for an orphan."""
    tables = connection.exec_driver_sql(
        "select distinct c.relname, c.relrowsecurity from pg_attribute a join pg_class c on c.oid = a.attrelid"
        " where c.relkind in ('r', 'p') and c.relnamespace = 'public'::regnamespace and a.attname like '%%sha256'"
    ).all()
    assert "case_photos" in {name for name, _ in tables}
    for name, secured in tables:
        assert connection.exec_driver_sql(f"select has_table_privilege('gridmap_jobs', '{name}', 'select')").scalar(), (
            name
        )
        policies = connection.exec_driver_sql(
            f"select qual from pg_policies where tablename = '{name}' and 'gridmap_jobs' = any(roles)"
        ).scalars()
        assert not secured or "true" in list(policies), name
