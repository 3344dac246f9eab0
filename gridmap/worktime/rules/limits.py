"""Limits and what becomes of them: when they fall due, what of them is used, what remains. Pure; all instants aware.

Lengths are ``timedelta``: hours for the two kinds of hours; for the two kinds of days, one day stands for one *counted* day.

How days are counted (data of the calendar, ``Counting``; the seed follows 民法典第二百零一条、第二百零三条): the day of the start
is not counted; a limit of n days falls due at the end of the n-th counted day. A day counts at its end: if the clock runs at that
moment the day counts, if it is paused it does not.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

from gridmap.errors import BadInput
from gridmap.worktime.rules.calendar import (
    DAY,
    KIND_NAMES,
    MICROSECOND,
    TimeKind,
    WorkCalendar,
    counted,
    instant_of,
    local_date,
    microseconds,
    midnight,
    reach,
)

MOST_HOURS = 9_999
MOST_DAYS = 3_660
FOREVER = datetime.max.replace(tzinfo=UTC)
FOREVER_US = microseconds(FOREVER)


@dataclass(frozen=True)
class Limit:
    """So much of a kind of time; hours may have a fraction of whole minutes (0.5), days are whole.

    ``last_day_moves`` overrides the calendar's rule for a last day that is a rest day. Raises ``BadInput``.
    """

    kind: TimeKind
    amount: Decimal
    last_day_moves: bool | None = None

    def __post_init__(self) -> None:
        """Check the amount; whole numbers and texts are taken too."""
        object.__setattr__(self, "kind", TimeKind(self.kind))
        object.__setattr__(self, "amount", Decimal(str(self.amount)).normalize())
        most = MOST_DAYS if self.kind.in_days else MOST_HOURS
        if not 0 < self.amount <= most:
            raise BadInput(f"时限应大于 0、不超过 {most}。", field="amount")
        if self.kind.in_days and self.amount != int(self.amount):
            raise BadInput(f"以{KIND_NAMES[self.kind]}计的时限应为整数。", field="amount")
        if (self.amount * 60) % 1:
            raise BadInput("以小时计的时限应精确到分钟。", field="amount")

    @property
    def length(self) -> timedelta:
        """The limit as a length: hours, or counted days."""
        if self.kind.in_days:
            return timedelta(days=int(self.amount))
        return timedelta(minutes=int(self.amount * 60))

    @property
    def name(self) -> str:
        """The limit in words: 4 工作时."""
        return f"{self.amount:f} {KIND_NAMES[self.kind]}"


@dataclass(frozen=True)
class Pause:
    """A time that does not count, ``paused_at`` < t ≤ ``until_at``, and why."""

    paused_at: datetime
    until_at: datetime
    reason: str


def counting_from(start: datetime, calendar: WorkCalendar, kind: TimeKind) -> datetime:
    """Return from when a limit that starts at ``start`` counts: at once, or for days from the next midnight."""
    if not kind.in_days or calendar.on_date(local_date(start)).counting[kind].counts_start_day:
        return start
    return midnight(local_date(start) + DAY)


def worked(
    start: datetime,
    end: datetime,
    calendar: WorkCalendar,
    kind: TimeKind = TimeKind.WORK_HOURS,
    pauses: Sequence[Pause] = (),
) -> timedelta:
    """Return the counted time in ``(start, end]`` without pauses: additive over any split, never negative.

    Knows nothing of the day of the start: ``used`` does.
    """
    total = sum(counted(calendar, kind, a, b) for a, b in _running(start, end, pauses))
    return _length(kind, total)


def used(
    start: datetime, now: datetime, calendar: WorkCalendar, kind: TimeKind, pauses: Sequence[Pause] = ()
) -> timedelta:
    """Return how much of a limit that started at ``start`` is used at ``now``."""
    return worked(counting_from(start, calendar, kind), now, calendar, kind, pauses)


def due_at(start: datetime, limit: Limit, calendar: WorkCalendar, pauses: Sequence[Pause] = ()) -> datetime:
    """Return when ``limit`` is used up, in UTC. Raises ``BadInput`` when the calendar holds no time for it."""
    kind = limit.kind
    need = limit.length.days if kind.in_days else limit.length // MICROSECOND
    for begin, end in _running(counting_from(start, calendar, kind), FOREVER, pauses):
        have = need if end == FOREVER_US else counted(calendar, kind, begin, end)
        if have >= need:
            return _moved(instant_of(reach(calendar, kind, begin, need)), limit, calendar, pauses)
        need -= have
    raise AssertionError("the last stretch has no end")


def remaining(
    start: datetime, limit: Limit, now: datetime, calendar: WorkCalendar, pauses: Sequence[Pause] = ()
) -> timedelta:
    """Return what is left of ``limit`` at ``now``; negative: how long it has been overdue, in the same kind of time."""
    due = due_at(start, limit, calendar, pauses)
    if now > due:
        return -worked(due, now, calendar, limit.kind)
    return worked(max(now, counting_from(start, calendar, limit.kind)), due, calendar, limit.kind, pauses)


def merged_pauses(pauses: Sequence[Pause]) -> list[Pause]:
    """Return pauses in order, without overlaps: where two meet, the earlier one's reason stands."""
    out: list[Pause] = []
    for pause in sorted(pauses, key=lambda p: (p.paused_at, p.until_at)):
        begin = max(pause.paused_at, out[-1].until_at) if out else pause.paused_at
        if begin < pause.until_at:
            out.append(Pause(begin, pause.until_at, pause.reason))
    return out


def last_day_moves(limit: Limit, calendar: WorkCalendar, on: date) -> bool:
    """Say whether a last day that is a rest day moves to the next work day."""
    if limit.kind is not TimeKind.NATURAL_DAYS:
        return False
    rule = calendar.on_date(on).counting[limit.kind].last_day_moves
    return rule if limit.last_day_moves is None else limit.last_day_moves


def day_of_mark(mark: datetime) -> date:
    """Return the day that ends at ``mark``: 24:00 belongs to the day before."""
    return local_date(mark - MICROSECOND)


def _moved(due: datetime, limit: Limit, calendar: WorkCalendar, pauses: Sequence[Pause]) -> datetime:
    """Move the end of a limit in 自然日 off rest days, and off pauses that it would fall into."""
    on = day_of_mark(due) if limit.kind is TimeKind.NATURAL_DAYS else None
    if on is None or not last_day_moves(limit, calendar, on) or calendar.is_workday(on):
        return due
    while not calendar.is_workday(on) or any(p.paused_at < due <= p.until_at for p in pauses):
        due = instant_of(reach(calendar, limit.kind, microseconds(due), 1))
        on = day_of_mark(due)
    return due


def _running(start: datetime, end: datetime, pauses: Sequence[Pause]) -> Iterator[tuple[int, int]]:
    """Yield the stretches of ``(start, end]`` outside pauses in microseconds."""
    begin, last = microseconds(start), microseconds(end)
    for pause in merged_pauses(pauses):
        stop, go_on = microseconds(pause.paused_at), microseconds(pause.until_at)
        if stop >= last:
            break
        if stop > begin:
            yield begin, stop
        begin = max(begin, go_on)
    if begin < last:
        yield begin, last


def _length(kind: TimeKind, total: int) -> timedelta:
    return timedelta(days=total) if kind.in_days else timedelta(microseconds=total)
