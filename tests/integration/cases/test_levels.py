"""What a limit sets off: reminder, overdue and second limit once and in order, 督办, quiet hours, what is told in the morning."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest
from sqlalchemy import select, text

from gridmap.access import Role
from gridmap.cases.actions.escalation import tell_waiting
from gridmap.cases.actions.supervision import ask_papers
from gridmap.cases.models import CaseEscalation
from tests.factories import COUNTY, TOWN_A, Factories
from tests.integration.cases.timed import Timed, china


def test_levels_are_written_once_and_in_order_the_first_too(timed: Timed) -> None:
    timed.dispatch()
    assert timed.sweep() == 0
    timed.now = china(2026, 11, 23, 11, 0)
    assert timed.sweep() == 1
    assert timed.sweep() == 0
    assert timed.levels() == [("accept", "remind")]
    timed.now = china(2026, 11, 23, 12, 0)
    assert timed.sweep() == 1
    timed.now = china(2026, 11, 24, 12, 0)
    assert timed.sweep() == 2  # the second limit of 接单, and the whole course by its class
    assert timed.levels()[:3] == [("accept", "remind"), ("accept", "overdue"), ("whole", "overdue")]
    assert ("accept", "second") in timed.levels()
    assert timed.case().supervision == "ordinary"
    seen = timed.seen(timed.desk)
    assert seen["supervision"] == "ordinary"
    assert (seen["history"][-1]["action"], seen["history"][-1]["actor"]) == ("supervise", "系统")
    assert "普通督办" in timed.page(timed.desk)
    listed = timed.desk.get("/cases?supervision=ordinary", headers={"Accept": "application/json"}).json
    assert [item["case_code"] for item in listed["items"]] == [timed.code]
    assert timed.desk.get("/cases?supervision=red", headers={"Accept": "application/json"}).json["total"] == 0


def test_the_ladder_is_climbed_in_order_and_left_with_a_reason(timed: Timed) -> None:
    timed.handle()
    assert timed.take(timed.desk, "supervise", reason="拖延").status_code == 403
    assert timed.take(timed.supervisor, "supervise").status_code == 400
    for level in ("ordinary", "yellow", "red"):
        timed.done(timed.supervisor, "supervise", reason="拖延")
        assert timed.case().supervision == level
    assert timed.take(timed.supervisor, "supervise", reason="拖延").status_code == 403
    timed.done(timed.supervisor, "release", reason="已整改")
    assert timed.case().supervision is None
    assert timed.take(timed.supervisor, "release", reason="已整改").status_code == 403


def test_notices_made_at_night_wait_until_the_morning(timed: Timed, owner: Callable[[], Any]) -> None:
    timed.dispatch("urgent")  # one hour by the clock, on a Friday evening
    timed.now = china(2026, 11, 21, 0, 0)
    assert timed.sweep() == 1
    told = "select count(*) from notices where kind in ('case.remind', 'case.overdue', 'case.second')"
    with owner() as session:
        assert tell_waiting(session, now=timed.now) == 0
        assert session.execute(text(told)).scalar() == 0
        assert tell_waiting(session, now=china(2026, 11, 21, 7, 59)) == 0
        assert tell_waiting(session, now=china(2026, 11, 21, 8, 0)) == 1
        assert tell_waiting(session, now=china(2026, 11, 21, 8, 1)) == 0
        assert session.execute(text(told)).scalar() == 1
    assert timed.levels() == [("accept", "remind"), ("accept", "overdue"), ("accept", "second")]


def morning(owner: Callable[[], Any], at: datetime) -> list[str]:
    """Tell what waits at ``at``; return the bodies of what was told of limits."""
    with owner() as session:
        tell_waiting(session, now=at)
        told = "select body from notices where kind in ('case.remind', 'case.overdue', 'case.second') order by id"
        return list(session.execute(text(told)).scalars())


def test_a_stage_that_ended_at_night_is_not_told_as_late_in_the_morning(timed: Timed, owner: Callable[[], Any]) -> None:
    timed.dispatch("urgent")
    timed.now = china(2026, 11, 20, 22, 0)  # quiet since nine: late, and supervised
    timed.sweep()
    timed.now = china(2026, 11, 20, 23, 0)
    timed.done(timed.handler, "accept")
    told = morning(owner, china(2026, 11, 21, 8, 0))
    assert len(told) == 1
    assert "接单环节曾超时后再次到限，现为普通督办，该环节现已办完" in told[0]


def test_a_supervision_that_was_released_at_night_is_not_told(timed: Timed, owner: Callable[[], Any]) -> None:
    timed.dispatch("urgent")
    timed.now = china(2026, 11, 20, 22, 0)
    timed.sweep()
    timed.done(timed.handler, "accept")
    timed.done(timed.supervisor, "release", reason="已接单")
    assert morning(owner, china(2026, 11, 21, 8, 0)) == []


def test_what_is_paused_is_told_after_the_pause_if_it_is_true_then(timed: Timed, owner: Callable[[], Any]) -> None:
    timed.dispatch("urgent")
    timed.now = china(2026, 11, 20, 22, 0)
    timed.sweep()
    timed.done(timed.desk, "pause", reason="等待鉴定", until="2026-11-23T22:00")
    assert morning(owner, china(2026, 11, 21, 8, 0)) == []
    assert morning(owner, china(2026, 11, 23, 23, 0)) == []  # the pause ends in quiet hours
    assert len(morning(owner, china(2026, 11, 24, 8, 0))) == 1


def test_the_sweep_writes_the_paper_of_a_supervision_once_for_each_level(
    timed: Timed, owner: Callable[[], Any]
) -> None:
    timed.dispatch("urgent")
    timed.now = china(2026, 11, 20, 22, 0)
    timed.sweep()
    timed.sweep()
    with owner() as session:
        wanted = session.execute(text("select args from procrastinate_jobs where task_name = 'cases.supervision'"))
        steps = [step for args in wanted.scalars() for step in args["steps"]]
        assert len(steps) == 1
        session.execute(text("set local role gridmap_jobs"))
        assert ask_papers(session, steps, timed.now) == 1
        assert ask_papers(session, steps, timed.now) == 0  # done again: nothing more
        session.execute(text("reset role"))
        paper = session.execute(text("select * from case_documents where kind = 'supervision'")).one()
    assert paper.step_number == timed.seen(timed.desk)["history"][-1]["number"]
    assert (paper.issuer_name, paper.actor_name, paper.asked_by) == ("甲街道综治中心", "系统", None)
    assert paper.fields["主送"] == "派出所"
    assert "系统自动督办" in paper.fields["正文"]
    assert "督办单" in timed.page(timed.desk)


def test_each_unit_has_its_own_quiet_hours_and_the_nearest_count(timed: Timed, signed_in: Any, owner: Any) -> None:
    county, town = signed_in((Role.ADMINISTRATOR, COUNTY)), signed_in((Role.ADMINISTRATOR, TOWN_A))
    values = {"begins": "19:00", "ends": "09:30", "quiet_note": "本区规定"}

    def put(client: Any, unit: int | str, **more: str) -> Any:
        return client.post("/cases/limits/quiet", data={**values, "quiet_unit": unit, **more}, follow_redirects=True)

    def told() -> datetime:
        timed.now = china(2026, 11, 20, 17, 30)
        timed.dispatch("urgent")  # one hour to accept, reminded half an hour before
        timed.now = china(2026, 11, 20, 20, 0)
        timed.sweep()
        with owner() as session:
            row = session.scalars(select(CaseEscalation).order_by(CaseEscalation.id.desc()).limit(1)).one()
        return row.tell_at

    assert told() == china(2026, 11, 20, 20, 0)  # the country is quiet from nine on
    assert "已保存为第 1 版" in put(county, COUNTY).get_data(as_text=True)
    assert told() == china(2026, 11, 21, 9, 30)
    page = put(town, TOWN_A, begins="08:00", ends="08:00", quiet_note="本街道不设").get_data(as_text=True)
    assert "不设" in page
    assert "19:00 至次日 09:30" in page  # what counts where the town leaves it
    assert "21:00 至次日 08:00" in page
    assert told() == china(2026, 11, 20, 20, 0)
    assert "已保存为第 2 版" in put(town, TOWN_A, begins="", ends="").get_data(as_text=True)
    assert told() == china(2026, 11, 21, 9, 30)


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ({"quiet_unit": COUNTY}, "不在您负责的范围内"),
        ({"quiet_unit": "0"}, "不在您负责的范围内"),
        ({"quiet_unit": ""}, "请选择区划"),
        ({"quiet_unit": "12345"}, "代码"),
        ({"quiet_unit": 990102001009000}, "没有找到该区划"),
        ({"begins": "25:00"}, "应写作 21:00"),
        ({"ends": "八点"}, "应写作 21:00"),
        ({"ends": ""}, "要么都填"),
        ({"quiet_note": " "}, "请填写依据"),
        ({"quiet_note": "长" * 501}, "最多 500 个字"),
    ],
)
def test_quiet_hours_that_cannot_be_are_told(
    make: Factories, signed_in: Any, owner: Any, more: dict[str, Any], words: str
) -> None:
    make.world()
    admin = signed_in((Role.ADMINISTRATOR, TOWN_A))
    values = {"quiet_unit": TOWN_A, "begins": "20:00", "ends": "08:00", "quiet_note": "本级规定", **more}
    answer = admin.post("/cases/limits/quiet", data=values)
    assert answer.status_code == 400
    assert words in answer.get_data(as_text=True)
    with owner() as session:
        assert session.execute(text("select count(*) from quiet_hours")).scalar() == 1
