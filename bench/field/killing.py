"""A server that is killed with -9 again and again while phones send: nothing acknowledged is lost, nothing is doubled."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import threading
import time
import urllib.error
import urllib.request
from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import text
from sqlalchemy.orm import Session

from bench.field.phones import Line, Phone, SignIn, picture
from bench.map.serving import free_port
from gridmap.cli.processes import end_with_parent, web_command
from gridmap.media import photo_path

LONGEST_LIFE_S = 1.5
READY_S = 90
POINTS = 40
PHOTO_PX = (640, 480)


class Server:
    """The web server as ``gridmap run`` starts it, on a port that it keeps over its lives."""

    def __init__(self, environment: dict[str, str], logs: Path) -> None:
        self.port, self.environment, self.logs = free_port(), environment, logs
        self.process: subprocess.Popen[bytes] | None = None
        logs.mkdir(parents=True, exist_ok=True)

    def start(self) -> None:
        """Start it and wait until it answers. Raises ``RuntimeError``."""
        with open(self.logs / "killed.log", "ab") as out:
            self.process = subprocess.Popen(
                web_command("127.0.0.1", self.port, 1, self.logs), env=self.environment, stdin=subprocess.DEVNULL,
                stdout=out, stderr=subprocess.STDOUT, start_new_session=True, preexec_fn=end_with_parent,
            )  # fmt: skip
        deadline = time.monotonic() + READY_S
        while time.monotonic() < deadline:
            if self._answers():
                return
            time.sleep(0.05)
        raise RuntimeError(f"the server did not answer within {READY_S} s, see {self.logs}")

    def _answers(self) -> bool:
        directly = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        try:
            with directly.open(f"http://127.0.0.1:{self.port}/healthz", timeout=5):
                return True
        except urllib.error.HTTPError:
            return True
        except OSError:
            return False

    def kill(self) -> None:
        """End it and all its workers with -9."""
        if self.process is not None:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()
        self.process = None


@dataclass(frozen=True)
class Outcome:
    """What is there of what was sent. ``faults`` names everything lost, doubled or wrong; empty when all is well."""

    reports: int
    points: int
    photos: int
    faults: list[str]


def kill_while_sending(
    server: Server, people: Sequence[SignIn], owner: Callable[[], Any], *, kills: int, seed: int = 0
) -> Outcome:
    """Let phones send without a pause while the server is killed ``kills`` times; then let them finish, and count.

    ``owner``: ``with owner() as session`` looks at the database as the owner of the tables.
    """
    phones = [Phone(Line(lambda: server.port, person), seed + n) for n, person in enumerate(people)]
    over, chance = threading.Event(), random.Random(seed)
    server.start()
    try:
        for phone in phones:  # before: a sign-in that is cut off counts as a failed one, and too many lock the account
            phone.line.enter()
        with ThreadPoolExecutor(len(phones)) as pool:
            working = [pool.submit(_work, phone, over) for phone in phones]
            try:
                for _ in range(kills):
                    time.sleep(chance.uniform(0.05, LONGEST_LIFE_S))
                    server.kill()
                    server.start()
            finally:
                over.set()
            for one in working:
                one.result()
    finally:
        server.kill()
    with owner() as session:
        return counted(session, phones)


def _work(phone: Phone, over: threading.Event) -> None:
    """Go on duty, then report and walk until it is over; everything that was made is sent."""
    with closing(phone.line):
        phone.send([phone.go_on_duty()])
        while True:
            report, photos = phone.report([picture(phone.seed * 10_000 + len(phone.made), *PHOTO_PX)])
            for number, content in photos.items():
                phone.upload(number, content)
            phone.send([report, phone.track(POINTS)])
            if over.is_set():
                return


_CASES = "select client_id::text, case_code from cases where client_id = any(cast(:ids as uuid[]))"
_PHOTOS = """
select c.client_id::text as client_id, p.sha256, p.size_bytes from case_photos p
  join cases c on (c.county_code, c.id) = (p.county_code, p.case_id) where c.client_id = any(cast(:ids as uuid[]))
"""
_POINTS = """
select count(*) as points, count(distinct (b.client_id, t.phone_at)) as different from track_batches b
  join track_points t on t.county_code = b.county_code and (t.id >> 14) & ((1::bigint << 34) - 1) = b.id
  where b.client_id = any(cast(:ids as uuid[]))
"""


def counted(session: Session, phones: Sequence[Phone]) -> Outcome:
    """Compare what phones sent and were told with what is there. ``session``: of the owner of the tables."""
    made = [item for phone in phones for item in phone.made]
    told = {number: verdict for phone in phones for number, verdict in phone.told.items()}
    reports = [item for item in made if item["kind"] == "report"]
    ids = {"ids": [item["id"] for item in reports]}
    batches = {"ids": [item["id"] for item in made if item["kind"] == "points"]}
    faults = [f"{item['kind']} {item['id']}: {told.get(item['id'])}" for item in made if not _is_taken(item, told)]
    cases = session.execute(text(_CASES), ids).all()
    photos = session.execute(text(_PHOTOS), ids).all()
    points = session.execute(text(_POINTS), batches).one()
    sent = sum(phone.points for phone in phones)
    faults += _compared("cases", [row.client_id for row in cases], ids["ids"])
    faults += [f"case of {n}: {c}" for n, c in cases if told.get(n, {}).get("result", {}).get("case_code") != c]
    faults += _compared("photos", [row.client_id for row in photos], [r["id"] for r in reports for _ in r["photos"]])
    faults += [f"photo {row.sha256}" for row in photos if not _is_whole(row.sha256, row.size_bytes)]
    if (points.points, points.different) != (sent, sent):
        faults.append(f"points: {sent} sent, {points.points} there, {points.different} different")
    return Outcome(len(cases), points.points, len(photos), faults)


def _is_taken(item: dict[str, Any], told: dict[str, Any]) -> bool:
    return bool(told.get(item["id"], {}).get("verdict") == "accepted")


def _compared(name: str, there: list[str], wanted: list[str]) -> list[str]:
    have, want = Counter(there), Counter(wanted)
    lost, more = (want - have).total(), (have - want).total()
    return [f"{name}: {lost} lost, {more} too many"] if lost or more else []


def _is_whole(sha256: str, size_bytes: int) -> bool:
    path = photo_path(sha256)
    return path.exists() and path.stat().st_size == size_bytes
