"""Reading what demonstration data is made from: tables, real divisions and real outlines; and what is there already."""

from __future__ import annotations

import csv
import json
import tomllib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from shapely.geometry import MultiPolygon, Point, shape
from sqlalchemy import text
from sqlalchemy.orm import Session

from gridmap.config import ROOT
from gridmap.demo.rules.planning import Division, divisions_of
from gridmap.demo.rules.scenes import Scene, scenes_of
from gridmap.demo.rules.tables import Tables, names_of, plots_of, posts_of, subjects_of
from gridmap.units.rules.datum import Datum, convert_geometry
from gridmap.units.rules.measures import polygons_only, rounded

DATA = ROOT / "data"


def rows_of(path: Path) -> list[dict[str, str]]:
    """Return the rows of a CSV file with a header line (UTF-8, with or without BOM)."""
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def demo_tables() -> Tables:
    """Return the tables in ``data/demo`` and ``data/categories``."""
    demo = DATA / "demo"
    return Tables(
        subjects=subjects_of(
            rows_of(DATA / "categories" / "categories.csv"), rows_of(demo / "mix.csv"), rows_of(demo / "phrases.csv")
        ),
        plots=plots_of(rows_of(demo / "plots.csv")),
        names=names_of(rows_of(demo / "names.csv")),
        rhythm=tomllib.loads((demo / "rhythm.toml").read_text(encoding="utf-8")),
        posts=posts_of(rows_of(demo / "accounts.csv")),
    )


def demo_sizes() -> dict[str, Any]:
    """Return ``sizes.toml``: what each size of the demonstration holds."""
    return tomllib.loads((DATA / "demo" / "sizes.toml").read_text(encoding="utf-8"))


def department_rows() -> list[dict[str, str]]:
    """Return the departments that every town and county of the demonstration has."""
    return rows_of(DATA / "demo" / "departments.csv")


def handled_dimensions() -> list[dict[str, str]]:
    """Return which of a town's departments handles cases of which data dimension (``name``, ``dimension``)."""
    return [
        {"name": row["name"], "dimension": dimension}
        for row in department_rows()
        for dimension in row["handles"].split("；")
        if dimension
    ]


def category_edition() -> tuple[dict[str, Any], list[dict[str, str]]]:
    """Return the edition of the categories a new installation starts with: its head and its rows."""
    folder = DATA / "categories"
    head = tomllib.loads((folder / "edition.toml").read_text(encoding="utf-8"))
    return head, rows_of(folder / "categories.csv")


def scenes() -> tuple[Scene, ...]:
    """Return what is played on open cases beside the main line."""
    return scenes_of(tomllib.loads((DATA / "demo" / "scenes.toml").read_text(encoding="utf-8")))


def real_divisions() -> tuple[Division, ...]:
    """Return the real division codes and names in ``data/divisions``."""
    return divisions_of(rows_of(DATA / "divisions" / "divisions.csv"))


def outline_files() -> list[Path]:
    """Return the files of the real county outlines, in the order of their codes."""
    return sorted((DATA / "boundaries").glob("*.gcj02.geojson"))


def named_posts(session: Session) -> Sequence[Any]:
    """Return every post of the accounts one can sign in with: account, name, role, unit and department with their names.

    Read as the owner of the tables, from the command line.
    """
    statement = text(
        "select a.username, a.id, a.name, p.role, p.unit_code, coalesce(u.name, '全系统') as unit_name,"
        " coalesce(d.name, '') as department, p.department_id from accounts a join posts p on p.account_id = a.id left join units u on u.unit_code = p.unit_code"
        " left join departments d on d.county_code = p.county_code and d.id = p.department_id"
        " where a.is_demo and a.password_hash is not null and a.disabled_at is null and p.ended_at is null"
        " order by a.id, p.id"
    )
    return session.execute(statement).all()


def real_outline(county: int) -> tuple[MultiPolygon, Point]:
    """Return the outline of a county (6 digits) and its seat, in WGS-84 (lon, lat).

    Raises ``FileNotFoundError`` when ``data/boundaries`` has no such county.
    """
    text = (DATA / "boundaries" / f"{county:06d}.gcj02.geojson").read_text(encoding="utf-8")
    feature: dict[str, Any] = json.loads(text)["features"][0]
    outline = rounded(polygons_only(convert_geometry(shape(feature["geometry"]), Datum.GCJ02)))
    seat = convert_geometry(Point(feature["properties"]["center"]), Datum.GCJ02)
    if not isinstance(outline, MultiPolygon) or not isinstance(seat, Point):
        raise TypeError(f"outline of {county} is no polygon")
    return outline, seat
