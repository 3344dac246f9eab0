"""Units: how long a district of 5,000 grids takes from the file to a published version."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from sqlalchemy import create_engine
from sqlalchemy.orm import Session

from bench.lattices import county, write_divisions, write_geopackage

GRIDS = (100, 50)
BAR_S = 60.0


def measures(url: Any = None) -> list[dict[str, Any]]:
    """Import, check and publish a 5,000-grid GeoPackage on a database of its own; the bar is 60 s on 2 cores.

    ``url`` is an owner's address on the server (default: the configured one); the scratch database is dropped at the end.
    """
    from gridmap.config import settings
    from gridmap.db import migrate

    server = url or settings().admin_url()
    admin = create_engine(server.set(database="postgres"), isolation_level="AUTOCOMMIT")
    name = "gridmap_bench_units"
    drop = f"drop database if exists {name} with (force)"
    try:
        with admin.connect() as connection:
            connection.exec_driver_sql(drop)
            connection.exec_driver_sql(f"create database {name}")
        migrate(server.set(database=name))
        with tempfile.TemporaryDirectory() as folder:
            return timed_import(server.set(database=name), Path(folder))
    finally:
        with admin.connect() as connection:
            connection.exec_driver_sql(drop)
        admin.dispose()


def timed_import(url: Any, folder: Path) -> list[dict[str, Any]]:
    """Time the import on an empty, migrated database. Raises ``AssertionError`` when clean grids come out unclean."""
    from gridmap.cli.units import COMMAND_LINE
    from gridmap.units import actions
    from gridmap.units.forms.divisions import read_divisions
    from gridmap.units.forms.files import Options, read_outlines
    from gridmap.units.rules.datum import Datum

    made = county(*GRIDS)
    codes = read_divisions(write_divisions(folder / "codes.csv", made))
    above = write_geopackage(folder / "above.gpkg", made.above(), made.names)
    grids = write_geopackage(folder / "grids.gpkg", made.grids(), made.names)
    options = Options(datum=Datum.CGCS2000)
    engine = create_engine(url)
    spent: dict[str, float] = {}

    def timed(what: str, work: Callable[[], Any]) -> Any:
        started = time.perf_counter()
        done = work()
        spent[what] = time.perf_counter() - started
        return done

    try:
        with Session(engine, expire_on_commit=False) as session:
            actions.import_divisions(session, COMMAND_LINE, file=codes)
            first = actions.import_outlines(session, COMMAND_LINE, files=[read_outlines(above, options)])
            actions.publish_version(session, COMMAND_LINE, version_id=first.version_id or 0)
            session.commit()
            file = timed("read", lambda: read_outlines(grids, options))
            report = timed("import_and_check", lambda: actions.import_outlines(session, COMMAND_LINE, files=[file]))
            timed("publish", lambda: actions.publish_version(session, COMMAND_LINE, version_id=report.version_id or 0))
            session.commit()
            again = timed("same_file_again", lambda: actions.import_outlines(session, COMMAND_LINE, files=[file]))
    finally:
        engine.dispose()
    counts = (report.counts["added"], report.error_count, again.counts["unchanged"])
    if counts != (GRIDS[0] * GRIDS[1], 0, GRIDS[0] * GRIDS[1]):
        raise AssertionError(f"5,000 clean grids came out as {counts}")
    return _rows(spent)


def _rows(spent: dict[str, float]) -> list[dict[str, Any]]:
    """Return the measures: the sum that has a bar, and its parts."""
    total = spent["read"] + spent["import_and_check"]
    rows: list[tuple[str, float, float | None]] = [("units.5000_grids.import_and_check", total, BAR_S)]
    rows += [(f"units.5000_grids.{what}", value, None) for what, value in spent.items()]
    return [
        {"name": name, "value": round(value, 3), "unit": "s", "bar": bar, "ok": bar is None or value <= bar}
        for name, value, bar in rows
    ]


if __name__ == "__main__":
    for row in measures():
        print(row)
