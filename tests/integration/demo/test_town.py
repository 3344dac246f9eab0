"""The demonstration town in a real database: what is there, where it lies, who can sign in."""

from datetime import date
from itertools import groupby

import pytest
from sqlalchemy.orm import Session

from gridmap.access import Role
from gridmap.analysis.queries.indicators import Asked, figures
from gridmap.analysis.rules.indicators import window_of
from gridmap.cases.rules import Action, Status, replay
from gridmap.clock import CHINA
from gridmap.demo import demo_accounts, load_demo
from gridmap.demo.queries import scenes
from gridmap.demo.rules.rhythm import end_of
from gridmap.errors import BadInput, Conflict
from gridmap.worktime.queries import calendar_at
from gridmap.worktime.rules import timer_due_at, timer_from
from tests.integration.conftest import actor_at
from tests.integration.demo.conftest import AS_OF, SEED

XINGFU = 220102200
IN_XINGFU = f"unit_code / 1000000 = {XINGFU}"


def test_the_whole_tree_of_real_divisions_is_there(ask):
    assert ask.one("select count(*) from units where not is_demo") == 1626
    assert ask.one("select name from units where unit_code = 220102200000000") == "幸福乡"
    assert ask.one("select count(*) from units u where parent_code is not null and not exists"
                   " (select from units p where p.unit_code = u.parent_code)") == 0  # fmt: skip


def test_the_town_has_its_grids_workers_residents_and_cases(ask):
    assert ask.one(f"select count(*) from units where level = 15 and {IN_XINGFU}") == 52
    assert ask.one(f"select residents from units where unit_code = {XINGFU}000000") == 50_000
    assert ask.one(f"select sum(residents) from units where level = 15 and {IN_XINGFU}") == 50_000
    assert ask.one(f"select count(*) from cases where {IN_XINGFU}") == 1000
    mass = "username ~ '^w[0-9]{15}$'"
    assert ask.one(f"select count(*) from accounts where {mass} and {IN_XINGFU}") == 50
    uncovered = f"""select count(*) from units u where level = 15 and {IN_XINGFU} and not exists
        (select from posts p where p.unit_code = u.unit_code and p.role = 'grid_worker')"""
    assert ask.one(uncovered) == 0


def test_the_other_towns_have_a_few_cases(ask):
    rows = ask("select unit_code / 1000000, count(*) from cases group by 1")
    others = {town: count for town, count in rows if town != XINGFU}
    assert len(others) == 13
    assert all(20 <= count <= 40 for count in others.values())


def test_seven_real_counties_have_outlines_and_only_invented_ones_are_marked(ask):
    assert ask.one("select count(*) from outlines where level = 6 and not is_demo and source_datum = 'gcj02'") == 7
    assert ask.one("select count(*) from outlines where level > 6 and not is_demo") == 0
    assert ask("select level, count(*) from outlines where level > 6 group by 1 order by 1") == [
        (9, 14),
        (12, 70),
        (15, 238),
    ]
    assert ask.one("select count(*) from outlines where not st_isvalid(geom) or not st_isvalid(geom_mid)"
                   " or not st_contains(geom, label_point) or valid_from is null") == 0  # fmt: skip


def test_every_case_lies_in_the_grid_it_is_filed_under_and_in_no_other(ask):
    wrong = """select count(*) from cases c left join outlines o on o.level = 15 and st_contains(o.geom, c.geom)
        where c.geom is not null and o.unit_code is distinct from c.unit_code"""
    assert ask.one(wrong) == 0
    double = "select count(*) from cases c join outlines o on o.level = 15 and st_intersects(o.geom, c.geom)"
    assert ask.one(double) == ask.one("select count(geom) from cases")


def test_cases_without_position_belong_to_their_village(ask):
    assert ask.one("select count(*) from cases where geom is null") > 20
    assert ask.one("select count(*) from cases where geom is null and unit_code % 1000 <> 0") == 0
    assert ask.one("select count(*) from cases where geom is null and source_lon is not null") == 0


def test_positions_given_in_gcj02_are_kept_as_given(ask):
    shift = """select min(st_distance(geom::geography, st_setsrid(st_makepoint(source_lon, source_lat), 4326)::geography)),
        max(st_distance(geom::geography, st_setsrid(st_makepoint(source_lon, source_lat), 4326)::geography))
        from cases where source_datum = '{}'"""
    assert ask(shift.format("wgs84")) == [(0.0, 0.0)]
    low, high = ask(shift.format("gcj02"))[0]
    assert 300 < low < high < 900


def test_the_map_totals_are_made_and_exact(engine, ask):
    from sqlalchemy.orm import Session

    from gridmap.analysis.actions.rollups import audit_rollups

    assert ask.one("select count(*) from case_deltas") == 0
    assert ask.one("select count(*) from case_cells") > 0
    with Session(engine) as session:
        assert audit_rollups(session) == 0


