"""The virtual environment ``.venv``, with the versions that ``constraints.txt`` pins."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
from pathlib import Path

from report import ROOT, SetupError, Step

VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
EXTRAS = {"run": "", "check": "[dev]", "test": "[dev]", "bench": "[dev]"}


def fingerprint() -> str:
    """Return the hash of all that decides what the environment must hold."""
    import tomllib

    asked = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    decides = [sys.version_info[:2], str(ROOT), asked["project"], asked["build-system"]]
    pins = (ROOT / "constraints.txt").read_text(encoding="utf-8")
    return hashlib.sha256(f"{json.dumps(decides)}\n{pins}".encode()).hexdigest()


def stamp(purpose: str) -> Path:
    """Return the file that says the environment is complete for ``purpose``."""
    return VENV / f".complete-{'dev' if EXTRAS[purpose] else 'run'}"


def is_ready(purpose: str) -> bool:
    """Say whether the environment is complete; one complete for development is complete for running too."""
    if not (PYTHON.exists() and (VENV / "bin" / "gridmap").exists()):
        return False
    now = fingerprint()
    stamps = {stamp(purpose), stamp("test")}
    return any(one.exists() and one.read_text() == now for one in stamps)


def works() -> bool:
    """Say whether the environment's Python starts, has pip, and its scripts still name this folder."""
    pip = VENV / "bin" / "pip"
    if not (PYTHON.exists() and pip.exists() and str(VENV) in pip.read_text().splitlines()[0]):
        return False
    return subprocess.run([PYTHON, "-m", "pip", "--version"], capture_output=True, check=False).returncode == 0


def prepare(purpose: str) -> None:
    """Make or complete the environment. A stamp is written last, so one that was cut off is completed next time.

    A virtual environment cannot be built elsewhere and renamed: its scripts hold its path.
    """
    if stamp("test").exists() and not EXTRAS[purpose]:
        purpose = "test"  # keep the development tools of a working copy
    stamp("run").unlink(missing_ok=True)
    stamp("test").unlink(missing_ok=True)
    if not works():
        with Step("建立虚拟环境 .venv") as step:
            step.run([sys.executable, "-m", "venv", "--clear", str(VENV)])
    with Step(
        "安装 Python 依赖（版本固定）" if not EXTRAS[purpose] else "安装 Python 依赖和测试工具（版本固定）"
    ) as step:
        pip_install(step, "-e", f".{EXTRAS[purpose]}")
    if not (VENV / "bin" / "gridmap").exists():
        raise SetupError("虚拟环境不完整：请删除 .venv 后重试。")
    stamp(purpose).write_text(fingerprint())


def pip_install(step: Step, *what: str) -> None:
    """Run ``pip install`` in the environment, under the pinned versions."""
    command = [str(PYTHON), "-m", "pip", "install", "--disable-pip-version-check", "--no-input"]
    step.run([*command, "-c", str(ROOT / "constraints.txt"), *what], {"PYTHONWARNINGS": "ignore"})


def search_path() -> str:
    """Return PATH with the environment's programs last, so that a Node of the system comes first."""
    return os.pathsep.join([os.environ.get("PATH", os.defpath), str(VENV / "bin")])
