"""Templates of papers as data: the shipped ones installed, new versions uploaded, earlier ones put in use again."""

from __future__ import annotations

import hashlib
from datetime import datetime

from sqlalchemy import func, select, text, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session, undefer

from gridmap import audit
from gridmap.access import Actor, Permission, above
from gridmap.cases.models import DocumentTemplate
from gridmap.cases.rules import Document
from gridmap.cases.rules.letters.filling import check_template
from gridmap.cases.rules.letters.kinds import DOCUMENT_NAMES
from gridmap.config import ROOT
from gridmap.errors import BadInput, Conflict, Forbidden

SHIPPED = ROOT / "data" / "document_templates"


def template_for(session: Session, kind: Document, unit_code: int, now: datetime) -> DocumentTemplate:
    """Return the template of a kind that counts at a unit: the nearest in use above it; the shipped one where there is none yet."""
    query = select(DocumentTemplate).options(undefer(DocumentTemplate.content))
    query = query.where(
        DocumentTemplate.kind == kind.value,
        DocumentTemplate.active,
        DocumentTemplate.area_code.in_(above(unit_code)),
    ).order_by(DocumentTemplate.area_code.desc())
    found = session.scalars(query.limit(1)).one_or_none()
    if found is None:
        install_shipped(session, now)
        found = session.scalars(query.limit(1)).one()
    return found


def install_shipped(session: Session, now: datetime) -> None:
    """Add the templates that come with the product as version 1 for everywhere; those that are there stay."""
    there = select(func.count()).where(DocumentTemplate.area_code == 0, DocumentTemplate.version == 1)
    if session.execute(there).scalar_one() == len(DOCUMENT_NAMES):
        return
    rows = []
    for kind, name in DOCUMENT_NAMES.items():
        content = (SHIPPED / f"{kind.value}.docx").read_bytes()
        rows.append(
            {
                "kind": kind.value,
                "area_code": 0,
                "version": 1,
                "name": f"{name}（系统自带）",
                "content": content,
                "digest": hashlib.sha256(content).hexdigest(),
                "source_note": "随系统提供，版式参照 GB/T 9704-2012《党政机关公文格式》",
                "made_at": now,
                "actor_name": "系统",
                "active": True,
            }
        )
    session.execute(insert(DocumentTemplate).values(rows).on_conflict_do_nothing())


def upload_template(
    session: Session, actor: Actor, *, kind: Document, area_code: int, content: bytes, note: str, now: datetime
) -> DocumentTemplate:
    """Keep a new version of a template and put it in use, after it was really filled once. Raises ``BadInput``, ``Forbidden``."""
    check_template(content)
    _permit(actor, area_code)
    install_shipped(session, now)
    key = {"key": f"{kind.value}:{area_code}"}
    session.execute(text("select pg_advisory_xact_lock(hashtextextended(:key, 16))"), key)
    mine = (DocumentTemplate.kind == kind.value, DocumentTemplate.area_code == area_code)
    known = session.scalars(select(DocumentTemplate).where(*mine).order_by(DocumentTemplate.version.desc())).all()
    digest = hashlib.sha256(content).hexdigest()
    if known and known[0].digest == digest:
        raise BadInput(f"该文件与现有的第 {known[0].version} 版完全相同，没有保存。", field="file")
    version = known[0].version + 1 if known else 1
    session.execute(update(DocumentTemplate).where(*mine, DocumentTemplate.active).values(active=False))
    template = DocumentTemplate(
        kind=kind.value,
        area_code=area_code,
        version=version,
        name=f"{DOCUMENT_NAMES[kind]}第 {version} 版",
        content=content,
        digest=digest,
        source_note=note,
        made_at=now,
        made_by=actor.account_id,
        actor_name=actor.name,
        active=True,
    )
    session.add(template)
    audit.record(session, actor, "template.uploaded", kind.value, area_code, version=version, digest=digest)
    session.flush()
    return template


def use_template(session: Session, actor: Actor, template: DocumentTemplate) -> None:
    """Put an earlier version of a template in use again. Raises ``Forbidden``, or ``Conflict`` where it already is."""
    _permit(actor, template.area_code)
    key = {"key": f"{template.kind}:{template.area_code}"}
    session.execute(text("select pg_advisory_xact_lock(hashtextextended(:key, 16))"), key)
    session.refresh(template, ["active"])
    if template.active:
        raise Conflict(f"第 {template.version} 版正在使用，无需更换。")
    mine = (DocumentTemplate.kind == template.kind, DocumentTemplate.area_code == template.area_code)
    session.execute(update(DocumentTemplate).where(*mine, DocumentTemplate.active).values(active=False))
    template.active = True
    audit.record(session, actor, "template.used", template.kind, template.area_code, version=template.version)
    session.flush()


def _permit(actor: Actor, area_code: int) -> None:
    decision = actor.may(Permission.TEMPLATE_EDIT, area_code)
    if not decision:
        raise Forbidden(decision.reason)
