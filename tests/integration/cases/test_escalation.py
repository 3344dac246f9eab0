"""The sweep by real processes at once on committed data: every level once, none lost, also when a worker is killed in the middle."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import create_engine, text

CASES = 3_000
# Each case has a timer of 接单 whose three levels are all past, and one of the whole course whose reminder is.
FILL = f"""
insert into units (unit_code, county_code, level, name) values (990102001001001, 990102, 15, '网格');
insert into category_versions (label, source_note, valid_from) values ('版', '测试', '2020-01-01');
insert into categories (version_id, code, name, family, family_name, dimension, default_grade)
  select id, '0101', '邻里纠纷', 1, '社会民生', '矛盾纠纷', 'worry' from category_versions;
insert into cases (county_code, unit_code, case_code, category_id, channel, grade, scale, status, title, received_at,
    position_method)
  select 990102, 990102001001001, '990102-2026-' || lpad(n::text, 7, '0'), c.id, 'visit', 'worry', 'individual', 'dispatched',
    '事件', now() - interval '9 days', 'none' from generate_series(1, {CASES}) n, categories c;
insert into case_timers (county_code, unit_code, case_id, stage, source_note, data, calendar_id, started_at, remind_at, due_at,
    second_at, next_at)
  select county_code, unit_code, id, 'accept', '测试', '{{}}', (select min(id) from work_calendars), received_at,
    now() - interval '3 days', now() - interval '2 days', now() - interval '1 day', now() - interval '3 days' from cases;
insert into case_timers (county_code, unit_code, case_id, stage, source_note, data, calendar_id, started_at, remind_at, due_at,
    next_at)
  select county_code, unit_code, id, 'whole', '测试', '{{}}', (select min(id) from work_calendars), received_at,
    now() - interval '1 hour', now() + interval '9 days', now() - interval '1 hour' from cases;
"""
SWEEP = """
from gridmap import jobs
from gridmap.cases.actions.escalation import escalate
from gridmap.clock import now
import sys
most = int(sys.argv[1])
print("ready", flush=True)
sys.stdin.readline()
taken = most
while taken == most:
    with jobs.job_session() as session:
        taken = escalate(session, now=now(), most=most)
    print(taken, flush=True)
"""
RIGHT = f"""
select (select count(*) from case_escalations) = 4 * {CASES}
  and (select count(*) from (select distinct case_id, timer_id, level from case_escalations) d) = 4 * {CASES}
  and (select count(*) from case_escalations where stage = 'accept' and level = 'remind') = {CASES}
  and (select count(*) from case_steps where action = 'supervise') = {CASES}
  and (select count(*) from cases where supervision = 'ordinary') = {CASES}
  and (select count(*) from case_timers where stage = 'accept' and next_at is null and reached = 3) = {CASES}
  and (select count(*) from case_timers where stage = 'whole' and next_at = due_at and reached = 1) = {CASES}
"""


@pytest.fixture
def start(clone: Callable[[], Any], tmp_path: Path) -> Any:
    """A database full of cases that are late, and a way to start a process that sweeps it when told to."""
    url = clone()
    engine = create_engine(url)
    with engine.begin() as connection:
        connection.execute(text(FILL))
    values = {"GRIDMAP_DATABASE_URL": url.render_as_string(hide_password=False), "GRIDMAP_INSTANCE_DIR": str(tmp_path)}
    started: list[subprocess.Popen[str]] = []

    def begin(most: int) -> subprocess.Popen[str]:
        process = subprocess.Popen(
            [sys.executable, "-c", SWEEP, str(most)], env={**os.environ, **values}, stdin=subprocess.PIPE,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        )  # fmt: skip
        started.append(process)
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        return process

    yield begin, engine
    for process in started:
        process.kill()
        process.communicate()
    engine.dispose()


def run_out(process: subprocess.Popen[str]) -> int:
    """Wait for a sweep that was told to go; return how many timers it took."""
    said, faults = process.communicate(timeout=120)
    assert process.returncode == 0, faults
    return sum(int(line) for line in said.split())


def go(process: subprocess.Popen[str]) -> None:
    assert process.stdin is not None
    process.stdin.write("\n")
    process.stdin.flush()


def test_two_sweeps_at_once_write_every_level_once(start: Any) -> None:
    begin, engine = start
    one, two = begin(50), begin(50)
    go(one)
    go(two)
    taken = [run_out(one), run_out(two)]
    last = begin(5_000)  # whatever both stepped around
    go(last)
    left = run_out(last)
    with engine.connect() as connection:
        assert connection.execute(text(RIGHT)).scalar(), taken
    assert sum(taken) + left == 2 * CASES
    assert all(taken), taken  # both really worked


def test_a_sweep_that_is_killed_loses_and_doubles_nothing(start: Any) -> None:
    begin, engine = start
    victim = begin(20)
    go(victim)
    assert victim.stdout is not None
    assert victim.stdout.readline()  # one batch is committed, the next is on its way
    victim.send_signal(signal.SIGKILL)
    victim.wait(timeout=30)
    with engine.connect() as connection:
        done = connection.execute(text("select count(*) from case_escalations")).scalar()
        assert 0 < (done or 0) < 4 * CASES
        deadline = time.monotonic() + 30
        while connection.execute(text("select count(*) from pg_stat_activity where state like 'idle in%%' and datname ="
                                      " current_database() and pid <> pg_backend_pid()")).scalar():  # fmt: skip
            assert time.monotonic() < deadline
            time.sleep(0.1)
    again = begin(1_000)
    go(again)
    run_out(again)
    with engine.connect() as connection:
        assert connection.execute(text(RIGHT)).scalar()
