"""What the calendar's pages send, as typed values, with messages for people."""

from __future__ import annotations

import itertools
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from wtforms import BooleanField, DateField, HiddenField, RadioField, SelectField, StringField
from wtforms.fields import SelectChoice
from wtforms.validators import InputRequired, Length, ValidationError

from gridmap.access import Actor
from gridmap.errors import BadInput, NotFound
from gridmap.web import Form
from gridmap.worktime.rules import KIND_NAMES, ZONE, Counting, Day, DayEnd, Limit, TimeKind, Window
from gridmap.worktime.rules.words import spoken_clock

FIRST_YEAR, LAST_YEAR = 2004, 2100
SPAN = re.compile(r"(\d{1,2})[:：](\d{2})\s*[-–—~～至到]\s*(\d{1,2})[:：](\d{2})")
MOST_WINDOWS = 6
WEEKDAY_NAMES = dict(enumerate(("星期一", "星期二", "星期三", "星期四", "星期五", "星期六", "星期日"), start=1))


def parse_windows(text: str) -> tuple[Window, ...]:
    """Read ``08:30-12:00、13:30-18:00``; blank is no work time. Raises ``BadInput`` with what to write instead."""
    example = "请写成 08:30-12:00、13:30-18:00。"
    found = [tuple(map(int, match.groups())) for match in SPAN.finditer(text)]
    if re.sub(r"[\s,，、;；]+", "", SPAN.sub("", text)):
        raise BadInput(f"“{text.strip()[:40]}”不是上班时段，{example}")
    if len(found) > MOST_WINDOWS:
        raise BadInput(f"一天最多 {MOST_WINDOWS} 个时段。")
    windows = []
    for from_hour, from_minute, to_hour, to_minute in found:
        window = Window(from_hour * 60 + from_minute, to_hour * 60 + to_minute)
        if from_minute > 59 or to_minute > 59 or window.closes_minute > 1440:
            raise BadInput(f"时间应在 00:00–24:00 之间，{example}")
        if window.opens_minute >= window.closes_minute:
            raise BadInput("时段的结束应晚于开始；跨过午夜的请分到两天。")
        windows.append(window)
    windows.sort()
    for one, following in itertools.pairwise(windows):
        if following.opens_minute < one.closes_minute:
            raise BadInput("上班时段不能重叠。")
    return tuple(windows)


def write_windows(windows: tuple[Window, ...]) -> str:
    """Return windows as people type them."""
    return "、".join(f"{spoken_clock(w.opens_minute)}-{spoken_clock(w.closes_minute)}" for w in windows)


def _windows(_form: Any, field: StringField) -> None:
    try:
        parse_windows(field.data or "")
    except BadInput as fault:
        raise ValidationError(fault.message) from fault


def _stripped(text: str | None) -> str:
    return (text or "").strip()


def _reason(of: str, label: str = "修改原因") -> StringField:
    """Return the field of the reason; several forms of one page need names of their own for it."""
    return StringField(
        label,
        id=f"{of}-reason",
        filters=[_stripped],
        validators=[InputRequired("请填写修改原因。"), Length(max=200, message="修改原因最多 200 个字。")],
    )


class EditForm(Form):
    """What every change of a calendar carries: whose calendar, which version was seen, why."""

    area = HiddenField(validators=[InputRequired("缺少区划，请刷新页面。")])
    seen = HiddenField(validators=[InputRequired("缺少日历版本，请刷新页面。")])
    reason = _reason("edit")

    @property
    def seen_id(self) -> int:
        """The version that the person looked at; nonsense is no version."""
        return int(self.seen.data) if re.fullmatch(r"\d{1,15}", self.seen.data or "") else 0


class DayForm(EditForm):
    """One day: back to its weekday, work, or off."""

    on = DateField("日期", validators=[InputRequired("请选择日期。")])
    what = RadioField(
        "安排",
        choices=[SelectChoice("off", "放假"), SelectChoice("work", "上班"), SelectChoice("usual", "按星期安排")],
        validators=[InputRequired("请选择安排。")],
    )
    name = StringField("名称", filters=[_stripped], validators=[Length(max=30, message="名称最多 30 个字。")])
    windows = StringField("上班时段", validators=[Length(max=120, message="上班时段过长。"), _windows])

    def validate_name(self, field: StringField) -> None:
        """A day off has a name."""
        if self.what.data == "off" and not field.data:
            raise ValidationError("请填写名称，如“国庆节”“停电停工”。")

    def validate_on(self, field: DateField) -> None:
        """Only years that the page can show."""
        if field.data and not FIRST_YEAR <= field.data.year <= LAST_YEAR:
            raise ValidationError(f"日期应在 {FIRST_YEAR}–{LAST_YEAR} 年之间。")

    def day(self) -> Day | None:
        """Return the day as entered; ``None`` gives it back to its weekday."""
        assert self.on.data is not None
        if self.what.data == "usual":
            return None
        windows = parse_windows(self.windows.data or "") if self.what.data == "work" else ()
        source = f"手工：{self.reason.data}"
        return Day(self.on.data, self.what.data == "work", self.name.data or "", source, windows or None)

    def show(self, on: date, day: Day | None, *, is_workday: bool) -> None:
        """Fill in what the day is now."""
        self.on.data = on
        self.what.data = "usual" if day is None else ("work" if is_workday else "off")
        self.name.data = day.name if day else ""
        self.windows.data = write_windows(day.windows) if day and day.windows else ""


