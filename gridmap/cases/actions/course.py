"""Taking a step of a case: find it in scope, lock it, ask the table, do what the action does, write the history."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from sqlalchemy.orm import Session

from gridmap.access import Actor
from gridmap.cases.actions.effects import EFFECTS, FINISHES, Work, release_leader
from gridmap.cases.actions.history import add_step
from gridmap.cases.actions.photos import attach_photos
from gridmap.cases.actions.timers import change_stage
from gridmap.cases.actions.told import tell_of
from gridmap.cases.forms import Given
from gridmap.cases.models import Case
from gridmap.cases.queries.course import Form, Standing, doer_of, last_step, locked_case, sent_before, standing_of
from gridmap.cases.rules import (
    ACTION_NAMES,
    STATUS_NAMES,
    Action,
    Status,
    judge,
    refusal,
    transition,
)
from gridmap.clock import local
from gridmap.errors import Conflict, Forbidden, NotFound

USED = "这个页面的提交编号已经用于另一项操作，本次没有提交。请回到事件页刷新后重新填写。"
MISSING = "没有找到该事件，可能编号有误，或不在您负责的范围内。"


def take_step(
    session: Session, actor: Actor, *, case_code: str, action: Action, given: Given, clock: Callable[[], datetime]
) -> tuple[Case | None, bool]:
    """Take a step; return the case and whether the step is new (the same form sent twice is one step).

    ``clock`` (aware) is read once the case is held, so that steps follow each other in time too. The case is ``None`` when this
    very step, sent before, took it out of the person's sight (移交). Raises ``NotFound``, ``Conflict`` (somebody was first, the
    state does not allow it, or the form was used for something else), ``Forbidden`` (right or guard, with the reason),
    ``BadInput`` (field and remedy).
    """
    case = locked_case(session, actor, case_code)
    found = standing_of(session, case, clock(), Form(actor.account_id, action, given.client_id)) if case else None
    sent = found.sent if found else sent_before(session, actor, case_code, action, given.client_id)
    if case is None and not sent:
        raise NotFound(MISSING)
    if sent is False:
        raise Conflict(USED)
    if case is None or found is None or sent:
        return case, False
    _carry_out(_judged(session, actor, case, action, given, found), found.last)
    return case, True


def _judged(session: Session, actor: Actor, case: Case, action: Action, given: Given, found: Standing) -> Work:
    """Return the step as it may be taken on a held case that stands so; raise why not."""
    if given.seen is not None and given.seen != found.last:
        raise Conflict(_what_happened(session, case))
    row = transition(Status(case.status), action)
    if row is None:
        raise Conflict(refusal(Status(case.status), action))
    decision = judge(row, found.facts, doer_of(actor, case), lambda permission: actor.may(permission, case.unit_code))
    if not decision:
        raise Forbidden(decision.reason)
    return Work(session, actor, case, found.facts, row, given, found.at)


def _carry_out(work: Work, last: int) -> None:
    """Change the case as the row of the table says, with its effects, timers, history, papers and notices."""
    session, case, row, now = work.session, work.case, work.row, work.now
    effect, classed = EFFECTS.get(row.action), (case.category_id, case.grade)
    data = (effect(work) if effect else None) or {}
    ends = row.after in _CLOSING and row.before is not row.after  # a note on a closed case does not close it anew
    if ends:
        case.closed_at, case.supervision = now, None
    case.status = row.after.value
    case.updated_at = now
    if ends or row.action is Action.TRANSFER:  # a leader of here need not see it there
        release_leader(work)
    reclassed = classed != (case.category_id, case.grade)
    limits = change_stage(session, case, starts=row.starts, stops=row.stops, reclassed=reclassed, now=now)
    if limits:
        data = {**data, "limits": limits}
    attach_photos(session, work.actor, case, work.given.photos)
    add_step(session, work.actor, case, row, number=last + 1, given=work.given, data=data, now=now)
    session.flush()
    tell_of(work)
    finish = FINISHES.get(row.action)
    if finish:
        session.flush()
        finish(work)


_CLOSING = frozenset({Status.CLOSED, Status.DECLINED, Status.JOINED})


def _what_happened(session: Session, case: Case) -> str:
    """Tell the second of two people what the first one did; nothing of theirs is overwritten."""
    step = last_step(session, case)
    state = STATUS_NAMES[Status(case.status)]
    if step is None:
        return f"事件已有变化，现在是“{state}”。请刷新页面核对后再操作。"
    done, at = ACTION_NAMES[Action(step.action)], local(step.at).strftime("%m-%d %H:%M")
    return f"{step.actor_name}已于 {at} 对该事件“{done}”，现在是“{state}”。您填写的内容没有提交，请核对后再操作。"
