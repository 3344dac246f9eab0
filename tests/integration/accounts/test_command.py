"""`gridmap accounts create`: the first password comes by a way that no list of processes shows."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from sqlalchemy import create_engine, text

from gridmap.accounts.actions import hasher

CREATE = ["accounts", "create", "--username", "li.demo", "--name", "李示例", "--role", "administrator", "--unit", "0"]


def test_the_password_is_read_from_the_standard_input(clone: Callable[[], Any], tmp_path: Path) -> None:
    url = clone()
    values = {"GRIDMAP_DATABASE_URL": url.render_as_string(hide_password=False), "GRIDMAP_INSTANCE_DIR": str(tmp_path)}

    def create(given: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "gridmap.cli", *CREATE, "--password-stdin"]
        return subprocess.run(
            command, input=given, env={**os.environ, **values}, capture_output=True, text=True, check=False, timeout=60
        )

    weak = create("abc\n")
    assert (weak.returncode, "密码至少" in weak.stderr) == (1, True)
    made = create("Gezi-fangkong-7\nnot this\n")
    assert made.returncode == 0, made.stderr
    assert "Gezi" not in made.stdout + made.stderr
    engine = create_engine(url)
    with engine.connect() as connection:
        kept, must = connection.execute(text("select password_hash, must_change_password from accounts")).one()
    engine.dispose()
    assert hasher.verify(kept, "Gezi-fangkong-7")
    assert must
