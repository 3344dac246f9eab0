"""Writing calendars: every change makes a new version, in force from now; what was, stays."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

from sqlalchemy import func, insert, select
from sqlalchemy.orm import Session

from gridmap import audit
from gridmap.access import Actor, Permission
from gridmap.errors import BadInput, Conflict, Forbidden
from gridmap.worktime import queries
from gridmap.worktime.models import CalendarCounting, CalendarDay, CalendarVersion, CalendarWindow, CalendarYear
from gridmap.worktime.queries import Version
from gridmap.worktime.rules import KIND_NAMES, Counting, Day, TimeKind, Window, WorkCalendar
from gridmap.worktime.rules.calendar import local_date
from gridmap.worktime.rules.published import published_days, published_years, with_published
from gridmap.worktime.rules.words import spoken_counting, spoken_day, spoken_windows


@dataclass(frozen=True)
class ImportReport:
    """What an import did to one area's calendar; ``version`` is ``None`` when there was nothing new."""

    area_name: str
    version: Version | None
    years: tuple[int, ...]
    changed_days: int
    kept_days: int  # set by a person, and left as they were


def edit_day(
    session: Session,
    actor: Actor,
    *,
    area_code: int,
    seen_id: int,
    on: date,
    day: Day | None,
    reason: str,
    now: datetime,
) -> Version:
    """Change what one day is; ``day=None`` gives it back to its weekday. ``seen_id``: the version the person looked at.

    Raises ``Forbidden``, ``Conflict`` when somebody was faster, ``BadInput`` for a day that is over or not changed.
    """
    base = _base(session, actor, area_code, seen_id, now)
    if on < local_date(now):
        raise BadInput("过去的日子不能再改：日历的改动只对今后有效。", field="on")
    days = {other: kept for other, kept in base.days.items() if other != on} | ({on: day} if day else {})
    changed = replace(base, days=dict(sorted(days.items())), _years={}, _joins={})
    before, after = spoken_day(base, on), spoken_day(changed, on)
    if before == after:
        raise BadInput("与现在的安排相同，没有需要保存的改动。", field="on")
    note = f"{on.isoformat()} 由“{before}”改为“{after}”：{reason}"
    return _write(session, actor, area_code, changed, note, now, seen_id)


def edit_windows(
    session: Session,
    actor: Actor,
    *,
    area_code: int,
    seen_id: int,
    weekly: Mapping[int, tuple[Window, ...]],
    reason: str,
    now: datetime,
) -> Version:
    """Change the work windows of the week. Raises as ``edit_day`` does; ``BadInput`` too when no time is left at all."""
    base = _base(session, actor, area_code, seen_id, now)
    weekly = {weekday: windows for weekday, windows in sorted(weekly.items()) if windows}
    if not weekly:
        raise BadInput("每周至少要有一个上班时段。", field="weekday_1")
    if weekly == dict(base.weekly):
        raise BadInput("与现在的安排相同，没有需要保存的改动。", field="weekday_1")
    changed = replace(base, weekly=weekly, _years={}, _joins={})
    note = f"上班时段由“{spoken_windows(base.weekly)}”改为“{spoken_windows(weekly)}”：{reason}"
    return _write(session, actor, area_code, changed, note, now, seen_id)


def edit_counting(
    session: Session,
    actor: Actor,
    *,
    area_code: int,
    seen_id: int,
    kind: TimeKind,
    rule: Counting,
    now: datetime,
) -> Version:
    """Change how a kind of day is counted; ``rule.source`` says why it may be. Raises as ``edit_day`` does."""
    base = _base(session, actor, area_code, seen_id, now)
    if replace(rule, source="") == replace(base.counting[kind], source=""):
        raise BadInput("与现在的算法相同，没有需要保存的改动。", field="reason")
    changed = replace(base, counting={**base.counting, kind: rule}, _years={}, _joins={})
    note = f"{KIND_NAMES[kind]}的算法改为“{spoken_counting(kind, rule)}”：{rule.source}"
    return _write(session, actor, area_code, changed, note, now, seen_id)


def confirm_year(
    session: Session, actor: Actor, *, area_code: int, seen_id: int, year: int, reason: str, now: datetime
) -> Version:
    """Say that the holidays of a year are complete, entered by hand. Raises as ``edit_day`` does."""
    base = _base(session, actor, area_code, seen_id, now)
    if year in base.published_years:
        raise BadInput(f"{year} 年的放假安排已经录入。", field="year")
    if not any(on.year == year and not day.is_workday for on, day in base.days.items()):
        raise BadInput(f"{year} 年还没有录入任何放假的日子，请先逐日录入。", field="year")
    changed = replace(base, published_years=base.published_years | {year}, _years={}, _joins={})
    return _write(session, actor, area_code, changed, f"{year} 年放假安排录入完毕：{reason}", now, seen_id)


