"""What an edit works on: outlines in force with a draft laid over them, who else is at them, and saving the outcome."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

import shapely
from shapely.geometry import MultiPolygon
from shapely.geometry.base import BaseGeometry
from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from gridmap import audit
from gridmap.access import Actor, Permission
from gridmap.clock import local
from gridmap.errors import BadInput, Conflict, Forbidden, NotFound
from gridmap.units.actions.drafts import new_version, outline_values, put_outlines, touch
from gridmap.units.actions.outlines import add_units
from gridmap.units.actions.reports import common_unit, one_at_a_time, require
from gridmap.units.actions.review import run_check, tolerances_in_force
from gridmap.units.models import Outline, OutlineVersion, Unit
from gridmap.units.queries.numbering import taken_codes
from gridmap.units.queries.outlines import Drawn, draft_outlines, published_outlines, touching_published
from gridmap.units.queries.versions import OPEN, one_version, open_version_with
from gridmap.units.rules.checks import Fault, Tolerances
from gridmap.units.rules.codes import level_of, parent_of, short_code, subtree
from gridmap.units.rules.measures import area_m2

ORIGIN = "地图编辑"
LEAST_M2 = 1.0


@dataclass(frozen=True)
class PartName:
    """Code and name that a piece of a split unit gets."""

    code: int
    name: str


@dataclass(frozen=True)
class EditResult:
    """Outcome of an edit: the draft version it is in and the state to send with the next edit, what changed, what is
    wrong.
    """

    version_id: int
    row_version: int
    changed: tuple[int, ...]
    ended: tuple[int, ...]
    faults: tuple[Fault, ...]


@dataclass
class Workbench:
    """Outlines around the edited units as they are now: the draft's where it has one, else those in force."""

    actor: Actor
    version: OutlineVersion | None
    tolerances: Tolerances
    outlines: dict[int, Drawn] = field(default_factory=dict)
    published: dict[int, Drawn] = field(default_factory=dict)
    names: dict[int, str] = field(default_factory=dict)

    def load(self, session: Session, codes: Collection[int]) -> None:
        """Read the units, their siblings, and two rings of units of the same level that touch them."""
        drafts = draft_outlines(session, self.version.id) if self.version else {}
        parents = {above for code in codes if (above := parent_of(code)) is not None}
        siblings = set(session.scalars(select(Unit.unit_code).where(Unit.parent_code.in_(parents))))
        ring = touching_published(session, set(codes) | siblings)
        wanted = set(codes) | siblings | parents | ring | touching_published(session, ring) | set(drafts)
        self.published.update(published_outlines(session, wanted))
        gone = set(self.version.ended_codes) if self.version else set()
        current = {**self.published, **drafts}
        self.outlines.update({code: item for code, item in current.items() if code not in gone})
        found = select(Unit.unit_code, Unit.name).where(Unit.unit_code.in_(wanted))
        self.names.update(dict(session.execute(found).all()))

    def name(self, code: int) -> str:
        """Return a unit's name."""
        return self.names.get(code, short_code(code))

    def has(self, code: int) -> bool:
        """Tell whether a unit has an outline now."""
        return code in self.outlines

    def geom(self, code: int) -> BaseGeometry:
        """Return a unit's outline (WGS-84 lon lat). Raises ``NotFound`` when there is none."""
        if code not in self.outlines:
            raise NotFound(f"“{self.name(code)}”没有边界，或已被撤销，无法修改。")
        return self.outlines[code].geom

    def neighbours(
        self, codes: list[int], *, siblings: bool = False, meeting: BaseGeometry | None = None
    ) -> dict[int, BaseGeometry]:
        """Return outlines of the same level that meet those of ``codes`` (or ``meeting``); only siblings when asked."""
        level, parent = level_of(codes[0]), parent_of(codes[0])
        near = [self.geom(code) for code in codes if self.has(code)] + ([meeting] if meeting is not None else [])
        heart = (
            shapely.union_all(near) if all(geom.is_valid for geom in near) else shapely.box(*shapely.total_bounds(near))
        )
        return {
            code: item.geom
            for code, item in self.outlines.items()
            if code not in codes
            and level_of(code) is level
            and (not siblings or parent_of(code) == parent)
            and item.geom.is_valid
            and item.geom.intersects(heart)
        }

    def writable(self, changes: Mapping[int, MultiPolygon]) -> dict[int, MultiPolygon]:
        """Return the changes within the actor's units; a neighbour outside may gain vertices unsaved, never lose
        ground.

        Raises ``Forbidden`` when ground of a unit outside would change hands.
        """
        kept = {}
        for code, geom in changes.items():
            decision = self.actor.may(Permission.UNIT_EDIT, code)
            if decision:
                kept[code] = geom
            elif area_m2(geom.symmetric_difference(self.geom(code))) > LEAST_M2:
                raise Forbidden(f"这样修改会改变“{self.name(code)}”的边界，而{decision.reason}")
        return kept

    def require_free_codes(self, session: Session, unit_code: int, parts: list[PartName]) -> None:
        """Raise ``BadInput`` unless the pieces have names and codes that fit and were never used."""
        codes = [part.code for part in parts]
        if len(parts) < 2 or len(set(codes)) < len(codes):
            raise BadInput("请为拆分后的每一块填写不同的代码。", field="parts")
        for part in parts:
            if not part.name.strip():
                raise BadInput(f"请填写 {short_code(part.code)} 的名称。", field="parts")
            if level_of(part.code) is not level_of(unit_code):
                level = level_of(unit_code).label
                raise BadInput(
                    f"代码 {short_code(part.code)} 不是{level}的代码，拆分出的各块应与原区划同级。", field="parts"
                )
            if parent_of(part.code) != parent_of(unit_code):
                raise BadInput(f"代码 {short_code(part.code)} 不在“{self.name(unit_code)}”的上级之下。", field="parts")
        used = taken_codes(session, [code for code in codes if code != unit_code])
        if used:
            listed = "、".join(short_code(code) for code in sorted(used))
            raise BadInput(f"代码 {listed} 已经用过，不能再用：请换一个。", field="parts")


