"""三级调解 below the web: guards with their remedies, rooms, reminders, packs, the clock of a tier."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from werkzeug.datastructures import MultiDict

from gridmap.access import Decision, Permission
from gridmap.cases.forms.mediation import Duty, read_template
from gridmap.cases.forms.step import read_step
from gridmap.cases.rules import Action, Doer, Facts, Status, judge, transition
from gridmap.cases.rules.tiers import (
    Mediating,
    ReminderLevel,
    Tier,
    TierReminder,
    clashes,
    next_free,
    pack,
    rate,
    reminder_level,
    tier_after,
    tier_reminder,
)
from gridmap.clock import CHINA
from gridmap.errors import BadInput
from gridmap.worktime.rules import Limit, TimeKind

ME = Doer(1)
GROUP = Mediating(1, "组级", 3, False, "向人民法院起诉。")
TIERS = (
    Tier(1, "组级", 3, Limit(TimeKind.NATURAL_DAYS, Decimal(7))),
    Tier(2, "村级", 3, Limit(TimeKind.NATURAL_DAYS, Decimal(15))),
    Tier(4, "县级"),
)


def yes(_permission: Permission) -> Decision:
    return Decision(True)


def reason(action: Action, mediation: Mediating | None, **more: object) -> str:
    """Return why an action is refused while a case is handled."""
    row = transition(Status.HANDLING, action)
    assert row is not None
    return judge(row, Facts(Status.HANDLING, 1, mediation=mediation, **more), ME, yes).reason  # type: ignore[arg-type]


def with_sessions(**counts: int) -> Mediating:
    return Mediating(1, "组级", 3, False, "向人民法院起诉。", **counts)


def test_one_mediation_at_a_time() -> None:
    assert reason(Action.START_MEDIATION, None) == ""
    assert "正在进行组级调解" in reason(Action.START_MEDIATION, GROUP)
    assert "启动调解" in reason(Action.PLAN_SESSION, None)


def test_the_fourth_session_is_refused_with_the_remedy() -> None:
    assert reason(Action.PLAN_SESSION, with_sessions(planned=1, failed=1)) == ""
    told = reason(Action.PLAN_SESSION, with_sessions(planned=1, failed=2))
    assert "至多 3 次" in told
    assert "移交上一级调解" in told
    last = Mediating(3, "镇级", 3, True, "起诉", failed=3)
    assert "终结调解" in reason(Action.PLAN_SESSION, last)
    assert reason(Action.PLAN_SESSION, Mediating(4, "县级", None, True, "起诉", failed=30)) == ""


def test_moving_up_needs_a_try_and_a_tier() -> None:
    assert "还没有未达成一致的调解会记录" in reason(Action.MOVE_UP, GROUP)
    assert "没有记录" in reason(Action.MOVE_UP, with_sessions(planned=1, failed=1))
    assert reason(Action.MOVE_UP, with_sessions(failed=1)) == ""
    told = reason(Action.MOVE_UP, Mediating(4, "县级", None, True, "向人民法院起诉。", failed=1))
    assert "最后一级" in told
    assert "向人民法院起诉" in told


def test_agreement_comes_from_a_session_and_promises_can_be_settled_later() -> None:
    assert "达成一致的调解会" in reason(Action.AGREE, with_sessions(failed=2))
    assert reason(Action.AGREE, with_sessions(agreed=1)) == ""
    assert reason(Action.PERFORM, None)
    assert reason(Action.PERFORM, None, promises=(0, 1)) == ""
    assert transition(Status.ARCHIVED, Action.PERFORM) is not None
    assert transition(Status.ARCHIVED, Action.AGREE) is None


def test_tiers_follow_their_numbers_whatever_the_gaps() -> None:
    assert tier_after(TIERS, 1) == TIERS[1]
    assert tier_after(TIERS, 2) == TIERS[2]
    assert tier_after(TIERS, 4) is None
    assert TIERS[0].words == "至多 3 次，7 自然日内"
    assert TIERS[2].words == "次数不限，期限不限"


def at(day: int, hour: int, minute: int = 0) -> datetime:
    return datetime(2026, 11, day, hour, minute, tzinfo=CHINA)


def office(on: date) -> list[tuple[datetime, datetime]]:
    if on.isoweekday() > 5:
        return []
    day = datetime(on.year, on.month, on.day, tzinfo=CHINA)
    return [(day + timedelta(hours=a), day + timedelta(hours=b)) for a, b in ((8.5, 12), (13.5, 18))]


def test_the_next_free_time_is_in_work_time_and_after_what_is_booked() -> None:
    hour = timedelta(hours=1)
    busy = [(at(23, 9), at(23, 11)), (at(23, 13, 30), at(23, 18))]
    assert clashes(busy, at(23, 10), at(23, 12))
    assert not clashes(busy, at(23, 11), at(23, 12))
    assert next_free(busy, at(23, 10), hour, office) == at(23, 11)
    assert next_free(busy, at(23, 10), 2 * hour, office) == at(24, 8, 30)
    friday = [(at(27, 8, 30), at(27, 18))]
    assert next_free(friday, at(27, 9), hour, office) == at(30, 8, 30)
    assert next_free([(at(20, 0), at(20, 0) + timedelta(days=30))], at(23, 9), hour, office) is None
    assert next_free(busy, at(23, 10).astimezone(UTC), hour, office) == at(23, 11)


@given(
    st.lists(st.tuples(st.integers(0, 2000), st.integers(10, 300)), max_size=30),
    st.integers(0, 2000),
    st.sampled_from([30, 60, 120]),
)
def test_what_is_offered_is_free(booked: list[tuple[int, int]], wanted: int, length: int) -> None:
    start = at(23, 0)
    busy = [(start + timedelta(minutes=a), start + timedelta(minutes=a + n)) for a, n in booked]
    found = next_free(busy, start + timedelta(minutes=wanted), timedelta(minutes=length), office)
    assert found is not None  # two weeks are longer than what was booked
    assert found >= start + timedelta(minutes=wanted)
    assert not clashes(busy, found, found + timedelta(minutes=length))


@pytest.mark.parametrize(
    ("today", "level"),
    [
        (date(2026, 12, 27), None),
        (date(2026, 12, 28), ReminderLevel.SOON),
        (date(2026, 12, 31), ReminderLevel.DUE),
        (date(2027, 1, 1), ReminderLevel.OVERDUE),
    ],
)
def test_levels_of_reminders(today: date, level: ReminderLevel | None) -> None:
    assert reminder_level(date(2026, 12, 31), today, 3) is level


def test_the_rate_is_cut_and_not_rounded_up() -> None:
    assert rate(11, 12) == 91.66
    assert rate(0, 0) is None
    assert rate(3, 3) == 100.0


def test_a_pack_tells_what_was_tried_said_last_and_why_it_failed() -> None:
    def session(number: int, result: str, claims: str, offers: str, why: str) -> dict[str, object]:
        return {"number": number, "result": result, "claims": claims, "offers": offers, "reason": why}

    tiers = [
        {"name": "组级", "sessions": [session(1, "not_agreed", "要回十亩", "五五分", "一方不同意")]},
        {
            "name": "村级",
            "sessions": [session(1, "postponed", "", "", "下雪"), session(2, "not_agreed", "要回八亩", "", "界桩不清")],
        },
    ]
    kept = pack(tiers, "三次未果", "镇级")
    assert kept["claims"] == "要回八亩"
    assert kept["offers"] == "五五分"
    assert kept["failures"] == ["组级第 1 次：一方不同意", "村级第 2 次：界桩不清"]
    assert (kept["reason"], kept["next"]) == ("三次未果", "镇级")


def agreement(**more: object) -> MultiDict[str, str]:
    plain = {"counterpart": "12 号商铺", "terms": "分期支付", "confirmation": "none", "ends": "no"}
    return MultiDict([*plain.items(), *[(k, v) for k, vs in more.items() for v in vs]])  # type: ignore[attr-defined]


def test_promises_are_read_row_by_row() -> None:
    row = transition(Status.HANDLING, Action.AGREE)
    assert row is not None
    form = agreement(
        duty_what=["付款", ""], duty_by=["申请人", ""], duty_amount=["1,200.50", ""], duty_due=["2026-12-31", ""]
    )
    assert read_step(row, form, MultiDict()).get("duties") == (
        Duty("付款", "申请人", Decimal("1200.50"), date(2026, 12, 31)),
    )
    for wrong, words in (
        ({"duty_amount": ["一千"]}, "金额"),
        ({"duty_due": ["明年"]}, "到期日期"),
        ({"duty_by": [""]}, "第 1 行请写全"),
    ):
        cells = {"duty_what": ["付款"], "duty_by": ["甲方"], "duty_amount": [""], "duty_due": ["2026-12-31"], **wrong}
        with pytest.raises(BadInput, match=words):
            read_step(row, agreement(**cells), MultiDict())


def test_times_that_are_none_are_told() -> None:
    row = transition(Status.HANDLING, Action.PLAN_SESSION)
    assert row is not None
    plain = {"minutes": "60", "parties": "双方", "place": "村委会"}
    for text in ("明天", "2026-02-30T09:00", "2026-11-23T24:30", "9999-01-01T09:00"):
        with pytest.raises(BadInput) as fault:
            read_step(row, MultiDict({**plain, "starts_at": text}), MultiDict())
        assert fault.value.field == "starts_at"
    found = read_step(row, MultiDict({**plain, "starts_at": "2026-12-31T23:30"}), MultiDict())
    assert found.get("starts_at") == datetime(2026, 12, 31, 15, 30, tzinfo=UTC)
    assert found.get("minutes") == timedelta(hours=1)


def test_a_template_is_read_whole_or_not_at_all() -> None:
    def form(**more: list[str]) -> MultiDict[str, str]:
        cells = {
            "name": ["组级", "县级", ""], "most_sessions": ["3", "", ""], "amount": ["7", "", ""],
            "kind": ["natural_days", "work_days", "natural_days"], "source_note": ["办法第三条"],
            "remind_hours": ["48", "", ""], "lawful_channels": ["起诉"], "remind_days": ["3"], "seen_id": ["1"], **more,
        }  # fmt: skip
        return MultiDict([(name, value) for name, values in cells.items() for value in values])

    assert read_template(form()).tiers == (replace(TIERS[0], remind_hours=48), Tier(2, "县级"))
    for wrong, words in (
        ({"most_sessions": ["0", "", ""]}, "第 1 级至多次数"),
        ({"amount": ["七", "", ""]}, "第 1 级期限"),
        ({"name": ["组级", "组级", ""]}, "不能相同"),
        (dict.fromkeys(("name", "most_sessions", "amount", "remind_hours"), [""] * 3), "至少要有一级"),
        ({"source_note": [""]}, "依据"),
        ({"remind_hours": ["721", "", ""]}, "第 1 级到期前几小时提醒"),
        ({"remind_hours": ["48", "48", ""]}, "第 2 级没有期限"),
        ({"remind_hours": ["48", "", "5"]}, "第 3 级的名称"),
        ({"kind": ["moons", "", ""]}, "时间种类"),
    ):
        with pytest.raises(BadInput, match=words):
            read_template(form(**wrong))


@pytest.mark.parametrize(
    ("hours_left", "lead", "told"),
    [
        (49, 48, None),
        (48, 48, TierReminder.SOON),
        (1, 48, TierReminder.SOON),
        (0, 48, TierReminder.OVER),
        (-99, 48, TierReminder.OVER),
        (1, None, None),
        (0, None, TierReminder.OVER),
        (1, 168, None),  # as long as the whole time: the start said it
    ],
)
def test_a_tier_is_told_of_before_its_time_ends_and_after(hours_left: int, lead: int | None, told: object) -> None:
    due = datetime(2026, 12, 7, 16, tzinfo=UTC)
    assert tier_reminder(due - timedelta(days=7), due, due - timedelta(hours=hours_left), lead) is told
