"""The work list of every role, and the look for cases that may be the same, through the whole server."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from functools import partial
from typing import Any

from bench.cases.people import Client, enlist
from bench.map.base import as_owner, places
from bench.map.serving import gridmap_server
from bench.measure import Measure
from gridmap.access import Role

WORK_BAR_MS, SIMILAR_BAR_MS = 60.0, 30.0


def posts_of(name: str) -> dict[str, tuple[Role, int, int | None]]:
    """Return a post of each role where most is to do: the busiest district, its busiest town, the department with most orders."""
    where = places(name)
    with as_owner(name) as connection, connection.cursor() as cursor:
        cursor.execute(
            "select d.unit_code, d.id from departments d join cases c on c.lead_department_id = d.id and c.closed_at is null"
            " group by 1, 2 order by count(*) desc limit 1"
        )
        office = cursor.fetchone()
        cursor.execute(
            "select unit_code from cases where status = 'reported' and unit_code % 1000 <> 0 group by 1 order by count(*) desc, 1 limit 1"
        )
        grid = cursor.fetchone()[0]
    return {
        "desk.town": (Role.CENTRE_STAFF, where.town, None),
        "desk.district": (Role.CENTRE_STAFF, where.district, None),
        "desk.city": (Role.CENTRE_STAFF, where.city, None),
        "department": (Role.DEPARTMENT_HANDLER, office[0], office[1]),
        "grid_worker": (Role.GRID_WORKER, grid, None),
        "mediator": (Role.MEDIATOR, where.town, None),
        "leader": (Role.LEADER, where.district, None),
        "supervisor": (Role.SUPERVISOR, where.district, None),
        "auditor": (Role.AUDITOR, where.district, None),
        "administrator": (Role.ADMINISTRATOR, where.district, None),
    }


def work_lists(name: str, quick: bool) -> list[Measure]:
    """Fetch the page 我的待办 of each role, in turns."""
    posts, rounds = posts_of(name), 3 if quick else 40
    people, password = enlist(name, list(posts.values()))
    spent: dict[str, list[float]] = {kind: [] for kind in posts}
    with gridmap_server(name) as (port, _process):
        clients = {kind: Client(port, person, password) for kind, person in zip(posts, people, strict=True)}
        totals = {kind: total_of(client) for kind, client in clients.items()}
        for _ in range(rounds):
            for kind, client in clients.items():
                spent[kind].append(_ms(partial(client.get, "/work")))
    return [
        Measure(f"work.{kind}.p50", statistics.median(times), "ms", WORK_BAR_MS, note=f"{totals[kind]:,} 件待办")
        for kind, times in spent.items()
    ]


def total_of(client: Client) -> int:
    """Return how many cases wait for somebody; their page is fetched twice before, so that both workers have it ready."""
    import json

    for _ in range(4):
        client.get("/work")
    return int(json.loads(client.get("/work/count"))["waiting"])


def similar(name: str, quick: bool) -> list[Measure]:
    """Ask for cases like real ones that were told lately, at their place, as the desk does while the words are typed."""
    posts = {kind: post for kind, post in posts_of(name).items() if kind in ("desk.town", "desk.district")}
    people, password = enlist(name, list(posts.values()))
    told, spent = like_these(name, posts["desk.town"][1], 5 if quick else 60), {kind: [] for kind in posts}  # type: ignore[var-annotated]
    with gridmap_server(name) as (port, _process):
        clients = {kind: Client(port, person, password) for kind, person in zip(posts, people, strict=True)}
        for client in clients.values():
            for form in told[:4]:
                client.post("/desk/similar", form)
        for form in told:
            for kind, client in clients.items():
                spent[kind].append(_ms(partial(client.post, "/desk/similar", form)))
    return [
        Measure(f"similar.{kind}.p50", statistics.median(times), "ms", SIMILAR_BAR_MS) for kind, times in spent.items()
    ]


def like_these(name: str, town: int, count: int) -> list[dict[str, object]]:
    """Return what the desk would type for the newest cases of a town."""
    with as_owner(name) as connection, connection.cursor() as cursor:
        cursor.execute(
            "select c.title, c.address_text, k.code, st_x(c.geom), st_y(c.geom), c.unit_code from cases c join categories k"
            " on k.id = c.category_id where c.unit_code >= %s and c.unit_code < %s and c.geom is not null"
            " order by c.received_at desc limit %s",
            (town, town + 10**6, count),
        )
        return [
            {"title": title, "address_text": address, "category": category, "lon": lon, "lat": lat, "unit": f"{unit:015d}",
             "position_method": "map", "datum": "wgs84"}
            for title, address, category, lon, lat, unit in cursor.fetchall()
        ]  # fmt: skip


def _ms(work: Callable[[], Any]) -> float:
    began = time.perf_counter()
    work()
    return (time.perf_counter() - began) * 1000
