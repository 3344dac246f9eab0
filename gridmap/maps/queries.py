"""Reads of the map: the person's own area, one unit with its neighbours in the tree, and the search box."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, and_, func, or_, select
from sqlalchemy.orm import Session, aliased

from gridmap.access import LEVEL_DIGITS, Actor, Permission, Range, significant_digits, subtree
from gridmap.audit import Event
from gridmap.cases.forms import CaseFilter
from gridmap.cases.forms.paging import Page
from gridmap.cases.models import Case
from gridmap.cases.queries import like_pattern, list_cases, visible_cases
from gridmap.clock import today
from gridmap.db import in_ranges, valid_on
from gridmap.errors import NotFound
from gridmap.units.models import Outline, Unit

EVERYTHING = 0
FOUND_UNITS, FOUND_CASES = 8, 8


def in_force(table: type[Unit] | type[Outline]) -> ColumnElement[bool]:
    """Condition: units or outlines valid today in China."""
    condition: ColumnElement[bool] = valid_on(table, today())
    return condition


def granted(actor: Actor) -> tuple[Range, ...]:
    """Ranges of the units that the actor may see on the map."""
    return actor.granted_ranges(Permission.MAP_READ)


def visible_units(actor: Actor) -> ColumnElement[bool]:
    """Condition: units in force that the actor may see on the map. Units are public; the range is the filter."""
    return and_(in_force(Unit), in_ranges(Unit.unit_code, granted(actor)))


def roots(actor: Actor) -> list[int]:
    """Codes of the topmost units of the actor's posts, none inside another; ``[0]`` for the whole country."""
    codes = sorted({p.unit_code for p in actor.posts if any(p.scope.lo in r for r in granted(actor))}, key=_width)
    kept: list[int] = []
    for code in codes:
        if not any(code in subtree(other) for other in kept):
            kept.append(code)
    return sorted(kept)


def _width(code: int) -> tuple[int, int]:
    return significant_digits(code), code


def home_code(actor: Actor) -> str:
    """Return the code (15 digits) of the unit that the actor's map opens with; zeros for somebody with several stretches."""
    own = roots(actor)
    return f"{own[0] if len(own) == 1 else EVERYTHING:015d}"


def home_unit(session: Session, actor: Actor) -> dict[str, Any]:
    """Return where the actor's map opens: ``code`` (15 digits), ``name``, ``level``, ``bbox`` (or ``None``)."""
    facts = one_unit(session, actor, EVERYTHING)
    return {name: facts[name] for name in ("code", "name", "level", "bbox")}


PULSE_S = 60  # maps refresh by themselves that often whatever the pulse says


def newest_event(session: Session, actor: Actor, now: datetime) -> int | None:
    """Return the number of the newest event of a visible case within the last minute, or ``None``."""
    recent = Event.at > now - timedelta(seconds=PULSE_S), Event.kind.like("case.%")
    mine = in_ranges(Event.unit_code, actor.granted_ranges(Permission.CASE_READ))
    return session.scalar(select(func.max(Event.id)).where(*recent, mine))


def one_unit(session: Session, actor: Actor, unit_code: int) -> dict[str, Any]:
    """Return a unit for the map: place, ancestors within the scope, children. ``0`` is everything of the actor.

    ``bbox`` is west, south, east, north (degrees); ``bbox_from`` says what it is the box of: ``outline``, ``children``,
    ``cases``, ``ancestor`` or ``none``. A unit that ended is there for whoever holds a post at it, named as such: its cases
    are still theirs. Raises ``NotFound`` outside the scope.
    """
    own = roots(actor)
    if unit_code == EVERYTHING and len(own) == 1:
        unit_code = own[0]
    if unit_code == EVERYTHING:
        return _everything(session, actor, own)
    seen = or_(visible_units(actor), and_(Unit.unit_code.in_(own), Unit.valid_from.is_not(None)))
    unit = session.scalars(select(Unit).where(Unit.unit_code == unit_code, seen)).first()
    if unit is None:
        raise NotFound("没有找到该区划，可能已撤并，或者不在您负责的范围内。")
    children = _children(session, Unit.parent_code == unit_code)
    box, source = _box(session, actor, unit_code)
    return {
        "code": f"{unit_code:015d}",
        "name": unit.name if unit.valid_to is None or unit.valid_to > today() else f"{unit.name}（已撤销）",
        "level": unit.level,
        "kind": unit.kind,
        "residents": unit.residents,
        "households": unit.households,
        "is_demo": unit.is_demo,
        "has_outline": source == "outline",
        "bbox": box,
        "bbox_from": source,
        "centre": _centre(box),
        "ancestors": _ancestors(session, actor, unit_code, own),
        "children": children,
    }


def _everything(session: Session, actor: Actor, own: list[int]) -> dict[str, Any]:
    wanted = Unit.parent_code.is_(None) if own == [EVERYTHING] else Unit.unit_code.in_(own)
    children = _children(session, and_(wanted, visible_units(actor)))
    boxes = [child["bbox"] for child in children if child["bbox"]]
    if not boxes and own == [EVERYTHING]:
        boxes = [box for box in [_extent(session, in_force(Outline))] if box]
    box = _union(boxes)
    level = significant_digits(own[0]) if own == [EVERYTHING] else 0
    return {
        "is_union": own != [EVERYTHING], "code": "0" * 15, "name": "全部区划" if own == [EVERYTHING] else "我的全部区划", "level": level, "kind": None,
        "residents": None, "households": None, "is_demo": False, "has_outline": False, "bbox": box,
        "bbox_from": "children" if box else "none", "centre": _centre(box), "ancestors": [], "children": children,
    }  # fmt: skip


