"""``make check``: style, types, import contracts, templates, scripts; ends 1 when any of them fails."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import environment

ROOT = Path(__file__).resolve().parent.parent
BIN = ROOT / ".venv" / "bin"
PLACES = [place for place in ("gridmap", "tests", "scripts", "migrations", "bench") if (ROOT / place).is_dir()]


def tool(*command: str) -> Callable[[], tuple[int, str]]:
    """Return a check that runs one program of the environment."""

    def run() -> tuple[int, str]:
        done = subprocess.run(
            [str(BIN / command[0]), *command[1:]], cwd=ROOT, capture_output=True, text=True, check=False
        )
        return done.returncode, done.stdout + done.stderr

    return run


def scripts_parse() -> tuple[int, str]:
    """Check that every module under ``static/js`` parses.

    Given on standard input because ``node --check FILE`` takes a module without a package for CommonJS and lets errors
    pass.
    """
    node = shutil.which("node", path=environment.search_path())
    if node is None:
        return 1, "没有找到 node：请先运行 python3 scripts/setup.py --for check"
    faults = []
    for file in sorted((ROOT / "gridmap" / "static" / "js").rglob("*.js")):
        done = subprocess.run(
            [node, "--input-type=module", "--check"], input=file.read_bytes(), capture_output=True, check=False
        )
        if done.returncode != 0:
            faults.append(f"{file.relative_to(ROOT)}:\n{done.stderr.decode(errors='replace')}")
    return (1 if faults else 0), "\n".join(faults)


def templates_lint() -> tuple[int, str]:
    """Lint the templates, when there are any."""
    if not any((ROOT / "gridmap" / "templates").rglob("*.html")):
        return 0, ""
    return tool("djlint", "gridmap/templates", "--lint", "--quiet")()


CHECKS: dict[str, Callable[[], tuple[int, str]]] = {
    "ruff check": tool("ruff", "check", *PLACES),
    "ruff format": tool("ruff", "format", "--check", *PLACES),
    "mypy": tool("mypy"),
    "lint-imports": tool("lint-imports", "--no-cache"),
    "djlint": templates_lint,
    "node --check": scripts_parse,
}


def timed(name: str) -> tuple[str, int, str, float]:
    """Run one check and return its name, exit code, output and seconds."""
    started = time.monotonic()
    code, output = CHECKS[name]()
    return name, code, output, time.monotonic() - started


def main() -> None:
    """Run all checks, two at a time."""
    failed = []
    with ThreadPoolExecutor(max_workers=min(2, os.cpu_count() or 1)) as pool:
        for name, code, output, seconds in pool.map(timed, CHECKS):
            print(f"{'通过' if code == 0 else '未过'}  {name}（{seconds:.1f} 秒）", flush=True)
            if code != 0:
                failed.append(name)
                print(output.rstrip(), flush=True)
    if failed:
        sys.exit(f"检查未通过：{'、'.join(failed)}。")


if __name__ == "__main__":
    main()
