"""A private cluster is really made, stopped, started again, hurt and repaired."""

from __future__ import annotations

import os
import shutil
import socket
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path

import psycopg2
import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.engine import URL
from sqlalchemy.exc import OperationalError
from sqlalchemy.pool import NullPool

from gridmap.cli.run import bring_up_to_date
from gridmap.cluster import Cluster, ClusterError, home, server
from gridmap.cluster.ports import is_free
from gridmap.cluster.tuning import CONF_NAME, port_in
from gridmap.config import APP_ROLE, JOBS_ROLE, role_url, settings
from gridmap.db import migrate, owner_session

# Two of these tests at once could take each other's port between a stop and a start; so could another run on this machine,
# hence a range of this process's own (below the ports that Linux gives to outgoing connections).
pytestmark = pytest.mark.xdist_group("clusters")
PORTS = range(26000 + os.getpid() % 300 * 20, 26020 + os.getpid() % 300 * 20)


def ask(cluster: Cluster, statement: str) -> list[tuple]:
    connection = psycopg2.connect(cluster.url_file.read_text().strip())
    try:
        connection.autocommit = True
        with connection.cursor() as cursor:
            cursor.execute(statement)
            return cursor.fetchall() if cursor.description else []
    finally:
        connection.close()


@pytest.fixture(scope="module")
def cluster() -> Iterator[Cluster]:
    """A cluster in a folder that any account can reach (pytest's own folders are 0700)."""
    folder = Path(tempfile.mkdtemp(prefix="gridmap-cluster-"))
    folder.chmod(0o755)
    made = Cluster(folder / "instance", PORTS)
    try:
        yield made
    finally:
        made.stop()
        shutil.rmtree(folder)


def test_life_of_a_cluster(cluster: Cluster) -> None:
    first = cluster.start()
    assert (first.made, first.was_running) == (True, False)
    assert cluster.url_file.stat().st_mode & 0o777 == 0o600
    ask(cluster, "create table kept as select '甘州区' as name")
    assert ask(cluster, "show data_checksums") == [("on",)]
    assert ask(
        cluster, "select datcollate, pg_encoding_to_char(encoding) from pg_database where datname = 'gridmap'"
    ) == [("C.UTF-8", "UTF8")]

    again = cluster.start()
    assert (again.made, again.was_running) == (False, True)

    assert cluster.stop() is True
    assert cluster.status().running is False
    assert cluster.stop() is False

    back = cluster.start()
    assert (back.made, back.was_running) == (False, False)
    assert back.url == first.url
    assert ask(cluster, "select name from kept") == [("甘州区",)]


def test_runs_as_an_unprivileged_account(cluster: Cluster) -> None:
    cluster.start()
    pid = cluster.status().pid
    assert pid is not None
    assert os.stat(f"/proc/{pid}").st_uid != 0


def test_no_password_no_entry(cluster: Cluster) -> None:
    url = cluster.start().url
    with pytest.raises(psycopg2.OperationalError, match=r"no password supplied|password authentication failed"):
        psycopg2.connect(host=url.host, port=url.port, user=url.username, dbname=url.database, passfile="/dev/null")


def test_port_taken_by_a_stranger_meanwhile(cluster: Cluster) -> None:
    before = cluster.start().url.port
    assert before is not None
    cluster.stop()
    with socket.socket() as stranger:
        stranger.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        stranger.bind(("127.0.0.1", before))
        stranger.listen()
        assert not is_free(before)
        moved = cluster.start().url.port
        assert moved != before
        assert port_in((cluster.data / CONF_NAME).read_text()) == moved
        assert ask(cluster, "show port") == [(str(moved),)]


def test_the_log_holds_nothing_of_what_was_written(cluster: Cluster) -> None:
    """Neither a value that breaks a rule, nor a statement that fails or takes long: they may be names and numbers of people."""
    cluster.start()
    ask(cluster, "create table people (name text primary key, number int check (number > 0))")
    ask(cluster, "insert into people values ('张三丰', 1)")
    for wrong in ("('张三丰', 2)", "('李四光', -77001)"):
        with pytest.raises(psycopg2.IntegrityError):
            ask(cluster, f"insert into people values {wrong}")
    with pytest.raises(psycopg2.Error):
        ask(cluster, "select '王五岳' frm people")
    ask(cluster, "select pg_sleep(2.1), '赵六合'")
    said = "".join(file.read_text(errors="replace") for file in (cluster.data / "log").glob("*.log"))
    assert "duplicate key value violates unique constraint" in said
    assert "violates check constraint" in said
    assert "syntax error" in said
    for told in ("张三丰", "李四光", "77001", "王五岳", "赵六合", "DETAIL", "STATEMENT"):
        assert told not in said, told