def test_case_codes_go_on_where_the_demonstration_ended(ask):
    gone = """select count(*) from case_numbers n where last <> (select max(split_part(case_code, '-', 3)::int) from cases
        where split_part(case_code, '-', 2)::int = n.year and cases.county_code = n.county_code)"""
    assert ask.one(gone) == 0


def test_every_case_has_a_history_that_replays_to_its_state(ask):
    rows = ask("""select c.id, c.status, c.received_at, s.before, s.action, s.after, s.at, s.number from cases c
        left join case_steps s on s.county_code = c.county_code and s.case_id = c.id order by c.id, s.number""")
    for _, group in groupby(rows, key=lambda row: row[0]):
        steps = list(group)
        history = [(b and Status(b), Action(a), Status(after)) for _, _, _, b, a, after, _, _ in steps]
        assert replay(history) is Status(steps[0][1])
        times = [row[6] for row in steps]
        assert times == sorted(times)
        assert times[0] == steps[0][2]
        assert [row[7] for row in steps] == list(range(1, len(steps) + 1))


def test_timers_run_as_the_histories_started_and_stopped_them(ask):
    open_cases = "select count(*) from cases c where closed_at is null"
    running = (
        "select from case_timers t where (t.county_code, t.case_id) = (c.county_code, c.id) and t.stopped_at is null"
    )
    assert ask.one(f"{open_cases} and not exists ({running})") == 0
    assert ask.one(f"select count(*) from cases c where closed_at is not null and exists ({running})") == 0
    assert ask.one("select count(*) from cases c where stage_due_at is distinct from (select min(due_at) from case_timers t"
                   " where (t.county_code, t.case_id) = (c.county_code, c.id) and t.stopped_at is null)") == 0  # fmt: skip
    strays = """select count(*) from case_timers t where not exists (select from case_steps s where
        (s.county_code, s.case_id, s.at) = (t.county_code, t.case_id, t.started_at)) or stopped_at is not null and not exists
        (select from case_steps s where (s.county_code, s.case_id, s.at) = (t.county_code, t.case_id, t.stopped_at))"""
    assert ask.one(strays) == 0
    rows = ask("select t.data, t.due_at from case_timers t order by t.id limit 400")
    with Session(ask.engine) as session:
        calendar = calendar_at(session, XINGFU * 10**6, end_of(AS_OF))
        for data, due_at in rows:
            assert timer_due_at(timer_from(data), calendar) == due_at


def test_what_was_late_is_told_to_nobody_and_written_once(ask):
    late = "select count(*) from case_timers where stopped_at is null and due_at <= '2026-06-30 00:00+00'"
    assert ask.one(late) == ask.one("select count(*) from case_escalations where level = 'overdue'") > 0
    assert ask.one("select count(*) from case_escalations where told_at is null") == 0
    of_steps = "select 'case.' || action from case_steps where actor_post <> ''"
    called = "kind = 'meeting.called'"  # to a joint meeting, by hand
    assert ask.one(f"select count(*) from notices where not {called} and kind not in ({of_steps})") == 0
    assert ask.one(f"select count(*) from notices where {called}") == ask.one(
        "select count(*) from joint_meeting_departments"
    )


def test_the_indicators_of_the_town_are_believable(ask):
    leader = actor_at((Role.LEADER, 220102200000000))
    asked = Asked(window_of(date(2025, 7, 1), date(2026, 6, 30), end_of(AS_OF).astimezone(CHINA)))
    with Session(ask.engine) as session:
        rates = {code: this.rate for code, (this, _before) in figures(session, leader, asked).items()}
    assert 97 <= rates["registered_in_time"] <= 100
    assert 92 <= rates["completed_in_time"] < 100
    assert 90 <= rates["satisfied"] <= 98
    assert 85 <= rates["solved"] < 100
    assert 90 <= rates["orders_accepted"] <= 100


def test_departments_hold_the_orders_of_their_kind(ask):
    held = "select count(*) from cases where status in ('dispatched', 'accepted', 'handling')"
    assert ask.one(held) == ask.one(f"{held} and lead_department_id is not null") > 0
    assert ask.one("select count(*) from cases where lead_department_id is not null and status not in"
                   " ('dispatched', 'accepted', 'handling')") == 0  # fmt: skip
    wrong = """select count(*) from case_orders o join cases c on c.county_code = o.county_code and c.id = o.case_id
        join categories k on k.id = c.category_id where k.dimension = '治安警情' and o.department_name <> '派出所'"""
    assert ask.one(wrong) == 0


