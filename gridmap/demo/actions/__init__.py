"""Loading a demonstration centre: everything in one transaction, the same for the same seed and day."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

from numpy.random import PCG64, Generator
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from gridmap import audit
from gridmap.analysis.actions.rollups import loading_in_bulk
from gridmap.cases.actions import load_categories
from gridmap.cases.models import Category
from gridmap.demo.actions.appointments import load_appointments
from gridmap.demo.actions.clearing import clear, require_empty
from gridmap.demo.actions.clocks import load_clocks, raise_levels
from gridmap.demo.actions.ground import County, draw, load_outlines, load_sources, load_units
from gridmap.demo.actions.histories import load_histories
from gridmap.demo.actions.patrols import load_patrols
from gridmap.demo.actions.people import Staff, load_people
from gridmap.demo.actions.reports import indexes_afterwards, load_reports
from gridmap.demo.actions.scenes import play_scenes
from gridmap.demo.queries import category_edition, demo_sizes, demo_tables, handled_dimensions, real_divisions, scenes
from gridmap.demo.rules.rhythm import end_of
from gridmap.demo.rules.sizes import Size, size_of
from gridmap.demo.rules.tables import Tables
from gridmap.errors import BadInput

Progress = Callable[[int, int | None, str], None]
ANALYSED = (
    "units",
    "outlines",
    "accounts",
    "posts",
    "departments",
    "cases",
    "case_steps",
    "case_orders",
    "case_timers",
)
APPOINTMENTS_UP_TO = 5_000
"""Up to this many cases there are appointments too: they are sealed with the keys of the instance that loads them."""
HISTORIES_UP_TO = 50_000
"""Up to this many cases each has its history; the size for measuring does without."""


@dataclass(frozen=True, slots=True)
class Loaded:
    """What was written."""

    label: str
    units: int
    outlines: int
    accounts: int
    cases: int


def load_demonstration(
    session: Session,
    *,
    size: str,
    seed: int,
    as_of: date,
    password: str,
    replace: bool = False,
    progress: Progress | None = None,
) -> Loaded:
    """Write a demonstration of ``size`` (town, county, city) as the owner of the tables; the caller commits.

    Cases reach back two years from 08:00 on ``as_of``. Raises ``Conflict`` when the system is not empty (unless
    ``replace``) and ``BadInput`` for an unknown size.
    """
    sizes, divisions, tables = demo_sizes(), real_divisions(), demo_tables()
    if size not in sizes:
        raise BadInput(f"没有“{size}”这个规模：可选 {'、'.join(sizes)}。", field="size")
    clear(session) if replace else require_empty(session)
    plan = size_of(size, sizes, divisions, Generator(PCG64(seed)))
    steps = _Steps(progress, total=3 * len(plan.counties) + 5)
    since = date(as_of.year - 3, 1, 1)
    counties = []
    for item in plan.counties:
        steps(f"划分示例边界 {item.code // 10**9}")
        counties.append(draw(item, divisions, tables, seed))
    steps("写入区划")
    load_sources(session, len(divisions))
    units = load_units(session, divisions, counties, since)
    outlines = load_outlines(session, counties, since, steps)
    steps("写入人员岗位")
    staff = load_people(session, counties, tables.posts[size], tables, password, seed)
    cases = _load_cases(session, plan, counties, tables, staff, as_of, seed, steps)
    audit.record(session, None, "demo.loaded", size, 0, seed=seed, as_of=as_of.isoformat(), cases=cases)
    session.flush()
    for table in ANALYSED:
        session.execute(text(f"analyze {table}"))
    return Loaded(plan.label, units, outlines, staff.count, cases)


def _load_cases(
    session: Session,
    plan: Size,
    counties: list[County],
    tables: Tables,
    staff: Staff,
    as_of: date,
    seed: int,
    steps: _Steps,
) -> int:
    """Write categories, cases and rollups; return how many cases."""
    categories = ensure_categories(session)
    expected = sum(sum(item.cases.values()) for item in plan.counties)
    count = 0
    with loading_in_bulk(session):
        with indexes_afterwards(session, expected):
            for county in counties:
                steps(f"写入事件 {county.size.code // 10**9}")
                count += load_reports(session, county, tables, categories, staff, as_of, seed)
            steps("建立索引")
        if expected <= HISTORIES_UP_TO:
            load_histories(session, handled_dimensions(), end_of(as_of))
            load_clocks(session, end_of(as_of))
            play_scenes(session, scenes(), end_of(as_of))
            raise_levels(session, end_of(as_of))
        if expected <= APPOINTMENTS_UP_TO:
            for unit, (_, clerk) in sorted(staff.desks.items()):
                load_appointments(session, [unit], as_of, clerk)
            load_patrols(session, staff.workers, plan.focus, end_of(as_of), seed)
        steps("汇总统计")
    return count


def ensure_categories(session: Session) -> dict[str, int]:
    """Load the edition of the categories in ``data/categories`` when it is not there; return code → id."""
    head, rows = category_edition()
    version = load_categories(session, head["label"], head["source_note"], rows, valid_from=head["valid_from"])
    found = session.execute(select(Category.code, Category.id).where(Category.version_id == version.id))
    return {code: number for code, number in found}


class _Steps:
    """Counts the steps of a load and hands them to whoever shows progress."""

    def __init__(self, progress: Progress | None, total: int) -> None:
        self.progress, self.total, self.done = progress, total, 0

    def __call__(self, words: str) -> None:
        self.done += 1
        if self.progress:
            self.progress(min(self.done, self.total), self.total, words)
