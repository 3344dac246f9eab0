"""What each indicator counts, as SQL over history.

A statement gives one row for each thing counted: ``item_id`` (its number within the indicator), ``at`` (the moment that puts it
into the period ``:begin`` … ``:end``), ``due_at`` and ``done_at`` where it has them, ``hit``, ``exempt``, the department.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from gridmap.analysis.rules import indicators as rules
from gridmap.cases.rules import Action, Channel, Stage
from gridmap.cases.rules.revisit import SATISFIED

Within = Callable[[str], str]
"""Gives the condition that the rows of an alias lie in the units asked for, preceded by ``and``."""

_STEP = "select s.county_code, s.case_id, s.id as item_id, s.at, null::timestamptz as due_at"
_UNDATED = "null::timestamptz as done_at"
_NOBODY = "null::bigint as department_id, '' as department, false as exempt"


def _any(column: str, values: Iterable[str]) -> str:
    listed = ", ".join(f"'{value}'" for value in values)
    return f"{column} in ({listed})"


def _in_period(column: str) -> str:
    return f"{column} >= :begin and {column} < :end"


def _cases(dimension: str = "") -> str:
    """Return the join of the case of ``s`` as ``c``; only of a data dimension when one is given."""
    joined = " join cases c on c.county_code = s.county_code and c.id = s.case_id"
    return (
        f"{joined} join categories k on k.id = c.category_id and k.dimension = '{dimension}'" if dimension else joined
    )


def _followed(within: Within, actions: Iterable[Action]) -> str:
    """Return whether one of ``actions`` was taken with the step ``s`` or after it, by the end of the period."""
    return (
        "exists (select from case_steps d where d.county_code = s.county_code and d.case_id = s.case_id"
        f" and {_any('d.action', actions)} and d.number >= s.number and {_in_period('d.at')}{within('d')})"
    )


def _last(within: Within, alias: str, actions: Iterable[Action]) -> str:
    """Return the join, as ``alias``, of the last of ``actions`` that was taken on the case of ``s`` in the period."""
    return (
        " left join (select distinct on (d.county_code, d.case_id) d.county_code, d.case_id, d.action, d.at from case_steps d"
        f" where {_any('d.action', actions)} and {_in_period('d.at')}{within('d')}"
        f" order by d.county_code, d.case_id, d.number desc) {alias}"
        f" on {alias}.county_code = s.county_code and {alias}.case_id = s.case_id"
    )


def _registered(within: Within, joins: str = "") -> str:
    return f" from case_steps s{joins} where s.action = '{Action.REGISTER}' and {_in_period('s.at')}{within('s')}"


def _taken(within: Within, joins: str = "") -> str:
    """Return the registered cases that were neither declined nor joined by the end of the period; ``e`` is how they ended."""
    own = _registered(within, joins + _last(within, "e", rules.ENDING))
    return f"{own} and (e.action is null or not {_any('e.action', rules.LEFT_OUT)})"


def _received(within: Within, channels: Iterable[Channel]) -> str:
    first = f"{_any('s.action', rules.FIRST_STEPS)} and s.number = 1 and {_in_period('s.at')}{within('s')}"
    return f" from case_steps s{_cases()} where {first} and {_any('c.channel', channels)}"


def _timers(within: Within, stage: Stage) -> str:
    return (
        "select t.county_code, t.case_id, 2 * t.id as item_id, least(t.due_at, t.stopped_at) as at, t.due_at,"
        " t.stopped_at as done_at, coalesce(t.stopped_at <= t.due_at, false) as hit, null::bigint as department_id,"
        " '' as department, t.exempted_at is not null as exempt from case_timers t"
        f" where t.stage = '{stage}' and {_in_period('least(t.due_at, t.stopped_at)')}{within('t')}"
    )


def _intake(within: Within) -> str:
    return f"{_STEP}, s.at as done_at, true as hit, {_NOBODY}{_registered(within)}"


def _disputes(within: Within) -> str:
    return f"{_STEP}, s.at as done_at, true as hit, {_NOBODY}{_registered(within, _cases(rules.DISPUTES))}"


def _registered_in_time(within: Within) -> str:
    at_once = "select s.county_code, s.case_id, 2 * s.id + 1, s.at, null, s.at, true, null, '', false"
    return f"{_timers(within, Stage.REGISTER)} union all {at_once}{_registered(within)} and s.before is null"


def _completed_in_time(within: Within) -> str:
    otherwise = (
        "exists (select from case_steps d where d.county_code = t.county_code and d.case_id = t.case_id"
        f" and {_any('d.action', rules.LEFT_OUT)} and d.at = t.stopped_at{within('d')})"
    )
    return f"{_timers(within, Stage.WHOLE)} and not (coalesce(t.stopped_at <= t.due_at, false) and {otherwise})"


def _orders_accepted(within: Within) -> str:
    return (
        "select o.county_code, o.case_id, o.id as item_id, o.sent_at as at, null::timestamptz as due_at,"
        " coalesce(o.accepted_at, o.ended_at) as done_at, coalesce(o.accepted_at < :end, false)"
        " or coalesce(o.status = 'reported' and o.ended_at < :end, false) as hit,"
        " o.department_id, o.department_name as department, false as exempt"
        f" from case_orders o where o.kind in ('lead', 'assist') and {_in_period('o.sent_at')}{within('o')}"
        " and not coalesce(o.status = 'withdrawn' and o.accepted_at is null and o.ended_at < :end, false)"
        # what was accepted when it was sent (核实未通过, 移交承接部门) goes on with an order that is counted already
        " and not coalesce(o.accepted_at <= o.sent_at, false)"
    )


def _turned_up(within: Within) -> str:
    return (
        "select w.county_code, w.case_id, l.id as item_id, w.sent_at as at, w.due_at, l.turned_up_at as done_at,"
        " coalesce(l.turned_up_at <= w.due_at and l.turned_up_at < :end, false) as hit,"
        " l.department_id, l.department_name as department, false as exempt"
        " from case_whistles w join case_whistle_calls l on l.county_code = w.county_code and l.whistle_id = w.id"
        f" where {_in_period('w.sent_at')}{within('w')}"
        " and (l.turned_up_at < :end or w.ended_at < :end or w.due_at < :end)"
    )


def _solved(within: Within) -> str:
    closed = f"coalesce(e.action = '{Action.CLOSE}', false)"
    return f"{_STEP}, case when {closed} then e.at end as done_at, {closed} as hit, {_NOBODY}{_taken(within)}"


def _mediated(within: Within) -> str:
    return (
        "select m.county_code, m.case_id, m.id as item_id, m.ended_at as at, m.due_at, m.ended_at as done_at,"
        f" m.state = 'agreed' as hit, {_NOBODY} from mediations m"
        f" where m.state in ('agreed', 'failed') and {_in_period('m.ended_at')}{within('m')}"
    )


def _satisfied(within: Within) -> str:
    answer = "s.data ->> 'satisfaction'"
    content = f"coalesce({_any(answer, sorted(SATISFIED))}, false)"
    asked = f"{_any('s.action', rules.ASKING)} and {_in_period('s.at')}{within('s')}"
    return f"{_STEP}, s.at as done_at, {content} as hit, {_NOBODY} from case_steps s where {asked}"


def _visits_received(within: Within) -> str:
    hit = _followed(within, rules.DECISIONS)
    return f"{_STEP}, {_UNDATED}, {hit} as hit, {_NOBODY}{_received(within, (Channel.VISIT,))}"


def _disputes_treated(within: Within) -> str:
    hit = _followed(within, rules.TREATING)
    return f"{_STEP}, {_UNDATED}, {hit} as hit, {_NOBODY}{_taken(within, _cases(rules.DISPUTES))}"


def _revisited(within: Within) -> str:
    verified = f"s.action = '{Action.VERIFY}' and {_in_period('s.at')}{within('s')}"
    return (
        f"{_STEP}, {_UNDATED}, {_followed(within, rules.ASKING)} as hit, {_NOBODY} from case_steps s where {verified}"
    )


def _concerns_answered(within: Within) -> str:
    hit = _followed(within, rules.ANSWERING)
    return f"{_STEP}, {_UNDATED}, {hit} as hit, {_NOBODY}{_received(within, rules.PEOPLE)}"


def _duties_matched(within: Within) -> str:
    whose = _last(within, "f", (*rules.MATCHING, *rules.UNMATCHING))
    hit = f"coalesce({_any('f.action', rules.MATCHING)}, false)"
    return f"{_STEP}, f.at as done_at, {hit} as hit, {_NOBODY}{_taken(within, whose)}"


COUNTED: dict[str, Callable[[Within], str]] = {
    "intake": _intake,
    "disputes": _disputes,
    "registered_in_time": _registered_in_time,
    "completed_in_time": _completed_in_time,
    "orders_accepted": _orders_accepted,
    "turned_up": _turned_up,
    "solved": _solved,
    "mediated": _mediated,
    "satisfied": _satisfied,
    "visits_received": _visits_received,
    "disputes_treated": _disputes_treated,
    "revisited": _revisited,
    "concerns_answered": _concerns_answered,
    "duties_matched": _duties_matched,
}
