"""Writes of the work list: one step on several cases, what was seen, saved filters."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import func
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from gridmap.access import Actor
from gridmap.cases.actions.course import take_step
from gridmap.cases.forms import Given
from gridmap.cases.models import Case, CaseSeen, SavedFilter
from gridmap.cases.queries.work import one_filter, saved_filters
from gridmap.cases.rules import Action
from gridmap.errors import BadInput, GridmapError, NotFound

MOST_FILTERS = 30


@dataclass(frozen=True)
class Outcome:
    """What came of a case in a batch: done now, done before by the same request, or refused and why."""

    case_code: str
    done: bool
    words: str


def take_steps(
    session: Session,
    actor: Actor,
    *,
    action: Action,
    codes: tuple[str, ...],
    given: Given,
    client_id: uuid.UUID,
    clock: Callable[[], datetime],
) -> list[Outcome]:
    """Take the same step on several cases, each judged by itself: one that is refused leaves the others alone."""
    found = []
    for code in sorted(codes):  # in one order, so that two batches never wait for each other
        step = replace(given, client_id=uuid.uuid5(client_id, f"{action}:{code}"), seen=None)
        try:
            with session.begin_nested():
                _case, fresh = take_step(session, actor, case_code=code, action=action, given=step, clock=clock)
            found.append(Outcome(code, True, "已完成" if fresh else "先前已完成，没有重复办理"))
        except GridmapError as fault:
            found.append(Outcome(code, False, fault.message))
    return found


def mark_seen(session: Session, actor: Actor, *, case: Case, number: int) -> None:
    """Keep that the person had the steps of a case up to ``number`` before them."""
    values = {"account_id": actor.account_id, "county_code": case.county_code, "case_id": case.id, "number": number}
    made = insert(CaseSeen).values(values)
    newest = {"number": made.excluded.number, "seen_at": func.now()}
    key = [CaseSeen.account_id, CaseSeen.county_code, CaseSeen.case_id]
    session.execute(
        made.on_conflict_do_update(index_elements=key, set_=newest, where=CaseSeen.number < made.excluded.number)
    )


def save_filter(session: Session, actor: Actor, *, page: str, name: str, address: str) -> SavedFilter:
    """Save a filter under a name; the same name again takes the new filter. Raises ``BadInput`` beyond ``MOST_FILTERS``."""
    mine = saved_filters(session, actor, page)
    kept = next((item for item in mine if item.name == name), None)
    if kept is None:
        if len(mine) >= MOST_FILTERS:
            raise BadInput(f"至多保存 {MOST_FILTERS} 个筛选条件，请先删除不用的。", field="name")
        kept = SavedFilter(account_id=actor.account_id, page=page, name=name, address=address)
        session.add(kept)
    kept.address = address
    session.flush()
    return kept


def rename_filter(session: Session, actor: Actor, *, filter_id: int, name: str) -> SavedFilter:
    """Give a saved filter another name. Raises ``NotFound``, or ``BadInput`` where the name is taken."""
    kept = _mine(session, actor, filter_id)
    if any(item.name == name and item.id != kept.id for item in saved_filters(session, actor, kept.page)):
        raise BadInput(f"已有名为“{name}”的筛选条件，请换一个名字。", field="name")
    kept.name = name
    session.flush()
    return kept


def delete_filter(session: Session, actor: Actor, *, filter_id: int) -> str:
    """Delete a saved filter; return which list it was of. Raises ``NotFound``."""
    kept = _mine(session, actor, filter_id)
    session.delete(kept)
    session.flush()
    return kept.page


def _mine(session: Session, actor: Actor, filter_id: int) -> SavedFilter:
    kept = one_filter(session, actor, filter_id)
    if kept is None:
        raise NotFound("没有找到该筛选条件，可能已经删除。")
    return kept