def test_pid_file_of_a_crash_whose_number_is_another_program_now(cluster: Cluster) -> None:
    cluster.start()
    left = (cluster.data / "postmaster.pid").read_text()
    cluster.stop()
    stale = cluster.data / "postmaster.pid"
    stale.write_text("\n".join([str(os.getpid()), *left.split("\n")[1:]]))
    stale.chmod(0o644)
    assert cluster.status().running is False
    assert cluster.start().was_running is False


def test_two_starts_at_once(cluster: Cluster) -> None:
    cluster.stop()
    ports: list[int | None] = []
    starts = [threading.Thread(target=lambda: ports.append(cluster.start().url.port)) for _ in range(3)]
    for one in starts:
        one.start()
    for one in starts:
        one.join()
    assert len(ports) == 3
    assert len(set(ports)) == 1


def test_making_that_was_cut_off_is_made_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    folder = Path(tempfile.mkdtemp(prefix="gridmap-cluster-"))
    folder.chmod(0o755)
    cluster = Cluster(folder / "instance", PORTS)
    try:
        with monkeypatch.context() as broken:
            broken.setattr(server.tuning, "hba_text", lambda: 1 / 0)
            with pytest.raises(ZeroDivisionError):
                cluster.start()
        assert not cluster.data.exists()
        assert not cluster.url_file.exists()
        assert cluster.start().made is True
    finally:
        cluster.stop()
        shutil.rmtree(folder)


@pytest.mark.skipif(os.getuid() != 0, reason="only root runs the cluster as somebody else")
def test_a_folder_the_account_cannot_reach(monkeypatch: pytest.MonkeyPatch) -> None:
    far = Path(tempfile.mkdtemp(prefix="gridmap-far-"))
    far.chmod(0o755)
    closed = Path(tempfile.mkdtemp(prefix="gridmap-closed-"))  # 0700, root's
    monkeypatch.setattr(home, "FAR", far)
    cluster = Cluster(closed / "instance", PORTS)
    try:
        cluster.start()
        assert cluster.home.parent == far
        assert (closed / "instance" / home.NOTE).read_text().strip() == str(cluster.home)
        assert not (closed / "instance" / "pg").exists()
        cluster.stop()
        assert cluster.start().made is False
    finally:
        cluster.stop()
        shutil.rmtree(far)
        shutil.rmtree(closed)


@pytest.mark.skipif(os.getuid() != 0, reason="only root runs the cluster as somebody else")
def test_no_reachable_folder_at_all_is_said_with_the_remedy(monkeypatch: pytest.MonkeyPatch) -> None:
    closed = Path(tempfile.mkdtemp(prefix="gridmap-closed-"))
    monkeypatch.setattr(home, "FAR", closed / "far")
    cluster = Cluster(closed / "instance", PORTS)
    try:
        with pytest.raises(ClusterError, match="GRIDMAP_INSTANCE_DIR"):
            cluster.start()
        assert not cluster.data.exists()
    finally:
        shutil.rmtree(closed)


def test_roles_get_their_passwords_when_the_owners_has_changed(
    cluster: Cluster, instance_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On a server of its own: roles belong to the whole server."""
    url = cluster.start().url.set(drivername="postgresql+psycopg2")
    migrate(url)
    opens(role_url(url, APP_ROLE))
    ask(cluster, "alter role gridmap_owner password 'another'")
    changed = url.set(password="another")
    try:
        with pytest.raises(OperationalError, match="password"):
            opens(role_url(changed, APP_ROLE))
        monkeypatch.setenv("GRIDMAP_DATABASE_URL", changed.render_as_string(hide_password=False))
        settings.cache_clear()
        bring_up_to_date()
        for role in (APP_ROLE, JOBS_ROLE):
            opens(role_url(changed, role))
    finally:
        monkeypatch.undo()
        settings.cache_clear()
        with owner_session(changed) as session:
            session.execute(text(f"alter role gridmap_owner password '{url.password}'"))


def opens(url: URL) -> None:
    """Connect once. Raises ``OperationalError``."""
    engine = create_engine(url, poolclass=NullPool)
    engine.connect().close()
    engine.dispose()
