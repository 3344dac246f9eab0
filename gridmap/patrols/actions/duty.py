"""On duty and off duty: the worker's own act. The phone's number of the act makes it one however often it is sent."""

from __future__ import annotations

import uuid
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from gridmap import audit
from gridmap.access import GRANTS, Actor, Permission
from gridmap.errors import BadInput, Conflict, Forbidden, NotFound
from gridmap.patrols.models import Duty
from gridmap.patrols.queries.settings import duty_limits, retention_days
from gridmap.patrols.queries.tracks import duty_at, open_duty, own_duty
from gridmap.patrols.rules.tracks import clock_offset

NO_DUTY = "没有找到这次上岗的记录，轨迹没有保存。请先上岗；已经上岗的，等上岗的记录上传后再试。"
ALREADY_ON = "您已经在岗，不用再次上岗。"
OVERLAP = "这段时间已有在岗记录，没有重复上岗。"


def go_on_duty(
    session: Session,
    actor: Actor,
    *,
    client_id: uuid.UUID,
    phone_at: datetime,
    phone_sent_at: datetime,
    now: datetime,
    unit_code: int | None = None,
) -> tuple[Duty, bool]:
    """Go on duty at ``phone_at`` by the phone's clock, which shows ``phone_sent_at`` as it sends; return the duty and whether it is new.

    ``unit_code``: at which of one's posts; the first that may patrol when not given. All times are aware. Raises ``Forbidden``;
    ``Conflict`` while on duty already (``extra["duty"]`` is that duty's client id, to go on with); ``BadInput`` for a time too old.
    """
    unit = _post(actor, unit_code)
    found = own_duty(session, actor, client_id)
    if found is not None:
        return found, False
    tolerance_s, _ = duty_limits(session)
    on_at = min(phone_at + clock_offset(phone_sent_at, now, tolerance_s), now)
    if on_at < now - timedelta(days=retention_days(session)):
        raise BadInput("上岗时间太早，已超过轨迹保存的期限，没有保存。请检查手机的日期。", field="at")
    other = open_duty(session, actor)
    if other is not None:
        raise Conflict(ALREADY_ON, duty=str(other.client_id))
    other = duty_at(session, actor, on_at)
    if other is not None:
        raise Conflict(OVERLAP, duty=str(other.client_id))
    duty = Duty(
        county_code=unit // 10**9, unit_code=unit, account_id=actor.account_id, account_name=actor.name,
        client_id=client_id, on_at=on_at, phone_on_at=phone_at, received_on_at=now,
    )  # fmt: skip
    return _stored(session, actor, duty)


def _stored(session: Session, actor: Actor, duty: Duty) -> tuple[Duty, bool]:
    """Store a duty; the database decides between two requests at once."""
    point = session.begin_nested()
    try:
        session.add(duty)
        session.flush()
    except IntegrityError:
        point.rollback()
        found = own_duty(session, actor, duty.client_id)
        if found is not None:
            return found, False
        other = open_duty(session, actor)
        raise Conflict(ALREADY_ON, **({"duty": str(other.client_id)} if other else {})) from None
    point.commit()
    audit.record(session, actor, "duty.begun", str(duty.id), duty.unit_code, on_at=duty.on_at.isoformat())
    session.flush()
    return duty, True


def _post(actor: Actor, unit_code: int | None) -> int:
    decision = actor.may(Permission.PATROL_RECORD, unit_code)
    if not decision:
        raise Forbidden(decision.reason)
    posts = [post for post in actor.posts if Permission.PATROL_RECORD in GRANTS[post.role]]
    return unit_code if unit_code is not None else posts[0].unit_code


def go_off_duty(
    session: Session,
    actor: Actor,
    *,
    duty: uuid.UUID,
    client_id: uuid.UUID,
    phone_at: datetime,
    phone_sent_at: datetime,
    now: datetime,
) -> tuple[Duty, bool]:
    """End the duty that the phone named ``duty``; return it and whether this ended it (it may have ended before).

    Raises ``NotFound`` (no such duty of one's own), ``BadInput`` (earlier than it began).
    """
    found = locked_duty(session, actor, duty)
    if found.off_at is not None:
        return found, False
    tolerance_s, longest_hours = duty_limits(session)
    off_at = min(phone_at + clock_offset(phone_sent_at, now, tolerance_s), now)
    if off_at < found.on_at - timedelta(seconds=tolerance_s):
        raise BadInput("下岗时间早于上岗时间，没有保存。请检查手机的时钟。", field="at")
    found.off_at = min(max(off_at, found.on_at), found.on_at + timedelta(hours=longest_hours))
    found.phone_off_at, found.received_off_at = phone_at, now
    found.off_client_id, found.ended_by = client_id, "self"
    session.flush()
    here = any(found.unit_code in scope for scope in actor.ranges)
    unit = found.unit_code if here else _post(actor, None)  # who has moved writes the log where they are now
    audit.record(session, actor, "duty.ended", str(found.id), unit, off_at=found.off_at.isoformat())
    session.flush()
    return found, True


def locked_duty(session: Session, actor: Actor, client_id: uuid.UUID) -> Duty:
    """Return one's own duty, locked until the transaction ends. Raises ``NotFound``."""
    wanted = select(Duty).where(Duty.account_id == actor.account_id, Duty.client_id == client_id)
    found = session.scalars(wanted.with_for_update()).one_or_none()
    if found is None:
        raise NotFound(NO_DUTY)
    return found


def end_forgotten(session: Session, *, now: datetime) -> int:
    """End duties that last longer than the longest (a job): as of that hour, marked as ended by the system; return how many."""
    _, longest_hours = duty_limits(session)
    most = timedelta(hours=longest_hours)
    found = session.scalars(
        select(Duty).where(Duty.off_at.is_(None), Duty.on_at < now - most).with_for_update(skip_locked=True)
    ).all()
    for duty in found:
        duty.off_at, duty.received_off_at, duty.ended_by = duty.on_at + most, now, "system"
        audit.record(session, None, "duty.forgotten", str(duty.id), duty.unit_code, off_at=duty.off_at.isoformat())
    session.flush()
    return len(found)