def import_holidays(
    session: Session, actor: Actor, *, area_code: int, year: int | None = None, now: datetime
) -> ImportReport:
    """Take over the library's holidays (of one year, or of all it knows) into the calendar of an area; days set by hand stay.

    Importing what is there already changes nothing. Raises ``BadInput`` for a year the library does not know, ``Forbidden``.
    """
    known = published_years()
    if year is not None and year not in known:
        raise BadInput(
            f"节假日库里还没有 {year} 年的放假安排（已有 {known[0]}–{known[-1]} 年）：请升级 chinese_calendar，或逐日手工录入。",
            field="year",
        )
    _permit(session, actor, area_code)
    base = queries.calendar_at(session, area_code, now)
    years = (year,) if year is not None else known
    changed = with_published(base, years)
    fresh = tuple(y for y in years if y not in base.published_years)
    different = {on for on in {*base.days, *changed.days} if base.days.get(on) != changed.days.get(on)}
    kept = sum(changed.days[day.on] != day for y in years for day in published_days(y))
    version = None
    if fresh or different:
        span = f"{years[0]}" if len(years) == 1 else f"{years[0]}–{years[-1]}"
        note = f"导入 {span} 年放假安排：更新 {len(different)} 天，保留手工修改 {kept} 天。"
        version = _write(session, actor, area_code, changed, note, now, base.version_id)
    return ImportReport(queries.area_name(session, area_code), version, fresh, len(different), kept)


def _permit(session: Session, actor: Actor, area_code: int) -> None:
    """Let only one at a time write the calendars; refuse who may not write this one."""
    if area_code != queries.area_of(area_code):
        raise BadInput("工作日历只能按乡镇（街道）及以上区划设置。", field="area")
    decision = actor.may(Permission.CALENDAR_EDIT, area_code)
    if not decision:
        raise Forbidden(decision.reason)
    session.execute(select(func.pg_advisory_xact_lock(func.hashtext("work_calendars"))))


def _base(session: Session, actor: Actor, area_code: int, seen_id: int, now: datetime) -> WorkCalendar:
    _permit(session, actor, area_code)
    base = queries.calendar_at(session, area_code, now)
    if base.version_id != seen_id:
        raise Conflict("工作日历刚刚被他人修改过，您的改动没有保存：请刷新页面，看过新的安排后再改。")
    return base


def _write(
    session: Session, actor: Actor, area_code: int, calendar: WorkCalendar, note: str, now: datetime, based_on: int
) -> Version:
    """Write a version with all that belongs to it, and the event; the newest number of the area plus one."""
    newest = select(func.max(CalendarVersion.version)).where(CalendarVersion.area_code == area_code)
    row = CalendarVersion(
        area_code=area_code,
        version=(session.scalar(newest) or 0) + 1,
        based_on=based_on,
        valid_from=now,
        note=note[:500],
        actor_id=actor.account_id or None,
        actor_name=actor.name,
    )
    session.add(row)
    session.flush()
    windows = [(weekday, *window) for weekday, all_day in calendar.weekly.items() for window in all_day]
    keys = ("weekday", "opens_minute", "closes_minute")
    parts: dict[Any, list[dict[str, object]]] = {
        CalendarWindow: [dict(zip(keys, values, strict=True)) for values in windows],
        CalendarDay: [_day_values(day) for day in calendar.days.values()],
        CalendarYear: [{"year": year} for year in sorted(calendar.published_years)],
        CalendarCounting: [_counting_values(kind, rule) for kind, rule in calendar.counting.items()],
    }
    for table, rows in parts.items():
        if rows:
            session.execute(insert(table), [{"calendar_id": row.id, **values} for values in rows])
    audit.record(session, actor, "calendar.edited", str(area_code), area_code, version=row.version, note=row.note)
    return queries.one_version(session, row.id)


def _day_values(day: Day) -> dict[str, object]:
    windows = None if day.windows is None else [list(window) for window in day.windows]
    return {
        "day_on": day.on,
        "is_workday": day.is_workday,
        "name": day.name,
        "source": day.source,
        "windows": windows,
    }


def _counting_values(kind: TimeKind, rule: Counting) -> dict[str, object]:
    return {
        "kind": kind.value,
        "counts_start_day": rule.counts_start_day,
        "ends_at": rule.ends_at.value,
        "last_day_moves": rule.last_day_moves,
        "source": rule.source,
    }
