"""Tracks: taken from phones and files, written to by their worker, opened by others with a record, dropped when they are old."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from gridmap import audit
from gridmap.access import Actor
from gridmap.clock import local
from gridmap.errors import BadInput, NotFound
from gridmap.patrols.actions.drawing import queue_drawing
from gridmap.patrols.models import Duty, TrackNote
from gridmap.patrols.queries.settings import Terms, retention_days, terms_of_points
from gridmap.patrols.queries.tracks import one_duty
from gridmap.patrols.rules.tracks import (
    MOST_POINTS,
    VERDICT_WORDS,
    Source,
    Span,
    Verdict,
    clock_offset,
    duty_span,
    first_id,
)

MISSING = "没有找到该在岗记录，可能不在您负责的范围内。"
MONTHS_AHEAD = 3


@dataclass(frozen=True)
class Batch:
    """Points as a phone sends them.

    ``client_id`` names the batch, ``device`` the phone; ``number`` counts its batches of this duty from 1 without a gap, because
    ground is drawn between two batches only when nothing is missing between them. ``phone_sent_at``: its clock as it sends.
    """

    client_id: uuid.UUID
    device: uuid.UUID
    number: int
    phone_sent_at: datetime
    source: Source = Source.PHONE


@dataclass(frozen=True)
class Taken:
    """What became of a batch: how many points came and were stored, in words, and whether it had come before."""

    verdict: Verdict
    came: int
    taken: int
    again: bool

    @property
    def draws(self) -> bool:
        """Say whether there is something new to draw."""
        return self.verdict is Verdict.TAKEN and not self.again

    @property
    def words(self) -> str:
        """Return what the worker is told."""
        left = self.came - self.taken
        if self.verdict is Verdict.TAKEN and left:
            return f"已保存 {self.taken} 个点；另有 {left} 个点不在这次在岗时间内，没有保存。"
        return VERDICT_WORDS[self.verdict]


_TAKE = text(
    "select * from gridmap_take_points(:county, :unit, :duty, :account, :client, :device, :number, :source, :offset_ms,"
    " :now, :from_at, :to_at, :most, :points)"
)


def store_points(session: Session, on: Duty, batch: Batch, points: str, *, terms: Terms, now: datetime) -> Taken:
    """Store a batch of points of a duty, once however often it is sent; its drawing is left to the caller, see ``queue_drawing``.

    ``points`` is JSON as it came: ``[{"t": milliseconds since 1970 by the phone, "lon":, "lat":, "a": accuracy in metres, "v":
    metres a second or null}, …]``, WGS-84. Points outside the duty are counted and not kept; a batch with none inside
    is remembered with the verdict ``outside``. Raises ``BadInput`` (nothing of it stored). Whose duty it is, the caller has
    looked at: points are stored for the account of the duty.
    """
    offset = clock_offset(batch.phone_sent_at, now, terms.tolerance_s)
    span = duty_span(on.on_at, on.off_at, now, terms.tolerance_s, terms.longest_hours)
    span = Span(max(span.from_at, now - timedelta(days=terms.kept_days)), span.to_at)
    values = {
        "county": on.county_code, "unit": on.unit_code, "duty": on.id, "account": on.account_id,
        "client": batch.client_id, "device": batch.device, "number": batch.number, "source": batch.source.value,
        "offset_ms": round(offset.total_seconds() * 1000), "now": now, "from_at": span.from_at, "to_at": span.to_at,
        "most": MOST_POINTS, "points": points,
    }  # fmt: skip
    row = session.execute(_TAKE, values).one()
    verdict = Verdict(row.verdict)
    if verdict not in (Verdict.TAKEN, Verdict.OUTSIDE):
        raise BadInput(VERDICT_WORDS[verdict].format(row=row.fault), field="points")
    return Taken(verdict, row.came, row.kept, row.again)


def import_track(session: Session, actor: Actor, *, duty_id: int, pieces: list[str], now: datetime) -> tuple[int, int]:
    """Store the pieces of a file (see ``read_gpx``) as points of one's own duty; return how many points came and were stored.

    The same file imported twice is one. Raises ``NotFound``; ``BadInput`` when no point lies within the duty.
    """
    found = one_duty(session, actor, duty_id)
    if found is None or found.account_id != actor.account_id:
        raise NotFound(MISSING)
    came = taken = 0
    terms = terms_of_points(session)
    file = uuid.uuid5(found.client_id, "".join(pieces))
    for number, piece in enumerate(pieces, 1):
        batch = Batch(uuid.uuid5(file, str(number)), file, number, now, Source.GPX)
        result = store_points(session, found, batch, piece, terms=terms, now=now)
        came, taken = came + result.came, taken + result.taken
    if not taken:
        raise BadInput(VERDICT_WORDS[Verdict.OUTSIDE], field="file")
    queue_drawing(session, found)
    audit.record(session, actor, "track.imported", str(found.id), found.unit_code, came=came, taken=taken)
    session.flush()
    return came, taken


def annotate_track(
    session: Session, actor: Actor, *, duty_id: int, client_id: uuid.UUID, span: Span, words: str, now: datetime
) -> TrackNote:
    """Write to a stretch of one's own track; the same note sent twice is one. Raises ``NotFound``, ``BadInput``."""
    found = one_duty(session, actor, duty_id)
    if found is None or found.account_id != actor.account_id:
        raise NotFound(MISSING)
    known = select(TrackNote).where(TrackNote.account_id == actor.account_id, TrackNote.client_id == client_id)
    note = session.scalars(known).one_or_none()
    if note is not None:
        return note
    if not 1 <= len(words) <= 200:
        raise BadInput("说明须为 1–200 个字。", field="words")
    begun = found.on_at.replace(second=0, microsecond=0)  # people write minutes
    if span.to_at < span.from_at or span.from_at < begun or span.to_at > (found.off_at or now):
        raise BadInput("说明的起止时间须在这次在岗时间内，且止不早于起。", field="from_at")
    note = TrackNote(
        county_code=found.county_code, unit_code=found.unit_code, duty_id=found.id, account_id=actor.account_id,
        client_id=client_id, from_at=span.from_at, to_at=span.to_at, words=words, written_at=now,
    )  # fmt: skip
    session.add(note)
    session.flush()
    return note


