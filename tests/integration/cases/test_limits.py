"""The page of limits: versions that run from now on, areas of which the nearest wins."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from gridmap.access import Role
from tests.factories import COUNTY, TOWN_A, TOWN_B
from tests.integration.cases.timed import Timed, china


def test_an_administrator_makes_a_new_version_that_runs_from_now_on(timed: Timed, signed_in: Any) -> None:
    timed.now = china(2026, 11, 23, 9, 0)
    timed.handle()
    admin = signed_in((Role.ADMINISTRATOR, COUNTY))
    values = {"stage": "handle", "kind": "work_days", "amount": "3", "remind_before": "1", "second_after": "1"}
    values |= {"area": str(COUNTY)}
    refused = admin.post("/cases/limits", data={**values, "amount": "2.5", "source_note": "本中心规定"})
    assert refused.status_code == 400
    assert "应为整数" in refused.get_data(as_text=True)
    answer = admin.post("/cases/limits", data={**values, "source_note": "本中心规定"}, follow_redirects=True)
    assert "已保存为第 1 版" in answer.get_data(as_text=True)  # the first of this county; that of the system stays
    assert timed.timers()["handle"].due_at == china(2026, 11, 30, 18, 0)  # what runs keeps its limit
    timed.handle()
    assert timed.timers()["handle"].due_at == china(2026, 11, 26, 18, 0)


def test_a_limit_counts_in_its_own_area_and_the_nearest_wins(timed: Timed, signed_in: Any) -> None:
    timed.now = china(2026, 11, 23, 9, 0)
    clients = {area: signed_in((Role.ADMINISTRATOR, area)) for area in (COUNTY, TOWN_A, TOWN_B)}

    def put(client: Any, area: int, amount: int, **more: str) -> Any:
        values = {
            "area": "" if area < 0 else f"{area:015d}" if area else "0",
            "stage": "handle",
            "kind": "work_days",
            "amount": str(amount),
        }
        return client.post(
            "/cases/limits", data={**values, "source_note": "本级规定", **more}, follow_redirects=True
        )  # fmt: skip

    def handled() -> datetime:
        timed.handle()
        return timed.timers()["handle"].due_at

    assert put(clients[TOWN_B], TOWN_B, 1).status_code == 200
    assert handled() == china(2026, 11, 30, 18, 0)  # town A: as the system has it
    assert put(clients[COUNTY], COUNTY, 2).status_code == 200
    assert handled() == china(2026, 11, 25, 18, 0)
    assert put(clients[TOWN_A], TOWN_A, 3).status_code == 200
    assert handled() == china(2026, 11, 26, 18, 0)
    assert put(clients[COUNTY], COUNTY, 4, category="0101").status_code == 200
    assert handled() == china(2026, 11, 26, 18, 0)  # the nearest area comes before the more specific row
    for client, area in (
        (clients[TOWN_A], 0),
        (clients[TOWN_A], COUNTY),
        (clients[TOWN_A], TOWN_B),
        (clients[COUNTY], 0),
    ):
        refused = put(client, area, 9)
        assert refused.status_code == 400
        assert "不在您负责的范围内" in refused.get_data(as_text=True)
    assert "请选择区划" in put(clients[TOWN_A], -1, 9).get_data(as_text=True)
    assert "没有找到该区划" in put(clients[TOWN_A], 990102001009000, 9).get_data(as_text=True)
    page = clients[TOWN_A].get("/cases/limits").get_data(as_text=True)
    assert "甲街道" in page
    assert "全系统" in page
    assert "乙镇" not in page
