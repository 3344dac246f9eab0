"""What is uploaded as a new template of a paper, with messages beside the fields."""

from __future__ import annotations

from dataclasses import dataclass

from werkzeug.datastructures import FileStorage, MultiDict

from gridmap.cases.forms.plain import clean
from gridmap.cases.rules import Document
from gridmap.cases.rules.letters.filling import MOST_BYTES
from gridmap.errors import BadInput
from gridmap.web import UNREADABLE

MOST_NOTE = 500


@dataclass(frozen=True)
class TemplateUpload:
    """A file that shall become the template of a kind for an area, with where it comes from."""

    kind: Document
    area_code: int
    content: bytes
    note: str


def read_template(form: MultiDict[str, str], files: MultiDict[str, FileStorage]) -> TemplateUpload:
    """Return what was uploaded. Raises ``BadInput`` naming the first field at fault and the remedy."""
    kind = form.get("kind", "")
    if kind not in {item.value for item in Document}:
        raise BadInput("请选择文书种类。", field="kind")
    file = files.get("file")
    if file is None or not file.filename:
        raise BadInput("请选择模板文件（.docx）。", field="file")
    note = UNREADABLE.sub("", clean(form.get("note", "")))
    if not note:
        raise BadInput("请填写来源说明，如依据的文件和修改的内容。", field="note")
    if len(note) > MOST_NOTE:
        raise BadInput(f"来源说明至多 {MOST_NOTE} 个字，现有 {len(note)} 个字，请删减。", field="note")
    return TemplateUpload(Document(kind), area_code(form.get("area", "")), file.read(MOST_BYTES + 1), note)


def area_code(text: str) -> int:
    """Return the area that was chosen. Raises ``BadInput`` for what is no unit code."""
    if not (text.isascii() and text.isdigit() and len(text) <= 15):
        raise BadInput("适用范围无法识别，请从列表中选择。", field="area")
    return int(text)
