"""The editor's door: outlines out, edits in; the server does the geometry and keeps neighbours gap-free."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from flask.testing import FlaskClient
from shapely.geometry import shape

from gridmap.access import Role
from tests.factories import COUNTY, GRID_A11, GRID_B11, SIZE, SOUTH, TOWN_A, VILLAGE_A1, WEST
from tests.integration.units_web.conftest import JSON, cell

A11, A12 = f"{GRID_A11}", f"{GRID_A11 + 1}"
MIDDLE = [[WEST + SIZE / 2, SOUTH - 0.001], [WEST + SIZE / 2, SOUTH + SIZE + 0.001]]
PARTS = [{"code": A11, "name": "第一网格"}, {"code": "990102001001003", "name": "第三网格"}]


def drawing(client: FlaskClient, operation: str, codes: list[str], unit: str = A11, **more: Any) -> dict[str, Any]:
    """An edit on the outlines as the editor loads them now."""
    shown = client.get(f"/units/{unit}/edit/outlines").json
    base = {one["properties"]["code"]: one["properties"]["base"] for one in shown["features"]}
    state = {"version_id": shown["version_id"], "row_version": shown["row_version"]}
    return {"operation": operation, "base": {code: base[code] for code in codes}, **state, **more}


def outline(west: float, east: float) -> list[Any]:
    """MultiPolygon coordinates as the browser sends them."""
    return [[[list(point) for point in ring.coords] for ring in (part.exterior,)] for part in cell(west, east).geoms]


def test_the_editor_loads_the_unit_its_neighbours_and_its_parent(administrator: FlaskClient) -> None:
    assert administrator.get(f"/units/{A11}/edit").status_code == 200
    shown = administrator.get(f"/units/{A11}/edit/outlines").json
    roles = {one["properties"]["code"]: one["properties"]["role"] for one in shown["features"]}
    assert roles == {A11: "self", A12: "neighbour", f"{VILLAGE_A1}": "parent"}
    assert shown["free_codes"][0] == "990102001001003"


def test_a_split_is_previewed_named_and_saved(administrator: FlaskClient, count: Callable[[str], int]) -> None:
    sent = drawing(administrator, "split", [A11], line=MIDDLE)
    pieces = administrator.post(f"/units/{A11}/edit/preview", json=sent).json["parts"]
    areas = [piece["properties"]["area_m2"] for piece in pieces]
    assert len(areas) == 2
    assert areas[0] == pytest.approx(areas[1], rel=0.01)
    shown = administrator.post(f"/units/{A11}/edit/preview", json={**sent, "parts": PARTS}).json
    assert shown["faults"] == []
    assert count("outline_versions") == 0
    saved = administrator.post(f"/units/{A11}/edit", json={**sent, "parts": PARTS})
    assert saved.status_code == 200
    assert count("outlines where valid_from is null and unit_code in (990102001001001, 990102001001003)") == 2
    assert "拆分" in administrator.get(saved.json["url"]).get_data(as_text=True)


def test_a_moved_border_takes_from_the_neighbour_without_gap(administrator: FlaskClient) -> None:
    sent = drawing(administrator, "reshape", [A11, A12], outline=outline(0, 1.25))
    answer = administrator.post(f"/units/{A11}/edit/preview", json=sent).json
    assert sorted(answer["changed"]) == [A11, A12]
    assert answer["faults"] == []
    after = {
        one["properties"]["code"]: shape(one["geometry"])
        for one in answer["features"]
        if one["properties"]["outcome"] == "changed"
    }
    assert after[A11].intersection(after[A12]).area < 1e-12
    assert after[A11].union(after[A12]).area == pytest.approx(cell(0, 2).area, rel=1e-6)


def test_merging_ends_the_other_unit_when_published(administrator: FlaskClient) -> None:
    sent = drawing(administrator, "merge", [A11, A12], others=[A12])
    assert administrator.post(f"/units/{A11}/edit/preview", json=sent).json["ended"] == [A12]
    saved = administrator.post(f"/units/{A11}/edit", json=sent).json
    published = administrator.post(f"{saved['url']}/publish", data={"base": saved["row_version"]})
    assert published.status_code == 302
    assert administrator.get(f"/units/{A12}", headers=JSON).json["valid_to"]
    assert administrator.get(f"/units?parent={VILLAGE_A1}", headers=JSON).json["total"] == 1


def test_the_later_of_two_people_is_told_who_and_when(
    administrator: FlaskClient, signed_in: Callable[..., FlaskClient], count: Callable[[str], int]
) -> None:
    other = signed_in((Role.ADMINISTRATOR, TOWN_A))
    first = drawing(administrator, "reshape", [A11, A12], outline=outline(0, 1.2))
    second = drawing(other, "split", [A11], line=MIDDLE, parts=PARTS)
    saved = administrator.post(f"/units/{A11}/edit", json=first).json
    late = other.post(f"/units/{A11}/edit", json=second, headers=JSON)
    assert late.status_code == 409
    assert "测试员" in late.json["detail"]
    assert count("outline_versions") == 1
    administrator.post(f"{saved['url']}/publish", data={"base": saved["row_version"]})
    stale = other.post(f"/units/{A11}/edit", json=second, headers=JSON)
    assert stale.status_code == 409
    assert "没有保存" in stale.json["detail"]
    assert count("units where unit_code = 990102001001003") == 0


def test_a_draft_is_gone_on_with(administrator: FlaskClient) -> None:
    saved = administrator.post(
        f"/units/{A11}/edit", json=drawing(administrator, "reshape", [A11, A12], outline=outline(0, 1.2))
    ).json
    query = f"?version={saved['version_id']}"
    assert "继续修改草稿" in administrator.get(f"/units/{A11}/edit{query}").get_data(as_text=True)
    shown = administrator.get(f"/units/{A11}/edit/outlines{query}").json
    base = {
        one["properties"]["code"]: one["properties"]["base"]
        for one in shown["features"]
        if one["properties"]["role"] != "parent"
    }
    sent = {
        "operation": "reshape",
        "base": base,
        "version_id": shown["version_id"],
        "row_version": shown["row_version"],
    }
    again = administrator.post(f"/units/{A11}/edit", json={**sent, "outline": outline(0, 0.9)})
    assert again.json["version_id"] == saved["version_id"]
    behind = administrator.post(f"/units/{A11}/edit", json={**sent, "outline": outline(0, 0.8)}, headers=JSON)
    assert behind.status_code == 409


BAD: list[tuple[dict[str, Any], str]] = [
    ({"operation": "explode"}, "不认识"),
    ({"operation": "split", "line": [[125.3, 43.8]]}, "两个点"),
    ({"operation": "split", "line": [[125.3, 43.8], ["x", 1]]}, "坐标"),
    ({"operation": "split", "line": [[0, 0], [1, 1]]}, "中国"),
    ({"operation": "split", "line": [[125.1, 43.1], [125.2, 43.2]]}, "分割线"),
    ({"operation": "reshape", "outline": [[[[125.3, 43.8], [125.31, 43.8]]]]}, "三个点"),
    ({"operation": "reshape", "outline": "x"}, "图形"),
    ({"operation": "merge", "others": []}, "选择"),
    ({"operation": "split", "line": MIDDLE, "base": {}}, "版本号"),
    ({"operation": "split", "line": MIDDLE, "base": {A11: "x"}}, "版本号"),
    ({"operation": "split", "line": MIDDLE, "parts": [{"code": "1", "name": "甲"}]}, "代码"),
    ({"operation": "split", "line": MIDDLE, "parts": [{"code": A11, "name": ""}]}, "名称"),
    ({"operation": "split", "line": MIDDLE, "row_version": "1"}, "版本号"),
]


@pytest.mark.parametrize(("body", "words"), BAD)
def test_drawings_that_cannot_be_are_refused_in_words(
    administrator: FlaskClient, count: Callable[[str], int], body: dict[str, Any], words: str
) -> None:
    sent = {**drawing(administrator, "split", [A11]), **body}
    for address in (f"/units/{A11}/edit/preview", f"/units/{A11}/edit"):
        answer = administrator.post(address, json=sent, headers=JSON)
        if answer.status_code == 400 and words in answer.json["detail"]:
            break
    else:
        pytest.fail(f"{answer.status_code} {answer.json}")
    assert count("outline_versions") == 0


@pytest.mark.parametrize("body", [b"", b"not json", b"[]", b"null", b'{"operation": {}}'])
def test_what_is_no_drawing_is_400(administrator: FlaskClient, body: bytes) -> None:
    for path in ("edit", "edit/preview"):
        answer = administrator.post(f"/units/{A11}/{path}", data=body, content_type="application/json", headers=JSON)
        assert answer.status_code == 400


def test_nobody_edits_another_town_and_only_administrators_edit(
    town_administrator: FlaskClient, signed_in: Callable[..., FlaskClient]
) -> None:
    for path in ("edit", "edit/preview"):
        assert town_administrator.post(f"/units/{GRID_B11}/{path}", json={}).status_code == 404
    for role in Role:
        if role is not Role.ADMINISTRATOR:
            client = signed_in((role, COUNTY))
            assert client.get(f"/units/{A11}/edit").status_code == 403
            assert client.post(f"/units/{A11}/edit", json={}).status_code == 403


def test_a_border_of_another_town_is_not_moved(town_administrator: FlaskClient, count: Callable[[str], int]) -> None:
    sent = drawing(town_administrator, "reshape", [A12], unit=A12, outline=outline(1, 2.3))
    answer = town_administrator.post(f"/units/{A12}/edit", json=sent, headers=JSON)
    assert answer.status_code in (400, 403)
    assert count("outline_versions") == 0


def test_the_border_of_two_units_is_moved(administrator: FlaskClient, count: Callable[[str], int]) -> None:
    line = [[WEST + SIZE * 0.75, SOUTH - 0.001], [WEST + SIZE * 0.75, SOUTH + SIZE + 0.001]]
    sent = drawing(administrator, "border", [A11, A12], others=[A12], line=line)
    answer = administrator.post(f"/units/{A11}/edit/preview", json=sent).json
    after = {
        one["properties"]["code"]: shape(one["geometry"])
        for one in answer["features"]
        if one["properties"]["outcome"] == "changed"
    }
    assert answer["faults"] == []
    assert after[A11].area == pytest.approx(cell(0, 0.75).area, rel=1e-6)
    assert after[A11].union(after[A12]).area == pytest.approx(cell(0, 2).area, rel=1e-6)
    saved = administrator.post(f"/units/{A11}/edit", json=sent).json
    assert count("outlines where valid_from is null") == 2
    assert "的边界" in administrator.get(saved["url"]).get_data(as_text=True)


@pytest.mark.parametrize("others", [[], ["990102001001002", "990102002001001"], None])
def test_a_border_is_that_of_two(administrator: FlaskClient, others: Any) -> None:
    sent = drawing(administrator, "border", [A11], others=others, line=MIDDLE)
    answer = administrator.post(f"/units/{A11}/edit/preview", json=sent, headers=JSON)
    assert (answer.status_code, answer.json["field"]) == (400, "others")
