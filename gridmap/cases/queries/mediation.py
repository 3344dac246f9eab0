"""Reading 三级调解: the template of a place, a case's mediation, rooms and their times, the week, promises that come due, success."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from sqlalchemy import any_, func, literal, select, text
from sqlalchemy.orm import Session

from gridmap.access import Actor, Permission
from gridmap.cases.models import Case
from gridmap.cases.models.mediation import (
    Mediation,
    MediationAgreement,
    MediationDuty,
    MediationPack,
    MediationRoom,
    MediationSession,
    MediationTemplate,
    MediationTier,
)
from gridmap.cases.queries.parties import masked_parties
from gridmap.cases.rules import Facts
from gridmap.cases.rules.parties import PARTY_ROLE_NAMES, PartyRole
from gridmap.cases.rules.tiers import (
    CONFIRMATION_NAMES,
    SESSION_RESULT_NAMES,
    Busy,
    Confirmation,
    DutyState,
    Mediating,
    MediationState,
    Tier,
    tier_after,
)
from gridmap.clock import CHINA, local
from gridmap.db import in_ranges
from gridmap.errors import NotReady
from gridmap.worktime.queries import areas_above, calendar_at
from gridmap.worktime.rules import Limit, TimeKind

DURATIONS = (30, 60, 90, 120, 180, 240, 480)
# Columns of the one statement of facts.
MEDIATION_FACTS = (
    "(select jsonb_build_object('tier', m.tier, 'name', m.tier_name, 'most', m.most_sessions,"
    " 'last', not exists (select from mediation_tiers t where t.template_id = m.template_id and t.number > m.tier),"
    " 'channels', (select t.lawful_channels from mediation_templates t where t.id = m.template_id),"
    " 'planned', count(s.id) filter (where s.result is null), 'agreed', count(s.id) filter (where s.result = 'agreed'),"
    " 'failed', count(s.id) filter (where s.result = 'not_agreed'),"
    " 'agreements', (select count(*) from mediation_agreements g where g.county_code = m.county_code and g.mediation_id = m.id))"
    " from mediations m left join mediation_sessions s on s.county_code = m.county_code and s.mediation_id = m.id"
    " where m.county_code = :county and m.case_id = :case and m.state = 'open' group by m.county_code, m.id) as mediation,"
    " (select count(*) from mediation_agreements g where g.county_code = :county and g.case_id = :case"
    " and g.confirmation <> 'confirmed') as unconfirmed,"
    " (select count(*) from mediation_duties d where d.county_code = :county and d.case_id = :case"
    " and d.state = 'waiting') as duties_waiting"
)


@dataclass(frozen=True)
class Template:
    """A version of the tiers, with the tiers."""

    id: int
    area_code: int
    version: int
    valid_from: datetime
    source_note: str
    lawful_channels: str
    remind_days: int
    actor_name: str
    tiers: tuple[Tier, ...]


def mediating(found: Mapping[str, Any] | None) -> Mediating | None:
    """Return the open mediation of a case from its column of facts."""
    return Mediating(**found) if found else None


def mediation_obstacles(found: Mapping[str, Any] | None) -> tuple[str, ...]:
    """Return why an open mediation keeps a case from being reported."""
    if not found:
        return ()
    return (f"{found['name']}调解还在进行，请先登记协议并结束调解，或“终结调解”。",)


def template_at(session: Session, unit_code: int, now: datetime) -> Template:
    """Return the template in force at a unit: of the nearest area above that has one. Raises ``NotReady`` without any."""
    table = MediationTemplate
    query = select(table).where(table.area_code.in_(areas_above(unit_code)), table.valid_from <= now)
    found = session.scalars(query.order_by(table.area_code.desc(), table.version.desc()).limit(1)).one_or_none()
    if found is None:
        raise NotReady("还没有调解层级模板，请系统管理员在“调解层级”中设置。")
    return _template(session, found)


def template_with(session: Session, template_id: int) -> Template:
    """Return the template that a mediation runs under."""
    return _template(session, session.get_one(MediationTemplate, template_id))


def _template(session: Session, row: MediationTemplate) -> Template:
    query = select(MediationTier).where(MediationTier.template_id == row.id).order_by(MediationTier.number)
    tiers = tuple(
        Tier(
            tier.number,
            tier.name,
            tier.most_sessions,
            Limit(TimeKind(tier.limit_kind), tier.limit_amount) if tier.limit_kind and tier.limit_amount else None,  # type: ignore[arg-type]
            tier.remind_hours,
        )
        for tier in session.scalars(query)
    )
    return Template(
        row.id,
        row.area_code,
        row.version,
        row.valid_from,
        row.source_note,
        row.lawful_channels,
        row.remind_days,
        row.actor_name,
        tiers,
    )


def list_templates(session: Session, area_code: int) -> list[MediationTemplate]:
    """Return the versions of an area, newest first."""
    mine = MediationTemplate.area_code == area_code
    return list(session.scalars(select(MediationTemplate).where(mine).order_by(MediationTemplate.version.desc())))


def open_mediation(session: Session, case: Case) -> Mediation | None:
    """Return the open mediation of a case that was found visible."""
    mine = Mediation.county_code == case.county_code, Mediation.case_id == case.id
    return session.scalars(select(Mediation).where(*mine, Mediation.state == MediationState.OPEN)).one_or_none()


def list_mediations(session: Session, case: Case) -> list[Mediation]:
    """Return the mediations of a visible case, tier by tier, oldest first."""
    mine = Mediation.county_code == case.county_code, Mediation.case_id == case.id
    return list(session.scalars(select(Mediation).where(*mine).order_by(Mediation.id)))


def list_sessions(session: Session, case: Case) -> list[MediationSession]:
    """Return the sessions of a visible case, oldest first."""
    mine = MediationSession.county_code == case.county_code, MediationSession.case_id == case.id
    return list(session.scalars(select(MediationSession).where(*mine).order_by(MediationSession.id)))


def list_packs(session: Session, case: Case) -> list[MediationPack]:
    """Return the hand-over packs of a visible case, oldest first."""
    mine = MediationPack.county_code == case.county_code, MediationPack.case_id == case.id
    return list(session.scalars(select(MediationPack).where(*mine).order_by(MediationPack.id)))


def list_agreements(session: Session, case: Case, *, limit: int, offset: int = 0) -> list[MediationAgreement]:
    """Return agreements of a visible case by number."""
    mine = MediationAgreement.county_code == case.county_code, MediationAgreement.case_id == case.id
    query = select(MediationAgreement).where(*mine).order_by(MediationAgreement.number)
    return list(session.scalars(query.limit(limit).offset(offset)))


def duties_of(session: Session, agreements: list[MediationAgreement]) -> dict[int, list[MediationDuty]]:
    """Return what agreements promise, by the agreement's id."""
    found: dict[int, list[MediationDuty]] = {agreement.id: [] for agreement in agreements}
    if agreements:
        mine = MediationDuty.county_code == agreements[0].county_code, MediationDuty.agreement_id.in_(found)
        for duty in session.scalars(select(MediationDuty).where(*mine).order_by(MediationDuty.number)):
            found[duty.agreement_id].append(duty)
    return found


