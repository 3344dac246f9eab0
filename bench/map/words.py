"""Search by words: the first page with its total, against reading every case of the scope; and what other towns' words cost."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from sqlalchemy import create_engine, func, text
from sqlalchemy.orm import Session

from bench.map import base
from bench.measure import Measure, interleaved
from gridmap.access import Actor
from gridmap.cases.forms import CaseFilter, Page
from gridmap.cases.queries import conditions, list_cases, visible_cases
from gridmap.clock import now
from gridmap.config import APP_ROLE, role_url
from gridmap.db import scope_settings

WORDS = {
    "one.common": "水",
    "one.rare": "瓴",
    "two.common": "纠纷",
    "two.rare": "瓴水",
    "long.common": "借款到期未还",
    "long.rare": "老磨坊旁私拉乱接",
    "code": "2025-0103553",
    "several": "抚养费 调解员 三个月",
}
"""What people type: common and rare, short and long, part of a case code, several words. A rare character is in no case."""
FASTER = 0.25  # of the time of reading the whole scope
LEAK = 1.2  # a word that is common elsewhere against a word that is nowhere


def search(name: str, quick: bool) -> list[Measure]:
    """Time every kind of word over the city, then in one town words that only other towns have."""
    where, found = base.places(name), []
    engine = create_engine(
        role_url(base.address(name), APP_ROLE), connect_args={"options": "-c timezone=UTC -c jit=off"}
    )
    try:
        with Session(engine) as session:
            actor = base.leader(where.city)
            _scope(session, actor)
            nowhere = CaseFilter(q=WORDS["two.rare"])  # reading every case takes as long for any word
            read = interleaved({"read": partial(_read, session, actor)}, [nowhere], 1)["read"]
            for kind, word in WORDS.items():
                wanted = CaseFilter(q=word)
                one = interleaved({"found": partial(_found, session, actor)}, [wanted], 2 if quick else 15)["found"]
                found.append(Measure(f"words.{kind}", one / read, "x", FASTER, note=f"{one:.1f} / {read:.0f} ms"))
            session.rollback()
            _scope(session, town := base.leader(where.town))
            # Both words are made of the same pairs of characters; no case number has eight digits.
            other = _elsewhere(name, where.district)
            sides: dict[str, Callable[[Any], Any]] = {
                "elsewhere": lambda side: _found(session, town, CaseFilter(q=side[0])),
                "nowhere": lambda side: _found(session, town, CaseFilter(q=side[1])),
            }
            times = interleaved(sides, [(f"{other}-2025-00", f"{other}-2025-{0:08}")], 3 if quick else 60)
            note = f"{times['elsewhere']:.2f} / {times['nowhere']:.2f} ms"
            found.append(Measure("words.elsewhere", times["elsewhere"] / times["nowhere"], "x", LEAK, note=note))
    finally:
        engine.dispose()
    return found


def _scope(session: Session, actor: Actor) -> None:
    for key, value in {**scope_settings(actor), "statement_timeout": "0"}.items():
        session.execute(text("select set_config(:key, :value, true)"), {"key": key, "value": value})


def _found(session: Session, actor: Actor, wanted: CaseFilter) -> Any:
    session.expunge_all()
    return list_cases(session, actor, wanted, Page(), now())


def _read(session: Session, actor: Actor, wanted: CaseFilter) -> Any:
    query = visible_cases(actor).with_only_columns(func.count()).where(*conditions(wanted, now(), read_words=True))
    return session.scalar(query)


def _elsewhere(name: str, district: int) -> int:
    """Return a county that has many cases and is not the one measured in."""
    with base.as_owner(name) as connection, connection.cursor() as cursor:
        cursor.execute(
            f"select county_code from cases where county_code <> {district // 10**9} group by 1 order by count(*) desc limit 1"
        )
        return int(cursor.fetchone()[0])
