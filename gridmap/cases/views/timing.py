"""The limits of a case on its page, why they fall due when they do, and the administrator's page of limits."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from flask import flash, redirect, render_template, url_for
from werkzeug.wrappers import Response

from gridmap.access import EVERYWHERE, Permission
from gridmap.cases import queries, rules
from gridmap.cases.actions.limits import change_limit as write_limit
from gridmap.cases.actions.quiet import set_quiet_hours
from gridmap.cases.forms.limits import FAMILY_NAMES, LimitForm
from gridmap.cases.forms.quiet import QuietForm, read_clock
from gridmap.cases.queries import CaseRow
from gridmap.cases.queries import timers as reading
from gridmap.cases.queries.mediation import list_mediations, template_with
from gridmap.cases.queries.quiet import quiet_of
from gridmap.cases.queries.tiers import tier_timer
from gridmap.cases.rules.clocks import APPEAL_STATUS_NAMES, EXTENSION_STATUS_NAMES
from gridmap.cases.rules.limits import LEVEL_NAMES, amount_words
from gridmap.cases.views.door import DETAIL_PARTS, MISSING, NAMES, blueprint
from gridmap.clock import now, today
from gridmap.errors import NotFound
from gridmap.web import actor, attempt, requires, session
from gridmap.worktime.rules import (
    TimeKind,
    Timer,
    explain_timer,
    is_overdue,
    spoken_remaining,
    spoken_time,
    timer_due_at,
    timer_remaining,
)

WORDS = {
    "STAGE_NAMES": rules.STAGE_NAMES,
    "LEVEL_NAMES": LEVEL_NAMES,
    "EXTENSION_STATUS_NAMES": EXTENSION_STATUS_NAMES,
    "APPEAL_STATUS_NAMES": APPEAL_STATUS_NAMES,
    "amount_words": amount_words,
}


def _clocks(rows: Iterable[Any]) -> list[dict[str, Any]]:
    """Return the timers of stages as the pages show them."""
    rows, at = list(rows), now()
    timers = [reading.timer_of(row) for row in rows]
    calendars = reading.calendars_for(session, timers)
    return [
        _clock(
            timer,
            calendars,
            name=rules.STAGE_NAMES[rules.Stage(row.stage)],
            source_note=row.source_note,
            soon=row.remind_at is not None and row.remind_at <= at,
        )
        for row, timer in zip(rows, timers, strict=True)
    ]


def _tier_clocks(case: Any) -> list[dict[str, Any]]:
    """Return the clocks of a case's tiers of mediation as the pages show them, the newest first."""
    found = []
    for item in reversed(list_mediations(session, case)):
        if timer := tier_timer(item):
            note, told = template_with(session, item.template_id).source_note, item.soon_told_at is not None
            calendars = reading.calendars_for(session, [timer])
            found.append(_clock(timer, calendars, name=f"{item.tier_name}调解", source_note=note, soon=told))
    return found


def _clock(timer: Timer, calendars: Any, *, name: str, source_note: str, soon: bool) -> dict[str, Any]:
    """Return a timer as the pages show it: what is left in words, how it looks, and why it falls due when it does."""
    at = now()
    late, pause = is_overdue(timer, at, calendars), timer.paused_at(at)
    words = spoken_remaining(timer_remaining(timer, at, calendars), timer.limit.kind, is_overdue=late)
    if pause and not timer.stopped_at:
        words = f"已暂停至 {spoken_time(pause.until_at)}，{words}"
    elif timer.stopped_at:
        words = f"已结束，{words.replace('剩余', '提前') if not late else words}"
    return {
        "name": name,
        "words": words,
        "look": "late" if late else "ended" if timer.stopped_at else "due_soon" if soon else "on_time",
        "limit": timer.limit.name,
        "due_at": timer_due_at(timer, calendars),
        "source_note": source_note,
        "told": explain_timer(timer, calendars),
        "calendars": [
            f"自 {spoken_time(span.from_at)} 起按{calendars[span.version_id].label}计算。"
            for span in timer.calendars[1:]
        ],
    }


