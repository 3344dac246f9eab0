"""Three hundred phones that come into the signal at the same moment."""

from __future__ import annotations

import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from pathlib import Path

from bench.cases.people import enlist
from bench.field.killing import LONGEST_LIFE_S, Outcome, Server, counted, kill_while_sending
from bench.field.phones import Line, Phone, SignIn, picture
from bench.map.base import address, as_owner, environment
from bench.map.serving import gridmap_server
from bench.measure import Measure
from gridmap.access import Role
from gridmap.config import ROOT
from gridmap.db import owner_session

PHONES, REPORTS, PHOTOS, POINTS = 300, 5, 2, 600
BATCH = 100  # points
KILLS, KILLED_PHONES = 100, 8
BAR_S, BAR_MB = 1.5, 600.0
ENTER_AT_ONCE = 4

_MIDDLES = """
select o.unit_code, ST_X(c.center), ST_Y(c.center) from outlines o, ST_MaximumInscribedCircle(o.geom) c
  where o.level = 15 and o.valid_to is null and c.radius > 0.0004 order by o.unit_code
"""


def workers(name: str, count: int) -> list[SignIn]:
    """Add so many grid workers to a database, spread over its grids; they report from the middle of theirs."""
    with as_owner(name) as connection, connection.cursor() as cursor:
        cursor.execute(_MIDDLES)
        grids = cursor.fetchall()
        cursor.execute(
            "select min(c.code) from categories c join category_versions v on v.id = c.version_id where v.valid_to is null"
        )
        category = cursor.fetchone()[0]
    chosen = [grids[n % len(grids)] for n in range(count)]
    people, password = enlist(name, [(Role.GRID_WORKER, unit_code, None) for unit_code, _lon, _lat in chosen])
    return [
        SignIn(person.username, password, category, lon, lat)
        for person, (_unit, lon, lat) in zip(people, chosen, strict=True)
    ]


def all_at_once(name: str, quick: bool, say: Callable[[str], None]) -> list[Measure]:
    """Let all phones send what they have at once; seconds of each request, memory of the server, and what is there then."""
    count = 30 if quick else PHONES
    with tempfile.TemporaryDirectory() as folder, gridmap_server(name) as (port, process), queue_worker(name):
        phones = [Phone(Line(lambda: port, person), n) for n, person in enumerate(workers(name, count))]
        say(f"{count} 部手机登录，准备 {count * REPORTS * PHOTOS} 张照片")
        with ThreadPoolExecutor(ENTER_AT_ONCE) as pool:
            list(pool.map(lambda phone: phone.line.enter(), phones))
        pictures = [_pictures(Path(folder), phone) for phone in phones]
        say("同时发送")
        with Memory(process) as memory:
            spent_s, whole_s = _send(phones, pictures)
    with owner_session(address(name)) as session:
        outcome = counted(session, phones)
    return [*_measures(outcome, spent_s, whole_s, memory.most_mb), *_each(phones)]


@contextmanager
def queue_worker(name: str) -> Iterator[None]:
    """Let the worker of the queue run on a database of the bench, as ``gridmap run`` does beside the server."""
    log = ROOT / "build" / "bench-logs" / "worker.log"
    with open(log, "ab") as out:
        worker = subprocess.Popen(
            [sys.executable, "-m", "gridmap.cli", "worker"], env=environment(name), stdout=out, stderr=out
        )
    try:
        yield
    finally:
        worker.terminate()
        worker.wait(30)


def _pictures(folder: Path, phone: Phone) -> list[list[Path]]:
    """Write the photos of a phone's reports to files, so that they wait on the disk as they do on a phone."""
    found = []
    for report in range(REPORTS):
        paths = [folder / f"{phone.seed}-{report}-{n}.jpg" for n in range(PHOTOS)]
        for n, path in enumerate(paths):
            path.write_bytes(picture((phone.seed * REPORTS + report) * PHOTOS + n))
        found.append(paths)
    return found


