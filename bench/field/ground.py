"""Coverage of a county over thirty days, from ten million points: against a tenth of the points, and against the union of buffers."""

from __future__ import annotations

import json
import multiprocessing
import time
import uuid
from collections.abc import Callable
from datetime import date, datetime, timedelta
from datetime import time as clock_time
from typing import Any

import numpy as np
from geoalchemy2.shape import to_shape
from sqlalchemy import select
from sqlalchemy.orm import Session

from bench.cases.people import enlist
from bench.map.base import COUNTY, address, as_owner, ensure, exists, leader, server, tidy
from bench.measure import Measure, interleaved
from gridmap.access import Role
from gridmap.clock import CHINA, local, now
from gridmap.config import APP_ROLE, role_url
from gridmap.db import Database, make_engine
from gridmap.demo.rules.walks import as_phone, walk_in
from gridmap.patrols.actions.drawing import draw_duty
from gridmap.patrols.actions.tracks import Batch, store_points
from gridmap.patrols.models import Duty
from gridmap.patrols.queries.coverage import Period, list_coverage
from gridmap.patrols.queries.settings import terms_of_points
from gridmap.units.models import Outline

GROUND, TENTH = "gridmap_bench_ground", "gridmap_bench_ground_tenth"
DAYS = 30
POINTS = {GROUND: 564, TENTH: 56}  # of each grid on each day: ten million, one million
COVERAGE_BAR_MS, UNION_BAR, GROWTH_BAR = 80.0, 500.0, 1.25

_UNION = """
with fixes as (
  select ST_Transform(ST_SetSRID(ST_Point(p.lon, p.lat), 4326), 32600 + (floor((p.lon + 180) / 6) + 1)::int) as at_place, p.at,
    b.id as batch, p.id from track_batches b join track_points p on p.county_code = b.county_code
    and p.id between ((b.from_at at time zone 'Asia/Shanghai')::date - date '2000-01-01')::bigint << 48 | b.id << 14
    and ((b.from_at at time zone 'Asia/Shanghai')::date - date '2000-01-01')::bigint << 48 | b.id << 14 | 16383
  where b.unit_code = {unit}
), steps as (
  select at_place, lag(at_place) over w as before, at - lag(at) over w as lasted from fixes window w as (partition by batch order by id)
), ground as (
  select ST_Union(ST_Buffer(ST_MakeLine(before, at_place), 30)) as geom from steps
  where lasted <= interval '2 minutes' and ST_Distance(before, at_place) <= 150
)
select ST_Area(ST_Intersection(ST_Transform(o.geom, ST_SRID(g.geom)), g.geom)) / ST_Area(ST_Transform(o.geom, ST_SRID(g.geom)))
  from ground g, outlines o where o.unit_code = {unit} and o.level = 15 and o.valid_to is null
"""


