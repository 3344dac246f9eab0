"""What a resident gives by a link: one of five grades and a sentence."""

from __future__ import annotations

from werkzeug.datastructures import MultiDict

from gridmap.cases.forms.step import MOST_CHARACTERS, clean
from gridmap.cases.rules import SATISFIED, Satisfaction
from gridmap.errors import BadInput
from gridmap.web import UNREADABLE


def read_answer(form: MultiDict[str, str]) -> tuple[Satisfaction, str]:
    """Return the grade and the words. Raises ``BadInput`` with the field and the remedy."""
    grade, words = form.get("satisfaction", ""), clean(form.get("reason", ""))
    if grade not in set(Satisfaction):
        raise BadInput("请选择满意程度。", field="satisfaction")
    if UNREADABLE.search(words):
        raise BadInput("您写的话里有无法识别的字符，请重新输入。", field="reason")
    if len(words) > MOST_CHARACTERS:
        raise BadInput(f"至多写 {MOST_CHARACTERS} 个字，现有 {len(words)} 个字，请删减。", field="reason")
    if Satisfaction(grade) not in SATISFIED and not words:
        raise BadInput("请写一句哪里不满意，我们好重新办理。", field="reason")
    return Satisfaction(grade), words
