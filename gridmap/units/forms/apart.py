"""Reading by GDAL in a process of its own, bounded in time and memory: a file that never ends costs only that process.

GDAL holds no lock of Python's while it reads, so that no time limit of the server would ever stop it.
"""

from __future__ import annotations

import logging
import pickle
import resource
import subprocess
import sys
from pathlib import Path

from gridmap.errors import BadInput
from gridmap.units.forms.limits import Limits
from gridmap.units.forms.tables import Table

log = logging.getLogger("gridmap.units")


def read_apart(path: Path, kind: str, limits: Limits, layer: str = "") -> Table:
    """Return what ``gdal.read`` makes of a file in a temporary folder of ours; the answer passes through that folder.

    Raises ``BadInput``, also when the time or the memory of ``limits`` is not enough.
    """
    asked, answer = path.with_name("asked"), path.with_name("answer")
    asked.write_bytes(pickle.dumps((path, kind, limits, layer)))
    command = [sys.executable, "-m", "gridmap.units.forms.apart", str(asked), str(answer)]
    try:
        done = subprocess.run(  # noqa: S603 - our own program, names of our own
            command, timeout=limits.read_s, check=False, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE
        )
    except subprocess.TimeoutExpired as error:
        raise BadInput(
            f"文件读了 {limits.read_s:g} 秒还没有读完，已停止：请拆分后导入，或在 GIS 软件中重新导出。", field="file"
        ) from error
    if done.returncode:
        log.warning(
            "reading %s apart ended with %s: %s", kind, done.returncode, done.stderr[-2000:].decode(errors="replace")
        )
        raise BadInput("文件已损坏或过于庞大，无法读取：请重新导出，或拆分后导入。", field="file")
    with answer.open("rb") as handle:
        read = pickle.load(handle)  # noqa: S301 - written by our own process, in a folder only we can write to
    if isinstance(read, Table):
        return read
    raise BadInput(read[0], field=read[1])


def _serve(asked: Path, answer: Path) -> None:
    """Read what was asked for and leave the table, or what is wrong with the file, in ``answer``."""
    from gridmap.units.forms.gdal import read

    path, kind, limits, layer = pickle.loads(asked.read_bytes())  # noqa: S301 - written by the process that started this one
    resource.setrlimit(resource.RLIMIT_AS, (limits.read_bytes, limits.read_bytes))
    found: Table | tuple[str, str | None]
    try:
        found = read(path, kind, limits, layer)
    except BadInput as fault:
        found = (fault.message, fault.field)
    with answer.open("wb") as handle:
        pickle.dump(found, handle, protocol=5)


if __name__ == "__main__":
    _serve(Path(sys.argv[1]), Path(sys.argv[2]))
