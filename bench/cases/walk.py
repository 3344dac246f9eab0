"""Steps of cases through the whole server: how long one takes, and how many a second many people take with none lost or doubled."""

from __future__ import annotations

import queue
import statistics
import threading
import time
import uuid
from dataclasses import dataclass, field

from bench.cases.people import Client, enlist
from bench.map.base import as_owner
from bench.map.serving import gridmap_server
from bench.measure import Measure
from gridmap.access import Role

DESK, DEPARTMENT = "desk", "department"
GROUPS, CLIENTS = 17, 50  # towns; in each two at the desk and one of a department, in the last one of each
CASES_A_GROUP = 9
AGAIN_EVERY = 20  # every so many steps the same form is sent once more, as an impatient hand does
BAR_MS, BAR_RATE = 40.0, 200.0


@dataclass
class Walk:
    """A case on its way round the course, from closed to closed; ``seen`` is the number of its last step."""

    case_code: str
    category: str
    department: int
    seen: int
    taken: int = 0
    stage: int = 0

    def form(self) -> tuple[str, str, dict[str, object]]:
        """Return who takes the next step, which, and what is given with it."""
        who, action, given = COURSE[self.stage]
        own: dict[str, object] = {"category": self.category} if action == "assess" else {}
        own |= {"department": self.department} if action == "dispatch" else {}
        return who, action, {**given, **own, "seen": self.seen, "client_id": str(uuid.uuid4())}

    def done(self) -> None:
        """Go on to the next step."""
        self.seen, self.taken, self.stage = self.seen + 1, self.taken + 1, (self.stage + 1) % len(COURSE)


COURSE: tuple[tuple[str, str, dict[str, object]], ...] = (
    (DESK, "reopen", {"reason": "测速：当事人又有诉求"}),
    (DESK, "assess", {"grade": "worry", "scale": "individual", "risk": "low"}),
    (DESK, "dispatch", {"task": "测速：请到场核实"}),
    (DEPARTMENT, "accept", {}),
    (DEPARTMENT, "start", {}),
    (DEPARTMENT, "report", {"reason": "测速：已办结"}),
    (DESK, "verify", {}),
    (DESK, "revisit", {"means": "phone", "satisfaction": "satisfied"}),
    (DESK, "close", {}),
)


@dataclass
class Group:
    """A town's desk and a department of it, with the cases that they pass to each other."""

    unit_code: int
    department: int
    walks: list[Walk]
    clients: list[tuple[str, Client]] = field(default_factory=list)

    def enter(self, name: str, port: int, desks: int = 1) -> None:
        """Sign the group's people in."""
        posts = [(Role.CENTRE_STAFF, self.unit_code, None)] * desks
        people, password = enlist(name, [*posts, (Role.DEPARTMENT_HANDLER, self.unit_code, self.department)])
        kinds = [DESK] * desks + [DEPARTMENT]
        self.clients = [(kind, Client(port, person, password)) for kind, person in zip(kinds, people, strict=True)]


def groups(name: str, count: int, cases: int) -> list[Group]:
    """Return towns with most closed cases, a department of each, and ``cases`` closed cases of each: the same ones every time."""
    found = []
    with as_owner(name) as connection, connection.cursor() as cursor:
        cursor.execute(
            "select d.unit_code, min(d.id) from departments d join (select unit_code / 1000000 * 1000000 as town, count(*) as n"
            " from cases where status = 'closed' group by 1) c on c.town = d.unit_code group by 1, c.n having c.n >= %s"
            " order by c.n desc, 1 limit %s",
            (cases, count),
        )
        for unit_code, department in cursor.fetchall():
            cursor.execute(
                "select c.case_code, k.code, max(s.number) from cases c join categories k on k.id = c.category_id join case_steps s"
                " on (s.county_code, s.case_id) = (c.county_code, c.id) where c.unit_code >= %s and c.unit_code < %s"
                " and c.status = 'closed' group by 1, 2 order by 1 limit %s",
                (unit_code, unit_code + 10**6, cases),
            )
            found.append(Group(unit_code, department, [Walk(a, b, department, n) for a, b, n in cursor.fetchall()]))
    return found


def one_by_one(name: str, quick: bool) -> list[Measure]:
    """Take cases round the course, one step at a time; milliseconds from sending the form to the answer."""
    spent: dict[str, list[float]] = {}
    with gridmap_server(name) as (port, _process):
        group = groups(name, 1, 3 if quick else 25)[0]
        group.enter(name, port)
        hands = dict(group.clients)
        for walk in group.walks:
            for _ in COURSE:
                who, action, given = walk.form()
                began = time.perf_counter()
                status, _where, _body = hands[who].post(f"/cases/{walk.case_code}/steps/{action}", given)
                spent.setdefault(action, []).append((time.perf_counter() - began) * 1000)
                assert status == 302, (action, walk.case_code, status)
                walk.done()
    every = [value for values in spent.values() for value in values[1:]]  # the first of each also loads what is kept
    each = "，".join(f"{action} {statistics.median(values):.1f}" for action, values in spent.items())
    return [
        Measure("transition.p50", statistics.median(every), "ms", BAR_MS, note=each),
        Measure("transition.p95", statistics.quantiles(every, n=20)[-1], "ms", note=f"{len(every)} 步"),
    ]


