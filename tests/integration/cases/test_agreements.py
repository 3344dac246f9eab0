"""调解协议书: who signs is opened for the paper only; terms, promises and places to sign; reminders move with their case."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, time, timedelta
from typing import Any

import pytest

from gridmap.access import Role
from gridmap.cases.actions.mediation import remind_promises
from gridmap.clock import CHINA, today
from gridmap.media import kept_path
from tests.factories import GRID_A12, TOWN_A, TOWN_B, Factories
from tests.integration.cases.papers import make_all, words_of, words_of_docx
from tests.integration.cases.test_mediation import Mediation

IDENTITY = "11010519491231002X"  # the example number of GB 11643-1999
NOON = datetime.combine(today(), time(12), CHINA)  # outside quiet hours
DUE = today() + timedelta(days=3)
PROMISED = {"duty_what": "支付工资", "duty_by": "对方当事人", "duty_amount": "1200", "duty_due": DUE.isoformat()}


@pytest.fixture
def mediation(make: Factories, signed_in: Callable[..., Any], owner: Callable[[], Any]) -> Mediation:
    started = Mediation(make, signed_in, owner)
    started.start()
    started.agreed_session()
    return started


def papers(mediation: Mediation) -> list[Any]:
    """Make what waits in the queue and return the agreements among it."""
    return [paper for paper in make_all(mediation.owner) if paper.kind == "agreement"]


def test_the_paper_names_who_signs_and_nothing_else_does(mediation: Mediation, make: Factories) -> None:
    applicant = make.party(mediation.code, role="applicant", name="石磊", id_number=IDENTITY, phone="13900000001")
    respondent = make.party(mediation.code, role="respondent", name="乙市场管理公司")
    make.party(mediation.code, role="other", name="旁人")
    page = mediation.mediator.get(f"/cases/{mediation.code}/steps/agree").get_data(as_text=True)
    assert f'name="signing" value="{applicant}" checked' in page
    assert "石磊" not in page
    assert (
        mediation.agree("市场管理方", signing=[applicant, respondent], confirmation="applied", **PROMISED).status_code
        == 200
    )
    paper = papers(mediation)[0]
    assert paper.number_text.endswith(f"调协〔{paper.year}〕第 1 号")
    docx = words_of_docx(kept_path(paper.docx_sha256, "docx").read_bytes())
    pdf = words_of(kept_path(paper.pdf_sha256, "pdf").read_bytes())
    for words in (docx, pdf):
        assert f"申请人：石磊，身份证号{IDENTITY}，电话13900000001" in words
        assert "被申请人：乙市场管理公司" in words
        assert "分期支付" in words
        assert f"1.{DUE.year}年{DUE.month}月{DUE.day}日前，对方当事人履行：支付工资，金额1,200.00元。" in words
        assert "双方同意共同申请司法确认" in words
        assert "申请人石磊：＿" in words
        assert "调解员白平（签名）" in words
        assert "旁人" not in words
        assert "对方当事人：市场管理方" not in words  # it is the one that signs as 被申请人
    for kept in ("fields::text from case_documents", "data::text from case_steps", "data::text from events"):
        assert not [row for row in mediation.rows(f"select {kept}") if "石磊" in row[0] or IDENTITY in row[0]]
    opened = mediation.rows("select data ->> 'purpose', actor_name from events where kind = 'party.opened'")
    assert [tuple(row) for row in opened] == [("制作调解协议书", "白平")] * 2


def test_where_nobody_was_chosen_there_is_room_to_write_by_hand(mediation: Mediation) -> None:
    assert mediation.agree("12 号商铺").status_code == 200
    assert mediation.agree("13 号商铺").status_code == 200
    first, second = papers(mediation)
    assert (first.number, second.number) == (1, 2)
    words = words_of(kept_path(second.pdf_sha256, "pdf").read_bytes())
    assert "对方当事人：13号商铺（＿" in words
    assert "双方没有另行约定履行事项" in words
    assert "12号商铺" not in words


def test_only_parties_of_the_case_sign(mediation: Mediation, make: Factories) -> None:
    stranger = make.party(make.case(GRID_A12), name="他案的人")
    refused = mediation.agree(signing=[stranger])
    assert (refused.status_code, refused.json["field"]) == (400, "signing")
    assert mediation.rows("select count(*) from mediation_agreements")[0][0] == 0
    assert papers(mediation) == []


def test_who_may_not_open_the_parties_does_not_get_the_paper(
    mediation: Mediation, make: Factories, signed_in: Callable[..., Any]
) -> None:
    applicant = make.party(mediation.code, role="applicant", name="石磊")
    assert mediation.agree(signing=[applicant]).status_code == 200
    paper = papers(mediation)[0]
    address = f"/cases/{mediation.code}/documents/{paper.id}.pdf"
    assert mediation.mediator.get(address).status_code == 200
    assert mediation.desk.get(address).status_code == 200
    leader = signed_in((Role.LEADER, TOWN_A))
    assert leader.get(address).status_code == 404
    assert "含当事人信息" in leader.get(f"/cases/{mediation.code}").get_data(as_text=True)


def test_reminders_go_along_when_the_case_is_handed_over(mediation: Mediation) -> None:
    assert mediation.agree(ends="yes", **PROMISED).status_code == 200
    with mediation.owner() as session:
        assert remind_promises(session, NOON)[0] == 1
    mediation.done(mediation.desk, "transfer", unit=str(TOWN_B), reason="事发地属乙镇")
    moved = mediation.rows("select unit_code from mediation_reminders")
    assert [row.unit_code for row in moved] == [TOWN_B]
    with mediation.owner() as session:
        assert remind_promises(session, NOON)[0] == 0  # the other town is not told the same once more


def test_who_may_not_open_the_parties_sees_that_there_is_an_agreement_and_no_more(
    mediation: Mediation, signed_in: Callable[..., Any]
) -> None:
    kept = {"duty_what": "支付王某工资", "duty_by": "王某某商行", "duty_amount": "1200", "duty_due": DUE.isoformat()}
    assert mediation.agree("王某某商行", terms="王某某分期支付工资", **kept).status_code == 200
    mediation.done(mediation.mediator, "confirm_agreement", agreement=1, on=today().isoformat())
    mediation.done(mediation.mediator, "perform", duty=1, performed="performed", on=today().isoformat())
    address = f"/cases/{mediation.code}"
    leader = signed_in((Role.LEADER, TOWN_A))
    seen = [leader.get(f"{address}{tail}").get_data(as_text=True) for tail in ("", "/mediation")]
    seen.append(words_of(leader.get(f"{address}/dossier.pdf").data))
    seen.append(str(leader.get(address, headers={"Accept": "application/json"}).json))
    for words in seen:
        assert "王某" not in words
        assert "1,200" not in words
    assert "第 1 号" in seen[0]
    assert "第 1 号" in seen[1]
    assert DUE.isoformat() in seen[1]
    assert "已履行" in seen[1]
    mine = [mediation.mediator.get(f"{address}{tail}").get_data(as_text=True) for tail in ("", "/mediation")]
    assert all("王某某商行" in words for words in mine)
    told = [words for step in mediation.seen(mediation.mediator)["history"] for words in step["told"]]
    assert "对方当事人：王某某商行" in told
    assert "履行事项：支付王某工资" in told


def test_the_pack_of_a_tier_is_for_those_who_may_open_the_parties(
    make: Factories, signed_in: Callable[..., Any], owner: Callable[[], Any]
) -> None:
    mediation = Mediation(make, signed_in, owner)
    mediation.start()
    mediation.fail(1, claims="要回十亩")
    page = signed_in((Role.LEADER, TOWN_A)).get(f"/cases/{mediation.code}").get_data(as_text=True)
    assert "要回十亩" not in page
    mediation.done(mediation.mediator, "move_up", reason="请上级主持", mediators=mediation.number)
    pack = mediation.rows("select id from mediation_packs")[0][0]
    address = f"/cases/{mediation.code}/mediation/packs/{pack}"
    assert mediation.mediator.get(address).status_code == 200
    leader = signed_in((Role.LEADER, TOWN_A))
    refused = leader.get(address)
    assert refused.status_code == 403
    assert "当事人的诉求" in refused.get_data(as_text=True)
    assert "移交材料" not in leader.get(f"/cases/{mediation.code}").get_data(as_text=True)
