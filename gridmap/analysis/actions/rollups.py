"""Rollups as SQL: one description of what a case adds, used by the rebuild, the fold and the audit alike."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from sqlalchemy import text
from sqlalchemy.orm import Session

from gridmap.analysis.rules import CELL_LEVELS, KEY_ZOOM, UNIT_LEVELS, unit_step
from gridmap.cases.actions.words import rebuild_words

LOCK = 0x67726964  # advisory lock of fold and rebuild: one at a time
FOLD_ROWS = 5_000

# What every case adds. Columns of the zoom-22 cell come from the same expressions as gridmap_zkey (0001), so that they are
# the same whole numbers that gridmap_squeeze gives for a delta.
CASES = """
select c.unit_code, gridmap_month(c.received_at) as month, k.family, c.status, c.risk, c.zkey, 1 as n,
  least(greatest(floor((st_x(c.geom) + 180) / 360 * 4194304), 0), 4194303)::bigint as x,
  least(greatest(floor((1 - ln(tan(radians(lat)) + 1 / cos(radians(lat))) / pi()) / 2 * 4194304), 0), 4194303)::bigint as y
from cases c join categories k on k.id = c.category_id
cross join lateral (select least(greatest(st_y(c.geom), -85.0511287), 85.0511287) as lat) as clamped
"""
DELTAS = """
select unit_code, month, family, status, risk, zkey, n, gridmap_squeeze(zkey) as x, gridmap_squeeze(zkey >> 1) as y from {source}
"""
UPSERT_TOTALS = """
insert into case_totals (county_code, unit_code, unit_level, month, family, status, risk, located, n)
select unit_code / 1000000000, unit_code, unit_level, month, family, status, risk, located, n from ({rows}) as fresh
order by unit_level, unit_code, month
on conflict (unit_level, unit_code, month, family, status, risk, located) do update set n = case_totals.n + excluded.n
"""
UPSERT_CELLS = """
insert into case_cells (county_code, unit_code, unit_level, cell_level, by_status, cell, family, status, risk, n, sum_x, sum_y)
select unit_code / 1000000000, unit_code, unit_level, cell_level, status <> '', cell, family, status, risk, n,
  sum_x, sum_y from ({rows}) as fresh
order by unit_level, cell_level, status <> '', cell, unit_code
on conflict (unit_level, cell_level, by_status, cell, unit_code, family, status, risk)
do update set n = case_cells.n + excluded.n, sum_x = case_cells.sum_x + excluded.sum_x, sum_y = case_cells.sum_y + excluded.sum_y
"""


def totals_of(source: str) -> str:
    """Return the SELECT of totals at every kept level over ``source`` (a relation with the columns of ``CASES``)."""
    return f"""
select unit_code / step * step as unit_code, unit_level, month, family, status, risk, zkey is not null as located, sum(n)::int as n
from {source} cross join (values {_steps()}) as levels (unit_level, step)
group by 1, 2, 3, 4, 5, 6, 7 having sum(n) <> 0"""


def cells_of(source: str) -> str:
    """Return the SELECT of cells at every kept unit and cell level over ``source``.

    The finest cells are gathered first, the coarser ones from them: the rows are read once.
    """
    finest = 2 * (KEY_ZOOM - CELL_LEVELS[-1])
    shifts = ", ".join(f"({level}, {2 * (KEY_ZOOM - level)})" for level in CELL_LEVELS)
    return f"""
select unit_code / step * step as unit_code, unit_level, cell_level, cell >> shift << shift as cell, family,
  case when by_status then status else '' end as status, risk,
  sum(n)::int as n, sum(sum_x)::bigint as sum_x, sum(sum_y)::bigint as sum_y
