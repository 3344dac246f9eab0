"""Coverage kept by the queue: within a point of PostGIS's own buffer union, the same in any order, honest about gaps."""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import text

from gridmap.access import Actor, Role, subtree
from gridmap.clock import local
from gridmap.patrols.actions.drawing import draw_duty, redraw
from gridmap.patrols.queries.coverage import GridCoverage, Period, list_coverage
from gridmap.patrols.queries.ground import outlines_without_frame
from gridmap.patrols.rules.states import Rest
from tests.factories import COUNTY, GRID_A11, GRID_A12, GRID_B11, SIZE, SOUTH, TOWN_A, WEST
from tests.integration.patrols.conftest import METRE_LON, MIDDLE, NOW, Phone, walk

HOUR = timedelta(hours=1)
TODAY = local(NOW).date()
WEEK = Period(TODAY - timedelta(days=6), TODAY)


def bitmaps(owner: Callable[[], Any]) -> dict[tuple[int, Any], str]:
    with owner() as session:
        rows = session.execute(text("select unit_code, on_day, bits::text from coverage_days")).all()
    return {(row[0], row[1]): row[2] for row in rows}


def coverage(phone: Phone, actor: Actor, unit_code: int = COUNTY, period: Period = WEEK) -> dict[int, GridCoverage]:
    with phone.open(actor) as session:
        return {grid.unit_code: grid for grid in list_coverage(session, actor, unit_code, period, now=NOW)}


def test_a_batch_is_seen_in_the_coverage_of_every_grid_it_crosses(
    phone: Phone, worker: Callable[..., Actor], draw: Callable[[], int], owner: Callable[[], Any]
) -> None:
    duty = phone.on(NOW - HOUR)
    border = (WEST + SIZE - 300 * METRE_LON, SOUTH + SIZE / 2)
    phone.send(duty, walk(NOW - HOUR, 100, at=border))  # 600 m across the border of A11 and A12
    assert draw() == 1
    leader = worker(TOWN_A, Role.LEADER)
    seen = coverage(phone, leader, TOWN_A)
    assert set(seen) == {GRID_A11, GRID_A12}
    with owner() as session:
        exact = dict(
            session.execute(
                text(
                    "with line as (select st_buffer(st_makeline(st_setsrid(st_point(lon, lat), 4326) order by id)::geography, 30,"
                    " 'quad_segs=32')::geometry as near from track_points)"
                    " select unit_code, st_area(st_intersection(geom, near)::geography) / st_area(geom::geography)"
                    " from outlines, line where level = 15 and st_intersects(geom, near)"
                )
            ).all()
        )
    for unit in (GRID_A11, GRID_A12):
        assert seen[unit].known.share == pytest.approx(exact[unit], abs=0.01)
        assert seen[unit].known.share > 0
        assert (seen[unit].days, seen[unit].last_on) == (1, TODAY)


def test_batches_in_any_order_give_the_same(
    phone: Phone, draw: Callable[[], int], owner: Callable[[], Any], connection: Any
) -> None:
    duty = phone.on(NOW - 3 * HOUR)
    points = walk(NOW - 3 * HOUR, 400, step_m=5)
    points[77]["lon"] += 0.01  # a jump of 800 m
    points[78]["a"] = 90
    pieces = [points[at : at + 40] for at in range(0, 400, 40)]
    results = []
    for order in (range(10), random.Random(5).sample(range(10), 10), reversed(range(10))):
        point = connection.begin_nested()
        for n in order:
            phone.send(duty, pieces[n], number=n + 1)
            draw()
        with owner() as session:
            sums = session.execute(
                text("select round(sum(length_m + link_m)), round(sum(recorded_s + link_s)) from track_batches")
            ).one()
        results.append((bitmaps(owner), tuple(sums)))
        point.rollback()
    assert all(result == results[0] for result in results)
    assert {unit for unit, _ in results[0][0]} == {GRID_A11, GRID_A12}


