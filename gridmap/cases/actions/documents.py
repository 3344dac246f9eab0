"""Papers: asked for with a step, made by the queue or at once, numbered without gaps, downloads written down."""

from __future__ import annotations

import hashlib
from datetime import datetime
from typing import Any

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from gridmap import audit, jobs
from gridmap.access import GRANTS, Actor, Permission, significant_digits
from gridmap.cases.actions.templates import template_for
from gridmap.cases.forms import Given
from gridmap.cases.models import Case, CaseDocument, DocumentTemplate
from gridmap.cases.queries.documents import agreements_said, agreements_without_paper, fields_of, signers
from gridmap.cases.queries.places import tell_name
from gridmap.cases.rules import Document, Transition
from gridmap.cases.rules.letters.agreement import BLANK, signed_fields
from gridmap.cases.rules.letters.filling import check_template, fill
from gridmap.cases.rules.letters.kinds import DOCUMENT_NAMES, completed, day_text, number_text
from gridmap.cases.rules.letters.printing import pdf_of_docx
from gridmap.clock import local
from gridmap.errors import BadInput, Conflict, Forbidden
from gridmap.media import store_bytes

JOB = "cases.document"
MOST_ASKED = 500  # papers in one transaction
TO_THE_REPORTER = "来访（来电）人"  # who it was is filled in by hand: a paper made by itself names no person
_NEXT = text(
    "insert into document_numbers (county_code, unit_code, kind, year, last) values (:county, :unit, :kind, :year, 1)"
    " on conflict (unit_code, kind, year, county_code) do update set last = document_numbers.last + 1 returning last"
)


def ask_document(
    session: Session,
    actor: Actor,
    case: Case,
    row: Transition,
    *,
    kind: Document,
    step_number: int,
    given: Given,
    data: dict[str, Any],
    now: datetime,
) -> CaseDocument:
    """Ask for a paper in the transaction of a step: what it shall say is kept as it is now, the queue makes it after commit."""
    issuer = _issuer(session, actor, row.permission, case)
    session.flush()
    values = fields_of(session, case) | _said(issuer[1], given, data, actor)
    paper = _asked(actor, case, kind, issuer, now)
    paper.step_number, paper.fields, paper.party_ids = step_number, values, data.get("signing", [])
    if kind is Document.AGREEMENT:
        paper.agreement_number = data["agreement"]
        paper.fields = values | agreements_said(session, case, [data["agreement"]])[data["agreement"]]
    _queue(session, [paper])
    return paper


def ask_agreement_papers(session: Session, actor: Actor, case: Case, *, now: datetime) -> int:
    """Ask for the 调解协议书 of agreements of a visible case that have none; return how many are asked for, at most ``MOST_ASKED``.

    Who signs is left to be written by hand. Raises ``Forbidden``.
    """
    decision = actor.may(Permission.CASE_MEDIATE, case.unit_code)
    if not decision:
        raise Forbidden(decision.reason)
    mine = Case.county_code == case.county_code, Case.id == case.id
    session.execute(select(Case.id).where(*mine).with_for_update())  # two who ask at once take turns
    numbers = agreements_without_paper(session, case, limit=MOST_ASKED)
    issuer = _issuer(session, actor, Permission.CASE_MEDIATE, case)
    values = fields_of(session, case) | _said(issuer[1], Given({}), {}, actor)
    papers = []
    for number, said in sorted(agreements_said(session, case, numbers).items()):
        paper = _asked(actor, case, Document.AGREEMENT, issuer, now)
        paper.agreement_number, paper.fields = number, values | said
        papers.append(paper)
    _queue(session, papers)
    if papers:
        what = {"paper": Document.AGREEMENT.value, "count": len(papers)}
        audit.record(session, actor, "document.asked", case.case_code, case.unit_code, **what)
    session.flush()
    return len(papers)


def _asked(actor: Actor, case: Case, kind: Document, issuer: tuple[int, str], now: datetime) -> CaseDocument:
    return CaseDocument(
        county_code=case.county_code,
        unit_code=case.unit_code,
        case_id=case.id,
        kind=kind.value,
        issuer_code=issuer[0],
        issuer_name=issuer[1],
        party_ids=[],
        asked_at=now,
        asked_by=actor.account_id or None,  # what the system asks for has no account
        actor_name=actor.name,
    )


