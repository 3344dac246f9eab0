"""调解协议书 of agreements from a table: asked for together, one for each and no more, made by the queue, taken as one file."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import text

from gridmap.access import Role
from tests.factories import TOWN_A, Factories
from tests.integration.cases.papers import make_all, words_of, words_of_docx
from tests.integration.cases.test_agreement_tables import HEAD, bring
from tests.integration.cases.test_mediation import Mediation


@pytest.fixture
def mediation(make: Factories, signed_in: Callable[..., Any], owner: Callable[[], Any]) -> Mediation:
    started = Mediation(make, signed_in, owner)
    started.start()
    started.agreed_session()
    return started


def table(mediation: Mediation, count: int, first: int = 1) -> None:
    rows = "".join(f"{n} 号商铺,分期支付第 {n} 笔,是,付款,公司,{n},2026-12-31\n" for n in range(first, first + count))
    assert bring(mediation, HEAD + rows).status_code == 200


def ask(mediation: Mediation) -> str:
    address = f"/cases/{mediation.code}/mediation/papers"
    answer = mediation.mediator.post(address, follow_redirects=True)
    assert answer.status_code == 200
    return str(answer.get_data(as_text=True))


def bundle(client: Any, code: str, ending: str = "pdf") -> zipfile.ZipFile:
    with client.get(f"/cases/{code}/mediation/papers.{ending}.zip") as answer:
        assert answer.status_code == 200, answer.get_data(as_text=True)
        assert answer.mimetype == "application/zip"
        return zipfile.ZipFile(io.BytesIO(answer.data))


def test_each_agreement_gets_one_paper_and_all_come_as_one_file(mediation: Mediation) -> None:
    assert mediation.agree("0 号商铺").status_code == 200  # has its paper from its own step
    table(mediation, 12, first=1)
    page = mediation.mediator.get(f"/cases/{mediation.code}/mediation").get_data(as_text=True)
    assert '还有 <strong class="num">12</strong> 份协议没有协议书' in page
    early = mediation.mediator.get(f"/cases/{mediation.code}/mediation/papers.pdf.zip")
    assert early.status_code == 404
    assert "正在生成 12 份协议书" in ask(mediation)
    assert "每份协议都已有协议书" in ask(mediation)
    make_all(mediation.owner)
    files = bundle(mediation.mediator, mediation.code)
    names = files.namelist()
    assert len(names) == len(set(names)) == 13
    assert [name[:4] for name in names] == [f"{n:04d}" for n in range(1, 14)]
    assert names[2].startswith("0003 2 号商铺 ")
    numbers = mediation.rows("select number from case_documents where kind = 'agreement' order by agreement_number")
    assert [row.number for row in numbers] == list(range(1, 14))
    words = words_of(files.read(names[12]))
    assert "对方当事人：12号商铺" in words
    assert "分期支付第12笔" in words
    assert "金额12.00元" in words
    again = bundle(mediation.mediator, mediation.code, "docx")
    assert "分期支付第12笔" in words_of_docx(again.read(again.namelist()[12]))
    taken = mediation.rows("select data ->> 'papers' as n from events where kind = 'document.downloaded'")
    assert [row.n for row in taken] == ["13", "13"]


def test_what_is_registered_later_gets_its_paper_the_next_time(mediation: Mediation) -> None:
    table(mediation, 2)
    ask(mediation)
    table(mediation, 1, first=3)
    assert "正在生成 1 份协议书" in ask(mediation)
    make_all(mediation.owner)
    assert len(bundle(mediation.mediator, mediation.code).namelist()) == 3


def test_who_may_not_open_the_parties_gets_no_file_and_asks_for_none(
    mediation: Mediation, signed_in: Callable[..., Any]
) -> None:
    table(mediation, 1)
    ask(mediation)
    make_all(mediation.owner)
    leader = signed_in((Role.LEADER, TOWN_A))
    address = f"/cases/{mediation.code}/mediation"
    assert leader.get(f"{address}/papers.pdf.zip").status_code == 403
    assert leader.post(f"{address}/papers").status_code == 403
    assert "papers.pdf.zip" not in leader.get(address).get_data(as_text=True)


def test_a_lost_file_is_named(mediation: Mediation) -> None:
    table(mediation, 1)
    ask(mediation)
    make_all(mediation.owner)
    with mediation.owner() as session:
        session.execute(text("update case_documents set pdf_sha256 = repeat('0', 64)"))
    answer = mediation.mediator.get(f"/cases/{mediation.code}/mediation/papers.pdf.zip")
    assert answer.status_code == 404
    assert "文件缺失" in answer.get_data(as_text=True)
