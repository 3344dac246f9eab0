"""Papers of cases: made from templates as data, numbered without gaps, opened and read; doors, templates, the whole file."""

from __future__ import annotations

import hashlib
import io
import re
import threading
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pypdf
import pytest
from sqlalchemy import create_engine, select, text
from sqlalchemy.orm import Session

from gridmap.access import Role
from gridmap.cases.actions import make_document
from gridmap.cases.models import CaseDocument
from gridmap.clock import local
from gridmap.media import kept_path
from tests.factories import GRID_A11, TOWN_B, Factories
from tests.integration.cases.papers import NOW, deferred, make_all, words_of, words_of_docx
from tests.integration.cases.test_course import JSON, Course


@pytest.fixture
def course(make: Factories, signed_in: Callable[..., Any]) -> Course:
    return Course(make, signed_in)


def test_steps_ask_for_their_papers_and_the_queue_makes_them(
    course: Course,
    owner: Callable[[], Any],
    connection: Any,
) -> None:
    course.submit(course.desk)
    course.done(course.desk, "assess", category="0101", grade="worry", scale="individual", risk="low")
    course.done(course.desk, "dispatch", department=course.police, assisting=[course.justice], task="今天\n到场")
    papers = make_all(owner)
    assert [paper.kind for paper in papers] == ["registration", "order"]
    assert [job["document_id"] for job in deferred(connection)] == [paper.id for paper in papers]
    order = papers[1]
    year = order.asked_at.year
    assert order.number_text == f"甲街道综治中心交办〔{year}〕第 1 号"
    content = kept_path(order.docx_sha256 or "", "docx").read_bytes()
    pdf = kept_path(order.pdf_sha256 or "", "pdf").read_bytes()
    assert hashlib.sha256(pdf).hexdigest() == order.pdf_sha256
    for said in (words_of_docx(content), words_of(pdf)):
        for part in (
            "交办单",
            "派出所",
            "司法所",
            "今天到场",
            course.code,
            "楼道堆物",
            "甲街道甲一社区第一网格",
            "何静",
        ):
            assert part in said, (part, said)
        assert "{{" not in said
    box = pypdf.PdfReader(io.BytesIO(pdf)).pages[0].mediabox
    assert (round(float(box.width) / 72 * 25.4), round(float(box.height) / 72 * 25.4)) == (210, 297)
    page = course.desk.get(f"/cases/{course.code}").get_data(as_text=True)
    assert str(order.number_text) in page


def test_downloading_is_a_door_and_is_written_down(course: Course, owner: Callable[[], Any], signed_in: Any) -> None:
    course.submit(course.desk)
    paper = make_all(owner)[0]
    address = f"/cases/{course.code}/documents/{paper.id}.pdf"
    answer = course.desk.get(address)
    assert answer.status_code == 200
    assert answer.mimetype == "application/pdf"
    assert "%E5%8F%97%E7%90%86%E5%8D%95" in answer.headers["Content-Disposition"]
    assert signed_in((Role.CENTRE_STAFF, TOWN_B)).get(address).status_code == 404
    assert course.desk.get(f"/cases/{course.code}/documents/{paper.id + 99}.pdf").status_code == 404
    with owner() as session:
        events = session.execute(text("select actor_name, data from events where kind = 'document.downloaded'")).all()
    assert [(row[0], row[1]["paper"], row[1]["ending"]) for row in events] == [("何静", paper.id, "pdf")]
    kept_path(paper.pdf_sha256 or "", "pdf").unlink()
    missing = course.desk.get(address, headers=JSON)
    assert missing.status_code == 404
    assert "文件缺失" in missing.json["detail"]