def test_there_is_an_account_for_every_role_and_for_other_places(town_url, loaded):
    accounts = demo_accounts(town_url)
    assert {a.role for a in accounts} == {
        "administrator", "leader", "centre_staff", "department_handler", "mediator", "grid_worker", "supervisor", "auditor",
    }  # fmt: skip
    leaders = {a.unit_code // 10**6 for a in accounts if a.role == "leader"}
    assert {XINGFU, 220102003, 220102000, 620702000} <= leaders
    assert len([a for a in accounts if a.username == "twoposts"]) == 2
    assert {a.unit for a in accounts if a.username == "handler"} == {"幸福乡·司法所"}
    assert "password" not in accounts[0].as_dict()


def test_only_named_accounts_can_sign_in(ask, town_url, loaded):
    from argon2 import PasswordHasher

    named = {a.username: a.password for a in demo_accounts(town_url)}
    rows = ask("select username, password_hash from accounts where password_hash is not null")
    assert {name for name, _ in rows} == set(named)
    assert PasswordHasher().verify(dict(rows)["leader"], named["leader"])
    assert len({secret for _, secret in rows}) == len(rows)


def test_progress_is_told_to_its_end(loaded):
    report, steps = loaded
    assert report.cases >= 1000 + 13 * 20
    done, total, words = steps[-1]
    assert (done, words) == (total, "汇总统计")
    assert all(0 < done <= total for done, total, _ in steps)


DIGESTS = {
    "units": "unit_code, name, residents, households, kind",
    "outlines": "unit_code, geom_hash, st_astext(label_point)",
    "cases": "case_code, unit_code, category_id, channel, grade, scale, status, risk, title, description, address_text,"
    " occurred_at, received_at, due_at, closed_at, st_astext(geom), position_accuracy_m",
    "accounts": "username, name, unit_code",
    "posts": "unit_code, role",
}


def digests(ask):
    return {
        table: ask.one(
            f"select md5(string_agg(row::text, '|' order by row::text)) from (select {columns} from {table}) as row"
        )
        for table, columns in DIGESTS.items()
    }


def test_a_system_in_use_is_refused_and_replacing_gives_the_same_data(ask, town_url, loaded):
    before = digests(ask)
    with pytest.raises(Conflict, match="--replace"):
        load_demo("town", SEED, as_of=AS_OF, url=town_url)
    assert digests(ask) == before
    load_demo("town", SEED, as_of=AS_OF, replace=True, url=town_url)
    again = digests(ask)
    assert again == before


def test_an_unknown_size_stores_nothing(clone):
    url = clone()
    with pytest.raises(BadInput, match="没有“village”这个规模"):
        load_demo("village", url=url)


def test_real_work_is_not_replaced(engine, ask, town_url, loaded):
    with engine.begin() as connection:
        connection.exec_driver_sql("insert into accounts (unit_code, username, name) values (0, 'zhenshi', '正式员工')")
        connection.exec_driver_sql(
            "update cases set created_by = (select id from accounts where username = 'zhenshi')"
            " where id = (select min(id) from cases)"
        )
    count = ask.one("select count(*) from cases")
    with pytest.raises(Conflict, match="1 件事件由正式账号登记"):
        load_demo("town", SEED, as_of=AS_OF, replace=True, url=town_url)
    assert ask.one("select count(*) from cases") == count


def test_a_load_that_fails_leaves_nothing(clone, monkeypatch):
    from sqlalchemy import create_engine

    from gridmap.demo import actions

    def fail(*_args, **_kwargs):
        raise RuntimeError("disk full")

    monkeypatch.setattr(actions, "load_reports", fail)
    url = clone()
    with pytest.raises(RuntimeError, match="disk full"):
        load_demo("town", SEED, as_of=AS_OF, url=url)
    engine = create_engine(url)
    with engine.connect() as connection:
        for table in ("units", "outlines", "accounts", "boundary_sources"):
            assert connection.exec_driver_sql(f"select count(*) from {table}").scalar() == 0
    engine.dispose()


def test_scenes_were_played_on_open_cases_of_the_town_by_the_named_accounts(ask):
    played = ask("select distinct case_id from case_steps where actor_post <> ''")
    assert len(played) == len(scenes())
    assert ask.one("select count(*) from mediations where state = 'agreed'") == 1
    assert (
        ask.one(
            "select count(*) from mediation_sessions where result is null and starts_at > now() - interval '400 days'"
        )
        == 1
    )
    assert ask.one("select count(*) from case_charges where state = 'open'") == 1
    assert ask.one("select count(*) from case_whistles where ended_at is null") == 1
    assert ask.one("select count(*) from case_extensions where status = 'asked'") == 1
    assert ask("select state, count(*) from joint_meetings group by 1 order by 1") == [("held", 1), ("planned", 1)]
    assert ask.one("select count(*) from joint_meeting_cases") == 2
    assert ask.one("select count(*) from joint_meeting_departments where attended") == 3
    assert ask.one("select count(*) from joint_meetings where state = 'held' and starts_at < recorded_at") == 1
    assert ask.one("select count(*) from case_decisions where order_id is not null") == 1
    assert ask.one("select count(*) from case_orders where by_meeting and status = 'reported'") == 1
    assert ask.one("select count(*) from case_tasks where kind = 'decision' and answered_at is null") == 1
    assert (
        ask.one("select count(*) from notices where created_at > now() - interval '1 day' and kind <> 'case.overdue'")
        == 0
    )
    backwards = """select count(*) from case_steps s join case_steps e on (e.county_code, e.case_id) = (s.county_code, s.case_id)
        and e.number = s.number + 1 where e.at < s.at"""
    assert ask.one(backwards) == 0
