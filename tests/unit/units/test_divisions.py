"""The CSV of division codes: the real one, every encoding, every wrong row."""

from __future__ import annotations

from pathlib import Path

import pytest

from gridmap.errors import BadInput, TooLarge
from gridmap.units.forms.divisions import read_divisions, tree_errors
from gridmap.units.forms.limits import Limits
from gridmap.units.rules.codes import Level, level_of

REAL = Path(__file__).parents[3] / "data" / "divisions" / "divisions.csv"
HEAD = "code,level,name,parent_code\n"


def made(folder: Path, text: str, encoding: str = "utf-8") -> Path:
    file = folder / "codes.csv"
    file.write_bytes(text.encode(encoding))
    return file


def test_the_real_file() -> None:
    read = read_divisions(REAL)
    levels = [level_of(entry.code) for entry in read.entries]
    assert len(levels) == 1626
    assert levels.count(Level.COUNTY) == 7
    assert levels.count(Level.VILLAGE) == 1495
    assert tree_errors(read.entries, set()) == []


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gbk", "gb18030", "utf-16"])
def test_every_encoding(tmp_path: Path, encoding: str) -> None:
    read = read_divisions(made(tmp_path, HEAD + "62,province,甘肃省,\n", encoding))
    assert read.entries[0].name == "甘肃省"


def test_gbk_behind_the_byte_order_mark_of_utf8(tmp_path: Path) -> None:
    file = tmp_path / "codes.csv"
    file.write_bytes(b"\xef\xbb\xbf" + (HEAD + "62,province,甘肃省,\n").encode("gbk"))
    assert read_divisions(file).entries[0].name == "甘肃省"


def test_names_are_one_line_of_visible_characters(tmp_path: Path) -> None:
    assert read_divisions(made(tmp_path, HEAD + '62,province,"甘肃\n省",\n')).entries[0].name == "甘肃 省"
    with pytest.raises(BadInput) as caught:
        read_divisions(made(tmp_path, HEAD + "62,province,甘\x07肃省,\n"))
    assert "控制字符" in caught.value.rows[0].message


def test_chinese_headers_tabs_and_blank_lines(tmp_path: Path) -> None:
    read = read_divisions(made(tmp_path, "代码\t名称\n62\t甘肃省\n\n6207\t张掖市\n"))
    assert [entry.row for entry in read.entries] == [2, 4]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("a,b,c\n1,2,3\n", "表头不对"),
        ("code,level\n62,province\n", "缺少名称列"),
        (HEAD, "只有表头"),
        (HEAD + '62,province,"甘肃\n', "CSV 格式错误：第 2 行或它之前有引号不成对"),
        (HEAD + "62,province,甘肃省,,多余\n", "列数与表头不符"),
        ('{"type": "FeatureCollection"}', "不是 CSV"),
    ],
)
def test_files_that_are_not_such_a_table(tmp_path: Path, text: str, says: str) -> None:
    with pytest.raises(BadInput, match=says):
        read_divisions(made(tmp_path, text))


def test_every_wrong_row_is_named(tmp_path: Path) -> None:
    rows = "62070210020100,grid,甲,\n620702,county,,6207\n620702100,部落,乙镇,620702\n6207,city,张掖市,6x\n"
    with pytest.raises(BadInput) as caught:
        read_divisions(made(tmp_path, HEAD + rows))
    found = [(row.row, row.field) for row in caught.value.rows]
    assert found == [(2, "代码"), (3, "名称"), (4, "级别"), (5, "上级代码")]
    assert "14 位" in caught.value.rows[0].message


def test_a_cycle_is_named_with_its_row(tmp_path: Path) -> None:
    rows = "620702100,town,甲镇,620702100201\n620702100201,village,乙村,620702100\n"
    errors = tree_errors(read_divisions(made(tmp_path, HEAD + rows)).entries, {620702000000000})
    assert errors[0].row == 2
    assert "成环" in errors[0].message


def test_binary_and_huge(tmp_path: Path) -> None:
    binary = tmp_path / "b.csv"
    binary.write_bytes(b"\xff\x00\x81\x30" * 10)
    with pytest.raises(BadInput, match="编码无法识别"):
        read_divisions(binary)
    with pytest.raises(TooLarge):
        read_divisions(REAL, limits=Limits(text_bytes=1000))
