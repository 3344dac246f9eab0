"""The sweep of escalation over 50,000 open cases, in a process of its own: seconds, and the memory it takes at most."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import Any

from sqlalchemy import create_engine, text

from bench.measure import Measure

CASES = 50_000
BAR_S, BAR_MB = 20.0, 300.0
# Two timers a case. One case in ten has something due: a reminder, a time-out or a second limit.
FILL = f"""
insert into units (unit_code, county_code, level, name) values (990102001001001, 990102, 15, '网格');
insert into category_versions (label, source_note, valid_from) values ('版', '测速', '2020-01-01');
insert into categories (version_id, code, name, family, family_name, dimension, default_grade)
  select id, '0101', '邻里纠纷', 1, '社会民生', '矛盾纠纷', 'worry' from category_versions;
insert into cases (county_code, unit_code, case_code, category_id, channel, grade, scale, status, title, received_at,
    position_method)
  select 990102, 990102001001001, '990102-2026-' || lpad(n::text, 7, '0'), c.id, 'visit', 'worry', 'individual', 'dispatched',
    '事件', now() - interval '9 days', 'none' from generate_series(1, {CASES}) n, categories c;
insert into case_timers (county_code, unit_code, case_id, stage, source_note, data, calendar_id, started_at, remind_at, due_at,
    second_at, next_at, reached)
  select county_code, unit_code, id, stage, '测速', '{{}}', (select min(id) from work_calendars), received_at,
    now() - interval '2 days', now() + lag, now() + lag + interval '1 day', now() + lag, 1
  from cases, (values ('accept'), ('whole')) s (stage), lateral (select case when stage = 'accept' and id % 10 = 0
    then interval '-1 hour' * (id % 40) - interval '1 minute' else interval '3 days' end as lag) l;
analyze;
"""
EACH = """
update case_timers set reached = 1, due_at = now() - interval '1 hour', second_at = now() + interval '9 days',
  next_at = now() - interval '1 hour' where stage = 'whole';
update case_timers set next_at = now() + interval '9 days' where stage = 'accept';
"""  # a morning on which every case passes its limit
EVERYTHING = """
truncate case_escalations;
update case_timers set reached = 0, remind_at = now() - interval '3 days', due_at = now() - interval '2 days',
  second_at = now() - interval '1 day', next_at = now() - interval '3 days';
"""  # as after a week without the job: 300,000 levels, and supervision raised for every case
SWEEP = """
import resource, time
from gridmap import jobs
from gridmap.cases.actions.escalation import BATCH, escalate
from gridmap.clock import now
begun, taken, total = time.perf_counter(), BATCH, 0
while taken == BATCH:
    with jobs.job_session() as session:
        taken = escalate(session, now=now())
    total += taken
print(time.perf_counter() - begun, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, total)
"""


def measures(url: Any = None) -> list[Measure]:
    """Sweep when one case in ten has something due, when each has, and when all limits are long past; ``url`` is an owner's address on the server."""
    from gridmap.config import settings
    from gridmap.db import migrate

    server, database = url or settings().admin_url(), "gridmap_bench_escalation"
    admin = create_engine(server.set(database="postgres"), isolation_level="AUTOCOMMIT")
    drop = f"drop database if exists {database} with (force)"
    scratch = server.set(database=database)
    engine = create_engine(scratch)
    try:
        with admin.connect() as connection:
            connection.exec_driver_sql(drop)
            connection.exec_driver_sql(f"create database {database}")
        migrate(scratch)
        with engine.begin() as connection:
            connection.execute(text(FILL))
        usual = _sweep(scratch)
        found = _told("tenth", usual)
        for name, change in (("each", EACH), ("everything", EVERYTHING)):
            with engine.begin() as connection:
                connection.execute(text(change))
            found += _told(name, _sweep(scratch))
        return found
    finally:
        engine.dispose()
        with admin.connect() as connection:
            connection.exec_driver_sql(drop)
        admin.dispose()


def _sweep(url: Any) -> tuple[float, float, int]:
    values = {**os.environ, "GRIDMAP_DATABASE_URL": url.render_as_string(hide_password=False)}
    said = subprocess.run([sys.executable, "-c", SWEEP], env=values, check=True, capture_output=True, text=True).stdout
    seconds, megabytes, total = said.split()
    return float(seconds), float(megabytes), int(total)


def _told(name: str, found: tuple[float, float, int]) -> list[Measure]:
    seconds, megabytes, total = found
    return [
        Measure(
            f"escalation.{name}",
            seconds,
            "s",
            None if name == "everything" else BAR_S,
            note=f"{2 * CASES:,} 个计时中 {total:,} 个到时",
        ),
        Measure(f"escalation.{name}.memory", megabytes, "MB", BAR_MB),
    ]
