"""Papers: what a paper says of its case, the papers of a case, all templates of an area."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session, undefer

from gridmap.access import Actor, Permission
from gridmap.cases.models import Case, CaseDocument, CaseParty, DocumentTemplate
from gridmap.cases.models.mediation import Mediation, MediationAgreement
from gridmap.cases.queries.detail import one_case
from gridmap.cases.queries.mediation import duties_of
from gridmap.cases.queries.parties import may_open, unsealed
from gridmap.cases.queries.places import tell_name
from gridmap.cases.rules import (
    CHANNEL_NAMES,
    GRADE_NAMES,
    RISK_NAMES,
    SATISFACTION_NAMES,
    SCALE_NAMES,
    Channel,
    Document,
    Grade,
    Risk,
    Satisfaction,
    Scale,
)
from gridmap.cases.rules.letters.agreement import Promise, agreement_fields
from gridmap.cases.rules.letters.kinds import NAMING
from gridmap.cases.rules.parties import PartyRole
from gridmap.cases.rules.tiers import Confirmation
from gridmap.clock import local
from gridmap.crypto import ring_of
from gridmap.prepared import prepared

# This round of the case: what was sent since it was last reopened.
_ROUND = (
    "o.county_code = :county and o.case_id = :case and o.sent_at >= coalesce((select max(s.at) from case_steps s"
    " where s.county_code = :county and s.case_id = :case and s.action in ('dissatisfied', 'reopen')), '-infinity')"
)
# One statement: what orders and steps say of the case. One department leads: the last that was asked, unless it gave the order
# back; each that assists is named once, also where a meeting of an earlier round still asks it.
_AROUND = (
    "select (select case when o.status not in ('returned', 'withdrawn') then o.department_name end from case_orders o"
    f" where o.kind = 'lead' and {_ROUND} order by o.id desc limit 1) as lead,"
    " (select string_agg(d.name, '、' order by d.first) from (select min(o.department_name) as name, min(o.id) as first"
    " from case_orders o where o.county_code = :county and o.case_id = :case and o.kind = 'assist'"
    f" and o.status not in ('returned', 'withdrawn') and (o.ended_at is null or {_ROUND}) group by o.department_id) d) as assisting,"
    " (select o.task from case_orders o where o.county_code = :county and o.case_id = :case and o.kind = 'lead'"
    " order by o.id desc limit 1) as task,"
    " (select s.reason from case_steps s where s.county_code = :county and s.case_id = :case and s.action = 'report'"
    " order by s.number desc limit 1) as result,"
    " (select s.data ->> 'satisfaction' from case_steps s where s.county_code = :county and s.case_id = :case"
    " and s.data ? 'satisfaction' order by s.number desc limit 1) as satisfaction,"
    " (select s.at from case_steps s where s.county_code = :county and s.case_id = :case and s.action = 'register'"
    " order by s.number limit 1) as registered_at"
)


def fields_of(session: Session, case: Case) -> dict[str, str]:
    """Return what a paper may say of a case that was found visible, as it stands in this transaction. Nothing of its parties."""
    row = session.execute(
        prepared(session, _AROUND, {"county": "int", "case": "bigint"}), {"county": case.county_code, "case": case.id}
    ).one()
    return {
        "事件编号": case.case_code,
        "事件标题": case.title,
        "事件类别": f"{case.category.family_name} › {case.category.name}",
        "来源渠道": CHANNEL_NAMES[Channel(case.channel)],
        "五事五办": GRADE_NAMES[Grade(case.grade)],
        "规模": SCALE_NAMES[Scale(case.scale)],
        "风险等级": RISK_NAMES[Risk(case.risk)] if case.risk else "",
        "所属区划": tell_name(session, case.unit_code),
        "事件地址": case.address_text or "",
        "情况描述": case.description or "",
        "反映时间": _minute(case.received_at),
        "受理时间": _minute(row.registered_at) if row.registered_at else "",
        "办理期限": _minute(case.due_at) if case.due_at else "未定期限",
        "承办单位": row.lead or "本中心",
        "协办单位": row.assisting or "",
        "办理要求": row.task or "按职责办理，在期限内反馈结果。",
        "办理结果": row.result or "",
        "满意程度": SATISFACTION_NAMES[Satisfaction(row.satisfaction)] if row.satisfaction else "",
    }


def agreements_said(session: Session, case: Case, numbers: Collection[int]) -> dict[int, dict[str, str]]:
    """Return what the papers of agreements of a case say of them, by number; nothing of who the parties are."""
    mine = MediationAgreement.county_code == case.county_code, MediationAgreement.case_id == case.id
    query = select(MediationAgreement, Mediation.mediators).join(
        Mediation,
        (Mediation.county_code == MediationAgreement.county_code) & (Mediation.id == MediationAgreement.mediation_id),
    )
    rows = session.execute(query.where(*mine, MediationAgreement.number.in_(numbers))).all()
    duties = duties_of(session, [found for found, _mediators in rows])
    return {
        found.number: agreement_fields(
            found.terms,
            found.counterpart,
            mediators,
            Confirmation(found.confirmation),
            [Promise(duty.what, duty.by_whom, duty.amount_yuan, duty.due_on) for duty in duties[found.id]],
        )
        for found, mediators in rows
    }


def agreements_without_paper(session: Session, case: Case, *, limit: int) -> list[int]:
    """Return the numbers of agreements of a visible case whose 调解协议书 nobody asked for, the first first."""
    mine = MediationAgreement.county_code == case.county_code, MediationAgreement.case_id == case.id
    paper = select(CaseDocument.id).where(
        CaseDocument.county_code == case.county_code,
        CaseDocument.case_id == case.id,
        CaseDocument.agreement_number == MediationAgreement.number,
    )
    query = select(MediationAgreement.number).where(*mine, ~paper.exists()).order_by(MediationAgreement.number)
    return list(session.scalars(query.limit(limit)))


def paper_counts(session: Session, case: Case) -> tuple[int, int]:
    """Return how many 调解协议书 of a visible case were asked for, and how many of them are made."""
    mine = CaseDocument.county_code == case.county_code, CaseDocument.case_id == case.id
    query = select(func.count(), func.count(CaseDocument.made_at)).where(
        *mine, CaseDocument.agreement_number.is_not(None)
    )
    asked, made = session.execute(query).one()
    return asked, made


def agreement_papers(session: Session, case: Case) -> list[tuple[CaseDocument, str]]:
    """Return the 调解协议书 of a visible case with the counterpart of each, by the agreement's number."""
    query = (
        select(CaseDocument, MediationAgreement.counterpart)
        .join(
            MediationAgreement,
            (MediationAgreement.county_code == CaseDocument.county_code)
            & (MediationAgreement.case_id == CaseDocument.case_id)
            & (MediationAgreement.number == CaseDocument.agreement_number),
        )
        .where(CaseDocument.county_code == case.county_code, CaseDocument.case_id == case.id)
        .order_by(CaseDocument.agreement_number)
    )
    return [(paper, name) for paper, name in session.execute(query)]


