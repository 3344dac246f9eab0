"""工作日历: the year, its versions, editing, and trying out a limit."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from gridmap.access import Permission
from gridmap.clock import now, today
from gridmap.errors import BadInput
from gridmap.pages import code
from gridmap.web import actor, attempt, requires, session, signed_in
from gridmap.worktime import actions, forms, queries
from gridmap.worktime.rules import KIND_NAMES, TimeKind, explain, spoken_length, spoken_time
from gridmap.worktime.rules.published import published_years
from gridmap.worktime.rules.sheet import LOOK_NAMES, holidays_of, months_of
from gridmap.worktime.rules.words import spoken_counting, spoken_day, spoken_windows

blueprint = Blueprint("worktime", __name__)


@blueprint.app_template_filter("due")
def due(instant: datetime) -> str:
    """Write the end of a limit: 24:00 belongs to the day that ends."""
    return spoken_time(instant, is_end=True)


blueprint.add_app_template_filter(spoken_time)
blueprint.add_app_template_filter(spoken_length)


@blueprint.get("/worktime")
@signed_in
def index() -> str:
    """A year of the calendar that counts at an area; of an older version when one is asked for."""
    area = forms.area_code(request.args.get("area", ""), actor)
    return _page(area)


@blueprint.post("/worktime/days")
@requires(Permission.CALENDAR_EDIT)
def edit_day() -> Response | tuple[str, int]:
    """Change one day."""
    form = forms.DayForm()
    area = forms.area_code(form.area.data or "", actor)
    if form.validate() and form.on.data:
        with attempt(form) as tried:
            version = actions.edit_day(
                session,
                actor,
                area_code=area,
                seen_id=form.seen_id,
                on=form.on.data,
                day=form.day(),
                reason=form.reason.data or "",
                now=now(),
            )
        if tried:
            flash(f"已保存：{version.note} 自现在起按{version.label}计算，已在计时的不变。")
            return redirect(url_for(".index", area=code(area), year=form.on.data.year))
    return _page(area, day_form=form), 400


@blueprint.post("/worktime/windows")
@requires(Permission.CALENDAR_EDIT)
def edit_windows() -> Response | tuple[str, int]:
    """Change the work windows of the week."""
    form = forms.WindowsForm()
    area = forms.area_code(form.area.data or "", actor)
    if form.validate():
        with attempt(form) as tried:
            version = actions.edit_windows(
                session,
                actor,
                area_code=area,
                seen_id=form.seen_id,
                weekly=form.weekly(),
                reason=form.reason.data or "",
                now=now(),
            )
        if tried:
            flash(f"上班时段已保存，自现在起按{version.label}计算，已在计时的不变。")
            return redirect(url_for(".index", area=code(area)))
    return _page(area, windows_form=form), 400


@blueprint.post("/worktime/counting")
@requires(Permission.CALENDAR_EDIT)
def edit_counting() -> Response | tuple[str, int]:
    """Change how a kind of day is counted."""
    form = forms.CountingForm()
    area = forms.area_code(form.area.data or "", actor)
    if form.validate():
        with attempt(form) as tried:
            version = actions.edit_counting(
                session,
                actor,
                area_code=area,
                seen_id=form.seen_id,
                kind=TimeKind(form.kind.data),
                rule=form.rule(),
                now=now(),
            )
        if tried:
            flash(f"期限算法已保存，自现在起按{version.label}计算，已在计时的不变。")
            return redirect(url_for(".index", area=code(area)))
    return _page(area, counting_form=form), 400


@blueprint.post("/worktime/years")
@requires(Permission.CALENDAR_EDIT)
def confirm_year() -> Response | tuple[str, int]:
    """Say that a year's holidays are complete."""
    form = forms.YearForm()
    area = forms.area_code(form.area.data or "", actor)
    year = forms.asked_year(form.year.data or "", today().year)
    if form.validate():
        with attempt(form) as tried:
            actions.confirm_year(
                session,
                actor,
                area_code=area,
                seen_id=form.seen_id,
                year=year,
                reason=form.reason.data or "",
                now=now(),
            )
        if tried:
            flash(f"{year} 年的放假安排已确认录入完毕。")
            return redirect(url_for(".index", area=code(area), year=year))
    return _page(area, year_form=form), 400


