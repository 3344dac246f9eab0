"""Tracks looked over for what is odd (a job), and looked at by a supervisor. Nothing follows from it by itself."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import combinations, groupby

from sqlalchemy import select, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from gridmap import audit
from gridmap.access import Actor
from gridmap.errors import BadInput, NotFound
from gridmap.patrols.models import Duty, PatrolAnomaly, TrackBatch
from gridmap.patrols.queries.anomalies import odd_limits, one_anomaly
from gridmap.patrols.queries.ground import fix_arrays
from gridmap.patrols.queries.settings import filter_limits, retention_days
from gridmap.patrols.rules.anomalies import NOTE_LENGTH, Found, Kind, farthest, fastest
from gridmap.patrols.rules.segments import Fixes


def look_over(session: Session, *, county_code: int, duty_id: int, now: datetime) -> int:
    """Point out what is odd in the track of a duty (a job); return how many kinds of it are new or more than before.

    Done again it finds the same; what somebody has looked at stays as it was seen.
    """
    duty = session.get_one(Duty, (county_code, duty_id))
    changed = 0
    for kind, found in _odd(session, duty):
        row = insert(PatrolAnomaly).values(
            county_code=county_code, unit_code=duty.unit_code, duty_id=duty_id, account_id=duty.account_id,
            account_name=duty.account_name, kind=kind.value, value=found.value,
            at=datetime.fromtimestamp(found.at_s, UTC), found_at=now,
        )  # fmt: skip
        more = (row.excluded.value > PatrolAnomaly.value) & PatrolAnomaly.seen_at.is_(None)
        kept = row.on_conflict_do_update(
            index_elements=["county_code", "duty_id", "kind"],
            set_={"value": row.excluded.value, "at": row.excluded.at, "found_at": row.excluded.found_at},
            where=more,
        )
        changed += session.execute(kept.returning(PatrolAnomaly.id)).first() is not None
    session.flush()
    return changed


def _odd(session: Session, duty: Duty) -> Iterator[tuple[Kind, Found]]:
    limits, odd = filter_limits(session), odd_limits(session)
    phones = _phones(session, duty)
    speeds = [found for fixes in phones if (found := fastest(fixes, limits, odd))]
    if speeds:
        yield Kind.SPEED, max(speeds)
    apart = [found for one, other in combinations(phones, 2) if (found := farthest(one, other, limits, odd))]
    if apart:
        yield Kind.APART, max(apart)


def _phones(session: Session, duty: Duty) -> list[Fixes]:
    """Return the stored fixes of a duty, phone by phone; a file that was imported is none."""
    found = select(TrackBatch).where(
        TrackBatch.county_code == duty.county_code, TrackBatch.duty_id == duty.id, TrackBatch.taken > 0,
        TrackBatch.source == "phone",
    )  # fmt: skip
    batches = session.scalars(found.order_by(TrackBatch.device, TrackBatch.number, TrackBatch.id))
    by_phone = [list(group) for _device, group in groupby(batches, key=lambda batch: batch.device)]
    return [fix_arrays(session, group, 0, float("inf")) for group in by_phone]


def see_anomaly(session: Session, actor: Actor, *, anomaly_id: int, note: str, now: datetime) -> PatrolAnomaly:
    """Note that the actor has looked at something and what it was; it can be written anew. Raises ``NotFound``, ``BadInput``."""
    found = one_anomaly(session, actor, anomaly_id)
    if found is None:
        raise NotFound("没有找到这条记录，可能不在您负责的范围内。")
    if not 1 <= len(note) <= NOTE_LENGTH:
        raise BadInput(f"了解的情况须为 1–{NOTE_LENGTH} 个字。", field="note")
    found.seen_at, found.seen_name, found.note = now, actor.name, note
    audit.record(session, actor, "anomaly.seen", str(found.id), found.unit_code, whose=found.account_name)
    session.flush()
    return found


def forget_anomalies(session: Session, *, now: datetime) -> int:
    """Forget what was pointed out of tracks whose raw points are gone (a job); return how many."""
    before = now - timedelta(days=retention_days(session))
    gone = session.execute(text("delete from patrol_anomalies where at < :before"), {"before": before})
    return int(getattr(gone, "rowcount", 0))
