"""Templates of papers and what is printed from them, without a database."""

from __future__ import annotations

import io
import re
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

import docx
import pypdf
import pytest
from docx.oxml import parse_xml
from docx.shared import Mm
from PIL import Image
from shapely.geometry import box

from gridmap.cases.rules import Document
from gridmap.cases.rules.letters.filling import check_template, fill, used_fields
from gridmap.cases.rules.letters.kinds import DOCUMENT_NAMES, FIELDS, completed, number_text, plain, sample
from gridmap.cases.rules.letters.location import Area, frame_of, location_map
from gridmap.cases.rules.letters.printing import pdf_of_docx
from gridmap.cases.rules.letters.twin import twin
from gridmap.errors import BadInput
from scripts.document_templates import FOLDER, template


def made(*paragraphs: str) -> bytes:
    document = docx.Document()
    for paragraph in paragraphs:
        document.add_paragraph(paragraph)
    return saved(document)


def saved(document: Any) -> bytes:
    out = io.BytesIO()
    document.save(out)
    return out.getvalue()


@pytest.mark.parametrize("kind", list(Document))
def test_shipped_templates_are_what_the_script_makes_and_can_be_filled(kind: Document) -> None:
    content = (FOLDER / f"{kind.value}.docx").read_bytes()
    assert content == template(kind)
    check_template(content)
    assert {"发文机关", "文号", "成文日期"} <= set(used_fields(content))
    section = docx.Document(io.BytesIO(content)).sections[0]
    margins = (section.top_margin, section.bottom_margin, section.left_margin, section.right_margin)
    assert [round(value / Mm(1)) for value in margins if value] == [37, 35, 28, 26]


def test_every_kind_has_a_name_and_a_number() -> None:
    assert set(DOCUMENT_NAMES) == set(Document)
    assert number_text("甲街道综治中心", Document.ORDER, 2026, 12) == "甲街道综治中心交办〔2026〕第 12 号"


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (made("{{ 事件标题 }}，{{ 身份证号 }}"), "没有的字段“身份证号”"),
        (made("{{ 事件标题 "), "写坏了"),
        (made("{{ 事件标题 }}{% if 正文 %}有"), "写坏了"),
        (made("{{ 事件标题.__class__.__mro__ }}"), "不支持的写法"),
        (made("{% for 文号 in 正文 %}{{ 文号 }}{% endfor %}"), "不支持的写法"),
        (made("{{ 事件标题 * 100000 }}"), "不支持的写法"),
        (made("没有字段"), "一个字段也没有"),
        (b"", "请选择模板文件"),
        (b"PK\x03\x04 no zip", "这不是 .docx 文件"),
        (b"\xd0\xcf\x11\xe0" * 100, "旧版 .doc 也不行"),
    ],
)  # fmt: skip
def test_a_template_at_fault_is_refused_in_words(content: bytes, said: str) -> None:
    with pytest.raises(BadInput) as caught:
        check_template(content)
    assert said in caught.value.message
    assert caught.value.field == "file"


