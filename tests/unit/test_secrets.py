"""The secrets of an instance: made once, however many processes start at the same moment."""

from __future__ import annotations

import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier

from gridmap.config import stored_secret

TIMES = 8


def test_all_who_start_at_once_get_the_same_secret(tmp_path: Path) -> None:
    for n in range(200):
        file, together = tmp_path / str(n) / "secret-key", Barrier(TIMES)

        def first(_: int, file: Path = file, together: Barrier = together) -> str:
            together.wait()
            return stored_secret(file)

        with ThreadPoolExecutor(TIMES) as pool:
            told = set(pool.map(first, range(TIMES)))
        assert told == {file.read_text()}
        assert len(told.pop()) == 64
        assert [one.name for one in file.parent.iterdir()] == ["secret-key"]
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
