"""Every command answers --help with an example; every expected failure is one line on stderr."""

from __future__ import annotations

import os
import re
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from gridmap.cli import TABLE, cli, usage_line
from gridmap.cli.errors import database_line, line_for, os_line, without_password
from gridmap.errors import BadInput, RowError

CREATE = ("accounts", "create", "--username", "li.demo", "--name", "李示例", "--role", "leader", "--unit", "0")


def gridmap(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "gridmap.cli", *arguments],
        capture_output=True,
        stdin=subprocess.DEVNULL,
        text=True,
        env={**{k: v for k, v in os.environ.items() if not k.startswith("GRIDMAP_")}, **environment},
        timeout=60,
        check=False,
    )


def walk(command: click.Command, path: tuple[str, ...], parent: click.Context | None) -> Iterator[tuple[str, ...]]:
    context = click.Context(command, info_name=path[-1] if path else "gridmap", parent=parent)
    yield path
    if isinstance(command, click.Group):
        for name in command.list_commands(context):
            child = command.get_command(context, name)
            assert child is not None, name
            yield from walk(child, (*path, name), context)


def test_every_command_has_help_with_an_example() -> None:
    paths = list(walk(cli, (), None))
    assert ("db", "psql") in paths
    for path in paths:
        command: click.Command = cli
        context = click.Context(cli, info_name="gridmap")
        for name in path:
            child = command.get_command(context, name)  # type: ignore[attr-defined]
            assert child is not None
            command, context = child, click.Context(child, info_name=name, parent=context)
        text = command.get_help(context)
        assert not re.search(r"\[OPTIONS\]|ARGS|\b(TEXT|INTEGER|FILE|PATH|Usage|Options|Commands)\b", text), text
        assert "示例：" in text, f"gridmap {' '.join(path)} --help 没有示例"
        assert f"gridmap {' '.join(path)}".strip() in text, path


def test_help_is_quick_and_loads_no_feature() -> None:
    code = (
        "import sys; from gridmap.cli import cli\n"
        "try: cli.main(['--help'], standalone_mode=False)\n"
        "except SystemExit: pass\n"
        "print([m for m in ('sqlalchemy', 'shapely', 'numpy', 'rich') if m in sys.modules], file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert all(name in done.stdout for name, entry in TABLE.items() if not entry.hidden)
    assert "worker" not in done.stdout


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (("frobnicate",), 2, "没有这个命令：frobnicate"),
        (("db", "start", "--frobnicate"), 2, "没有这个选项：--frobnicate"),
        (("run", "--port", "99999"), 2, "--port"),
        (("demo", "load", "--seed", "x"), 2, "--seed 的值有误：应为 0～2147483647 的整数"),
        (("demo", "load", "--size", "huge"), 2, "“huge”不在可选范围内，可选 town、county、city"),
        (("demo", "load", "--as-of", "yesterday"), 2, "“yesterday”不是日期，应为 YYYY-MM-DD"),
        (("units", "import-outlines", "x", "--datum", "wgs84", "--epsg", "x"), 2, "“x”不是整数"),
        (("demo", "load", "--as-of", "2999-01-01"), 1, "数据截止日不能晚于今天"),
        (("units", "import-divisions", "没有这个文件.csv"), 1, "文件不存在"),
        (("units", "import-outlines", "没有这个文件.geojson", "--datum", "gcj02"), 1, "文件不存在"),
        (("db", "status"), 1, "gridmap db start"),
        ((*CREATE, "--password", "Gezi-fangkong-7"), 2, "没有这个选项：--password"),
        (CREATE, 1, "--password-stdin"),
        ((*CREATE, "--password-stdin"), 1, "标准输入里没有密码"),
        (("db", "migrate"), 1, "gridmap db start"),
    ],
)
def test_failure_is_one_line_on_stderr(arguments: tuple[str, ...], code: int, words: str, tmp_path: Path) -> None:
    done = gridmap(*arguments, GRIDMAP_INSTANCE_DIR=str(tmp_path))
    assert done.returncode == code, done.stderr
    assert len(done.stderr.strip().splitlines()) == 1, done.stderr
    assert words in done.stderr


def test_wrong_setting_names_its_variable(tmp_path: Path) -> None:
    done = gridmap("db", "start", GRIDMAP_INSTANCE_DIR=str(tmp_path), GRIDMAP_WORKERS="many")
    assert done.returncode == 1
    assert "GRIDMAP_WORKERS" in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1


def test_unreachable_server_is_one_line_without_its_password(tmp_path: Path) -> None:
    url = "postgresql://owner:sesame-open@127.0.0.1:1/gridmap"
    done = gridmap("db", "migrate", GRIDMAP_INSTANCE_DIR=str(tmp_path), GRIDMAP_DATABASE_URL=url)
    assert done.returncode == 1
    assert "连不上数据库" in done.stderr
    assert "sesame" not in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1


@pytest.mark.parametrize("url", ["nonsense", "postgresql://owner:sesame-open@127.0.0.1:port/gridmap"])
def test_an_address_that_is_none_is_one_line_without_its_password(tmp_path: Path, url: str) -> None:
    done = gridmap("db", "migrate", GRIDMAP_INSTANCE_DIR=str(tmp_path), GRIDMAP_DATABASE_URL=url)
    assert done.returncode == 1
    assert "GRIDMAP_DATABASE_URL 应写作 postgresql://" in done.stderr
    assert "sesame" not in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1


def test_advice_of_a_form_names_the_option() -> None:
    assert line_for(BadInput("请指定坐标系编号（EPSG）。", field="epsg")) == "请指定坐标系编号（EPSG）。（选项 --epsg）"
    assert line_for(BadInput("文件是空的。", field="file")) == "文件是空的。"


def test_port_taken_is_said_before_the_slow_steps(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        done = gridmap("run", "--port", str(port), GRIDMAP_INSTANCE_DIR=str(tmp_path / "instance"))
    assert done.returncode == 1
    assert f"端口 {port}" in done.stderr
    assert "--port" in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1
    assert not (tmp_path / "instance").exists()


def test_lines_for_errors() -> None:
    assert "清理磁盘" in os_line(OSError(28, "No space left on device", "x"))
    rows = [RowError(row, "代码", "应为 15 位数字") for row in range(2, 7)]
    line = line_for(BadInput("文件有误", rows=rows))
    assert line == (
        "文件有误：第 2 行 代码：应为 15 位数字；第 3 行 代码：应为 15 位数字；第 4 行 代码：应为 15 位数字；另有 2 处"
    )
    assert line_for(BadInput("都没有导入。", rows=rows[:1])) == "都没有导入：第 2 行 代码：应为 15 位数字"
    assert line_for(ZeroDivisionError()) is None
    assert line_for(RuntimeError("数据库未启动")) == "数据库未启动"
    assert "sesame" not in without_password("could not connect to postgresql://a:sesame@h/db")
    assert "密码不对" in database_line(Exception('FATAL:  password authentication failed for user "a"'))


def test_usage_line_points_to_the_right_help() -> None:
    context = click.Context(cli, info_name="gridmap")
    error = click.NoSuchOption("--x", ctx=context)
    assert usage_line(error) == "没有这个选项：--x（用法见 gridmap --help）"
