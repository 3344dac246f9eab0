"""Playing the scenes: the named accounts take the product's own steps on a few open cases of their town, in the past."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import partial

from sqlalchemy import case, func, select, text
from sqlalchemy.orm import Session
from werkzeug.datastructures import MultiDict

from gridmap.access import Actor, Post, Role
from gridmap.cases.actions import take_step
from gridmap.cases.actions.meetings import plan_meeting, record_meeting
from gridmap.cases.forms import read_step
from gridmap.cases.forms.meetings import read_meeting, read_minutes
from gridmap.cases.models import Case, CaseStep, Category
from gridmap.cases.rules import Action, asked
from gridmap.db import scope_settings
from gridmap.demo.queries import named_posts
from gridmap.demo.rules.scenes import LISTS, PLAN, RECORD, Scene, filled, moment

Numbers = dict[tuple[str, str], int]
UNREAD_FOR = timedelta(days=3)
WRITTEN_AFTER = timedelta(hours=1)  # the minutes of a meeting
_NOTICED = text(
    "update notices set created_at = :at, read_at = :read where created_at = now()"
)  # those of this transaction
TOWN_DESK = "desk"  # the account whose town the scenes are set in


def play_scenes(session: Session, scenes: Sequence[Scene], end: datetime) -> int:
    """Play each scene on a case of its kind, up to ``end`` (aware); return how many found one.

    Works as the owner of the tables; every step is judged, timed and written down as anybody's.
    """
    people = _people(session)
    if TOWN_DESK not in people:
        return 0
    unit_code = people[TOWN_DESK].posts[0].unit_code
    numbers = _numbers(session, people, unit_code)
    used: set[int] = set()
    for scene in scenes:
        matter, begun = _chosen(session, scene, unit_code, used, end)
        if matter is None:
            continue
        used.add(matter.id)
        for act in scene.acts:
            at, actor = moment(act.share, begun, end), people[act.who]
            given = {name: filled(value, numbers, at, begun, end) for name, value in act.given.items()}
            _stand_in(session, actor)
            if act.action in (PLAN, RECORD):
                _meet(session, actor, act.action, given, numbers, at)
            else:
                _step(session, actor, matter.case_code, Action(act.action), given, at)
            session.execute(_NOTICED, {"at": at, "read": at if at < end - UNREAD_FOR else None})
    return len(used)


def _step(session: Session, actor: Actor, code: str, action: Action, given: dict[str, str], at: datetime) -> None:
    """Take a step of a case as its form would."""
    values = read_step(asked(action), MultiDict(given), MultiDict())
    take_step(session, actor, case_code=code, action=action, given=values, clock=partial(_at, at))


def _meet(session: Session, actor: Actor, action: str, given: dict[str, str], numbers: Numbers, at: datetime) -> None:
    """Plan a joint meeting of the actor's unit, whose number the later acts know it by, or record one."""
    form = MultiDict([(name, part) for name, value in given.items() for part in _parts(name, value)])
    if action == PLAN:
        entry = read_meeting(form)
        meeting = plan_meeting(session, actor, unit_code=actor.posts[0].unit_code, entry=entry, now=at)
        numbers["meeting", meeting.title] = meeting.id
    else:
        written = at + WRITTEN_AFTER  # both may fall on the hour at which the office closes
        record_meeting(session, actor, meeting_id=int(given["meeting"]), entry=read_minutes(form), now=written)


def _parts(name: str, value: str) -> list[str]:
    return value.split() if name in LISTS else [value]


def _at(moment: datetime) -> datetime:
    """Be a clock that stands still."""
    return moment


def _stand_in(session: Session, actor: Actor) -> None:
    """Tell the database's own functions whose scope it is; the tables are still open to their owner."""
    for key, value in scope_settings(actor).items():
        if key.startswith("gridmap."):
            session.execute(text("select set_config(:key, :value, true)"), {"key": key, "value": value})


def _chosen(
    session: Session, scene: Scene, unit_code: int, used: set[int], end: datetime
) -> tuple[Case | None, datetime]:
    """Return the oldest case that fits a scene and nothing was played on, and when its last step was."""
    last = (
        select(func.max(CaseStep.at))
        .where(CaseStep.county_code == Case.county_code, CaseStep.case_id == Case.id)
        .scalar_subquery()
    )
    query = (
        select(Case, last)
        .join(Category, Category.id == Case.category_id)
        .where(
            Case.unit_code // 10**6 == unit_code // 10**6,
            Case.status == scene.status,
            Category.dimension.in_(scene.dimensions),
            Case.id.not_in(used),
            last <= end - timedelta(hours=scene.hours),
        )
    )
    rank = case({name: number for number, name in enumerate(scene.dimensions)}, value=Category.dimension)
    found = session.execute(query.order_by(rank, Case.received_at, Case.id).limit(1)).first()
    return (found[0], found[1]) if found else (None, end)


def _people(session: Session) -> dict[str, Actor]:
    """Return the accounts one can sign in with, as the steps know them, by user name."""
    rows = named_posts(session)
    posts: dict[str, list[Post]] = {}
    for row in rows:
        post = Post(Role(row.role), row.unit_code, row.unit_name, row.department, row.department_id)
        posts.setdefault(row.username, []).append(post)
    return {row.username: Actor(row.id, row.username, row.name, tuple(posts[row.username])) for row in rows}


def _numbers(session: Session, people: dict[str, Actor], unit_code: int) -> Numbers:
    offices = session.execute(text("select name, id from departments where unit_code = :unit"), {"unit": unit_code})
    numbers: Numbers = {("account", name): actor.account_id for name, actor in people.items()}
    return numbers | {("department", name): number for name, number in offices}
