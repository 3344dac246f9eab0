"""System packages: which are missing, and installing only those (Debian, Ubuntu)."""

from __future__ import annotations

import glob
import importlib.util
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

from report import SetupError, Step

OLDEST_POSTGRES = 15
NO_MAIN_CLUSTER = "/etc/postgresql-common/createcluster.d/gridmap.conf"
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


def postgres_with_postgis() -> int | None:
    """Return the newest installed PostgreSQL version (15 or later) that has PostGIS, or None."""
    found = []
    for server in glob.glob("/usr/lib/postgresql/*/bin/initdb"):
        version = server.split("/")[4]
        if os.path.exists(f"/usr/share/postgresql/{version}/extension/postgis.control") and version.isdigit():
            found.append(int(version))
    config = shutil.which("pg_config")
    if config:
        answers = [_ask([config, option]) for option in ("--version", "--sharedir", "--bindir")]
        version_text, share, programs = answers
        number = re.search(r"(\d+)", version_text)
        if number and os.path.exists(f"{share}/extension/postgis.control") and os.path.exists(f"{programs}/initdb"):
            found.append(int(number.group(1)))
    return max((version for version in found if version >= OLDEST_POSTGRES), default=None)


def has_chinese_fonts() -> bool:
    """Say whether a CJK font that printed papers and screenshots need is installed."""
    return any(glob.glob(f"/usr/share/fonts/**/{name}*", recursive=True) for name in ("NotoSansCJK", "SourceHanSans"))


def has_text_layout() -> bool:
    """Say whether Pango is there, which lays out the text of PDFs (WeasyPrint loads it; no Python package brings it)."""
    folders = ("/usr/lib/*", "/usr/lib64", "/usr/local/lib", "/opt/homebrew/lib")
    wanted = ("libpango-1.0.so*", "libpangoft2-1.0.so*", "libharfbuzz-subset.so*")
    return all(any(glob.glob(f"{folder}/{name}") for folder in folders) for name in wanted)


def has_browser() -> bool:
    """Say whether a Chromium is installed, by the system or by Playwright."""
    kept = Path(os.environ.get("PLAYWRIGHT_BROWSERS_PATH") or Path.home() / ".cache" / "ms-playwright")
    return any(map(shutil.which, BROWSERS)) or any(kept.glob("chromium-*"))


def missing(purpose: str) -> list[str]:
    """Return what ``purpose`` (run, check, test, bench) lacks: postgres, venv, browser, fonts."""
    wanted = []
    own_database = not os.environ.get("GRIDMAP_DATABASE_URL")
    if purpose != "check" and (own_database or purpose == "test") and postgres_with_postgis() is None:
        wanted.append("postgres")
    if importlib.util.find_spec("ensurepip") is None:
        wanted.append("venv")
    if purpose != "check":  # papers are printed as PDF
        wanted += [] if has_text_layout() else ["layout"]
        wanted += [] if has_chinese_fonts() else ["fonts"]
    if purpose in ("test", "bench"):
        wanted += [] if has_browser() else ["browser"]
    return wanted


def install(wanted: list[str]) -> None:
    """Install the system packages for what is missing. Raises ``SetupError``; a repeat goes on where it stopped."""
    if not shutil.which("apt-get"):
        names = {
            "postgres": "PostgreSQL 15+ 与 PostGIS 3",
            "venv": "Python venv 模块",
            "browser": "Chromium",
            "layout": "Pango 排版库",
        }
        need = "、".join(names.get(one, "Noto CJK 字体") for one in wanted)
        raise SetupError(f"本机不是 Debian/Ubuntu，无法自动安装：请先自行装好 {need}，再重试。")
    root = as_root(wanted)
    with Step("更新软件包目录") as step:
        step.run([*root, "apt-get", "update", "-q"])
    packages = [package for one in wanted for package in packages_for(one)]
    bare = not glob.glob("/usr/lib/postgresql/*/bin/postgres")
    with Step(f"安装系统软件包 {' '.join(packages)}") as step:
        if "postgres" in wanted and bare:
            with_no_main_cluster(root, lambda: apt_install(step, root, packages))
        elif packages:
            apt_install(step, root, packages)


