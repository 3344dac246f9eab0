"""The filter of cases: canonical, round-tripping, and plain about what it does not know."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st
from werkzeug.datastructures import MultiDict

from gridmap.cases.forms import CaseFilter, Located
from gridmap.cases.forms.filter import EARLIEST, LATEST
from gridmap.cases.rules import Channel, Grade, Lateness, Scale, Status
from gridmap.errors import BadInput


def some(values) -> st.SearchStrategy:
    return st.lists(st.sampled_from([str(v) for v in values])).map(",".join)


numbers = st.floats(-90, 90, allow_nan=False).map(lambda v: round(v, 6))
boxes = st.tuples(numbers, numbers, numbers, numbers).filter(lambda b: b[0] < b[2] and b[1] < b[3])
words = st.text(st.characters(codec="utf-8", exclude_categories=("Cs", "Cc")), max_size=40)
days = st.dates(EARLIEST, LATEST).map(date.isoformat)
arguments = st.fixed_dictionaries(
    {},
    optional={
        "unit": st.sampled_from(["22", "2201", "220102", "220102011", "220102011001", "220102011001007", "4419"]),
        "family": some(range(1, 6)),
        "category": some(["101", "0501", "A-3"]),
        "channel": some(Channel),
        "grade": some(Grade),
        "scale": some(Scale),
        "status": some([*Status, "open", "ended"]),
        "risk": some(["high", "medium", "low", "none"]),
        "lateness": some(Lateness),
        "from": days,
        "repeat": st.sampled_from(["yes", ""]),
        "located": st.sampled_from(["yes", "no", "pending", ""]),
        "q": words,
        "bbox": boxes.map(lambda b: ",".join(str(v) for v in b)),
        "page": st.just("3"),
    },
)


@given(arguments)
def test_round_trip(args: dict[str, str]) -> None:
    read = CaseFilter.from_args(args)
    again = CaseFilter.from_args(read.to_args())
    assert again == read
    assert hash(again) == hash(read)
    assert again.to_args() == read.to_args()


def test_order_and_repetition_do_not_matter() -> None:
    one = CaseFilter.from_args({"status": "closed,registered,closed", "risk": "none,high", "family": "5,1"})
    two = CaseFilter.from_args(MultiDict([("status", "registered"), ("status", "closed"), ("risk", "high,none")]))
    assert one.status == two.status == (Status.REGISTERED, Status.CLOSED)
    assert one.risk == two.risk == ("high", "none")
    assert one.family == (1, 5)


def test_groups_of_states() -> None:
    both = CaseFilter.from_args({"status": "open,ended"})
    assert set(both.status) == set(Status)
    assert both.to_args() == {"status": "open,ended"}
    mixed = CaseFilter.from_args({"status": "ended,registered"})
    assert mixed.to_args() == {"status": "registered,ended"}


def test_nothing_given_narrows_nothing() -> None:
    assert not CaseFilter.from_args({"q": "  ", "status": ",", "page": "2", "sort": "due"})
    assert CaseFilter.from_args({}).to_args() == {}
    assert CaseFilter(located=Located.NO)


def test_a_short_code_is_its_padded_unit() -> None:
    assert CaseFilter.from_args({"unit": "220102"}).unit == 220102000000000


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("unit", "22010201100100", "14 位"),
        ("unit", "abc", "区划"),
        ("family", "6", "大类"),
        ("category", "1' or 1=1", "小类"),
        ("channel", "fax", "来源渠道"),
        ("grade", "x", "五事五办"),
        ("scale", "huge", "规模"),
        ("status", "done", "状态"),
        ("risk", "extreme", "风险等级"),
        ("lateness", "soon", "期限"),
        ("from", "2026-13-01", "开始日期"),
        ("to", "昨天", "结束日期"),
        ("to", "9999-12-31", "2199"),
        ("located", "maybe", "定位情况"),
        ("q", "长" * 101, "100"),
        ("q", "a\x00b", "关键词"),
        ("bbox", "1,2,3", "地图范围"),
        ("bbox", "5,5,4,6", "地图范围"),
        ("bbox", "nan,0,1,1", "地图范围"),
        ("bbox", "0,0,inf,1", "地图范围"),
        ("bbox", "0,0,1e-9,1", "地图范围"),
    ],
)
def test_unknown_values_name_their_field(name: str, value: str, said: str) -> None:
    with pytest.raises(BadInput, match=said) as caught:
        CaseFilter.from_args({name: value})
    assert caught.value.field == name


def test_a_period_may_not_end_before_it_begins() -> None:
    with pytest.raises(BadInput, match="早于") as caught:
        CaseFilter.from_args({"from": "2026-02-01", "to": "2026-01-31"})
    assert caught.value.field == "to"


def test_too_many_values_are_refused() -> None:
    with pytest.raises(BadInput, match="过多"):
        CaseFilter.from_args({"category": ",".join(str(n) for n in range(101))})
