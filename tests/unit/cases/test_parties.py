"""Parties by plain values: identity numbers, telephone numbers, masks, amounts."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gridmap.cases.forms.involved import read_people, read_yuan
from gridmap.cases.forms.parties import read_party, read_purpose
from gridmap.cases.rules.parties import (
    id_number_fault,
    mask_address,
    mask_name,
    mask_number,
    phone_fault,
)
from gridmap.errors import BadInput
from gridmap.numbers import check_character, plain, same_identity, same_phone


@pytest.mark.parametrize("number", ["11010519491231002X", "440524188001010014", "110105491231002"])
def test_numbers_of_the_standard_pass(number: str) -> None:
    """The first two are the examples of GB 11643-1999; the third is a 15-digit number of before."""
    if number.startswith("4405"):
        assert "出生日期" in id_number_fault(number)  # nobody born in 1880 comes to the desk
        assert check_character(number) == number[17]
    else:
        assert id_number_fault(number) == ""


@pytest.mark.parametrize(
    ("number", "words"),
    [
        ("110105194912310021", "校验位"),
        ("11010519491331002X", "出生日期"),
        ("1101051949123100", "现有 16 位"),
        ("110105491331002", "出生日期"),
        ("X" * 18, "18 位"),
    ],
)
def test_wrong_numbers_are_told(number: str, words: str) -> None:
    assert words in id_number_fault(number)


@given(st.integers(0, 16), st.integers(1, 9))
def test_one_digit_copied_wrong_is_always_noticed(place: int, more: int) -> None:
    number = "11010519491231002X"
    wrong = number[:place] + str((int(number[place]) + more) % 10) + number[place + 1 :]
    assert id_number_fault(wrong)


@pytest.mark.parametrize(
    "number",
    ["13800001234", "+8613800001234", "008613800001234", "+8643187654321", "043187654321", "87654321", "0108765432"],
)
def test_telephones(number: str) -> None:
    assert phone_fault(number) == ""


@pytest.mark.parametrize("number", ["1380000123", "23800001234", "abc", "138000012345"])
def test_wrong_telephones(number: str) -> None:
    assert phone_fault(number)


def test_masks() -> None:
    assert mask_name("张三丰") == "张*"
    assert mask_number("13800001234") == "138****1234"
    assert mask_number("11010519491231002X") == "110***********002X"
    assert mask_address("长春市幸福乡幸福路 12 号 3 单元 401") == "长春市幸福乡***"
    assert mask_address("幸福路") == "幸***"
    assert [mask_name(""), mask_number(""), mask_address("")] == ["", "", ""]
    assert mask_number("110") == "***"
    assert mask_number("6123456") == "6****56"
    assert mask_number("61234567") == "6****567"


@pytest.mark.parametrize("length", range(1, 20))
def test_a_masked_number_hides_four_characters_at_least(length: int) -> None:
    masked = mask_number("1234567890123456789"[:length])
    assert len(masked) == length
    assert masked.count("*") >= min(4, length)


@given(st.text(st.characters(exclude_characters="*"), min_size=1, max_size=30))
def test_a_mask_never_shows_the_whole(text: str) -> None:
    assert mask_name(text) != text
    assert len(mask_address(text)) - 3 <= len(text) / 3


def test_reading_a_party() -> None:
    entry = read_party("reporter", " 张三丰 ", "１１０１０５ 19491231 002x", "138-0000-1234", "")
    assert (entry.name, entry.id_number, entry.phone) == ("张三丰", "11010519491231002X", "13800001234")
    assert "张三丰" not in repr(entry)
    assert plain("１３８") == "138"
    for values, field in (
        (("boss", "张三丰"), "party_role"),
        (("other", " "), "party_name"),
        (("other", "长" * 61), "party_name"),
        (("other", "张", "123"), "party_id_number"),
        (("other", "张", "", "123"), "party_phone"),
        (("other", "张", "", "", "址" * 201), "party_address"),
        (("other", "张\x00"), "party_name"),
    ):
        with pytest.raises(BadInput) as fault:
            read_party(*values)
        assert fault.value.field == field
        assert "123" not in fault.value.message.replace("1 至 1000000", "")


def test_purpose() -> None:
    assert read_purpose(" 回访 ") == "回访"
    for text in ("", " ", "x", "长" * 201):
        with pytest.raises(BadInput):
            read_purpose(text)


def test_people_and_money() -> None:
    assert read_people("１２ 人") == 12
    assert read_people("") is None
    assert read_yuan("3.5万") == Decimal("35000.00")
    assert read_yuan("1,234.5元") == Decimal("1234.50")
    assert read_yuan("") is None
    for text in ("0", "-1", "1.5", "many", "1000001"):
        with pytest.raises(BadInput):
            read_people(text)
    for text in ("-1", "0.001", "x", "99999亿", "1..2"):
        with pytest.raises(BadInput):
            read_yuan(text)


@given(st.from_regex(r"[1-9][0-9]{5}[0-9]{2}(0[1-9]|1[0-2])(0[1-9]|1[0-9]|2[0-8])[0-9]{3}", fullmatch=True))
def test_fifteen_and_eighteen_digits_are_the_same_person(number: str) -> None:
    longer = same_identity(number)
    assert len(longer) == 18
    assert longer[:6] + longer[8:17] == number
    assert check_character(longer) == longer[17]
    assert same_identity(longer.lower()) == longer
    assert same_identity(f" {longer[:6]}-{longer[6:]}") == longer


@pytest.mark.parametrize(
    ("one", "other"),
    [("+8613800001234", "138 0000 1234"), ("0431-87654321", "+86 431 87654321"), ("013800001234", "13800001234"),
     ("86-13800001234", "１３８００００１２３４"), ("(0431)87654321", "0086 0431 87654321")],
)  # fmt: skip
def test_one_telephone_written_in_two_ways(one: str, other: str) -> None:
    assert same_phone(one) == same_phone(other)
    assert same_phone("87654321") != same_phone("043187654321")  # another town may have it too
