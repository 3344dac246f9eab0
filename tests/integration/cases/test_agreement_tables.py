"""Many agreements of one case from a table: numbered on with their promises, or none at all."""

from __future__ import annotations

import io
import uuid
from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import text

from tests.factories import Factories
from tests.integration.cases.test_course import JSON
from tests.integration.cases.test_mediation import Mediation


@pytest.fixture
def mediation(make: Factories, signed_in: Callable[..., Any], owner: Callable[[], Any]) -> Mediation:
    return Mediation(make, signed_in, owner)


def bring(mediation: Mediation, text: str, *, ends: str = "no", **more: Any) -> Any:
    data = {"table": (io.BytesIO(text.encode("utf-8-sig")), "协议.csv"), "ends": ends, **more}
    return mediation.mediator.post(f"/cases/{mediation.code}/steps/agree_many", data=data, headers=JSON)


HEAD = "对方当事人,协议内容,司法确认,履行事项,由谁履行,金额（元）,到期日期\n"


def test_agreements_of_a_table_are_numbered_on_or_none_is_taken(mediation: Mediation, owner: Callable[[], Any]) -> None:
    mediation.start()
    mediation.agreed_session()
    template = mediation.mediator.get(f"/cases/{mediation.code}/mediation/table.csv")
    assert template.get_data().decode("utf-8-sig").startswith(HEAD.strip())
    first = bring(
        mediation,
        HEAD + "1 号,分期,是,付款,公司,100.50,2026-12-31\n2 号,付清,否,,,,\n",
        client_id=str(uuid.UUID(int=7)),
    )
    assert first.status_code == 200, first.get_data(as_text=True)
    again = bring(mediation, HEAD + "1 号,分期,是,付款,公司,100.50,2026-12-31\n", client_id=str(uuid.UUID(int=7)))
    assert again.json["fresh"] is False
    wrong = bring(mediation, HEAD + "3 号,分期,,,,,\n2 号,又一份,,,,,\n")
    assert wrong.status_code == 400
    assert "第 3 行：“2 号”已有第 2 号协议" in wrong.json["detail"]
    many = HEAD + "".join(f"{n} 号,分期,,付款,公司,{n},2026-12-31\n" for n in range(3, 183))
    assert bring(mediation, many, ends="yes").status_code == 200
    with owner() as session:
        counted = session.execute(
            text("select count(*), max(number), count(distinct number) from mediation_agreements")
        )
        assert tuple(counted.one()) == (182, 182, 182)
        duties = session.execute(text("select count(*), max(number), sum(amount_yuan) from mediation_duties")).one()
        assert (duties[0], duties[1], float(duties[2])) == (181, 181, 100.5 + sum(range(3, 183)))
    page = mediation.mediator.get(f"/cases/{mediation.code}").get_data(as_text=True)
    assert "登记协议 180 份（第 3 至 182 号）" in page
    assert "查看全部 182 份协议" in page
    ended = bring(mediation, HEAD + "999 号,分期,,,,,\n")
    assert "没有进行中的调解" in ended.json["detail"]