def _children(session: Session, which: ColumnElement[bool]) -> list[dict[str, Any]]:
    edges = [f(Outline.geom) for f in (func.st_xmin, func.st_ymin, func.st_xmax, func.st_ymax)]
    rows = session.execute(
        select(Unit.unit_code, Unit.name, Unit.level, Unit.kind, *edges)
        .outerjoin(Outline, and_(Outline.unit_code == Unit.unit_code, in_force(Outline)))
        .where(in_force(Unit), which)
        .order_by(Unit.unit_code)
    )
    return [
        {
            "code": f"{code:015d}", "name": name, "level": level, "kind": kind,
            "has_outline": box[0] is not None, "bbox": list(box) if box[0] is not None else None,
        }
        for code, name, level, kind, *box in rows
    ]  # fmt: skip


def _ancestors(session: Session, actor: Actor, unit_code: int, own: list[int]) -> list[dict[str, Any]]:
    above = [unit_code // 10 ** (15 - n) * 10 ** (15 - n) for n in LEVEL_DIGITS.values()]
    rows = session.execute(
        select(Unit.unit_code, Unit.name, Unit.level)
        .where(Unit.unit_code.in_([code for code in above if code != unit_code]), visible_units(actor))
        .order_by(Unit.level)
    )
    found = [{"code": f"{code:015d}", "name": name, "level": level} for code, name, level in rows]
    if own == [EVERYTHING] or len(own) > 1:
        name = "全部区划" if own == [EVERYTHING] else "我的全部区划"
        found.insert(0, {"code": "0" * 15, "name": name, "level": 0})
    return found


def _box(session: Session, actor: Actor, unit_code: int) -> tuple[list[float] | None, str]:
    span = subtree(unit_code)
    outline = _extent(session, and_(in_force(Outline), Outline.unit_code == unit_code))
    if outline:
        return outline, "outline"
    below = _extent(session, and_(in_force(Outline), Outline.unit_code >= span.lo, Outline.unit_code < span.hi))
    if below:
        return below, "children"
    located = _case_extent(session, actor, span)
    if located:
        return located, "cases"
    for digits in (12, 9, 6, 4, 2):
        code = unit_code // 10 ** (15 - digits) * 10 ** (15 - digits)
        above = _extent(session, and_(in_force(Outline), Outline.unit_code == code)) if code != unit_code else None
        if above:
            return above, "ancestor"
    return None, "none"


def _extent(session: Session, which: ColumnElement[bool]) -> list[float] | None:
    row = session.execute(
        select(
            func.min(func.st_xmin(Outline.geom)), func.min(func.st_ymin(Outline.geom)),
            func.max(func.st_xmax(Outline.geom)), func.max(func.st_ymax(Outline.geom)),
        ).where(which)
    ).one()  # fmt: skip
    return list(row) if row[0] is not None else None


def _case_extent(session: Session, actor: Actor, span: Range) -> list[float] | None:
    """Box of a unit's located cases, widened by about 200 m so that a single point has surroundings."""
    if not actor.granted_ranges(Permission.CASE_READ):
        return None
    located = visible_cases(actor).where(Case.unit_code >= span.lo, Case.unit_code < span.hi, Case.geom.is_not(None))
    points = located.with_only_columns(Case.geom.label("geom")).limit(5000).subquery()
    row = session.execute(
        select(
            func.min(func.st_x(points.c.geom)), func.min(func.st_y(points.c.geom)),
            func.max(func.st_x(points.c.geom)), func.max(func.st_y(points.c.geom)),
        )
    ).one()  # fmt: skip
    return [row[0] - 0.002, row[1] - 0.002, row[2] + 0.002, row[3] + 0.002] if row[0] is not None else None


def _union(boxes: list[list[float]]) -> list[float] | None:
    if not boxes:
        return None
    west, south, east, north = zip(*boxes, strict=True)
    return [min(west), min(south), max(east), max(north)]


def _centre(box: list[float] | None) -> list[float] | None:
    return [(box[0] + box[2]) / 2, (box[1] + box[3]) / 2] if box else None


def find_units(session: Session, actor: Actor, text: str) -> list[dict[str, Any]]:
    """Return units whose name holds ``text`` or whose code begins with it, the widest first, with their parent's name."""
    parent = aliased(Unit)
    matches: list[ColumnElement[bool]] = [Unit.name.ilike(like_pattern(text))]
    if text.isascii() and text.isdigit() and len(text) <= 15:
        span = Range(int(text) * 10 ** (15 - len(text)), (int(text) + 1) * 10 ** (15 - len(text)))
        matches.append(and_(Unit.unit_code >= span.lo, Unit.unit_code < span.hi))
    rows = session.execute(
        select(Unit.unit_code, Unit.name, Unit.level, parent.name)
        .outerjoin(parent, parent.unit_code == Unit.parent_code)
        .where(visible_units(actor), or_(*matches))
        .order_by((Unit.name == text).desc(), Unit.level, Unit.unit_code)
        .limit(FOUND_UNITS)
    )
    return [
        {"code": f"{code:015d}", "name": name, "level": level, "within": within or ""}
        for code, name, level, within in rows
    ]


def find_cases(session: Session, actor: Actor, text: str, now: datetime) -> list[dict[str, Any]]:
    """Return cases whose code, title, address or description holds every word of ``text``, the newest first."""
    found = list_cases(session, actor, CaseFilter(q=text), Page(limit=FOUND_CASES), now)
    return [
        {
            "case_code": row.case.case_code, "title": row.case.title, "address": row.case.address_text,
            "unit": row.place_name, "lon": row.lon, "lat": row.lat,
        }
        for row in found.rows
    ]  # fmt: skip
