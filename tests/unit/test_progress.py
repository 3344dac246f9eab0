"""Work that takes its time shows that it goes on; work that ends at once shows nothing."""

from __future__ import annotations

import importlib
import inspect
import io
import threading

import pytest

from gridmap.cli import progress


class Out(io.StringIO):
    """A stream that says when the first line came."""

    def __init__(self) -> None:
        super().__init__()
        self.came = threading.Event()

    def flush(self) -> None:
        if self.getvalue():
            self.came.set()


def test_work_that_cannot_say_how_far_it_is_shows_that_it_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("QUIET_S", "LINE_EVERY_S", "TICK_S"):
        monkeypatch.setattr(progress, name, 0.01)
    out = Out()
    with progress.working("正在升级数据库结构", out=out):
        assert out.came.wait(30)
    assert out.getvalue().startswith("正在升级数据库结构（")


def test_quick_work_shows_nothing() -> None:
    out = Out()
    with progress.working("正在启动数据库", out=out):
        pass
    assert out.getvalue() == ""


@pytest.mark.parametrize(("module", "command"), [("db", "start"), ("db", "migrate"), ("worktime", "import_holidays")])
def test_slow_commands_show_progress(module: str, command: str) -> None:
    found = getattr(importlib.import_module(f"gridmap.cli.{module}"), command)
    assert "with working(" in inspect.getsource(found.callback) or ", working(" in inspect.getsource(found.callback)
