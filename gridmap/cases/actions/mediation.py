"""What 三级调解 needs beside the steps of a case: templates of tiers, rooms, reminders of promises and of the time of a tier."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import func, select, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from gridmap import audit
from gridmap.access import Actor, Permission
from gridmap.cases.actions.notices import Account, Addressee, Centre, tell
from gridmap.cases.forms.mediation import TemplateEntry
from gridmap.cases.models import Case
from gridmap.cases.models.mediation import (
    Mediation,
    MediationAgreement,
    MediationDuty,
    MediationReminder,
    MediationRoom,
    MediationTemplate,
    MediationTier,
)
from gridmap.cases.queries.mediation import template_at
from gridmap.cases.queries.quiet import quiet_hours
from gridmap.cases.queries.tiers import paused_until
from gridmap.cases.rules.clocks import quiet_at
from gridmap.cases.rules.tiers import (
    MOST_REMIND_HOURS,
    REMINDER_WORDS,
    DutyState,
    MediationState,
    ReminderLevel,
    Tier,
    TierReminder,
    reminder_level,
    tier_reminder,
)
from gridmap.clock import local
from gridmap.errors import BadInput, Conflict, Forbidden, NotFound
from gridmap.worktime.rules import spoken_time

REMIND_AT_ONCE = 500  # promises in one transaction


def save_template(
    session: Session, actor: Actor, *, area_code: int, entry: TemplateEntry, now: datetime
) -> MediationTemplate:
    """Write a new version of an area's tiers, in force from ``now``; running mediations keep the version they began under.

    Raises ``Forbidden``, ``Conflict`` when somebody was faster, ``BadInput`` when nothing changed.
    """
    decision = actor.may(Permission.MEDIATION_EDIT, area_code)
    if not decision:
        raise Forbidden(decision.reason)
    session.execute(
        text("select pg_advisory_xact_lock(hashtext('mediation_templates'), :area)"), {"area": area_code % 2**31}
    )
    seen = template_at(session, area_code, now)
    if seen.id != entry.seen_id:
        raise Conflict(f"{seen.actor_name}刚刚保存了新的调解层级，请刷新页面核对后再修改；您的改动没有保存。")
    if (seen.tiers, seen.lawful_channels, seen.remind_days) == (entry.tiers, entry.lawful_channels, entry.remind_days):
        raise BadInput("与现在的层级相同，没有需要保存的改动。", field="name")
    version = session.scalar(
        select(func.max(MediationTemplate.version)).where(MediationTemplate.area_code == area_code)
    )
    template = MediationTemplate(
        area_code=area_code,
        version=(version or 0) + 1,
        valid_from=now,
        source_note=entry.source_note,
        lawful_channels=entry.lawful_channels,
        remind_days=entry.remind_days,
        actor_id=actor.account_id,
        actor_name=actor.name,
    )
    session.add(template)
    session.flush()
    session.add_all(_tier(template.id, tier) for tier in entry.tiers)
    audit.record(session, actor, "mediation.tiers_changed", f"{area_code:015d}", area_code, version=template.version)
    session.flush()
    return template


def _tier(template_id: int, tier: Tier) -> MediationTier:
    return MediationTier(
        template_id=template_id,
        number=tier.number,
        name=tier.name,
        most_sessions=tier.most_sessions,
        limit_amount=int(tier.limit.amount) if tier.limit else None,
        limit_kind=tier.limit.kind.value if tier.limit else None,
        remind_hours=tier.remind_hours,
    )


def add_room(session: Session, actor: Actor, *, unit_code: int, name: str, seats: int | None) -> MediationRoom:
    """Add a room to a unit. Raises ``Forbidden``; a name that is taken is told by its constraint."""
    decision = actor.may(Permission.MEDIATION_EDIT, unit_code)
    if not decision:
        raise Forbidden(decision.reason)
    room = MediationRoom(county_code=unit_code // 10**9, unit_code=unit_code, name=name, seats=seats)
    session.add(room)
    session.flush()
    audit.record(session, actor, "mediation.room_added", str(room.id), unit_code, name=name)
    return room


def close_room(session: Session, actor: Actor, *, room_id: int, now: datetime) -> MediationRoom:
    """Take a room out of use; what is booked stays booked. Raises ``NotFound``, ``Forbidden``."""
    room = session.scalars(
        select(MediationRoom).where(MediationRoom.id == room_id, MediationRoom.closed_at.is_(None)).with_for_update()
    ).one_or_none()
    if room is None:
        raise NotFound("没有找到该调解室，可能已停用，或不在您负责的范围内。")
    decision = actor.may(Permission.MEDIATION_EDIT, room.unit_code)
    if not decision:
        raise Forbidden(decision.reason)
    room.closed_at = now
    audit.record(session, actor, "mediation.room_closed", str(room.id), room.unit_code, name=room.name)
    session.flush()
    return room


def remind_promises(session: Session, now: datetime, *, after: int = 0) -> tuple[int, int | None]:
    """Remind of promises that come due, are due or are overdue: once for each duty and level, however many jobs run.

    Works on ``REMIND_AT_ONCE`` duties beyond the id ``after``; returns how many reminders went out, and where to go on
    (``None``: done). The unique index decides who sends; the other job waits for it and then sends nothing. What falls into
    quiet hours is left for a later hour of the day.
    """
    today = local(now).date()
    query = (
        select(MediationDuty)
        .where(
            MediationDuty.state == DutyState.WAITING, MediationDuty.due_on <= today + func.make_interval(0, 0, 0, 60)
        )
        .where(MediationDuty.id > after)
        .order_by(MediationDuty.id)
        .limit(REMIND_AT_ONCE)
    )
    duties, quiet, sent = list(session.scalars(query)), quiet_hours(session), 0
    for duty in duties:
        level = reminder_level(duty.due_on, today, duty.remind_days)
        if level is None or quiet_at(quiet, duty.unit_code).tell_at(now) > now:
            continue
        row = {name: getattr(duty, name) for name in ("county_code", "unit_code", "case_id")}
        row |= {"duty_id": duty.id, "level": level.value}
        fresh = insert(MediationReminder).values(row).on_conflict_do_nothing().returning(MediationReminder.id)
        if session.scalar(fresh) is not None:
            _remind(session, duty, level)
            sent += 1
    return sent, duties[-1].id if len(duties) == REMIND_AT_ONCE else None


def _remind(session: Session, duty: MediationDuty, level: ReminderLevel) -> None:
    """Tell the centre of the place and those who mediated."""
    case, agreement, mediation = session.execute(
        select(Case, MediationAgreement, Mediation)
        .join(Mediation, (Mediation.county_code == Case.county_code) & (Mediation.case_id == Case.id))
        .join(
            MediationAgreement,
            (MediationAgreement.county_code == Mediation.county_code)
            & (MediationAgreement.mediation_id == Mediation.id),
        )
        .where(MediationAgreement.county_code == duty.county_code, MediationAgreement.id == duty.agreement_id)
    ).one()
    # Notices go out by mail and robots: which promise it is, nothing of who owes whom what.
    body = f"调解协议第 {agreement.number} 号第 {duty.number} 项{REMINDER_WORDS[level]}（{duty.due_on}）。"
    addressees: list[Addressee] = [Centre(case.unit_code), *(Account(number) for number in mediation.mediator_ids)]
    for number, to in enumerate(addressees):
        key = f"promise:{duty.id}:{level.value}:{number}"
        tell(session, case=case, kind="case.promise", body=f"{body}履行后请登记。", to=to, key=key)


def remind_tiers(session: Session, now: datetime, *, after: int = 0) -> tuple[int, int | None]:
    """Tell the mediators and the centre that the time of a tier ends soon, and that it has ended: each once.

    Works on ``REMIND_AT_ONCE`` open mediations beyond the id ``after``; returns how many were told of, and where to go on
    (``None``: done). What another job holds or somebody works on is left for the next minute, what falls into quiet hours
    or a pause of the case for their end, if it is true then.
    """
    table = Mediation
    query = (
        select(table, MediationTier.remind_hours, Case)
        .join(MediationTier, (MediationTier.template_id == table.template_id) & (MediationTier.number == table.tier))
        .join(Case, (Case.county_code == table.county_code) & (Case.id == table.case_id))
        .where(table.state == MediationState.OPEN, table.over_told_at.is_(None))
        .where(table.due_at <= now + timedelta(hours=MOST_REMIND_HOURS), table.id > after)
        .order_by(table.id)
        .limit(REMIND_AT_ONCE)
        .with_for_update(of=table, skip_locked=True)
    )
    found, quiet, told = session.execute(query).unique().all(), quiet_hours(session), 0
    for mediation, remind_hours, case in found:
        due_at = mediation.due_at
        kind = tier_reminder(mediation.started_at, due_at, now, remind_hours) if due_at else None
        over = kind is TierReminder.OVER
        if due_at is None or kind is None or (not over and mediation.soon_told_at):
            continue
        if paused_until(mediation, now) or quiet_at(quiet, case.unit_code).tell_at(now) > now:
            continue
        if over:
            mediation.over_told_at = now
        else:
            mediation.soon_told_at = now
        _tell_of_tier(session, mediation, case, kind, spoken_time(due_at, is_end=True))
        told += 1
    session.flush()
    return told, found[-1][0].id if len(found) == REMIND_AT_ONCE else None


def _tell_of_tier(session: Session, mediation: Mediation, case: Case, kind: TierReminder, due: str) -> None:
    """Tell the centre of the place and those who mediate on the tier."""
    body = {
        TierReminder.SOON: f"{mediation.tier_name}调解期限将于 {due} 到期，请抓紧调解。",
        TierReminder.OVER: f"{mediation.tier_name}调解期限已于 {due} 到期，请尽快达成协议、移交上一级或者终结调解。",
    }[kind]
    addressees: list[Addressee] = [Centre(case.unit_code), *(Account(number) for number in mediation.mediator_ids)]
    for number, to in enumerate(addressees):
        key = f"tier:{mediation.id}:{kind.value}:{number}"
        tell(session, case=case, kind="case.mediation", body=body, to=to, key=key)
