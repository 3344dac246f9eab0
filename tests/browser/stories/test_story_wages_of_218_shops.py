"""Wages of a market with 218 shops: a leader takes charge, a task force works, 40 meetings, 180 agreements, closed.

Told by the people of its roles, each in a window of their own. What a person would do forty times in the same way is done once
in the window and the other times through the same address that the window uses; the 180 agreements come in a table, as the
mediator would bring them.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect
from sqlalchemy import create_engine, text
from sqlalchemy.orm import Session

from gridmap.access import Role
from gridmap.cases.rules.agreements import COLUMNS
from gridmap.clock import local, now, today
from tests.browser.conftest import serve
from tests.factories import GRID_A11, TOWN_A, Factories

MEETINGS, AGREEMENTS = 40, 180
TITLE = "东风市场 218 户商铺工资纠纷"


class Person:
    """Somebody at their window."""

    def __init__(self, page: Page, address: str) -> None:
        self.page, self.address, self.case = page, address, ""

    def goes_to(self, path: str) -> None:
        """Open a page of the product."""
        self.page.goto(f"{self.address}{path}")

    def opens_the_case(self) -> None:
        """Open the page of the case."""
        self.goes_to(f"/cases/{self.case}")

    def begins(self, action: str) -> None:
        """Open the case and choose what to do."""
        self.opens_the_case()
        self.page.get_by_role("link", name=action, exact=True).click()
        expect(self.page.get_by_role("heading", level=1)).to_have_text(action)

    def writes(self, **words: str) -> None:
        """Write into fields, by their names."""
        for name, value in words.items():
            self.page.locator(f"[name={name}]").fill(value)

    def chooses(self, **words: str) -> None:
        """Choose from lists, by their names: the first entry that begins with these words."""
        for name, value in words.items():
            field = self.page.locator(f"select[name={name}]")
            option = field.locator("option").filter(has_text=re.compile(re.escape(value))).first
            field.select_option(str(option.get_attribute("value")))

    def ticks(self, *labels: str) -> None:
        """Tick boxes or choose among a few, by their words."""
        for label in labels:
            self.page.get_by_label(label, exact=False).first.check()

    def ends(self, action: str) -> None:
        """Press the button of the step, which leads back to the case."""
        self.page.get_by_role("button", name=action, exact=True).click()
        expect(self.page.locator(".flash")).to_contain_text(f"已完成“{action}”")

    def does(self, action: str, *ticked: str, chosen: dict[str, str] | None = None, **written: str) -> None:
        """Take a step from the first click to the last."""
        self.begins(action)
        self.chooses(**(chosen or {}))
        self.ticks(*ticked)
        self.writes(**written)
        self.ends(action)

    def again(self, action: str, **values: str) -> None:
        """Take a step as the window would, without drawing it: for what is done many times alike."""
        token = self.page.locator("meta[name=csrf-token]").get_attribute("content") or ""
        answer = self.page.request.post(
            f"{self.address}/cases/{self.case}/steps/{action}",
            form={**values, "csrf_token": token}, headers={"Accept": "application/json", "Referer": self.address},
        )  # fmt: skip
        assert answer.ok, answer.text()


Cast = dict[str, Person]


@pytest.fixture
def cast(clone: Callable[[], Any], tmp_path: Path, browser: Browser) -> Iterator[tuple[Cast, Callable[[], Any]]]:
    """The people of the story, each signed in, and a look into the tables."""
    url = clone()
    engine = create_engine(url)

    @contextmanager
    def owner() -> Iterator[Session]:
        with Session(engine, expire_on_commit=False) as session, session.begin():
            yield session

    make = Factories(owner)
    make.world()
    labour, market, police = (make.department(name, TOWN_A) for name in ("劳动监察中队", "市场监管所", "派出所"))
    posts: dict[str, Any] = {
        "何静": (Role.CENTRE_STAFF, TOWN_A),
        "罗青": (Role.CENTRE_STAFF, TOWN_A),
        "韩梅": (Role.LEADER, TOWN_A),
        "宋平": (Role.MEDIATOR, TOWN_A),
        "丁伟": (Role.DEPARTMENT_HANDLER, TOWN_A, labour),
        "孙悦": (Role.DEPARTMENT_HANDLER, TOWN_A, market),
        "高远": (Role.DEPARTMENT_HANDLER, TOWN_A, police),
        "马强": (Role.GRID_WORKER, GRID_A11),
    }
    names = {name: make.account(post, name=name) for name, post in posts.items()}
    for server in serve(url, tmp_path):
        people: Cast = {}
        for name, (username, password) in names.items():
            context = browser.new_context(
                locale="zh-CN", timezone_id="Asia/Shanghai", viewport={"width": 1440, "height": 900}
            )
            page = context.new_page()
            page.set_default_timeout(30_000)
            page.on("pageerror", lambda error: pytest.fail(f"script error: {error}"))
            page.goto(f"{server.url}/login")
            page.get_by_label("用户名").fill(username)
            page.get_by_label("密码").fill(password)
            page.get_by_role("button", name="登录").click()
            page.wait_for_url(lambda address: "/login" not in address)
            people[name] = Person(page, server.url)
        yield people, owner
        for person in people.values():
            person.page.context.close()
    engine.dispose()


def moment(hours: float) -> str:
    """Return a time so many hours from now, as the field of the browser takes it."""
    return f"{local(now() + timedelta(hours=hours)):%Y-%m-%dT%H:%M}"


def table(rows: list[tuple[str, ...]]) -> dict[str, Any]:
    """Return a table as a file to be brought."""
    out = io.StringIO()
    csv.writer(out).writerows([COLUMNS, *rows])
    return {"name": "协议清单.csv", "mimeType": "text/csv", "buffer": out.getvalue().encode("utf-8-sig")}


def test_the_wages_of_218_shops(cast: tuple[Cast, Callable[[], Any]]) -> None:
    people, owner = cast
    desk, leader, mediator = people["何静"], people["韩梅"], people["宋平"]
    labour, market, police = people["丁伟"], people["孙悦"], people["高远"]

    it_is_registered_with_its_scale(desk)
    for person in people.values():
        person.case = desk.case

    a_leader_is_asked_and_takes_charge(desk, leader)
    a_joint_meeting_makes_a_task_force(desk, leader)
    the_departments_begin(desk, labour, market, police)
    forty_meetings_are_held(mediator)
    one_hundred_and_eighty_agreements_are_signed(mediator)
    the_task_force_reports(leader, labour, market, police)
    it_is_checked_and_closed(desk, leader, people["罗青"], people["马强"])

    page = people["罗青"].page
    people["罗青"].opens_the_case()
    expect(page.locator(".case-tags")).to_contain_text("已办结")
    expect(page.locator(".mediation")).to_contain_text(f"调解会 {MEETINGS} 次")
    expect(page.locator(".mediation")).to_contain_text(f"共 {AGREEMENTS} 份")
    with owner() as session:
        counted = session.execute(
            text("select (select count(*) from mediation_sessions where result is not null),"
                 " (select count(*) from mediation_agreements), (select count(*) from mediation_duties),"
                 " (select count(*) from case_charge_records), (select status from cases where case_code = :code)"),
            {"code": desk.case},
        ).one()  # fmt: skip
    assert tuple(counted) == (MEETINGS, AGREEMENTS, AGREEMENTS, 4, "closed")


def it_is_registered_with_its_scale(desk: Person) -> None:
    """何静 registers at the counter what the shopkeepers' spokesman says: 218 shops, 2.74 million yuan."""
    desk.goes_to("/desk")
    expect(desk.page.get_by_label("姓名")).to_be_focused()
    desk.writes(
        party_name="测试商户代表",
        title=TITLE,
        address_text="东风路 1 号东风市场",
        people_count="218",
        money_yuan="274万",
    )
    desk.writes(category="0101 邻里纠纷", lon="125.305", lat="43.81")
    desk.chooses(scale="重大群体性")
    desk.page.locator("#desk-submit").click()
    expect(desk.page.get_by_role("heading", level=1)).to_have_text("受理单")
    desk.case = desk.page.locator(".receipt-code").inner_text().strip()
    desk.does("分析研判", chosen={"category": "邻里纠纷", "grade": "揪心事", "scale": "重大群体性", "risk": "高"})
    expect(desk.page.locator("body")).to_contain_text("218")


