"""Finding PostgreSQL's programs: the newest version that is new enough and has PostGIS."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from gridmap.errors import NotReady

OLDEST = 15
"""Oldest major version the product's SQL runs on."""


class ClusterError(NotReady):
    """The private cluster cannot be made, started or stopped; the message holds the remedy."""

    code = "cluster"


@dataclass(frozen=True)
class Binaries:
    """One installed PostgreSQL server."""

    major: int
    folder: Path

    def program(self, name: str) -> str:
        """Return the full path of ``initdb``, ``pg_ctl``, ``postgres`` or ``psql``."""
        return str(self.folder / name)


def major_of(version_text: str) -> int:
    """Return 15 for ``postgres (PostgreSQL) 15.18 (Debian …)``; 0 when there is no number."""
    found = re.search(r"PostgreSQL\)?\s+(\d+)", version_text)
    return int(found.group(1)) if found else 0


def newest(found: Iterable[Binaries], oldest: int = OLDEST) -> Binaries | None:
    """Return the newest server that is at least version ``oldest``, or None."""
    return max((one for one in found if one.major >= oldest), key=lambda one: one.major, default=None)


def candidate_folders() -> list[Path]:
    """Return folders that may hold a server, Debian's versioned ones first."""
    folders = [folder for folder in Path("/usr/lib/postgresql").glob("*/bin") if folder.is_dir()]
    config = shutil.which("pg_config")
    if config:
        answer = subprocess.run([config, "--bindir"], capture_output=True, text=True, check=False)  # noqa: S603
        if answer.returncode == 0:
            folders.append(Path(answer.stdout.strip()))
    server = shutil.which("postgres")
    if server:
        folders.append(Path(server).resolve().parent)
    return folders


def inspect(folder: Path) -> Binaries | None:
    """Return the server in ``folder``, or None when there is none or it has no PostGIS beside it."""
    server = folder / "postgres"
    if not (server.exists() and (folder / "initdb").exists() and (folder / "pg_ctl").exists()):
        return None
    answer = subprocess.run([str(server), "--version"], capture_output=True, text=True, check=False)  # noqa: S603
    major = major_of(answer.stdout)
    return Binaries(major, folder) if major and has_postgis(folder, major) else None


def has_postgis(folder: Path, major: int) -> bool:
    """Say whether the PostGIS extension is installed for the server in ``folder``."""
    places = [
        Path(f"/usr/share/postgresql/{major}/extension"),
        folder.parent / "share" / "extension",
        folder.parent / "share" / "postgresql" / "extension",
    ]
    return any((place / "postgis.control").exists() for place in places)


def find_binaries() -> Binaries:
    """Return the newest PostgreSQL with PostGIS on this machine. Raises ``ClusterError`` when there is none."""
    servers = [one for one in map(inspect, candidate_folders()) if one]
    best = newest(servers)
    if best is None:
        raise ClusterError(
            f"没有找到带 PostGIS 的 PostgreSQL {OLDEST} 及以上版本：请运行 make run 自动安装，"
            "或用 GRIDMAP_DATABASE_URL 指向现有的 PostGIS 服务器。"
        )
    return best
