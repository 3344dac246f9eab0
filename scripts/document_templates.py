"""Make the shipped templates of papers (三单两函 …) in 公文 form: ``python scripts/document_templates.py [FOLDER]``.

A4, margins 37/35/28/26 mm, title 小标宋 22 pt, body 仿宋 16 pt on lines of 28 pt, headings 黑体: GB/T 9704-2012. The same
script gives the same bytes; a test compares them with what is kept in ``data/document_templates``.
"""

from __future__ import annotations

import io
import sys
from datetime import datetime
from pathlib import Path
from typing import Any

import docx
from docx.enum.table import WD_ROW_HEIGHT_RULE, WD_TABLE_ALIGNMENT
from docx.enum.text import WD_ALIGN_PARAGRAPH as ALIGN
from docx.enum.text import WD_LINE_SPACING
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Mm, Pt, RGBColor

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from gridmap.cases.rules.acts import Document
from gridmap.cases.rules.letters.filling import without_clock
from gridmap.cases.rules.letters.kinds import DOCUMENT_NAMES

FOLDER = Path(__file__).resolve().parents[1] / "data" / "document_templates"
TITLE, BODY, HEAD, SONG = "方正小标宋简体", "仿宋_GB2312", "黑体", "宋体"
RED = RGBColor(0xC8, 0x10, 0x10)
LABEL_MM, WIDTH_MM = 24, 156  # 210 - 28 - 26

FORMS: dict[Document, list[tuple[str, ...]]] = {
    Document.REGISTRATION: [
        ("事件编号", "{{ 事件编号 }}", "受理时间", "{{ 受理时间 }}"),
        ("来源渠道", "{{ 来源渠道 }}", "事件类别", "{{ 事件类别 }}"),
        ("五事五办", "{{ 五事五办 }}", "规　　模", "{{ 规模 }}"),
        ("事件标题", "{{ 事件标题 }}"),
        ("发生地点", "{{ 所属区划 }}　{{ 事件地址 }}"),
        ("情况描述", "{{ 情况描述 }}"),
        ("办理期限", "{{ 办理期限 }}"),
        ("受 理 人", "{{ 经办人 }}"),
    ],
    Document.ORDER: [
        ("事件编号", "{{ 事件编号 }}", "受理时间", "{{ 受理时间 }}"),
        ("事件类别", "{{ 事件类别 }}", "风险等级", "{{ 风险等级 }}"),
        ("主办单位", "{{ 承办单位 }}", "协办单位", "{{ 协办单位 }}"),
        ("事件标题", "{{ 事件标题 }}"),
        ("发生地点", "{{ 所属区划 }}　{{ 事件地址 }}"),
        ("情况描述", "{{ 情况描述 }}"),
        ("办理要求", "{{ 办理要求 }}"),
        ("办理期限", "{{ 办理期限 }}", "交 办 人", "{{ 经办人 }}"),
        ("签收意见", "　"),
    ],
    Document.REFERRAL: [
        ("事件编号", "{{ 事件编号 }}", "受理时间", "{{ 受理时间 }}"),
        ("转送单位", "{{ 主送 }}"),
        ("事件标题", "{{ 事件标题 }}"),
        ("发生地点", "{{ 所属区划 }}　{{ 事件地址 }}"),
        ("情况描述", "{{ 情况描述 }}"),
        ("转办意见", "{{ 正文 }}"),
        ("转 办 人", "{{ 经办人 }}"),
        ("签收意见", "　"),
    ],
    Document.SUPERVISION: [
        ("事件编号", "{{ 事件编号 }}", "办理期限", "{{ 办理期限 }}"),
        ("督办对象", "{{ 主送 }}"),
        ("事件标题", "{{ 事件标题 }}"),
        ("发生地点", "{{ 所属区划 }}　{{ 事件地址 }}"),
        ("情况描述", "{{ 情况描述 }}"),
        ("督办事项", "{{ 正文 }}"),
        ("督 办 人", "{{ 经办人 }}"),
        ("整改反馈", "　"),
    ],
}
LETTERS: dict[Document, list[str]] = {
    Document.REMINDER: [
        "{{ 主送 }}：",
        "　　经查，{{ 所属区划 }}发生的“{{ 事件标题 }}”事件（编号 {{ 事件编号 }}，{{ 反映时间 }}接到反映），有关情况提示如下：",
        "　　{{ 正文 }}",
        "　　请予重视，并将核实处理情况及时函告本中心。",
    ],
    Document.SUGGESTION: [
        "{{ 主送 }}：",
        "　　在办理{{ 所属区划 }}“{{ 事件标题 }}”事件（编号 {{ 事件编号 }}）过程中，本中心发现有关工作可进一步完善，现提出如下建议：",
        "　　{{ 正文 }}",
        "　　请研究采纳，并将采纳落实情况函复本中心。",
    ],
    Document.DECLINING: [
        "{{ 主送 }}：",
        "　　您于{{ 反映时间 }}反映的“{{ 事件标题 }}”（编号 {{ 事件编号 }}）收悉。经审查，决定不予受理。理由如下：",
        "　　{{ 正文 }}",
        "　　根据有关规定，您可以依法通过以下途径主张权利：",
        "　　{{ 法定途径 }}",
        "　　特此告知。",
    ],
    Document.AGREEMENT: [
        "一、当事人",
        "　　{{ 当事人 }}",
        "二、纠纷事由",
        "　　{{ 事件标题 }}（编号 {{ 事件编号 }}），发生于{{ 所属区划 }}，{{ 受理时间 }}受理。",
        "三、协议内容",
        "　　经{{ 发文机关 }}主持调解，当事人自愿达成如下协议：",
        "　　{{ 协议内容 }}",
        "四、履行事项和期限",
        "　　{{ 履行事项 }}",
        "五、生效和司法确认",
        "　　本协议自各方当事人签名、盖章或者按指印之日起生效，当事人应当按照约定履行。{{ 司法确认 }}。当事人可以自协议生效之日起三十日内共同向人民法院申请司法确认。",
        "　　本协议当事人各执一份，{{ 发文机关 }}留存一份。",
        "当事人（签名、盖章或者按指印）：",
        "　　{{ 签名处 }}",
        "调解员{{ 调解员 }}（签名）：＿＿＿＿＿＿＿＿　　记录人：{{ 经办人 }}",
    ],
    Document.COMPLETION: [
        "{{ 主送 }}：",
        "　　您于{{ 反映时间 }}反映的“{{ 事件标题 }}”（编号 {{ 事件编号 }}），已由{{ 承办单位 }}办理完毕。现将办理结果告知如下：",
        "　　{{ 办理结果 }}",
        "　　对办理结果如有异议，可向本中心提出。感谢您对社会治理工作的关心和支持。",
    ],
}