def agreement_totals(session: Session, case: Case) -> dict[str, int]:
    """Return how many agreements there are, how many are confirmed, and promises by state."""
    mine = MediationAgreement.county_code == case.county_code, MediationAgreement.case_id == case.id
    confirmed = func.count().filter(MediationAgreement.confirmation == Confirmation.CONFIRMED)
    total, done = session.execute(select(func.count(), confirmed).where(*mine)).one()
    duties = MediationDuty.county_code == case.county_code, MediationDuty.case_id == case.id
    states = select(MediationDuty.state, func.count()).where(*duties).group_by(MediationDuty.state)
    counts: dict[str, int] = {"agreements": total, "confirmed": done, **{state.value: 0 for state in DutyState}}
    counts.update((state, count) for state, count in session.execute(states))
    return counts


def rooms_for(session: Session, unit_code: int) -> list[Any]:
    """Return the rooms of a place and of everything above it (id, name, unit_code, unit_name, seats)."""
    return list(session.execute(text("select * from gridmap_rooms_for(:unit)"), {"unit": unit_code}))


def mediators_for(session: Session, unit_code: int) -> list[Any]:
    """Return who mediates at a place and above it (id, name, unit_name), and the actor from the centre's desk."""
    return list(session.execute(text("select * from gridmap_mediators_for(:unit)"), {"unit": unit_code}))


def room_times(session: Session, unit_code: int, room_id: int, begin: datetime, end: datetime) -> list[Busy]:
    """Return when a room is taken between two instants, by whatever case."""
    values = {"unit": unit_code, "room": room_id, "begin": begin, "end": end}
    found = session.execute(text("select * from gridmap_room_times(:unit, :room, :begin, :end)"), values)
    return [(row.starts_at, row.ends_at) for row in found]


def work_stretches(session: Session, unit_code: int, now: datetime) -> Callable[[date], list[Busy]]:
    """Return the work time of a civil date at a place, as instants."""
    calendar = calendar_at(session, unit_code, now)

    def stretches(on: date) -> list[Busy]:
        start = datetime.combine(on, time(), CHINA)
        return [
            (start + timedelta(minutes=w.opens_minute), start + timedelta(minutes=w.closes_minute))
            for w in calendar.windows_on(on)
        ]

    return stretches


def list_rooms(session: Session, actor: Actor) -> list[MediationRoom]:
    """Return the open rooms in the places where the actor may edit or use them."""
    ranges = actor.granted_ranges(Permission.CASE_READ)
    query = select(MediationRoom).where(in_ranges(MediationRoom.unit_code, ranges), MediationRoom.closed_at.is_(None))
    return list(session.scalars(query.order_by(MediationRoom.unit_code, MediationRoom.name)))