def open_workbench(
    session: Session,
    actor: Actor,
    codes: Collection[int],
    base: Mapping[int, int],
    version_id: int | None,
    row_version: int | None,
) -> Workbench:
    """Lock, check rights, and see that nobody was quicker.

    Raises ``Forbidden``, ``NotFound``, ``BadInput`` or ``Conflict``.
    """
    one_at_a_time(session)
    require(actor, Permission.UNIT_EDIT, codes)
    version = None
    if version_id is not None:
        version = one_version(session, actor, version_id, lock=True)
        require(actor, Permission.UNIT_EDIT, [version.unit_code])
        if version.status not in OPEN:
            raise Conflict("该版本已发布或放弃，不能继续修改：请刷新页面，在现行边界上修改。")
        if row_version is not None and row_version != version.row_version:
            raise Conflict("这份草稿在您打开之后已被他人修改：您的修改没有保存，请刷新后重新修改。")
    bench = Workbench(actor, version, tolerances_in_force(session))
    bench.load(session, codes)
    missing = [code for code in codes if code not in base]
    if missing:
        raise BadInput("请求缺少所修改边界的版本号，请刷新页面后重试。", field="base")
    _require_base(session, bench, base)
    _require_alone(session, bench, codes)
    return bench


def _require_base(session: Session, bench: Workbench, base: Mapping[int, int]) -> None:
    """The outlines on the person's screen must still be the current ones."""
    for code, outline_id in base.items():
        item = bench.outlines.get(code)
        if item is None or item.id != outline_id:
            who = ""
            if item is not None:
                version = session.get(OutlineVersion, (_county_of(session, item.version_id), item.version_id))
                if version is not None:
                    saved = version.published_at or version.created_at
                    who = f"（{version.published_by or version.actor_name}，{local(saved):%m-%d %H:%M}）"
            raise Conflict(
                f"“{bench.name(code)}”的边界在您打开之后已被他人修改{who}：您的修改没有保存，请刷新后重新修改。"
            )


def _county_of(session: Session, version_id: int) -> int:
    found = session.scalar(select(OutlineVersion.county_code).where(OutlineVersion.id == version_id))
    return -1 if found is None else found