def words(paragraph: Any, text: str, font: str = BODY, size: float = 16, *, colour: RGBColor | None = None) -> Any:
    """Add a run; the same face for Chinese and for figures' fallback."""
    run = paragraph.add_run(text)
    run.font.name = "Times New Roman" if font == BODY else font
    run.font.size = Pt(size)
    run._element.get_or_add_rPr().get_or_add_rFonts().set(qn("w:eastAsia"), font)
    if colour is not None:
        run.font.color.rgb = colour
    return run


def line(paragraph: Any, pt: float, align: Any = None, *, before: float = 0, after: float = 0) -> Any:
    """Set a fixed line height in points, spaces before and after, and the alignment."""
    form = paragraph.paragraph_format
    form.line_spacing_rule, form.line_spacing = WD_LINE_SPACING.EXACTLY, Pt(pt)
    form.space_before, form.space_after = Pt(before), Pt(after)
    if align is not None:
        form.alignment = align
    return paragraph


def red_rule(paragraph: Any) -> None:
    """Draw the red line below the number."""
    borders = OxmlElement("w:pBdr")
    bottom = OxmlElement("w:bottom")
    for name, value in (("val", "single"), ("sz", "16"), ("space", "8"), ("color", "C81010")):
        bottom.set(qn(f"w:{name}"), value)
    borders.append(bottom)
    paragraph._p.get_or_add_pPr().append(borders)


def page_number(section: Any) -> None:
    """Put — 1 — at the foot, 宋体 14 pt."""
    paragraph = line(section.footer.paragraphs[0], 20, ALIGN.CENTER)
    words(paragraph, "— ", SONG, 14)
    for kind, text in (("begin", ""), ("", "PAGE"), ("end", "")):
        run = words(paragraph, "", SONG, 14)
        part = OxmlElement("w:fldChar" if kind else "w:instrText")
        if kind:
            part.set(qn("w:fldCharType"), kind)
        else:
            part.text = text
        run._element.append(part)
    words(paragraph, " —", SONG, 14)