@blueprint.post("/worktime/import")
@requires(Permission.CALENDAR_EDIT)
def import_holidays() -> Response:
    """Take over what the library knows."""
    area = forms.area_code(request.form.get("area", ""), actor)
    report = actions.import_holidays(session, actor, area_code=area, now=now())
    if report.version:
        flash(f"{report.version.note} 自现在起按{report.version.label}计算。")
    else:
        flash(f"节假日库（至 {published_years()[-1]} 年）的放假安排都已在日历里，没有变化。")
    return redirect(url_for(".index", area=code(area)))


@blueprint.get("/worktime/trial")
@signed_in
def trial() -> str | tuple[str, int]:
    """Try out a limit: when it falls due, and why."""
    area = forms.area_code(request.args.get("area", ""), actor)
    shown: dict[str, Any] = {
        "area": area,
        "kinds": forms.KIND_CHOICES,
        "args": request.args,
        "told": None,
        "fault": None,
    }
    if "start" in request.args:
        try:
            asked = forms.trial(request.args)
            shown["told"] = explain(asked.start, asked.limit, queries.calendar_at(session, area, now()))
        except BadInput as fault:
            return render_template("worktime/trial.html", **{**shown, "fault": fault}), 400
    return render_template("worktime/trial.html", **shown)


def _page(area: int, **tried: Any) -> str:
    """Render the year; ``tried``: the form that was refused."""
    name = queries.area_name(session, area)
    current = queries.version_at(session, area, now())
    asked = request.args.get("version", "")
    version = queries.one_version(session, int(asked)) if asked.isdecimal() and len(asked) < 16 else current
    calendar = queries.calendars_of(session, {version.id})[version.id]
    day_form = tried.get("day_form")
    on = day_form.on.data if day_form else forms.asked_day(request.args.get("day", ""))
    year = on.year if on else forms.asked_year(request.values.get("year", ""), today().year)
    may_edit = version == current and bool(actor.may(Permission.CALENDAR_EDIT, area))
    shown = _forms(calendar, area, on, tried) if may_edit else {}
    return render_template(
        "worktime/index.html",
        area=area,
        area_name=name,
        areas=queries.list_areas(session),
        version=version,
        current=current,
        versions=queries.list_versions(session, version.area_code),
        calendar=calendar,
        year=year,
        months=months_of(calendar, year),
        holidays=holidays_of(calendar, year),
        on=on,
        on_words=spoken_day(calendar, on) if on else "",
        windows_words=spoken_windows(calendar.weekly),
        countings=[
            (kind, KIND_NAMES[kind], rule, spoken_counting(kind, rule)) for kind, rule in calendar.counting.items()
        ],
        may_edit=may_edit,
        today=today(),
        library_year=published_years()[-1],
        looks=LOOK_NAMES,
        **shown,
    )


def _forms(calendar: Any, area: int, on: Any, tried: dict[str, Any]) -> dict[str, Any]:
    """Return the forms of the page, filled with what counts now unless they were just refused."""
    given = {"area": code(area), "seen": str(calendar.version_id)}
    shown: dict[str, Any] = {
        "day_form": tried.get("day_form") or forms.DayForm(None, **given),
        "windows_form": tried.get("windows_form") or forms.WindowsForm(None, **given),
        "year_form": tried.get("year_form") or forms.YearForm(None, **given),
        "counting_form": tried.get("counting_form") or forms.CountingForm(None, **given),
        "refused": next(iter(tried), ""),
    }
    if on and "day_form" not in tried:
        shown["day_form"].show(on, calendar.days.get(on), is_workday=calendar.is_workday(on))
    if "windows_form" not in tried:
        shown["windows_form"].show(calendar.weekly)
    return shown
