"""The map's pure modules (state, geodesy) are tested in their own language; this runs those tests with the rest."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

from tests.conftest import ROOT

TESTS = ROOT / "tests" / "js" / "maps"


def test_pure_modules() -> None:
    search = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")])
    node = shutil.which("node", path=search)
    assert node, "没有找到 node：请先运行 make test，由它安装。"
    files = sorted(str(file) for file in TESTS.glob("*.test.js"))
    done = subprocess.run([node, "--test", *files], capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert len(files) == 2
    assert "# pass 18" in done.stdout
