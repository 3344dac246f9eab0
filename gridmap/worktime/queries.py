"""Reading calendars. They are public within the system, so nothing here asks who reads."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from weakref import WeakKeyDictionary

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.orm import Session

from gridmap.access import significant_digits
from gridmap.errors import NotFound, NotReady
from gridmap.units.models import Unit
from gridmap.worktime.models import CalendarCounting, CalendarDay, CalendarVersion, CalendarWindow, CalendarYear
from gridmap.worktime.rules import Counting, Day, DayEnd, TimeKind, Window, WorkCalendar

COUNTRY = 0
COUNTRY_NAME = "全国"
MOST_KEPT = 500
NO_CALENDAR = "还没有工作日历，无法计算期限：请系统管理员运行 gridmap worktime import-holidays。"
# Within another statement: the version in force at :now for the areas of ``areas_above``.
VERSION_AT = (
    "(select v.id from work_calendars v where v.area_code = any(:areas) and v.valid_from <= :now"
    " order by v.area_code desc, v.version desc limit 1)"
)
_kept: WeakKeyDictionary[Any, dict[int, WorkCalendar]] = WeakKeyDictionary()


@dataclass(frozen=True)
class Version:
    """A version in the list: ``area_name`` is the name of its unit, 全国 for the whole country."""

    id: int
    area_code: int
    area_name: str
    number: int
    valid_from: datetime
    note: str
    actor_name: str

    @property
    def label(self) -> str:
        """What people call it."""
        return f"{self.area_name}工作日历第 {self.number} 版"


def area_of(unit_code: int) -> int:
    """Return the unit of town level or above that a code lies in: calendars go no deeper."""
    return unit_code - unit_code % 10**6


def areas_above(unit_code: int) -> list[int]:
    """Return the codes whose calendars may count at a unit, the whole country among them."""
    area = area_of(unit_code)
    deep = significant_digits(area)
    return sorted({area // 10 ** (15 - n) * 10 ** (15 - n) for n in (2, 4, 6, 9) if n <= deep} | {COUNTRY})


def version_at(session: Session, unit_code: int, now: datetime) -> Version:
    """Return the version in force at a unit: of the nearest area above that has one. Raises ``NotReady`` without any."""
    table = CalendarVersion
    query = (
        _versions()
        .where(table.area_code.in_(areas_above(unit_code)), table.valid_from <= now)
        .order_by(table.area_code.desc(), table.version.desc())
        .limit(1)
    )
    found = session.execute(query).first()
    if found is None:
        raise NotReady(NO_CALENDAR)
    return _version(found)


def calendar_at(session: Session, unit_code: int, now: datetime) -> WorkCalendar:
    """Return the calendar in force at a unit. Raises ``NotReady`` when there is none."""
    version = version_at(session, unit_code, now)
    return calendars_of(session, {version.id})[version.id]


def numbered_calendar(session: Session, number: int | None) -> WorkCalendar:
    """Return the calendar that ``VERSION_AT`` found. Raises ``NotReady`` when it found none."""
    if number is None:
        raise NotReady(NO_CALENDAR)
    return calendars_of(session, {number})[number]


def calendars_of(session: Session, ids: Collection[int]) -> dict[int, WorkCalendar]:
    """Return versions by id, as timers need them; versions never change, so they are kept in memory.

    Raises ``NotFound`` for an id that is none.
    """
    kept = _kept.setdefault(session.get_bind().engine, {})
    missing = set(ids) - kept.keys()
    if missing:
        if len(kept) > MOST_KEPT:
            kept.clear()
            missing = set(ids)
        kept.update(_load(session, missing))
    if not set(ids) <= kept.keys():
        raise NotFound("没有找到该版本的工作日历。")
    return {number: kept[number] for number in ids}


def one_version(session: Session, version_id: int) -> Version:
    """Return a version. Raises ``NotFound``."""
    found = session.execute(_versions().where(CalendarVersion.id == version_id)).first()
    if found is None:
        raise NotFound("没有找到该版本的工作日历。")
    return _version(found)


def list_versions(session: Session, area_code: int, *, limit: int = 50) -> list[Version]:
    """Return the versions of an area, newest first."""
    query = _versions().where(CalendarVersion.area_code == area_code)
    return [_version(row) for row in session.execute(query.order_by(CalendarVersion.version.desc()).limit(limit))]


def list_areas(session: Session) -> list[Version]:
    """Return the newest version of every area that has a calendar of its own, the whole country first."""
    query = _versions().ext(distinct_on(CalendarVersion.area_code))
    return [
        _version(row)
        for row in session.execute(query.order_by(CalendarVersion.area_code, CalendarVersion.version.desc()))
    ]


def area_name(session: Session, area_code: int) -> str:
    """Return the name of an area; the country has one too. Raises ``NotFound``."""
    if area_code == COUNTRY:
        return COUNTRY_NAME
    name = session.scalar(select(Unit.name).where(Unit.unit_code == area_code, Unit.valid_from.is_not(None)))
    if name is None or area_code != area_of(area_code):
        raise NotFound("没有找到该区划。")
    return name


def _versions() -> Any:
    table = CalendarVersion
    return select(
        table.id, table.area_code, Unit.name, table.version, table.valid_from, table.note, table.actor_name
    ).outerjoin(Unit, Unit.unit_code == table.area_code)


def _version(row: Any) -> Version:
    number, area_code, name, version, valid_from, note, actor_name = row
    return Version(number, area_code, name or COUNTRY_NAME, version, valid_from, note, actor_name)


def _load(session: Session, ids: Iterable[int]) -> dict[int, WorkCalendar]:
    """Read versions with all that belongs to them, in five statements."""
    versions = {row[0]: _version(row) for row in session.execute(_versions().where(CalendarVersion.id.in_(ids)))}
    weekly: dict[int, dict[int, tuple[Window, ...]]] = {number: {} for number in versions}
    for w in _parts(session, CalendarWindow, versions):
        windows = weekly[w.calendar_id].get(w.weekday, ())
        weekly[w.calendar_id][w.weekday] = tuple(sorted((*windows, Window(w.opens_minute, w.closes_minute))))
    days: dict[int, dict[Any, Day]] = {number: {} for number in versions}
    for d in _parts(session, CalendarDay, versions):
        own = None if d.windows is None else tuple(Window(*pair) for pair in d.windows)
        days[d.calendar_id][d.day_on] = Day(d.day_on, d.is_workday, d.name, d.source, own)
    counting: dict[int, dict[TimeKind, Counting]] = {number: {} for number in versions}
    for c in _parts(session, CalendarCounting, versions):
        rule = Counting(c.counts_start_day, DayEnd(c.ends_at), c.last_day_moves, c.source)
        counting[c.calendar_id][TimeKind(c.kind)] = rule
    years = [(y.calendar_id, y.year) for y in _parts(session, CalendarYear, versions)]
    return {
        number: WorkCalendar(
            number,
            version.label,
            weekly[number],
            dict(sorted(days[number].items())),
            frozenset(year for owner, year in years if owner == number),
            counting[number],
        )
        for number, version in versions.items()
    }


def _parts(session: Session, table: Any, ids: Collection[int]) -> list[Any]:
    return list(session.execute(select(*table.__table__.columns).where(table.calendar_id.in_(ids))))