def sheet() -> Any:
    """Return an empty A4 document with the margins of a 公文."""
    document = docx.Document()
    section = document.sections[0]
    section.page_width, section.page_height = Mm(210), Mm(297)
    section.top_margin, section.bottom_margin, section.left_margin, section.right_margin = (
        Mm(37),
        Mm(35),
        Mm(28),
        Mm(26),
    )
    section.footer_distance = Mm(25)
    page_number(section)
    style = document.styles["Normal"]
    style.font.name, style.font.size = "Times New Roman", Pt(16)
    style.element.get_or_add_rPr().get_or_add_rFonts().set(qn("w:eastAsia"), BODY)
    return document


def head(document: Any, kind: Document) -> None:
    """Write the issuing unit, the number above the red line, and the title."""
    words(line(document.add_paragraph(), 40, ALIGN.CENTER, after=10), "{{ 发文机关 }}", TITLE, 30, colour=RED)
    number = line(document.add_paragraph(), 28, ALIGN.CENTER, after=22)
    words(number, "{{ 文号 }}")
    red_rule(number)
    words(line(document.add_paragraph(), 34, ALIGN.CENTER, after=16), DOCUMENT_NAMES[kind], TITLE, 22)


def foot(document: Any) -> None:
    """Write the unit, the date and the place of the seal, to the right, kept together."""
    for number, text in enumerate(("{{ 发文机关 }}（印章）", "{{ 成文日期 }}")):
        paragraph = line(document.add_paragraph(), 28, ALIGN.RIGHT, before=26 if number == 0 else 0)
        paragraph.paragraph_format.right_indent = Pt(32)
        paragraph.paragraph_format.keep_with_next = number == 0
        paragraph.paragraph_format.keep_together = True
        words(paragraph, text)


def form(document: Any, rows: list[tuple[str, ...]]) -> None:
    """Write a ruled form of two or four columns."""
    table = document.add_table(rows=0, cols=4)
    table.style, table.alignment, table.autofit = "Table Grid", WD_TABLE_ALIGNMENT.CENTER, False
    wide = (WIDTH_MM - 2 * LABEL_MM) / 2
    for row in rows:
        cells = table.add_row()
        cells.height, cells.height_rule = Mm(22 if row[-1] == "　" else 11), WD_ROW_HEIGHT_RULE.AT_LEAST
        for cell, width in zip(cells.cells, (LABEL_MM, wide, LABEL_MM, wide), strict=True):
            cell.width = Mm(width)
        parts = list(cells.cells)
        if len(row) == 2:
            parts = [parts[0], parts[1].merge(parts[3])]
        for number, (cell, text) in enumerate(zip(parts, row, strict=True)):
            label = number % 2 == 0
            paragraph = line(cell.paragraphs[0], 19, ALIGN.CENTER if label else ALIGN.LEFT, before=3, after=3)
            words(paragraph, text, HEAD if label else BODY, 12)
            cell.vertical_alignment = 1


def letter(document: Any, texts: list[str]) -> None:
    """Write the addressee and the paragraphs; those that begin with two blanks are indented."""
    for text in texts:
        paragraph = line(document.add_paragraph(), 28, ALIGN.JUSTIFY if text.startswith("　　") else ALIGN.LEFT)
        if text.startswith("　　"):
            paragraph.paragraph_format.first_line_indent = Pt(32)
        heading = text[1:2] == "、"
        if heading:
            paragraph.paragraph_format.first_line_indent = Pt(32)
            paragraph.paragraph_format.keep_with_next = True
        if "签名" in text and text.endswith(("：", "}}")) and not text.startswith("　"):
            paragraph.paragraph_format.space_before = Pt(22)
        words(paragraph, text.lstrip("　"), HEAD if heading else BODY)


def template(kind: Document) -> bytes:
    """Return the DOCX template of a kind."""
    document = sheet()
    head(document, kind)
    if kind in FORMS:
        form(document, FORMS[kind])
    else:
        letter(document, LETTERS[kind])
    foot(document)
    about = document.core_properties
    about.author = about.last_modified_by = about.comments = ""
    about.title = DOCUMENT_NAMES[kind]
    about.created = about.modified = datetime(2026, 1, 1)  # noqa: DTZ001 - the same bytes whenever it runs
    out = io.BytesIO()
    document.save(out)
    return without_clock(out.getvalue())


def main(folder: Path) -> None:
    """Write all templates into a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    for kind in DOCUMENT_NAMES:
        (folder / f"{kind.value}.docx").write_bytes(template(kind))


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else FOLDER)
