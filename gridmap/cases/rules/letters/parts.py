"""Every part of a DOCX template is looked at before it is filled: what is fetched, run, filled unseen, or lost in the PDF is refused.

Parts are parsed, not searched: quotes, prefixes and encodings can be written in many ways. Their kind is that of their root
element, not of their name.
"""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Iterator
from typing import Any

from lxml import etree

from gridmap.errors import BadInput

MOST_BYTES = 5 * 1024 * 1024
MOST_UNPACKED = 40 * 1024 * 1024
MOST_PARTS = 500
FIELD = "file"  # the form's field that messages stand beside
BODY = "word/document.xml"
SAVE_AGAIN = "请用 Word 或 WPS 打开后另存为 .docx 再上传。"
_MARK = re.compile(r"\{[{%#]")
_OUTSIDE = re.compile(r"^\s*(?:[a-z][a-z0-9+.-]+:|//|\\\\)", re.IGNORECASE)
_FETCHING = re.compile(r"^\s*(?:INCLUDE\w*|DDE\w*|LINK|IMPORT|DATABASE|RD|HYPERLINK)\b", re.IGNORECASE)
_PAGES = re.compile(r"[\s\d—\-–第页共]")
# Words there do not come into the PDF.
_LOST = {"hdr": "页眉", "ftr": "页脚", "footnotes": "脚注", "endnotes": "尾注", "comments": "批注"}


def check_parts(content: bytes) -> None:
    """Check all parts of a template. Raises ``BadInput`` that names the part at fault and the remedy."""
    if not content:
        raise BadInput("请选择模板文件。", field=FIELD)
    if len(content) > MOST_BYTES:
        raise BadInput(f"模板超过 {MOST_BYTES // 1024 // 1024} MB，请压缩其中的图片后再上传。", field=FIELD)
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as parts:
            _check_list(parts.infolist())
            written = [
                (name, parts.read(name)) for name in sorted(parts.namelist()) if name.endswith((".xml", ".rels"))
            ]
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, EOFError, OSError, ValueError) as fault:
        raise BadInput(f"这不是 .docx 文件（旧版 .doc 也不行）：{SAVE_AGAIN}", field=FIELD) from fault
    for name, data in written:
        _check_part(name, _root(name, data))


def _check_list(listed: list[zipfile.ZipInfo]) -> None:
    names = [part.filename for part in listed]
    if BODY not in names:
        raise zipfile.BadZipFile
    if len(listed) > MOST_PARTS or sum(part.file_size for part in listed) > MOST_UNPACKED:
        raise BadInput("模板解开后过大，请简化后再上传。", field=FIELD)
    if len(set(names)) < len(names):
        raise BadInput(f"模板中有重名的部件，可能已损坏：{SAVE_AGAIN}", field=FIELD)
    if any("vbaproject" in name.lower() or "/activex/" in name.lower() for name in names):
        raise BadInput("模板含有宏或嵌入的程序，请去掉后另存为不带宏的 .docx 再上传。", field=FIELD)
    if any("/embeddings/" in name.lower() for name in names):
        raise BadInput("模板嵌入了其他文件（如 Excel 表格），请改为普通表格或图片后再上传。", field=FIELD)


def _root(name: str, data: bytes) -> Any:
    """Return the root of a part. Raises ``BadInput``: not well-formed, another encoding, or a document type of its own."""
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False)
    try:
        root = etree.fromstring(data, parser)
    except (etree.XMLSyntaxError, LookupError, ValueError) as fault:
        raise BadInput(f"模板的部件“{name}”不是完好的 XML，可能已损坏或编码不对：{SAVE_AGAIN}", field=FIELD) from fault
    told = root.getroottree().docinfo
    if told.doctype:
        raise BadInput(f"模板的部件“{name}”带有文档类型定义，不能使用：{SAVE_AGAIN}", field=FIELD)
    if (told.encoding or "UTF-8").upper() not in ("UTF-8", "UTF8", "US-ASCII", "ASCII"):
        raise BadInput(f"模板的部件“{name}”不是 UTF-8 编码：{SAVE_AGAIN}", field=FIELD)
    return root


def _check_part(name: str, root: Any) -> None:
    kind = _local(root.tag)
    if kind == "document" and name != BODY:
        raise BadInput(f"模板另有一份正文“{name}”，可能已损坏：{SAVE_AGAIN}", field=FIELD)
    for element in root.iter(etree.Element):
        _check_element(name, element)
    if kind != "document" and _MARK.search(_everything(root)):
        raise BadInput(
            f"模板的“{_place(name, kind)}”里写了字段或标记（{{{{ 或 {{%）：只有正文里的字段会被核对和填写，请移到正文，"
            "文件属性里的请清空。",
            field=FIELD,
        )
    if kind in _LOST:
        words = "".join(text for text in _texts(root)).strip()
        if _PAGES.sub("", words) if kind in ("hdr", "ftr") else words:
            raise BadInput(f"{_LOST[kind]}里有文字“{words[:20]}”（{name}），PDF 中会丢失：请移到正文。", field=FIELD)


def _check_element(name: str, element: Any) -> None:
    tag = _local(element.tag)
    if tag == "Relationship":
        mode, target = element.get("TargetMode", ""), element.get("Target", "")
        if mode.strip().lower() == "external" or _OUTSIDE.match(target):
            raise BadInput(
                f"模板链接了外部文件或网址（{name}）：“{target[:60]}”。请改为插入文件中的图片、去掉超链接后再上传。",
                field=FIELD,
            )
    elif tag in ("altChunk", "subDoc", "object", "control", "OLEObject"):
        raise BadInput(f"模板嵌入了其他文件或控件（{name}），请去掉后再上传。", field=FIELD)
    elif tag == "txbxContent":
        raise BadInput("模板用了文本框，PDF 中会丢失：请把文字移到正文或表格里。", field=FIELD)
    elif tag in ("instrText", "fldSimple"):
        said = element.text or "" if tag == "instrText" else _attribute(element, "instr")
        if _FETCHING.match(said):
            raise BadInput(f"模板用了取外部内容的域“{said.strip()[:30]}”（{name}），请去掉后再上传。", field=FIELD)
    elif tag == "numId" and name == BODY and _attribute(element, "val") not in ("", "0"):
        raise BadInput("模板用了自动编号，PDF 中会丢失：请把编号直接写成文字。", field=FIELD)


def _local(tag: str) -> str:
    return tag.rpartition("}")[2]


def _attribute(element: Any, local: str) -> str:
    return next((str(value) for key, value in element.attrib.items() if _local(key) == local), "")


def _texts(root: Any) -> Iterator[str]:
    return (element.text or "" for element in root.iter(etree.Element) if _local(element.tag) == "t")


def _everything(root: Any) -> str:
    """Return all text and all values of attributes of a part: marks may be split over elements."""
    values = (str(value) for element in root.iter(etree.Element) for value in element.attrib.values())
    return "".join(root.itertext()) + "\n" + "\n".join(values)


def _place(name: str, kind: str) -> str:
    if name.startswith("docProps/"):
        return f"文件属性（{name}）"
    return f"{_LOST[kind]}（{name}）" if kind in _LOST else name
