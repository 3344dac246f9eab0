"""A party as it is given: typed values, or a message beside the field."""

from __future__ import annotations

from dataclasses import dataclass, field

from gridmap.cases.forms.plain import clean
from gridmap.cases.rules.parties import PARTY_ROLE_NAMES, PartyRole, id_number_fault, phone_fault
from gridmap.errors import BadInput
from gridmap.numbers import plain
from gridmap.web import UNREADABLE

MOST_NAME, MOST_ADDRESS, MOST_PURPOSE = 60, 200, 200
LEAST_PURPOSE = 2


@dataclass(frozen=True)
class PartyEntry:
    """Who somebody is; its ``repr`` tells the role only, so that no log does more."""

    role: PartyRole
    name: str = field(repr=False)
    id_number: str = field(default="", repr=False)
    phone: str = field(default="", repr=False)
    address: str = field(default="", repr=False)


def read_party(role: str, name: str, id_number: str = "", phone: str = "", address: str = "") -> PartyEntry:
    """Return a party. Raises ``BadInput`` naming the field and the remedy; the message quotes no number."""
    if role not in set(PartyRole):
        raise BadInput("请选择当事人身份（反映人、申请人、被申请人、其他）。", field="party_role")
    name, address = clean(name), clean(address)
    if not name:
        raise BadInput(f"请填写{PARTY_ROLE_NAMES[PartyRole(role)]}的姓名或单位名称。", field="party_name")
    for label, key, value, most in (
        ("姓名", "party_name", name, MOST_NAME),
        ("住址", "party_address", address, MOST_ADDRESS),
    ):
        if len(value) > most:
            raise BadInput(f"{label}至多 {most} 个字，现有 {len(value)} 个字，请核对。", field=key)
        if UNREADABLE.search(value):
            raise BadInput(f"{label}含有无法识别的字符，请重新输入。", field=key)
    number, telephone = plain(clean(id_number)), plain(clean(phone))
    if number and (fault := id_number_fault(number)):
        raise BadInput(fault, field="party_id_number")
    if telephone and (fault := phone_fault(telephone)):
        raise BadInput(fault, field="party_phone")
    return PartyEntry(PartyRole(role), name, number, telephone, address)


def read_purpose(text: str) -> str:
    """Return why somebody opens a party's record. Raises ``BadInput`` when it says nothing."""
    purpose = clean(UNREADABLE.sub("", text))
    if len(purpose) < LEAST_PURPOSE:
        raise BadInput("请写明查看用途，如“电话回访”“送达调解通知”；用途会记入日志。", field="purpose")
    if len(purpose) > MOST_PURPOSE:
        raise BadInput(f"查看用途至多 {MOST_PURPOSE} 个字，请写得简短些。", field="purpose")
    return purpose
