"""Quiet hours of a unit, as an administrator writes them."""

from __future__ import annotations

from datetime import time

from wtforms import SelectField, StringField
from wtforms.validators import DataRequired, Length, ValidationError

from gridmap.units.rules.codes import CodeError, parse_code
from gridmap.web import Form


def _stripped(text: str | None) -> str:
    return (text or "").strip()


def _clock(_form: Form, field: StringField) -> None:
    try:
        read_clock(field.data or "")
    except ValueError as fault:
        raise ValidationError("应写作 21:00 这样的时间。") from fault


def read_clock(text: str) -> time | None:
    """Return a time of the clock to the minute, or ``None`` for nothing. Raises ``ValueError``."""
    found = time.fromisoformat(text) if text else None
    if found is not None and (found.tzinfo or found.second or found.microsecond):
        raise ValueError(text)
    return found


class QuietForm(Form):
    """Which unit, from when to when, and on what ground."""

    quiet_unit = SelectField("区划", validate_choice=False, validators=[DataRequired("请选择区划。")])
    begins = StringField(
        "开始", filters=[_stripped], validators=[Length(max=8, message="应写作 21:00 这样的时间。"), _clock]
    )
    ends = StringField(
        "结束", filters=[_stripped], validators=[Length(max=8, message="应写作 08:00 这样的时间。"), _clock]
    )
    quiet_note = StringField(
        "依据",
        filters=[_stripped],
        validators=[DataRequired("请填写依据。"), Length(max=500, message="依据最多 500 个字。")],
    )

    def validate_quiet_unit(self, field: SelectField) -> None:
        """A code of a unit; 0 is the whole country. Raises ``ValidationError``."""
        try:
            if field.data != "0":
                parse_code(field.data)
        except CodeError as fault:
            raise ValidationError(str(fault)) from fault

    @property
    def unit_code(self) -> int:
        """The unit as its padded code."""
        return 0 if self.quiet_unit.data == "0" else parse_code(self.quiet_unit.data)
