"""Templates of papers: replaced by an administrator, refused in words when broken, a fault later never a step's."""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from typing import Any

import docx
import pytest
from sqlalchemy import select, text

from gridmap.access import Role
from gridmap.cases.models import CaseDocument
from gridmap.cases.rules import Document
from gridmap.errors import Conflict
from gridmap.media import kept_path
from scripts.document_templates import template as shipped_template
from tests.factories import TOWN_A, VILLAGE_A1, Factories
from tests.integration.cases.papers import make_all, words_of
from tests.integration.cases.test_course import Course


@pytest.fixture
def course(make: Factories, signed_in: Callable[..., Any]) -> Course:
    return Course(make, signed_in)


def test_an_administrator_replaces_a_template_and_goes_back(
    course: Course,
    owner: Callable[[], Any],
    signed_in: Any,
) -> None:
    admin = signed_in((Role.ADMINISTRATOR, TOWN_A), name="赵明")
    page = admin.get("/document-templates").get_data(as_text=True)
    assert "随系统提供" in page
    number = re.search(r"/document-templates/(\d+)\.docx", page).group(1)  # type: ignore[union-attr]
    kept = admin.get(f"/document-templates/{number}.docx").data
    assert kept == shipped_template(Document.REGISTRATION)
    document = docx.Document(io.BytesIO(kept))
    document.paragraphs[-1].add_run("　街道专用")
    out = io.BytesIO()
    document.save(out)
    assert upload(admin, out.getvalue(), note="按街道样式").status_code == 302
    course.submit(course.desk)
    paper = make_all(owner)[0]
    assert "街道专用" in words_of(kept_path(paper.pdf_sha256 or "", "pdf").read_bytes())
    document.paragraphs[-1].add_run("　再改")
    out = io.BytesIO()
    document.save(out)
    assert upload(admin, out.getvalue(), note="再改").status_code == 302
    page = admin.get("/document-templates").get_data(as_text=True)
    earlier = re.search(r"/document-templates/(\d+)/use", page).group(1)  # type: ignore[union-attr]
    assert admin.post(f"/document-templates/{earlier}/use").status_code == 302
    assert admin.post(f"/document-templates/{earlier}/use").status_code == 409
    assert admin.post(f"/document-templates/{number}/use").status_code == 404  # of the whole system, not theirs
    with owner() as session:
        kinds = (
            session.execute(text("select kind from events where kind like 'template.%' order by id")).scalars().all()
        )
    assert kinds == ["template.uploaded", "template.uploaded", "template.used"]
    village = signed_in((Role.ADMINISTRATOR, VILLAGE_A1))
    assert upload(village, out.getvalue(), area=TOWN_A).status_code in (403, 404)


def upload(client: Any, content: bytes, *, note: str = "测试", area: int = TOWN_A, **more: Any) -> Any:
    values = {
        "kind": "registration",
        "area": f"{area:015d}",
        "note": note,
        "file": (io.BytesIO(content), "新.docx"),
        **more,
    }
    return client.post("/document-templates", data=values)


def test_a_broken_template_is_refused_in_words_and_nothing_is_kept(
    course: Course,
    owner: Callable[[], Any],
    signed_in: Any,
) -> None:
    admin = signed_in((Role.ADMINISTRATOR, TOWN_A))
    document = docx.Document()
    document.add_paragraph("{{ 事件标题 }} {{ 姓名 }}")
    out = io.BytesIO()
    document.save(out)
    answer = upload(admin, out.getvalue())
    assert answer.status_code == 400
    assert "没有的字段“姓名”" in answer.get_data(as_text=True)
    with owner() as session:
        assert session.execute(text("select count(*) from document_templates where area_code > 0")).scalar() == 0


def test_a_stored_template_at_fault_fails_the_paper_in_words_and_not_the_step(
    course: Course, owner: Callable[[], Any], monkeypatch: Any
) -> None:
    """However it got there (restored from elsewhere, a field that a later release no longer has): the case goes on."""
    from gridmap import jobs
    from gridmap.cases.actions import tasks

    document = docx.Document()
    document.add_paragraph("{{ 事件标题 }} {{ 姓名 }}")
    out = io.BytesIO()
    document.save(out)
    replace = text("update document_templates set content = :content where kind = 'order'")
    course.submit(course.desk)
    make_all(owner)
    with owner() as session:
        session.execute(replace, {"content": out.getvalue()})
    course.done(course.desk, "assess", category="0101", grade="worry", scale="individual", risk="low")
    assert course.done(course.desk, "dispatch", department=course.police) == "dispatched"
    with owner() as session:
        paper = session.scalars(select(CaseDocument).where(CaseDocument.kind == "order")).one()
    answer = course.desk.post(f"/cases/{course.code}/documents/{paper.id}/make")
    assert answer.status_code == 409
    told = answer.get_data(as_text=True)
    for words in ("《交办单》的模板（第 1 版）填不出来", "没有的字段“姓名”", "更换或恢复前一版", "文号没有占用"):
        assert words in told
    monkeypatch.setattr(jobs, "job_session", owner)
    with pytest.raises(Conflict, match="没有的字段“姓名”"):  # these words go to the page of failed jobs
        tasks.document(county_code=paper.county_code, document_id=paper.id)
    with owner() as session:
        assert session.execute(text("select count(*) from document_numbers where kind = 'order'")).scalar() == 0
        session.execute(replace, {"content": shipped_template(Document.ORDER)})
    assert course.desk.post(f"/cases/{course.code}/documents/{paper.id}/make").status_code == 302
    with owner() as session:
        assert session.execute(text("select number from case_documents where kind = 'order'")).scalar() == 1
