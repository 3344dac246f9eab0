"""The pages of the work calendar as people use them."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from flask.testing import FlaskClient

from gridmap.access import Role
from gridmap.clock import today
from tests.factories import GRID_A11, TOWN_A, Factories

AHEAD = date(today().year + 1, 3, 3)


@pytest.fixture(autouse=True)
def world(make: Factories) -> None:
    """The small world."""
    make.world()


@pytest.fixture
def admin(signed_in: Callable[..., FlaskClient]) -> FlaskClient:
    """An administrator of town A."""
    return signed_in((Role.ADMINISTRATOR, TOWN_A))


def page(client: FlaskClient, address: str = "/worktime?year=2026") -> str:
    answer = client.get(address)
    assert answer.status_code == 200
    return str(answer.get_data(as_text=True))


def sent(client: FlaskClient, address: str, **data: Any) -> Any:
    """Send a form as the page would: with the version that it shows."""
    seen = re.search(r'name="seen" value="(\d+)"', page(client))
    assert seen is not None
    return client.post(address, data={"area": f"{TOWN_A:015d}", "seen": seen.group(1), **data})


def test_everybody_reads_and_only_administrators_edit(signed_in: Callable[..., FlaskClient]) -> None:
    text = page(signed_in((Role.GRID_WORKER, GRID_A11)))
    assert "国庆节" in text
    assert "调休上班" in text
    assert "保存" not in text
    assert "民法典第二百零一条" in text


def test_a_year_not_published_is_said(admin: FlaskClient) -> None:
    assert "尚未公布" not in page(admin)
    assert "2040 年的放假安排尚未公布，按周末计算。" in page(admin, "/worktime?year=2040")


def test_edit_a_day(admin: FlaskClient) -> None:
    assert "保存这一天" in page(admin, f"/worktime?day={AHEAD}")
    answer = sent(admin, "/worktime/days", on=str(AHEAD), what="off", name="停电停工", reason="线路检修")
    assert answer.status_code == 302
    text = page(admin, f"/worktime?year={AHEAD.year}")
    assert "停电停工" in text
    assert "第 1 版" in text
    assert "线路检修" in text
    answer = sent(admin, "/worktime/days", on=str(AHEAD), what="usual", reason="检修取消")
    assert answer.status_code == 302
    assert page(admin, f"/worktime?year={AHEAD.year}").count("第 2 版") >= 1


@pytest.mark.parametrize(
    ("data", "words"),
    [
        ({"what": "off", "name": "停工", "reason": ""}, "请填写修改原因。"),
        ({"what": "off", "name": "", "reason": "x"}, "请填写名称"),
        ({"what": "work", "windows": "八点半", "reason": "x"}, "不是上班时段"),
        ({"what": "work", "windows": "08:30-12:00 11:00-13:00", "reason": "x"}, "不能重叠"),
        ({"what": "usual", "reason": "x"}, "与现在的安排相同"),
        ({"what": "off", "name": "长" * 31, "reason": "x"}, "最多 30 个字"),
        ({"what": "off", "name": "停\x00工", "reason": "x"}, "无法识别的字符"),
    ],
)
def test_bad_days_are_told_beside_the_field(admin: FlaskClient, data: dict[str, str], words: str) -> None:
    answer = sent(admin, "/worktime/days", on=str(AHEAD), **data)
    assert answer.status_code == 400
    assert words in answer.get_data(as_text=True)


def test_the_second_of_two_is_told(admin: FlaskClient) -> None:
    seen = re.search(r'name="seen" value="(\d+)"', page(admin)).group(1)  # type: ignore[union-attr]
    data = {"area": f"{TOWN_A:015d}", "seen": seen, "on": str(AHEAD), "what": "off", "name": "停工", "reason": "检修"}
    assert admin.post("/worktime/days", data=data).status_code == 302
    answer = admin.post("/worktime/days", data={**data, "name": "放假"})
    assert answer.status_code == 409
    assert "刚刚被他人修改过" in answer.get_data(as_text=True)


def test_edit_windows_and_counting(admin: FlaskClient) -> None:
    week = {f"weekday_{n}": "9:00-12:00，14：00~18:00" for n in range(1, 6)}
    assert sent(admin, "/worktime/windows", **week, reason="夏季作息").status_code == 302
    assert "星期一至星期五 09:00–12:00、14:00–18:00" in page(admin)
    bad = sent(admin, "/worktime/windows", **{**week, "weekday_2": "12:00-09:00"}, reason="夏季作息")
    assert "时段的结束应晚于开始" in bad.get_data(as_text=True)
    answer = sent(
        admin, "/worktime/counting", kind="work_days", counts_start_day="y", ends_at="midnight", reason="本地办法"
    )
    assert answer.status_code == 302
    assert "当日计入；最后一日 24:00 到期" in page(admin)


def test_import_and_confirm(admin: FlaskClient) -> None:
    answer = admin.post("/worktime/import", data={"area": f"{TOWN_A:015d}"}, follow_redirects=True)
    assert "没有变化" in answer.get_data(as_text=True)
    refused = sent(admin, "/worktime/years", year="2040", reason="国办通知")
    assert "还没有录入任何放假的日子" in refused.get_data(as_text=True)


def test_an_old_version_is_only_for_reading(admin: FlaskClient) -> None:
    first = re.search(r'name="seen" value="(\d+)"', page(admin)).group(1)  # type: ignore[union-attr]
    sent(admin, "/worktime/days", on=str(AHEAD), what="off", name="停工", reason="检修")
    text = page(admin, f"/worktime?year=2026&version={first}")
    assert "这是旧版本" in text
    assert "修改上班时段" not in text


@pytest.mark.parametrize(
    ("address", "code", "words"),
    [
        ("/worktime?year=abcd", 400, "年份应在"),
        ("/worktime?day=2026-02-30", 400, "日期应写成"),
        ("/worktime?area=12345", 404, "没有找到"),
        ("/worktime?area=999999000000000", 404, "没有找到"),
        ("/worktime?version=999999", 404, "没有找到"),
        ("/worktime/trial?start=x&kind=work_hours&amount=1", 400, "请填写开始时间"),
        ("/worktime/trial?start=2026-09-30T17:30&kind=x&amount=1", 400, "请选择时间种类"),
        ("/worktime/trial?start=2026-09-30T17:30&kind=work_days&amount=1.5", 400, "应为整数"),
        ("/worktime/trial?start=2026-09-30T17:30&kind=work_days&amount=x", 400, "时限应为数字"),
    ],
)
def test_odd_addresses(admin: FlaskClient, address: str, code: int, words: str) -> None:
    answer = admin.get(address)
    assert answer.status_code == code
    assert words in answer.get_data(as_text=True)


def test_trial_explains(signed_in: Callable[..., FlaskClient]) -> None:
    client = signed_in((Role.CENTRE_STAFF, TOWN_A))
    text = page(client, "/worktime/trial?start=2026-09-30T17:30&kind=work_hours&amount=4")
    assert "2026 年 10 月 8 日（星期四）12:00" in text
    assert "国庆节" in text
    assert "下班时间" in text
    assert "2030 年的放假安排尚未公布" in page(client, "/worktime/trial?start=2030-09-30T17:30&kind=work_days&amount=4")
    assert "24:00" in page(client, "/worktime/trial?start=2025-12-30T17:30&kind=natural_days&amount=1")
