"""``gridmap units`` as a process: what it prints, stores and returns."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from shapely.affinity import translate
from sqlalchemy import create_engine, text

from bench.lattices import County, county, write_divisions, write_geopackage

ROOT = Path(__file__).parents[3]
GRID = 990102001001006


class Command:
    """Runs ``gridmap`` on a database of its own."""

    def __init__(self, url: Any, folder: Path) -> None:
        self.url, self.folder = url, folder
        shown = url.render_as_string(hide_password=False)
        self.environment = {**os.environ, "GRIDMAP_DATABASE_URL": shown, "GRIDMAP_INSTANCE_DIR": str(folder)}

    def __call__(self, *words: str) -> tuple[int, str]:
        done = subprocess.run(
            [sys.executable, "-m", "gridmap.cli", "units", *words],
            cwd=ROOT,
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        assert "Traceback" not in done.stderr, done.stderr
        progress = re.compile(r".+（\d+ 秒）\n")  # shown or not as the machine is slow or quick
        return done.returncode, done.stdout + progress.sub("", done.stderr)

    def ask(self, statement: str) -> Any:
        engine = create_engine(self.url)
        with engine.begin() as connection:
            result = connection.execute(text(statement))
            value = result.scalar() if result.returns_rows else None
        engine.dispose()
        return value


@pytest.fixture
def command(clone: Callable[[], Any], tmp_path: Path) -> Command:
    """The command on an empty database."""
    return Command(clone(), tmp_path)


def test_real_input_again_and_again(command: Command) -> None:
    codes, outlines = (
        "data/divisions/divisions.csv",
        sorted(str(f) for f in (ROOT / "data/boundaries").glob("*.geojson")),
    )
    status, said = command("import-divisions", codes)
    assert (status, said.strip()) == (0, "新增 1626，变更 0，未变 0，拒绝 0。")
    assert command("import-divisions", codes) == (0, "新增 0，变更 0，未变 1626，拒绝 0。\n")
    status, said = command("import-outlines", *outlines, "--datum", "gcj02", "--level", "county")
    assert status == 0
    assert "已发布版本" in said
    assert command.ask("select count(*) from outlines where valid_from is not null") == 7
    status, said = command("import-outlines", *outlines, "--datum", "gcj02")
    assert status == 0
    assert "未变 7" in said
    status, said = command("check", "--json")
    assert status == 0
    assert {fault["severity"] for fault in json.loads(said)} == {"warning"}
    status, said = command("import-outlines", outlines[-1], "--datum", "wgs84", "--dry-run")
    assert status == 1
    assert "GCJ-02" in said


def test_errors_keep_a_draft_until_somebody_answers(command: Command, tmp_path: Path) -> None:
    made: County = county(8, 4, block=4, code=990102, bends=5)
    assert command("import-divisions", str(write_divisions(tmp_path / "c.csv", made)))[0] == 0
    above = write_geopackage(tmp_path / "above.gpkg", made.above(), made.names)
    assert command("import-outlines", str(above), "--datum", "cgcs2000")[0] == 0
    made.outlines[GRID] = translate(made.outlines[GRID], 0.0006, 0)
    grids = str(write_geopackage(tmp_path / "grids.gpkg", made.grids(), made.names))
    status, said = command("import-outlines", grids, "--datum", "cgcs2000", "--level", "grid")
    assert status == 1
    assert "保留为草稿，没有发布" in said
    assert "[错误] 相互重叠" in said
    assert command.ask("select count(*) from outlines where level = 15 and valid_from is not null") == 0
    accept = (grids, "--datum", "cgcs2000", "--accept-errors", "以现场勘界为准")
    assert "必须一起使用" in command("import-outlines", *accept)[1]
    assert "没有用户名为“zhaomin”的账号" in command("import-outlines", *accept, "--by", "zhaomin")[1]
    command.ask("insert into accounts (unit_code, username, name, password_hash) values (0, 'zhaomin', '赵敏', 'x')")
    command.ask("update accounts set disabled_at = now()")
    assert "“zhaomin”已停用" in command("import-outlines", *accept, "--by", "zhaomin")[1]
    command.ask("update accounts set disabled_at = null")
    status, said = command("import-outlines", *accept, "--by", "zhaomin")
    assert status == 0, said
    assert command.ask("select accepted_by from outline_versions order by id desc limit 1") == "赵敏（zhaomin）"
    assert command.ask("select count(*) from outline_versions") == 3
    status, said = command("check", "--under", "990102")
    assert status == 1
    assert "现行边界有" in said


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("import-divisions", "nowhere.csv"), "文件不存在"),
        (("import-outlines", "constraints.txt", "--datum", "mars"), "--datum"),
        (("import-outlines", "constraints.txt", "--datum", "wgs84"), "无法识别的文件"),
        (("check", "--under", "62070210020100"), "14 位"),
        (("check", "--under", "999999"), "系统里没有区划 999999"),
    ],
)
def test_wrong_words_end_in_one_line(command: Command, words: tuple[str, ...], says: str) -> None:
    status, said = command(*words)
    assert status != 0
    assert says in said
    assert len(said.strip().splitlines()) == 1
