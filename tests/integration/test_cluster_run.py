"""``gridmap run`` in full: processes come up, answer, and all go away on a signal."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import create_engine

from gridmap.cluster.ports import any_free_port, is_free

# Clusters choose free ports: two of these tests at once could take each other's between a stop and a start.
pytestmark = pytest.mark.xdist_group("clusters")


def descendants(pid: int) -> set[int]:
    """Process ids below ``pid``, read from /proc."""
    parents = {}
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            parents[int(folder.name)] = int((folder / "stat").read_text().rsplit(")", 1)[1].split()[1])
        except (OSError, ValueError):
            continue
    found, more = set(), {pid}
    while more:
        more = {child for child, parent in parents.items() if parent in more} - found
        found |= more
    return found


def wait_for(condition: Callable[[], bool], patience_s: float) -> bool:
    deadline = time.monotonic() + patience_s
    while time.monotonic() < deadline:
        if condition():
            return True
        time.sleep(0.1)
    return condition()


def ready(port: int) -> int:
    """Return the status of /readyz, asked past any proxy."""
    try:
        with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(
            f"http://127.0.0.1:{port}/readyz", timeout=10
        ) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as error:
        return error.code


@pytest.fixture
def with_a_unit(clone: Callable[[], Any]) -> str:
    """Address of a migrated database that has a unit, so that no demonstration is loaded."""
    url = clone()
    engine = create_engine(url)
    with engine.begin() as connection:
        connection.exec_driver_sql(
            "insert into units (unit_code, county_code, level, name) values (220102000000000, 220102, 6, '南关区')"
        )
    engine.dispose()
    return str(url.render_as_string(hide_password=False))


@pytest.fixture
def running(with_a_unit: str, tmp_path: Path) -> Iterator[tuple[subprocess.Popen[str], int, Path]]:
    """``gridmap run`` as a person starts it, ready to serve."""
    port = any_free_port()
    said = tmp_path / "said.txt"
    environment = {k: v for k, v in os.environ.items() if not k.startswith("GRIDMAP_")}
    environment |= {"GRIDMAP_DATABASE_URL": with_a_unit, "GRIDMAP_INSTANCE_DIR": str(tmp_path / "instance")}
    with said.open("w") as out:
        process = subprocess.Popen(
            [sys.executable, "-m", "gridmap.cli", "run", "--port", str(port), "--workers", "1"],
            stdout=out,
            stderr=subprocess.STDOUT,
            env=environment,
            text=True,
        )
    try:
        ready = wait_for(lambda: "Ctrl-C" in said.read_text() or process.poll() is not None, 90)
        assert ready, said.read_text()
        assert process.poll() is None, said.read_text()
        yield process, port, said
    finally:
        if process.poll() is None:
            process.kill()
            process.wait()


@pytest.mark.parametrize("kind", [signal.SIGINT, signal.SIGTERM])
def test_serves_and_stops_cleanly(running: tuple[subprocess.Popen[str], int, Path], kind: signal.Signals) -> None:
    process, port, said = running
    assert wait_for(lambda: ready(port) == 200, 60)
    children = descendants(process.pid)
    assert len(children) >= 3  # gunicorn, its worker, the queue worker

    process.send_signal(kind)
    assert process.wait(30) == 0
    assert "已停止" in said.read_text()
    assert "Traceback" not in said.read_text()
    assert f"http://127.0.0.1:{port}" in said.read_text()
    assert wait_for(lambda: is_free(port), 5)
    assert wait_for(lambda: not any(Path(f"/proc/{pid}").exists() for pid in children), 5)


def test_children_end_when_the_parent_is_killed(running: tuple[subprocess.Popen[str], int, Path]) -> None:
    process, port, _ = running
    children = descendants(process.pid)
    process.kill()
    process.wait()
    assert wait_for(lambda: not any(Path(f"/proc/{pid}").exists() for pid in children), 20)
    assert is_free(port)


def test_a_worker_of_the_queue_that_dies_is_started_again(running: tuple[subprocess.Popen[str], int, Path]) -> None:
    process, port, said = running
    children = Path(f"/proc/{process.pid}/task/{process.pid}/children")
    web, worker = children.read_text().split()
    os.kill(int(worker), signal.SIGKILL)
    assert wait_for(lambda: len(children.read_text().split()) == 2 and worker not in children.read_text().split(), 60)
    assert children.read_text().split()[0] == web
    assert "任务队列意外退出（代码 -9）" in said.read_text()
    assert wait_for(lambda: ready(port) == 200, 60)
    process.send_signal(signal.SIGTERM)
    assert process.wait(30) == 0


def test_a_process_that_dies_ends_the_run_with_one_line(running: tuple[subprocess.Popen[str], int, Path]) -> None:
    process, port, said = running
    with socket.create_connection(("127.0.0.1", port), timeout=5):
        pass
    own = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
    os.kill(int(own[0]), signal.SIGKILL)  # the web server is started first
    assert process.wait(40) == 1
    last = said.read_text().strip().splitlines()[-1]
    assert "意外退出" in last
    assert "Traceback" not in said.read_text()