def timing_part(row: CaseRow, _facts: rules.Facts) -> dict[str, Any]:
    """Return the part of a case's page about its limits."""
    timers = reading.list_timers(session, row.case)
    return {
        "timing": {
            "rows": _clocks(timer for timer in timers if timer.stopped_at is None),
            "stages": {timer.id: timer.stage for timer in timers},
            "exempted": {timer.id for timer in timers if timer.exempted_at},
            "escalations": reading.case_escalations(session, row.case),
            "extensions": reading.case_extensions(session, row.case),
            "appeals": reading.case_appeals(session, row.case),
        },
        **WORDS,
    }


DETAIL_PARTS.append(timing_part)


@blueprint.get("/cases/<case_code>/deadlines")
@requires(Permission.CASE_READ)
def deadlines(case_code: str) -> str:
    """Why each limit of a case, and of its tiers of mediation, falls due when it does, interval by interval."""
    row = queries.one_case(session, actor, case_code, now())
    if row is None:
        raise NotFound(MISSING)
    clocks = [*_tier_clocks(row.case), *_clocks(reversed(reading.list_timers(session, row.case)))]
    return render_template("cases/deadlines.html", case=row.case, timing={"all": clocks}, **NAMES)


@blueprint.get("/cases/limits")
@requires(Permission.RULE_EDIT)
def limits() -> str:
    """All limits in force, and those before."""
    return _page(LimitForm(None))


@blueprint.post("/cases/limits")
@requires(Permission.RULE_EDIT)
def change_limit() -> Response | tuple[str, int]:
    """Write a new version of a limit."""
    form = LimitForm()
    if form.validate():
        with attempt(form) as tried:
            row = write_limit(
                session,
                actor,
                area_code=form.area_code,
                stage=rules.Stage(form.stage.data),
                category=form.category.data,
                family=int(form.family.data) if form.family.data else None,
                grade=rules.Grade(form.grade.data) if form.grade.data else None,
                kind=TimeKind(form.kind.data),
                amount=form.decimal("amount") or Decimal(0),
                remind_before=form.decimal("remind_before"),
                second_after=form.decimal("second_after"),
                source_note=form.source_note.data,
                now=now(),
            )
        if tried:
            flash(f"已保存为第 {row.version} 版，今后开始的计时按它计算，已在计时的不变。")
            return redirect(url_for(".limits"))
    return _page(form), 400


@blueprint.post("/cases/limits/quiet")
@requires(Permission.RULE_EDIT)
def change_quiet() -> Response | tuple[str, int]:
    """Write a new version of a unit's quiet hours."""
    form = QuietForm()
    if form.validate():
        with attempt(form) as tried:
            row = set_quiet_hours(
                session,
                actor,
                unit_code=form.unit_code,
                begins=read_clock(form.begins.data),
                ends=read_clock(form.ends.data),
                source_note=form.quiet_note.data,
                on=today(),
            )
        if tried:
            flash(f"安静时段已保存为第 {row.version} 版，今后产生的通知按它发出。")
            return redirect(url_for(".limits"))
    return _page(LimitForm(None), form), 400


def _page(form: LimitForm, quiet_form: QuietForm | None = None) -> str:
    everywhere = EVERYWHERE in actor.granted_ranges(Permission.RULE_EDIT)
    quiet = [
        (row, queries.tell_name(session, row.unit_code) if row.unit_code else "全国")
        for row in quiet_of(session, actor)
    ]
    rows = reading.list_limits(session, actor)
    order = {stage.value: number for number, stage in enumerate(rules.Stage)}
    current = sorted((row for row in rows if row.valid_to is None), key=lambda row: order[row.stage])
    former = [row for row in rows if row.valid_to is not None]
    return render_template(
        "cases/limits/index.html",
        form=form,
        current=current,
        former=former,
        where=_where,
        area_names={
            area: queries.tell_name(session, area) if area else "全系统" for area in {row.area_code for row in rows}
        },
        quiet=quiet,
        quiet_form=quiet_form or QuietForm(None),
        everywhere=everywhere,
        units=queries.unit_choices(session, actor, Permission.RULE_EDIT, today()),
        **WORDS,
        **NAMES,
    )


def _where(row: Any) -> str:
    """Say for what a limit holds."""
    place = f"小类 {row.category_code}" if row.category_code else FAMILY_NAMES[str(row.family)] if row.family else ""
    grade = rules.GRADE_NAMES[rules.Grade(row.grade)] if row.grade else ""
    return "，".join(part for part in (place, grade) if part) or "全部"
