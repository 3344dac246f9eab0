"""Row-level security: for every scoped table, nobody sees anything, a town sees its subtree, and nobody writes outside."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.exc import ProgrammingError

import gridmap.accounts.models
import gridmap.analysis.models
import gridmap.audit
import gridmap.cases.models
import gridmap.field.models
import gridmap.patrols.models
import gridmap.units.models  # noqa: F401
from gridmap.access import EVERYWHERE, Actor, Role, subtree
from gridmap.db import scoped_tables
from tests.factories import COUNTY, GRID_A11, GRID_B11, TOWN_A, TOWN_B, Factories
from tests.integration.conftest import actor_at

FAR = 990109001000000
# One row in each of three towns, by the least that the table's constraints want.
ROWS = {
    "appointment_desks": "name, slot_minutes, capacity, days_ahead) values ({c}, {u}, '窗口', 30, 1, 30)",
    "appointments": "desk_id, place, starts_at, ends_at, state, topic, row_key, name, phone)"
    " select {c}, {u}, id, 1, now(), now() + interval '1 hour', 'booked', 't', gen_random_uuid(), ''::bytea, ''::bytea"
    " from appointment_desks where unit_code = {u}",
    "appointment_steps": "appointment_id, act, at, actor_name, desk_name, starts_at)"
    " select {c}, {u}, id, 'book', now(), '', '', now() from appointments where unit_code = {u}",
    "boundary_sources": "kind, file_name, sha256, size_bytes, actor_name, report) values ({c}, {u}, 'edit', '', '', 0, '', '{{}}')",
    "case_charges": "case_id, account_id, account_name, state) select {c}, {u}, id, 1, '某', 'open' from cases where unit_code = {u}",
    "case_charge_duties": "case_id, charge_id, number, name, needed)"
    " select {c}, {u}, case_id, id, 1, '阅批', true from case_charges where unit_code = {u}",
    "case_charge_records": "case_id, charge_id, duty_id, done_on, account_id, account_name, note, recorded_at)"
    " select {c}, {u}, case_id, charge_id, id, '2026-01-01'::date, 1, '某', '', now() from case_charge_duties where unit_code = {u}",
    "case_cells": "unit_level, cell_level, by_status, cell, family, status, n, sum_x, sum_y) values ({c}, {u}, 9, 3, true, 0, 1, 'registered', 1, 0, 0)",
    "case_decisions": "case_id, meeting_id, number, meeting_title, meeting_at, owner_name, task, due_at, order_id, decided_at, decided_name)"
    " select {c}, {u}, case_id, meeting_id, 1, '', now(), '', '', now(), 1, now(), '' from joint_meeting_cases where unit_code = {u}",
    "case_deltas": "month, family, status, n) values ({c}, {u}, '2026-01-01', 1, 'registered', 1)",
    "case_documents": "case_id, kind, issuer_code, issuer_name, fields, asked_at, actor_name)"
    " select {c}, {u}, id, 'order', {u}, '某中心', '{{}}'::jsonb, now(), '系统' from cases where unit_code = {u}",
    "case_appeals": "case_id, timer_id, reason, status, asked_at, asked_by, asked_name)"
    " select {c}, {u}, case_id, id, 'r', 'asked', now(), 1, '某' from case_timers where unit_code = {u}",
    "case_escalations": "case_id, timer_id, stage, level, at, written_at, tell_at)"
    " select {c}, {u}, case_id, id, 'whole', 'remind', now(), now(), now() from case_timers where unit_code = {u}",
    "case_extensions": "case_id, timer_id, amount, kind, reason, status, asked_at, asked_by, asked_name)"
    " select {c}, {u}, case_id, id, 1, 'work_days', 'r', 'asked', now(), 1, '某' from case_timers where unit_code = {u}",
    "case_orders": "case_id, kind, department_id, department_name, status, sent_at)"
    " select {c}, {u}, id, 'lead', 1, '某所', 'sent', now() from cases where unit_code = {u}",
    "case_parties": "case_id, row_key, role, name) select {c}, {u}, id, gen_random_uuid(), 'other', ''::bytea from cases where unit_code = {u}",
    "case_photos": "case_id, sha256, width_px, height_px, size_bytes) select {c}, {u}, id, '', 1, 1, 1 from cases where unit_code = {u}",
    "case_steps": "case_id, number, action, after, at, actor_name)"
    " select {c}, {u}, id, 1, 'register', 'registered', now(), '系统' from cases where unit_code = {u}",
    "case_tasks": "case_id, kind, account_id, account_name, question, asked_at)"
    " select {c}, {u}, id, 'check', 1, '', '', now() from cases where unit_code = {u}",
    "case_timers": "case_id, stage, source_note, data, calendar_id, started_at, due_at) select {c}, {u}, id, 'whole', '', '{{}}'::jsonb,"
    " (select min(id) from work_calendars), now(), now() from cases where unit_code = {u}",
    "case_totals": "unit_level, month, family, status, located, n) values ({c}, {u}, 9, '2026-01-01', 1, 'registered', true, 1)",
    "case_whistle_calls": "case_id, whistle_id, department_id, department_name, leads)"
    " select {c}, {u}, w.case_id, w.id, 1, '某所', true from case_whistles w where unit_code = {u}",
    "case_whistles": "case_id, place, reason, sent_at, sent_by_name, due_at)"
    " select {c}, {u}, id, 'p', 'r', now(), '系统', now() + interval '1 hour' from cases where unit_code = {u}",
    "case_words": "id, words) values ({c}, {u}, -{u}, 'w')",
    "case_words_waiting": "id) values ({c}, {u}, -{u})",
    "cases": "case_code, category_id, channel, grade, scale, status, title, received_at, position_method)"
    " select {c}, {u}, 'x{u}', min(id), 'visit', 'worry', 'individual', 'registered', 't', now(), 'none' from categories",
    "joint_meetings": "title, starts_at, place, chair, state, created_at, created_name)"
    " values ({c}, {u}, '会', now(), '', '', 'planned', now(), '')",
    "joint_meeting_departments": "meeting_id, department_id, department_name)"
    " select {c}, {u}, id, 1, '某所' from joint_meetings where unit_code = {u}",
    "joint_meeting_cases": "case_id, meeting_id, number, subject, added_at)"
    " select {c}, {u}, c.id, m.id, 1, '', now() from cases c join joint_meetings m using (unit_code) where unit_code = {u}",
    "mediation_agreements": "case_id, mediation_id, number, counterpart, terms, agreed_at, confirmation)"
    " select {c}, {u}, case_id, id, 1, '', '', now(), 'none' from mediations where unit_code = {u}",
    "mediation_duties": "case_id, agreement_id, number, what, by_whom, due_on, remind_days, state)"
    " select {c}, {u}, case_id, id, 1, '', '', '2026-01-01'::date, 3, 'waiting' from mediation_agreements where unit_code = {u}",
    "mediation_packs": "case_id, mediation_id, at, actor_name, body)"
    " select {c}, {u}, case_id, id, now(), '', '{{}}'::jsonb from mediations where unit_code = {u}",
    "mediation_reminders": "case_id, duty_id, level) select {c}, {u}, case_id, id, 'soon' from mediation_duties where unit_code = {u}",
    "mediation_rooms": "name) values ({c}, {u}, '调解室')",
    "mediation_sessions": "case_id, mediation_id, number, starts_at, ends_at, place, parties, mediator_ids, mediators)"
    " select {c}, {u}, case_id, id, 1, now(), now() + interval '1 hour', '', '', '{{}}'::bigint[], '' from mediations where unit_code = {u}",
    "mediations": "case_id, run, template_id, tier, tier_name, started_at, mediator_ids, mediators, state)"
    " select {c}, {u}, id, 1, (select min(id) from mediation_templates), 1, '', now(), '{{}}'::bigint[], '', 'open'"
    " from cases where unit_code = {u}",
    "coverage_days": "frame_id, on_day, bits, drawn_at)"
    " select {c}, {u}, id, '2026-01-01'::date, B'10000000', now() from coverage_frames where unit_code = {u}",
    "coverage_frames": "outline_id, west, south, metres_lon, metres_lat, cols, rows, cells, inside, made_at)"
    " values ({c}, {u}, {u}, 125, 43, 80000, 111000, 1, 1, 1, ''::bytea, now())",
    "departments": "name) values ({c}, {u}, '某所')",
    "document_numbers": "kind, year, last) values ({c}, {u}, 'order', 2026, 1)",
    "duties": "account_id, account_name, client_id, on_at, phone_on_at, received_on_at)"
    " values ({c}, {u}, {u}, '某', gen_random_uuid(), now(), now(), now())",
    "events": "kind, subject, actor_name) values ({c}, {u}, 'a.b', 's', '系统')",
    "field_items": "account_id, client_id, device, kind, object, body, photos, made_at, sent_at, received_at, verdict)"
    " values ({c}, {u}, {u}, gen_random_uuid(), gen_random_uuid(), 'report', '', '{{}}', '[]', now(), now(), now(), 'held')",
    "field_uploads": "account_id, client_id, size_bytes, checksum, touched_at)"
    " values ({c}, {u}, {u}, gen_random_uuid(), 1, '', now())",
    "notice_addresses": "role, channel, address) values ({c}, {u}, 'leader', 'email', 'a@example.org')",
    "notice_deliveries": "notice_id, address_id) values ({c}, {u}, {u}, 1)",
    "notices": "role, kind, body, link) values ({c}, {u}, 'leader', 'k', 'b', '/')",
    "outline_faults": "version_id, kind, severity, message, suggestion) values ({c}, {u}, 1, 'gap', 'error', 'm', 's')",
    "outline_versions": "label, actor_name) values ({c}, {u}, 'l', '系统')",
    "patrol_anomalies": "duty_id, account_id, account_name, kind, value, at, found_at)"
    " select {c}, {u}, id, {u}, '某', 'speed', 200, now(), now() from duties where unit_code = {u}",
    "patrol_check_ins": "point_id, duty_id, account_id, account_name, client_id, method, at, phone_at, received_at)"
    " select {c}, {u}, (select min(id) from patrol_points where county_code = {c}), id, {u}, '某', gen_random_uuid(), 'qr', now(), now(), now()"
    " from duties where unit_code = {u}",
    "patrol_points": "name, lon, lat, radius_m, code, code_at, made_at, made_name)"
    " values ({c}, {u}, '点位', 125, 43, 50, gen_random_uuid()::text, now(), now(), '某')",
    "patrol_plans": "name, aim, percent, every_days, from_on, made_at, made_name)"
    " values ({c}, {u}, '计划', 'area', 80, 7, current_date, now(), '某')",
    "patrol_plan_points": "plan_id, point_id, place)"
    " select {c}, {u}, (select min(id) from patrol_plans where unit_code = {u}), id, 1 from patrol_points where unit_code = {u}",
    "phones": "account_id, device, name, secret_hash, made_at, seen_at)"
    " values ({c}, {u}, {u}, gen_random_uuid(), '手机', '', now(), now())",
    "posts": "account_id, role) select {c}, {u}, min(id), 'leader' from accounts",
    "revisit_links": "case_id, row_key, token_hash, round, made_at, expires_at)"
    " select {c}, {u}, id, gen_random_uuid(), uuid_send(gen_random_uuid()), 0, now(), now() + interval '1 day' from cases where unit_code = {u}",
    "track_batches": "duty_id, account_id, client_id, device, number, source, verdict, received_at, offset_ms, points, taken)"
    " select {c}, {u}, id, {u}, gen_random_uuid(), gen_random_uuid(), 1, 'phone', 'outside', now(), 0, 1, 0"
    " from duties where unit_code = {u}",
    "track_notes": "duty_id, account_id, client_id, from_at, to_at, words, written_at)"
    " select {c}, {u}, id, {u}, gen_random_uuid(), now(), now(), '手机没电', now() from duties where unit_code = {u}",
    "track_points": "id, account_id, at, phone_at, lon, lat) values ({c}, {u},"
    " ((current_date - date '2000-01-01')::bigint << 48) + {u} % 100000000, {u}, now(), now(), 125.3, 43.8)",
    "routing_rules": "position, name, department_name, active_from, source_note, updated_at)"
    " values ({c}, {u}, 1, '规则', '中心自办', '2026-01-01', '依据', now())",
}
OWN = {"field_items", "field_uploads"}  # seen by the person alone whose phone sent them: not even within one's scope
SEEN_BY_SCOPE = sorted(ROWS.keys() - OWN)
OF_CASES = {
    "revisit_links",
    "case_documents",
    "case_orders",
    "case_parties",
    "case_photos",
    "case_steps",
    "case_tasks",
    "case_whistles",
}
OF_MEDIATIONS = {
    "mediations": 2,
    "mediation_sessions": 3,
    "mediation_packs": 3,
    "mediation_agreements": 3,
    "mediation_duties": 4,
    "mediation_reminders": 5,
}  # in the order in which they lean on each other
# a meeting with its agenda and decisions leans on the case in the same way
OF_MEDIATIONS |= {
    "joint_meetings": 2,
    "joint_meeting_departments": 3,
    "joint_meeting_cases": 3,
    "case_decisions": 4,
}
# a leader's charge with its duties and what was done leans on the case in the same way
OF_MEDIATIONS |= {"case_charges": 2, "case_charge_duties": 3, "case_charge_records": 4}
# an appointment leans on its desk
OF_MEDIATIONS |= {"appointments": 2, "appointment_steps": 3}
# what was recorded leans on a duty, coverage on the lattice of its grid
OF_MEDIATIONS |= {"coverage_frames": 1, "coverage_days": 2, "duties": 1, "track_batches": 2, "track_notes": 2}
OF_MEDIATIONS |= {
    "patrol_points": 1,
    "patrol_check_ins": 2,
    "patrol_anomalies": 2,
    "patrol_plans": 1,
    "patrol_plan_points": 2,
}
OF_WHISTLES = {"case_whistle_calls"}

OF_TIMERS = {"case_appeals", "case_escalations", "case_extensions"}
OF_CASES |= {"case_timers", *OF_TIMERS}


def insert(table: str, unit_code: int) -> str:
    """Return the INSERT of a row of ``table`` at ``unit_code``."""
    return f"insert into {table} (county_code, unit_code, " + ROWS[table].format(c=unit_code // 10**9, u=unit_code)


@pytest.fixture
def two_towns(make: Factories, owner: Callable[[], Any]) -> None:
    """A row of every scoped table in a grid of town A, in one of town B, and in a far town beyond both."""
    make.world()
    make.account((Role.LEADER, TOWN_A))
    far = f"insert into units (unit_code, county_code, level, name) values ({FAR}, {FAR // 10**9}, 9, '丙镇')"
    with owner() as session:
        session.execute(text(far))
        for table in sorted(
            ROWS, key=lambda name: (OF_MEDIATIONS.get(name, 0), name in OF_TIMERS | OF_WHISTLES, name in OF_CASES)
        ):
            for unit_code in (GRID_A11, GRID_B11, FAR):
                session.execute(text(insert(table, unit_code)))


def test_every_scoped_table_is_tried() -> None:
    assert sorted(ROWS) == scoped_tables()


@pytest.mark.parametrize("table", sorted(ROWS))
def test_nobody_sees_nothing(table: str, two_towns: None, as_actor: Callable[..., Any]) -> None:
    with as_actor(None) as session:
        assert session.execute(text(f"select count(*) from {table}")).scalar() == 0


@pytest.mark.parametrize("table", sorted(ROWS))
def test_role_without_any_setting_sees_nothing(table: str, two_towns: None, connection: Any) -> None:
    connection.exec_driver_sql("set local role gridmap_app")
    for key in ("scope_lo", "scope_hi", "scope_posts", "account_id"):
        connection.exec_driver_sql(f"reset gridmap.{key}")
    assert connection.exec_driver_sql(f"select count(*) from {table}").scalar() == 0


@pytest.mark.parametrize("table", SEEN_BY_SCOPE)
def test_town_sees_its_subtree_only(table: str, two_towns: None, as_actor: Callable[..., Any]) -> None:
    with as_actor(actor_at((Role.LEADER, TOWN_A))) as session:
        codes = session.execute(text(f"select distinct unit_code from {table}")).scalars().all()
    assert codes
    assert all(code in subtree(TOWN_A) for code in codes)


@pytest.mark.parametrize("table", SEEN_BY_SCOPE)
def test_two_posts_see_both_and_nothing_between(table: str, two_towns: None, as_actor: Callable[..., Any]) -> None:
    with as_actor(actor_at((Role.LEADER, TOWN_A), (Role.LEADER, FAR))) as session:
        codes = set(session.execute(text(f"select distinct unit_code from {table}")).scalars())
    assert {GRID_A11, FAR} <= codes
    assert all(code in subtree(TOWN_A) or code in subtree(FAR) for code in codes)
    assert TOWN_A < GRID_B11 < FAR  # what must not be seen lies between the two


@pytest.mark.parametrize("table", sorted(ROWS))
def test_write_outside_is_refused(table: str, two_towns: None, as_actor: Callable[..., Any], connection: Any) -> None:
    """The policy itself refuses: the right to write is given for the test."""
    connection.exec_driver_sql(f"reset role; grant select, insert on {table} to gridmap_app")
    statement = insert(table, GRID_B11)
    if table in OF_CASES | OF_WHISTLES | OF_MEDIATIONS.keys():
        statement = (
            insert(table, GRID_B11).replace("select", "select distinct", 1).replace(f"where unit_code = {GRID_B11}", "")
        )
    with (
        as_actor(actor_at((Role.ADMINISTRATOR, TOWN_A))) as session,
        pytest.raises(ProgrammingError, match=f'row-level security policy.* for table "{table}"'),
    ):
        session.execute(text(statement.replace("'x", "'y")))


@pytest.mark.parametrize("table", SEEN_BY_SCOPE)
def test_rows_cannot_be_moved_outside(
    table: str, two_towns: None, as_actor: Callable[..., Any], connection: Any
) -> None:
    """The policy itself refuses: the right to change the column is given for the test, and a row within is really hit."""
    connection.exec_driver_sql(f"reset role; grant select, update on {table} to gridmap_app")
    moved = f"update {table} set unit_code = {{}} where unit_code = {GRID_A11}"
    with as_actor(actor_at((Role.ADMINISTRATOR, TOWN_A))) as session:
        assert session.execute(text(moved.format(GRID_A11))).rowcount
        with pytest.raises(ProgrammingError, match=f'new row violates row-level security policy.* for table "{table}"'):
            session.execute(text(moved.format(GRID_B11)))


@pytest.mark.parametrize("table", sorted(OWN))
def test_only_their_person_sees_what_a_phone_sent(
    table: str, two_towns: None, as_actor: Callable[..., Any], connection: Any
) -> None:
    """Whose it is sees it wherever it is, and writes it within their scope only; nobody else sees, changes or makes it for them."""
    connection.exec_driver_sql(f"reset role; grant select, insert, update on {table} to gridmap_app, gridmap_app_posts")
    leaders = actor_at((Role.LEADER, COUNTY)), actor_at((Role.LEADER, TOWN_A), (Role.LEADER, FAR))
    for other in leaders:
        with as_actor(other) as session:
            assert session.execute(text(f"select count(*) from {table}")).scalar() == 0
            assert session.execute(text(f"update {table} set unit_code = unit_code")).rowcount == 0
            with pytest.raises(ProgrammingError, match=f'row-level security policy.* for table "{table}"'):
                session.execute(text(insert(table, GRID_A11)))
    whose = Actor(GRID_A11, "ceshi", "测试员", leaders[0].posts)
    with as_actor(whose) as session:
        assert session.execute(text(f"select unit_code from {table}")).scalars().all() == [GRID_A11]
        assert session.execute(text(f"update {table} set account_id = account_id")).rowcount == 1
        with pytest.raises(ProgrammingError, match=f'row-level security policy.* for table "{table}"'):
            session.execute(text(f"update {table} set account_id = {GRID_B11}"))


@pytest.mark.parametrize("table", sorted(ROWS))
def test_rows_outside_cannot_be_deleted(
    table: str, two_towns: None, as_actor: Callable[..., Any], connection: Any
) -> None:
    """Whoever had the right to delete would find nothing outside; the rows are there and stay."""
    counted = f"select count(*) from {table} where unit_code = {GRID_B11}"
    connection.exec_driver_sql(f"reset role; grant select, delete on {table} to gridmap_app")
    before = connection.exec_driver_sql(counted).scalar()
    with as_actor(actor_at((Role.ADMINISTRATOR, TOWN_A))) as session:
        assert session.execute(text(f"delete from {table} where unit_code = {GRID_B11}")).rowcount == 0
    connection.exec_driver_sql("reset role")
    assert before
    assert connection.exec_driver_sql(counted).scalar() == before


@pytest.mark.parametrize("table", sorted(ROWS))
def test_policy_key_and_index(table: str, connection: Any) -> None:
    flags = connection.exec_driver_sql(
        f"select relrowsecurity, relowner::regrole::text from pg_class where relname = '{table}'"
    ).one()
    assert flags[0] is True
    assert not flags[1].startswith("gridmap_app")
    roles = connection.exec_driver_sql(
        f"select array_agg(roles::text) from pg_policies where tablename = '{table}'"
    ).scalar()
    assert any("gridmap_app," in r or "gridmap_app}" in r for r in roles)
    key = connection.exec_driver_sql(
        f"select pg_get_constraintdef(oid) from pg_constraint where contype = 'p' and conrelid = '{table}'::regclass"
    ).scalar()
    assert key == "PRIMARY KEY (county_code, id)"


def test_application_role_owns_nothing_and_cannot_bypass(connection: Any) -> None:
    owned = connection.exec_driver_sql(
        "select count(*) from pg_class where relowner::regrole::text like 'gridmap_app%%'"
    ).scalar()
    strong = connection.exec_driver_sql(
        "select count(*) from pg_roles where rolname like 'gridmap_app%%' and (rolsuper or rolbypassrls or rolcreaterole)"
    ).scalar()
    assert (owned, strong) == (0, 0)


def test_password_hashes_are_out_of_reach(make: Factories, as_actor: Callable[..., Any]) -> None:
    make.account((Role.LEADER, TOWN_A))
    with (
        as_actor(actor_at((Role.ADMINISTRATOR, COUNTY))) as session,
        pytest.raises(ProgrammingError, match="permission denied"),
    ):
        session.execute(text("select password_hash from accounts"))


def test_everywhere_is_one_range() -> None:
    assert Actor(1, "a", "b", (actor_at((Role.LEADER, 0)).posts[0],)).ranges == (EVERYWHERE,)


def test_town_b_is_not_in_town_a() -> None:
    assert TOWN_B not in subtree(TOWN_A)