def many_at_once(name: str, quick: bool) -> list[Measure]:
    """Let fifty people take steps for a while; then look into the history for every one of them."""
    seconds = 5.0 if quick else 30.0
    with gridmap_server(name) as (port, _process):
        crowd = groups(name, GROUPS, CASES_A_GROUP)
        for number, group in enumerate(crowd, 1):
            group.enter(name, port, desks=1 if number == GROUPS else 2)
        clients = sum(len(group.clients) for group in crowd)
        load = Load(crowd)
        rate = load.run(seconds)
    assert not load.faults, load.faults[:3]
    wrong = differences(name, [walk for group in crowd for walk in group.walks])
    note = f"{clients} 人，{load.taken} 步，{load.again} 次重复发送，p50 {statistics.median(load.spent):.0f} ms"
    return [
        Measure("transitions.rate", rate, "个每秒", BAR_RATE, most=False, note=note),
        Measure("transitions.lost_or_doubled", float(wrong), "件", 0.0),
    ]


class Load:
    """Threads, one a person; each takes the next case that waits for its kind of person in its group."""

    def __init__(self, crowd: list[Group]) -> None:
        self.crowd = crowd
        self.stop = threading.Event()
        self.lock = threading.Lock()
        self.taken = self.again = 0
        self.spent: list[float] = []
        self.faults: list[str] = []

    def run(self, seconds: float) -> float:
        """Work for so long after a short start; return the steps a second in that time."""
        threads = []
        for group in self.crowd:
            waiting = {DESK: queue.Queue[Walk](), DEPARTMENT: queue.Queue[Walk]()}
            for walk in group.walks:
                waiting[walk.form()[0]].put(walk)
            threads += [threading.Thread(target=self._work, args=(who, hand, waiting)) for who, hand in group.clients]
        for thread in threads:
            thread.start()
        time.sleep(min(3.0, seconds / 2))
        before, began = self.taken, time.perf_counter()
        time.sleep(seconds)
        rate = (self.taken - before) / (time.perf_counter() - began)
        self.stop.set()
        for thread in threads:
            thread.join()
        return rate

    def _work(self, who: str, hand: Client, waiting: dict[str, queue.Queue[Walk]]) -> None:
        while not self.stop.is_set():
            try:
                walk = waiting[who].get(timeout=0.2)
            except queue.Empty:
                continue
            try:
                self._take(hand, walk)
            except (OSError, RuntimeError) as fault:
                self.faults.append(f"{walk.case_code}: {fault}")
                return
            waiting[walk.form()[0]].put(walk)

    def _take(self, hand: Client, walk: Walk) -> None:
        _who, action, given = walk.form()
        address, began = f"/cases/{walk.case_code}/steps/{action}", time.perf_counter()
        status, _where, _body = hand.post(address, given)
        took = (time.perf_counter() - began) * 1000
        if status != 302:
            raise RuntimeError(f"{action} answered {status}")
        walk.done()
        with self.lock:
            self.taken += 1
            self.spent.append(took)
            again = self.taken % AGAIN_EVERY == 0
            self.again += again
        if again and hand.post(address, given)[0] != 302:
            raise RuntimeError(f"{action} sent again was refused")


_HISTORY = """
select c.case_code, count(*), max(s.number), count(distinct s.client_id) filter (where s.data is not null and s.actor_name = '测速'),
  count(*) filter (where s.actor_name = '测速'), (select count(*) from events e where e.subject = c.case_code and e.actor_name = '测速')
from cases c join case_steps s on (s.county_code, s.case_id) = (c.county_code, c.id) where c.case_code = any(%s) group by c.case_code
"""


def differences(name: str, walks: list[Walk]) -> int:
    """Return how many cases have not exactly the steps that were answered for: numbers without gaps, each form once, each event once."""
    with as_owner(name) as connection, connection.cursor() as cursor:
        cursor.execute(_HISTORY, ([walk.case_code for walk in walks],))
        found = {row[0]: row[1:] for row in cursor.fetchall()}
    wrong = 0
    for walk in walks:
        steps, last, forms, taken, events = found[walk.case_code]
        wrong += not (steps == last == walk.seen and forms == taken == events and taken >= walk.taken)
    return wrong
