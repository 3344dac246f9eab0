"""Work that takes its time shows that it goes on; work that ends at once shows nothing."""

from __future__ import annotations

import importlib
import inspect
import io
import re
import threading

import pytest

from gridmap.cli import progress


class Out(io.StringIO):
    """A stream that says when the first line came."""

    def __init__(self, terminal: bool = False) -> None:
        super().__init__()
        self.came, self.terminal = threading.Event(), terminal

    def isatty(self) -> bool:
        return self.terminal

    def flush(self) -> None:
        if self.getvalue():
            self.came.set()


def test_work_that_cannot_say_how_far_it_is_shows_that_it_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("QUIET_S", "LINE_EVERY_S", "TICK_S"):
        monkeypatch.setattr(progress, name, 0.01)
    out = Out()
    with progress.progress("正在升级数据库结构", out=out):
        assert out.came.wait(30)
    assert out.getvalue().startswith("正在升级数据库结构（")


@pytest.mark.parametrize("terminal", [False, True])
def test_one_step_that_takes_its_time_shows_that_it_goes_on(monkeypatch: pytest.MonkeyPatch, terminal: bool) -> None:
    monkeypatch.setenv("TERM", "xterm")
    for name in ("QUIET_S", "LINE_EVERY_S", "TICK_S"):
        monkeypatch.setattr(progress, name, 0.01)
    out = Out(terminal)
    with progress.progress("导入边界", 3, out=out) as steps:
        steps(1, text="写入并检查")
        out.came.clear()
        assert out.came.wait(30)
    assert "导入边界：写入并检查" in out.getvalue()
    assert "1/3" in out.getvalue()


def test_without_a_terminal_the_first_line_comes_when_the_work_is_no_longer_short(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name, value in (("QUIET_S", 0.01), ("LINE_EVERY_S", 3600.0), ("TICK_S", 0.01)):
        monkeypatch.setattr(progress, name, value)
    out = Out()
    with progress.progress("检查边界", 2, out=out) as steps:
        assert out.came.wait(30)
        steps.step("查找问题")
    assert out.getvalue().count("\n") == 1


def test_quick_work_shows_nothing() -> None:
    out = Out()
    with progress.progress("正在启动数据库", out=out):
        pass
    assert out.getvalue() == ""


SLOW = [
    ("db", "start"),
    ("db", "stop"),
    ("db", "migrate"),
    ("demo", "load"),
    ("units", "import_divisions"),
    ("units", "import_outlines"),
    ("units", "check"),
    ("worktime", "import_holidays"),
]


@pytest.mark.parametrize(("module", "command"), SLOW)
def test_slow_commands_show_progress(module: str, command: str) -> None:
    found = getattr(importlib.import_module(f"gridmap.cli.{module}"), command)
    assert re.search(r"(with|,) progress\(", inspect.getsource(found.callback))
