"""Telling of grids without a track for long: their workers, and once a day the centre of their town; each spell once."""

from __future__ import annotations

from collections import defaultdict
from datetime import datetime

from sqlalchemy.orm import Session

from gridmap.access import Role
from gridmap.accounts.actions.notices import Centre, leave_notice
from gridmap.cases.queries import tell_name
from gridmap.cases.queries.quiet import quiet_hours
from gridmap.cases.rules.clocks import quiet_at
from gridmap.clock import local
from gridmap.patrols.queries.settings import unseen_days
from gridmap.patrols.queries.unseen import Unseen, unseen_grids

KIND = "patrol.unseen"
TOWN = 10**6
NAMED = 5


def tell_unseen(session: Session, *, county_code: int, now: datetime) -> int:
    """Tell of the grids of a county on which no track came near for as many days as are set (a job); return of how many.

    The key of a notice names the grid and the last day with a track, so a spell is told once, whoever runs the job. What falls into
    quiet hours is left for a later hour.
    """
    today, quiet = local(now).date(), quiet_hours(session)
    fresh: dict[int, list[Unseen]] = defaultdict(list)
    for grid in unseen_grids(session, county_code, today, unseen_days(session)):
        if quiet_at(quiet, grid.unit_code).tell_at(now) <= now and _tell_workers(session, grid):
            fresh[grid.unit_code // TOWN * TOWN].append(grid)
    for town, grids in fresh.items():
        leave_notice(
            session, to=Centre(town, Role.CENTRE_STAFF), unit_code=town, kind=KIND, body=_digest(session, town, grids),
            link=f"/patrols?unit={town:015d}", key=f"{KIND}/{town}/{today}",
        )  # fmt: skip
    session.flush()
    return sum(map(len, fresh.values()))


def _tell_workers(session: Session, grid: Unseen) -> bool:
    since = f"已有 {grid.days} 天没有巡查轨迹" if grid.last_on else "还没有过巡查轨迹"
    body = f"{grid.name}{since}。请安排巡查；去过而手机没有记录的，请在轨迹上写明。"
    left = leave_notice(
        session, to=Centre(grid.unit_code, Role.GRID_WORKER), unit_code=grid.unit_code, kind=KIND, body=body,
        link=f"/patrols?unit={grid.unit_code:015d}", key=f"{KIND}/{grid.unit_code}/{grid.last_on or 'never'}",
    )  # fmt: skip
    return left is not None


def _digest(session: Session, town: int, grids: list[Unseen]) -> str:
    names = "、".join(grid.name for grid in grids[:NAMED]) + ("等" if len(grids) > NAMED else "")
    least = min(grid.days for grid in grids)
    return (
        f"{tell_name(session, town)}有 {len(grids)} 个网格 {least} 天以上没有巡查轨迹：{names}。"
        "可能没有人去，也可能手机没有记录，请了解情况。"
    )
