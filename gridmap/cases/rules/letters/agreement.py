"""What a 调解协议书 says beside its case: the agreement and its promises, and those who sign it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from gridmap.cases.rules.letters.kinds import day_text
from gridmap.cases.rules.parties import PARTY_ROLE_NAMES, PartyRole
from gridmap.cases.rules.tiers import Confirmation

BLANK = "＿" * 8
NUMBER_BLANK = "＿" * 16
NO_DUTIES = "双方没有另行约定履行事项"
CONFIRMING_WORDS = {
    Confirmation.NONE: "双方暂不申请司法确认",
    Confirmation.APPLIED: "双方同意共同申请司法确认",
    Confirmation.CONFIRMED: "本协议已经人民法院司法确认",
}


@dataclass(frozen=True)
class Promise:
    """履行事项 as the paper says it; the amount in yuan."""

    what: str
    by_whom: str
    amount_yuan: Decimal | None
    due_on: date


def agreement_fields(
    terms: str, counterpart: str, mediators: str, confirmation: Confirmation, promises: Sequence[Promise]
) -> dict[str, str]:
    """Return what the agreement itself says; nothing of who the parties are."""
    return {
        "正文": terms,
        "协议内容": terms,
        "调解员": mediators,
        "司法确认": CONFIRMING_WORDS[confirmation],
        "履行事项": "\n".join(_promise(number, item) for number, item in enumerate(promises, 1)) or NO_DUTIES,
        "对方当事人": counterpart,
    }


def _promise(number: int, item: Promise) -> str:
    amount = f"，金额 {item.amount_yuan:,.2f} 元" if item.amount_yuan is not None else ""
    return f"{number}. {day_text(item.due_on)}前，{item.by_whom}履行：{item.what}{amount}。"


def signed_fields(counterpart: str, signing: Sequence[tuple[PartyRole, Mapping[str, str]]]) -> dict[str, str]:
    """Return who signs, from their opened data; where nobody was chosen there is room to write by hand.

    The counterpart that was written down stands on its own line unless one of those who sign is it (被申请人).
    """
    lines = [_party(PARTY_ROLE_NAMES[role], values) for role, values in signing]
    places = [f"{PARTY_ROLE_NAMES[role]}{values['name']}：{BLANK}" for role, values in signing]
    if not lines:
        lines.append(f"申请人：{BLANK}，身份证号 {NUMBER_BLANK}")
        places.append(f"申请人：{BLANK}")
    if PartyRole.RESPONDENT not in {role for role, _values in signing}:
        lines.append(f"对方当事人：{counterpart}（{BLANK}，身份证号 {NUMBER_BLANK}）")
        places.append(f"对方当事人：{BLANK}")
    names = [values["name"] for _role, values in signing] or [BLANK]
    return {"主送": "、".join([*names, counterpart]), "当事人": "\n".join(lines), "签名处": "\n".join(places)}


def _party(role: str, values: Mapping[str, str]) -> str:
    more = (("身份证号", "id_number"), ("住址", "address"), ("电话", "phone"))
    said = [f"{label} {values[name]}" for label, name in more if values.get(name)]
    return "，".join([f"{role}：{values['name']}", *said])
