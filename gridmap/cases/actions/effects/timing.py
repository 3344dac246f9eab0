"""Effects on the limits of a case: pauses, more time, another class, supervision, appeals."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from sqlalchemy import select

from gridmap.cases import queries
from gridmap.cases.actions.effects.desk import chosen
from gridmap.cases.actions.effects.work import Effect, Work
from gridmap.cases.actions.supervision import supervised_by
from gridmap.cases.actions.tiers import pause_tier, resume_tier
from gridmap.cases.actions.timers import change_words, keep_timer, show_due
from gridmap.cases.models import CaseAppeal, CaseExtension, CaseTimer
from gridmap.cases.queries.timers import (
    calendars_for,
    extension_bound,
    first_limit,
    granted_of,
    running_timers,
    timer_of,
)
from gridmap.cases.rules import STAGE_NAMES, Action, Grade, Stage
from gridmap.cases.rules.clocks import SUPERVISION_NAMES, AppealStatus, ExtensionStatus, higher
from gridmap.cases.rules.limits import amount_words
from gridmap.cases.rules.timing import own_late
from gridmap.clock import CHINA, local
from gridmap.errors import BadInput, Conflict
from gridmap.worktime.rules import Timer, spoken_time, timer_due_at, worked
from gridmap.worktime.rules import pause as pause_timer
from gridmap.worktime.rules import resume as resume_timer

FARTHEST = timedelta(days=366)
HOUR = timedelta(hours=1)
PLAIN = re.compile(r"[0-9]{1,4}(\.[0-9]{1,2})?")


def pause(work: Work) -> dict[str, Any]:
    """暂停计时: every running timer, and that of the open tier of mediation, stands still until the end, or until it is resumed."""
    until = _moment(work.given.get("until"))
    if not work.now < until <= work.now + FARTHEST:
        raise BadInput("暂停的结束时间应晚于现在，且不超过一年。", field="until")
    running, reason = running_timers(work.session, work.case), work.given.get("reason")[:200]
    for row in running.values():
        keep_timer(work.session, row, pause_timer(timer_of(row), work.now, reason=reason, until=until))
    show_due(work.case, running)
    tier = pause_tier(work.session, work.case, reason=reason, until=until, now=work.now)
    return {"limits": [f"暂停计时至 {spoken_time(until)}", *_due_words(running), *tier]}


def _moment(text: str) -> datetime:
    try:
        found = datetime.fromisoformat(text)
    except ValueError as fault:
        raise BadInput("“暂停至”应写作 2026-01-31T18:00 这样的时间。", field="until") from fault
    return found if found.tzinfo else found.replace(tzinfo=CHINA)


def _due_words(running: dict[Stage, CaseTimer]) -> list[str]:
    return [
        f"{STAGE_NAMES[stage]}到期时间改为 {spoken_time(row.due_at, is_end=True)}" for stage, row in running.items()
    ]


def resume(work: Work) -> dict[str, Any]:
    """恢复计时 before the pause's own end."""
    running = running_timers(work.session, work.case)
    for row in running.values():
        timer = timer_of(row)
        if timer.paused_at(work.now):
            keep_timer(work.session, row, resume_timer(timer, work.now))
    show_due(work.case, running)
    tier = resume_tier(work.session, work.case, now=work.now)
    return {"limits": ["恢复计时", *_due_words(running), *tier]}


def extend(work: Work) -> dict[str, Any]:
    """申请延期: so much more of the kind of time that the handling is measured in."""
    row = _handling(work)
    actor, kind = work.actor, timer_of(row).limit.kind
    if not PLAIN.fullmatch(work.given.get("amount")):
        raise BadInput("“延长”应为数字，如 5 或 0.5。", field="amount")
    amount = Decimal(work.given.get("amount"))
    _check_bound(work, row, amount)
    work.session.add(
        CaseExtension(
            **_place(work),
            timer_id=row.id,
            amount=amount,
            kind=kind.value,
            reason=work.given.get("reason"),
            status=ExtensionStatus.ASKED.value,
            asked_at=work.now,
            asked_by=actor.account_id,
            asked_name=actor.name,
        )
    )
    return {"limits": [f"申请延长办理时限 {amount_words(kind, amount)}"]}


