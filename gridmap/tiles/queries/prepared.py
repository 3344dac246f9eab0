"""Running the statement of a tile: scope and tile in one round trip, planned once for all tiles of a kind.

Planning the statement of a tile takes PostgreSQL about as long as running it, and under a policy longer still. So a statement
whose plan does not depend on the place is prepared: the place is left open, everything else (zoom, filter, the ranges of the
scope) stays in its text, and each connection keeps the statements it used last.
"""

from __future__ import annotations

from collections import OrderedDict
from itertools import count
from typing import Any, NamedTuple
from weakref import WeakKeyDictionary

from gridmap.access import Actor
from gridmap.db import scope_statement
from gridmap.tiles.rules import Tile

MOST_KEPT = 100
"""How many statements a connection keeps; each takes PostgreSQL some 100 kB."""
_kept: WeakKeyDictionary[Any, OrderedDict[str, str]] = WeakKeyDictionary()
_numbers = count(1)


class Marks(NamedTuple):
    """What stands for the column, the row and the range of keys ``lo <= zkey < hi`` of a tile in a statement."""

    x: str
    y: str
    lo: str
    hi: str


PARAMETERS = Marks("$1", "$2", "$3", "$4")


def marks_of(tile: Tile) -> Marks:
    """Return the numbers of a tile as SQL text."""
    keys = tile.keys
    return Marks(str(tile.x), str(tile.y), str(keys.lo), str(keys.hi))


def first_row(cursor: Any, actor: Actor, sql: str, tile: Tile | None = None) -> Any:
    """Run ``sql`` within the scope of ``actor`` and return its first row; with ``tile``, as ``bound`` says.

    PostgreSQL checks the policies of whoever runs a prepared statement and plans it anew for another role, so a statement
    prepared for one person gives another nothing that is not theirs.
    """
    cursor.execute(scope_statement(actor) + bound(cursor, sql, tile))
    return cursor.fetchone()


def bound(cursor: Any, sql: str, tile: Tile | None) -> str:
    """Return what runs ``sql``: itself, or with ``tile`` its prepared form with the ``PARAMETERS`` of that tile."""
    if tile is None:
        return sql
    name = _prepared(cursor, sql)
    return f"set local plan_cache_mode = force_generic_plan; execute {name} ({', '.join(marks_of(tile))})"


def _prepared(cursor: Any, sql: str) -> str:
    """Return the name of the statement on this connection, preparing it when it is not kept there."""
    kept = _kept.setdefault(cursor.connection, OrderedDict())
    name = kept.get(sql)
    if name is not None:
        kept.move_to_end(sql)
        return name
    if len(kept) >= MOST_KEPT:
        _, oldest = kept.popitem(last=False)
        cursor.execute(f"deallocate {oldest}")
    name = f"tile_{next(_numbers)}"
    cursor.execute(f"prepare {name} (int, int, bigint, bigint) as {sql}")
    kept[sql] = name
    return name