def open_track(session: Session, actor: Actor, *, duty_id: int) -> Duty:
    """Return a duty whose track the actor may see; that somebody else looked is recorded. Raises ``NotFound``."""
    found = one_duty(session, actor, duty_id)
    if found is None:
        raise NotFound(MISSING)
    if found.account_id != actor.account_id:
        audit.record(session, actor, "track.opened", str(found.id), found.unit_code, whose=found.account_name)
        session.flush()
    return found


# The box of a batch, some minutes long, tells nearly as well as its points where somebody was.
_FORGET_BOXES = text(
    "update track_batches set west = null, south = null, east = null, north = null"
    " where west is not null and to_at < cast(:before as date)::timestamp at time zone 'Asia/Shanghai'"
)


def drop_old_points(session: Session, *, now: datetime) -> int:
    """Drop raw points older than the retention (a job) and make the months to come; return how many rows and months went.

    Whole months go as tables; of the month in which the limit lies the earlier days are deleted. Coverage stays.
    """
    today = local(now).date()
    oldest = today - timedelta(days=retention_days(session))
    months = session.execute(text("select gridmap_drop_track_months(:before)"), {"before": oldest}).scalar_one()
    session.execute(
        text("select gridmap_track_months(:first, :last)"),
        {"first": oldest, "last": today + timedelta(days=31 * MONTHS_AHEAD)},
    )
    session.execute(_FORGET_BOXES, {"before": oldest})
    gone = session.execute(text("delete from track_points where id < :first"), {"first": first_id(oldest)})
    return int(months) + int(getattr(gone, "rowcount", 0))
