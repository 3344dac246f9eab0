"""Duty and raw points: once however often it is sent, nothing off duty, both clocks kept, one's own and nobody else's."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import text

from gridmap.access import Actor, Post, Role
from gridmap.clock import local
from gridmap.errors import BadInput, Conflict, Forbidden, NotFound
from gridmap.patrols.actions.duty import end_forgotten
from gridmap.patrols.actions.tracks import annotate_track, drop_old_points, import_track, open_track
from gridmap.patrols.forms.gpx import read_gpx
from gridmap.patrols.queries.tracks import batches_of, fixes_of, list_duties, notes_of, one_duty, own_duty
from gridmap.patrols.rules.tracks import Span, Verdict, first_id
from tests.factories import GRID_A11, GRID_A12, GRID_B11, TOWN_A
from tests.integration.patrols.conftest import NOW, Phone, gpx, walk

HOUR = timedelta(hours=1)
MINUTE = timedelta(minutes=1)


def stored(owner: Callable[[], Any]) -> int:
    """How many points there are."""
    with owner() as session:
        return session.execute(text("select count(*) from track_points")).scalar()


def boxes(owner: Callable[[], Any]) -> int:
    """How many batches tell where they were."""
    with owner() as session:
        return session.execute(
            text("select count(*) from track_batches where num_nonnulls(west, south, east, north) > 0")
        ).scalar()


def test_a_batch_is_stored_once_however_often_it_is_sent(phone: Phone, owner: Callable[[], Any]) -> None:
    duty = phone.on(NOW - HOUR)
    batch = uuid.uuid4()
    points = walk(NOW - HOUR, 100)
    first = phone.send(duty, points, client_id=batch, number=1)
    again = phone.send(duty, points, client_id=batch, number=1)
    assert (first.verdict, first.came, first.taken, first.again) == (Verdict.TAKEN, 100, 100, False)
    assert (again.verdict, again.came, again.taken, again.again) == (Verdict.TAKEN, 100, 100, True)
    assert stored(owner) == 100


def test_points_come_back_in_the_order_in_which_they_were_recorded(phone: Phone) -> None:
    duty = phone.on(NOW - HOUR)
    later, earlier = walk(NOW - HOUR / 2, 10), walk(NOW - HOUR, 10)
    phone.send(duty, later, number=2)
    phone.send(duty, earlier, number=1)
    with phone.open(phone.actor) as session:
        on = own_duty(session, phone.actor, duty)
        fixes = fixes_of(session, phone.actor, batches_of(session, phone.actor, on))
    assert [round(fix.at.timestamp() * 1000) for fix in fixes] == [p["t"] for p in earlier + later]
    assert [fix.number for fix in fixes] == [1] * 10 + [2] * 10
    assert fixes[3].speed_mps == pytest.approx(1.2)


def test_what_was_recorded_off_duty_is_not_kept(phone: Phone, owner: Callable[[], Any]) -> None:
    duty = phone.on(NOW - HOUR)
    phone.off(duty, NOW - HOUR / 2)
    across = phone.send(duty, walk(NOW - HOUR / 2 - 10 * MINUTE, 60, every_s=60))
    after = phone.send(duty, walk(NOW - 20 * MINUTE, 60))
    assert (across.came, across.taken) == (60, 13)  # eleven minutes of duty and two of tolerance
    assert "不在这次在岗时间内" in across.words
    assert (after.verdict, after.taken) == (Verdict.OUTSIDE, 0)
    assert stored(owner) == 13


def test_without_a_duty_no_track(phone: Phone, owner: Callable[[], Any]) -> None:
    with pytest.raises(NotFound, match="请先上岗"):
        phone.send(uuid.uuid4(), walk(NOW, 10))
    assert stored(owner) == 0


def test_a_clock_wrong_by_a_day_is_set_right_and_kept_beside(phone: Phone, owner: Callable[[], Any]) -> None:
    phone.slow = timedelta(days=1)
    duty = phone.on(NOW - HOUR)
    shown = walk(NOW - HOUR - phone.slow, 10)  # as the phone's clock says
    assert phone.send(duty, shown).taken == 10
    with owner() as session:
        rows = session.execute(text("select at, phone_at, id from track_points order by id")).all()
        on = session.execute(text("select on_at, phone_on_at from duties")).one()
    assert rows[0].at == NOW - HOUR
    assert {row.at - row.phone_at for row in rows} == {timedelta(days=1)}
    assert rows[0].id >= first_id(local(NOW - HOUR).date())
    assert (on.on_at, on.phone_on_at) == (NOW - HOUR, NOW - HOUR - timedelta(days=1))


def test_a_clock_wrong_by_less_than_the_tolerance_is_left_alone(phone: Phone, owner: Callable[[], Any]) -> None:
    phone.slow = timedelta(seconds=60)
    duty = phone.on(NOW - HOUR)
    phone.send(duty, walk(NOW - HOUR, 1))
    with owner() as session:
        row = session.execute(text("select at, phone_at from track_points")).one()
    assert row.at == row.phone_at


@pytest.mark.parametrize(
    ("points", "words"),
    [
        ("[", "无法识别"),
        ('{"t": 1}', "无法识别"),
        ("[1, 2]", "无法识别"),
        ('[{"t": "yesterday", "lon": 125.3, "lat": 43.8}]', "无法识别"),
        ("[]", "没有轨迹点"),
        ('[{"t": 1790000000000, "lon": 125.3}]', "第 1 个点"),
        ('[{"t": 1790000000000, "lon": 125.3, "lat": 91}]', "第 1 个点"),
        ('[{"t": 1790000000000, "lon": "NaN", "lat": 43.8}]', "第 1 个点"),
        ('[{"t": 1790000000000, "lon": 125.3, "lat": 43.8, "a": -1}]', "第 1 个点"),
        ('[{"t": 99999999999999999, "lon": 125.3, "lat": 43.8}]', "第 1 个点|无法识别"),
        ('[{"t": 999999999999999999999999, "lon": 125.3, "lat": 43.8}]', "无法识别"),
        ("[" + ",".join(['{"t": 1790000000000, "lon": 1, "lat": 1}'] * 10_001) + "]", "最多 10000"),
    ],
)
def test_what_is_no_batch_is_refused_whole(phone: Phone, owner: Callable[[], Any], points: str, words: str) -> None:
    duty = phone.on(NOW - HOUR)
    with pytest.raises(BadInput, match=words):
        phone.send(duty, points)
    with owner() as session:
        assert session.execute(text("select count(*) from track_batches")).scalar() == 0


def test_a_track_of_ten_thousand_points_is_one_batch(phone: Phone, owner: Callable[[], Any]) -> None:
    duty = phone.on(NOW - 3 * HOUR)
    assert phone.send(duty, walk(NOW - 3 * HOUR, 10_000, every_s=1, step_m=1)).taken == 10_000
    assert stored(owner) == 10_000


def test_the_number_of_a_batch_is_a_persons_own(
    phone: Phone, worker: Callable[..., Actor], owner: Callable[[], Any]
) -> None:
    """A forged client id of another's batch meets nothing; another's duty is not there."""
    duty, batch = phone.on(NOW - HOUR), uuid.uuid4()
    phone.send(duty, walk(NOW - HOUR, 10), client_id=batch)
    other = Phone(worker(name="网格员乙"), phone.open)
    with pytest.raises(NotFound):
        other.send(duty, walk(NOW - HOUR, 10))
    with pytest.raises(NotFound):
        other.off(duty, NOW)
    own = other.on(NOW - HOUR)
    forged = other.send(own, walk(NOW - HOUR, 7), client_id=batch)
    assert (forged.taken, forged.again) == (7, False)
    assert stored(owner) == 17


def test_going_on_duty_is_one_act(phone: Phone, owner: Callable[[], Any]) -> None:
    duty = phone.on(NOW - HOUR)
    assert phone.on(NOW - HOUR, client_id=duty) == duty
    with pytest.raises(Conflict, match="已经在岗") as caught:
        phone.on(NOW - HOUR / 2)
    assert caught.value.extra["duty"] == str(duty)
    assert phone.off(duty, NOW - HOUR / 4) is True
    assert phone.off(duty, NOW) is False
    with pytest.raises(Conflict, match="已有在岗记录"):
        phone.on(NOW - HOUR / 2)  # what a second phone sends late
    with owner() as session:
        assert session.execute(text("select count(*) from duties")).scalar() == 1


def test_who_may_not_patrol_does_not_go_on_duty(phone: Phone, worker: Callable[..., Actor]) -> None:
    clerk = Phone(worker(TOWN_A, Role.CENTRE_STAFF), phone.open)
    with pytest.raises(Forbidden, match="上岗"):
        clerk.on(NOW)
    with pytest.raises(BadInput, match="太早"):
        phone.on(NOW - timedelta(days=200))
    late = phone.on(NOW + HOUR)  # a clock that was set back since: not later than now
    with pytest.raises(BadInput, match="早于上岗时间"):
        phone.off(late, NOW - HOUR)


def test_own_tracks_and_nobody_elses_but_for_supervisors(
    phone: Phone, worker: Callable[..., Actor], owner: Callable[[], Any]
) -> None:
    phone.on(NOW - HOUR)
    with phone.open(phone.actor) as session:
        duty_id = list_duties(session, phone.actor, NOW - 2 * HOUR)[0].id
    elsewhere = Actor(phone.actor.account_id, "x", "网格员甲", (Post(Role.GRID_WORKER, GRID_B11),))
    for actor, sees in [
        (phone.actor, True),
        (elsewhere, True),  # moved to another grid: the track stays one's own
        (worker(GRID_A11, name="同网格"), False),
        (worker(TOWN_A, Role.CENTRE_STAFF), False),
        (worker(TOWN_A, Role.LEADER), False),
        (worker(TOWN_A, Role.SUPERVISOR), True),
        (worker(GRID_A12, Role.SUPERVISOR), False),
    ]:
        with phone.open(actor) as session:
            assert (one_duty(session, actor, duty_id) is not None) == sees, actor
    supervisor = worker(TOWN_A, Role.SUPERVISOR, "督查员")
    with phone.open(supervisor) as session:
        open_track(session, supervisor, duty_id=duty_id)
        session.commit()
    with phone.open(phone.actor) as session:
        open_track(session, phone.actor, duty_id=duty_id)
        session.commit()
    with owner() as session:
        looked = session.execute(
            text("select actor_name, data ->> 'whose' from events where kind = 'track.opened'")
        ).all()
    assert looked == [("督查员", "网格员甲")]


def test_a_worker_writes_to_their_own_track_only(phone: Phone, worker: Callable[..., Actor]) -> None:
    phone.on(NOW - HOUR)
    supervisor = worker(TOWN_A, Role.SUPERVISOR)
    with phone.open(phone.actor) as session:
        duty = list_duties(session, phone.actor, NOW - 2 * HOUR)[0]
        client, span = uuid.uuid4(), Span(NOW - HOUR / 2, NOW - HOUR / 4)
        write = {"duty_id": duty.id, "client_id": client, "span": span, "now": NOW}
        annotate_track(session, phone.actor, **write, words="手机没电")
        annotate_track(session, phone.actor, **write, words="手机没电")
        assert [note.words for note in notes_of(session, phone.actor, duty)] == ["手机没电"]
        with pytest.raises(BadInput, match="在岗时间内"):
            annotate_track(
                session, phone.actor, duty_id=duty.id, client_id=uuid.uuid4(), span=Span(NOW - 3 * HOUR, NOW),
                words="早了", now=NOW,
            )  # fmt: skip
        session.commit()
    with phone.open(supervisor) as session, pytest.raises(NotFound):
        annotate_track(session, supervisor, **{**write, "client_id": uuid.uuid4()}, words="代写")


def test_a_forgotten_duty_ends_by_itself(phone: Phone, as_job: Callable[[], Any], owner: Callable[[], Any]) -> None:
    duty = phone.on(NOW - 20 * HOUR)
    assert phone.send(duty, walk(NOW - 3 * HOUR, 5)).verdict is Verdict.OUTSIDE  # after the longest duty
    with as_job() as session:
        assert end_forgotten(session, now=NOW) == 1
        assert end_forgotten(session, now=NOW) == 0
    with owner() as session:
        row = session.execute(text("select off_at, ended_by from duties")).one()
    assert row == (NOW - 4 * HOUR, "system")


def test_old_points_go_and_the_months_to_come_are_made(
    phone: Phone, as_job: Callable[[], Any], owner: Callable[[], Any], draw: Callable[[], int]
) -> None:
    duty = phone.on(NOW - HOUR)
    phone.send(duty, walk(NOW - HOUR, 10))
    draw()
    assert boxes(owner) == 1
    for days in (0, 179):
        with as_job() as session:
            drop_old_points(session, now=NOW + timedelta(days=days))
        assert (stored(owner), boxes(owner)) == (10, 1)
    with as_job() as session:
        assert drop_old_points(session, now=NOW + timedelta(days=182)) >= 1
    assert (stored(owner), boxes(owner)) == (0, 0)  # where somebody was is not told by the box of a batch either
    with owner() as session:
        months = session.execute(
            text("select count(*) from pg_class c join pg_namespace n on n.oid = relnamespace where nspname = 'tracks'"
                 " and relkind = 'r'")
        ).scalar()  # fmt: skip
    assert months >= 6


def test_nobody_reaches_the_partitions_past_the_policies(phone: Phone, connection: Any) -> None:
    roles = ("gridmap_app", "gridmap_app_posts", "gridmap_jobs")
    for role in roles:
        assert not connection.exec_driver_sql(f"select has_schema_privilege('{role}', 'tracks', 'usage')").scalar()


def test_a_file_joins_a_duty_once(phone: Phone, owner: Callable[[], Any]) -> None:
    phone.on(NOW - HOUR)
    file = gpx(walk(NOW - HOUR, 50))
    for _ in range(2):
        with phone.open(phone.actor) as session:
            duty = list_duties(session, phone.actor, NOW - 2 * HOUR)[0]
            assert import_track(session, phone.actor, duty_id=duty.id, pieces=read_gpx(file), now=NOW) == (50, 50)
            session.commit()
    assert stored(owner) == 50
    pieces = read_gpx(gpx(walk(NOW - 30 * HOUR, 5)))
    with phone.open(phone.actor) as session, pytest.raises(BadInput, match="不在这次在岗时间内"):
        import_track(session, phone.actor, duty_id=duty.id, pieces=pieces, now=NOW)
