"""The queue's worker really runs: a periodic job is deferred and done, and the worker lives on."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from sqlalchemy import create_engine, text

PATIENCE_S = 120


def test_a_periodic_job_is_done_and_the_worker_lives_on(clone: Callable[[], Any], tmp_path: Path) -> None:
    url = clone()
    values = {"GRIDMAP_DATABASE_URL": url.render_as_string(hide_password=False), "GRIDMAP_INSTANCE_DIR": str(tmp_path)}
    engine = create_engine(url)
    command = [sys.executable, "-m", "gridmap.cli", "worker"]
    with subprocess.Popen(command, env={**os.environ, **values}, stderr=subprocess.PIPE, text=True) as worker:
        try:
            deadline = time.monotonic() + PATIENCE_S
            done = 0
            while not done and time.monotonic() < deadline and worker.poll() is None:
                time.sleep(0.5)
                with engine.connect() as connection:
                    done = connection.execute(
                        text("select count(*) from procrastinate_jobs where status = 'succeeded'")
                    ).scalar()
            alive = worker.poll() is None
        finally:
            worker.terminate()
            said = worker.communicate(timeout=30)[1]
    engine.dispose()
    assert alive, said
    assert done, said
