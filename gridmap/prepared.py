"""Statements that are planned once for each connection instead of each time: for those whose planning costs more than their rows.

PostgreSQL checks the policies of whoever runs a prepared statement and plans it anew for another role, so a statement prepared
for one person gives another nothing that is not theirs.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from itertools import count
from typing import Any
from weakref import WeakKeyDictionary

from sqlalchemy import TextClause, text
from sqlalchemy.orm import Session

_kept: WeakKeyDictionary[Any, dict[str, TextClause]] = WeakKeyDictionary()
_numbers = count(1)


def prepared(session: Session, sql: str, types: Mapping[str, str]) -> TextClause:
    """Return what runs ``sql`` prepared on the session's connection; it is prepared there the first time.

    ``sql`` has its parameters as ``:name``; ``types`` names each with its PostgreSQL type. For texts of our own making only: a
    connection keeps each of them for good.
    """
    kept = _kept.setdefault(session.connection().connection.driver_connection, {})
    if sql not in kept:
        name = f"kept_{next(_numbers)}"
        marks = {parameter: f"${number}" for number, parameter in enumerate(types, 1)}
        numbered = re.sub(r"(?<!:):([a-z_]+)", lambda found: marks[found[1]], sql)
        session.connection().exec_driver_sql(
            f"prepare {name} ({', '.join(types.values())}) as {numbered}".replace("%", "%%")
        )
        kept[sql] = text(f"execute {name} ({', '.join(f':{parameter}' for parameter in types)})")
    return kept[sql]