def test_a_paper_that_waits_is_made_at_once_when_asked(course: Course, owner: Callable[[], Any]) -> None:
    course.submit(course.desk)
    with owner() as session:
        paper = session.scalars(select(CaseDocument)).one()
    assert course.desk.get(f"/cases/{course.code}/documents/{paper.id}.pdf").status_code == 404
    refused = course.worker.post(f"/cases/{course.code}/documents/{paper.id}/make")
    assert refused.status_code == 403
    for _ in range(2):  # the second finds it made
        assert course.desk.post(f"/cases/{course.code}/documents/{paper.id}/make").status_code == 302
    with owner() as session:
        assert session.execute(text("select last from document_numbers")).scalars().all() == [1]
    assert course.desk.get(f"/cases/{course.code}/documents/{paper.id}.docx").status_code == 200


def test_declining_and_closing_say_why_and_what_came_of_it(course: Course, owner: Callable[[], Any]) -> None:
    course.submit(course.worker)
    course.done(course.desk, "decline", reason="属诉讼事项", lawful_channel="向人民法院起诉")
    course.to_handling()
    course.done(course.handler, "report", reason="已清理完毕")
    course.done(course.desk, "verify")
    course.done(course.second_desk, "revisit", means="phone", satisfaction="satisfied")
    course.done(course.desk, "close")
    said = {paper.kind: words_of(kept_path(paper.pdf_sha256 or "", "pdf").read_bytes()) for paper in make_all(owner)}
    assert {"declining", "completion"} <= set(said)
    assert "属诉讼事项" in said["declining"]
    assert "向人民法院起诉" in said["declining"]
    assert "不予受理告知书" in said["declining"]
    assert "已清理完毕" in said["completion"]
    assert "由派出所办理完毕" in said["completion"]


def test_a_paper_names_the_departments_of_this_round_and_each_once(course: Course, owner: Callable[[], Any]) -> None:
    course.to_handling()
    course.done(course.handler, "report", reason="第一次")
    course.done(course.desk, "reject", reason="没有清理干净")
    course.done(course.handler, "report", reason="第二次")
    course.done(course.desk, "verify")
    course.done(course.second_desk, "dissatisfied", means="phone", satisfaction="dissatisfied", reason="又堆上了")
    course.done(course.desk, "assess", category="0101", grade="worry", scale="individual", risk="low")
    course.done(course.desk, "dispatch", department=course.justice)
    course.done(course.other, "accept")
    course.done(course.other, "start")
    course.done(course.other, "report", reason="第三次")
    course.done(course.second_desk, "verify")
    course.done(course.second_desk, "revisit", means="phone", satisfaction="satisfied")
    course.done(course.desk, "close")
    leads = [(paper.kind, paper.fields["承办单位"]) for paper in make_all(owner)]
    assert leads == [("registration", "本中心"), ("order", "派出所"), ("order", "司法所"), ("completion", "司法所")]


def test_work_sent_back_names_its_department_once(course: Course, owner: Callable[[], Any]) -> None:
    course.to_handling()
    course.done(course.handler, "report", reason="第一次")
    course.done(course.desk, "reject", reason="没有清理干净")
    course.done(course.handler, "report", reason="第二次")
    course.done(course.desk, "verify")
    course.done(course.second_desk, "revisit", means="phone", satisfaction="satisfied")
    course.done(course.desk, "close")
    assert make_all(owner)[-1].fields["承办单位"] == "派出所"


