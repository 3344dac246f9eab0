"""Opening zip archives without trusting them: names, counts, sizes and ratios are bounded before and while reading."""

from __future__ import annotations

import zipfile
import zlib
from pathlib import Path, PurePosixPath

from gridmap.errors import BadInput
from gridmap.units.forms.limits import Limits, megabytes

CHUNK = 1 << 20
SHAPEFILE_PARTS = (".shp", ".shx", ".dbf", ".prj", ".cpg")
SINGLE_FILES = (".gpkg", ".geojson", ".json", ".kml")


def open_archive(path: Path, limits: Limits) -> tuple[zipfile.ZipFile, dict[str, zipfile.ZipInfo]]:
    """Open a zip and return it with its members by real name. Raises ``BadInput`` for anything that is not plain."""
    try:
        archive = zipfile.ZipFile(path)
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError) as error:
        raise BadInput("压缩包已损坏，无法打开：请重新压缩为 .zip 后上传。", field="file") from error
    try:
        return archive, _members(archive, limits)
    except BaseException:
        archive.close()
        raise


def _members(archive: zipfile.ZipFile, limits: Limits) -> dict[str, zipfile.ZipInfo]:
    infos = archive.infolist()
    if len(infos) > limits.members:
        raise BadInput(f"压缩包内有 {len(infos):,} 个文件，超过上限 {limits.members:,} 个。", field="file")
    total = sum(info.file_size for info in infos)
    if total > limits.unpacked_bytes:
        limit = megabytes(limits.unpacked_bytes)
        raise BadInput(f"压缩包解开后有 {megabytes(total)}，超过上限 {limit}，已拒绝。", field="file")
    found: dict[str, zipfile.ZipInfo] = {}
    for info in infos:
        name = _real_name(info)
        _check_name(name)
        if info.is_dir() or name.startswith("__MACOSX/") or PurePosixPath(name).name.startswith("._"):
            continue
        if info.flag_bits & 0x1:
            raise BadInput("压缩包设有密码，请去掉密码后重新压缩。", field="file")
        if info.file_size > limits.ratio * max(info.compress_size, 1) and info.file_size > CHUNK:
            raise BadInput(f"压缩包内“{name}”的压缩比异常（疑似压缩炸弹），已拒绝。", field="file")
        found[name] = info
    if not found:
        raise BadInput("压缩包是空的。", field="file")
    return found


def _real_name(info: zipfile.ZipInfo) -> str:
    """Return a member's name; archives made on Chinese Windows hold GBK without saying so."""
    if info.flag_bits & 0x800:
        return info.filename
    try:
        return info.filename.encode("cp437").decode("gb18030")
    except (UnicodeEncodeError, UnicodeDecodeError):
        return info.filename


def _check_name(name: str) -> None:
    path = PurePosixPath(name.replace("\\", "/"))
    if path.is_absolute() or ".." in path.parts or ":" in name or "\x00" in name:
        raise BadInput(f"压缩包内有不安全的路径“{name}”，已拒绝。", field="file")


def extract(archive: zipfile.ZipFile, info: zipfile.ZipInfo, target: Path, limits: Limits) -> None:
    """Write one member to ``target``, stopping at the limit whatever its header said. Raises ``BadInput``."""
    written = 0
    try:
        with archive.open(info) as source, target.open("wb") as out:
            while piece := source.read(CHUNK):
                written += len(piece)
                if written > min(limits.unpacked_bytes, info.file_size):
                    raise BadInput("压缩包内文件比它声明的更大，已拒绝。", field="file")
                out.write(piece)
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError) as error:
        raise BadInput(f"压缩包内“{info.filename}”已损坏，请重新压缩。", field="file") from error


def layer_from_archive(path: Path, folder: Path, limits: Limits, layer: str = "") -> Path:
    """Unpack the one layer of a zip into ``folder`` under names of our own and return its main file.

    A shapefile needs .shp, .shx and .dbf together; a single .gpkg, .geojson or .kml is taken too. ``layer`` chooses
    among several shapefiles by name. Raises ``BadInput``.
    """
    archive, members = open_archive(path, limits)
    with archive:
        shapes = {name[:-4]: name for name in members if name.lower().endswith(".shp")}
        if shapes:
            stem = _chosen(sorted(shapes), layer)
            return _shapefile(archive, members, stem, folder, limits)
        singles = [name for name in members if name.lower().endswith(SINGLE_FILES)]
        if len(singles) > 1:
            raise BadInput(
                f"压缩包内有 {len(singles)} 个地图文件（{'、'.join(sorted(singles)[:8])}）：请每个单独导入。",
                field="file",
            )
        if not singles:
            listed = "、".join(sorted(members)[:8])
            raise BadInput(f"压缩包内没有找到地图图层（.shp 及同名 .shx、.dbf、.prj）：里面是 {listed}。", field="file")
        target = folder / ("layer" + PurePosixPath(singles[0].lower()).suffix)
        extract(archive, members[singles[0]], target, limits)
        return target


def _chosen(stems: list[str], layer: str) -> str:
    names = {PurePosixPath(stem).name: stem for stem in stems}
    if layer in names:
        return names[layer]
    if len(stems) == 1 and not layer:
        return stems[0]
    listed = "、".join(names)
    wanted = f"没有图层“{layer}”" if layer else f"有 {len(stems)} 个图层"
    raise BadInput(f"压缩包内{wanted}：请指定图层，可选 {listed}。", field="layer")


def _shapefile(
    archive: zipfile.ZipFile, members: dict[str, zipfile.ZipInfo], stem: str, folder: Path, limits: Limits
) -> Path:
    by_lower = {name.lower(): info for name, info in members.items()}
    parts = {part: by_lower.get(stem.lower() + part) for part in SHAPEFILE_PARTS}
    missing = [part for part in (".shx", ".dbf") if parts[part] is None]
    if missing:
        raise BadInput(
            f"压缩包内缺少 {PurePosixPath(stem).name} 的 {'、'.join(missing)}：请与 .shp 一起压缩。", field="file"
        )
    for part, info in parts.items():
        if info is not None:
            extract(archive, info, folder / f"layer{part}", limits)
    return folder / "layer.shp"