def as_root(wanted: list[str]) -> list[str]:
    """Return the words that go before a command to run it as root. Raises ``SetupError`` without root and sudo."""
    if os.getuid() == 0:
        return []
    sudo = shutil.which("sudo")
    quiet = sudo and subprocess.run([sudo, "-n", "true"], capture_output=True, check=False).returncode == 0
    if sudo and (quiet or sys.stdin.isatty()):
        if not quiet:
            print("需要管理员权限安装系统软件包，sudo 可能会问您的密码。", flush=True)
            subprocess.run([sudo, "-v"], check=False)
        return [sudo]
    need = " ".join(package for one in wanted for package in packages_for(one, guess=True))
    raise SetupError(f"缺少系统软件包，又没有 root 或 sudo：请管理员运行 apt-get install {need}，再重试。")


def packages_for(one: str, guess: bool = False) -> list[str]:
    """Return the package names for one missing thing; ``guess`` does not ask the package lists."""
    if one == "venv":
        return [f"python{sys.version_info[0]}.{sys.version_info[1]}-venv"]
    if one == "layout":
        return ["libpango-1.0-0", "libpangoft2-1.0-0", "libharfbuzz-subset0"]
    if one == "fonts":
        return ["fonts-noto-cjk"]
    if one == "browser":
        # Ubuntu's package of that name is only a pointer to a snap; Playwright's own build is used there
        return [] if distribution() == "ubuntu" else ["chromium"]
    version = "15" if guess else str(newest_postgis_offered())
    return [f"postgresql-{version}", f"postgresql-{version}-postgis-3"]


def distribution() -> str:
    """Return ``debian``, ``ubuntu`` or another ID from os-release."""
    for line in Path("/etc/os-release").read_text().splitlines():
        if line.startswith("ID="):
            return line[3:].strip('"')
    return ""


def newest_postgis_offered() -> int:
    """Return the newest version whose PostGIS package the system's sources offer. Raises ``SetupError``."""
    names = _ask(["apt-cache", "search", "--names-only", "^postgresql-[0-9]+-postgis-3$"])
    versions = [int(number) for number in re.findall(r"postgresql-(\d+)-postgis-3\b", names)]
    best = max((one for one in versions if one >= OLDEST_POSTGRES), default=None)
    if best is None:
        raise SetupError(
            f"系统软件源没有 PostgreSQL {OLDEST_POSTGRES} 及以上的 PostGIS：请换用 Debian 12 / Ubuntu 24.04 以上，"
            "或用 GRIDMAP_DATABASE_URL 指向现有的 PostGIS 服务器。"
        )
    return best


def apt_install(step: Step, root: list[str], packages: list[str]) -> None:
    """Run ``apt-get install``; an installation that was cut off earlier is finished first."""
    quiet = ["env", "DEBIAN_FRONTEND=noninteractive"]
    command = [*root, *quiet, "apt-get", "install", "-y", "-q", "--no-install-recommends"]
    command += ["-o", "DPkg::Lock::Timeout=120", "-o", "Dpkg::Use-Pty=0", *packages]
    code, output = step.attempt(command)
    if code != 0 and "dpkg --configure -a" in output:
        step.run([*root, *quiet, "dpkg", "--configure", "-a"])
        code, output = step.attempt(command)
    if code != 0:
        raise step.failure(output)


def with_no_main_cluster(root: list[str], work: object) -> None:
    """Do ``work`` while Debian is told not to make and start a cluster of its own on port 5432.

    ``createcluster.d`` is Debian's place for such a wish; the file goes away again, so the next version that somebody
    installs behaves as they expect.
    """
    folder = os.path.dirname(NO_MAIN_CLUSTER)
    made = f"mkdir -p {folder} && echo 'create_main_cluster = false' > {NO_MAIN_CLUSTER}"
    subprocess.run([*root, "sh", "-c", made], check=True, capture_output=True)
    try:
        work()  # type: ignore[operator]
    finally:
        subprocess.run([*root, "rm", "-f", NO_MAIN_CLUSTER], check=False, capture_output=True)


def _ask(command: list[str]) -> str:
    return subprocess.run(command, capture_output=True, text=True, check=False).stdout.strip()
