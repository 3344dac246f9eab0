"""click's own words in Chinese: it asks gettext for each, and we answer from a table."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from gettext import gettext
from typing import Any

import click
import click.core
import click.decorators
import click.exceptions
import click.formatting
import click.termui

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
    "Repeat for confirmation": "再输一次",
    "Error: The two entered values do not match.": "两次输入不一致，请重新输入。",
}
# What stands for the parts of a command and the kinds of values; click does not ask gettext for these.
PARTS = {
    "[OPTIONS]": "[选项]",
    "COMMAND [ARGS]...": "命令 …",
    "[ARGUMENTS]...": "[参数]…",
    "FILE…": "文件…",
    "FILE": "文件",
}
KINDS = {
    "TEXT": "文字",
    "INTEGER": "整数",
    "INTEGER RANGE": "整数",
    "FLOAT": "数",
    "FILE": "文件",
    "PATH": "路径",
    "NAME": "名称",
}


def translated(text: str) -> str:
    """Return click's text in Chinese where the table has it."""
    return WORDS.get(text) or gettext(text)


def speak_chinese() -> None:
    """Make click's help speak Chinese."""
    for module in (click.core, click.decorators, click.exceptions, click.formatting, click.termui):
        if hasattr(module, "_"):
            setattr(module, "_", translated)  # noqa: B010 - the name is click's own
    _translate_results(click.Command, "collect_usage_pieces", lambda pieces: [PARTS.get(p, p) for p in pieces])
    _translate_results(click.Group, "collect_usage_pieces", lambda pieces: [PARTS.get(p, p) for p in pieces])
    _translate_results(click.Option, "make_metavar", lambda word: KINDS.get(word, word))


def _translate_results(kind: type, name: str, translate: Callable[[Any], Any]) -> None:
    """Let a method of click's return its answer in our words."""
    original = getattr(kind, name)

    @wraps(original)
    def ours(*args: Any, **kwargs: Any) -> Any:
        return translate(original(*args, **kwargs))

    setattr(kind, name, ours)