def a_leader_is_asked_and_takes_charge(desk: Person, leader: Person) -> None:
    """The centre asks 韩梅, who finds it among what waits for her, takes charge, and reads the papers the same day."""
    desk.does("提请领导包案", chosen={"leader": "韩梅"}, reason="涉及 218 户商铺，需要领导牵头")
    leader.goes_to("/work")
    waiting = leader.page.locator(".work-table tbody tr")
    expect(waiting).to_have_count(1)
    expect(waiting).to_contain_text(TITLE)
    leader.does("领导包案")
    expect(leader.page.locator("section", has=leader.page.get_by_role("heading", name="领导包案"))).to_contain_text(
        "约见当事人"
    )
    leader.does("包案履职", chosen={"charge_duty": "阅批"}, reason="阅看材料，批示成立专班")


def a_joint_meeting_makes_a_task_force(desk: Person, leader: Person) -> None:
    """何静 calls three departments to a meeting; it decides who does what by when."""
    desk.goes_to("/meetings")
    desk.page.get_by_role("link", name="安排会议").click()
    desk.writes(title="东风市场工资纠纷专题会", starts_at=moment(-1), place="三楼会议室", chair="韩梅")
    desk.ticks("劳动监察中队", "市场监管所", "派出所")
    desk.page.get_by_role("button", name="保存").click()
    expect(desk.page.get_by_role("heading", level=1)).to_have_text("东风市场工资纠纷专题会")
    meeting = desk.page.url
    desk.writes(case_code=desk.case, subject="成立专班，分户核对工资")
    desk.page.get_by_role("button", name="列入议程").click()
    expect(desk.page.locator(".agenda")).to_contain_text(TITLE)
    desk.writes(minutes="会议议定：成立工资专班，分户核对，分批签订协议。")
    desk.page.get_by_role("button", name="保存会议记录").click()
    expect(desk.page.locator(".flash")).to_contain_text("会议记录已保存")

    desk.page.get_by_role("link", name="交办一项").click()
    desk.chooses(department="市场监管所")
    desk.writes(task="提供 218 户商铺名册", deadline=moment(72))
    desk.ends("联席会议交办")
    for owner, task in (({"department": "派出所"}, "维护现场秩序"), ({"person": "韩梅"}, "约谈市场经营公司")):
        desk.does("联席会议交办", chosen={"meeting": "专题会", **owner}, task=task, deadline=moment(72))
    desk.page.goto(meeting)
    expect(desk.page.locator(".decisions > li")).to_have_count(3)
    leader.goes_to("/work")
    expect(leader.page.get_by_role("link", name="交给我的任务")).to_contain_text("1")


