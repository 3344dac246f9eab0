"""Making, starting, stopping and asking after the cluster."""

from __future__ import annotations

import contextlib
import fcntl
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import psycopg2
from psycopg2 import sql
from sqlalchemy.engine import URL, make_url

from gridmap.cluster import tuning
from gridmap.cluster.binaries import Binaries, ClusterError, candidate_folders, find_binaries, inspect
from gridmap.cluster.home import Account, account_for, home_of, make_home
from gridmap.cluster.ports import CLUSTER_PORTS, choose_port, is_free
from gridmap.config import stored_secret

OWNER = "gridmap_owner"
DATABASE = "gridmap"
START_TRIES = 3
PORT_PATIENCE_S = 2.0
LOCALE = "C.UTF-8"


@dataclass(frozen=True)
class Started:
    """What ``start`` found or did: the owner's address, and whether it was running before."""

    url: URL
    was_running: bool
    made: bool


@dataclass(frozen=True)
class Status:
    """The cluster as it is now."""

    exists: bool
    running: bool
    pid: int | None
    port: int | None
    major: int | None
    home: Path


class Cluster:
    """The private cluster of one instance folder, listening on one of ``ports`` (loopback)."""

    def __init__(self, instance: Path, ports: Sequence[int] = CLUSTER_PORTS) -> None:
        self.instance = instance.resolve()
        self.ports = ports

    # -- where things are ---------------------------------------------------------------------------------------

    @property
    def home(self) -> Path:
        """Folder that holds the data and the server's start log."""
        return home_of(self.instance)

    @property
    def data(self) -> Path:
        """PostgreSQL's data directory; there only when the cluster was completely made."""
        return self.home / "data"

    @property
    def url_file(self) -> Path:
        """File (0600) with the owner's connection string."""
        return self.instance / "database-url"

    def url(self, port: int, database: str = DATABASE) -> URL:
        """Return the owner's connection string on loopback ``port``."""
        password = stored_secret(self.instance / "database-password")
        return URL.create("postgresql", OWNER, password, "127.0.0.1", port, database)

    # -- what people ask for ------------------------------------------------------------------------------------

    def start(self) -> Started:
        """Make the cluster if there is none, start it if it is stopped, and return its address.

        Safe to repeat and to call from two processes at once. Raises ``ClusterError`` with the remedy.
        """
        self.instance.mkdir(parents=True, exist_ok=True)
        with self._lock():
            made = not self.data.exists()
            if made:
                self._make()
            was_running = self._pid() is not None
            port = self._kept_port() if was_running else self._launch()
            if port is None:
                raise ClusterError(f"{self.data / tuning.CONF_NAME} 里没有端口：请先 gridmap db stop。")
            self._ensure_database(port)
            url = self.url(port)
            write_private(self.url_file, url.render_as_string(hide_password=False) + "\n")
        return Started(url, was_running, made)

    def stop(self) -> bool:
        """Stop the cluster cleanly, ending open connections. Returns False when it was not running."""
        if self._pid() is None:
            return False
        with self._lock():
            account, binaries = account_for(self.data), self._binaries()
            answer = account.run(
                [binaries.program("pg_ctl"), "-D", str(self.data), "-m", "fast", "-w", "-t", "90", "stop"], 120
            )
        if answer.returncode != 0 and self._pid() is not None:
            raise ClusterError(f"数据库停不下来：{last_line(answer.stderr)}；请查看 {self.data / 'log'}。")
        return True

    def status(self) -> Status:
        """Return how the cluster is, without changing anything."""
        exists = self.data.exists()
        pid = self._pid() if exists else None
        return Status(exists, pid is not None, pid, self._kept_port(), self._major() if exists else None, self.home)

    # -- steps --------------------------------------------------------------------------------------------------

    @contextlib.contextmanager
    def _lock(self) -> Iterator[None]:
        with open(self.instance / "database-lock", "w") as handle:
            fcntl.flock(handle, fcntl.LOCK_EX)
            yield

    def _make(self) -> None:
        """Make the cluster under a temporary name and rename it when complete."""
        home, account = make_home(self.instance)
        binaries = find_binaries()
        half_made = home / "data.new"
        shutil.rmtree(half_made, ignore_errors=True)
        password = make_url(self.url(0)).password or ""
        with tempfile.NamedTemporaryFile("w", dir=home, prefix="pw-") as secret:
            secret.write(f"{password}\n")
            secret.flush()
            os.chown(secret.name, account.uid, account.gid)
            command = [binaries.program("initdb"), "-D", str(half_made), "-U", OWNER, "--pwfile", secret.name]
            command += ["-A", "scram-sha-256", "--encoding=UTF8", f"--locale={LOCALE}", "--data-checksums"]
            answer = account.run(command, 300)
        if answer.returncode != 0:
            shutil.rmtree(half_made, ignore_errors=True)
            raise ClusterError(explain("数据库建不起来", answer.stderr))
        (half_made / "pg_hba.conf").write_text(tuning.hba_text())
        with open(half_made / "postgresql.conf", "a") as conf:
            conf.write(f"\ninclude '{tuning.CONF_NAME}'\n")
        self._write_conf(half_made, choose_port(None, self.ports), account)
        half_made.rename(home / "data")

    def _write_conf(self, data: Path, port: int, account: Account) -> None:
        """Write ``gridmap.conf`` for this machine's memory, when it would change."""
        conf = data / tuning.CONF_NAME
        text = tuning.conf_text(port, tuning.machine_memory_mb())
        if conf.exists() and conf.read_text() == text:
            return
        write_private(conf, text)
        os.chown(conf, account.uid, account.gid)

    def _launch(self) -> int:
        """Start the server and return its port, taking another when someone else took ours meanwhile."""
        account, binaries = account_for(self.data), self._binaries()
        self._drop_stale_pid_file()
        start_log = self.home / "start.log"
        answer: subprocess.CompletedProcess[str] | None = None
        for _ in range(START_TRIES):
            port = choose_port(self._kept_port(), self.ports, patience_s=PORT_PATIENCE_S)
            self._write_conf(self.data, port, account)
            start_log.unlink(missing_ok=True)
            command = [
                binaries.program("pg_ctl"),
                "-D",
                str(self.data),
                "-l",
                str(start_log),
                "-w",
                "-t",
                "90",
                "start",
            ]
            # -l takes over the server's output, which would otherwise hold our pipe open
            answer = account.run(command)
            if answer.returncode == 0:
                return port
            if is_free(port):
                break
        raise ClusterError(explain("数据库启动不了", self._why(start_log, answer)))

    def _why(self, start_log: Path, answer: subprocess.CompletedProcess[str] | None) -> str:
        """Return what the server itself said last, else what pg_ctl said."""
        said = start_log.read_text(errors="replace") if start_log.exists() else ""
        logs = sorted((self.data / "log").glob("*.log"), key=lambda file: file.stat().st_mtime)
        if logs:
            said += "\n".join(logs[-1].read_text(errors="replace").splitlines()[-20:])
        return said or (answer.stderr if answer else "")

    def _ensure_database(self, port: int) -> None:
        """Create the product's database when it is not there."""
        try:
            connection = psycopg2.connect(self.url(port, "postgres").render_as_string(hide_password=False))
        except psycopg2.OperationalError as error:
            raise ClusterError(f"数据库已启动但连不上：{last_line(str(error))}") from error
        try:
            connection.autocommit = True
            with connection.cursor() as cursor:
                cursor.execute("select 1 from pg_database where datname = %s", (DATABASE,))
                if cursor.fetchone() is None:
                    cursor.execute(sql.SQL("create database {}").format(sql.Identifier(DATABASE)))
        finally:
            connection.close()

    # -- what is there ------------------------------------------------------------------------------------------

    def _kept_port(self) -> int | None:
        conf = self.data / tuning.CONF_NAME
        return tuning.port_in(conf.read_text()) if conf.exists() else None

    def _major(self) -> int | None:
        file = self.data / "PG_VERSION"
        return int(file.read_text().strip()) if file.exists() else None

    def _binaries(self) -> Binaries:
        """Return the programs of the version that made the data: another major version cannot read them."""
        major = self._major()
        for found in map(inspect, candidate_folders()):
            if found and found.major == major:
                return found
        raise ClusterError(
            f"数据由 PostgreSQL {major} 建立，本机没有这个版本："
            f"请安装 postgresql-{major} 和 postgresql-{major}-postgis-3。"
        )

    def _pid(self) -> int | None:
        """Return the running server's process id; None when stopped or when the file names a stranger's process."""
        file = self.data / "postmaster.pid"
        try:
            pid = int(file.read_text().split("\n", 1)[0])
            words = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
        except (OSError, ValueError):
            return None
        return pid if str(self.data).encode() in words else None

    def _drop_stale_pid_file(self) -> None:
        """Remove a pid file left by a crash whose number now belongs to another program, or to none."""
        if self._pid() is None:
            (self.data / "postmaster.pid").unlink(missing_ok=True)


def write_private(file: Path, text: str) -> None:
    """Write ``file`` (mode 0600) so that readers see the old or the new text, never half of it."""
    handle, temporary = tempfile.mkstemp(dir=file.parent, prefix=f".{file.name}.")
    try:
        with os.fdopen(handle, "w") as out:
            out.write(text)
        os.replace(temporary, file)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise


def last_line(text: str) -> str:
    """Return the last line that says something."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return lines[-1] if lines else "没有更多说明"


def explain(what: str, said: str) -> str:
    """Return one Chinese sentence with the remedy for what PostgreSQL's programs said."""
    low = said.lower()
    if "no space left" in low:
        return f"{what}：磁盘已满，请清理磁盘后重试。"
    if "could not create shared memory" in low or "cannot allocate memory" in low:
        return f"{what}：内存不足，请关闭其他程序或加大内存后重试。"
    if "permission denied" in low:
        return f"{what}：没有目录权限（{last_line(said)}），请检查运行数据目录的属主。"
    return f"{what}：{last_line(said)}"