def week_of(
    session: Session, actor: Actor, begin: datetime, *, mediator: int | None = None, room: int | None = None
) -> list[tuple[MediationSession, Case]]:
    """Return the sessions of seven days that the actor sees, of one mediator or of one room, by time; postponed ones left out."""
    table = MediationSession
    query = (
        select(table, Case)
        .join(Case, (Case.county_code == table.county_code) & (Case.id == table.case_id))
        .where(in_ranges(table.unit_code, actor.granted_ranges(Permission.CASE_READ)))
        .where(table.starts_at >= begin, table.starts_at < begin + timedelta(days=7))
        .where(table.result.is_distinct_from("postponed"))
    )
    if mediator is not None:
        query = query.where(literal(mediator) == any_(table.mediator_ids))
    if room is not None:
        query = query.where(table.room_id == room)
    return [(found, case) for found, case in session.execute(query.order_by(table.starts_at)).unique()]


def ended_mediations(
    session: Session, actor: Actor, begin: datetime, end: datetime, *, limit: int = 100, offset: int = 0
) -> tuple[int, int, list[tuple[Mediation, Case]]]:
    """Return (agreed, ended, a page of the rows) of the mediations that ended in ``[begin, end)``: see ``SUCCESS_FORMULA``."""
    ended = (
        in_ranges(Mediation.unit_code, actor.granted_ranges(Permission.CASE_READ)),
        Mediation.ended_at >= begin,
        Mediation.ended_at < end,
        Mediation.state.in_((MediationState.AGREED, MediationState.FAILED)),
    )
    agreed = func.count().filter(Mediation.state == MediationState.AGREED)
    good, total = session.execute(select(agreed, func.count()).where(*ended)).one()
    rows = (
        select(Mediation, Case)
        .join(Case, (Case.county_code == Mediation.county_code) & (Case.id == Mediation.case_id))
        .where(*ended)
        .order_by(Mediation.ended_at.desc(), Mediation.id)
    )
    return good, total, [(m, c) for m, c in session.execute(rows.limit(limit).offset(offset)).unique()]


def _tiers(session: Session, case: Case, _facts: Facts, now: datetime) -> list[tuple[str, str]]:
    return [
        (str(tier.number), f"{tier.name}（{tier.words}）") for tier in template_at(session, case.unit_code, now).tiers
    ]


def _mediators(session: Session, case: Case, _facts: Facts, _now: datetime) -> list[tuple[str, str]]:
    return [(str(row.id), f"{row.name}（{row.unit_name}）") for row in mediators_for(session, case.unit_code)]


def _rooms(session: Session, case: Case, _facts: Facts, _now: datetime) -> list[tuple[str, str]]:
    return [(str(row.id), f"{row.unit_name} {row.name}") for row in rooms_for(session, case.unit_code)]


def _sessions(session: Session, case: Case, _facts: Facts, _now: datetime) -> list[tuple[str, str]]:
    return [
        (str(item.number), f"第 {item.number} 次：{local(item.starts_at):%m-%d %H:%M}，{item.place}")
        for item in planned_sessions(session, case)
    ]


def planned_sessions(session: Session, case: Case) -> list[MediationSession]:
    """Return the sessions of the open mediation that are not recorded yet."""
    current = open_mediation(session, case)
    if current is None:
        return []
    return [s for s in list_sessions(session, case) if s.mediation_id == current.id and s.result is None]


def following_tier(session: Session, current: Mediation) -> Tier | None:
    """Return the tier after that of a mediation, by the template it runs under."""
    return tier_after(template_with(session, current.template_id).tiers, current.tier)


def _plain(*pairs: tuple[str, str]) -> Callable[..., list[tuple[str, str]]]:
    return lambda *_: list(pairs)


def _signing(session: Session, case: Case, _facts: Facts, _now: datetime) -> list[tuple[str, str]]:
    return [
        (str(found.id), f"{PARTY_ROLE_NAMES[PartyRole(found.role)]} {found.name}")
        for found in masked_parties(session, case)
    ]


# What can be chosen for the inputs of mediation, by their kind.
MEDIATION_CHOICES: dict[str, Callable[[Session, Case, Facts, datetime], list[tuple[str, str]]]] = {
    "tier": _tiers,
    "mediators": _mediators,
    "room": _rooms,
    "session": _sessions,
    "session_result": _plain(*[(item.value, name) for item, name in SESSION_RESULT_NAMES.items()]),
    "confirming": _plain(*[(i.value, CONFIRMATION_NAMES[i]) for i in (Confirmation.NONE, Confirmation.APPLIED)]),
    "duration": _plain(*[(str(m), f"{m} 分钟" if m < 60 else f"{m / 60:g} 小时") for m in DURATIONS]),
    "signing": _signing,
    "ends": _plain(("yes", "全部谈妥，调解结束"), ("no", "还要与其他当事人继续调解")),
    "performed": _plain((DutyState.PERFORMED.value, "已履行"), (DutyState.FAILED.value, "未履行")),
}
