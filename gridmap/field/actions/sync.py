"""One round of a phone: every item is kept, tried in its own savepoint, and gets a verdict; none stands in another's way."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import inf
from time import monotonic
from typing import Any

from sqlalchemy import delete, text
from sqlalchemy.exc import DataError, IntegrityError, ProgrammingError
from sqlalchemy.orm import Session

from gridmap import jobs
from gridmap.access import Actor
from gridmap.constraints import from_database
from gridmap.errors import BadInput, Conflict, Forbidden, GridmapError, NotFound
from gridmap.field.actions.kinds import DOERS, Clash, Turn
from gridmap.field.actions.uploads import at_home, home_unit, is_here, verify_upload
from gridmap.field.forms.items import Item, Round
from gridmap.field.models import FieldItem
from gridmap.field.queries.items import KEPT_DAYS, Memory, free_items, held_items, is_refused, known_items, uploads_of
from gridmap.field.rules.items import FINAL, HELD_WORDS, LATER_WORDS, OF_DUTY, OF_TRACK, QUICK, Kind, Verdict
from gridmap.patrols.actions.drawing import queue_drawing

REFUSALS = (BadInput, Forbidden, NotFound, Conflict)
# Locks of an account: rounds follow each other, and one at a time decides what takes long. A round does not wait for a job that does.
_ROUND = text("select pg_advisory_xact_lock(hashtextextended(:key, 13))")
_DECIDING = text("select pg_advisory_xact_lock(hashtextextended(:key, 14))")
_TRY_DECIDING = text("select pg_try_advisory_xact_lock(hashtextextended(:key, 14))")


@dataclass(frozen=True)
class Answer:
    """Verdicts of what was sent, in its order, and of what had waited and was decided now."""

    verdicts: list[FieldItem]
    later: list[FieldItem]


def take_round(session: Session, actor: Actor, *, sent: Round, now: datetime, decide_s: float = inf) -> Answer:
    """Take what a phone sent. The same item sent again gets the same verdict; rounds of one worker follow each other.

    What takes no time is decided (tracks and duties), the rest for ``decide_s`` seconds; what is left then is kept, and a job
    decides it. Raises nothing for an item: a refusal is its verdict. What keeps the database from answering goes on to the
    caller, and nothing of the round is kept then.
    """
    session.execute(_ROUND, {"key": str(actor.account_id)})
    rows, busy = _kept(session, actor, sent, now)
    faults = {item.id: item.fault for item in sent.items}
    if not session.scalar(_TRY_DECIDING, {"key": str(actor.account_id)}):
        decide_s = 0  # a job does it just now
    older = [row for row in _held_at_home(session, actor) if row.client_id not in faults] if decide_s else []
    sitting = _Sitting(session, actor, faults, now, decide_s)
    ours = [row for row in [*older, *rows] if row.id not in busy]
    decided = sitting.decide(sorted(ours, key=lambda row: row.id))  # what waited longer goes first
    if sitting.left:
        _put_off(session, actor, sitting.left.values())
    return Answer(rows, [row for row in decided if row.client_id not in faults])


def decide_held(session: Session, actor: Actor, *, now: datetime) -> int:
    """Decide what was kept of a worker's phones and waits for nothing (a job); return how many items."""
    session.execute(_DECIDING, {"key": str(actor.account_id)})
    return len(_Sitting(session, actor, {}, now).decide(_held_at_home(session, actor)))


def _held_at_home(session: Session, actor: Actor) -> list[FieldItem]:
    """Return what waits, held until the transaction ends, and kept where the actor is at home."""
    held = held_items(session, actor)
    for row in held:
        at_home(actor, row)
    return held


def _put_off(session: Session, actor: Actor, rows: Iterable[FieldItem]) -> None:
    """Leave items to a job."""
    for row in rows:
        row.told = row.told or {"words": LATER_WORDS}
    jobs.defer_once(session, "field.decide", lock=f"field.decide/{actor.account_id}", account_id=actor.account_id)
    session.flush()


