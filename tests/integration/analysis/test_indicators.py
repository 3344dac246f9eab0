"""指标: every number opens as many rows, and is what a naive count of random histories says; scope, words, doors."""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select, text

from gridmap.access import Actor, Role
from gridmap.accounts.queries import department_places
from gridmap.analysis.queries.indicators import Asked, department_figures, figure, figures, list_counted
from gridmap.analysis.rules.indicators import INDICATORS, Figure, Side, Window
from gridmap.cases.models import Case, CaseStep, CaseTimer, CaseWhistle, CaseWhistleCall, Category
from gridmap.cases.models.mediation import Mediation
from gridmap.cases.queries.mediation import ended_mediations
from gridmap.cases.queries.whistles import tally
from gridmap.cases.rules.whistles import Arrival
from tests.factories import COUNTY, GRID_A11, GRID_A12, GRID_B11, TOWN_A, TOWN_B, Factories
from tests.integration.analysis.histories import BEGIN, END, PEOPLE, WINDOWS, Histories, Past, naive, walk
from tests.integration.cases.test_course import Course
from tests.integration.conftest import actor_at

JSON = {"Accept": "application/json"}


@pytest.fixture
def histories(make: Factories, owner: Callable[[], Any], request: pytest.FixtureRequest) -> Histories:
    make.world()
    rng, pasts = random.Random(request.param), []
    codes = []
    for _ in range(70):
        unit = rng.choice((GRID_A11, GRID_A12, GRID_B11))
        start = BEGIN + timedelta(days=rng.choice((0, -365)) + rng.randint(-20, 100), hours=rng.randint(0, 23))
        codes.append((make.case(unit, received_at=start, channel=rng.choice((*PEOPLE, "patrol", "superior"))), start))
    with owner() as session:
        kinds = list(session.scalars(select(Category).order_by(Category.id)))
        calendar = session.execute(text("select min(id) from work_calendars")).scalar()
        for code, start in codes:
            case = session.scalars(select(Case).where(Case.case_code == code)).unique().one()
            kind = rng.choice(kinds)
            case.category_id = kind.id
            past = Past(case, kind.dimension == "矛盾纠纷")
            walk(
                rng,
                start,
                past,
                {"county_code": case.county_code, "unit_code": case.unit_code, "case_id": case.id},
                calendar,
            )
            session.add_all([*past.steps, *past.timers, *past.orders])
            pasts.append(past)
        session.flush()
    return Histories(pasts)


@pytest.mark.parametrize("histories", range(2), indirect=True)
def test_figures_are_what_reading_the_histories_says_and_open_as_many_rows(
    histories: Histories, as_actor: Callable[[Actor | None], Any]
) -> None:
    for unit in (COUNTY, TOWN_A, TOWN_B):
        leader = actor_at((Role.LEADER, unit))
        with as_actor(leader) as session:
            for window in WINDOWS:
                wanted = naive(list(histories.inside(unit)), window.begin, window.end)
                asked = Asked(window)
                for item in INDICATORS:
                    found = figure(session, leader, item.code, asked)
                    assert found == wanted[item.code], (item.code, unit, window)
                    for side in Side:
                        assert opened(session, leader, item.code, side, asked) == found.count(side), (item.code, side)
                departments = department_figures(session, leader, asked)
                assert sum(row.figure.all for row in departments) == wanted["orders_accepted"].all
                assert sum(row.figure.hit for row in departments) == wanted["orders_accepted"].hit
                for row in departments:
                    own = Asked(window, department=row.department_id)
                    assert opened(session, leader, "orders_accepted", Side.ALL, own) == row.figure.all


def test_departments_are_told_by_the_units_they_belong_to(
    make: Factories, as_actor: Callable[[Actor | None], Any]
) -> None:
    make.world()
    ours, theirs = make.department("司法所", TOWN_A), make.department("司法所", TOWN_B)
    with as_actor(actor_at((Role.LEADER, COUNTY))) as session:
        assert department_places(session, [ours, theirs]) == {ours: "甲街道", theirs: "乙镇"}
    with as_actor(actor_at((Role.LEADER, TOWN_A))) as session:
        assert department_places(session, [ours, theirs]) == {ours: "甲街道"}


