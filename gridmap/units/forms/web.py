"""What the pages of units send: codes in addresses, filters of the list, the upload, publishing and edits."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date
from typing import Any

from flask_wtf.file import FileField
from wtforms import RadioField, SelectField, StringField
from wtforms.fields import SelectChoice
from wtforms.validators import Optional, Regexp

from gridmap.errors import BadInput, NotFound
from gridmap.units.queries.directory import Filters
from gridmap.units.rules.checks import Kind, Severity
from gridmap.units.rules.codes import CodeError, Level, parse_code, parse_level
from gridmap.units.rules.datum import Datum
from gridmap.web import Form

DATUM_MISSING = (
    "请选择坐标基准：选错会偏移数百米，系统不能代选。高德、腾讯地图导出的是 GCJ-02，百度是 BD-09，"
    "测绘成果一般是 CGCS2000；不清楚时请问提供文件的单位。"
)


class UploadForm(Form):
    """A file, what it holds, and what only the person knows about it."""

    kind = RadioField(
        "导入内容",
        choices=[SelectChoice("outlines", "边界文件"), SelectChoice("divisions", "区划代码表")],
        default="outlines",
    )
    file = FileField("文件")
    datum = SelectField(
        "坐标基准",
        choices=[SelectChoice("", "请选择"), *[SelectChoice(str(datum), datum.label) for datum in Datum]],
        default="",
    )
    level = SelectField(
        "级别", choices=[SelectChoice("", "按代码判断"), *[SelectChoice(str(level), level.label) for level in Level]]
    )
    code_field = StringField("代码字段")
    name_field = StringField("名称字段")
    epsg = StringField("坐标系编号（EPSG）", validators=[Optional(), Regexp(r"\s*[0-9]{4,6}\s*$")])
    layer = StringField("图层")

    def start(self, args: Mapping[str, str]) -> None:
        """Take the level that a link proposes."""
        if args.get("level") in set(Level):
            self.level.data = args["level"]

    def require(self) -> None:
        """Raise ``BadInput`` naming the field that cannot be read."""
        if not self.validate():
            name = next(iter(self.errors))
            if name == "epsg":
                raise BadInput("坐标系编号（EPSG）应为 4 至 6 位数字，如 4523。", field=name)
            label = "页面" if name is None or name == "csrf_token" else self[name].label.text
            raise BadInput(f"{label}：所选内容无效，请重新选择。", field=name)
        if self.kind.data == "outlines" and self.file.data and not self.datum.data:
            raise BadInput(DATUM_MISSING, field="datum")

    def options(self) -> dict[str, Any]:
        """Return what was said about the file."""
        return {
            "datum": self.datum.data,
            "level": self.level.data or "",
            "code_field": (self.code_field.data or "").strip()[:80],
            "name_field": (self.name_field.data or "").strip()[:80],
            "epsg": int(self.epsg.data) if (self.epsg.data or "").strip() else None,
            "layer": (self.layer.data or "").strip()[:80],
        }


def unit_code(text: str) -> int:
    """Return the code in an address (2 to 15 digits). Raises ``NotFound``: no unit has such an address."""
    try:
        return parse_code(text)
    except CodeError as error:
        raise NotFound("没有找到该区划：地址中的代码不正确。") from error


def unit_filters(args: Mapping[str, str]) -> Filters:
    """Return the filters of the list of units. Raises ``BadInput`` naming the filter that cannot be read."""
    try:
        level = parse_level(args.get("level"))
    except CodeError as error:
        raise BadInput(str(error), field="level") from error
    parent = args.get("parent", "").strip()
    try:
        above = parse_code(parent) if parent else None
    except CodeError as error:
        raise BadInput("上级" + str(error), field="parent") from error
    return Filters(
        words=args.get("q", "").strip()[:60].replace("\x00", ""),
        parent=above,
        level=Level(level) if level else None,
        without_outline=args.get("without_outline", "") in ("1", "true"),
    )


def fault_filters(args: Mapping[str, str]) -> dict[str, Any]:
    """Return the filters of a list of faults; words that name no severity or kind filter nothing."""
    severity, kind = args.get("severity", ""), args.get("kind", "")
    return {
        "severity": Severity(severity) if severity in set(Severity) else None,
        "kind": Kind(kind) if kind in set(Kind) else None,
    }


def base_version(values: Mapping[str, Any]) -> int:
    """Return the ``row_version`` that the page was made from. Raises ``BadInput`` when it is missing."""
    text = str(values.get("base", ""))
    if not re.fullmatch(r"[0-9]{1,9}", text):
        raise BadInput("页面不完整，请刷新后重试。", field="base")
    return int(text)


def effective_day(text: str) -> date | None:
    """Return the day from which a version is in force, ``None`` when left empty. Raises ``BadInput``."""
    try:
        return date.fromisoformat(text) if text else None
    except ValueError as error:
        raise BadInput("生效日期应为“年-月-日”，如 2026-01-01。", field="effective_on") from error
