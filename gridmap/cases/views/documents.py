"""Papers of a case: making one at once, downloading, and the whole case as one file."""

from __future__ import annotations

import re
from typing import Any

from flask import Response as Answer
from flask import flash, redirect, url_for
from werkzeug.wrappers import Response

from gridmap.access import Permission
from gridmap.cases import actions, queries, rules
from gridmap.cases.queries import CaseRow
from gridmap.cases.rules.letters.kinds import DOCUMENT_NAMES
from gridmap.cases.views.door import DETAIL_PARTS, MISSING, blueprint
from gridmap.clock import now
from gridmap.errors import NotFound
from gridmap.media import kept_path
from gridmap.web import actor, records, requires, session

MIMETYPES = {
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "pdf": "application/pdf",
}
NO_PAPER = "没有找到该文书。"


def _part(row: CaseRow, _facts: rules.Facts) -> dict[str, Any]:
    """Return what the part 文书 of a case's page shows."""
    papers = queries.list_documents(session, row.case)
    return {
        "papers": [(paper, queries.may_read_paper(actor, row.case, paper)) for paper in papers],
        "may_make_now": lambda paper: bool(actor.may(Permission.CASE_READ, paper.issuer_code)),
        "DOCUMENT_NAMES": DOCUMENT_NAMES,
    }


DETAIL_PARTS.append(_part)


def _paper(case_code: str, document_id: int) -> Any:
    found = queries.one_document(session, actor, case_code, document_id, now()) if document_id < 2**63 else None
    if found is None:
        raise NotFound(NO_PAPER)
    return found


@blueprint.get("/cases/<case_code>/documents/<int:document_id>.<any(docx, pdf):ending>")
@requires(Permission.CASE_READ)
@records
def document(case_code: str, document_id: int, ending: str) -> Response:
    """A paper as DOCX or PDF; who downloads it is written down."""
    paper = _paper(case_code, document_id)
    if paper.made_at is None:
        raise NotFound("该文书还在生成，请稍候再试。")
    path = kept_path(paper.docx_sha256 if ending == "docx" else paper.pdf_sha256, ending)
    if not path.exists():
        raise NotFound("文书文件缺失，请联系系统管理员从备份恢复。")
    content = path.read_bytes()
    actions.record_download(session, actor, case_code, paper.unit_code, paper=paper.id, ending=ending)
    return attachment(content, f"{DOCUMENT_NAMES[rules.Document(paper.kind)]} {paper.number_text}", ending)


@blueprint.post("/cases/<case_code>/documents/<int:document_id>/make")
@requires(Permission.CASE_READ)
def make_document(case_code: str, document_id: int) -> Response:
    """Make a paper that still waits for the queue."""
    paper = _paper(case_code, document_id)
    actions.make_now(session, actor, paper, now=now())
    flash(f"已生成{DOCUMENT_NAMES[rules.Document(paper.kind)]}，{paper.number_text}。")
    return redirect(url_for("cases.detail", case_code=case_code) + "#papers")


@blueprint.get("/cases/<case_code>/dossier.pdf")
@requires(Permission.CASE_READ)
@records
def dossier(case_code: str) -> Response:
    """一案一卷: the whole case as one PDF; the same case, the same bytes."""
    row = queries.one_case(session, actor, case_code, now())
    if row is None:
        raise NotFound(MISSING)
    content = queries.dossier_of(session, actor, row)
    actions.record_download(session, actor, case_code, row.case.unit_code, dossier=True)
    return attachment(content, f"一案一卷 {case_code}", "pdf")


def attachment(content: bytes, name: str, ending: str) -> Response:
    """Return bytes as a file with a Chinese name."""
    from urllib.parse import quote

    plain = re.sub(r'[\\/:*?"<>|\s]+', " ", name).strip()
    answer = Answer(content, mimetype=MIMETYPES[ending])
    answer.headers["Content-Disposition"] = (
        f"attachment; filename=\"document.{ending}\"; filename*=UTF-8''{quote(plain)}.{ending}"
    )
    return answer
