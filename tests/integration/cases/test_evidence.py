"""What is written once stays: the application's own roles cannot change evidence; days in the database are those of China."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select, text

from gridmap.access import GRANTS, Permission, Role
from gridmap.cases.actions import make_document
from gridmap.cases.models import CaseDocument
from gridmap.clock import now, today
from gridmap.config import APP_ROLE, JOBS_ROLE
from gridmap.db import POSTS_ROLE
from tests.factories import GRID_A11, TOWN_A, TOWN_B, VILLAGE_B1, Factories
from tests.integration.conftest import actor_at

# What may be changed of each table of evidence; everything else may not.
PEOPLE_CHANGE = {
    "case_steps": set(),
    "case_photos": set(),
    "case_parties": set(),
    "events": set(),
    "mediation_packs": set(),
    "case_charge_records": set(),
    "case_escalations": set(),
    "case_documents": {"made_at", "template_id", "year", "number", "number_text", "docx_sha256", "pdf_sha256"},
    "mediation_sessions": {"result", "claims", "offers", "reason", "record", "recorded_at"},
    "mediation_agreements": {"confirmation", "confirmed_on"},
    "mediation_duties": {"state", "settled_on", "note"},
    "notices": {"read_at", "read_by"},
    "notice_deliveries": {"state", "error"},
}


@pytest.mark.parametrize("table", sorted(PEOPLE_CHANGE))
def test_the_application_changes_only_what_it_must_of_evidence(connection: Any, table: str) -> None:
    columns = connection.execute(
        text(
            "select attname from pg_attribute where attrelid = cast(:t as regclass) and attnum > 0 and not attisdropped"
        ),
        {"t": table},
    ).scalars()
    ask = text(
        "select has_column_privilege(:role, :t, :c, 'UPDATE'), has_table_privilege(:role, :t, 'DELETE, TRUNCATE')"
    )
    for column in list(columns):
        for role in (APP_ROLE, POSTS_ROLE):
            changes, removes = connection.execute(ask, {"role": role, "t": table, "c": column}).one()
            assert changes == (column in PEOPLE_CHANGE[table]), (role, table, column)
            assert not removes, (role, table)
        _changes, removes = connection.execute(ask, {"role": JOBS_ROLE, "t": table, "c": column}).one()
        assert not removes


def test_what_is_finished_does_not_change_at_all(make: Factories, owner: Callable[[], Any], connection: Any) -> None:
    make.world()
    paper = make.paper(make.case(GRID_A11))
    with owner() as session:
        make_document(session, session.scalars(select(CaseDocument).where(CaseDocument.id == paper)).one(), now=now())
    for role in (APP_ROLE, JOBS_ROLE):
        point = connection.begin_nested()
        connection.exec_driver_sql(f"set local role {role}")
        if role == APP_ROLE:
            connection.exec_driver_sql(f"set local gridmap.scope_lo = '{TOWN_A}'")
            connection.exec_driver_sql(f"set local gridmap.scope_hi = '{TOWN_A + 10**6}'")
        with pytest.raises(Exception, match="finished does not change"):
            connection.execute(
                text("update case_documents set docx_sha256 = repeat('0', 64) where id = :i"), {"i": paper}
            )
        point.rollback()


def test_no_function_of_the_database_takes_the_day_of_its_own_zone(connection: Any) -> None:
    bodies = connection.execute(
        text(
            "select p.proname, pg_get_functiondef(p.oid) as body from pg_proc p where p.pronamespace = 'public'::regnamespace"
            " and p.prokind = 'f' and p.proname like 'gridmap%'"
        )
    ).all()
    assert len(bodies) > 10
    own_zone = re.compile(r"current_date|localtimestamp|now\(\)::date|current_timestamp::date", re.IGNORECASE)
    assert [row.proname for row in bodies if own_zone.search(row.body)] == []


@pytest.mark.parametrize("zone", ["Etc/GMT+12", "Pacific/Kiritimati"])
def test_a_unit_of_today_takes_a_case_whatever_the_zone_of_the_server(
    make: Factories, owner: Callable[[], Any], as_actor: Any, connection: Any, zone: str
) -> None:
    make.world()
    code = make.case(GRID_A11)
    with owner() as session:
        session.execute(
            text("update units set valid_from = :on, valid_to = :next where unit_code = :u"),
            {"on": today(), "next": today() + timedelta(days=1), "u": VILLAGE_B1},
        )
        case = session.execute(text("select county_code, id from cases where case_code = :c"), {"c": code}).one()
    with as_actor(actor_at((Role.CENTRE_STAFF, TOWN_A))) as session:
        session.execute(text(f"set local timezone = '{zone}'"))
        values = {"county": case.county_code, "case": case.id, "unit": VILLAGE_B1}
        session.execute(text("select gridmap_move_case(:county, :case, :unit)"), values)
        session.commit()


def test_rules_are_told_to_those_who_dispatch_there(
    make: Factories, as_actor: Any, owner: Callable[[], Any], signed_in: Any
) -> None:
    make.world()
    make.routing_rule(TOWN_A, "甲街道的规则")
    make.routing_rule(TOWN_B, "乙镇合用的规则", category_codes=["0101"])
    make.routing_rule(TOWN_B, "乙镇别类的规则", category_codes=["0501"])
    code = make.case(GRID_A11)

    def asking(role: Role, unit: int) -> Any:
        username, _password = make.account((role, unit))
        with owner() as session:
            number = session.execute(text("select id from accounts where username = :n"), {"n": username}).scalar()
        actor = actor_at((role, unit))
        return type(actor)(number, actor.username, actor.name, actor.posts)

    def told(actor: Any, unit: int) -> set[str]:
        with as_actor(actor) as session:
            return set(session.execute(text("select name from gridmap_routing_for(:u)"), {"u": unit}).scalars())

    def beyond(actor: Any) -> set[str]:
        with as_actor(actor) as session:
            ask = (
                "select r.name from cases c, gridmap_routing_of_case(c.county_code, c.id, :u) r where c.case_code = :c"
            )
            return set(session.execute(text(ask), {"u": TOWN_B, "c": code}).scalars())

    desk, worker = asking(Role.CENTRE_STAFF, TOWN_A), asking(Role.GRID_WORKER, TOWN_A)
    assert told(desk, GRID_A11) == {"甲街道的规则"}
    assert told(desk, TOWN_B) == set()
    assert beyond(desk) == {"乙镇合用的规则"}
    assert told(worker, GRID_A11) == set()
    assert beyond(worker) == set()
    assert beyond(asking(Role.CENTRE_STAFF, TOWN_B)) == set()  # the case is not theirs


def test_who_dispatches_or_keeps_rules_is_who_the_database_tells() -> None:
    asked = {Permission.CASE_ROUTE, Permission.CASE_DISPATCH, Permission.CASE_REGISTER}
    assert {role for role, granted in GRANTS.items() if granted & asked} == {Role.ADMINISTRATOR, Role.CENTRE_STAFF}
