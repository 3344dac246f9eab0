"""What comes out of the whole server: against the same SQL over a bare connection, and against tipg."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import mapbox_vector_tile
import psycopg2

from bench.map import base
from bench.map.serving import Wire, gridmap_server, rate, sign_in, tipg_server
from bench.map.statements import statement
from bench.measure import Measure, interleaved
from gridmap.tiles.rules import Tile, tile_at

BARS = {14: (1.3, 0.9), 16: (2.2, 0.65)}
"""Zoom: p50 through the server at most this many times the bare one, tiles a second at least this share of it."""


def path(tile: Tile) -> str:
    """Return the address of a tile of cases."""
    return f"/tiles/cases/{tile.z}/{tile.x}/{tile.y}.mvt"


def bare(name: str) -> Callable[[], Callable[[str], Any]]:
    """Return a maker of functions that run a statement over a bare connection of the owner, whom no policy binds."""

    def make() -> Callable[[str], Any]:
        connection = psycopg2.connect(base.plain(base.address(name)), options="-c timezone=UTC -c jit=off")
        connection.autocommit = True
        cursor = connection.cursor()

        def run(sql: str) -> Any:
            cursor.execute(sql)
            row = cursor.fetchone()
            return bytes(row[0]) if row else b""

        return run

    return make


def against_bare(name: str, quick: bool) -> list[Measure]:
    """Fetch the same tiles through the server, signed in to a district, and as bare SQL, in turns."""
    where, found = base.places(name), []
    actor = base.leader(where.district)
    spots = base.points(name, where.district, 20 if quick else 150)
    with gridmap_server(name) as (port, process):
        cookie = sign_in(name, port, where.district)
        for z, (slower, share) in BARS.items():
            tiles = list(dict.fromkeys(tile_at(lon, lat, z) for lon, lat in spots))
            with base.as_owner(name) as connection:
                pairs = [(path(tile), statement(connection.cursor(), actor, tile)) for tile in tiles]
            wire, run = Wire(port, cookie), bare(name)()
            times = interleaved({"server": _first(wire.get), "bare": _second(run)}, pairs, 2 if quick else 9)
            note = f"{times['server']:.2f} / {times['bare']:.2f} ms"
            found.append(Measure(f"server.z{z}.p50", times["server"] / times["bare"], "x", slower, note=note))
            served, plain = rates(
                [partial(_ours, port, cookie), lambda: _second(bare(name)())],
                pairs,
                60 if quick else 800,
            )
            note = f"{served:.0f} / {plain:.0f} 个每秒"
            found.append(Measure(f"server.z{z}.rate", served / plain, "x", share, most=False, note=note))
        found.append(Measure("server.worker_memory", resident_mb(process.pid), "MB", 200))
    return found


def _ours(port: int, cookie: str) -> Callable[[Any], Any]:
    return _first(Wire(port, cookie).get)


def _first(work: Callable[[Any], Any]) -> Callable[[Any], Any]:
    return lambda pair: work(pair[0])


def _second(work: Callable[[Any], Any]) -> Callable[[Any], Any]:
    return lambda pair: work(pair[1])


def rates(makers: Sequence[Callable[[], Callable[[Any], Any]]], things: Sequence[Any], least: int) -> list[float]:
    """Return the median rate of each side over three turns of ``least`` things or more, order swapped each turn."""
    rounds = max(1, round(least / len(things)))
    seen: list[list[float]] = [[] for _ in makers]
    for turn in range(3):
        for index in range(len(makers))[:: 1 if turn % 2 else -1]:
            seen[index].append(rate(makers[index], things, rounds))
    return [statistics.median(values) for values in seen]


def against_tipg(name: str, quick: bool) -> list[Measure]:
    """Fetch tiles of under a thousand features from both servers, with as many features each."""
    where = base.places(name)
    spots = base.points(name, where.district, 20 if quick else 100)
    asked = "properties=case_code,title,category_id,status,risk,due_at&limit=10000"
    found = []
    with gridmap_server(name) as (port, _), tipg_server(name) as other:
        cookie = sign_in(name, port, where.district)
        ours, theirs = Wire(port, cookie), Wire(other)
        for z in (15, 16):
            pairs = []
            for tile in dict.fromkeys(tile_at(lon, lat, z) for lon, lat in spots):
                pair = (
                    path(tile),
                    f"/collections/public.cases/tiles/WebMercatorQuad/{tile.z}/{tile.x}/{tile.y}?{asked}",
                )
                counts = features(ours.get(pair[0])), features(theirs.get(pair[1]))
                if (
                    0 < counts[0] < 1000 and abs(counts[0] - counts[1]) <= 1
                ):  # a point on the very edge falls to one side
                    pairs.append(pair)
            assert len(pairs) >= 5, f"only {len(pairs)} comparable tiles at z {z}"
            mine, yours = rates(
                [partial(_ours, port, cookie), lambda: _second(Wire(other).get)], pairs, 60 if quick else 3000
            )
            note = f"{mine:.0f} / {yours:.0f} 个每秒，{len(pairs)} 个瓦片"
            found.append(Measure(f"tipg.z{z}.rate", mine / yours, "x", 2.5, most=False, note=note))
    return found


def features(body: bytes) -> int:
    """Return how many features a tile holds, packed or not."""
    import gzip

    raw = gzip.decompress(body) if body[:2] == b"\x1f\x8b" else body
    return sum(len(layer["features"]) for layer in mapbox_vector_tile.decode(raw).values()) if raw else 0


def resident_mb(pid: int) -> float:
    """Return the resident memory (MB) of the largest child of a process: a web worker."""
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    sizes = []
    for child in children:
        for line in Path(f"/proc/{child}/status").read_text().splitlines():
            if line.startswith("VmRSS"):
                sizes.append(int(line.split()[1]) / 1024)
    return max(sizes)