def _require_alone(session: Session, bench: Workbench, codes: Collection[int]) -> None:
    """No other open version may be redrawing the same units."""
    other = open_version_with(session, codes, but=bench.version.id if bench.version else None)
    if other is not None:
        version, code = other
        raise Conflict(
            f"{version.actor_name} 已在 {local(version.created_at):%m-%d %H:%M} 保存了对“{bench.name(code)}”的修改"
            f"（版本“{version.label}”，尚未发布）：请在该版本上继续修改，或等它发布、放弃后再改。",
            version_id=version.id,
        )


def save(
    session: Session,
    actor: Actor,
    bench: Workbench,
    changes: Mapping[int, MultiPolygon],
    label: str,
    *,
    new_units: Mapping[int, str] | None = None,
    ended: Collection[int] = (),
) -> EditResult:
    """Store the outcome of an edit in the bench's draft version, or a new one, and check it."""
    if not changes and not ended:
        raise BadInput("没有任何变化，无需保存。", field="geometry")
    touched = {*changes, *ended}
    require(actor, Permission.UNIT_EDIT, touched)
    _require_alone(session, bench, touched)
    _require_childless(session, ended)
    version = bench.version or _edit_version(session, actor, touched, label, changes)
    lo, hi = subtree(version.unit_code)
    if any(not lo <= code < hi for code in touched):
        raise BadInput(
            f"版本“{version.label}”只涉及 {short_code(version.unit_code)}：请先发布它，再修改别处。", field="version"
        )
    add_units(session, dict(new_units or {}), version)
    replaces = {code: item.id for code, item in bench.published.items()}
    put_outlines(session, version, outline_values(changes, replaces, ORIGIN))
    _end(session, version, ended)
    touch(version)
    session.flush()
    faults = run_check(session, version, bench.tolerances)
    _record(session, actor, version, label, changes, ended)
    session.flush()
    return EditResult(version.id, version.row_version, tuple(sorted(changes)), tuple(sorted(ended)), tuple(faults))


def _record(
    session: Session,
    actor: Actor,
    version: OutlineVersion,
    label: str,
    changes: Collection[int],
    ended: Collection[int],
) -> None:
    audit.record(
        session,
        actor,
        "units.edited",
        str(version.id),
        version.unit_code,
        what=label,
        changed=[short_code(code) for code in sorted(changes)],
        ended=[short_code(code) for code in sorted(ended)],
    )


def _edit_version(
    session: Session, actor: Actor, touched: Collection[int], label: str, changes: Mapping[int, MultiPolygon]
) -> OutlineVersion:
    """Add a draft version at the parent of what is edited, so that more siblings can be edited in it."""
    place = common_unit(touched)
    above = parent_of(place) if place in touched else place
    if above is not None and actor.may(Permission.UNIT_EDIT, above):
        place = above
    digest = hashlib.sha256(b"".join(shapely.to_wkb(changes[code]) for code in sorted(changes))).hexdigest()
    account = {"kind": "edit", "file_name": label, "sha256": digest, "size_bytes": 0, "datum": "wgs84"}
    report = {"changed": [short_code(code) for code in sorted(touched)]}
    version, _ = new_version(session, actor, place, label, {**account, "report": report})
    return version


def _require_childless(session: Session, ended: Collection[int]) -> None:
    query = select(Unit.name).where(
        Unit.parent_code.in_(ended),
        Unit.parent_code.is_not(None),
        Unit.valid_from.is_not(None),
        Unit.valid_to.is_(None),
    )
    names = session.scalars(query.order_by(Unit.unit_code)).all() if ended else []
    if names:
        more = f"等 {len(names)} 个" if len(names) > 3 else ""
        raise BadInput(f"要撤销的区划还有下级（{'、'.join(names[:3])}{more}）：请先调整下级。", field="unit_codes")


def _end(session: Session, version: OutlineVersion, ended: Collection[int]) -> None:
    """Mark units as ending with the version; one that only the version knew goes at once."""
    if not ended:
        return
    session.execute(delete(Outline).where(Outline.version_id == version.id, Outline.unit_code.in_(ended)))
    new = set(session.scalars(select(Unit.unit_code).where(Unit.unit_code.in_(ended), Unit.valid_from.is_(None))))
    session.execute(delete(Unit).where(Unit.unit_code.in_(new)).execution_options(synchronize_session=False))
    version.ended_codes = sorted({*version.ended_codes, *ended} - new)
