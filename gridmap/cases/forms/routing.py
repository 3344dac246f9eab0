"""A 派单规则 from a form: typed values, with messages beside their fields."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any

from shapely import Polygon
from shapely.validation import explain_validity
from werkzeug.datastructures import MultiDict

from gridmap.access import Actor, Permission
from gridmap.cases.forms.plain import clean
from gridmap.cases.rules import Scale
from gridmap.cases.rules.position import place_fault
from gridmap.errors import BadInput, NotFound
from gridmap.web import UNREADABLE

MOST_POINTS = 500


@dataclass(frozen=True)
class RuleEntry:
    """What a person wrote: ``department`` 0 is the desk itself; ``area`` a polygon in WGS-84 degrees or absent."""

    name: str
    department: int
    active_from: date
    source_note: str
    active_to: date | None = None
    families: tuple[int, ...] = ()
    category_codes: tuple[str, ...] = ()
    scales: tuple[str, ...] = ()
    within_unit: int | None = None
    area: Polygon | None = None
    hour_from: int | None = None
    hour_to: int | None = None
    seen: int | None = None  # row_version that the person saw


def read_rule(form: MultiDict[str, str], *, today: date) -> RuleEntry:
    """Return a rule as written. Raises ``BadInput`` naming the first field at fault and the remedy."""
    hours = _hour(form, "hour_from", 23), _hour(form, "hour_to", 24)
    if (hours[0] is None) != (hours[1] is None):
        raise BadInput("时段的起、止须同时填写，或都不填。", field="hour_to")
    if hours[0] is not None and hours[0] == hours[1]:
        raise BadInput("时段的起、止相同：全天有效请都不填。", field="hour_to")
    starts = _day(form, "active_from") or today
    ends = _day(form, "active_to")
    if ends and ends <= starts:
        raise BadInput("停用日期须晚于启用日期。", field="active_to")
    return RuleEntry(
        name=_text(form, "name", "规则名称", 60),
        department=_number(form.get("department", ""), "department", "请选择派往哪个部门，或“中心自办”。"),
        active_from=starts,
        active_to=ends,
        source_note=_text(form, "source_note", "依据", 500),
        families=tuple(_numbers(form.getlist("family"), "family")),
        category_codes=tuple(dict.fromkeys(code for code in form.getlist("category") if code))[:200],
        scales=tuple(_scales(form.getlist("scale"))),
        within_unit=_number(form["within"], "within", "没有这个区划，请从列表中选择。") if form.get("within") else None,
        area=read_area(form.get("area", "")),
        hour_from=hours[0],
        hour_to=hours[1],
        seen=_number(form["seen"], "seen", "页面已过期，请刷新后重新填写。") if form.get("seen") else None,
    )


def read_area(text: str) -> Polygon | None:
    """Return the polygon of lines “经度,纬度” (WGS-84 degrees), ``None`` when blank. Raises ``BadInput`` naming the line."""
    points: list[tuple[float, float]] = []
    for number, line in enumerate((row.strip() for row in text.splitlines()), 1):
        if not line:
            continue
        found = re.fullmatch(r"(-?\d{1,3}(?:\.\d{1,12})?)\s*[,，\s]\s*(-?\d{1,3}(?:\.\d{1,12})?)", line)
        if not found:
            raise BadInput(f"范围第 {number} 行无法识别，每行写一个点：经度,纬度。", field="area")
        lon, lat = float(found[1]), float(found[2])
        fault = place_fault(lon, lat)
        if fault:
            raise BadInput(f"范围第 {number} 行：{fault.message}", field="area")
        points.append((lon, lat))
    if not points:
        return None
    if len(points) > MOST_POINTS:
        raise BadInput(f"范围至多 {MOST_POINTS} 个点，现有 {len(points)} 个点，请删减。", field="area")
    if len(set(points)) < 3:
        raise BadInput("范围至少要三个不同的点。", field="area")
    shape = Polygon(points)
    if not shape.is_valid or shape.area == 0:
        where = re.search(r"\[(.+?)\]", explain_validity(shape))
        at = f"（经纬度 {where[1]} 附近）" if where else ""
        raise BadInput(f"范围的边线自相交{at}，请按顺序沿边界列出各点。", field="area")
    return shape


def area_lines(shape: Any) -> str:
    """Return a polygon as the lines of its form."""
    return (
        "\n".join(f"{lon:.6f},{lat:.6f}" for lon, lat in list(shape.exterior.coords)[:-1]) if shape is not None else ""
    )


def routing_unit(text: str, actor: Actor) -> int:
    """Return the unit whose rules are meant: the asked one, else that of the widest post that may. Raises ``NotFound``."""
    mine = [post for post in actor.posts if actor.may(Permission.CASE_ROUTE, post.unit_code) and post.unit_code]
    if not text:
        widest = max(mine, key=lambda post: (post.scope.hi - post.scope.lo, -post.unit_code), default=None)
        if widest is None:
            raise BadInput("请先选择区划。", field="unit")
        return widest.unit_code
    if not re.fullmatch(r"[0-9]{15}", text) or not actor.may(Permission.CASE_ROUTE, int(text)):
        raise NotFound("没有找到该区划，可能代码有误，或不在您负责的范围内。")
    return int(text)


def _text(form: MultiDict[str, str], name: str, label: str, most: int) -> str:
    found = clean(form.get(name, ""))
    if not found:
        raise BadInput(f"请填写“{label}”。", field=name)
    if UNREADABLE.search(found):
        raise BadInput(f"“{label}”含有无法识别的字符，请重新输入。", field=name)
    if len(found) > most:
        raise BadInput(f"“{label}”至多 {most} 个字，现有 {len(found)} 个字，请删减。", field=name)
    return found


def _number(text: str, name: str, message: str) -> int:
    if not re.fullmatch(r"[0-9]{1,18}", text):
        raise BadInput(message, field=name)
    return int(text)


def _numbers(given: Iterable[str], name: str) -> list[int]:
    return [
        _number(item, name, "类别大类无法识别，请从列表中选择。")
        for item in dict.fromkeys(given)
        if item in "123456789"
    ]


def _scales(given: Iterable[str]) -> list[str]:
    for item in given:
        if item not in set(Scale):
            raise BadInput("“规模”无法识别，请从列表中选择。", field="scale")
    return list(dict.fromkeys(given))


def _hour(form: MultiDict[str, str], name: str, most: int) -> int | None:
    text = form.get(name, "").strip()
    if not text:
        return None
    if not re.fullmatch(r"[0-9]{1,2}", text) or int(text) > most:
        raise BadInput(f"时段以整点填写，0 至 {most}。", field=name)
    return int(text)


def _day(form: MultiDict[str, str], name: str) -> date | None:
    text = form.get(name, "").strip()
    try:
        return date.fromisoformat(text) if text else None
    except ValueError as fault:
        raise BadInput("日期应写作 2026-11-22 的样子。", field=name) from fault
