"""Reads of the map: the person's own area, one unit with its neighbours in the tree, and the search box."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, func, literal, or_, select
from sqlalchemy.orm import Session, aliased

from gridmap.access import LEVEL_DIGITS, Actor, Permission, Range, significant_digits, subtree
from gridmap.cases.forms import CaseFilter
from gridmap.cases.models import Case, Category
from gridmap.cases.queries import conditions, like_pattern, visible_cases
from gridmap.cases.rules import STATUS_NAMES, lateness
from gridmap.db import in_ranges
from gridmap.errors import NotFound
from gridmap.units.models import Outline, Unit

IN_FORCE = and_(Unit.valid_from.is_not(None), Unit.valid_to.is_(None))
OUTLINE_IN_FORCE = and_(Outline.valid_from.is_not(None), Outline.valid_to.is_(None))
EVERYTHING = 0
FOUND_UNITS, FOUND_CASES = 8, 8


def granted(actor: Actor) -> tuple[Range, ...]:
    """Ranges of the units that the actor may see on the map."""
    return actor.granted_ranges(Permission.MAP_READ)


def visible_units(actor: Actor) -> ColumnElement[bool]:
    """Condition: units in force that the actor may see on the map. Units are public; the range is the filter."""
    return and_(IN_FORCE, in_ranges(Unit.unit_code, granted(actor)))


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


def home_unit(session: Session, actor: Actor) -> dict[str, Any]:
    """Return where the actor's map opens: ``code`` (15 digits), ``name``, ``level``, ``bbox`` (or ``None``)."""
    facts = one_unit(session, actor, EVERYTHING)
    return {name: facts[name] for name in ("code", "name", "level", "bbox")}


def one_unit(session: Session, actor: Actor, unit_code: int) -> dict[str, Any]:
    """Return a unit for the map: place, ancestors within the scope, children. ``0`` is everything of the actor.

    ``bbox`` is west, south, east, north (degrees); ``bbox_from`` says what it is the box of: ``outline``, ``children``,
    ``cases``, ``ancestor`` or ``none``. Raises ``NotFound`` outside the scope.
    """
    own = roots(actor)
    if unit_code == EVERYTHING and len(own) == 1:
        unit_code = own[0]
    if unit_code == EVERYTHING:
        return _everything(session, actor, own)
    unit = session.scalars(select(Unit).where(Unit.unit_code == unit_code, visible_units(actor))).first()
    if unit is None:
        raise NotFound("没有找到该区划，可能已撤并，或者不在您负责的范围内。")
    children = _children(session, Unit.parent_code == unit_code)
    box, source = _box(session, actor, unit_code)
    return {
        "code": f"{unit_code:015d}",
        "name": unit.name,
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
        boxes = [box for box in [_extent(session, OUTLINE_IN_FORCE)] if box]
    box = _union(boxes)
    level = significant_digits(own[0]) if own == [EVERYTHING] else 0
    return {
        "code": "0" * 15, "name": "全部区划" if own == [EVERYTHING] else "我的全部区划", "level": level, "kind": None,
        "residents": None, "households": None, "is_demo": False, "has_outline": False, "bbox": box,
        "bbox_from": "children" if box else "none", "centre": _centre(box), "ancestors": [], "children": children,
    }  # fmt: skip


def _children(session: Session, which: ColumnElement[bool]) -> list[dict[str, Any]]:
    edges = [f(Outline.geom) for f in (func.st_xmin, func.st_ymin, func.st_xmax, func.st_ymax)]
    rows = session.execute(
        select(Unit.unit_code, Unit.name, Unit.level, Unit.kind, *edges)
        .outerjoin(Outline, and_(Outline.unit_code == Unit.unit_code, OUTLINE_IN_FORCE))
        .where(IN_FORCE, which)
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
    outline = _extent(session, and_(OUTLINE_IN_FORCE, Outline.unit_code == unit_code))
    if outline:
        return outline, "outline"
    below = _extent(session, and_(OUTLINE_IN_FORCE, Outline.unit_code >= span.lo, Outline.unit_code < span.hi))
    if below:
        return below, "children"
    located = _case_extent(session, actor, span)
    if located:
        return located, "cases"
    for digits in (12, 9, 6, 4, 2):
        code = unit_code // 10 ** (15 - digits) * 10 ** (15 - digits)
        above = _extent(session, and_(OUTLINE_IN_FORCE, Outline.unit_code == code)) if code != unit_code else None
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
    rows = session.execute(
        visible_cases(actor)
        .with_only_columns(
            Case.case_code, Case.title, Case.status, Case.risk, Case.due_at, Case.address_text, Unit.name,
            func.coalesce(func.st_x(Case.geom), literal(None)), func.st_y(Case.geom),
        )
        .join(Unit, Unit.unit_code == Case.unit_code)
        .where(*conditions(CaseFilter(q=text), now))
        .order_by(Case.received_at.desc())
        .limit(FOUND_CASES)
    )  # fmt: skip
    return [
        {
            "case_code": code, "title": title, "status": status, "status_name": STATUS_NAMES[status], "risk": risk,
            "lateness": lateness(status, due_at, now), "address": address, "unit": unit,
            "lon": lon, "lat": lat,
        }
        for code, title, status, risk, due_at, address, unit, lon, lat in rows
    ]  # fmt: skip


def families(session: Session) -> list[dict[str, Any]]:
    """Return the families of categories (类别), in their order, as the newest version names them."""
    rows = session.execute(
        select(Category.family, func.max(Category.family_name)).group_by(Category.family).order_by(Category.family)
    )
    return [{"value": str(family), "name": name} for family, name in rows]