class WindowsForm(EditForm):
    """Work windows of the seven weekdays."""

    reason = _reason("windows")
    weekday_1 = StringField("星期一", validators=[_windows])
    weekday_2 = StringField("星期二", validators=[_windows])
    weekday_3 = StringField("星期三", validators=[_windows])
    weekday_4 = StringField("星期四", validators=[_windows])
    weekday_5 = StringField("星期五", validators=[_windows])
    weekday_6 = StringField("星期六", validators=[_windows])
    weekday_7 = StringField("星期日", validators=[_windows])

    @property
    def weekdays(self) -> list[StringField]:
        """The seven fields in order."""
        return [self[f"weekday_{number}"] for number in range(1, 8)]

    def weekly(self) -> dict[int, tuple[Window, ...]]:
        """Return the windows by ISO weekday."""
        return {number: parse_windows(field.data or "") for number, field in enumerate(self.weekdays, start=1)}

    def show(self, weekly: Mapping[int, tuple[Window, ...]]) -> None:
        """Fill in what counts now."""
        for number, field in enumerate(self.weekdays, start=1):
            field.data = write_windows(weekly.get(number, ()))


class CountingForm(EditForm):
    """How a kind of day is counted."""

    reason = _reason("counting", "依据")
    kind = HiddenField(validators=[InputRequired("缺少时间种类，请刷新页面。")])
    counts_start_day = BooleanField("起算当日计入")
    ends_at = SelectField(
        "最后一日何时到期", choices=[SelectChoice("close", "下班时"), SelectChoice("midnight", "24:00")]
    )
    last_day_moves = BooleanField("最后一日是休息日的，顺延至下一个工作日")

    def validate_kind(self, field: HiddenField) -> None:
        """Only the two kinds of days."""
        if field.data not in (TimeKind.WORK_DAYS, TimeKind.NATURAL_DAYS):
            raise ValidationError("没有这种时间。")

    def rule(self) -> Counting:
        """Return the rule as entered; the reason is where it comes from."""
        moves = bool(self.last_day_moves.data) and self.kind.data == TimeKind.NATURAL_DAYS
        return Counting(bool(self.counts_start_day.data), DayEnd(self.ends_at.data), moves, self.reason.data or "")


class YearForm(EditForm):
    """A year whose holidays were entered by hand."""

    reason = _reason("year", "依据")
    year = HiddenField()


class ImportForm(Form):
    """Whose calendar takes over the library's holidays."""

    area = HiddenField()


@dataclass(frozen=True)
class Trial:
    """A limit to try out."""

    start: datetime
    limit: Limit


def area_code(text: str, actor: Actor) -> int:
    """Return the asked area; without one, that of the person's post. Raises ``NotFound`` for what is no area."""
    if not text:
        home = actor.home.unit_code if actor.home else 0
        return home - home % 10**6
    if not re.fullmatch(r"\d{1,15}", text) or int(text) % 10**6:
        raise NotFound("没有找到该区划的工作日历。")
    return int(text)


def asked_year(text: str, this_year: int) -> int:
    """Return the asked year. Raises ``BadInput``."""
    if not text:
        return this_year
    if not re.fullmatch(r"\d{4}", text) or not FIRST_YEAR <= int(text) <= LAST_YEAR:
        raise BadInput(f"年份应在 {FIRST_YEAR}–{LAST_YEAR} 之间。", field="year")
    return int(text)


def asked_day(text: str) -> date | None:
    """Return the asked day, or ``None``. Raises ``BadInput``."""
    try:
        on = date.fromisoformat(text) if text else None
    except ValueError as error:
        raise BadInput("日期应写成 2026-10-08 的样子。", field="day") from error
    if on and not FIRST_YEAR <= on.year <= LAST_YEAR:
        raise BadInput(f"日期应在 {FIRST_YEAR}–{LAST_YEAR} 年之间。", field="day")
    return on


def trial(args: Mapping[str, str]) -> Trial:
    """Read a limit to try out: local start, kind, amount. Raises ``BadInput``."""
    try:
        start = datetime.fromisoformat(args.get("start", "")).replace(tzinfo=ZONE)
    except ValueError as error:
        raise BadInput("请填写开始时间。", field="start") from error
    if not FIRST_YEAR <= start.year <= LAST_YEAR - 30:
        raise BadInput(f"开始时间应在 {FIRST_YEAR}–{LAST_YEAR - 30} 年之间。", field="start")
    if args.get("kind") not in set(TimeKind):
        raise BadInput("请选择时间种类。", field="kind")
    if not re.fullmatch(r"\d{1,5}(\.\d{1,4})?", args.get("amount", "").strip()):
        raise BadInput("时限应为数字，如 4 或 0.5。", field="amount")
    return Trial(start, Limit(args["kind"], args["amount"].strip()))  # type: ignore[arg-type]


KIND_CHOICES = [(kind.value, name) for kind, name in KIND_NAMES.items()]