def _kept(session: Session, actor: Actor, sent: Round, now: datetime) -> tuple[list[FieldItem], set[int]]:
    """Return the rows of what was sent, in its order, made for what comes for the first time, and the ids that a job has in hand."""
    known = known_items(session, actor, [item.id for item in sent.items])
    for item in sent.items:
        row = known.get(item.id)
        if row is not None and row.verdict == Verdict.HELD.value:
            row.after = item.after  # what it waited for may have been given up
    quick = {row.id for row in known.values() if row.kind in QUICK and row.verdict == Verdict.HELD.value}
    busy = quick - free_items(session, quick)
    unit = home_unit(actor)
    rows = [known.get(item.id) or _made(actor, unit, sent, item, now) for item in sent.items]
    session.add_all(rows)
    session.flush()
    return rows, busy


def _made(actor: Actor, unit: int, sent: Round, item: Item, now: datetime) -> FieldItem:
    return FieldItem(
        county_code=unit // 10**9, unit_code=unit, account_id=actor.account_id, client_id=item.id, device=sent.device,
        kind=item.kind, object=item.object or str(item.id), after=item.after, replaces=item.replaces, base=item.base,
        body=item.body, photos=[_photo(one) for one in item.photos], made_at=item.made_at, sent_at=sent.sent_at,
        received_at=now, verdict=Verdict.HELD.value, told={},
    )  # fmt: skip


def _photo(ref: Any) -> dict[str, Any]:
    origin = ref.origin
    taken_at = origin.taken_at.isoformat() if origin.taken_at else None
    return {"id": str(ref.id), "taken_at": taken_at, "lon": origin.lon, "lat": origin.lat}


class _Sitting:
    """Items of one worker, decided one after the other in one transaction; ``faults``: of those that could not be read."""

    def __init__(
        self, session: Session, actor: Actor, faults: Mapping[uuid.UUID, str], now: datetime, decide_s: float = inf
    ) -> None:
        self.session, self.actor, self.faults, self.now = session, actor, faults, now
        self.until = monotonic() + decide_s
        self.memory = Memory(session, actor)
        self.left: dict[uuid.UUID, FieldItem] = {}  # for which there was no time

    def decide(self, rows: list[FieldItem]) -> list[FieldItem]:
        """Decide what can be, each may be what others waited for; return those, in that order."""
        decided: list[FieldItem] = []
        while done := [row for row in rows if row.verdict == Verdict.HELD.value and self._is_decided(row)]:
            decided += done
        for duty in self.memory.to_draw.values():
            queue_drawing(self.session, duty)
        return decided

    def _is_decided(self, row: FieldItem) -> bool:
        """Do what an item asks, if nothing is missing; return whether it is decided."""
        if fault := self.faults.get(row.client_id):
            return _decide(row, Verdict.REFUSED, self.now, words=fault)
        if row.kind not in QUICK and monotonic() >= self.until:
            self.left[row.client_id] = row
            return False
        missing = self._missing(row)
        if missing:
            row.told = {"words": HELD_WORDS, "waits_for": [str(one) for one in missing]}
            return False
        try:
            _verify(self.session, self.actor, row)
        except BadInput as refusal:
            return _refuse(row, refusal, self.now)
        return self._do(row)

    def _do(self, row: FieldItem) -> bool:
        point = self.session.begin_nested()
        try:
            result = DOERS[Kind(row.kind)](Turn(self.session, self.actor, row, self.now, self.memory))
            self.session.flush()
            point.commit()
        except Clash as clash:
            point.rollback()
            return _decide(row, Verdict.CONFLICT, self.now, **clash.told)
        except (*REFUSALS, IntegrityError, DataError) as refusal:
            point.rollback()
            return _refuse(row, refusal, self.now)
        except ProgrammingError as refusal:
            if "row-level security" not in str(refusal.orig):
                raise
            point.rollback()  # of something at a unit that the worker has left
            return _refuse(row, refusal, self.now)
        row.body = {}
        return _decide(row, Verdict.ACCEPTED, self.now, **result)

    def _missing(self, row: FieldItem) -> list[uuid.UUID]:
        """Return the numbers of what an item waits for: its predecessor, its duty, its photos."""
        wanted: list[uuid.UUID] = []
        if row.after is not None and not self.memory.is_done(row.after) and not self._goes_on_without(row, row.after):
            wanted.append(row.after)
        if row.kind in OF_DUTY:
            duty = _uuid(row.body.get("duty"))
            if duty is not None and self.memory.duty(duty) is None and not self._refused(duty):
                wanted.append(duty)  # without a duty that was refused the item is refused too
        ids = _photo_ids(row)
        there = uploads_of(self.session, self.actor, ids)
        wanted += [one for one in ids if one not in there or not is_here(there[one])]
        return list(dict.fromkeys(wanted))

    def _goes_on_without(self, row: FieldItem, before: uuid.UUID) -> bool:
        """Say whether an item does not depend on a refused one before it: of a duty, a stretch of track lost is no reason to lose the next."""
        return row.kind in OF_DUTY and self._refused(before)

    def _refused(self, client_id: uuid.UUID) -> bool:
        return is_refused(self.session, self.actor, client_id)