def _check_bound(work: Work, row: CaseTimer, amount: Decimal) -> None:
    """Check that a timer may have so much more. Raises ``BadInput`` with what is left, ``NotReady`` (the setting)."""
    limit = timer_of(row).limit
    if amount <= 0:
        raise BadInput("“延长”应大于 0。", field="amount")
    replace(limit, amount=limit.amount + amount)  # raises where days are not whole
    bound, granted = extension_bound(work.session), granted_of(work.session, row)
    if words := bound.fault(first_limit(work.session, row), granted, amount):
        raise BadInput(words, field="amount")


def _place(work: Work) -> dict[str, int]:
    return {"county_code": work.case.county_code, "unit_code": work.case.unit_code, "case_id": work.case.id}


def _handling(work: Work) -> CaseTimer:
    row = running_timers(work.session, work.case).get(Stage.HANDLE)
    if row is None:
        raise Conflict("办理环节的计时已经结束，请刷新页面核对。")
    return row


def _asked(work: Work) -> CaseExtension:
    mine = CaseExtension.county_code == work.case.county_code, CaseExtension.case_id == work.case.id
    query = select(CaseExtension).where(*mine, CaseExtension.status == ExtensionStatus.ASKED.value)
    found = work.session.scalars(query.order_by(CaseExtension.id.desc())).first()
    if found is None:
        raise Conflict("该延期申请已经处理，请刷新页面核对。")
    return found


def decide_extension(work: Work) -> dict[str, Any]:
    """Grant or refuse more time; the whole course is never due before its handling."""
    asked, granted = _asked(work), work.row.action is Action.GRANT_EXTENSION
    running = running_timers(work.session, work.case)
    if granted:
        if timer_of(running[Stage.HANDLE]).limit.kind != asked.kind:
            raise Conflict("申请后办理时限的计时方式已经改变，请“不同意延期”，由承办部门按新的时限重新申请。")
        _check_bound(work, running[Stage.HANDLE], asked.amount)
    asked.status = (ExtensionStatus.GRANTED if granted else ExtensionStatus.REFUSED).value
    asked.decided_at, asked.decided_by, asked.decided_name = work.now, work.actor.account_id, work.actor.name
    asked.decision = work.given.get("reason")
    words = f"{asked.asked_name}申请延长 {amount_words(asked.kind, asked.amount)}"
    if not granted:
        return {"limits": [words]}
    told = [words, _lengthen(work, running[Stage.HANDLE], asked.amount)]
    whole = running.get(Stage.WHOLE)
    if whole is not None and (more := _missing(work, whole, running[Stage.HANDLE].due_at)):
        told.append(_lengthen(work, whole, more))
    show_due(work.case, running)
    return {"limits": told}


def _lengthen(work: Work, row: CaseTimer, more: Decimal) -> str:
    before = timer_of(row)
    longer = replace(before.limit, amount=before.limit.amount + more)
    return change_words(work.session, row, before, replace(before, limit=longer, changed_at=work.now))


