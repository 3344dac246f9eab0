"""Writing a step into the history of a case, with the event that jobs and live updates wait for."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from gridmap.access import GRANTS, ROLE_NAMES, Actor, Post
from gridmap.audit import EVENT_TYPES, INSERT_EVENT
from gridmap.cases.actions.documents import ask_document
from gridmap.cases.forms import Given
from gridmap.cases.models import Case
from gridmap.cases.rules import Document, Transition
from gridmap.prepared import prepared

# One statement, planned once for a connection: every step of every case writes both.
_TYPES = EVENT_TYPES | {
    "county": "int",
    "unit": "bigint",
    "case": "bigint",
    "number": "int",
    "action": "text",
    "before": "text",
    "after": "text",
    "at": "timestamptz",
    "actor": "bigint",
    "actor_name": "text",
    "post": "text",
    "department": "bigint",
    "reason": "text",
    "data": "jsonb",
    "client": "uuid",
}
_INSERT = (
    f"with event as ({INSERT_EVENT}) insert into case_steps (county_code, unit_code, case_id, number, action, before, after, at,"
    " actor_id, actor_name, actor_post, department_id, reason, data, client_id) values (:county, :unit, :case, :number, :action,"
    " :before, :after, :at, :actor, :actor_name, :post, :department, :reason, :data, :client)"
)


def add_step(
    session: Session,
    actor: Actor,
    case: Case,
    row: Transition,
    *,
    number: int,
    given: Given,
    data: dict[str, Any],
    now: datetime,
) -> None:
    """Write step ``number`` of a held case, taken at ``now`` (aware), its event, and ask for the paper that comes of it."""
    post = next((held for held in actor.posts if row.permission in GRANTS[held.role]), None) or actor.home
    if given.photos:
        data = {**data, "photos": [photo.sha256 for photo in given.photos]}
    values = {
        "event_kind": row.event,
        "subject": case.case_code,
        "event_data": _json({"status": row.after.value, "step": number}),
        "county": case.county_code,
        "unit": case.unit_code,
        "case": case.id,
        "number": number,
        "action": row.action.value,
        "before": row.before.value if row.before else None,
        "after": row.after.value,
        "at": now,
        "actor": actor.account_id or None,  # a resident has no account
        "actor_name": actor.name,
        "post": _post_words(post),
        "department": post.department_id if post else None,
        "reason": given.get("reason"),
        "data": _json(data),
        "client": str(given.client_id) if given.client_id else None,
    }
    session.flush()  # what the step follows from goes first
    session.execute(prepared(session, _INSERT, _TYPES), values)
    paper = data.get("paper") or row.document
    if paper:
        kind = Document(paper)
        ask_document(session, actor, case, row, kind=kind, step_number=number, given=given, data=data, now=now)


def _json(value: dict[str, Any]) -> str:
    return json.dumps(value, ensure_ascii=False)


def _post_words(post: Post | None) -> str:
    """Return in which post somebody acted: the department, else the unit, with the role."""
    if post is None:
        return ""
    return f"{post.department or post.unit_name} {ROLE_NAMES[post.role]}".strip()
