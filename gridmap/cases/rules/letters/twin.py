"""The HTML twin of a filled DOCX: its own paragraphs, tables and pictures read one by one, so that the PDF says what it says."""

from __future__ import annotations

import base64
import io
from collections.abc import Iterator
from html import escape
from typing import Any

import docx
from docx.oxml.ns import qn
from docx.table import Table, _Cell
from docx.text.paragraph import Paragraph

from gridmap.cases.rules.letters.kinds import printable

ALIGNED = {"center": "center", "right": "right", "end": "right", "both": "justify", "distribute": "justify"}
EMU_PER_MM = 36_000
TWIPS_PER_PT = 20
USUAL_PT = 10.5  # what Word takes where nothing is said
PICTURES = {"image/png", "image/jpeg", "image/gif"}


def twin(content: bytes) -> str:
    """Return the body of a filled DOCX as HTML, in an element whose page has the margins of the DOCX."""
    document = docx.Document(io.BytesIO(content))
    return f'<section class="paper">{"".join(_blocks(document))}</section>'


def _blocks(holder: Any) -> Iterator[str]:
    for block in holder.iter_inner_content():
        yield _table(block) if isinstance(block, Table) else _paragraph(block)


def _paragraph(paragraph: Paragraph) -> str:
    inner = "".join(_run(run, paragraph) for run in paragraph._p.iter(qn("w:r")))
    style = ";".join(f"{name}:{value}" for name, value in _box(paragraph).items())
    return f'<p style="{escape(style)}">{inner or "&#8203;"}</p>'


def _box(paragraph: Paragraph) -> dict[str, str]:
    """Return the CSS of a paragraph: alignment, indents, spaces, line height, rule below."""
    found: dict[str, str] = {}
    align = _said(paragraph, "w:jc")
    if align is not None:
        found["text-align"] = ALIGNED.get(align.get(qn("w:val"), ""), "left")
    indent = _said(paragraph, "w:ind")
    if indent is not None:
        for name, css in (("firstLine", "text-indent"), ("left", "margin-left"), ("right", "margin-right")):
            if value := indent.get(qn(f"w:{name}")):
                found[css] = _pt(value)
    space = _said(paragraph, "w:spacing")
    if space is not None:
        for name, css in (("before", "margin-top"), ("after", "margin-bottom")):
            if value := space.get(qn(f"w:{name}")):
                found[css] = _pt(value)
        if value := space.get(qn("w:line")):
            exact = space.get(qn("w:lineRule")) in ("exact", "atLeast")
            found["line-height"] = _pt(value) if exact else f"{int(value) / 240 * 1.3:.2f}"
    rule = _said(paragraph, "w:pBdr")
    bottom = rule.find(qn("w:bottom")) if rule is not None else None
    if bottom is not None:
        found["border-bottom"] = f"{int(bottom.get(qn('w:sz'), '4')) / 8:.2f}pt solid {_colour(bottom, 'w:color')}"
        found["padding-bottom"] = f"{int(bottom.get(qn('w:space'), '0'))}pt"
    if (keep := _said(paragraph, "w:keepNext")) is not None and keep.get(qn("w:val")) not in ("0", "false"):
        found["break-after"] = "avoid"
    return found


def _said(paragraph: Paragraph, tag: str) -> Any:
    """Return a property of a paragraph, or of the nearest style that has it."""
    own = paragraph._p.pPr
    found = own.find(qn(tag)) if own is not None else None
    style: Any = paragraph.style
    while found is None and style is not None:
        form = style.element.pPr
        found = form.find(qn(tag)) if form is not None else None
        style = style.base_style
    return found


def _run(run: Any, paragraph: Paragraph) -> str:
    style = _letters(run, paragraph)
    inner = "".join(_piece(piece, paragraph) for piece in run)
    css = ";".join(f"{name}:{value}" for name, value in style.items())
    return f'<span style="{escape(css)}">{inner}</span>' if inner else ""


def _piece(piece: Any, paragraph: Paragraph) -> str:
    if piece.tag == qn("w:t"):
        return escape(printable(piece.text or ""))
    if piece.tag == qn("w:br"):
        page = piece.get(qn("w:type")) == "page"
        return '<br style="break-after:page">' if page else "<br>"
    if piece.tag == qn("w:tab"):
        return "　"
    if piece.tag == qn("w:drawing"):
        return "".join(_picture(blip, piece, paragraph) for blip in piece.iter(qn("a:blip")))
    return ""