def _refuse(row: FieldItem, refusal: Exception, now: datetime) -> bool:
    if isinstance(refusal, DataError):
        error: GridmapError = BadInput("内容中有超出范围的数字、日期或无法识别的字符，请核对后重新上报。")
    else:
        error = from_database(refusal) if isinstance(refusal, IntegrityError | ProgrammingError) else refusal  # type: ignore[assignment]
    field = getattr(error, "field", None)
    extra = {name: value for name, value in error.extra.items() if name != "field"}
    return _decide(row, Verdict.REFUSED, now, words=error.message, field=field, extra=extra)


def _decide(row: FieldItem, verdict: Verdict, now: datetime, **told: Any) -> bool:
    row.verdict, row.told = verdict.value, {name: value for name, value in told.items() if value or value == 0}
    row.decided_at = now
    return verdict in FINAL


def _photo_ids(row: FieldItem) -> list[uuid.UUID]:
    return [uuid.UUID(one["id"]) for one in row.photos]


def _verify(session: Session, actor: Actor, row: FieldItem) -> None:
    """Look into photos that were only kept so far. Raises ``BadInput`` (one is no photo)."""
    for upload in uploads_of(session, actor, _photo_ids(row)).values():
        if upload.photo_sha256 is None:
            verify_upload(session, upload)


def _uuid(value: Any) -> uuid.UUID | None:
    try:
        return uuid.UUID(value)
    except (ValueError, TypeError, AttributeError):
        return None


def settle_conflict(
    session: Session, actor: Actor, *, row: FieldItem, choice: str, values: Mapping[str, Any], now: datetime
) -> FieldItem:
    """Do what the person chose: ``mine`` anew on the case as it is, ``theirs``, or ``merge``: mine with the texts rewritten as ``values``.

    The same choice sent again has the same answer. Raises ``Conflict`` when it is settled otherwise, ``BadInput`` for another word or
    for what is no text of the item.
    """
    if row.verdict != Verdict.CONFLICT.value:
        if row.told.get("choice") == choice:
            return row
        raise Conflict("这一条已经处理过了。")
    at_home(actor, row)
    if choice == "theirs":
        row.body = {}
        _decide(row, Verdict.ACCEPTED, now, words="已采用服务器上的内容，本机填写的没有提交。")
    elif choice in ("mine", "merge"):
        if choice == "merge":
            row.body = _merged(row, values)
        row.base = row.told.get("version", row.base)
        row.verdict, row.decided_at = Verdict.HELD.value, None
        _Sitting(session, actor, {}, now).decide([row])
    else:
        raise BadInput("请选择用本机的、用服务器上的，还是合并。", field="choice")
    if row.verdict != Verdict.CONFLICT.value:
        row.told = {**row.told, "choice": choice}
    session.flush()
    return row


def _merged(row: FieldItem, values: Mapping[str, Any]) -> dict[str, Any]:
    texts = row.told.get("texts", {})
    for name, value in values.items():
        if name not in texts or not isinstance(value, str):
            raise BadInput("只能合并文字内容，请重新打开后再试。", field=name[:40])
    return {**row.body, "values": {**row.body.get("values", {}), **values}}


def sweep_items(session: Session, *, now: datetime, track_days: int) -> int:
    """Forget items accepted more than ``KEPT_DAYS`` days ago (a job); return how many. Others stay: a person decides.

    But what tells where somebody walked goes after ``track_days`` days, as tracks do, whatever became of it.
    """
    accepted = FieldItem.verdict == Verdict.ACCEPTED.value
    old = accepted & (FieldItem.decided_at < now - timedelta(days=KEPT_DAYS))
    track = FieldItem.kind.in_(OF_TRACK) & (FieldItem.received_at < now - timedelta(days=track_days))
    return int(getattr(session.execute(delete(FieldItem).where(old | track)), "rowcount", 0))