def signers(session: Session, paper: CaseDocument) -> list[tuple[PartyRole, dict[str, str]]]:
    """Return those who sign a paper, opened: for the paper that is being made only. Raises ``KeyFault``."""
    if not paper.party_ids:
        return []
    mine = CaseParty.county_code == paper.county_code, CaseParty.case_id == paper.case_id
    query = select(CaseParty).where(*mine, CaseParty.id.in_(paper.party_ids)).order_by(CaseParty.id)
    ring = ring_of(session)
    return [(PartyRole(party.role), unsealed(ring, party)) for party in session.scalars(query)]


def _minute(instant: datetime) -> str:
    at = local(instant)
    return f"{at.year}年{at.month}月{at.day}日{at:%H}时{at:%M}分"


def list_documents(session: Session, case: Case) -> list[CaseDocument]:
    """Return the papers of a case that was found visible, in the order they were asked for."""
    mine = CaseDocument.county_code == case.county_code, CaseDocument.case_id == case.id
    return list(session.scalars(select(CaseDocument).where(*mine).order_by(CaseDocument.id)))


def one_document(
    session: Session, actor: Actor, case_code: str, document_id: int, now: datetime
) -> CaseDocument | None:
    """Return a paper of a visible case that the actor may read, or ``None``."""
    row = one_case(session, actor, case_code, now)
    if row is None:
        return None
    papers = (paper for paper in list_documents(session, row.case) if paper.id == document_id)
    return next((paper for paper in papers if may_read_paper(actor, row.case, paper)), None)


def may_read_paper(actor: Actor, case: Case, paper: CaseDocument) -> bool:
    """Say whether somebody who sees the case may read a paper: one that may name people only its author and who may open them."""
    if Document(paper.kind) not in NAMING:
        return True
    return paper.asked_by == actor.account_id or bool(may_open(actor, case))


def list_templates(session: Session, area_code: int) -> list[DocumentTemplate]:
    """Return the templates of an area and of the whole country, by kind and newest first (without their content)."""
    query = select(DocumentTemplate).where(DocumentTemplate.area_code.in_({0, area_code}))
    order = DocumentTemplate.kind, DocumentTemplate.area_code.desc(), DocumentTemplate.version.desc()
    return list(session.scalars(query.order_by(*order)))


def one_template(session: Session, template_id: int) -> DocumentTemplate | None:
    """Return a template with its content, or ``None``."""
    query = select(DocumentTemplate).options(undefer(DocumentTemplate.content))
    return session.scalars(query.where(DocumentTemplate.id == template_id)).one_or_none()


def template_areas(session: Session, actor: Actor) -> list[tuple[int, str]]:
    """Return the units whose templates the actor keeps: those of the posts that grant it."""
    found: dict[int, Any] = {}
    for post in actor.posts:
        if actor.may(Permission.TEMPLATE_EDIT, post.unit_code):
            found[post.unit_code] = tell_name(session, post.unit_code) if post.unit_code else "全系统"
    return sorted(found.items())
