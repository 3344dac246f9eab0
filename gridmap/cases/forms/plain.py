"""What is done to every text that people write about a case, before it is read."""

from __future__ import annotations

import re

# marks that turn the order of what follows: harmless in their own text, misleading beside another's
TURNING = re.compile("[\u202a-\u202e\u2066-\u2069\u200e\u200f\u061c]")


def clean(text: str) -> str:
    """Return text without blanks around it and without marks that turn the order of what stands beside it."""
    return TURNING.sub("", text).strip()