def test_drawing_again_changes_nothing(
    phone: Phone, draw: Callable[[], int], owner: Callable[[], Any], as_job: Callable[[], Any]
) -> None:
    duty = phone.on(NOW - HOUR)
    phone.send(duty, walk(NOW - HOUR, 100))
    phone.send(duty, walk(NOW - HOUR + timedelta(seconds=500), 100, at=(MIDDLE[0] + 600 * METRE_LON, MIDDLE[1])))
    assert draw() == 2
    before = bitmaps(owner)
    with owner() as session:
        session.execute(text("update track_batches set drawn_at = null"))
        county, duty_id = session.execute(text("select county_code, id from duties")).one()
    with as_job() as session:
        assert draw_duty(session, county_code=county, duty_id=duty_id, now=NOW) == 2
        assert draw_duty(session, county_code=county, duty_id=duty_id, now=NOW) == 0
    assert bitmaps(owner) == before


def test_one_waiting_job_is_enough_for_a_duty(phone: Phone, owner: Callable[[], Any], draw: Callable[[], int]) -> None:
    duty = phone.on(NOW - HOUR)
    for n in range(3):
        phone.send(duty, walk(NOW - HOUR + n * timedelta(minutes=10), 10))
    with owner() as session:
        waiting = session.execute(
            text("select count(*) from procrastinate_jobs where task_name = 'patrols.draw'")
        ).scalar()
    assert waiting == 1
    assert draw() == 3


def test_a_gap_of_forty_minutes_is_not_covered_and_the_rest_is_unknown(
    phone: Phone, worker: Callable[..., Actor], draw: Callable[[], int]
) -> None:
    duty = phone.on(NOW - HOUR)
    far = (MIDDLE[0] + 415 * METRE_LON, MIDDLE[1])
    phone.send(duty, walk(NOW - HOUR, 60))
    phone.send(duty, walk(NOW - HOUR + timedelta(minutes=45), 60, at=far))
    draw()
    grid = coverage(phone, phone.actor)[GRID_A11]
    both = 2 * (59 * 6 * 60 + 3.1416 * 30**2)
    assert grid.seen * 100 == pytest.approx(both, rel=0.03)
    assert grid.known.rest is Rest.UNKNOWN
    assert "在岗 1 小时，手机只记录了 10 分钟" in grid.known.reason


def test_a_straight_jump_of_two_hundred_kmh_covers_nothing_between(
    phone: Phone, draw: Callable[[], int], owner: Callable[[], Any]
) -> None:
    duty = phone.on(NOW - HOUR)
    points = [
        {"t": p["t"], "lon": MIDDLE[0] + n * 278 * METRE_LON, "lat": MIDDLE[1], "a": 5}
        for n, p in enumerate(walk(NOW - HOUR, 3))
    ]
    phone.send(duty, points)
    draw()
    assert bitmaps(owner) == {}


def test_reasons_without_a_track(phone: Phone, worker: Callable[..., Actor]) -> None:
    leader = worker(TOWN_A, Role.LEADER)
    assert "没有人在岗" in coverage(phone, leader)[GRID_A11].known.reason
    phone.on(NOW - 2 * HOUR)
    grids = coverage(phone, leader)
    assert "在岗 2 小时，手机没有记录到轨迹" in grids[GRID_A11].known.reason
    assert "没有人在岗" in grids[GRID_A12].known.reason
    assert (
        coverage(phone, leader, period=Period(TODAY - timedelta(days=9), TODAY - timedelta(days=3)))[
            GRID_A11
        ].watch.on_duty_s
        == 0
    )


def test_everybody_sees_their_own_part(phone: Phone, worker: Callable[..., Actor], draw: Callable[[], int]) -> None:
    duty = phone.on(NOW - HOUR)
    phone.send(duty, walk(NOW - HOUR, 50))
    draw()
    assert set(coverage(phone, phone.actor)) == {GRID_A11}
    assert set(coverage(phone, worker(COUNTY, Role.LEADER))) == {GRID_A11, GRID_A12, GRID_B11}
    assert coverage(phone, worker(GRID_B11)).keys() == {GRID_B11}
    assert coverage(phone, worker(TOWN_A, Role.MEDIATOR)) == {}
    assert coverage(phone, worker(COUNTY, Role.LEADER), GRID_A12).keys() == {GRID_A12}


