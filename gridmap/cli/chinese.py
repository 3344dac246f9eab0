"""click's own words in Chinese: it asks gettext for each, and we answer from a table."""

from __future__ import annotations

from gettext import gettext

import click.core
import click.decorators
import click.exceptions
import click.formatting

WORDS = {
    "Usage:": "用法：",
    "Options": "选项",
    "Commands": "命令",
    "Arguments": "参数",
    "Show this message and exit.": "显示本说明并退出。",
    "required": "必填",
    "default: {default}": "默认：{default}",
    "default": "默认",
    "Aborted!": "已取消。",
}


def translated(text: str) -> str:
    """Return click's text in Chinese where the table has it."""
    return WORDS.get(text) or gettext(text)


def speak_chinese() -> None:
    """Make click's help speak Chinese."""
    for module in (click.core, click.decorators, click.exceptions, click.formatting):
        if hasattr(module, "_"):
            setattr(module, "_", translated)  # noqa: B010 - the name is click's own
