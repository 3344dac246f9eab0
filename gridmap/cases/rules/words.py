"""Words that are searched for in cases, as they are compared: full-width as half-width, capital as small."""

from __future__ import annotations

import unicodedata

MOST_COUNTED = 10_000
"""Cases with a word are counted up to here, where nothing else is asked; then the total says 超过 this many."""
COMMON = 3_000
"""A word in more cases than this is common: the newest that hold it are found soonest by reading from the newest on."""


def folded(text: str) -> str:
    """Return a text as it is compared: compatibility forms (NFKC) as plain ones, small letters; as ``gridmap_words`` does."""
    return unicodedata.normalize("NFKC", text).lower()


def words_of(text: str) -> tuple[str, ...]:
    """Return the different words of a search, folded, in the order they came; every one of them must occur."""
    return tuple(dict.fromkeys(folded(text).split()))