def _send(phones: list[Phone], pictures: list[list[list[Path]]]) -> tuple[list[float], float]:
    together = threading.Barrier(len(phones) + 1)

    def work(phone: Phone, own: list[list[Path]]) -> None:
        phone.line.spent_s.clear()
        together.wait()
        items = [phone.go_on_duty()]
        with closing(phone.line):
            for paths in own:
                report, photos = phone.report([path.read_bytes() for path in paths])
                for number, content in photos.items():
                    phone.upload(number, content)
                items.append(report)
            phone.send([*items, *(phone.track(BATCH) for _ in range(POINTS // BATCH))])

    with ThreadPoolExecutor(len(phones)) as pool:
        working = [pool.submit(work, phone, own) for phone, own in zip(phones, pictures, strict=True)]
        together.wait()
        began = time.perf_counter()
        for one in working:
            one.result()
        whole_s = time.perf_counter() - began
    return [seconds for phone in phones for _what, seconds in phone.line.spent_s], whole_s


def _measures(outcome: Outcome, spent_s: list[float], whole_s: float, memory_mb: float) -> list[Measure]:
    note = f"{outcome.reports} 件上报，{outcome.photos} 张照片，{outcome.points} 个点，共 {whole_s:.0f} 秒"
    return [
        Measure("crowd.request.p95", statistics.quantiles(spent_s, n=20)[-1], "s", BAR_S, note=note),
        Measure("crowd.request.p50", statistics.median(spent_s), "s", note=f"{len(spent_s)} 次请求"),
        Measure("crowd.memory", memory_mb, "MB", BAR_MB),
        Measure("crowd.lost_or_doubled", float(len(outcome.faults)), "处", 0.0, note="；".join(outcome.faults[:2])),
    ]


def _each(phones: list[Phone]) -> list[Measure]:
    """Return the p95 of photos and of rounds, for whoever asks what the time went into."""
    found = []
    for name, path in (("photo", "PUT /field/photos"), ("round", "POST /field/sync")):
        times = [seconds for phone in phones for what, seconds in phone.line.spent_s if path.startswith(what)]
        found.append(Measure(f"crowd.{name}.p95", statistics.quantiles(times, n=20)[-1], "s"))
    return found


class Memory:
    """The most memory that a server and its workers held together, in MB (each page counted once)."""

    def __init__(self, process: subprocess.Popen[bytes]) -> None:
        self.process, self.most_mb, self.over = process, 0.0, threading.Event()
        self.watching = threading.Thread(target=self._watch)

    def __enter__(self) -> Memory:
        self.watching.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.over.set()
        self.watching.join()

    def _watch(self) -> None:
        while not self.over.wait(0.5):
            self.most_mb = max(self.most_mb, sum(map(_pss_mb, _family(self.process.pid))))


def _family(pid: int) -> list[int]:
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return [pid, *(int(child) for child in children)]


def _pss_mb(pid: int) -> float:
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    except OSError:  # a worker that has just ended
        return 0.0
    return next((int(line.split()[1]) / 1024 for line in lines if line.startswith("Pss:")), 0.0)


def killed(name: str, quick: bool, say: Callable[[str], None]) -> list[Measure]:
    """Kill the server a hundred times while phones send; nothing acknowledged may be lost and nothing doubled."""
    kills = 5 if quick else KILLS
    say(f"服务器将被强行结束 {kills} 次，每次运行至多 {LONGEST_LIFE_S} 秒")
    server = Server(environment(name), ROOT / "build" / "bench-logs")
    outcome = kill_while_sending(
        server, workers(name, KILLED_PHONES), lambda: owner_session(address(name)), kills=kills
    )
    note = f"{kills} 次，{outcome.reports} 件上报，{outcome.photos} 张照片，{outcome.points} 个点"
    words = "；".join([note, *outcome.faults[:2]])
    return [Measure("killed.lost_or_doubled", float(len(outcome.faults)), "处", 0.0, note=words)]