def _picture(blip: Any, drawing: Any, paragraph: Paragraph) -> str:
    part: Any = paragraph.part.related_parts.get(blip.get(qn("r:embed")))
    size = next(drawing.iter(qn("wp:extent")), None)
    if part is None or part.content_type not in PICTURES or size is None:
        return ""
    wide, high = int(size.get("cx")) / EMU_PER_MM, int(size.get("cy")) / EMU_PER_MM
    data = base64.b64encode(part.blob).decode()
    return f'<img alt="" style="width:{wide:.2f}mm;height:{high:.2f}mm" src="data:{part.content_type};base64,{data}">'


def _letters(run: Any, paragraph: Paragraph) -> dict[str, str]:
    """Return the CSS of a run: size in points, face, weight, colour."""
    layers = [run.rPr]
    style: Any = paragraph.style
    while style is not None:
        layers.append(style.element.rPr)
        style = style.base_style
    found: dict[str, str] = {"font-size": f"{USUAL_PT}pt"}
    if (size := _first(layers, "w:sz")) is not None:
        found["font-size"] = f"{int(size.get(qn('w:val'))) / 2:g}pt"
    if (fonts := _first(layers, "w:rFonts")) is not None and (face := fonts.get(qn("w:eastAsia"))):
        found["font-family"] = _faces(face)
        if "小标宋" in face:
            found["font-weight"] = "bold"  # of the fallback; the face itself has one weight
    if (bold := _first(layers, "w:b")) is not None and bold.get(qn("w:val")) not in ("0", "false"):
        found["font-weight"] = "bold"
    if (colour := _first(layers, "w:color")) is not None:
        found["color"] = _colour(colour, "w:val")
    if (line := _first(layers, "w:u")) is not None and line.get(qn("w:val")) != "none":
        found["text-decoration"] = "underline"
    return found


def _first(layers: list[Any], tag: str) -> Any:
    return next((item for layer in layers if layer is not None and (item := layer.find(qn(tag))) is not None), None)


def _faces(face: str) -> str:
    """Return a face with what stands in for it where it is not installed."""
    plain = "".join(letter for letter in face if letter.isalnum() or letter in "_- ")
    stand_in = "'Noto Sans CJK SC', sans-serif" if "黑" in face else "'Noto Serif CJK SC', serif"
    return f"'{plain}', {stand_in}"


def _colour(element: Any, name: str) -> str:
    value = element.get(qn(name), "")
    return f"#{value}" if len(value) == 6 and all(digit in "0123456789abcdefABCDEF" for digit in value) else "#000"


def _pt(twips: str) -> str:
    return f"{int(float(twips)) / TWIPS_PER_PT:g}pt"


def _table(table: Table) -> str:
    rows = "".join(_row(table, number) for number in range(len(table.rows)))
    return f"<table>{rows}</table>"


def _row(table: Table, number: int) -> str:
    row = table.rows[number]
    height = f' style="height:{row.height.mm:g}mm"' if row.height is not None else ""
    cells = []
    for cell in row._tr.tc_lst:
        if cell.vMerge == "continue":
            continue
        below = sum(1 for _ in _continued(table, number, cell)) + 1 if cell.vMerge == "restart" else 1
        spans = (f' colspan="{cell.grid_span}"' if cell.grid_span > 1 else "") + (
            f' rowspan="{below}"' if below > 1 else ""
        )
        wide = f' style="width:{cell.width.mm:.2f}mm"' if cell.width is not None else ""
        cells.append(f"<td{spans}{wide}>{''.join(_blocks(_Cell(cell, table)))}</td>")
    return f"<tr{height}>{''.join(cells)}</tr>"


def _continued(table: Table, number: int, cell: Any) -> Iterator[Any]:
    """Yield the cells below that continue a merged one."""
    for row in table.rows[number + 1 :]:
        same = next((c for c in row._tr.tc_lst if c.grid_offset == cell.grid_offset and c.vMerge == "continue"), None)
        if same is None:
            return
        yield same