def _missing(work: Work, row: CaseTimer, target: datetime) -> Decimal:
    """Return how much a timer must be lengthened so that it does not fall due before ``target``: whole days or hours."""
    timer = timer_of(row)
    calendars = calendars_for(work.session, [timer])
    kind, due = timer.limit.kind, timer_due_at(timer, calendars)
    if due >= target:
        return Decimal(0)
    gap = worked(due, target, calendars[timer.calendar_version], kind)
    more = Decimal(gap.days) if kind.in_days else Decimal(-(-gap // HOUR))
    while _due_with(timer, more, calendars) < target:
        more += 1
    return more


def _due_with(timer: Timer, more: Decimal, calendars: Any) -> datetime:
    return timer_due_at(replace(timer, limit=replace(timer.limit, amount=timer.limit.amount + more)), calendars)


def reclassify(work: Work) -> dict[str, Any]:
    """调整类别等级: the engine gives the running timers the limits of the new class, from now on."""
    case, on = work.case, local(work.now).date()
    code, grade = work.given.get("category"), chosen(work, "grade", Grade, "五事五办")
    category = queries.category_on(work.session, on, code)
    if category is None:
        raise BadInput("该类别已停用或不存在，请重新选择类别。", field="category")
    changed = {}
    if category.code != case.category.code:
        changed["category"] = [case.category.code, category.code]
    if grade != case.grade:
        changed["grade"] = [case.grade, grade]
    if not changed:
        raise BadInput("类别和五事五办都没有变化，不需要调整。", field="category")
    case.category_id, case.category, case.grade = category.id, category, grade
    return {"changed": changed}


def supervise(work: Work) -> dict[str, Any]:
    """督办: one step up the ladder; its 督办单 goes to whoever holds the case: the lead department, else the centre of the place."""
    level = higher(work.facts.clocks.supervision)
    if level is None:
        raise Conflict("该事件已是红牌督办，不能再升级。")
    work.case.supervision = level.value
    to = supervised_by(work.session, work.case, work.facts)
    return {"supervision": SUPERVISION_NAMES[level], "to": to}


def release(work: Work) -> dict[str, Any]:
    """解除督办."""
    level = work.facts.clocks.supervision
    work.case.supervision = None
    return {"supervision": SUPERVISION_NAMES[level]} if level else {}


def appeal(work: Work) -> dict[str, Any]:
    """超时申诉 against one time-out of the appealing unit's own."""
    offered = own_late(work.facts, queries.doer_of(work.actor, work.case))
    row = next((one for one in offered if str(one.timer_id) == work.given.get("timer")), None)
    if row is None:
        raise BadInput("本单位没有这项超时，或已申诉过，请从列表中选择。", field="timer")
    work.session.add(
        CaseAppeal(
            **_place(work),
            timer_id=row.timer_id,
            reason=work.given.get("reason"),
            status=AppealStatus.ASKED.value,
            asked_at=work.now,
            asked_by=work.actor.account_id,
            asked_name=work.actor.name,
        )
    )
    return {
        "limits": [f"申诉的超时：{STAGE_NAMES[Stage(row.stage)]}环节，到期时间 {spoken_time(row.due_at, is_end=True)}"]
    }


def review(work: Work) -> dict[str, Any]:
    """初审 or 复审; a time-out whose appeal both agree to is exempted from the statistics, and stays to be seen."""
    mine = CaseAppeal.county_code == work.case.county_code, CaseAppeal.case_id == work.case.id
    open_ones = CaseAppeal.status.in_([AppealStatus.ASKED.value, AppealStatus.FIRST_AGREED.value])
    found = work.session.scalars(select(CaseAppeal).where(*mine, open_ones)).one_or_none()
    verdict = work.given.get("verdict")
    if found is None:
        raise Conflict("该申诉已经处理，请刷新页面核对。")
    if verdict not in ("agree", "refuse"):
        raise BadInput("请选择“同意”或“不同意”。", field="verdict")
    first = work.row.action is Action.REVIEW_APPEAL
    agreed = AppealStatus.FIRST_AGREED if first else AppealStatus.GRANTED
    who = {"at": work.now, "by": work.actor.account_id, "name": work.actor.name, "reason": work.given.get("reason")}
    for name, value in who.items():
        setattr(found, f"{'first' if first else 'second'}_{name}", value)
    found.status = (agreed if verdict == "agree" else AppealStatus.REFUSED).value
    if found.status == AppealStatus.GRANTED.value:
        row = work.session.get(CaseTimer, (found.county_code, found.timer_id))
        assert row is not None
        row.exempted_at = work.now
    return {"limits": [f"审核结论：{'同意' if verdict == 'agree' else '不同意'}"]}


TIMING_EFFECTS: dict[Action, Effect] = {
    Action.PAUSE: pause,
    Action.RESUME: resume,
    Action.EXTEND: extend,
    Action.GRANT_EXTENSION: decide_extension,
    Action.REFUSE_EXTENSION: decide_extension,
    Action.RECLASSIFY: reclassify,
    Action.SUPERVISE: supervise,
    Action.RELEASE: release,
    Action.APPEAL: appeal,
    Action.REVIEW_APPEAL: review,
    Action.DECIDE_APPEAL: review,
}
