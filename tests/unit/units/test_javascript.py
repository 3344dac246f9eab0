"""The editor's pure module (corners) is tested in its own language; this runs those tests with the rest."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

from tests.conftest import ROOT

TEST = ROOT / "tests" / "js" / "units" / "corners.test.js"


def test_corners() -> None:
    search = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")])
    node = shutil.which("node", path=search)
    assert node, "没有找到 node：请先运行 make test，由它安装。"
    done = subprocess.run([node, "--test", str(TEST)], capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "# pass 4" in done.stdout