def test_received_and_registered_are_two_times(course: Course, owner: Callable[[], Any], make: Factories) -> None:
    """受理时间 is when the desk registered; a letter to who reported names when they did."""
    course.code = make.case(GRID_A11, status="received", received_at=datetime(2026, 11, 1, 1, 5, tzinfo=UTC))
    assert course.seen(course.desk)["registered_at"] is None
    assert "未受理" in course.desk.get(f"/cases/{course.code}").get_data(as_text=True)
    course.done(course.desk, "register")
    course.done(course.desk, "assess", category="0101", grade="worry", scale="individual", risk="low")
    seen = course.seen(course.desk)
    assert seen["registered_at"] == seen["history"][0]["at"]
    at = local(datetime.fromisoformat(seen["registered_at"]))
    page = course.desk.get(f"/cases/{course.code}").get_data(as_text=True)
    facts = re.sub(r"\s|<[^>]*>", "", page)
    assert f"受理时间{at:%Y-%m-%d%H:%M}" in facts
    assert "上报时间2026-11-0109:05" in facts
    words = {"paper": "referral", "to": "司法所", "reason": "请核实"}
    course.done(course.desk, "issue", **words)
    course.done(course.desk, "issue", **{**words, "paper": "reminder"})
    said = {paper.kind: words_of(kept_path(paper.pdf_sha256 or "", "pdf").read_bytes()) for paper in make_all(owner)}
    registered = f"{at.year}年{at.month}月{at.day}日{at:%H}时{at:%M}分"
    assert f"受理时间{registered}" in said["registration"]
    assert registered in said["referral"]
    assert "2026年11月1日09时05分接到反映" in said["reminder"]
    dossier = words_of(course.desk.get(f"/cases/{course.code}/dossier.pdf").data)
    assert f"受理时间{at:%Y-%m-%d%H:%M}" in dossier
    assert "上报时间2026-11-0109:05" in dossier


@pytest.mark.parametrize("kind", ["referral", "supervision", "reminder", "suggestion"])
def test_papers_written_by_hand(course: Course, owner: Callable[[], Any], kind: str) -> None:
    course.submit(course.desk)
    wrong = course.take(course.desk, "issue", paper="order", to="某局", reason="x")
    assert wrong.json["field"] == "paper"
    course.done(course.desk, "issue", paper=kind, to="某区住建局", reason="请于三日内\n书面反馈")
    paper = make_all(owner)[1]
    said = words_of(kept_path(paper.pdf_sha256 or "", "pdf").read_bytes())
    assert "某区住建局" in said
    assert "请于三日内书面反馈" in said
    readers = {"worker": course.worker, "desk": course.desk}
    seen = {
        name: client.get(f"/cases/{course.code}/documents/{paper.id}.pdf").status_code
        for name, client in readers.items()
    }
    assert seen == {"worker": 200, "desk": 200}
    assert course.take(course.worker, "issue", paper=kind, to="某局", reason="x").status_code == 403


def test_an_agreement_is_read_by_who_may_open_the_parties(course: Course, owner: Callable[[], Any]) -> None:
    course.submit(course.desk)
    with owner() as session:
        paper = session.scalars(select(CaseDocument)).one()
        session.execute(text("update case_documents set kind = 'agreement'"))
    assert make_all(owner)[0].kind == "agreement"
    address = f"/cases/{course.code}/documents/{paper.id}.pdf"
    assert course.desk.get(address).status_code == 200
    assert course.worker.get(address).status_code == 404
    assert "由综治中心调阅" in course.worker.get(f"/cases/{course.code}").get_data(as_text=True)
    said = words_of(course.worker.get(f"/cases/{course.code}/dossier.pdf").data)
    assert "含当事人信息，由综治中心调阅" in said
    assert "自愿达成如下协议" not in said
    assert "自愿达成如下协议" in words_of(course.desk.get(f"/cases/{course.code}/dossier.pdf").data)


def test_long_and_odd_words_are_printed_and_break_nothing(course: Course, owner: Callable[[], Any]) -> None:
    course.submit(course.desk)
    long = "某某建设发展有限公司" * 200
    assert len(long) == 2000
    odd = "\u202e反向\u2069👵🏻<b>&{{ 文号 }}{% raw %}"
    course.done(course.desk, "issue", paper="reminder", to=odd, reason=long)
    paper = make_all(owner)[1]
    content = kept_path(paper.docx_sha256 or "", "docx").read_bytes()
    pdf = kept_path(paper.pdf_sha256 or "", "pdf").read_bytes()
    assert long in words_of_docx(content)
    assert "反向👵🏻<b>&{{文号}}{%raw%}" in words_of_docx(content)
    assert "\u202e" not in words_of_docx(content)
    assert words_of(pdf).count("某某建设发展有限公司") > 190  # page numbers stand between two
    assert "反向〔表情〕<b>&{{文号}}" in words_of(pdf)
    too_long = course.take(course.desk, "issue", paper="reminder", to="长" * 101, reason="x")
    assert too_long.json["field"] == "to"