def opened(session: Any, actor: Actor, code: str, side: Side, asked: Asked) -> int:
    """Turn all pages; return how many rows there are, each of them only once, and as many as each page says."""
    seen, after = set(), None
    while True:
        rows, total, after = list_counted(session, actor, code, side, asked, after=after, limit=7, now=END)
        for row in rows:
            assert (row.place.county_code, row.place.id) not in seen
            assert asked.window.begin <= row.place.at < asked.window.end
            assert row.exempt == (side is Side.EXEMPT)
            assert side not in (Side.HIT, Side.MISSED) or row.hit == (side is Side.HIT)
            seen.add((row.place.county_code, row.place.id))
        if after is None:
            assert len(seen) == total
            return total


@pytest.mark.parametrize("histories", [7], indirect=True)
def test_a_figure_of_the_past_stays_what_it_was(
    histories: Histories, as_actor: Callable[..., Any], owner: Callable[[], Any]
) -> None:
    """What happens to cases after the period does not change it: they are all closed in the end."""
    leader, asked = actor_at((Role.LEADER, COUNTY)), Asked(Window(BEGIN, END))
    with as_actor(leader) as session:
        before = figures(session, leader, asked)
    late = END + timedelta(days=300)
    with owner() as session:
        for past in histories.pasts:
            if past.steps and past.steps[-1].after not in ("closed", "archived", "declined", "joined"):
                last = past.steps[-1]
                values = {"county_code": last.county_code, "unit_code": last.unit_code, "case_id": last.case_id}
                for n, (action, after) in enumerate(
                    [("accept", "accepted"), ("revisit", "revisited"), ("close", "closed")], 1
                ):
                    session.add(
                        CaseStep(number=last.number + n, action=action, before=last.after, after=after, at=late,
                                 actor_name="某", data={}, **values)
                    )  # fmt: skip
        session.execute(text("update case_timers set stopped_at = :at where stopped_at is null"), {"at": late})
        session.execute(
            text("update case_orders set accepted_at = :at where ended_at is null and accepted_at is null"),
            {"at": late},
        )
    with as_actor(leader) as session:
        assert figures(session, leader, asked) == before


@pytest.mark.parametrize("histories", [3], indirect=True)
def test_a_class_narrows_to_its_cases(histories: Histories, as_actor: Callable[..., Any]) -> None:
    leader = actor_at((Role.LEADER, COUNTY))
    disputes = [past for past in histories.pasts if past.dispute]
    wanted = naive(disputes, BEGIN, END)
    with as_actor(leader) as session:
        for narrowed in (Asked(Window(BEGIN, END), family=(1,)), Asked(Window(BEGIN, END), category=("0101",))):
            found = figures(session, leader, narrowed)
            assert {code: pair[0] for code, pair in found.items()} == wanted
        assert figure(session, leader, "intake", Asked(Window(BEGIN, END), family=(3,), category=("0101",))) == Figure()


@pytest.mark.parametrize("histories", [5], indirect=True)
def test_a_page_tells_formula_numbers_and_their_rows(histories: Histories, signed_in: Callable[..., Any]) -> None:
    leader = signed_in((Role.LEADER, TOWN_A))
    args = "from=2026-03-01&to=2026-05-31"
    page = leader.get(f"/indicators?{args}").get_data(as_text=True)
    answer = leader.get(f"/indicators?{args}", headers=JSON).json
    wanted = naive(list(histories.inside(TOWN_A)), BEGIN, END)
    assert [item["code"] for item in answer["items"]] == [item.code for item in INDICATORS]
    for item in answer["items"]:
        assert item["name"] in page
        assert item["formula"] in page
        assert item["left_out"] in page
        for side in ("hit", "all", "missed", "exempt"):
            if side in item:
                rows = leader.get(item[side]["rows"], headers=JSON).json
                assert rows["total"] == item[side]["count"] == wanted[item["code"]].count(Side(side))
                assert len(rows["items"]) == min(rows["total"], 30)
                assert (rows["next"] is not None) == (rows["total"] > 30)
        shown = leader.get(item["all"]["rows"])
        assert shown.status_code == 200
        assert item["name"] in shown.get_data(as_text=True)


