"""Tracks through the whole server: how many points a second are stored and drawn, and how soon an upload is seen in the coverage."""

from __future__ import annotations

import json
import os
import statistics
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from typing import Any

import numpy as np
import shapely

from bench.cases.people import Client, enlist
from bench.field.crowd import queue_worker, workers
from bench.field.phones import Item, Line, Phone, SignIn, ms
from bench.map.base import as_owner
from bench.map.serving import CONNECTIONS, gridmap_server
from bench.measure import Measure
from gridmap.access import Role
from gridmap.demo.rules.walks import walk_in
from gridmap.patrols.rules.ground import Frame, covered, frame_of, to_bits
from gridmap.patrols.rules.segments import Fixes, Limits, walked

PHONES, BATCHES, BATCH = 40, 50, 500
ROUND = 10  # batches in a round: below the 700 kB that the app sends at once
HOURS = 8  # how long ago the duties begin, so that a fix each second lies within them
RATE_BAR, SEEN_BAR_S = 100_000.0, 5.0
SIDE = 200  # fixes until the walk turns: it stays within some 250 m of where it began
STEP_LON, STEP_LAT = 0.000013, 0.0000004  # some 1.2 m between two fixes; each way beside the last
SEEN_POINTS = 100
RASTER_BATCHES = 2000
PATIENCE_S = 900

_LONG_AGO = "update duties set on_at = on_at - interval '{hours} hours' where account_id = any(%s)"
_COUNTS = """
select (select count(*) from field_items where verdict = 'held'),
  (select count(*) from track_batches where drawn_at is null and taken > 0)
"""


def uploads(name: str, quick: bool, say: Callable[[str], None]) -> list[Measure]:
    """Send a million fixes in batches of 500 over eight connections until every one is stored; then let the queue draw them."""
    batches = 10 if quick else BATCHES
    total = PHONES * batches * BATCH
    with as_owner(name) as owner:
        with gridmap_server(name) as (port, _process):
            with queue_worker(name):
                phones = _on_duty(name, port, owner, PHONES)
            rounds = [_rounds(phone, batches) for phone in phones]
            say(f"发送 {total:,} 个轨迹点，每批 {BATCH} 个")
            before, began = _points(owner), time.perf_counter()
            with ThreadPoolExecutor(CONNECTIONS) as pool:
                list(pool.map(_send, phones, rounds))
            stored_s = _until(owner, began, lambda held, _undrawn: held == 0)
        lost = abs(_points(owner) - before - total)
        began = time.perf_counter()
        with queue_worker(name):
            drawn_s = _until(owner, began, lambda _held, undrawn: undrawn == 0)
    return [
        Measure(
            "tracks.stored", total / stored_s, "点/秒", RATE_BAR, most=False, note=f"{total:,} 个点，{stored_s:.1f} 秒"
        ),
        Measure("tracks.drawn", total / drawn_s, "点/秒", note=f"队列计入覆盖 {drawn_s:.1f} 秒，含进程启动"),
        Measure("tracks.lost_or_doubled", float(lost), "点", 0.0),
    ]


def seen(name: str, quick: bool, say: Callable[[str], None]) -> list[Measure]:
    """Send a hundred points on fresh ground and ask for the coverage until they are in it, again and again."""
    times = 3 if quick else 30
    say(f"上传 {SEEN_POINTS} 个点 {times} 次，每次等到覆盖里看得到")
    with gridmap_server(name) as (port, _process), queue_worker(name), as_owner(name) as owner:
        phones = _on_duty(name, port, owner, times)
        spent = [_until_seen(name, port, phone) for phone in phones]
    return [
        Measure("tracks.seen", max(spent), "s", SEEN_BAR_S, note=f"{times} 次中最慢的一次"),
        Measure("tracks.seen.p50", statistics.median(spent), "s"),
    ]


def _on_duty(name: str, port: int, owner: Any, count: int) -> list[Phone]:
    """Sign so many phones in and put their workers on duty since some hours."""
    phones = [Phone(Line(lambda: port, person), n) for n, person in enumerate(workers(name, count))]
    for phone in phones:
        phone.line.enter()
        phone.send([phone.go_on_duty()])
    names = [phone.line.person.username for phone in phones]
    with owner.cursor() as cursor:
        cursor.execute("select array_agg(id) from accounts where username = any(%s)", (names,))
        cursor.execute(_LONG_AGO.format(hours=HOURS), (cursor.fetchone()[0],))
    return phones


def _rounds(phone: Phone, batches: int) -> list[bytes]:
    """Return what a phone sends, written down before the clock runs: a fix each second until now, ``ROUND`` batches at once."""
    walk, now = _walk(phone.line.person, batches * BATCH), ms()
    items = [
        _batch(phone, number, walk[(number - 1) * BATCH : number * BATCH], now - (batches - number + 1) * BATCH * 1000)
        for number in range(1, batches + 1)
    ]
    return [
        json.dumps({"device": phone.device, "sent_at": now, "items": items[at : at + ROUND]}).encode()
        for at in range(0, batches, ROUND)
    ]