def the_departments_begin(desk: Person, labour: Person, market: Person, police: Person) -> None:
    """劳动监察中队 leads; the others take up what the meeting asked of them."""
    desk.does("分流派单", chosen={"department": "劳动监察中队"}, task="牵头工资专班")
    for person in (market, police):
        person.goes_to("/work")
        expect(person.page.locator(".work-table")).to_contain_text(TITLE)
        person.does("协办接单")
    labour.does("接单")
    labour.does("开始办理")


def forty_meetings_are_held(mediator: Person) -> None:
    """宋平 mediates at the county's tier, which knows no bound: one meeting in the window, 39 through its address."""
    mediator.does("启动调解", "宋平", chosen={"tier": "县级"})
    mediator.begins("安排调解会")
    mediator.chooses(minutes="1 小时")
    mediator.writes(starts_at=moment(-700), place="市场管理办公室", parties="商户代表、市场经营公司")
    mediator.ends("安排调解会")
    mediator.begins("记录调解会")
    mediator.chooses(session="第 1 次")
    mediator.ticks("未达成一致")
    mediator.writes(claims="一次付清", offers="分两期", reason="金额有出入")
    mediator.ends("记录调解会")
    for number in range(2, MEETINGS + 1):
        who = f"第 {number} 组商户、市场经营公司"
        mediator.again("plan_session", starts_at=moment(-700 + 16 * number), minutes="60", place="市场", parties=who)
        mediator.again("record_session", session=str(number), result="agreed", offers="分两期支付")


