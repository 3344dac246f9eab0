"""Search by words finds what plain Python finds with ``in``: whatever the scope, and whether a case is kept or waiting."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select, text
from sqlalchemy.exc import OperationalError

import gridmap.config
from gridmap.access import Role
from gridmap.analysis.queries import count_by_unit
from gridmap.cases import actions
from gridmap.cases.forms import CaseFilter, Page
from gridmap.cases.models import Case
from gridmap.cases.queries import conditions, count_cases, list_cases, listing, visible_cases
from gridmap.cases.rules.words import folded, words_of
from gridmap.config import Settings
from gridmap.db import scope_statement
from tests.factories import COUNTY, GRID_A11, GRID_A12, GRID_B11, TOWN_A, VILLAGE_A1, Factories
from tests.integration.conftest import actor_at

NOW = datetime(2026, 6, 10, 4, 0, tzinfo=UTC)
SIGNS = "甲乙丙丁纠纷路灯１1２2Ａaａ号%_\\'（( 　㎡é𠮷"
LETTERS = st.text(alphabet=SIGNS, max_size=12)
CROWD = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
Owner = Callable[[], Any]
Acting = Callable[..., Any]


def whole(case: Case) -> str:
    """Return everything of a case that words are searched in, as it is compared."""
    return folded(" ".join((case.case_code, case.title, case.address_text, case.description)))


@pytest.fixture
def crowd(make: Factories, owner: Owner) -> None:
    """Cases in three grids of two towns: some kept, some kept and changed since, some new."""
    make.world()
    make.case(GRID_A11, title="甲乙路灯不亮", description="Ａ座１２号（东）", address_text="丁路2号")
    make.case(GRID_A12, title="乙丙纠纷", description="a座12号(西) 50%", address_text="路_灯")
    make.case(GRID_B11, title="丙", description="甲\\乙'丙", address_text="𠮷路")
    make.case(GRID_B11, title="邻里纠纷", description="面积2㎡ é")
    with owner() as session:
        assert actions.fold_words(session) == 4
        session.execute(text("update cases set title = '丁丁当当' where title = '丙'"))
        session.execute(text("update cases set unit_code = :u where title = '邻里纠纷'"), {"u": GRID_A12})
    make.case(GRID_B11, title="新来的纠纷", description="路灯")
    make.case(TOWN_A, title="镇里的路灯", at=None)


@CROWD
@given(data=st.data())
def test_found_is_what_contains_the_word(crowd: None, as_actor: Acting, data: st.DataObject) -> None:
    at = data.draw(
        st.sampled_from([(COUNTY,), (TOWN_A,), (VILLAGE_A1,), (GRID_A12,), (GRID_A11, GRID_B11), (990000000000000,)])
    )
    actor = actor_at(*[(Role.LEADER, unit) for unit in at])
    with as_actor(actor) as session:
        everything = list(session.scalars(visible_cases(actor)))
        source = data.draw(st.sampled_from([whole(case) for case in everything])) if everything else "甲"
        start = data.draw(st.integers(0, len(source) - 1))
        q = data.draw(st.one_of(LETTERS, st.just(source[start : start + data.draw(st.integers(1, 6))])))
        unit = data.draw(st.sampled_from(["", "990102", "990102001", "990102001001001"]))
        wanted = CaseFilter.from_args({"q": q, "unit": unit})
        here = session.scalars(visible_cases(actor).where(*conditions(CaseFilter(unit=wanted.unit), NOW)))
        expected = sorted(case.id for case in here if all(word in whole(case) for word in words_of(q)))
        for read in (False, True):
            query = visible_cases(actor).where(*conditions(wanted, NOW, read_words=read))
            assert sorted(case.id for case in session.scalars(query)) == expected, (q, read)
        assert count_cases(session, actor, wanted, NOW) == len(expected)
        page = list_cases(session, actor, wanted, Page(), NOW)
        assert (page.total, page.more_than) == (len(expected), False)


def test_list_count_and_map_agree(crowd: None, as_actor: Acting) -> None:
    actor = actor_at((Role.LEADER, COUNTY))
    with as_actor(actor) as session:
        for q in ("纠", "纠纷", "12号", "990102-", "没有的词"):
            wanted = CaseFilter.from_args({"q": q, "unit": "990102"})
            assert list_cases(session, actor, wanted, Page(), NOW).total == count_by_unit(actor, wanted, 9, NOW).total


def test_a_common_word_is_read_newest_first_and_capped(
    crowd: None, as_actor: Acting, monkeypatch: pytest.MonkeyPatch
) -> None:
    actor, wanted = actor_at((Role.LEADER, COUNTY)), CaseFilter(q="路")
    with as_actor(actor) as session:
        exact = list_cases(session, actor, wanted, Page(limit=2), NOW)
        monkeypatch.setattr(listing, "MOST_COUNTED", 2)
        monkeypatch.setattr(listing, "COMMON", 1)
        capped = list_cases(session, actor, wanted, Page(limit=2), NOW)
        assert [row.case.id for row in capped.rows] == [row.case.id for row in exact.rows]
        assert (exact.total, exact.more_than) == (5, False)
        assert (capped.total, capped.more_than) == (2, True)
        narrowed = list_cases(session, actor, CaseFilter.from_args({"q": "路", "located": "yes"}), Page(limit=2), NOW)
        assert (narrowed.total, narrowed.more_than) == (4, False)


def test_folding_taking_and_rebuilding_lose_nothing(crowd: None, owner: Owner) -> None:
    with owner() as session:
        while actions.fold_words(session, most=1):
            assert actions.audit_words(session) == 0
        rows = select(text("county_code, id, unit_code, words")).select_from(text("case_words")).order_by(text("2"))
        before = session.execute(rows).all()
        actions.rebuild_words(session)
        assert session.execute(rows).all() == before
        session.execute(text("update case_words set words = words || '多' where id = (select min(id) from case_words)"))
        assert actions.audit_words(session) == 1
        session.execute(text("truncate cases cascade"))
        assert session.execute(text("select count(*) from case_words")).scalar_one() == 0


def test_only_a_change_of_words_or_place_waits(crowd: None, owner: Owner) -> None:
    with owner() as session:
        actions.fold_words(session)
        session.execute(text("update cases set risk = 'high', title = title"))
        assert session.execute(text("select count(*) from case_words_waiting")).scalar_one() == 0


def test_other_towns_rows_are_not_touched(crowd: None, connection: Any, owner: Owner) -> None:
    """The index is asked for keys of the scope's own towns only: the keys of two towns have nothing in common."""
    with owner() as session:
        a, b = (
            set(session.execute(text("select unnest(gridmap_grams(:u, '纠纷'))"), {"u": unit}).scalars())
            for unit in (GRID_A11, GRID_B11)
        )
        assert len(a) == len(b) == 3
        assert not a & b


def test_a_statement_that_takes_too_long_ends(
    crowd: None, as_actor: Acting, connection: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(gridmap.db, "settings", lambda: Settings(page_timeout_seconds=0.05))
    with (
        as_actor(actor_at((Role.LEADER, COUNTY))) as session,
        pytest.raises(OperationalError) as fault,
        session.begin_nested(),
    ):
        session.execute(text("select pg_sleep(2)"))
    assert getattr(fault.value.orig, "pgcode", None) == "57014"
    assert "set local statement_timeout = '50';" in scope_statement(None)


@pytest.mark.parametrize(("method", "seconds"), [("GET", "15s"), ("POST", "150s")])
def test_a_request_that_writes_may_take_longer(app: Any, connection: Any, method: str, seconds: str) -> None:
    from gridmap.web import session

    with app.test_request_context("/units/import", method=method):
        told = session.execute(text("show statement_timeout")).scalar_one()
    assert str(told).replace("2min 30s", "150s") == seconds