def repacked(content: bytes, **parts: bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(out, "w") as new:
        given = {name.replace("__", "/").replace("_dot_", "."): data for name, data in parts.items()}
        for name in old.namelist():
            if name not in given:
                new.writestr(name, old.read(name))
        for name, data in given.items():
            new.writestr(name, data)
    return out.getvalue()


def test_macros_links_and_words_that_the_pdf_would_lose_are_refused() -> None:
    fine = made("{{ 事件标题 }}")
    with pytest.raises(BadInput, match="宏"):
        check_template(repacked(fine, word__vbaProject_dot_bin=b"x"))
    for link in (
        b'<Relationships><Relationship TargetMode="External" Target="file:///x"/></Relationships>',
        b"<Relationships><Relationship TargetMode='External' Target='x'/></Relationships>",
        b"<Relationships><Relationship TargetMode = ' external ' Target='x'/></Relationships>",
        b"<r:Relationships xmlns:r='u'><r:Relationship Target='http://example.org/a.png'/></r:Relationships>",
        b"<Relationships><Relationship Target='\\\\server\\share'/></Relationships>",
        b"<?xml version='1.0' encoding='utf-8'?><Relationships><Relationship TargetMode='&#69;xternal' Target='x'/></Relationships>",
    ):
        with pytest.raises(BadInput, match="外部文件.*word/_rels/x.xml.rels"):
            check_template(repacked(fine, word___rels__x_dot_xml_dot_rels=link))
    headed = docx.Document()
    headed.add_paragraph("{{ 事件标题 }}")
    headed.sections[0].header.paragraphs[0].text = "内部资料"
    with pytest.raises(BadInput, match="页眉里有文字“内部资料”"):
        check_template(saved(headed))


W = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"


@pytest.mark.parametrize(
    ("part", "data", "said"),
    [
        ("docProps__core_dot_xml", f"<c xmlns:d='{W}'><d:title>{{{{ 正文 }}}}</d:title></c>", "文件属性（docProps/core.xml）.*请移到正文"),
        ("docProps__core_dot_xml", "<c><t>{<b/>% for a in b %}</t></c>", "文件属性（docProps/core.xml）"),
        ("docProps__custom_dot_xml", "<c note='{{ 7 * 7 }}'/>", "docProps/custom.xml"),
        ("word__header9_dot_xml", f"<w:hdr xmlns:w='{W}'><w:t>{{{{ 文号 }}}}</w:t></w:hdr>", "页眉（word/header9.xml）"),
        ("word__top_dot_xml", f"<x:hdr xmlns:x='{W}'><x:t>内部资料</x:t></x:hdr>", "页眉里有文字“内部资料”（word/top.xml）"),
        ("word__footnotes_dot_xml", f"<w:footnotes xmlns:w='{W}'><w:t>注一</w:t></w:footnotes>", "脚注里有文字“注一”"),
        ("word__footnotes_dot_xml", f"<w:footnotes xmlns:w='{W}'><w:t>{{% set a = 1 %}}</w:t></w:footnotes>", "脚注（word/footnotes.xml）"),
        ("word__second_dot_xml", f"<w:document xmlns:w='{W}'/>", "另有一份正文“word/second.xml”"),
        ("word__shape_dot_xml", f"<x:a xmlns:x='{W}'><x:txbxContent/></x:a>", "文本框"),
        ("word__field_dot_xml", f"<w:a xmlns:w='{W}'><w:instrText> INCLUDEPICTURE x </w:instrText></w:a>", "取外部内容的域"),
        ("word__field_dot_xml", f"<w:a xmlns:w='{W}'><w:fldSimple w:instr='DDEAUTO x'/></w:a>", "取外部内容的域"),
        ("word__chunk_dot_xml", f"<w:a xmlns:w='{W}'><w:altChunk/></w:a>", "嵌入了其他文件"),
        ("word__embeddings__a_dot_xlsx", "x", "嵌入了其他文件"),
        ("word__broken_dot_xml", "<a><b></a>", "“word/broken.xml”不是完好的 XML"),
        ("word__dtd_dot_xml", "<!DOCTYPE a [<!ENTITY x SYSTEM 'file:///etc/passwd'>]><a>&x;</a>", "“word/dtd.xml”带有文档类型定义"),
    ],
)  # fmt: skip
def test_every_part_is_looked_at(part: str, data: str, said: str) -> None:
    with pytest.raises(BadInput, match=said) as caught:
        check_template(repacked(made("{{ 事件标题 }}"), **{part: data.encode()}))
    assert caught.value.field == "file"


@pytest.mark.parametrize("encoding", ["gb18030", "utf-16", "latin-1"])
def test_a_part_in_another_encoding_is_refused_and_named(encoding: str) -> None:
    head = f"<?xml version='1.0' encoding='{encoding}'?>" if encoding != "latin-1" else ""
    data = f"{head}<w:hdr xmlns:w='{W}'><w:t>é</w:t></w:hdr>".encode(encoding)
    with pytest.raises(BadInput, match="word/header1.xml"):
        check_template(repacked(made("{{ 事件标题 }}"), word__header1_dot_xml=data))


def test_automatic_numbers_and_broken_measures_are_refused_and_values_stay_values() -> None:
    numbered = docx.Document()
    numbered.add_paragraph("{{ 事件标题 }}")._p.get_or_add_pPr().get_or_add_numPr().get_or_add_numId().val = 3
    with pytest.raises(BadInput, match="自动编号"):
        check_template(saved(numbered))
    for border in ('w:sz="4" w:space="0pt;x:url(y)"', 'w:sz="x"'):
        ruled = docx.Document()
        rule = f'<w:pBdr xmlns:w="{W}"><w:bottom w:val="single" {border}/></w:pBdr>'
        ruled.add_paragraph("{{ 事件标题 }}")._p.get_or_add_pPr().append(parse_xml(rule))
        with pytest.raises(BadInput, match="无法识别的值"):
            check_template(saved(ruled))


def test_what_the_author_of_a_template_left_in_its_properties_does_not_go_out() -> None:
    document = docx.Document()
    document.add_paragraph("{{ 事件标题 }}")
    document.core_properties.comments, document.core_properties.keywords = "张某某起草", "内部"
    about = docx.Document(io.BytesIO(fill(saved(document), sample()))).core_properties
    assert (about.comments, about.keywords, about.last_modified_by) == ("", "", "")


def test_conditions_choose_paragraphs() -> None:
    content = made("{% if 法定途径 %}可走：{{ 法定途径 }}{% endif %}", "{{ 文号 }}")
    check_template(content)
    assert "可走：人民法院" in twin(fill(content, {**sample(), "法定途径": "人民法院"}))


def test_values_are_text_and_never_marks_or_xml() -> None:
    content = made("{{ 正文 }}")
    said = fill(content, completed({"正文": "<w:p>&{{ 文号 }}\n第二段\x00\u202e尾"}))
    paragraphs = [paragraph.text for paragraph in docx.Document(io.BytesIO(said)).paragraphs if paragraph.text]
    assert paragraphs == ["<w:p>&{{ 文号 }}", "第二段尾"]
    assert "&lt;w:p&gt;" in twin(said)


def test_unknown_fields_are_an_error_and_missing_ones_are_told() -> None:
    with pytest.raises(KeyError, match="姓名"):
        completed({"姓名": "x"})
    assert completed({})["协办单位"] == "无"
    assert set(sample()) == set(FIELDS)
    assert plain("甲\r\n乙\u200f\x07") == "甲\n乙"


def test_the_twin_keeps_pictures_merged_cells_and_breaks() -> None:
    document = docx.Document()
    picture = io.BytesIO()
    Image.new("RGB", (4, 4), "red").save(picture, "PNG")
    document.add_picture(picture, width=Mm(20))
    table = document.add_table(3, 2)
    table.cell(0, 0).merge(table.cell(1, 0)).text = "竖"
    table.cell(2, 0).merge(table.cell(2, 1)).text = "横"
    document.add_paragraph("甲").add_run().add_break()
    html = twin(saved(document))
    assert 'rowspan="2"' in html
    assert 'colspan="2"' in html
    assert "width:20.00mm" in html
    assert "<br>" in html


def test_the_same_paper_is_the_same_file_in_another_process() -> None:
    code = (
        "import hashlib,sys; from pathlib import Path; from gridmap.cases.rules.letters.filling import fill;"
        "from gridmap.cases.rules.letters.kinds import sample; from gridmap.cases.rules.letters.printing import pdf_of_docx;"
        f"d=fill(Path({str(FOLDER / 'order.docx')!r}).read_bytes(), sample());"
        "print(hashlib.sha256(d).hexdigest(), hashlib.sha256(pdf_of_docx(d,'样张')).hexdigest())"
    )
    runs = [
        subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, env={**env(), "PYTHONHASHSEED": seed})
        for seed in ("1", "2")
    ]  # fmt: skip
    assert runs[0].stdout == runs[1].stdout
    assert re.fullmatch(r"[0-9a-f]{64} [0-9a-f]{64}", runs[0].stdout.strip())


