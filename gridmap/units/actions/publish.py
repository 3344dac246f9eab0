"""Bringing a version into force, or throwing it away."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date

from sqlalchemy import and_, delete, func, not_, or_, select, update
from sqlalchemy.orm import Session, aliased

from gridmap import audit
from gridmap.access import Actor, Permission
from gridmap.clock import now, today
from gridmap.errors import BadInput, Conflict
from gridmap.units.actions.facts import apply_facts, kept, require_free
from gridmap.units.actions.reports import one_at_a_time, require
from gridmap.units.actions.review import run_check, tolerances_in_force
from gridmap.units.actions.simplify import simplify_around
from gridmap.units.models import Outline, OutlineFault, OutlineVersion, Unit
from gridmap.units.queries.leaving import Leaving, list_leaving, tenants
from gridmap.units.queries.outlines import latest, one_of
from gridmap.units.queries.versions import OPEN, one_version, published_since
from gridmap.units.rules.checks import Tolerances
from gridmap.units.rules.codes import short_code

LEAST_REASON = 5


def publish_version(
    session: Session,
    actor: Actor,
    *,
    version_id: int,
    row_version: int | None = None,
    accept_reason: str = "",
    accepted_by: str = "",
    effective_on: date | None = None,
    arranged: bool = False,
    tolerances: Tolerances | None = None,
) -> OutlineVersion:
    """Bring a version into force on ``effective_on`` (default: today).

    A version with errors needs ``accept_reason`` and is then accepted in the name of the actor, or of ``accepted_by``: an
    account's "name（username）", looked up by the command line, where nobody is signed in. What was checked must still be so:
    when something else was published since, the check is run again.
    Posts of a unit that ends follow to the one that takes it over; where there is no such one, ``arranged`` says that the
    person knows of what is left there. ``row_version`` is what the person looked at. Raises ``NotFound``, ``Forbidden``,
    ``BadInput`` (date, reason) or ``Conflict`` (changed meanwhile, errors not accepted, something left at a unit that ends,
    an outline published by somebody else since this one was drawn).
    """
    one_at_a_time(session)
    version = one_version(session, actor, version_id, lock=True)
    require(actor, Permission.UNIT_PUBLISH, [version.unit_code])
    _require_open(version, row_version)
    codes = _require_publishable(session, version)
    if published_since(session, version):
        run_check(session, version, tolerances or tolerances_in_force(session))
    _accept(version, accept_reason.strip(), accepted_by or f"{actor.name}（{actor.username}）")
    leaving = list_leaving(session, actor, version)
    _require_arranged(leaving, arranged)
    _bring_into_force(session, actor, version, codes, _effective(session, version, codes, effective_on))
    tenants.follow(session, actor, {unit.unit_code: unit.successor for unit in leaving if unit.successor is not None})
    _record(session, actor, version, len(codes))
    session.flush()
    return version


def _bring_into_force(
    session: Session, actor: Actor, version: OutlineVersion, codes: Collection[int], day: date
) -> None:
    """End what the version ends and begin what it brings, on ``day``."""
    _end(session, version, day)
    _begin(session, version, codes, day)
    apply_facts(session, kept(version.unit_facts))
    version.status = "published"
    version.effective_on = day
    version.published_at = now()
    version.published_by = actor.name
    session.flush()
    simplify_around(session, codes, version.ended_codes)


def _record(session: Session, actor: Actor, version: OutlineVersion, outlines: int) -> None:
    """Write down who brought what into force, and who answers for its errors."""
    audit.record(
        session,
        actor,
        "units.published",
        str(version.id),
        version.unit_code,
        label=version.label,
        outlines=outlines,
        ended=[short_code(code) for code in version.ended_codes],
        errors=version.error_count,
        accepted_by=version.accepted_by,
        reason=version.accepted_reason,
    )


def _require_open(version: OutlineVersion, row_version: int | None) -> None:
    if version.status == "published":
        raise Conflict("该版本已经发布，不能重复发布。")
    if version.status not in OPEN:
        raise Conflict("该版本已放弃。")
    if row_version is not None and row_version != version.row_version:
        raise Conflict("该版本在您查看之后又被修改过：请重新打开，核对后再操作。")


def _require_publishable(session: Session, version: OutlineVersion) -> list[int]:
    """Return the units whose outlines the version brings. Raises ``Conflict`` when it no longer fits what is in force."""
    codes = list(session.scalars(select(Outline.unit_code).where(Outline.version_id == version.id)))
    if not codes and not version.ended_codes and not version.unit_facts:
        raise Conflict("该版本没有任何变更，无需发布。")
    _require_base(session, version)
    _require_parents(session, version, codes)
    require_free(session, kept(version.unit_facts))
    return codes


def _require_base(session: Session, version: OutlineVersion) -> None:
    """Every outline must still replace what it was drawn from."""
    current = select(Outline.unit_code, Outline.id).where(latest()).subquery()
    stale = session.execute(
        select(Outline.unit_code, Unit.name)
        .join(Unit, Unit.unit_code == Outline.unit_code)
        .outerjoin(current, current.c.unit_code == Outline.unit_code)
        .where(Outline.version_id == version.id, Outline.replaces_id.is_distinct_from(current.c.id))
        .order_by(Outline.unit_code)
    )
    names = [f"“{name}”" for _, name in stale]
    if names:
        more = f"等 {len(names)} 个" if len(names) > 3 else ""
        raise Conflict(
            f"{'、'.join(names[:3])}{more}的边界在本版本编制之后已由他人发布了新的：请放弃本版本，在新边界上重新修改。"
        )
    ended = session.scalars(
        select(Unit.name).where(Unit.unit_code.in_(version.ended_codes), Unit.valid_to.is_not(None))
    ).all()
    if ended:
        raise Conflict(f"{'、'.join(f'“{name}”' for name in ended[:3])}已被他人撤销：请放弃本版本后重新修改。")


def _require_parents(session: Session, version: OutlineVersion, codes: Collection[int]) -> None:
    """Every unit must come under one that is in force, or comes into force with it."""
    above = aliased(Unit)
    gone = or_(above.valid_to.is_not(None), one_of(above.unit_code, version.ended_codes))
    unborn = and_(above.valid_from.is_(None), not_(one_of(above.unit_code, codes)))
    names = session.scalars(
        select(above.name)
        .join(Unit, Unit.parent_code == above.unit_code)
        .where(one_of(Unit.unit_code, codes), or_(gone, unborn))
        .distinct()
    ).all()
    if names:
        raise Conflict(
            f"上级{'、'.join(f'“{name}”' for name in names[:3])}已撤销或尚未发布：请先发布上级，或放弃本版本后重新编制。"
        )


def _accept(version: OutlineVersion, reason: str, name: str) -> None:
    """Errors block publishing until a named person gives a reason."""
    if not version.error_count:
        return
    if not reason:
        raise Conflict(
            f"还有 {version.error_count} 个错误，不能发布：请先修正，或由负责人写明理由后接受这些错误。",
            errors=version.error_count,
        )
    if len(reason) < LEAST_REASON:
        raise BadInput(f"接受错误的理由太短：请至少写 {LEAST_REASON} 个字。", field="accept_reason")
    version.accepted_by = name
    version.accepted_reason = reason


def _require_arranged(leaving: Collection[Leaving], arranged: bool) -> None:
    """What is left at a unit that ends without a successor must be known to whoever publishes."""
    left = [unit for unit in leaving if unit.stranded]
    if left and not arranged:
        told = "；".join(f"“{unit.name}”{unit.words}" for unit in left[:3])
        more = f"等 {len(left)} 个" if len(left) > 3 else ""
        raise Conflict(
            f"{told}{more}，撤销后没有唯一的承接区划：请先由综治中心把需要转走的事件移交其他区划，"
            "并在“账号”页给有关人员安排新的岗位；已经知悉、发布后再安排的，请勾选“已知悉”再发布。"
        )


def _effective(session: Session, version: OutlineVersion, codes: Collection[int], day: date | None) -> date:
    """Return the day on which the version begins.

    Raises ``BadInput`` for the future, or before what it replaces or the units themselves began.
    """
    begins = day or today()
    if begins > today():
        raise BadInput("生效日期不能晚于今天：请在生效当天发布。", field="effective_on")
    replaced = [*codes, *version.ended_codes]
    newest = session.scalar(select(func.max(Outline.valid_from)).where(latest(), one_of(Outline.unit_code, replaced)))
    if newest is not None and begins < newest:
        raise BadInput(f"生效日期不能早于现行边界的生效日期 {newest:%Y-%m-%d}。", field="effective_on")
    latest_begun = select(Unit.name, Unit.valid_from).where(one_of(Unit.unit_code, replaced), Unit.valid_from > begins)
    begun = session.execute(latest_begun.order_by(Unit.valid_from.desc(), Unit.unit_code).limit(1)).first()
    if begun is not None:
        raise BadInput(
            f"生效日期不能早于区划本身：“{begun.name}”自 {begun.valid_from:%Y-%m-%d} 起才有，请选这一天或之后的日期。",
            field="effective_on",
        )
    return begins


def _end(session: Session, version: OutlineVersion, day: date) -> None:
    """End the units that the version takes away, with their outlines. Raises ``Conflict`` while they have children."""
    if not version.ended_codes:
        return
    ended = list(version.ended_codes)
    children = session.scalars(
        select(Unit.name).where(
            Unit.parent_code.in_(ended),
            Unit.unit_code.not_in(ended),
            Unit.valid_from.is_not(None),
            Unit.valid_to.is_(None),
        )
    ).all()
    if children:
        raise Conflict(f"要撤销的区划还有下级（{'、'.join(children[:3])}等 {len(children)} 个）：请先调整下级。")
    session.execute(update(Outline).where(latest(), Outline.unit_code.in_(ended)).values(valid_to=day))
    session.execute(update(Unit).where(Unit.unit_code.in_(ended)).values(valid_to=day))


def _begin(session: Session, version: OutlineVersion, codes: Collection[int], day: date) -> None:
    session.execute(update(Outline).where(latest(), one_of(Outline.unit_code, codes)).values(valid_to=day))
    session.execute(update(Outline).where(Outline.version_id == version.id).values(valid_from=day))
    new = and_(one_of(Unit.unit_code, codes), Unit.valid_from.is_(None))
    session.execute(update(Unit).where(new).values(valid_from=day, version_id=version.id))


def discard_version(
    session: Session, actor: Actor, *, version_id: int, row_version: int | None = None
) -> OutlineVersion:
    """Throw an open version away: its outlines, its faults and the units it would have brought. Its account stays.

    Raises ``NotFound``, ``Forbidden``, or ``Conflict`` when it is published or was changed meanwhile.
    """
    one_at_a_time(session)
    version = one_version(session, actor, version_id, lock=True)
    require(actor, Permission.UNIT_IMPORT, [version.unit_code])
    _require_open(version, row_version)
    session.execute(delete(OutlineFault).where(OutlineFault.version_id == version.id))
    codes = session.scalars(delete(Outline).where(Outline.version_id == version.id).returning(Outline.unit_code)).all()
    _forget_units(session, version, codes)
    version.status = "discarded"
    audit.record(session, actor, "units.discarded", str(version.id), version.unit_code, label=version.label)
    session.flush()
    return version


def _forget_units(session: Session, version: OutlineVersion, codes: Collection[int]) -> None:
    """Remove the units that only the version knew: those it added, and those that another one added and was discarded."""
    mine = or_(Unit.version_id == version.id, one_of(Unit.unit_code, codes))
    waiting = select(Outline.unit_code).where(Outline.unit_code == Unit.unit_code).exists()
    gone = delete(Unit).where(mine, Unit.valid_from.is_(None), not_(waiting))
    session.execute(gone.execution_options(synchronize_session=False))