def one_hundred_and_eighty_agreements_are_signed(mediator: Person) -> None:
    """A table with a slip is refused with its row, and nothing of it is kept; the mended one is taken as a whole."""
    due = str(today() + timedelta(days=30))
    rows = [
        (f"{number} 号商铺", "所欠工资分两期支付，第一期已付清。", "是", "支付第二期工资", "市场经营公司", "12600", due)
        for number in range(1, AGREEMENTS + 1)
    ]
    slip = [*rows[:99], (*rows[99][:5], "一万二", due), *rows[100:]]
    mediator.begins("批量登记协议")
    mediator.page.locator("input[name=table]").set_input_files(table(slip))  # type: ignore[arg-type]
    mediator.ticks("全部谈妥")
    mediator.page.get_by_role("button", name="批量登记协议", exact=True).click()
    expect(mediator.page.locator("#table-error")).to_contain_text("第 101 行：“金额（元）”应为数字")
    mediator.page.locator("input[name=table]").set_input_files(table(rows))  # type: ignore[arg-type]
    mediator.ticks("全部谈妥")
    mediator.ends("批量登记协议")
    expect(mediator.page.locator(".mediation")).to_contain_text(f"共 {AGREEMENTS} 份")
    mediator.page.get_by_role("link", name=f"查看全部 {AGREEMENTS} 份协议").click()
    expect(mediator.page.locator(".mediation-sums")).to_contain_text(str(AGREEMENTS))
    mediator.page.get_by_role("link", name="下一页").click()
    expect(mediator.page.locator("main")).to_contain_text("21 号商铺")


def the_task_force_reports(leader: Person, labour: Person, market: Person, police: Person) -> None:
    """The lead cannot report before everybody whom the meeting asked has."""
    labour.opens_the_case()
    labour.page.get_by_text("其他操作为什么不能办").click()
    expect(labour.page.locator(".case-why")).to_contain_text("还没有反馈")
    market.does("协办反馈", reason="已提供 218 户名册")
    police.does("协办反馈", reason="现场秩序良好")
    leader.does("完成会议任务", chosen={"task_number": "约谈"}, reason="已约谈，经营公司同意分期支付")
    labour.does("办结反馈", reason="180 户签订协议，38 户已自行结清")


def it_is_checked_and_closed(desk: Person, leader: Person, second: Person, worker: Person) -> None:
    """The grid worker looks, 罗青 calls back; it is closed when the leader has done what she owed."""
    worker.does("核实通过", reason="走访商户，已收到第一期")
    second.does("回访验单", "电话", "非常满意")
    second.opens_the_case()
    second.page.get_by_text("其他操作为什么不能办").click()
    expect(second.page.locator(".case-why")).to_contain_text("包案领导韩梅还没有完成：约见当事人、协调、销号")
    for duty, words in (("约见当事人", "约见商户代表"), ("协调", "协调经营公司落实资金"), ("销号", "问题化解，销号")):
        leader.does("包案履职", chosen={"charge_duty": duty}, reason=words)
    desk.does("结案")
