"""What 领导包案 needs beside the steps of a case: the template of duties, and reminders of what is due."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from gridmap import audit
from gridmap.access import Actor, Permission
from gridmap.cases.actions.notices import Account, tell
from gridmap.cases.forms.charge import ChargeEntry
from gridmap.cases.models import Case, CaseCharge, CaseChargeDuty, ChargeTemplate
from gridmap.cases.queries.charge import charge_template_at
from gridmap.cases.queries.quiet import quiet_hours
from gridmap.cases.rules.charges import ChargeState, plans_from
from gridmap.cases.rules.clocks import quiet_at
from gridmap.clock import local
from gridmap.errors import BadInput, Conflict, Forbidden

REMIND_AT_ONCE = 500  # duties in one transaction


def save_duties(session: Session, actor: Actor, *, area_code: int, entry: ChargeEntry, now: datetime) -> ChargeTemplate:
    """Write a new version of an area's duties, in force from ``now``; running charges keep the duties they began with.

    Raises ``Forbidden``, ``Conflict`` when somebody was faster, ``BadInput`` when nothing changed.
    """
    decision = actor.may(Permission.RULE_EDIT, area_code)
    if not decision:
        raise Forbidden(decision.reason)
    session.execute(
        text("select pg_advisory_xact_lock(hashtext('charge_templates'), :area)"), {"area": area_code % 2**31}
    )
    seen = charge_template_at(session, area_code, now)
    if seen.id != entry.seen_id:
        raise Conflict(f"{seen.actor_name}刚刚保存了新的包案职责，请刷新页面核对后再修改；您的改动没有保存。")
    kept = (plans_from(seen.duties), seen.holds_closing, seen.remind_days)
    if kept == (entry.duties, entry.holds_closing, entry.remind_days):
        raise BadInput("与现在的职责相同，没有需要保存的改动。", field="name")
    last = session.scalar(select(func.max(ChargeTemplate.version)).where(ChargeTemplate.area_code == area_code))
    template = ChargeTemplate(
        area_code=area_code,
        version=(last or 0) + 1,
        valid_from=now,
        source_note=entry.source_note,
        holds_closing=entry.holds_closing,
        remind_days=entry.remind_days,
        duties=[duty.plain() for duty in entry.duties],
        actor_id=actor.account_id,
        actor_name=actor.name,
    )
    session.add(template)
    audit.record(session, actor, "charge.duties_changed", f"{area_code:015d}", area_code, version=template.version)
    session.flush()
    return template


def remind_duties(session: Session, now: datetime, *, after: int = 0) -> tuple[int, int | None]:
    """Remind leaders of duties that come due or are overdue: once for each date, however many jobs run.

    Works on ``REMIND_AT_ONCE`` duties beyond the id ``after``; returns how many reminders went out, and where to go on
    (``None``: done). What falls into quiet hours is left for a later hour of the day.
    """
    today = local(now).date()
    query = (
        select(CaseChargeDuty, CaseCharge, Case)
        .join(CaseCharge, (CaseCharge.county_code == CaseChargeDuty.county_code) & (CaseCharge.id == CaseChargeDuty.charge_id))
        .join(Case, (Case.county_code == CaseChargeDuty.county_code) & (Case.id == CaseChargeDuty.case_id))
        .where(
            CaseCharge.state == ChargeState.OPEN.value,
            CaseChargeDuty.due_on <= today + func.make_interval(0, 0, 0, CaseCharge.remind_days),
            CaseChargeDuty.id > after,
        )
        .order_by(CaseChargeDuty.id)
        .limit(REMIND_AT_ONCE)
    )  # fmt: skip
    rows, quiet, sent = list(session.execute(query).unique()), quiet_hours(session), 0
    for duty, charge, case in rows:
        if quiet_at(quiet, case.unit_code).tell_at(now) > now:
            continue
        late = duty.due_on is not None and duty.due_on < today
        how = "已过期限" if late else "即将到期"
        key = f"charge:{duty.id}:{duty.due_on}:{'late' if late else 'soon'}"
        body = f"您包案的“{duty.name}”{how}（{duty.due_on}），请履职后登记。"
        sent += (
            tell(session, case=case, kind="case.charge_due", body=body, to=Account(charge.account_id), key=key)
            is not None
        )
    return sent, rows[-1][0].id if len(rows) == REMIND_AT_ONCE else None
