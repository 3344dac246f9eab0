"""Request data of 预约: making one, moving and cancelling, the desks that take them."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field
from datetime import datetime

from werkzeug.datastructures import MultiDict

from gridmap.cases.forms.mediation import line, read_number
from gridmap.cases.forms.parties import MOST_NAME, read_party
from gridmap.cases.rules.appointments import DeskRule
from gridmap.cases.rules.parties import PartyRole
from gridmap.clock import CHINA
from gridmap.errors import BadInput

MOST_TOPIC, MOST_REASON, MOST_DESK = 100, 200, 30
Form = MultiDict[str, str]


@dataclass(frozen=True)
class SlotAsked:
    """A slot of a desk: the desk's number, and when it starts (aware)."""

    desk_id: int
    starts_at: datetime


@dataclass(frozen=True)
class AppointmentEntry:
    """An appointment as it is made; its ``repr`` tells neither name nor telephone."""

    slot: SlotAsked
    topic: str
    client_id: uuid.UUID | None
    name: str = field(repr=False)
    phone: str = field(repr=False)


@dataclass(frozen=True)
class Changed:
    """Why an appointment is moved or cancelled, and which state of it the person saw."""

    reason: str
    seen: int


def read_slot(text: str) -> SlotAsked:
    """Return a slot written as ``desk@2026-11-25T09:30`` (China's clock). Raises ``BadInput``."""
    desk, _, when = text.partition("@")
    fault = BadInput("请从当天的时段中选择预约时间。", field="slot")
    if not (desk.isascii() and desk.isdigit() and len(desk) < 19):
        raise fault
    try:
        at = datetime.strptime(when, "%Y-%m-%dT%H:%M").replace(tzinfo=CHINA)
    except ValueError as error:
        raise fault from error
    if not 2000 <= at.year <= 2100:
        raise fault
    return SlotAsked(int(desk), at)


def read_appointment(form: Form) -> AppointmentEntry:
    """Read the form of an appointment. Raises ``BadInput`` naming the field and the remedy."""
    name = line(form.get("name", ""), "姓名", "name", MOST_NAME)
    phone = line(form.get("phone", ""), "电话", "phone", 30)
    topic = line(form.get("topic", ""), "事由", "topic", MOST_TOPIC)
    for text, label, key in ((name, "姓名", "name"), (phone, "电话", "phone"), (topic, "事由", "topic")):
        if not text:
            raise BadInput(f"请填写“{label}”。", field=key)
    try:
        person = read_party(PartyRole.REPORTER.value, name, phone=phone)
    except BadInput as fault:
        raise BadInput(fault.message, field=(fault.field or "name").removeprefix("party_")) from fault
    return AppointmentEntry(
        read_slot(form.get("slot", "")), topic, _client(form.get("client_id", "")), person.name, person.phone
    )


def read_change(form: Form, label: str) -> Changed:
    """Read why an appointment is changed. Raises ``BadInput``."""
    reason = line(form.get("reason", ""), label, "reason", MOST_REASON)
    if not reason:
        raise BadInput(f"请填写“{label}”。", field="reason")
    return Changed(reason, read_seen(form))


def read_seen(form: Form) -> int:
    """Return which state of an appointment the person saw. Raises ``BadInput``."""
    text = form.get("seen", "")
    if not (text.isascii() and text.isdigit() and len(text) < 10):
        raise BadInput("页面已过期，请刷新后重试。", field="seen")
    return int(text)


def read_desk(form: Form) -> DeskRule:
    """Read a desk and its slots. Raises ``BadInput`` with the bounds."""
    name = line(form.get("name", ""), "窗口名称", "name", MOST_DESK)
    if not name:
        raise BadInput("请填写“窗口名称”。", field="name")
    return DeskRule(
        name,
        read_number(form.get("slot_minutes", ""), "每段时长（分钟）", "slot_minutes", 10, 240),
        read_number(form.get("capacity", ""), "每段人数", "capacity", 1, 20),
        read_number(form.get("days_ahead", ""), "可提前天数", "days_ahead", 1, 180),
    )


def _client(text: str) -> uuid.UUID | None:
    try:
        return uuid.UUID(text) if text else None
    except ValueError as fault:
        raise BadInput("页面已过期，请刷新后重新填写。", field="client_id") from fault
