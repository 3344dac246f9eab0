"""Effects of 核查: a task for one person, its answer, or its withdrawal."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

from sqlalchemy import select

from gridmap.cases.actions.effects.work import Effect, Work
from gridmap.cases.actions.notices import Account, Centre, tell
from gridmap.cases.models import CaseTask
from gridmap.cases.queries.duty import worker_choices
from gridmap.cases.rules import Action
from gridmap.cases.rules.checks import MOST_HOURS
from gridmap.clock import local
from gridmap.errors import BadInput, Conflict


def ask(work: Work) -> dict[str, Any]:
    """Ask a grid worker of the place for facts, until a time when one is given, and tell them."""
    number = work.given.get("worker")
    chosen = next((row for row in worker_choices(work.session, work.case) if str(row.id) == number), None)
    if chosen is None:
        raise BadInput("没有这位网格员，或其岗位不含事件所在地，请从列表中选择。", field="worker")
    hours = work.given.get("hours").removesuffix("小时").strip()
    if hours and (not re.fullmatch(r"[0-9]{1,3}", hours) or not 1 <= int(hours) <= MOST_HOURS):
        raise BadInput(f"答复时限应为 1 至 {MOST_HOURS} 小时的整数，不限时请留空。", field="hours")
    due_at = work.now + timedelta(hours=int(hours)) if hours else None
    work.session.add(
        CaseTask(
            county_code=work.case.county_code,
            unit_code=work.case.unit_code,
            case_id=work.case.id,
            kind="check",
            account_id=chosen.id,
            account_name=chosen.name,
            question=work.given.get("reason"),
            asked_at=work.now,
            asked_by=work.actor.account_id,
            due_at=due_at,
        )
    )
    until = f"请于 {local(due_at).strftime('%m-%d %H:%M')} 前答复。" if due_at else "请尽快答复。"
    tell(
        work.session,
        case=work.case,
        kind="case.check_asked",
        body=f"受理前需要核查，{until}",
        to=Account(chosen.id),
    )
    return {"checker": chosen.name, **({"until": local(due_at).strftime("%Y-%m-%d %H:%M")} if due_at else {})}


def answer(work: Work) -> dict[str, Any]:
    """Keep what was found with the task, and tell the desk."""
    task = _open_one(work)
    task.answer, task.answered_at = work.given.get("reason"), work.now
    tell(
        work.session,
        case=work.case,
        kind="case.check_answered",
        body="核查已答复，请决定是否受理。",
        to=Centre(work.case.unit_code),
    )
    return {}


def withdraw(work: Work) -> dict[str, Any]:
    """撤回核查: nobody waits for the answer any more, another may be asked, and who was asked is told."""
    task = _open_one(work)
    task.answer, task.answered_at = f"已撤回：{work.given.get('reason')}", work.now
    tell(
        work.session,
        case=work.case,
        kind="case.check_withdrawn",
        body="核查已撤回，您不需要再答复。",
        to=Account(task.account_id),
    )
    return {"checker": task.account_name}


def _open_one(work: Work) -> CaseTask:
    query = select(CaseTask).where(
        CaseTask.county_code == work.case.county_code,
        CaseTask.case_id == work.case.id,
        CaseTask.kind == "check",
        CaseTask.answered_at.is_(None),
    )
    task = work.session.scalars(query).one_or_none()
    if task is None:
        raise Conflict("这项核查已经答复或撤回，请刷新页面查看。")
    return task


CHECK_EFFECTS: dict[Action, Effect] = {
    Action.ASK_CHECK: ask,
    Action.ANSWER_CHECK: answer,
    Action.WITHDRAW_CHECK: withdraw,
}
