"""A person registers a mailbox for their notices and tries it: the mail really arrives, and the page says so."""

from __future__ import annotations

import re
from collections.abc import Callable
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, expect
from sqlalchemy import create_engine
from sqlalchemy.orm import Session

from gridmap.access import Role
from tests.browser.conftest import serve
from tests.factories import TOWN_A, Factories
from tests.integration.accounts.test_deliveries import MailServer, free_port, serving, until, workers


def test_a_test_notice_arrives(clone: Callable[[], Any], tmp_path: Path, browser: Browser) -> None:
    url, port = clone(), free_port()
    engine = create_engine(url)

    @contextmanager
    def owner() -> Any:
        with Session(engine, expire_on_commit=False) as session, session.begin():
            yield session

    make = Factories(owner)
    make.world()
    username, password = make.account((Role.DEPARTMENT_HANDLER, TOWN_A), name="丁伟")
    with serving(MailServer(port)) as mail, workers(url, tmp_path, port, count=1):
        for server in serve(url, tmp_path):
            page = browser.new_page(locale="zh-CN", viewport={"width": 1440, "height": 900})
            page.goto(f"{server.url}/login")
            page.get_by_label("用户名").fill(username)
            page.get_by_label("密码").fill(password)
            page.get_by_role("button", name="登录").click()
            page.wait_for_url(lambda address: "/login" not in address)
            page.get_by_label("我的账号").click()
            page.get_by_role("link", name="通知方式").click()
            expect(page.get_by_role("heading", level=1)).to_have_text("通知方式")
            page.get_by_role("textbox", name="地址").fill("ding@example.org")
            page.get_by_role("button", name="登记").click()
            expect(page.get_by_role("row", name=re.compile("ding@example.org"))).to_contain_text("还没有发送过")
            page.get_by_role("button", name="发送测试").click()
            expect(page.get_by_role("status")).to_contain_text("测试通知已交给后台任务")
            until(engine, "select count(*) from notice_deliveries where state = 'sent'", 1)
            page.reload()
            expect(page.get_by_role("row", name=re.compile("ding@example.org"))).to_contain_text("已送达")
            page.get_by_role("button", name="停用").click()
            expect(page.get_by_text("还没有登记地址")).to_be_visible()
            page.close()
    engine.dispose()
    assert len(mail.mails) == 1
    assert "To: ding@example.org" in mail.mails[0]
