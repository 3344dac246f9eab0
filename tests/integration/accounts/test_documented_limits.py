"""The guide names every limit of signing in with its real default."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

GUIDE = Path(__file__).resolve().parents[3] / "docs" / "guide" / "settings.md"


def test_limits_are_documented_with_their_defaults(connection: Any) -> None:
    kept = connection.exec_driver_sql("select key, value::text from system_settings where key like 'login.%%'").all()
    told = re.findall(r"^\| `(login\.[a-z_]+)` \| `(\d+)` \|", GUIDE.read_text(), re.M)
    assert sorted(told) == sorted(map(tuple, kept))
