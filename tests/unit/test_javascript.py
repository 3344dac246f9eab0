"""The browser's pure modules are tested in their own language; this runs those tests with the rest."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import ROOT

FOLDERS = sorted(path for path in (ROOT / "tests" / "js").iterdir() if path.is_dir())


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda path: path.name)
def test_pure_modules(folder: Path) -> None:
    search = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")])
    node = shutil.which("node", path=search)
    assert node, "没有找到 node：请先运行 make test，由它安装。"
    files = sorted(folder.glob("*.test.js"))
    written = sum(len(re.findall(r"^test\(", file.read_text(), re.MULTILINE)) for file in files)
    command = [node, "--test", *map(str, files)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert f"# pass {written}\n" in done.stdout
    assert written


def test_every_folder_is_run() -> None:
    assert {folder.name for folder in FOLDERS} == {"field", "maps", "units"}
