"""The list of cases, one case, and its photos."""

from __future__ import annotations

from typing import Any

from flask import Response as Answer
from flask import jsonify, render_template, request, url_for
from werkzeug.wrappers import Response

from gridmap.access import Permission
from gridmap.cases import actions, queries, rules
from gridmap.cases.forms import CaseFilter, Page, refuse_unknown
from gridmap.cases.forms.register import families
from gridmap.cases.queries.parties import may_open
from gridmap.cases.queries.work import saved_filters, unread_cases
from gridmap.cases.views.door import DETAIL_PARTS, MISSING, NAMES, as_detail, as_item, blueprint
from gridmap.clock import now, today
from gridmap.errors import NotFound
from gridmap.media import photo_path
from gridmap.web import actor, listing, requires, session, wants_json


@blueprint.get("/cases")
@requires(Permission.CASE_READ)
def index() -> Response | str:
    """The cases of a filter, a page at a time."""
    refuse_unknown(request.args, "sort", "limit", "after", "before")
    wanted, page = CaseFilter.from_args(request.args), Page.from_args(request.args)
    found = queries.list_cases(session, actor, wanted, page, now())
    following = _turn(wanted, page, after=found.following)
    unread = unread_cases(session, actor, [row.case for row in found.rows])
    if wants_json():
        items = [{**as_item(row), "unread": (row.case.county_code, row.case.id) in unread} for row in found.rows]
        return listing(items, found.total, following, more_than=found.more_than)
    return render_template(
        "cases/index.html",
        found=found,
        unread=unread,
        saved=saved_filters(session, actor, "cases"),
        wanted=wanted,
        page=page,
        args=wanted.to_args(),
        following=following,
        preceding=_turn(wanted, page, before=found.preceding),
        families=families(queries.categories_on(session, today())),
        units=queries.unit_choices(session, actor, Permission.CASE_READ, today()),
        today=today(),
        **NAMES,
    )


def _turn(wanted: CaseFilter, page: Page, **place: Any) -> str | None:
    """Return the address of another page of the same filter and order, or ``None`` when there is none."""
    name, where = next(iter(place.items()))
    if where is None:
        return None
    defaults = Page()
    values: dict[str, Any] = {**wanted.to_args(), name: where.text()}
    if page.sort != defaults.sort:
        values["sort"] = page.sort.value
    if page.limit != defaults.limit:
        values["limit"] = page.limit
    return url_for("cases.index", **values)


@blueprint.get("/cases/<case_code>")
@requires(Permission.CASE_READ)
def detail(case_code: str) -> Response | str:
    """One case: what is known, where, its photos, its course and its history."""
    row = queries.one_case(session, actor, case_code, now())
    if row is None:
        raise NotFound(MISSING)
    photos = queries.list_photos(session, row.case)
    history = queries.list_steps(session, row.case)
    _keep_seen(row.case, history[-1].number if history else 0)
    facts, _last = queries.facts_of(session, row.case, now())
    offers = rules.offers(facts, queries.doer_of(actor, row.case), lambda asked: actor.may(asked, row.case.unit_code))
    onward = rules.forward(rules.Status(row.case.status))
    named = bool(may_open(actor, row.case))
    if wants_json():
        possible = [offer.row.action.value for offer in offers if offer.decision]
        return jsonify({**as_detail(row, photos, history, named=named), "possible": possible})
    return render_template(
        "cases/detail.html",
        row=row,
        case=row.case,
        photos=photos,
        history=history,
        named=named,
        origins=named or row.case.created_by == actor.account_id,
        registered_at=queries.registered_at(history),
        orders=queries.list_orders(session, row.case),
        offers=sorted(offers, key=lambda offer: offer.row.after != onward),  # what leads on comes first
        onward=onward,
        **{name: value for part in DETAIL_PARTS for name, value in part(row, facts).items()},
        path=queries.tell_name(session, row.case.unit_code),
        steps=rules.steps(rules.Status(row.case.status)),
        **NAMES,
    )


def _keep_seen(case: Any, number: int) -> None:
    """Keep which step the person saw last; committed at once, for a request that reads commits nothing."""
    if number:
        actions.mark_seen(session, actor, case=case, number=number)
        session.commit()


@blueprint.get("/cases/<case_code>/photos/<int:photo_id>")
@requires(Permission.CASE_READ)
def photo(case_code: str, photo_id: int) -> Response:
    """A photo of a visible case; kept by this person's browser only, and asked about again each time."""
    found = queries.one_photo(session, actor, case_code, photo_id, now()) if photo_id < 2**63 else None
    if found is None:
        raise NotFound("没有找到该照片。")
    answer = Answer(mimetype="image/jpeg")
    answer.set_etag(found.sha256)
    answer.headers["Cache-Control"] = "private, no-cache"
    answer.vary.add("Cookie")
    if not request.if_none_match.contains(found.sha256):
        path = photo_path(found.sha256)
        if not path.exists():
            raise NotFound("照片文件缺失，请联系系统管理员。")
        answer.data = path.read_bytes()
    return answer.make_conditional(request)
