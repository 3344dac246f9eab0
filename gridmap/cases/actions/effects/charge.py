"""Effects of 领导包案: asked, taken with its duties, declined, a duty done, ended; a case that ends releases its leader."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import Any

from gridmap.access import Role
from gridmap.cases.actions.effects.work import Effect, Work
from gridmap.cases.models import CaseCharge, CaseChargeDuty, CaseChargeRecord
from gridmap.cases.queries.charge import charge_template_at, duties_of_charge, open_charges, people_for
from gridmap.cases.rules import Action
from gridmap.cases.rules.charges import ChargeState, first_due, next_due, plans_from
from gridmap.clock import CHINA, local
from gridmap.errors import BadInput, Conflict


def _place(work: Work) -> dict[str, int]:
    return {"county_code": work.case.county_code, "unit_code": work.case.unit_code, "case_id": work.case.id}


def end_of_day(day: date) -> datetime:
    """Return the instant at which a civil day of China is over."""
    return datetime.combine(day + timedelta(days=1), time(), CHINA)


def ask(work: Work) -> dict[str, Any]:
    """提请领导包案: a leader whose post covers the place is asked; one in charge stays until the other accepts."""
    number = work.given.get("leader")
    leader = next((row for row in people_for(work.session, work.case.unit_code, Role.LEADER) if row.id == number), None)
    if leader is None:
        raise BadInput("没有这位领导，或其岗位不含事件所在地，请从列表中选择。", field="leader")
    if work.facts.charge and work.facts.charge.account_id == leader.id:
        raise BadInput(f"{leader.name}已在包办该事件，请选择其他领导。", field="leader")
    work.session.add(
        CaseCharge(
            **_place(work),
            account_id=leader.id,
            account_name=leader.name,
            state=ChargeState.ASKED.value,
            asked_at=work.now,
            asked_by=work.actor.account_id,
        )
    )
    return {"leader": leader.name, "leader_id": leader.id}


def take(work: Work) -> dict[str, Any]:
    """领导包案: the duties of the template begin to run; who was in charge before is released."""
    held = open_charges(work.session, work.case)
    former = held.get(ChargeState.OPEN)
    if former is not None:
        _end(work, former, ChargeState.REPLACED, f"由{work.actor.name}接任")
        work.session.flush()
    template = charge_template_at(work.session, work.case.unit_code, work.now)
    charge = held.get(ChargeState.ASKED)
    if charge is None:
        charge = CaseCharge(**_place(work), account_id=work.actor.account_id, account_name=work.actor.name)
        work.session.add(charge)
    charge.state, charge.taken_at, charge.template_id = ChargeState.OPEN.value, work.now, template.id
    charge.holds_closing, charge.remind_days = template.holds_closing, template.remind_days
    work.session.flush()
    plans, today = plans_from(template.duties), local(work.now).date()
    duties = [
        CaseChargeDuty(
            **_place(work), charge_id=charge.id, number=number, name=plan.name, every_days=plan.every_days,
            needed=plan.needed, due_on=first_due(plan, today), done=0,
        )
        for number, plan in enumerate(plans, 1)
    ]  # fmt: skip
    work.session.add_all(duties)
    _keep_due(charge, duties)
    told = [f"职责：{'；'.join(f'{plan.name}（{plan.words}）' for plan in plans)}"]
    return {"leader": work.actor.name, "told": told + ([f"接替{former.account_name}"] if former else [])}


def _keep_due(charge: CaseCharge, duties: list[CaseChargeDuty]) -> None:
    """Keep with the charge when its soonest duty is due."""
    soonest = min((duty.due_on for duty in duties if duty.due_on), default=None)
    charge.next_due_at = end_of_day(soonest) if soonest else None


def decline(work: Work) -> dict[str, Any]:
    """不予包案."""
    asked = open_charges(work.session, work.case).get(ChargeState.ASKED)
    if asked is None:
        raise Conflict("该提请已经答复，请刷新页面核对。")
    _end(work, asked, ChargeState.DECLINED, work.given.get("reason"))
    return {"leader": asked.account_name}


def do_duty(work: Work) -> dict[str, Any]:
    """包案履职: what was done and when; the duty's next date follows from it."""
    charge = _mine(work)
    duties = duties_of_charge(work.session, charge)
    duty = next((item for item in duties if str(item.number) == str(work.given.get("charge_duty"))), None)
    if duty is None:
        raise BadInput("没有这项职责，请从列表中选择。", field="charge_duty")
    on = work.given.get("on", local(work.now).date())
    if on > local(work.now).date():
        raise BadInput("日期不能晚于今天，请检查。", field="on")
    if charge.taken_at and on < local(charge.taken_at).date():
        raise BadInput(f"日期不能早于包案之日（{local(charge.taken_at).date()}），请检查。", field="on")
    duty.due_on, duty.done = next_due(duty.due_on, duty.every_days, on), duty.done + 1
    _keep_due(charge, duties)
    work.session.add(
        CaseChargeRecord(
            **_place(work), charge_id=charge.id, duty_id=duty.id, done_on=on, account_id=work.actor.account_id,
            account_name=work.actor.name, note=work.given.get("reason"), recorded_at=work.now,
        )
    )  # fmt: skip
    following = [f"下次 {duty.due_on} 前"] if duty.due_on else []
    return {"told": [f"履职事项：{duty.name}", f"日期：{on}", *following]}


def _mine(work: Work) -> CaseCharge:
    charge = open_charges(work.session, work.case).get(ChargeState.OPEN)
    if charge is None:
        raise Conflict("包案已经结束，请刷新页面核对。")
    return charge


def finish(work: Work) -> dict[str, Any]:
    """结束包案: what was not done is named, and stays so."""
    charge = _mine(work)
    _end(work, charge, ChargeState.ENDED, work.given.get("reason"))
    undone = work.facts.charge.undone if work.facts.charge else ()
    return {"leader": charge.account_name, **({"told": [f"未履行的职责：{'、'.join(undone)}"]} if undone else {})}


def _end(work: Work, charge: CaseCharge, state: ChargeState, reason: str) -> None:
    charge.state, charge.ended_at, charge.end_reason, charge.next_due_at = state.value, work.now, reason, None


def release_leader(work: Work) -> None:
    """A case that ends, or leaves the place, releases its leader, and whoever was asked."""
    if not (work.facts.charge or work.facts.charge_asked):
        return
    for charge in open_charges(work.session, work.case).values():
        _end(work, charge, ChargeState.ENDED, f"事件{work.row.name}")


CHARGE_EFFECTS: dict[Action, Effect] = {
    Action.ASK_CHARGE: ask,
    Action.TAKE_CHARGE: take,
    Action.DECLINE_CHARGE: decline,
    Action.DO_DUTY: do_duty,
    Action.END_CHARGE: finish,
}