def env() -> dict[str, str]:
    import os

    return {**os.environ, "PYTHONPATH": str(Path(__file__).resolve().parents[3])}


def test_the_pdf_has_the_faces_and_the_page_number_of_a_paper() -> None:
    pdf = pdf_of_docx(fill((FOLDER / "declining.docx").read_bytes(), sample()), "不予受理告知书")
    reader = pypdf.PdfReader(io.BytesIO(pdf))
    assert "— 1 —" in reader.pages[0].extract_text()
    assert (reader.metadata or {}).get("/Title") == "不予受理告知书"
    fonts = {str(font.get_object()["/BaseFont"]) for font in reader.pages[0]["/Resources"]["/Font"].values()}
    assert all("CJK" in name or "宋" in name or "仿" in name for name in fonts), fonts


def test_the_map_is_to_scale_and_draws_no_place_that_is_not_known() -> None:
    town = box(125.30, 43.80, 125.34, 43.82)
    own = box(125.30, 43.80, 125.32, 43.82)
    areas = [Area("甲街道", "ground", town), Area("第一网格", "own", own)]
    frame = frame_of(areas, None)
    west, east = frame.place(125.30, 43.81)[0], frame.place(125.34, 43.81)[0]
    metres = (east - west) / frame.units_per_metre
    assert metres == pytest.approx(0.04 * 111_320 * 0.7217, rel=0.01)  # cos 43.81°
    svg = location_map(areas, None)
    assert "第一网格" in svg
    assert "circle" not in svg
    assert re.search(r">\d+ (千)?米<", svg)
    assert location_map(areas, (125.31, 43.81)).count("<circle") == 2