from (
  select unit_code / {unit_step(UNIT_LEVELS[-1])} * {unit_step(UNIT_LEVELS[-1])} as unit_code, zkey >> {finest} << {finest} as cell,
    family, status, risk, sum(n) as n, sum(n * x) as sum_x, sum(n * y) as sum_y
  from {source} where zkey is not null group by 1, 2, 3, 4, 5
) as finest cross join (values {_steps()}) as levels (unit_level, step) cross join (values {shifts}) as zooms (cell_level, shift)
cross join (values (true), (false)) as details (by_status)
group by 1, 2, 3, 4, 5, 6, 7 having sum(n) <> 0 or sum(sum_x) <> 0 or sum(sum_y) <> 0"""


def _steps() -> str:
    return ", ".join(f"({level}, {unit_step(level)}::bigint)" for level in UNIT_LEVELS)


def rebuild_rollups(session: Session) -> None:
    """Make all rollups anew from the cases, in this transaction (as the owner of the tables; sees every unit).

    For bulk loads, see ``loading_in_bulk``. Cases may be read meanwhile, not changed; the map waits.
    """
    _one_at_a_time(session)
    session.execute(text("lock table cases in share row exclusive mode"))
    session.execute(text("truncate case_deltas, case_totals, case_cells"))
    session.execute(text(f"create temporary table case_facts on commit drop as {CASES}"))
    session.execute(text(UPSERT_TOTALS.format(rows=totals_of("case_facts"))))
    session.execute(text(UPSERT_CELLS.format(rows=cells_of("case_facts"))))
    session.execute(text("drop table case_facts"))
    for table in ("case_totals", "case_cells"):
        session.execute(text(f"analyze {table}"))


@contextmanager
def loading_in_bulk(session: Session) -> Iterator[None]:
    """Load very many cases inside the block (as the owner): no changes are noted, rollups and words are made anew at its end."""
    for trigger in ("case_deltas_insert", "case_words_insert"):
        session.execute(text(f"alter table cases disable trigger {trigger}"))
    yield
    for trigger in ("case_deltas_insert", "case_words_insert"):
        session.execute(text(f"alter table cases enable trigger {trigger}"))
    rebuild_rollups(session)
    rebuild_words(session)


def fold_deltas(session: Session, *, most: int = FOLD_ROWS) -> int:
    """Fold up to ``most`` of the oldest changes into the rollups; return how many were folded.

    Removing a delta and adding it to the rollups is one transaction, so a reader sees it exactly once.
    """
    _one_at_a_time(session)
    session.execute(text("create temporary table case_folding on commit drop as select * from case_deltas where false"))
    moved = session.execute(
        text(
            "with oldest as (select county_code, id from case_deltas order by id limit :most),"
            " gone as (delete from case_deltas d using oldest o where (d.county_code, d.id) = (o.county_code, o.id) returning d.*)"
            " insert into case_folding select * from gone"
        ),
        {"most": most},
    )
    folded = int(getattr(moved, "rowcount", 0))
    if folded:
        source = f"({DELTAS.format(source='case_folding')}) as changes"
        session.execute(text(UPSERT_TOTALS.format(rows=totals_of(source))))
        session.execute(text(UPSERT_CELLS.format(rows=cells_of(source))))
        session.execute(text("delete from case_totals where n = 0"))
        session.execute(text("delete from case_cells where n = 0 and sum_x = 0 and sum_y = 0"))
    session.execute(text("drop table case_folding"))
    return folded


AUDIT = """
with facts as ({cases}), truth as ({truth}), kept as (select {keys}, {added} from ({rolled} union all {pending}) as parts group by {keys})
select count(*) from truth full join kept using ({keys}) where {differs}
"""
ROLLUPS = (
    ("case_totals", totals_of, ("unit_code", "unit_level", "month", "family", "status", "risk", "located"), ("n",)),
    (
        "case_cells",
        cells_of,
        ("unit_code", "unit_level", "cell_level", "cell", "family", "status", "risk"),
        ("n", "sum_x", "sum_y"),
    ),
)


def audit_rollups(session: Session) -> int:
    """Count rows in which rollups plus pending changes differ from a direct count of the cases; 0 is right."""
    return sum(_differences(session, *rollup) for rollup in ROLLUPS)


def _differences(
    session: Session, table: str, make: Callable[[str], str], keys: tuple[str, ...], sums: tuple[str, ...]
) -> int:
    columns = ", ".join(f"coalesce({key}, '-') as {key}" if key == "risk" else key for key in keys + sums)
    statement = AUDIT.format(
        cases=CASES,
        truth=f"select {columns} from ({make('facts')}) as counted",
        rolled=f"select {columns} from {table}",
        pending=f"select {columns} from ({make('(' + DELTAS.format(source='case_deltas') + ') as changes')}) as waiting",
        keys=", ".join(keys),
        added=", ".join(f"sum({name}) as {name}" for name in sums),
        differs=" or ".join(f"coalesce(truth.{name}, 0) <> coalesce(kept.{name}, 0)" for name in sums),
    )
    return int(session.execute(text(statement)).scalar_one())


def _one_at_a_time(session: Session) -> None:
    session.execute(text("select pg_advisory_xact_lock(:lock)"), {"lock": LOCK})