def test_without_a_denominator_there_is_no_rate(make: Factories, signed_in: Callable[..., Any]) -> None:
    make.world()
    leader = signed_in((Role.LEADER, TOWN_A))
    page = leader.get("/indicators").get_data(as_text=True)
    assert "无数据" in page
    assert "100.00" not in page
    assert "0.00" not in page
    answer = leader.get("/indicators", headers=JSON).json
    assert all(item["rate"] is None and item["change"] is None for item in answer["items"])


def test_an_exempted_time_out_stays_visible(
    make: Factories, signed_in: Callable[..., Any], owner: Callable[[], Any]
) -> None:
    make.world()
    code = make.case(GRID_A11, received_at=BEGIN)
    with owner() as session:
        case = session.scalars(select(Case).where(Case.case_code == code)).unique().one()
        calendar = session.execute(text("select min(id) from work_calendars")).scalar()
        due_at = BEGIN + timedelta(days=3)
        for exempted_at in (due_at, None):
            session.add(
                CaseTimer(
                    county_code=case.county_code, unit_code=case.unit_code, case_id=case.id, stage="whole", source_note="",
                    data={}, calendar_id=calendar, started_at=BEGIN, due_at=due_at, stopped_at=due_at + timedelta(days=1),
                    exempted_at=exempted_at,
                )
            )  # fmt: skip
            session.flush()
    leader = signed_in((Role.LEADER, TOWN_A))
    page = leader.get("/indicators?from=2026-03-01&to=2026-03-31").get_data(as_text=True)
    assert "其中豁免" in page
    rows = leader.get("/indicators/completed_in_time?from=2026-03-01&to=2026-03-31&side=exempt", headers=JSON).json
    assert [(item["case_code"], item["exempt"]) for item in rows["items"]] == [(code, True)]
    assert (
        leader.get("/indicators/completed_in_time?from=2026-03-01&to=2026-03-31&side=all", headers=JSON).json["total"]
        == 1
    )


def test_an_order_that_goes_on_is_no_further_order(make: Factories, signed_in: Callable[..., Any]) -> None:
    """Work that is sent back, and an order that another department takes over, were accepted before."""
    course = Course(make, signed_in)
    leader, keeper = signed_in((Role.LEADER, TOWN_A)), signed_in((Role.ADMINISTRATOR, TOWN_A))

    def counted() -> list[str]:
        found = leader.get("/indicators/orders_accepted?side=all", headers=JSON).json
        return [f"{item['department']}{item['hit']}" for item in found["items"]]

    course.to_handling()
    course.done(course.handler, "report", reason="已清理")
    assert counted() == ["派出所True"]
    course.done(course.desk, "reject", reason="没有清理干净")
    assert counted() == ["派出所True"]
    course.done(keeper, "hand_on", holder=course.police, department=course.justice, reason="职责划转")
    assert counted() == ["派出所True"]