def _walk(person: SignIn, count: int) -> list[list[float]]:
    """Return lon, lat of a walk to and fro over a field, WGS-84."""
    n = np.arange(count)
    phase = n % (2 * SIDE)
    across = np.where(phase < SIDE, phase, 2 * SIDE - phase) - SIDE / 2
    up = (n % 5000) * STEP_LAT
    return np.round(np.column_stack((person.lon + across * STEP_LON, person.lat + up)), 7).tolist()


def _batch(phone: Phone, number: int, walk: list[list[float]], first: int) -> Item:
    fixes = [{"t": first + n * 1000, "lon": lon, "lat": lat, "a": 6, "v": 1.2} for n, (lon, lat) in enumerate(walk)]
    made = phone.track(0)
    return {**made, "body": {**made["body"], "number": number, "points": json.dumps(fixes)}}


def _send(phone: Phone, rounds: list[bytes]) -> None:
    with closing(phone.line):
        for sent in rounds:
            status, told = phone.line.ask("POST", "/field/sync", sent, **{"Content-Type": "application/json"})
            refused = [one for one in told.get("verdicts", []) if one["verdict"] not in ("accepted", "held")]
            if status != 200 or refused:
                raise RuntimeError(f"/field/sync answered {status}: {refused or told}")


def _points(owner: Any) -> int:
    with owner.cursor() as cursor:
        cursor.execute("select count(*) from track_points")
        return int(cursor.fetchone()[0])


def _until(owner: Any, began: float, over: Callable[[int, int], bool]) -> float:
    """Return how many seconds after ``began`` the counts are as wanted. Raises ``RuntimeError`` after a quarter of an hour."""
    while time.perf_counter() - began < PATIENCE_S:
        with owner.cursor() as cursor:
            cursor.execute(_COUNTS)
            if over(*cursor.fetchone()):
                return time.perf_counter() - began
        time.sleep(0.1)
    raise RuntimeError("轨迹点在 15 分钟内没有处理完。")


def _until_seen(name: str, port: int, phone: Phone) -> float:
    """Send a hundred points and ask for the coverage of their grid, as its page does, until it is another."""
    unit = _unit_of(name, phone.line.person.username)
    (leader,), password = enlist(name, [(Role.LEADER, unit, None)])
    asking, path = Client(port, leader, password), f"/patrols/cover.json?unit={unit:015d}"
    walk = _walk(phone.line.person, SEEN_POINTS)
    item = _batch(phone, 1, walk, ms() - SEEN_POINTS * 1000)
    before = _ground(asking.get(path))
    began = time.perf_counter()
    sending = threading.Thread(target=phone.send, args=([item],))
    sending.start()
    while _ground(asking.get(path)) == before:
        if time.perf_counter() - began > PATIENCE_S:
            raise RuntimeError("轨迹点在 15 分钟内没有计入覆盖。")
        time.sleep(0.05)
    spent = time.perf_counter() - began
    sending.join()
    asking.close()
    phone.line.close()
    return spent


def _unit_of(name: str, username: str) -> int:
    with as_owner(name) as owner, owner.cursor() as cursor:
        cursor.execute("select unit_code from accounts where username = %s", (username,))
        return int(cursor.fetchone()[0])


def _ground(told: bytes) -> Any:
    features = json.loads(told)["features"]
    return [one["geometry"] for one in features if one["properties"]["rest"] == "seen"]


def raster(name: str, quick: bool, say: Callable[[str], None]) -> list[Measure]:
    """Draw a million fixes of walks within one grid, batch by batch, on one core: from fixes to bitmaps, nothing read or stored."""
    batches = 200 if quick else RASTER_BATCHES
    say(f"在一个核上计算 {batches * BATCH:,} 个轨迹点的覆盖")
    frame, shape = _some_grid(name)
    limits = Limits(accuracy_m=50, speed_kmh=120, gap_s=120, gap_m=150)
    chance = np.random.default_rng(7)
    places = np.concatenate([walk_in(shape, BATCH, chance) for _ in range(batches)])
    at_s = np.arange(len(places), dtype=np.float64) * 10
    fixes = Fixes(
        at_s, places[:, 0], places[:, 1], np.full(len(places), 6.0),
        np.repeat(np.arange(1, batches + 1), BATCH),
    )  # fmt: skip
    kept = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {min(kept)})
    try:
        began = time.perf_counter()
        for at in range(0, len(places), BATCH):
            to_bits(covered(frame, walked(fixes.pick(np.arange(at, at + BATCH)), limits).ends))
        spent = time.perf_counter() - began
    finally:
        os.sched_setaffinity(0, kept)
    note = f"{frame.cells:,} 格的网格，每批 {BATCH} 点"
    return [Measure("tracks.raster", len(places) / spent, "点/秒", RATE_BAR, most=False, note=note)]


def _some_grid(name: str) -> tuple[Frame, Any]:
    """Return the lattice and outline of a grid of middling size."""
    with as_owner(name) as owner, owner.cursor() as cursor:
        cursor.execute(
            "select ST_AsBinary(geom) from outlines where level = 15 and valid_to is null order by area_m2"
            " offset (select count(*) / 2 from outlines where level = 15 and valid_to is null) limit 1"
        )
        shape = shapely.from_wkb(bytes(cursor.fetchone()[0]))
    return frame_of(shape), shape
