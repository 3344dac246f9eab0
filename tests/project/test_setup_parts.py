"""Set-up: what it says when a step fails, and what it does to the browser libraries."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "scripts"))

import machine  # noqa: E402
import report  # noqa: E402
import vendor  # noqa: E402


@pytest.mark.parametrize(
    ("said", "remedy"),
    [
        ("E: Failed to fetch Temporary failure resolving 'mirror.example'", "没有网络"),
        ("npm error code EAI_AGAIN", "没有网络"),
        ("ERROR: Could not install packages due to an OSError: [Errno 28] No space left on device", "清理磁盘"),
        ("E: Unable to locate package postgresql-15-postgis-3", "软件源里没有"),
        ("ReadTimeoutError: Read timed out.", "连不上软件源"),
        ("E: Could not get lock /var/lib/dpkg/lock-frontend", "等它结束"),
        ("sudo: a password is required", "管理员权限"),
    ],
)
def test_cause_and_remedy(said: str, remedy: str) -> None:
    assert remedy in str(report.cause_of(said))


def test_unknown_output_is_quoted_in_one_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GRIDMAP_INSTANCE_DIR", str(tmp_path))
    with pytest.raises(report.SetupError) as caught, report.Step("试一步") as step:
        step.run([sys.executable, "-c", "print('first'); print('a strange fault'); raise SystemExit(3)"])
    text = str(caught.value)
    assert text.startswith("试一步失败：")
    assert "a strange fault" in text
    assert "\n" not in text
    assert "a strange fault" in (tmp_path / "logs" / "setup.log").read_text()


def test_too_little_space_is_said_before_anything_starts(monkeypatch: pytest.MonkeyPatch) -> None:
    import setup as set_up

    monkeypatch.setattr(set_up.shutil, "disk_usage", lambda _: type("Usage", (), {"free": 10_000_000})())
    with pytest.raises(report.SetupError, match=r"磁盘空间不足.*剩余 10 MB.*请清理"):
        set_up.check_space("run")


def test_no_root_and_no_sudo_names_the_packages(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(machine.os, "getuid", lambda: 1000)
    monkeypatch.setattr(machine.shutil, "which", lambda name, **_: "/usr/bin/apt-get" if name == "apt-get" else None)
    with pytest.raises(report.SetupError, match="apt-get install postgresql-15 postgresql-15-postgis-3"):
        machine.install(["postgres"])


def test_what_prints_papers_is_installed_where_it_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(machine.glob, "glob", lambda *_, **__: [])
    monkeypatch.setenv("GRIDMAP_DATABASE_URL", "postgresql://x")
    assert {"layout", "fonts"} <= set(machine.missing("run"))
    assert "layout" not in machine.missing("check")
    packages = machine.packages_for("layout")
    assert packages == ["libpango-1.0-0", "libpangoft2-1.0-0", "libharfbuzz-subset0"]
    monkeypatch.undo()
    assert machine.has_text_layout()


def test_not_a_debian_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(machine.shutil, "which", lambda name, **_: None)
    with pytest.raises(report.SetupError, match=r"PostgreSQL 15\+ 与 PostGIS 3"):
        machine.install(["postgres", "venv"])


def test_vendored_modules_need_no_bundler_and_no_map() -> None:
    text = 'import{decompressSync as W}from"fflate";export{W};\n//# sourceMappingURL=index.js.map'
    assert vendor.servable(text, "pmtiles.mjs") == 'import{decompressSync as W}from"./fflate.mjs";export{W};\n'
    assert vendor.servable(".a{}\n/*# sourceMappingURL=x.css.map */\n", "x.css") == ".a{}\n"


def test_what_is_vendored_imports_only_what_is_vendored() -> None:
    bare = re.compile(r"""(?:\bfrom|\bimport)\s*\(?\s*["']([^"'./][^"']*)["']""")
    modules = sorted(vendor.VENDOR.glob("*.mjs"))
    assert {name for _, _, name in vendor.FILES} <= {file.name for file in vendor.VENDOR.iterdir()}
    for file in modules:
        text = file.read_text(encoding="utf-8")
        assert "sourceMappingURL" not in text, file.name
        assert not bare.search(text), f"{file.name}: {bare.search(text)}"


def test_every_vendored_package_brings_its_licence() -> None:
    for package in {package for package, _, _ in vendor.FILES}:
        assert (vendor.VENDOR / f"{package}.LICENSE.txt").stat().st_size > 50, package


def test_second_set_up_finds_everything_and_ends_at_once() -> None:
    done = subprocess.run(
        [sys.executable, ROOT / "scripts" / "setup.py", "--for", "run"],
        capture_output=True,
        text=True,
        timeout=120,
        env={**os.environ, "PYTHONWARNINGS": ""},
        check=False,
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_make_help_lists_every_target() -> None:
    makefile = (ROOT / "Makefile").read_text()
    targets = set(re.search(r"^\.PHONY: (.*)$", makefile, re.MULTILINE).group(1).split())  # type: ignore[union-attr]
    shown = subprocess.run(["make", "help"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    assert targets - {"help"} <= set(re.findall(r"make (\S+)", shown))


def test_lock_files_and_scripts_name_no_download_host() -> None:
    assert '"resolved"' not in (ROOT / "package-lock.json").read_text()
    files = [ROOT / name for name in ("package.json", "constraints.txt", "Makefile", ".ci/run")]
    for file in [*files, *(ROOT / "scripts").glob("*.py")]:
        assert not re.search(r"https?://(?!127\.0\.0\.1)", file.read_text()), file.name


def test_too_old_python_is_one_sentence() -> None:
    code = (
        "import sys, runpy; sys.argv = ['setup.py']; sys.version_info = (3, 9, 2);"
        "import shutil; shutil.which = lambda *_, **__: None;"
        f"runpy.run_path({str(ROOT / 'scripts' / 'setup.py')!r}, run_name='__main__')"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "Python 版本过低（3.9）" in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1
