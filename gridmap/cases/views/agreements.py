"""The 调解协议书 of a case's agreements: asked for together, downloaded as one file."""

from __future__ import annotations

import re
import tempfile
import zipfile
from typing import Any

from flask import flash, redirect, send_file, url_for
from werkzeug.wrappers import Response

from gridmap.access import Permission
from gridmap.cases import queries
from gridmap.cases.actions.documents import MOST_ASKED, ask_agreement_papers, record_download
from gridmap.cases.queries.documents import agreement_papers as papers_of
from gridmap.cases.queries.parties import may_open
from gridmap.cases.views.door import MISSING
from gridmap.cases.views.mediation import blueprint
from gridmap.clock import now
from gridmap.errors import Forbidden, NotFound
from gridmap.media import kept_path
from gridmap.web import actor, records, requires, session

SPOOLED_BYTES = 8 * 2**20  # beyond it the file grows on disk
NAME_CHARACTERS = 40


def _visible(case_code: str) -> Any:
    row = queries.one_case(session, actor, case_code, now())
    if row is None:
        raise NotFound(MISSING)
    return row.case


@blueprint.post("/cases/<case_code>/mediation/papers")
@requires(Permission.CASE_MEDIATE)
def ask_papers(case_code: str) -> Response:
    """Ask for the papers of all agreements that have none; the queue makes them."""
    count = ask_agreement_papers(session, actor, _visible(case_code), now=now())
    if not count:
        flash("每份协议都已有协议书，不需要再生成。")
    else:
        more = "其余的请稍后再点一次。" if count == MOST_ASKED else ""
        flash(f"正在生成 {count} 份协议书，完成后可在这里一次下载。{more}")
    return redirect(url_for("mediation.agreements", case_code=case_code))


@blueprint.get("/cases/<case_code>/mediation/papers.<any(docx, pdf):ending>.zip")
@requires(Permission.PARTY_READ)
@records
def agreement_papers(case_code: str, ending: str) -> Response:
    """All papers of agreements that are made, in one ZIP file, each under its number; who downloads it is written down."""
    case = _visible(case_code)
    made = [(paper, name) for paper, name in papers_of(session, case) if paper.made_at is not None]
    if not made:
        raise NotFound("协议书还没有生成，请先在“调解协议”页点“生成协议书”，稍候再下载。")
    decision = may_open(actor, case)
    if not decision:
        raise Forbidden(f"协议书含当事人信息。{decision.reason}")
    file = _packed(made, ending)
    record_download(session, actor, case_code, case.unit_code, papers=len(made), ending=ending)
    return send_file(
        file,
        mimetype="application/zip",
        as_attachment=True,
        download_name=f"调解协议书 {case_code}（{len(made)} 份）.zip",
    )


def _packed(made: list[tuple[Any, str]], ending: str) -> Any:
    """Return the files as one ZIP, open at its start. Raises ``NotFound`` naming the paper whose file is missing."""
    named = []
    for paper, counterpart in made:
        path = kept_path(paper.docx_sha256 if ending == "docx" else paper.pdf_sha256, ending)
        if not path.exists():
            raise NotFound(f"{paper.number_text}的文件缺失，请联系系统管理员从备份恢复。")
        named.append((path, _name(paper, counterpart, ending)))
    file = tempfile.SpooledTemporaryFile(max_size=SPOOLED_BYTES)  # noqa: SIM115 - closed when it is sent
    with zipfile.ZipFile(file, "w", zipfile.ZIP_STORED) as bundle:  # what is in it is compressed already
        for path, name in named:
            bundle.write(path, name)
    file.seek(0)
    return file


def _name(paper: Any, counterpart: str, ending: str) -> str:
    """Return a file's name that every system can write: the agreement's number, the counterpart, the paper's number."""
    plain = re.sub(r'[\\/:*?"<>|\s\x00-\x1f.]+', " ", counterpart)[:NAME_CHARACTERS].strip()
    return f"{paper.agreement_number:04d} {plain} {paper.number_text}.{ending}"
