"""The guides: one for each role, and every picture and page they name is there, small enough to load on a phone."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from gridmap.access import ROLE_NAMES, Role

GUIDE = Path(__file__).resolve().parents[2] / "docs" / "guide"
PAGES = sorted(GUIDE.rglob("*.md"))
MOST_BYTES = 150_000


@pytest.mark.parametrize("role", Role)
def test_every_role_has_its_guide_with_a_picture(role: Role) -> None:
    words = (GUIDE / "roles" / f"{role.value}.md").read_text(encoding="utf-8")
    assert words.startswith(f"# {ROLE_NAMES[role]}\n")
    assert f"({role.value}.md)" in (GUIDE / "roles" / "README.md").read_text(encoding="utf-8")
    assert f"/guide/{role.value}-" in words
    assert re.search(r"^## 等您[办看]的$", words, re.M)
    assert len(re.findall(r"^\d\. ", words, re.M)) >= 3


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(GUIDE)))
def test_whatever_a_guide_leads_to_is_there(page: Path) -> None:
    for target in re.findall(r"\]\((?!https?://|#)([^)#]+)", page.read_text(encoding="utf-8")):
        assert (page.parent / target).resolve().exists(), target


def test_pictures_of_the_guides_are_small_and_all_of_them_are_shown() -> None:
    pictures = sorted((GUIDE.parent / "images" / "guide").glob("*.png"))
    shown = "".join(page.read_text(encoding="utf-8") for page in PAGES)
    assert {picture.name: picture.stat().st_size for picture in pictures if picture.stat().st_size > MOST_BYTES} == {}
    assert [picture.name for picture in pictures if picture.name not in shown] == []
