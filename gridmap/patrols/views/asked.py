"""Which unit and days a page of 巡查 is asked about, within what the actor may see."""

from __future__ import annotations

from collections.abc import Mapping

from gridmap.access import Permission, Range, subtree
from gridmap.cases import queries
from gridmap.clock import today
from gridmap.errors import NotFound
from gridmap.patrols.forms.asking import Asking, read_asking
from gridmap.web import actor, session


def asked(permission: Permission, args: Mapping[str, str]) -> Asking:
    """Return what is asked about. Raises ``BadInput``, ``NotFound`` (nothing there that ``permission`` is granted for)."""
    home = actor.home
    asking = read_asking(args, home.unit_code if home else 0, today())
    if not any(_meet(subtree(asking.unit_code), r) for r in actor.granted_ranges(permission)):
        raise NotFound("没有找到该区划，可能不在您负责的范围内。")
    return asking


def _meet(one: Range, other: Range) -> bool:
    return one.lo < other.hi and other.lo < one.hi


def name_of(unit_code: int) -> str:
    """Return a unit's name for a heading; the whole system has one too."""
    return queries.tell_name(session, unit_code) if unit_code else "全系统"
