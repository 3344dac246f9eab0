"""The work list: what waits for the signed-in person; one step on several cases; filters under a name."""

from __future__ import annotations

from typing import Any

from flask import flash, jsonify, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from gridmap.access import Permission
from gridmap.cases import actions, queries, rules
from gridmap.cases.forms import refuse_others
from gridmap.cases.forms.step import read_step
from gridmap.cases.forms.work import BATCH_ACTIONS, Batch, WorkPage, read_batch, read_filter_name, read_saved
from gridmap.cases.queries.charge import due_duties
from gridmap.cases.queries.work import batch_cases, count_work, list_work, one_filter, saved_filters, unread_cases
from gridmap.cases.rules.work import BY_NAME, GROUP_NAMES, Group, remaining
from gridmap.cases.views.door import NAMES, as_item, blueprint
from gridmap.clock import now
from gridmap.errors import BadInput, GridmapError, NotFound
from gridmap.web import actor, listing, polled, requires, session, wants_json, written

# which step waits in a group, so that a list of one group offers it first
FIRST = {
    Group.REGISTER: rules.Action.REGISTER,
    Group.DISPATCH: rules.Action.DISPATCH,
    Group.ACCEPT: rules.Action.ACCEPT,
    Group.CLOSE: rules.Action.CLOSE,
}


@blueprint.get("/work")
@requires(Permission.CASE_READ)
def work() -> Response | str:
    """What waits for the person now, what is due first on top."""
    refuse_others(request.args, "group", "after", "limit")
    page, at = WorkPage.from_args(request.args), now()
    found = list_work(session, actor, page, at)
    cases = [row.case for row in found.rows]
    unread = unread_cases(session, actor, cases)
    following = url_for("cases.work", **_args(page), after=found.following.text()) if found.following else None
    if wants_json():
        items = [
            {
                **as_item(row),
                "group": found.kinds[_key(row.case)].value,
                "stage_due_at": _iso(found.dues[_key(row.case)]),
                "unread": _key(row.case) in unread,
            }
            for row in found.rows
        ]
        return listing(items, found.total, following)
    return render_template(
        "cases/work/index.html",
        found=found,
        page=page,
        following=following,
        unread=unread,
        duties=due_duties(session, actor, cases) if actor.may(Permission.CASE_CHARGE) else {},
        at=at,
        remaining=remaining,
        GROUP_NAMES=GROUP_NAMES,
        by_name=BY_NAME,
        batch_actions=_batch_actions(),
        first=FIRST.get(page.group) if page.group else None,
        saved=saved_filters(session, actor, "work"),
        **NAMES,
    )


@blueprint.get("/work/count")
@requires(Permission.CASE_READ)
@polled
def work_count() -> Response:
    """How many cases wait for the person, for the badge in the head of the page."""
    counts = count_work(session, actor)
    return jsonify(waiting=sum(number for group, number in counts.items() if group is not Group.DUTY))


def _args(page: WorkPage) -> dict[str, Any]:
    values: dict[str, Any] = {"group": page.group.value} if page.group else {}
    return values | ({"limit": page.limit} if page.limit != WorkPage().limit else {})


def _key(case: Any) -> tuple[int, int]:
    return case.county_code, case.id


def _iso(at: Any) -> str | None:
    return at.isoformat() if at else None


def _batch_actions() -> list[rules.Action]:
    """Return the steps that the person's posts may take on several cases at once."""
    rows = [(row.action, row.permission) for row in rules.TRANSITIONS if row.before and row.action in BATCH_ACTIONS]
    return [item for item in BATCH_ACTIONS if any(row == item and actor.may(asked) for row, asked in rows)]


@blueprint.get("/work/batch")
@requires(Permission.CASE_READ)
def batch() -> Response | str:
    """What a step on the ticked cases asks for; back to the list, with the reason, when it cannot be asked."""
    try:
        wanted = read_batch(request.args)
    except BadInput as fault:
        flash(fault.message)
        return redirect(url_for("cases.work"))
    return _page(wanted)


@blueprint.post("/work/batch")
@requires(Permission.CASE_READ)
def take_batch() -> Response | str | tuple[str, int]:
    """Take the step on each of the cases and tell what came of each; the same form sent twice is done once."""
    wanted = read_batch(request.form)
    try:
        given = read_step(_row(wanted.action), request.form, request.files)
    except BadInput as fault:
        if wants_json():
            raise
        return _page(wanted, fault), 400
    found = actions.take_steps(
        session, actor, action=wanted.action, codes=wanted.codes, given=given, client_id=wanted.client_id, clock=now
    )
    if wants_json():
        return jsonify(items=[{"case_code": o.case_code, "done": o.done, "words": o.words} for o in found])
    titles = {case.case_code: case.title for case in batch_cases(session, actor, wanted.codes)}
    return render_template("cases/work/result.html", action=wanted.action, found=found, titles=titles, **NAMES)


def _row(action: rules.Action) -> rules.Transition:
    return next(row for row in rules.TRANSITIONS if row.action is action and row.before)


def _page(wanted: Batch, fault: GridmapError | None = None) -> str:
    cases = batch_cases(session, actor, wanted.codes)
    if not cases:
        raise NotFound("勾选的事件都不在您负责的范围内，请回到列表重新勾选。")
    departments: list[Any] = []
    if wanted.action is rules.Action.DISPATCH:
        offered = [queries.departments_for(session, unit) for unit in {case.unit_code for case in cases}]
        everywhere = set.intersection(*[{row.id for row in rows} for rows in offered])
        departments = [(str(row.id), f"{row.name}（{row.unit_name}）") for row in offered[0] if row.id in everywhere]
    return render_template(
        "cases/work/batch.html",
        wanted=wanted,
        row=_row(wanted.action),
        cases=cases,
        departments=departments,
        given=written(),
        fault=fault,
        **NAMES,
    )


@blueprint.post("/work/filters")
@requires(Permission.CASE_READ)
def save_filter() -> Response:
    """Save the filter of a list under a name and open it."""
    page = request.form.get("page", "")
    if page not in ("cases", "work"):
        raise BadInput("没有这个列表。", field="page")
    name = read_filter_name(request.form.get("name", ""))
    address = read_saved(page, request.form)
    actions.save_filter(session, actor, page=page, name=name, address=address)
    flash(f"已保存筛选条件“{name}”。")
    return redirect(_address(page, address))


@blueprint.get("/work/filters/<int:filter_id>")
@requires(Permission.CASE_READ)
def open_filter(filter_id: int) -> Response:
    """Open a saved filter."""
    kept = one_filter(session, actor, filter_id) if filter_id < 2**63 else None
    if kept is None:
        raise NotFound("没有找到该筛选条件，可能已经删除。")
    return redirect(_address(kept.page, kept.address))


@blueprint.post("/work/filters/<int:filter_id>")
@requires(Permission.CASE_READ)
def change_filter(filter_id: int) -> Response:
    """Rename a saved filter, or delete it."""
    number = filter_id if filter_id < 2**63 else 0
    if request.form.get("delete"):
        page = actions.delete_filter(session, actor, filter_id=number)
        flash("已删除该筛选条件。")
        return redirect(_address(page, ""))
    name = read_filter_name(request.form.get("name", ""))
    kept = actions.rename_filter(session, actor, filter_id=number, name=name)
    flash(f"已改名为“{name}”。")
    return redirect(_address(kept.page, kept.address))


def _address(page: str, address: str) -> str:
    path = url_for("cases.work" if page == "work" else "cases.index")
    return f"{path}?{address}" if address else path
