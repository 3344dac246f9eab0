"""Prepare a machine: ``python3 scripts/setup.py --for run|check|test|bench``. Only the standard library is needed.

Finds out what is missing and installs only that: system packages, the virtual environment, the browser libraries. A
second run finds everything in place and ends at once. Any step may be cut off: the next run goes on from there.
"""

from __future__ import annotations

import argparse
import os
import shutil
import sys
from pathlib import Path

OLDEST_PYTHON = (3, 11)
SPACE_MB = {"run": 2000, "check": 1500, "bench": 8000, "test": 3500}


def newer_python() -> str | None:
    """Return another Python on PATH that is new enough."""
    for minor in range(20, OLDEST_PYTHON[1] - 1, -1):
        found = shutil.which(f"python3.{minor}")
        if found:
            return found
    return None


def check_python() -> None:
    """Go on with a newer Python when this one is too old, or say what to do."""
    if sys.version_info >= OLDEST_PYTHON:
        return
    other = newer_python()
    if other:
        os.execv(other, [other, *sys.argv])
    now = f"{sys.version_info[0]}.{sys.version_info[1]}"
    sys.exit(f"Python 版本过低（{now}）：需要 3.11 以上，请换用 Debian 12 / Ubuntu 24.04 以上，或安装更新的 python3。")


def check_space(purpose: str) -> None:
    """Raise ``SetupError`` when the disk has too little room for what is to be installed."""
    from report import ROOT, SetupError

    need = SPACE_MB[purpose]
    for place in {ROOT, Path("/usr")}:
        free = shutil.disk_usage(place).free // 1_000_000
        if free < need:
            raise SetupError(f"磁盘空间不足：{place} 所在磁盘剩余 {free} MB，需要约 {need} MB，请清理后重试。")


def prepare(purpose: str) -> None:
    """Do the steps that are missing for ``purpose``. Raises ``SetupError``."""
    import environment
    import machine
    import vendor
    from report import Step

    wanted = machine.missing(purpose)
    environment_ready = environment.is_ready(purpose)
    vendor_ready = vendor.is_ready()
    if wanted or not environment_ready or not vendor_ready:
        check_space(purpose)
    if wanted:
        machine.install(wanted)
    if not environment_ready:
        environment.prepare(purpose)
    if not vendor_ready:
        vendor.prepare()
    if purpose in ("check", "test"):
        vendor.find_node()
    if "browser" in wanted and not machine.has_browser():
        with Step("安装测试用的 Chromium") as step:
            step.run([str(environment.PYTHON), "-m", "playwright", "install", "--with-deps", "chromium"])


def main() -> None:
    """Read the arguments, hold the lock, prepare, and turn failures into one sentence."""
    check_python()
    import fcntl

    from report import SetupError, instance_dir

    parser = argparse.ArgumentParser(
        description="准备本机运行环境，只安装缺少的部分。", epilog="示例：python3 scripts/setup.py --for run"
    )
    parser.add_argument("--for", dest="purpose", choices=sorted(SPACE_MB), default="run", help="为哪个目的准备")
    purpose = parser.parse_args().purpose
    try:
        instance_dir().mkdir(parents=True, exist_ok=True)
        with open(instance_dir() / "setup-lock", "w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            prepare(purpose)
    except SetupError as error:
        sys.exit(str(error))
    except KeyboardInterrupt:
        sys.exit("\n已取消；再次运行会接着做。")
    except OSError as error:
        sys.exit(os_sentence(error))


def os_sentence(error: OSError) -> str:
    """Return one sentence for a failure of the operating system."""
    import errno

    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return "磁盘已满，请清理磁盘后重试。"
    if error.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
        return f"没有权限写入 {error.filename}：请检查项目目录的属主后重试。"
    return f"准备环境失败：{error}。"


if __name__ == "__main__":
    main()
