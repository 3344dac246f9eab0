"""Every door that gives a file: none is undeclared, and odd words come out of each as the words they are."""

from __future__ import annotations

import csv
import inspect
import io
import re
from collections.abc import Callable
from typing import Any

import docx
import pytest
from flask import Flask

from gridmap.media import kept_path
from tests.factories import Factories
from tests.integration.cases.papers import make_all, words_of, words_of_docx
from tests.integration.cases.test_agreement_papers import bundle
from tests.integration.cases.test_agreement_tables import HEAD, bring
from tests.integration.cases.test_mediation import Mediation
from tests.integration.cases.test_odd_text import LONG, MARKS, TURNED, entry

GIVES_A_FILE = re.compile(r"\battachment\(|Content-Disposition|\bsend_file\(|mimetype=")
# Doors whose files say what people wrote: each is walked below.
EXPORTS = {"cases.document", "cases.dossier", "mediation.agreement_papers"}
# Doors of files without anybody's words: an empty table, pictures and pieces of the map, a template as it was brought, the phone's code.
OTHERS = {
    "cases.photo", "cases.template", "field.package", "field.worker", "maps.basemap", "mediation.agreement_table",
}  # fmt: skip
FORMULAS = ("=1+cmd|' /C calc'!A0", "+1+2", "-1+2", "@SUM(A1)", "\t=1+1")
KEPT = "楼上漏水到厨房"


@pytest.fixture
def mediation(make: Factories, signed_in: Callable[..., Any], owner: Callable[[], Any]) -> Mediation:
    return Mediation(make, signed_in, owner)


def squeezed(text: str) -> str:
    return re.sub(r"\s", "", text)


def computed(content: bytes) -> list[str]:
    """Return what Word would compute in a DOCX: instructions of its fields."""
    body = docx.Document(io.BytesIO(content)).element.body
    return [part.text or "" for part in body.iter() if part.tag.endswith(("}instrText", "}fldSimple"))]


def files_of(paper: Any) -> tuple[bytes, bytes]:
    return tuple(kept_path(getattr(paper, f"{end}_sha256"), end).read_bytes() for end in ("docx", "pdf"))  # type: ignore[return-value]


def test_every_door_that_gives_a_file_is_declared(app: Flask) -> None:
    found = {
        rule.endpoint
        for rule in app.url_map.iter_rules()
        if rule.endpoint != "static"
        and GIVES_A_FILE.search(inspect.getsource(inspect.unwrap(app.view_functions[rule.endpoint])))
    }
    assert found == EXPORTS | OTHERS


@pytest.mark.parametrize("odd", [*FORMULAS, TURNED, LONG[:1990] + "👵🏻"])
def test_odd_words_of_a_case_come_out_of_its_papers_and_dossier(mediation: Mediation, odd: str) -> None:
    values = {"title": f"{odd}{KEPT}"[:100], "description": odd, "address_text": odd[:200], "party_name": "欧阳测试"}
    sent = mediation.desk.post("/desk", data=entry(**values))
    assert sent.status_code == 302, sent.get_data(as_text=True)
    mediation.code = sent.headers["Location"].split("/")[-2]
    mediation.done(mediation.desk, "issue", paper="reminder", to=odd[:100], reason=odd)
    wanted = squeezed(re.sub(f"[{''.join(MARKS)}]", "", odd).strip())
    printed = []
    for paper in make_all(mediation.owner)[-2:]:
        content, pdf = files_of(paper)
        assert wanted in words_of_docx(content)
        assert not [said for said in computed(content) if said in wanted]
        printed.append(words_of(pdf))
    file = mediation.desk.get(f"/cases/{mediation.code}/dossier.pdf")
    assert file.status_code == 200
    for words in (*printed, words_of(file.data)):
        assert all(part[:60] in words for part in wanted.split("👵🏻"))
        assert words.count(LONG[:10]) >= wanted.count(LONG[:10]) - 9  # but where a page breaks
        assert not any(mark in words for mark in MARKS)


def test_odd_words_of_agreements_come_out_of_all_their_papers(mediation: Mediation) -> None:
    mediation.start()
    mediation.agreed_session()
    names = [*(f"{odd.strip()} 号商铺" for odd in FORMULAS), f"../{TURNED}/号商铺", "号" * 60]
    sheet = io.StringIO()
    terms = [f"{name}的协议：{LONG[:1900]}" for name in names]
    csv.writer(sheet).writerows(
        [name, said, "否", name, name, "10", "2026-12-31"] for name, said in zip(names, terms, strict=True)
    )
    answer = bring(mediation, HEAD + sheet.getvalue())
    assert answer.status_code == 200, answer.get_data(as_text=True)
    page = mediation.mediator.post(f"/cases/{mediation.code}/mediation/papers", follow_redirects=True)
    assert f"正在生成 {len(names)} 份协议书" in page.get_data(as_text=True)
    make_all(mediation.owner)
    for ending, words_in in (("docx", words_of_docx), ("pdf", words_of)):
        with bundle(mediation.mediator, mediation.code, ending) as files:
            assert files.testzip() is None
            listed = files.namelist()
            assert len(set(listed)) == len(names)
            for name, file in zip(names, listed, strict=True):
                assert re.fullmatch(r"[0-9]{4} [^\\/:*?\"<>|\x00-\x1f]+", file)
                assert not any(mark in file for mark in MARKS)
                words = words_in(files.read(file))
                wanted = squeezed(re.sub(f"[{''.join(MARKS)}]", "", name).split("👵")[0])
                assert words.count(wanted) >= 2  # who it is with, and the terms
                assert words.count("某某建设发展有限公司") > 180
