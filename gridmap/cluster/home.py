"""Where the cluster's files live and which system account runs it.

PostgreSQL refuses to run as root. Started as root, the cluster runs as the account that already owns its data, else
``postgres``, else ``nobody``; that account must be able to walk to the folder, which it cannot below, say, a 0700 home.
Then the files go to ``/var/lib/gridmap/<hash>`` and ``<instance>/pg-location`` says so.
"""

from __future__ import annotations

import hashlib
import os
import pwd
import subprocess
from dataclasses import dataclass
from pathlib import Path

from gridmap.cluster.binaries import ClusterError

FAR = Path("/var/lib/gridmap")
NOTE = "pg-location"


@dataclass(frozen=True)
class Account:
    """A system account the server runs as; ``switch`` is False when it is our own."""

    name: str
    uid: int
    gid: int
    switch: bool

    def run(self, command: list[str], timeout_s: float = 120) -> subprocess.CompletedProcess[str]:
        """Run a program as this account, in ``/``, with a plain environment; output and errors are captured."""
        environment = {"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C.UTF-8", "HOME": "/"}
        identity = {"user": self.uid, "group": self.gid, "extra_groups": []} if self.switch else {}
        return subprocess.run(  # noqa: S603
            command,
            cwd="/",
            env=environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=timeout_s,
            check=False,
            **identity,  # type: ignore[call-overload]
        )

    def can_use(self, folder: Path) -> bool:
        """Say whether this account can reach ``folder`` and write in it."""
        script = 'test -d "$1" && test -x "$1" && test -w "$1"'
        return self.run(["/bin/sh", "-c", script, "sh", str(folder)]).returncode == 0


def own_account() -> Account:
    """Return the account this process runs as."""
    uid = os.getuid()
    try:
        name = pwd.getpwuid(uid).pw_name
    except KeyError:
        name = str(uid)
    return Account(name, uid, os.getgid(), switch=False)


def account_for(data: Path) -> Account:
    """Return the account that runs the cluster whose data is (or will be) in ``data``. Raises ``ClusterError``."""
    owner = data.stat().st_uid if data.exists() else None
    if os.getuid() != 0:
        if owner is not None and owner != os.getuid():
            raise ClusterError(f"数据库目录 {data} 属于另一个账号：请用当初启动它的账号（或 sudo）运行。")
        return own_account()
    if owner:
        entry = pwd.getpwuid(owner)
        return Account(entry.pw_name, entry.pw_uid, entry.pw_gid, switch=True)
    for name in ("postgres", "nobody"):
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        return Account(name, entry.pw_uid, entry.pw_gid, switch=True)
    raise ClusterError("PostgreSQL 不允许以 root 运行，本机又没有 postgres 或 nobody 账号：请改用普通账号运行。")


def home_of(instance: Path) -> Path:
    """Return the folder of an existing or future cluster of ``instance``, without making anything."""
    note = instance / NOTE
    if note.exists():
        return Path(note.read_text().strip())
    return instance / "pg"


def make_home(instance: Path) -> tuple[Path, Account]:
    """Make the cluster's folder where its account can work, and return both. Raises ``ClusterError``."""
    home = home_of(instance)
    account = account_for(home / "data")
    prepare(home, account)
    if account.can_use(home):
        return home, account
    far = FAR / hashlib.sha256(str(instance.resolve()).encode()).hexdigest()[:12]
    if (home / "data").exists() or home == far:
        raise ClusterError(
            f"账号 {account.name} 进不了数据库目录 {home}："
            "请放开上级目录的进入权限（chmod o+x），或换一个 GRIDMAP_INSTANCE_DIR。"
        )
    prepare(far, account)
    if not account.can_use(far):
        raise ClusterError(f"账号 {account.name} 既进不了 {home}，也进不了 {far}：请用 GRIDMAP_INSTANCE_DIR 指定别处。")
    (instance / NOTE).write_text(f"{far}\n")
    home.rmdir()
    return far, account


def prepare(home: Path, account: Account) -> None:
    """Make ``home`` (0700) and give it to the account."""
    home.mkdir(parents=True, exist_ok=True)
    if account.switch:
        os.chown(home, account.uid, account.gid)
    if home.stat().st_uid in (account.uid, os.getuid()):
        home.chmod(0o700)