def coverage(_name: str, quick: bool, say: Callable[[str], None]) -> list[Measure]:
    """Ask for the coverage of all grids of the county, in turns from both databases; and for one grid by PostGIS from its points."""
    for name in (GROUND, TENTH):
        _ensure(name, say)
    county, today = _county(GROUND), local(now()).date()
    grids, points = _size(GROUND)
    sides = {name: _asker(name, county) for name in (GROUND, TENTH)}
    last = today - timedelta(days=1)
    month, half = (Period(today - timedelta(days=days), last) for days in (DAYS, DAYS // 2))
    spent = interleaved(sides, [month], 3 if quick else 30)
    shorter = interleaved({GROUND: sides[GROUND]}, [half], 3 if quick else 30)
    return [
        Measure("ground.coverage.p50", spent[GROUND], "ms", COVERAGE_BAR_MS, note=f"{grids} 个网格，{DAYS} 天，{points:,} 个点"),
        Measure("ground.coverage.half_the_days", shorter[GROUND], "ms", note=f"{DAYS // 2} 天"),
        Measure("ground.coverage.ten_times_the_points", spent[GROUND] / spent[TENTH], "倍", GROWTH_BAR, note="与十分之一的点相比"),
        *_against_union(spent[GROUND], sides[GROUND](month), grids, say),
    ]  # fmt: skip


def _against_union(coverage_ms: float, told: Any, grids: int, say: Callable[[str], None]) -> list[Measure]:
    """Work the coverage of the middling grid out by the union of buffers: how long that takes for all, and how far the share is off."""
    by_size = sorted(told, key=lambda grid: grid.cells)
    grid = by_size[len(by_size) // 2]
    say(f"用 PostGIS 缓冲区合并计算一个网格（{grid.unit_code}）")
    with as_owner(GROUND) as owner, owner.cursor() as cursor:
        began = time.perf_counter()
        cursor.execute(_UNION.format(unit=grid.unit_code))
        exact = float(cursor.fetchone()[0])
        spent_s = time.perf_counter() - began
    times = spent_s * grids * 1000 / coverage_ms
    return [
        Measure("ground.union", times, "倍", UNION_BAR, most=False, note=f"一个网格 {spent_s:.1f} 秒，按 {grids} 个推算"),
        Measure("ground.error", abs(grid.known.share - exact) * 100, "百分点", 1.0, note=f"{grid.known.share:.1%} 与 {exact:.1%}"),
    ]  # fmt: skip


def _asker(name: str, county: int) -> Callable[[Period], Any]:
    database, actor = Database(), leader(county)
    database.start(role_url(address(name), APP_ROLE))

    def ask(period: Period) -> Any:
        with database.open(actor) as session:
            return list_coverage(session, actor, county, period, now=now())

    return ask


def _county(name: str) -> int:
    with as_owner(name) as owner, owner.cursor() as cursor:
        cursor.execute("select unit_code from units where level = 6 order by unit_code limit 1")
        return int(cursor.fetchone()[0])


def _size(name: str) -> tuple[int, int]:
    with as_owner(name) as owner, owner.cursor() as cursor:
        cursor.execute(
            "select (select count(*) from outlines where level = 15 and valid_to is null), (select count(*) from track_points)"
        )
        grids, points = cursor.fetchone()
        return int(grids), int(points)


def _ensure(name: str, say: Callable[[str], None]) -> None:
    """Make a database of patrols when it is missing or its thirty days are over: the product's own steps, a duty per grid and day."""
    if exists(name) and _last(name) == local(now()).date() - timedelta(days=1):
        return
    ensure(COUNTY, say)
    say(f"{name}：{DAYS} 天的轨迹，约需五分钟")
    with server() as run:
        run(f"drop database if exists {name} with (force)")
        run(f"create database {name} template {COUNTY}")
    try:
        _fill(name, say)
    except BaseException:
        with server() as run:
            run(f"drop database if exists {name} with (force)")
        raise


def _fill(name: str, say: Callable[[str], None]) -> None:
    with as_owner(name) as owner, owner.cursor() as cursor:
        cursor.execute("select unit_code from outlines where level = 15 and valid_to is null order by unit_code")
        units = [row[0] for row in cursor.fetchall()]
    people, _password = enlist(name, [(Role.GRID_WORKER, unit, None) for unit in units])
    work = [(name, person.unit_code, person.account_id) for person in people]
    with multiprocessing.get_context("spawn").Pool(2) as pool:
        for number, _ in enumerate(pool.imap_unordered(_patrolled, work, chunksize=4), 1):
            if number % 100 == 0:
                say(f"{number} / {len(work)} 个网格")
    tidy(name)


def _last(name: str) -> date | None:
    with as_owner(name) as owner, owner.cursor() as cursor:
        cursor.execute("select max(on_day) from coverage_days")
        found: date | None = cursor.fetchone()[0]
        return found


def _patrolled(work: tuple[str, int, int]) -> None:
    """Let a worker patrol their grid on each of the days before today."""
    name, unit, account_id = work
    chance, at = np.random.default_rng(unit % 2**32), now()
    engine = make_engine(address(name), pool_size=1)
    with Session(engine, expire_on_commit=False) as session:
        terms = terms_of_points(session)
        shape = to_shape(
            session.scalars(select(Outline.geom).where(Outline.unit_code == unit, Outline.valid_to.is_(None))).one()
        )
        for before in range(1, DAYS + 1):
            start = datetime.combine(local(at).date() - timedelta(days=before), clock_time(9), CHINA)
            points = as_phone(walk_in(shape, POINTS[name], chance), start)
            end = start + timedelta(seconds=10 * len(json.loads(points)))
            duty = Duty(
                county_code=unit // 10**9, unit_code=unit, account_id=account_id, account_name="测速", client_id=uuid.uuid4(),
                on_at=start, phone_on_at=start, received_on_at=start, off_client_id=uuid.uuid4(), off_at=end, phone_off_at=end,
                received_off_at=end, ended_by="self",
            )  # fmt: skip
            session.add(duty)
            session.flush()
            store_points(session, duty, Batch(uuid.uuid4(), uuid.uuid4(), 1, end), points, terms=terms, now=end)
            draw_duty(session, county_code=duty.county_code, duty_id=duty.id, now=end)
            session.commit()
    engine.dispose()
