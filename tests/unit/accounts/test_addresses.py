"""Addresses for notices: what a mailbox looks like, what is shown of a robot, how the last delivery is told."""

from __future__ import annotations

import pytest

from gridmap.accounts.rules import delivery_words, mail_fault, shown_address


@pytest.mark.parametrize("address", ["zhang@example.cn", "zhang.san+wg@mail.example.com.cn", "a_b%c@x-y.example.org"])
def test_mailboxes(address: str) -> None:
    assert mail_fault(address) == ""


@pytest.mark.parametrize(
    "address",
    [
        "", "zhang", "zhang@", "@example.cn", "zhang@example", "zhang san@example.cn", "zhang@exa mple.cn", "zhang@example.cn\n",
        "zhang@example.cn\nBcc: li@example.cn", "zhang@-example.cn", "a@b@example.cn", "张三@example.cn", "<z@example.cn>",
        f"{'a' * 64}@{'b' * 63}.{'c' * 63}.{'d' * 63}.cn", f"{'a' * 65}@example.cn",
    ],
)  # fmt: skip
def test_no_mailboxes(address: str) -> None:
    assert "邮箱地址无法识别" in mail_fault(address)


def test_a_robots_key_is_not_shown() -> None:
    robot = "https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=693a91f6-7xxx-4bc4-97a0-0ec2sifa5aaa"
    assert shown_address("wecom", robot) == "qyapi.weixin.qq.com/…5aaa"
    assert shown_address("email", "zhang@example.cn") == "zhang@example.cn"


def test_deliveries_in_words() -> None:
    assert delivery_words(None, 0, "") == "还没有发送过"
    assert delivery_words("waiting", 0, "") == "等待发送"
    assert delivery_words("waiting", 2, "连不上") == "没有送达，稍后再试：连不上"
    assert delivery_words("sending", 1, "") == "正在发送"
    assert delivery_words("sent", 1, "") == "已送达"
    assert delivery_words("failed", 60, "连不上") == "没有送达：连不上"
    assert delivery_words("unsure", 1, "发送时中断") == "发送时中断"
