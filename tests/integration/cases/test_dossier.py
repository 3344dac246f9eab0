"""一案一卷: who is in it, and what was said in its mediation, as far as the reader may know."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.factories import Factories
from tests.integration.cases.papers import words_of
from tests.integration.cases.test_mediation import Mediation


@pytest.fixture
def mediation(make: Factories, signed_in: Callable[..., Any], owner: Callable[[], Any]) -> Mediation:
    return Mediation(make, signed_in, owner)


def dossier(client: Any, code: str) -> str:
    answer = client.get(f"/cases/{code}/dossier.pdf")
    assert answer.status_code == 200
    return words_of(answer.data)


def test_parts_without_anything_say_so(mediation: Mediation) -> None:
    words = dossier(mediation.desk, mediation.code)
    assert "没有登记当事人。" in words
    assert "没有进行调解。" in words


def test_parties_are_masked_and_sessions_are_told_to_those_who_may_know(mediation: Mediation) -> None:
    who = {"party_role": "applicant", "party_name": "石磊", "party_phone": "13912345678"}
    mediation.done(mediation.desk, "add_party", **who)
    mediation.start()
    mediation.fail(1, claims="要回十亩", offers="五五分", reason="一方离场")
    mediation.done(mediation.mediator, "move_up", reason="一方要求上级主持", mediators=mediation.number)
    full, less = (dossier(client, mediation.code) for client in (mediation.desk, mediation.worker))
    for words in (full, less):
        assert "申请人石*" in words
        assert "石磊" not in words
        assert "13912345678" not in words
        assert "组级调解（已移交上一级）" in words
        assert "移交理由：一方要求上级主持" in words
        assert "原因：一方离场" in words
        assert "村级调解（调解中）" in words
    assert "各方诉求：要回十亩" in full
    assert "提出的方案：五五分" in full
    assert "要回十亩" not in less
    assert "五五分" not in less
