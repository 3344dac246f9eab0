"""Identity and telephone numbers as people write them, and the one form in which two of them are compared. Pure.

Identity numbers: GB 11643-1999 (18 characters, check character by ISO 7064 MOD 11-2); the 15-digit numbers of before 1999 are
the same without the century and the check character. Telephones: a mobile has 11 digits, another has its area code before it.
"""

from __future__ import annotations

import re
import unicodedata

_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_CHECKS = "10X98765432"
_OF_CENTENARIANS = (
    "996",
    "997",
    "998",
    "999",
)  # order codes that 15-digit numbers kept for people born in the 19th century
_ABROAD = re.compile(r"^(?:\+|00)86")


def plain(text: str) -> str:
    """Return a number as it is kept: half-width capitals, without blanks and hyphens."""
    return re.sub(r"[\s\-‐–—]", "", unicodedata.normalize("NFKC", text)).upper()


def check_character(number: str) -> str:
    """Return the check character of the first 17 digits (ISO 7064 MOD 11-2)."""
    return _CHECKS[sum(int(digit) * weight for digit, weight in zip(number[:17], _WEIGHTS, strict=True)) % 11]


def same_identity(text: str) -> str:
    """Return the form in which identity numbers are compared: 18 characters, also of one written with 15."""
    number = plain(text)
    if not re.fullmatch(r"[0-9]{15}", number):
        return number
    century = "18" if number[12:] in _OF_CENTENARIANS else "19"
    longer = f"{number[:6]}{century}{number[6:]}"
    return longer + check_character(longer)


def same_phone(text: str) -> str:
    """Return the form in which telephones are compared: without +86 or 0086, brackets and dots; others keep the 0 of their area."""
    number = re.sub(r"[().·、/]", "", plain(text))
    bare = _ABROAD.sub("", number)
    for candidate in (bare, bare.removeprefix("86"), bare.removeprefix("0")):
        if re.fullmatch(r"1[3-9][0-9]{9}", candidate):
            return candidate
    return f"0{bare}" if bare != number and not bare.startswith("0") else bare
