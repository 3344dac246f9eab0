"""A table of agreements: read in the forms people bring, every fault told with its row."""

from __future__ import annotations

import io
import zipfile
from datetime import date
from decimal import Decimal

import pytest

from gridmap.cases.forms.agreements import read_agreements
from gridmap.cases.rules.agreements import COLUMNS
from gridmap.errors import BadInput

HEAD = ",".join(COLUMNS)


def table(*lines: str, head: str = HEAD, encoding: str = "utf-8") -> bytes:
    return "\r\n".join((head, *lines)).encode(encoding)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
def test_a_row_is_an_agreement_with_its_promise(encoding: str) -> None:
    lines = ('12 号商铺,分两期支付,是,支付第二期,市场公司,"12,600",2026/12/31', "13 号商铺,一次付清,否,,,,")
    first, second = read_agreements(table(*lines, encoding=encoding))
    assert (first.row, first.counterpart, first.terms, first.applied) == (2, "12 号商铺", "分两期支付", True)
    (duty,) = first.duties
    assert (duty.what, duty.by_whom, duty.amount_yuan, duty.due_on) == ("支付第二期", "市场公司", Decimal(12600), date(2026, 12, 31))  # fmt: skip
    assert (second.applied, second.duties) == (False, ())


def test_further_promises_stand_below_their_agreement() -> None:
    lines = ("甲铺,分期,,第一期,公司,100,2026-11-30", ",,,第二期,公司,200,2026-12-31", "乙铺,付清,,,,,")
    found = read_agreements(table(*lines))
    assert [[duty.what for duty in row.duties] for row in found] == [["第一期", "第二期"], []]


def test_columns_may_stand_in_any_order_beside_others() -> None:
    head = "序号,协议内容,对方当事人,司法确认,到期日期,金额（元）,由谁履行,履行事项"
    (row,) = read_agreements(table("1,分期,甲铺,是,20261231,100元,公司,付款", head=head))
    assert (row.counterpart, row.terms, row.duties[0].due_on) == ("甲铺", "分期", date(2026, 12, 31))


@pytest.mark.parametrize(
    "text", ["2026-12-31", "2026/12/31", "2026.12.31", "2026年12月31日", "20261231", "2026-12-31 00:00:00"]
)
def test_dates_as_tables_write_them(text: str) -> None:
    (row,) = read_agreements(table(f"甲铺,分期,,付款,公司,,{text}"))
    assert row.duties[0].due_on == date(2026, 12, 31)


@pytest.mark.parametrize(
    ("line", "words"),
    [
        (",分期,,,,,", "第 2 行：请填写“对方当事人”"),
        ("甲铺,,,,,,", "第 2 行：请填写“协议内容”"),
        ("甲铺,分期,也许,,,,", "“司法确认”请填“是”或“否”"),
        ("甲铺,分期,,付款,,,2026-12-31", "履行事项请写全"),
        ("甲铺,分期,,付款,公司,一百,2026-12-31", "“金额（元）”应为数字"),
        ("甲铺,分期,,付款,公司,-5,2026-12-31", "“金额（元）”应为数字"),
        ("甲铺,分期,,付款,公司,100,年底", "“到期日期”请写成"),
        ("甲铺,分期,,付款,公司,100,2026-02-30", "不是日期"),
        (",,,付款,公司,100,2026-12-31", "请填写“对方当事人”和“协议内容”"),
        ("甲铺\x07,分期,,,,,", "无法识别的字符"),
        ("甲" * 201 + ",分期,,,,,", "至多 200 个字"),
    ],
)
def test_a_fault_is_told_with_its_row(line: str, words: str) -> None:
    with pytest.raises(BadInput) as fault:
        read_agreements(table(line))
    assert words in fault.value.message
    assert "一份也没有登记" in fault.value.message


def test_all_faults_are_told_at_once_and_doubles_too() -> None:
    with pytest.raises(BadInput) as fault:
        read_agreements(table("甲铺,分期,,,,,", ",分期,,,,,", "甲铺,又一份,,,,,"))
    assert "有 2 处需要修改" in fault.value.message
    assert "第 3 行：请填写“对方当事人”" in fault.value.message
    assert "第 4 行：“甲铺”与第 2 行重复" in fault.value.message


def test_a_long_list_of_faults_is_cut() -> None:
    with pytest.raises(BadInput, match="另有 8 处"):
        read_agreements(table(*[",分期,,,,,"] * 20))


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "请选择表格文件"),
        (table(), "只有表头"),
        (table("甲铺,分期", head="对方当事人,协议内容"), "缺少列：司法确认"),
        (b"\xff\xfe\x00\x00\xff", "打不开"),
        (table('甲铺,"分期,,,,,'), "引号没有成对"),
        (b"PK\x03\x04broken", "打不开"),
        (table(*[f"{n} 号,分期,,,,," for n in range(2001)]), "至多 2000 行"),
        (b"x" * (5 * 1024 * 1024 + 1), "超过 5 MB"),
    ],
)
def test_a_file_that_is_no_table_says_what_to_do(content: bytes, words: str) -> None:
    with pytest.raises(BadInput) as fault:
        read_agreements(content)
    assert words in fault.value.message