def test_grids_of_another_county_stay_as_they_are(
    phone: Phone, draw: Callable[[], int], owner: Callable[[], Any]
) -> None:
    """A track may lead anywhere; it is the county's own ground that is counted."""
    with owner() as session:
        session.execute(text(
            "insert into units (unit_code, county_code, level, name) values (990109001001001, 990109, 15, '邻县网格');"
            "insert into outlines (unit_code, version_id, level, geom, label_point, area_m2, geom_hash, source_datum, valid_from)"
            " select 990109001001001, 0, 15, st_translate(geom, 0.06, 0), st_translate(label_point, 0.06, 0), 1, 'x', 'wgs84',"
            f" '2020-01-01' from outlines where unit_code = {GRID_A11}"
        ))  # fmt: skip
    duty = phone.on(NOW - HOUR)
    phone.send(duty, walk(NOW - HOUR, 50, at=(MIDDLE[0] + 0.06, MIDDLE[1])))
    draw()
    assert bitmaps(owner) == {}


def new_outline(owner: Callable[[], Any], height: float) -> None:
    """Give the first grid an outline of ``height`` of its side from today on."""
    with owner() as session:
        session.execute(text(f"update outlines set valid_to = '{TODAY}' where unit_code = {GRID_A11}"))
        session.execute(text(
            "insert into outlines (unit_code, version_id, level, geom, label_point, area_m2, geom_hash, source_datum, valid_from)"
            f" select unit_code, 0, 15, st_multi(st_makeenvelope({WEST}, {SOUTH}, {WEST + SIZE}, {SOUTH + SIZE * height}, 4326)),"
            f" label_point, 1, 'y', 'wgs84', '{TODAY}' from outlines where unit_code = {GRID_A11}"
        ))  # fmt: skip


def test_a_new_outline_is_drawn_again_from_what_is_kept(
    phone: Phone, draw: Callable[[], int], owner: Callable[[], Any], as_job: Callable[[], Any]
) -> None:
    duty = phone.on(NOW - HOUR)
    phone.send(duty, walk(NOW - HOUR, 100))
    draw()
    before = coverage(phone, phone.actor)[GRID_A11]
    new_outline(owner, 0.75)
    assert coverage(phone, phone.actor)[GRID_A11].seen == 0
    with as_job() as session:
        ((outline_id, unit_code),) = outlines_without_frame(session, TODAY)
        assert redraw(session, outline_id=outline_id, unit_code=unit_code, now=NOW) == 1
        assert outlines_without_frame(session, TODAY) == []
    after = coverage(phone, phone.actor)[GRID_A11]
    assert after.seen == pytest.approx(before.seen, abs=20)
    assert after.known.share == pytest.approx(before.known.share / 0.75, rel=0.05)


def test_a_track_on_a_new_outline_does_not_take_the_place_of_earlier_ones(
    phone: Phone, draw: Callable[[], int], owner: Callable[[], Any], as_job: Callable[[], Any]
) -> None:
    """The first points after a change of the boundary leave it to the job, which draws all that is kept, theirs too."""
    duty = phone.on(NOW - HOUR)
    phone.send(duty, walk(NOW - HOUR, 100))
    draw()
    before = coverage(phone, phone.actor)[GRID_A11].seen
    new_outline(owner, 0.75)
    again = walk(NOW - HOUR / 2, 10)
    phone.send(duty, again)
    draw()
    with as_job() as session:
        ((outline_id, unit_code),) = outlines_without_frame(session, TODAY)
        assert redraw(session, outline_id=outline_id, unit_code=unit_code, now=NOW) == 2
    assert coverage(phone, phone.actor)[GRID_A11].seen >= before - 20
    phone.send(duty, walk(NOW - HOUR / 4, 10))
    draw()  # from now on at once
    with as_job() as session:
        assert outlines_without_frame(session, TODAY) == []
        waiting = session.execute(text("select count(*) from procrastinate_jobs where task_name = 'patrols.outlines'"))
        assert waiting.scalar() == 1


def test_a_night_walk_belongs_to_both_days(phone: Phone, draw: Callable[[], int], owner: Callable[[], Any]) -> None:
    midnight = NOW - 12 * HOUR  # in China
    duty = phone.on(midnight - HOUR)
    phone.send(duty, walk(midnight - timedelta(seconds=100), 40))
    draw()
    assert {day for _, day in bitmaps(owner)} == {TODAY - timedelta(days=1), TODAY}
    assert {unit in subtree(GRID_A11) for unit, _ in bitmaps(owner)} == {True}
