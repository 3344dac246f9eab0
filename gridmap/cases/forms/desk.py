"""The form of the reception desk: who, what, where, class; all else has a default that fits a walk-in."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal

from wtforms import HiddenField, SelectField, StringField
from wtforms.fields.choices import SelectChoice

from gridmap.cases.forms.involved import read_people, read_yuan
from gridmap.cases.forms.parties import PartyEntry, read_party
from gridmap.cases.forms.register import Position, RegisterForm, read_position
from gridmap.cases.rules import PositionMethod
from gridmap.cases.rules.parties import PARTY_ROLE_NAMES, PartyRole
from gridmap.errors import BadInput


@dataclass(frozen=True)
class Walkin:
    """What a walk-in brings beside the case itself."""

    party: PartyEntry | None = field(repr=False)
    people_count: int | None
    money_yuan: Decimal | None
    join_into: str
    appointment: int | None = None


class DeskForm(RegisterForm):
    """接待登记. A category may be typed as its code, its name, or both as the list offers them."""

    party_role = SelectField(
        "身份",
        choices=[SelectChoice(role.value, name) for role, name in PARTY_ROLE_NAMES.items()],
        default=PartyRole.REPORTER.value,
    )
    party_name = StringField("姓名")
    party_phone = StringField("电话")
    party_id_number = StringField("身份证号")
    party_address = StringField("住址")
    people_count = StringField("涉及人数")
    money_yuan = StringField("涉及金额（元）")
    join_into = StringField("并入事件")
    appointment = HiddenField("预约")

    def category_typed(self, known: dict[str, str]) -> None:
        """Turn what was typed for the category into its code; ``known`` is code → name."""
        typed = (self.category.data or "").strip()
        names = {name: code for code, name in known.items()}
        first = typed.split()[0] if typed else ""
        self.category.data = first if first in known else names.get(typed, typed)

    def walkin(self) -> Walkin:
        """Return the typed values beside the case. Raises ``BadInput`` naming the field."""
        given = [self[name].data or "" for name in ("party_name", "party_id_number", "party_phone", "party_address")]
        party = read_party(self.party_role.data, *given) if any(value.strip() for value in given) else None
        return Walkin(
            party,
            read_people(self.people_count.data or ""),
            read_yuan(self.money_yuan.data or ""),
            (self.join_into.data or "").strip().upper(),
            self.appointment_number(),
        )

    def appointment_number(self) -> int | None:
        """Return the appointment that brought the person, or ``None``. Raises ``BadInput``."""
        text = self.appointment.data or ""
        if text and not (text.isascii() and text.isdigit() and len(text) < 19):
            raise BadInput("预约无法识别，请回到预约页重新打开。", field="appointment")
        return int(text) if text else None

    def position(self) -> Position | None:
        """Return the place when coordinates were given, else ``None``: at the desk a place is told in words."""
        lon, lat = self.lon.data or "", self.lat.data or ""
        if not lon.strip() and not lat.strip():
            return None
        return read_position(lon, lat, self.datum.data, self.accuracy_m.data or "", PositionMethod.ADDRESS)