def test_two_at_once_get_two_numbers_and_a_failure_gives_its_own_back(
    clone: Callable[[], Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    engine = create_engine(clone())

    def owned() -> Any:
        from contextlib import contextmanager

        @contextmanager
        def work() -> Any:
            with Session(engine, expire_on_commit=False) as session, session.begin():
                yield session

        return work

    make = Factories(owned())
    make.world()
    codes = [make.case(GRID_A11) for _ in range(5)]
    numbers = [make.paper(code) for code in codes]
    faults: list[BaseException] = []

    def work(number: int, *, fail: bool = False) -> None:
        try:
            with Session(engine) as session, session.begin():
                paper = session.scalars(select(CaseDocument).where(CaseDocument.id == number)).one()
                make_document(session, paper, now=NOW)
                if fail:
                    raise RuntimeError("cut off")
        except RuntimeError:
            assert fail
        except BaseException as fault:
            faults.append(fault)

    work(numbers[0])
    work(numbers[1], fail=True)
    threads = [threading.Thread(target=work, args=(number,)) for number in numbers[2:]]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    work(numbers[1])
    assert not faults
    with Session(engine) as session:
        taken = session.execute(text("select number from case_documents order by number")).scalars().all()
        last = session.execute(text("select last from document_numbers")).scalars().all()
    engine.dispose()
    assert taken == [1, 2, 3, 4, 5]
    assert last == [5]


def test_the_whole_case_as_one_file_is_the_same_twice(
    course: Course,
    owner: Callable[[], Any],
    make: Factories,
    signed_in: Any,
) -> None:
    course.to_handling()
    make.photo(course.code)
    make_all(owner)
    first = course.desk.get(f"/cases/{course.code}/dossier.pdf")
    assert first.status_code == 200
    assert course.desk.get(f"/cases/{course.code}/dossier.pdf").data == first.data
    assert course.second_desk.get(f"/cases/{course.code}/dossier.pdf").data == first.data
    reader = pypdf.PdfReader(io.BytesIO(first.data))
    assert not {"/CreationDate", "/ModDate"} & set(reader.metadata or {})
    said = words_of(first.data)
    order = [
        "一案一卷",
        "目录",
        "一、基本情况",
        "二、当事人",
        "三、办理记录",
        "四、部门办理",
        "五、调解",
        "六、现场照片",
        "七、文书",
        "八、位置图",
    ]
    places = [said.rindex(part) for part in order]
    assert places == sorted(places)
    for part in (course.code, "登记受理", "马强", "派出所", "照片1的文件缺失", "甲街道综治中心交办", "WGS-84", "米"):
        assert part in said, part
    contents = re.sub(r"\s", "", reader.pages[1].extract_text())
    page = int(re.search(r"八、位置图\.*(\d+)", contents).group(1))  # type: ignore[union-attr]
    assert page > 2
    assert "八、位置图" in re.sub(r"\s", "", reader.pages[page - 1].extract_text())
    assert signed_in((Role.CENTRE_STAFF, TOWN_B)).get(f"/cases/{course.code}/dossier.pdf").status_code == 404
    course.done(course.handler, "progress", reason="又有进展")
    assert course.desk.get(f"/cases/{course.code}/dossier.pdf").data != first.data


def test_the_job_makes_a_paper_once(course: Course, owner: Callable[[], Any], monkeypatch: Any) -> None:
    from gridmap import jobs
    from gridmap.cases.actions import tasks

    course.submit(course.desk)
    with owner() as session:
        paper = session.scalars(select(CaseDocument)).one()
    monkeypatch.setattr(jobs, "job_session", owner)
    for _ in range(2):
        tasks.document(county_code=paper.county_code, document_id=paper.id)
    tasks.document(county_code=paper.county_code, document_id=paper.id + 999)
    with owner() as session:
        assert session.execute(text("select number from case_documents")).scalars().all() == [1]
