"""What people paste: 2,000 characters, marks that turn the order, emoji, control characters; and midnight of 31 December.

Through the doors that the pages use, and looked for where the words come out again: pages, lists, papers.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import text

from gridmap.cases.rules import Document
from gridmap.clock import CHINA
from gridmap.media import kept_path
from tests.factories import Factories
from tests.integration.cases.papers import make_all, words_of, words_of_docx
from tests.integration.cases.test_course import JSON, Course

TURNED = "\u202e楼上漏水\u2066到\u200f厨房👵🏻\u2069<b>&"
PLAIN = "楼上漏水到厨房👵🏻<b>&"
LONG = "某某建设发展有限公司" * 200
MARKS = ("\u202e", "\u2066", "\u200f", "\u2069")


@pytest.fixture
def course(make: Factories, signed_in: Callable[..., Any]) -> Course:
    return Course(make, signed_in)


def entry(**changes: str) -> dict[str, str]:
    values = {
        "client_id": str(uuid.uuid4()), "category": "0101", "channel": "visit", "scale": "individual", "title": "楼道堆物",
        "position_method": "map", "lon": "125.305", "lat": "43.81", "datum": "wgs84", "party_role": "reporter",
    }  # fmt: skip
    return {**values, **changes}


def stored(connection: Any) -> tuple[int, int]:
    query = "select (select count(*) from cases), (select count(*) from case_parties)"
    return tuple(connection.exec_driver_sql(query).one())


def test_marks_that_turn_the_order_are_taken_out_at_every_door(course: Course, connection: Any) -> None:
    sent = course.worker.post("/cases", data=entry(title=TURNED, description=TURNED, address_text=TURNED), headers=JSON)
    assert sent.status_code == 201, sent.get_data(as_text=True)
    told = course.desk.get(f"/cases/{sent.json['case_code']}", headers=JSON).json
    assert (told["title"], told["description"], told["address_text"]) == (PLAIN, PLAIN, PLAIN)
    walkin = course.desk.post(
        "/desk", data=entry(title=TURNED, party_name="\u202e欧阳\u2069测试", party_phone="13800001234\u202c")
    )
    assert walkin.status_code == 302, walkin.get_data(as_text=True)
    receipt = course.desk.get(walkin.headers["Location"]).get_data(as_text=True)
    listed = course.desk.get("/cases").get_data(as_text=True)
    for page in (receipt, listed, course.desk.get("/work").get_data(as_text=True)):
        assert "楼上漏水到厨房👵🏻&lt;b&gt;&amp;" in page
        assert not any(mark in page for mark in MARKS)
    assert "欧*" in receipt
    assert "138****1234" in receipt


def test_nothing_but_marks_is_no_title(course: Course, connection: Any) -> None:
    answer = course.worker.post("/cases", data=entry(title="\u202e\u2069 "), headers=JSON)
    assert (answer.status_code, answer.json["field"]) == (400, "title")
    nobody = course.desk.post("/desk", data=entry(party_name="\u200e\u200f", party_phone="13800001234"))
    assert nobody.status_code == 400
    assert "请填写反映人的姓名" in nobody.get_data(as_text=True)
    assert stored(connection) == (0, 0)


def test_two_thousand_characters_are_kept_where_they_fit_and_printed(
    course: Course, owner: Callable[[], Any], connection: Any
) -> None:
    sent = course.desk.post("/desk", data=entry(description=LONG + "👵🏻", party_name="欧阳测试"))
    assert sent.status_code == 302
    course.code = sent.headers["Location"].split("/")[-2]
    page = course.desk.get(f"/cases/{course.code}").get_data(as_text=True)
    assert LONG + "👵🏻" in page
    paper = next(made for made in make_all(owner) if made.kind == Document.REGISTRATION)
    content = kept_path(paper.docx_sha256 or "", "docx").read_bytes()
    assert LONG in words_of_docx(content)
    pdf = kept_path(paper.pdf_sha256 or "", "pdf").read_bytes()
    assert words_of(pdf).count("某某建设发展有限公司") > 190
    file = course.desk.get(f"/cases/{course.code}/dossier.pdf")
    assert file.status_code == 200
    assert words_of(file.data).count("某某建设发展有限公司") > 190


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("title", LONG, "标题至多 100 个字"),
        ("address_text", LONG, "地址至多 200 个字"),
        ("party_name", LONG, "姓名至多 60 个字，现有 2000 个字"),
        ("party_address", LONG, "住址至多 200 个字，现有 2000 个字"),
        ("party_id_number", LONG, "身份证号码应为 18 位"),
        ("party_phone", LONG, "电话应为 11 位手机号"),
        ("title", "漏\x07水", "“标题”含有无法识别的字符"),
        ("description", "漏\x1b[31m水", "“情况描述”含有无法识别的字符"),
        ("party_name", "欧\x00阳", "“姓名”含有无法识别的字符"),
        ("party_address", "幸福\x0b路", "“住址”含有无法识别的字符"),
        ("party_phone", "138\ufffe00001234", "“电话”含有无法识别的字符"),
    ],
)
def test_what_does_not_fit_is_told_beside_its_field_and_nothing_is_stored(
    course: Course, connection: Any, field: str, value: str, words: str
) -> None:
    answer = course.desk.post("/desk", data=entry(**{"party_name": "欧阳测试", field: value}))
    page = answer.get_data(as_text=True)
    assert answer.status_code == 400
    assert words in page
    assert f'id="{field}-error"' in page
    assert stored(connection) == (0, 0)


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("party_name", LONG, "个字，现有 2000 个字"),
        ("party_address", LONG, "至多 200 个字，现有 2000 个字"),
        ("party_name", "欧\x07阳", "无法识别的字符"),
        ("party_name", "\u202e", "请填写"),
    ],
)
def test_the_step_that_adds_a_party_refuses_the_same(
    course: Course, connection: Any, field: str, value: str, words: str
) -> None:
    course.submit(course.desk)
    answer = course.take(course.desk, "add_party", **{"party_role": "other", "party_name": "欧阳测试", field: value})
    assert answer.status_code == 400
    assert words in answer.json["detail"]
    values = {"party_role": "other", "party_name": "欧阳测试", field: value}
    page = course.desk.post(
        f"/cases/{course.code}/steps/add_party", data=values
    )  # the page is looked over by the client
    assert page.status_code == 400
    assert words in page.get_data(as_text=True)
    assert stored(connection) == (1, 0)


def test_midnight_of_new_years_eve_is_chinas(
    course: Course, owner: Callable[[], Any], monkeypatch: pytest.MonkeyPatch, connection: Any
) -> None:
    """23:59 is the old year's, 00:00 the new one's, whatever the year is in UTC; numbers begin anew."""
    codes = []
    for at in ("2026-12-31T23:59:59", "2027-01-01T00:00", "2027-01-01T07:59"):
        moment = datetime.fromisoformat(at).replace(tzinfo=CHINA).astimezone(UTC)
        assert moment.year == 2026
        for view in ("register", "steps"):
            monkeypatch.setattr(f"gridmap.cases.views.{view}.now", lambda moment=moment: moment)
        course.submit(course.desk)
        codes.append(course.code)
    assert codes == ["990102-2026-0000001", "990102-2027-0000001", "990102-2027-0000002"]
    made = [paper for paper in make_all(owner) if paper.kind == Document.REGISTRATION]
    assert [(paper.year, paper.number) for paper in made] == [(2026, 1), (2027, 1), (2027, 2)]
    assert [paper.number_text.partition("〔")[2] for paper in made if paper.number_text] == [
        "2026〕第 1 号",
        "2027〕第 1 号",
        "2027〕第 2 号",
    ]
    words = [words_of(kept_path(paper.pdf_sha256 or "", "pdf").read_bytes()) for paper in made]
    assert "2026年12月31日" in words[0]
    assert "2027年1月1日" in words[1]
    with owner() as session:
        years = session.execute(text("select distinct extract(year from received_at at time zone 'utc') from cases"))
        assert list(years.scalars()) == [2026]
    assert "2027-01-01 00:00" in course.desk.get(f"/cases/{codes[1]}").get_data(as_text=True)
