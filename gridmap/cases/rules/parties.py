"""当事人: their roles, whether an identity number or a telephone number can be one, and how they are shown masked. Pure.

Identity numbers follow GB 11643-1999 (18 characters, check character by ISO 7064 MOD 11-2); the 15-digit numbers of before 1999
have no check character and are accepted as old cases cite them.
"""

from __future__ import annotations

import re
from datetime import date
from enum import StrEnum

from gridmap.numbers import check_character, same_phone


class PartyRole(StrEnum):
    """What somebody is in a case."""

    REPORTER = "reporter"
    APPLICANT = "applicant"
    RESPONDENT = "respondent"
    OTHER = "other"


PARTY_ROLE_NAMES = {
    PartyRole.REPORTER: "反映人",
    PartyRole.APPLICANT: "申请人",
    PartyRole.RESPONDENT: "被申请人",
    PartyRole.OTHER: "其他当事人",
}


def id_number_fault(number: str) -> str:
    """Say what is wrong with an identity number in plain form, empty when it can be one."""
    if re.fullmatch(r"[0-9]{15}", number):
        return "" if _is_date("19" + number[6:12]) else "15 位证件号码中的出生日期不存在，请核对。"
    if not re.fullmatch(r"[0-9]{17}[0-9X]", number):
        return f"身份证号码应为 18 位（或旧的 15 位），现有 {len(number)} 位，请核对。"
    if not _is_date(number[6:14]):
        return "身份证号码中的出生日期不存在，请核对第 7 至 14 位。"
    if check_character(number) != number[17]:
        return "身份证号码的校验位不符，可能有一位抄错，请逐位核对。"
    return ""


def _is_date(digits: str) -> bool:
    try:
        born = date(int(digits[:4]), int(digits[4:6]), int(digits[6:]))
    except ValueError:
        return False
    return born.year >= 1890


def phone_fault(number: str) -> str:
    """Say what is wrong with a telephone number in plain form, empty when it can be one: mobile, or area code and number."""
    number = same_phone(number)
    if re.fullmatch(r"1[3-9][0-9]{9}|0[0-9]{2,3}[2-9][0-9]{6,7}", number):
        return ""
    if re.fullmatch(r"[2-9][0-9]{6,7}", number):
        return ""
    return "电话应为 11 位手机号，或带区号的固定电话，请核对。"


def mask_name(name: str) -> str:
    """Return a name masked: 张*."""
    return f"{name[:1]}*" if name else ""


def mask_number(number: str) -> str:
    """Return a number masked: 138****1234; the middle of an identity number hides the birthday.

    At most 7 characters are shown and at least 4 are not, so a short local number shows less: 6***456.
    """
    shown = min(7, max(0, len(number) - 4))
    front = shown * 3 // 7
    back = shown - front
    return f"{number[:front]}{'*' * (len(number) - shown)}{number[len(number) - back :]}"


def mask_address(address: str) -> str:
    """Return an address masked: its beginning, at most 6 characters and never more than a third."""
    shown = min(6, len(address) // 3)
    return f"{address[:shown]}***" if address else ""
