"""Which limit a stage has, and when its levels are reached."""

from __future__ import annotations

from datetime import UTC, datetime, time
from decimal import Decimal

import pytest

from gridmap.cases.rules import Stage
from gridmap.cases.rules.clocks import QuietHours, quiet_at
from gridmap.cases.rules.limits import StageLimit, check_amounts, level_times, limit_of, next_time, plain_limit
from gridmap.errors import BadInput
from gridmap.worktime.rules import ZONE, Counting, DayEnd, Limit, TimeKind, Window, WorkCalendar, start

RULE = Counting(False, DayEnd.CLOSE, False, "")
CALENDAR = WorkCalendar(
    1,
    "日历",
    {weekday: (Window(510, 720), Window(810, 1080)) for weekday in range(1, 6)},
    {},
    frozenset({2026}),
    {TimeKind.WORK_DAYS: RULE, TimeKind.NATURAL_DAYS: RULE},
)


def row(number: int, stage: Stage = Stage.HANDLE, amount: int = 5, **where: object) -> StageLimit:
    return StageLimit(number, stage, TimeKind.WORK_DAYS, Decimal(amount), **where)  # type: ignore[arg-type]


TOWN = 990102001000000
ROWS = [
    row(1),
    row(2, grade="urgent"),
    row(3, family=1),
    row(4, family=1, grade="urgent"),
    row(5, category="0101"),
    row(6, category="0101", grade="urgent"),
    row(7, Stage.WHOLE),
]


@pytest.mark.parametrize(
    ("category", "family", "grade", "expected"),
    [
        ("0501", 5, "worry", 1),
        ("0501", 5, "urgent", 2),
        ("0102", 1, "worry", 3),
        ("0102", 1, "urgent", 4),
        ("0101", 1, "worry", 5),
        ("0101", 1, "urgent", 6),
    ],
)
def test_the_most_specific_row_wins(category: str, family: int, grade: str, expected: int) -> None:
    found = limit_of(
        ROWS, Stage.HANDLE, unit_code=TOWN, category=category, family=family, grade=grade, plain_hours=None
    )
    assert found is not None
    assert found.id == expected


def test_the_nearest_area_wins_before_the_more_specific_row() -> None:
    county, other = 990102000000000, 990102002000000
    rows = [*ROWS, row(8, area=county), row(9, area=other), row(10, area=county, grade="urgent")]
    where = {"category": "0101", "family": 1, "plain_hours": None}

    def found(unit_code: int, grade: str) -> int | None:
        limit = limit_of(rows, Stage.HANDLE, unit_code=unit_code, grade=grade, **where)  # type: ignore[arg-type]
        return limit.id if limit else None

    assert found(TOWN, "worry") == 8
    assert found(TOWN, "urgent") == 10
    assert found(other + 1001, "urgent") == 9
    assert found(110101000000000, "urgent") == 6


def test_the_hours_of_the_class_count_for_the_whole_course_unless_a_row_names_the_class() -> None:
    case = {"unit_code": TOWN, "category": "0101", "family": 1, "grade": "worry", "plain_hours": 72}
    found = limit_of(ROWS, Stage.WHOLE, **case)  # type: ignore[arg-type]
    assert found is not None
    assert found.limit == Limit(TimeKind.NATURAL_DAYS, Decimal(3))
    named = limit_of([*ROWS, row(8, Stage.WHOLE, category="0101")], Stage.WHOLE, **case)  # type: ignore[arg-type]
    assert named is not None
    assert named.id == 8
    assert limit_of(ROWS, Stage.VERIFY, **case) is None  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("hours", "kind", "amount"),
    [(2, "emergency_hours", 2), (24, "emergency_hours", 24), (36, "emergency_hours", 36), (48, "natural_days", 2), (2160, "natural_days", 90)],
)  # fmt: skip
def test_whole_days_of_the_list_of_classes_are_natural_days(hours: int, kind: str, amount: int) -> None:
    assert plain_limit(hours) == Limit(TimeKind(kind), Decimal(amount))


def test_levels_of_four_work_hours_from_friday_half_past_five() -> None:
    friday = datetime(2026, 11, 20, 17, 30, tzinfo=ZONE)
    timer = start(Limit(TimeKind.WORK_HOURS, Decimal(4)), friday, CALENDAR)
    remind, due, second = level_times(timer, Decimal(1), Decimal(8), CALENDAR)
    assert remind == datetime(2026, 11, 23, 11, 0, tzinfo=ZONE)
    assert due == datetime(2026, 11, 23, 12, 0, tzinfo=ZONE)
    assert second == datetime(2026, 11, 24, 12, 0, tzinfo=ZONE)
    assert next_time((remind, due, second), 0) == remind
    assert next_time((None, due, second), 0) == due
    assert next_time((remind, due, second), 2) == second
    assert next_time((remind, due, None), 2) is None


def test_a_limit_shorter_than_its_reminder_has_none() -> None:
    timer = start(Limit(TimeKind.WORK_HOURS, Decimal(1)), datetime(2026, 11, 20, 9, tzinfo=ZONE), CALENDAR)
    assert level_times(timer, Decimal(1), None, CALENDAR)[0] is None


@pytest.mark.parametrize(
    ("kind", "amount", "remind", "second", "field"),
    [
        (TimeKind.WORK_DAYS, "1.5", None, None, "amount"),
        (TimeKind.WORK_DAYS, "5", "5", None, "remind_before"),
        (TimeKind.WORK_DAYS, "5", "0.5", None, "remind_before"),
        (TimeKind.WORK_HOURS, "4", "1", "-1", "second_after"),
        (TimeKind.WORK_HOURS, "9999", None, "1", "amount"),
    ],
)
def test_a_new_row_is_checked(kind: TimeKind, amount: str, remind: str | None, second: str | None, field: str) -> None:
    with pytest.raises(BadInput) as told:
        check_amounts(
            kind, Decimal(amount), Decimal(remind) if remind else None, Decimal(second) if second else None
        )  # fmt: skip
    assert told.value.field == field


def test_the_nearest_quiet_hours_count() -> None:
    country, county, grid = (QuietHours(time(hour), time(8)) for hour in (21, 20, 19))
    hours = {0: country, 990102000000000: county, 990102001001001: grid}
    assert quiet_at(hours, 990102001001001) is grid
    assert quiet_at(hours, 990102001001002) is county
    assert quiet_at(hours, 990103001001001) is country
    night = datetime(2026, 11, 20, 23, tzinfo=UTC)
    assert quiet_at({}, 990102001001001).tell_at(night) == night
