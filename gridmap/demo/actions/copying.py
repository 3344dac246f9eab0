"""Writing many rows at once: COPY in PostgreSQL's text format, inside the session's transaction."""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import Any

import numpy as np
import shapely
from sqlalchemy import text
from sqlalchemy.orm import Session

CHUNK_ROWS = 50_000
NULL = r"\N"
_ESCAPES = str.maketrans({"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r"})


def column(values: Iterable[Any]) -> list[str]:
    """Return values as COPY text: ``None`` and NaN become NULL, booleans t and f, texts are escaped."""
    return [_cell(value) for value in values]


def _cell(value: Any) -> str:
    if value is None or value != value:
        return NULL
    if isinstance(value, str):
        return value.translate(_ESCAPES) if not value.isprintable() or "\\" in value else value
    if isinstance(value, bool | np.bool_):
        return "t" if value else "f"
    return str(value)


def geometry_column(geoms: Iterable[Any]) -> list[str]:
    """Return geometries (lon, lat) as EWKB in hexadecimal with SRID 4326; ``None`` becomes NULL."""
    array = shapely.set_srid(np.array(list(geoms), dtype=object), 4326)
    return [NULL if value is None else value for value in shapely.to_wkb(array, hex=True, include_srid=True)]


def instant_column(seconds: np.ndarray) -> list[str]:
    """Return instants (seconds since 1970 UTC; negative: NULL) as ISO 8601 in UTC."""
    texts = np.datetime_as_string(seconds.astype("datetime64[s]"), timezone="UTC").tolist()
    return [NULL if value < 0 else shown for value, shown in zip(seconds.tolist(), texts, strict=True)]


def copy(session: Session, table: str, columns: Mapping[str, Sequence[str]]) -> int:
    """Append rows, given as columns of COPY text; return how many. Lengths must agree (``ValueError``)."""
    names = ", ".join(columns)
    cursor = session.connection().connection.cursor()
    try:
        rows = zip(*columns.values(), strict=True)
        count = 0
        for lines in _chunks(rows):
            count += len(lines)
            body = io.StringIO("\n".join(lines) + "\n")
            cursor.copy_expert(f"copy {table} ({names}) from stdin", body)
    finally:
        cursor.close()
    return count


def _chunks(rows: Iterable[tuple[str, ...]]) -> Iterator[list[str]]:
    """Return rows as lines, ``CHUNK_ROWS`` at a time."""
    rows = iter(rows)
    while lines := ["\t".join(row) for row in islice(rows, CHUNK_ROWS)]:
        yield lines


def next_id(session: Session, table: str) -> int:
    """Return a number from which on no row of ``table`` has an id."""
    return int(session.execute(text(f"select coalesce(max(id), 0) + 1 from {table}")).scalar_one())


def reserve_ids(session: Session, table: str) -> None:
    """Let the table's identity go on after its highest id."""
    session.execute(
        text(f"select setval(pg_get_serial_sequence('{table}', 'id'), greatest((select max(id) from {table}), 1))")
    )