def test_whistles_and_mediations_agree_with_their_own_pages(
    make: Factories, owner: Callable[[], Any], as_actor: Callable[..., Any]
) -> None:
    make.world()
    rng = random.Random(11)
    for _ in range(12):
        code = make.case(rng.choice((GRID_A11, GRID_B11)), received_at=BEGIN)
        with owner() as session:
            case = session.scalars(select(Case).where(Case.case_code == code)).unique().one()
            own = {"county_code": case.county_code, "unit_code": case.unit_code, "case_id": case.id}
            template = session.execute(text("select min(id) from mediation_templates")).scalar()
            sent = BEGIN + timedelta(days=rng.randint(0, 92), hours=rng.randint(0, 23))
            ended = rng.choice((None, sent + timedelta(hours=rng.randint(1, 9))))
            whistle = CaseWhistle(
                place="p",
                reason="r",
                sent_at=sent,
                sent_by_name="某",
                due_at=sent + timedelta(hours=3),
                ended_at=ended,
                **own,
            )
            session.add(whistle)
            session.flush()
            for department in (1, 2):
                came = rng.choice((None, sent + timedelta(hours=1), sent + timedelta(hours=5)))
                session.add(CaseWhistleCall(whistle_id=whistle.id, department_id=department, department_name=f"示例{department}所",
                                            leads=department == 1, turned_up_at=came, **own))  # fmt: skip
            state = rng.choice(("open", "moved_up", "agreed", "failed"))
            session.add(
                Mediation(run=1, template_id=template, tier=1, tier_name="村级", started_at=sent, mediator_ids=[1], mediators="某",
                          state=state, ended_at=None if state == "open" else sent + timedelta(days=1), **own)
            )  # fmt: skip
    leader = actor_at((Role.LEADER, COUNTY))
    with as_actor(leader) as session:
        for end in (END, BEGIN + timedelta(days=40, hours=2)):
            asked = Asked(Window(BEGIN, end))
            agreed, total, _rows = ended_mediations(session, leader, BEGIN, end)
            assert figure(session, leader, "mediated", asked) == Figure(total, agreed)
        # the page of whistles tells how they stand now; as of the end of a period that is over, nothing more can come
        counts = [
            count for _name, _place, count in tally(session, leader, COUNTY, (BEGIN, END), END + timedelta(days=9))
        ]
        settled = sum(count.total() - count[Arrival.WAITED_FOR] for count in counts)
        asked = Asked(Window(BEGIN, END + timedelta(days=9)))
        assert figure(session, leader, "turned_up", asked) == Figure(settled, sum(c[Arrival.ON_TIME] for c in counts))


@pytest.mark.parametrize(
    ("address", "status", "words"),
    [
        ("/indicators/nothing", 404, "没有这个指标"),
        ("/indicators/solved?side=left", 400, "明细范围"),
        ("/indicators/solved?department=x", 400, "部门编号"),
        ("/indicators/solved?department=99999999999999999999", 400, "部门编号"),
        ("/indicators?from=2026-02-30", 400, "开始日期"),
        ("/indicators?from=2026-05-02&to=2026-05-01", 400, "结束日期早于开始日期"),
        ("/indicators?to=2020-05-01", 200, "2020-05-01"),
        ("/indicators?from=2190-05-01", 200, "无数据"),
        ("/indicators/solved?after=1.x", 400, "翻页位置"),
        (f"/indicators?unit={COUNTY}", 404, "不在您负责的范围内"),
        (f"/indicators?unit={GRID_A11}", 200, "第一网格"),
    ],
)
def test_what_is_asked_wrongly_is_told(
    make: Factories, signed_in: Callable[..., Any], address: str, status: int, words: str
) -> None:
    make.world()
    answer = signed_in((Role.LEADER, TOWN_A)).get(address)
    assert answer.status_code == status
    assert words in answer.get_data(as_text=True)


def test_who_has_two_towns_sees_both_and_each(make: Factories, signed_in: Callable[..., Any]) -> None:
    make.world()
    both = signed_in((Role.LEADER, TOWN_A), (Role.LEADER, TOWN_B))
    assert "我负责的全部区划" in both.get("/indicators").get_data(as_text=True)
    assert both.get(f"/indicators?unit={TOWN_B}").status_code == 200
    one = signed_in((Role.LEADER, TOWN_A), (Role.GRID_WORKER, TOWN_B))
    assert one.get(f"/indicators?unit={TOWN_B}").status_code == 404
