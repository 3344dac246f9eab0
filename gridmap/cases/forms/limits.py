"""A new version of a limit, as an administrator writes it."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation

from wtforms import SelectField, StringField
from wtforms.fields import SelectChoice
from wtforms.validators import DataRequired, InputRequired, Length, ValidationError

from gridmap.cases.rules import GRADE_NAMES, STAGE_NAMES
from gridmap.units.rules.codes import CodeError, parse_code
from gridmap.web import Form
from gridmap.worktime.rules import KIND_NAMES

FAMILY_NAMES = {"1": "社会民生", "2": "农业产业", "3": "平安建设", "4": "生态环境", "5": "安全生产"}


def _stripped(text: str | None) -> str:
    return (text or "").strip()


def _number(_form: Form, field: StringField) -> None:
    text = field.data or ""
    try:
        good = not text or (len(text) <= 8 and Decimal(text).is_finite())
    except InvalidOperation:
        good = False
    if not good:
        raise ValidationError("应为数字，如 4 或 0.5。")


def _choices(names: dict, blank: str = "") -> list[SelectChoice]:
    first = [SelectChoice("", blank)] if blank else []
    return [*first, *(SelectChoice(str(getattr(key, "value", key)), name) for key, name in names.items())]


class LimitForm(Form):
    """Where it holds, how long, and why."""

    area = SelectField("区划", validate_choice=False, validators=[DataRequired("请选择区划。")])
    stage = SelectField("环节", choices=_choices(STAGE_NAMES))
    category = StringField("小类代码", filters=[_stripped], validators=[Length(max=20, message="小类代码过长。")])
    family = SelectField("大类", choices=_choices(FAMILY_NAMES, "不限"), default="")
    grade = SelectField("五事五办", choices=_choices(GRADE_NAMES, "不限"), default="")
    kind = SelectField("时间种类", choices=_choices(KIND_NAMES))
    amount = StringField("时限", filters=[_stripped], validators=[InputRequired("请填写时限。"), _number])
    remind_before = StringField("提前多少提醒", filters=[_stripped], validators=[_number])
    second_after = StringField("超时多久再次到限", filters=[_stripped], validators=[_number])
    source_note = StringField(
        "依据",
        filters=[_stripped],
        validators=[DataRequired("请填写依据。"), Length(max=500, message="依据最多 500 个字。")],
    )

    def validate_area(self, field: SelectField) -> None:
        """A code of a unit; 0 is the whole system. Raises ``ValidationError``."""
        try:
            if field.data != "0":
                parse_code(field.data)
        except CodeError as fault:
            raise ValidationError(str(fault)) from fault

    @property
    def area_code(self) -> int:
        """The unit as its padded code."""
        return 0 if self.area.data == "0" else parse_code(self.area.data)

    def decimal(self, name: str) -> Decimal | None:
        """Return a number as given; blank is ``None``."""
        text = self[name].data
        return Decimal(text) if text else None