def _queue(session: Session, papers: list[CaseDocument]) -> None:
    """Keep papers and let the queue make them, those of one issuer and kind in turn."""
    session.add_all(papers)
    session.flush()
    for paper in papers:
        lock = f"{JOB}:{paper.issuer_code}:{paper.kind}"
        jobs.defer(session, JOB, lock=lock, county_code=paper.county_code, document_id=paper.id)


def _said(issuer_name: str, given: Given, data: dict[str, Any], actor: Actor) -> dict[str, Any]:
    """Return the fields that the step itself fills."""
    return {
        "发文机关": issuer_name,
        "主送": str(data.get("to") or data.get("department") or TO_THE_REPORTER),
        "正文": given.get("reason"),
        "法定途径": str(data.get("lawful_channel") or ""),
        "经办人": actor.name,
    }


def _issuer(session: Session, actor: Actor, permission: Permission, case: Case) -> tuple[int, str]:
    """Return the unit whose centre issues: that of the post that grants the step here, else the town of the case."""
    granting = [
        post
        for post in actor.posts
        if post.unit_code and permission in GRANTS[post.role] and case.unit_code in post.scope
    ]
    post = max(granting, key=lambda held: held.unit_code, default=None)
    digits = min(significant_digits(case.unit_code), 9)
    code = post.unit_code if post else int(f"{case.unit_code:015d}"[:digits].ljust(15, "0"))
    return code, f"{post.unit_name if post and post.unit_name else tell_name(session, code)}综治中心"


def make_document(session: Session, paper: CaseDocument, *, now: datetime) -> None:
    """Make a paper: number, DOCX and PDF, all in this transaction. Somebody who makes it too finds it made.

    The number is taken by one statement whose row stays locked until the transaction ends: a paper that fails gives it back.
    """
    held = select(CaseDocument).where(CaseDocument.county_code == paper.county_code, CaseDocument.id == paper.id)
    session.scalars(held.with_for_update().execution_options(populate_existing=True)).one()
    if paper.made_at is not None:
        return
    kind, on = Document(paper.kind), local(paper.asked_at).date()
    template = template_for(session, kind, paper.issuer_code, now)
    county = paper.issuer_code // 10**9
    key = {"county": county, "unit": paper.issuer_code, "kind": kind.value, "year": on.year}
    number = session.execute(_NEXT, key).scalar_one()
    printed = number_text(paper.issuer_name, kind, on.year, number)
    named = (
        signed_fields(paper.fields.get("对方当事人", BLANK), signers(session, paper))
        if kind is Document.AGREEMENT
        else {}
    )
    docx = _filled(template, kind, completed({**paper.fields, **named, "文号": printed, "成文日期": day_text(on)}))
    pdf = pdf_of_docx(docx, f"{DOCUMENT_NAMES[kind]} {printed}")
    paper.docx_sha256, paper.pdf_sha256 = _digest(docx), _digest(pdf)
    paper.year, paper.number, paper.number_text = on.year, number, printed
    paper.template_id, paper.made_at = template.id, now
    session.flush()
    for digest, content, ending in sorted(((paper.docx_sha256, docx, "docx"), (paper.pdf_sha256, pdf, "pdf"))):
        store_bytes(session, content, digest, ending)


def _filled(template: DocumentTemplate, kind: Document, values: dict[str, str]) -> bytes:
    """Fill a template. Raises ``Conflict`` that says which template is at fault, where and what to do; the number goes back."""
    try:
        return fill(template.content, values)
    except Exception as fault:
        try:
            check_template(template.content)
            why = "填写时出错。"
        except BadInput as found:
            why = found.message
        name = f"《{DOCUMENT_NAMES[kind]}》的模板（第 {template.version} 版）"
        raise Conflict(
            f"{name}填不出来：{why}请系统管理员在“文书模板”中更换或恢复前一版，再生成这份文书；事件本身不受影响，文号没有占用。"
        ) from fault


def make_now(session: Session, actor: Actor, paper: CaseDocument, *, now: datetime) -> None:
    """Make a paper of a visible case without waiting for the queue. Raises ``Forbidden`` for whoever is not of its issuer."""
    if not actor.may(Permission.CASE_READ, paper.issuer_code):
        raise Forbidden("该文书由上级综治中心出具，正在排队生成，请稍候。")
    make_document(session, paper, now=now)


def record_download(session: Session, actor: Actor, case_code: str, unit_code: int, **what: Any) -> None:
    """Write down who took which file of a case."""
    audit.record(session, actor, "document.downloaded", case_code, unit_code, **what)
    session.flush()


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