def sheet(rows: list[tuple[str, ...]]) -> bytes:
    """Return the least .xlsx that Excel opens, with inline texts."""
    cells = "".join(
        "<row>" + "".join(f'<c t="inlineStr"><is><t>{cell}</t></is></c>' for cell in row) + "</row>" for row in rows
    )
    main, office = "http://schemas.openxmlformats.org/spreadsheetml/2006/main", "http://schemas.openxmlformats.org/officeDocument/2006/relationships"  # fmt: skip
    package = "http://schemas.openxmlformats.org/package/2006"
    kinds = "application/vnd.openxmlformats-officedocument.spreadsheetml"
    parts = {
        "[Content_Types].xml": f'<Types xmlns="{package}/content-types"><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        f'<Override PartName="/xl/workbook.xml" ContentType="{kinds}.sheet.main+xml"/><Override PartName="/xl/worksheets/sheet1.xml" ContentType="{kinds}.worksheet+xml"/></Types>',
        "_rels/.rels": f'<Relationships xmlns="{package}/relationships"><Relationship Id="r1" Type="{office}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
        "xl/workbook.xml": f'<workbook xmlns="{main}" xmlns:r="{office}"><sheets><sheet name="协议" sheetId="1" r:id="r1"/></sheets></workbook>',
        "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{package}/relationships"><Relationship Id="r1" Type="{office}/worksheet" Target="worksheets/sheet1.xml"/></Relationships>',
        "xl/worksheets/sheet1.xml": f'<worksheet xmlns="{main}"><sheetData>{cells}</sheetData></worksheet>',
    }
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as packed:
        for name, text in parts.items():
            packed.writestr(name, f'<?xml version="1.0" encoding="UTF-8"?>{text}')
    return out.getvalue()


def test_a_sheet_of_excel_is_read_too() -> None:
    rows = [
        COLUMNS,
        ("12 号商铺", "分期", "是", "付款", "公司", "12600", "2026-12-31"),
        ("13 号商铺", "付清", "", "", "", "", ""),
    ]
    first, second = read_agreements(sheet(rows))
    assert (first.counterpart, first.duties[0].amount_yuan, second.counterpart) == (
        "12 号商铺",
        Decimal(12600),
        "13 号商铺",
    )
    dated = sheet([COLUMNS, ("甲铺", "分期", "", "付款", "公司", "12600.0", "46387")])
    assert read_agreements(dated)[0].duties[0].due_on == date(2026, 12, 31)
    with pytest.raises(BadInput, match="第 2 行"):
        read_agreements(sheet([COLUMNS, ("", "分期", "", "", "", "", "")]))


def packed(**parts: str) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, text in parts.items():
            archive.writestr(name.replace("__", "/"), text)
    return out.getvalue()


def test_a_sheet_as_excel_packs_it_with_shared_texts_and_gaps() -> None:
    main = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    content = sheet([COLUMNS])
    head = "".join(f"<si><t>{name}</t></si>" for name in COLUMNS)
    texts = f'<sst xmlns="{main}">{head}<si><r><t>甲</t></r><r><t>铺</t></r></si><si><t>分期</t></si></sst>'
    letters = "ABCDEFG"
    top = "".join(f'<c r="{letters[n]}1" t="s"><v>{n}</v></c>' for n in range(7))
    low = '<c r="A3" t="s"><v>7</v></c><c r="B3" t="s"><v>8</v></c><c r="D3" t="inlineStr"><is><t>付款</t></is></c>'
    low += '<c r="E3" t="str"><v>公司</v></c><c r="F3"><v>12600</v></c><c r="G3"><v>46387</v></c>'
    body = f'<worksheet xmlns="{main}"><sheetData><row r="1">{top}</row><row r="3">{low}</row></sheetData></worksheet>'
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(out, "w") as new:
        for name in old.namelist():
            new.writestr(name, body if name.endswith("sheet1.xml") else old.read(name))
        new.writestr("xl/sharedStrings.xml", texts)
    (row,) = read_agreements(out.getvalue())
    assert (row.row, row.counterpart, row.terms) == (3, "甲铺", "分期")
    assert (row.duties[0].what, row.duties[0].by_whom, row.duties[0].due_on) == ("付款", "公司", date(2026, 12, 31))


@pytest.mark.parametrize(
    "content",
    [
        packed(word__document="x"),
        packed(xl__workbook="x"),
        packed(**{"xl/workbook.xml": "<broken"}),
        packed(**{"xl/workbook.xml": '<!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]><a>&b;</a>'}),
    ],
)
def test_a_packed_file_that_is_no_sheet_says_what_to_do(content: bytes) -> None:
    with pytest.raises(BadInput, match="打不开"):
        read_agreements(content)
