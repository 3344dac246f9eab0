"""The project guards itself: real input unchanged, nothing loaded from elsewhere, no vendored code, docs that match the code."""

from __future__ import annotations

import hashlib
import json
import re
import subprocess
from pathlib import Path

import pytest

from gridmap.cli import TABLE
from gridmap.config import Settings

ROOT = Path(__file__).resolve().parents[2]
TRACKED = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True).stdout.split("\n")
SOURCES = [ROOT / f for f in TRACKED if f.startswith("gridmap/") and (ROOT / f).exists()]


@pytest.mark.parametrize("folder", ["boundaries", "divisions"])
def test_real_input_is_as_received(folder: str) -> None:
    sums = (ROOT / "data" / folder / "SHA256SUMS").read_text().split("\n")
    listed = {line.split()[1]: line.split()[0] for line in sums if line}
    files = {f.name for f in (ROOT / "data" / folder).iterdir()} - {"SHA256SUMS"}
    assert files == set(listed)
    for name, digest in listed.items():
        assert hashlib.sha256((ROOT / "data" / folder / name).read_bytes()).hexdigest() == digest


def test_pages_load_nothing_from_another_host() -> None:
    allowed = re.compile(r"w3\.org|127\.0\.0\.1|localhost|example\.com|tianditu\.gov\.cn")
    for file in SOURCES:
        if file.suffix in (".html", ".js", ".css", ".svg"):
            for line in file.read_text().split("\n"):
                assert not re.search(r"https?://", line) or allowed.search(line), f"{file}: {line.strip()}"


def test_third_party_code_is_not_tracked() -> None:
    assert not [f for f in TRACKED if "static/vendor/" in f or f.startswith("node_modules/")]


def test_lock_files_name_no_registry() -> None:
    lock = json.loads((ROOT / "package-lock.json").read_text())
    assert not [name for name, part in lock["packages"].items() if "resolved" in part]
    for name in ("constraints.txt", "pyproject.toml"):
        assert not re.search(r"index-url|find-links|://\S*(simple|registry)", (ROOT / name).read_text())


def test_every_requirement_is_pinned() -> None:
    pins = {re.sub(r"[-_.]+", "-", p.split("==")[0]).lower() for p in (ROOT / "constraints.txt").read_text().split()}
    block = re.search(r"dependencies = \[(.*?)\]", (ROOT / "pyproject.toml").read_text(), re.S)
    assert block is not None
    for name in re.findall(r'"([A-Za-z0-9-]+)', block.group(1)):
        assert re.sub(r"[-_.]+", "-", name).lower() in pins


def test_files_are_short_enough_to_read() -> None:
    long = {f.name: n for f in SOURCES if f.suffix in (".py", ".js") and (n := len(f.read_text().split("\n"))) > 420}
    assert long == {}


def test_no_drawer_for_odds_and_ends() -> None:
    assert not [f for f in TRACKED if re.search(r"(^|/)(utils?|helpers?|common|services?|managers?)(\.py|/)", f)]


def test_readme_tells_every_command_and_target() -> None:
    readme = (ROOT / "README.md").read_text()
    for name, entry in TABLE.items():
        assert entry.hidden or f"gridmap {name}" in readme, name
    for target in re.findall(r"^([a-z-]+):.*?## ", (ROOT / "Makefile").read_text(), re.M):
        assert f"make {target}" in readme, target


def test_settings_are_documented() -> None:
    guide = (ROOT / "docs" / "guide" / "settings.md").read_text()
    for name in Settings.model_fields:
        assert f"`GRIDMAP_{name.upper()}`" in guide, name


def test_nothing_unfinished_is_hidden() -> None:
    marks = re.compile(r"\b(TODO|FIXME|XXX)\b|raise NotImplementedError|暂未实现|敬请期待")
    for file in SOURCES:
        if file.suffix in (".py", ".js", ".html"):
            assert not marks.search(file.read_text()), file
