"""Upload, preview, confirm: what is wrong is said by row, and nothing is stored before the person has confirmed."""

from __future__ import annotations

import io
import os
import re
import time
import zipfile
from collections.abc import Callable
from contextlib import nullcontext
from pathlib import Path

import numpy as np
import pyogrio
import pytest
from flask import Flask
from flask.testing import FlaskClient
from shapely import to_wkb, transform
from shapely.geometry import LineString, Polygon, shape

from gridmap.access import Role
from gridmap.config import settings
from tests.factories import COUNTY, GRID_A11, GRID_B11, SIZE, SOUTH, TOWN_A, WEST
from tests.integration.units_web.conftest import JSON, cell, draft_of, geojson, upload

NOTHING = ("outline_versions", "boundary_sources", "outline_faults", "units where version_id is not null")
GOOD = {GRID_A11: ("第一网格", cell(0, 0.5)), GRID_A11 + 1: ("第二网格", cell(0.5, 2))}
SWAPPED = Polygon([(lat, lon) for lon, lat in cell(0, 1).geoms[0].exterior.coords])


def zipped(names: dict[str, bytes]) -> bytes:
    """A zip archive of files."""
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in names.items():
            archive.writestr(name, data)
    return held.getvalue()


BAD: dict[str, tuple[bytes, dict[str, str], str]] = {
    "empty": (b"", {}, "空"),
    "no map file": (b"%PDF-1.7 nothing", {}, "PDF"),
    "broken json": (b'{"type": "FeatureCollection", "features": [', {}, "GeoJSON"),
    "code of 14 digits": (geojson({"99010200100100": ("甲", cell(0, 1))}), {}, "14 位"),
    "letters in a code": (geojson({"99A": ("甲", cell(0, 1))}), {}, "数字以外"),
    "lon and lat exchanged": (geojson({GRID_A11: ("甲", SWAPPED)}), {}, "经"),
    "a line": (geojson({GRID_A11: ("甲", LineString([(125.3, 43.8), (125.4, 43.8)]))}), {}, "面"),
    "unknown parent": (geojson({990102009001001: ("甲", cell(0, 1))}), {}, "上级"),
    "no such field": (geojson(GOOD), {"code_field": "编号"}, "编号"),
    "level that differs": (geojson(GOOD), {"level": "town"}, "级别"),
    "zip without a layer": (zipped({"readme.txt": b"x"}), {}, "压缩包"),
    "zip bomb": (zipped({"a.geojson": b" " * 60_000_000}), {}, "压缩"),
    "zip with a way out": (zipped({"../../etc/passwd.geojson": geojson(GOOD)}), {}, "压缩包"),
    "far away": (geojson({GRID_A11: ("甲", Polygon([(0, 0), (1, 0), (1, 1), (0, 1)]))}), {}, "中国"),
    "divisions that are no csv": (b"{}", {"kind": "divisions"}, "CSV"),
    "divisions without header": (b"1,2\n3,4\n", {"kind": "divisions"}, "表头"),
    "divisions with a 14-digit code": (
        "code,level,name,parent_code\n99010200100100,grid,甲,990102001001\n".encode(),
        {"kind": "divisions"},
        "14 位",
    ),
    "divisions with a cycle": (
        "code,level,name,parent_code\n990102011,town,甲,990102012\n990102012,town,乙,990102011\n".encode("gbk"),
        {"kind": "divisions"},
        "成环",
    ),
}


def uploads() -> set[str]:
    """Names of the uploads kept now (other tests of this worker may have left theirs)."""
    folder = settings().instance_dir / "uploads"
    return {file.name for file in folder.iterdir()} if folder.exists() else set()


@pytest.mark.parametrize("what", BAD)
def test_bad_files_are_refused_in_words_and_leave_nothing(
    what: str, administrator: FlaskClient, count: Callable[[str], int]
) -> None:
    data, said, words = BAD[what]
    before, files = [count(table) for table in NOTHING], uploads()
    answer = upload(administrator, data, **said)
    page = answer.get_data(as_text=True)
    assert answer.status_code == 400
    assert "系统中的内容没有任何改动" in page
    assert words in page.split("选择文件")[0]
    assert [count(table) for table in NOTHING] == before
    assert uploads() == files


def test_faulty_rows_are_named(administrator: FlaskClient) -> None:
    data = geojson({GRID_A11: ("甲", cell(0, 1)), "99010200100100": ("乙", cell(1, 2)), "x": ("丙", cell(1, 2))})
    page = upload(administrator, data).get_data(as_text=True)
    assert "第 2 行" in page
    assert "第 3 行" in page
    assert "第 1 行" not in page


def test_problem_json_for_programs(administrator: FlaskClient) -> None:
    answer = administrator.post(
        "/units/import",
        data={
            "kind": "outlines",
            "datum": "wgs84",
            "level": "",
            "file": (io.BytesIO(geojson({"1": ("甲", cell(0, 1))})), "a"),
        },
        content_type="multipart/form-data",
        headers=JSON,
    )
    assert answer.status_code == 400
    assert answer.mimetype == "application/problem+json"
    assert answer.json["rows"][0]["row"] == 1


def test_no_file_and_unknown_choices(administrator: FlaskClient) -> None:
    none = administrator.post("/units/import", data={"kind": "outlines", "datum": "wgs84", "level": ""})
    assert "请选择要导入的文件" in none.get_data(as_text=True)
    odd = upload(administrator, geojson(GOOD), datum="mars")
    assert (odd.status_code, "坐标基准" in odd.get_data(as_text=True)) == (400, True)


def test_the_datum_of_outlines_is_chosen_by_whoever_knows_it(
    administrator: FlaskClient, count: Callable[[str], int]
) -> None:
    page = administrator.get("/units/import").get_data(as_text=True)
    choice = page.split('name="datum"')[1].split("</select>")[0]
    assert "selected" not in choice.replace('<option selected value="">请选择', "")
    files = uploads()
    refused = upload(administrator, geojson(GOOD), datum="")
    assert refused.status_code == 400
    assert "请选择坐标基准" in refused.get_data(as_text=True).split("选择文件")[0]
    said = {"kind": "outlines", "level": "", "file": (io.BytesIO(geojson(GOOD)), "网格.geojson")}
    told = administrator.post("/units/import", data=said, content_type="multipart/form-data", headers=JSON)
    assert (told.status_code, told.json["field"]) == (400, "datum")
    assert uploads() == files
    assert count("outline_versions") == 0
    codes = "code,level,name,parent_code\n990102011,town,甲镇,990102\n".encode()
    assert upload(administrator, codes, "区划.csv", kind="divisions", datum="").status_code == 302


def test_too_large_is_413_in_chinese(app: Flask, administrator: FlaskClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(app.config, "MAX_CONTENT_LENGTH", 4000)
    answer = upload(administrator, b"x" * 8000)
    assert answer.status_code == 413
    assert "超过" in answer.get_data(as_text=True)


def test_preview_stores_nothing_and_tells_every_row(administrator: FlaskClient, count: Callable[[str], int]) -> None:
    same = cell(2, 3)
    shown = upload(
        administrator, geojson({**GOOD, GRID_B11: ("第一网格", same), 990102001001003: ("第三网格", cell(0, 1))})
    )
    token = shown.headers["Location"]
    page = administrator.get(token).get_data(as_text=True)
    report = administrator.get(token, headers=JSON).json
    assert report["counts"] == {"added": 1, "changed": 3, "unchanged": 0, "refused": 0}
    assert "新区划" in page
    assert count("outline_versions") == 0
    assert count("units where unit_code = 990102001001003") == 0
    shapes = administrator.get(f"{token}/shapes").json["features"]
    assert {one["properties"]["outcome"] for one in shapes} >= {"added", "changed", "before", "fault"}


def test_confirm_makes_a_checked_draft_and_the_same_file_changes_nothing(
    administrator: FlaskClient, count: Callable[[str], int]
) -> None:
    address = draft_of(administrator, geojson(GOOD))
    page = administrator.get(address).get_data(as_text=True)
    assert "已检查" in page
    assert count("outlines where valid_from is null") == 2
    again = upload(administrator, geojson(GOOD))
    administrator.post(again.headers["Location"])
    assert count("outline_versions") == 1


def test_an_upload_belongs_to_who_sent_it(administrator: FlaskClient, signed_in: Callable[..., FlaskClient]) -> None:
    address = upload(administrator, geojson(GOOD)).headers["Location"]
    other = signed_in((Role.ADMINISTRATOR, COUNTY))
    assert other.get(address).status_code == 404
    assert other.post(address).status_code == 404
    assert other.get(f"{address}/shapes").status_code == 404
    assert administrator.post(f"{address}/cancel").status_code == 302
    assert administrator.get(address).status_code == 404


@pytest.mark.parametrize("role", [role for role in Role if role is not Role.ADMINISTRATOR])
def test_only_administrators_import(role: Role, world: None, signed_in: Callable[..., FlaskClient]) -> None:
    client = signed_in((role, TOWN_A))
    assert client.get("/units/import").status_code == 403
    assert upload(client, geojson(GOOD)).status_code == 403
    assert "导入" not in client.get("/units").get_data(as_text=True).split("unit-main")[1].split("</div>")[0]


def test_a_town_administrator_cannot_import_for_another_town(
    town_administrator: FlaskClient, count: Callable[[str], int]
) -> None:
    answer = upload(town_administrator, geojson({GRID_B11: ("第一网格", cell(2, 2.5))}))
    assert answer.status_code == 403
    assert count("outline_versions") == 0


def test_without_csrf_token_nothing_happens(
    app: Flask, administrator: FlaskClient, monkeypatch: pytest.MonkeyPatch, count: Callable[[str], int]
) -> None:
    monkeypatch.setitem(app.config, "WTF_CSRF_ENABLED", True)
    assert upload(administrator, geojson(GOOD)).status_code == 400
    for address in ("/units/versions/1/publish", "/units/versions/1/discard", f"/units/{GRID_A11}/edit"):
        answer = administrator.post(address, json={}, headers=JSON)
        assert (answer.status_code, answer.json.get("field")) == (400, "csrf_token")
    assert count("outline_versions") == 0


def test_divisions_are_previewed_and_in_force_when_confirmed(administrator: FlaskClient) -> None:
    table = "code,level,name,parent_code\n990102003,town,丙镇,990102\n990102001,town,甲街道办,990102\n"
    shown = upload(administrator, table.encode("gb18030"), "代码.csv", kind="divisions")
    assert administrator.get("/units/990102003000000").status_code == 404
    administrator.post(shown.headers["Location"])
    assert administrator.get("/units/990102003000000", headers=JSON).json["name"] == "丙镇"
    assert administrator.get(f"/units/{TOWN_A}", headers=JSON).json["name"] == "甲街道办"


def test_gcj02_is_turned_into_wgs84_and_remembered(administrator: FlaskClient) -> None:
    from gridmap.units.rules.datum import Datum, convert_geometry

    shifted = convert_geometry(cell(0, 1), Datum.WGS84, Datum.GCJ02)
    shown = upload(administrator, geojson({GRID_A11: ("第一网格", shifted)}), datum="gcj02")
    features = administrator.get(shown.headers["Location"] + "/shapes").json["features"]
    drawn = next(one for one in features if one["properties"]["outcome"] == "changed")
    west, south, _, north = shape(drawn["geometry"]).bounds
    assert abs(west - WEST) < 1e-6
    assert abs(south - SOUTH) < 1e-6
    assert abs(north - SOUTH - SIZE) < 1e-6


def test_an_upload_is_gone_after_a_day(administrator: FlaskClient) -> None:
    from gridmap.units.forms.uploads import KEPT_S
    from gridmap.upkeep import remove_old

    kept, old = (upload(administrator, geojson(GOOD)).headers["Location"] for _ in range(2))
    folder = settings().instance_dir / "uploads" / old.rsplit("/", 1)[1]
    os.utime(folder, (time.time() - KEPT_S - 60,) * 2)
    assert administrator.get(old).status_code == 404
    assert administrator.post(old).status_code == 404
    assert folder.exists()
    phones = settings().instance_dir / "uploads" / "field"
    phones.mkdir(exist_ok=True)
    os.utime(phones, (time.time() - KEPT_S - 60,) * 2)
    assert remove_old() >= 1
    assert not folder.exists()
    assert phones.exists()  # photos on their way from phones have a sweep of their own
    assert administrator.get(kept).status_code == 200


def test_the_nightly_sweep_takes_old_uploads(monkeypatch: pytest.MonkeyPatch) -> None:
    from gridmap import upkeep

    called: list[str] = []
    monkeypatch.setattr(upkeep, "PARTS", ())
    monkeypatch.setattr(upkeep, "sweep_photos", lambda *_args, **_named: 0)
    monkeypatch.setattr(upkeep.jobs, "job_session", lambda: nullcontext())
    monkeypatch.setattr(upkeep, "remove_old", lambda: called.append("uploads") or 1)
    upkeep.sweep.func()
    assert called == ["uploads"]


def test_a_coordinate_system_can_be_stated_on_the_page(administrator: FlaskClient) -> None:
    from pyproj import Transformer

    change = Transformer.from_crs(4490, 4529, always_xy=True)  # CGCS2000, 3 degrees, zone 41, with its number
    metres = transform(cell(0, 1), lambda xy: np.column_stack(change.transform(*xy.T)))
    refused = upload(administrator, geojson({GRID_A11: ("第一网格", metres)}), datum="cgcs2000")
    said = re.sub("<[^>]*>", "", refused.get_data(as_text=True).split("选择文件")[0])  # no option of the command line
    assert (refused.status_code, "坐标系编号（EPSG）4529" in said, "--" in said) == (400, True, False)
    assert (
        upload(administrator, geojson({GRID_A11: ("第一网格", metres)}), datum="cgcs2000", epsg="4529").status_code
        == 302
    )
    for wrong in ("12", "EPSG:4529", "9999999"):
        answer = upload(administrator, geojson(GOOD), epsg=wrong)
        assert (answer.status_code, "4 至 6 位数字" in answer.get_data(as_text=True)) == (400, True), wrong


def test_a_layer_can_be_chosen_on_the_page(administrator: FlaskClient, tmp_path: Path) -> None:
    file = tmp_path / "two.gpkg"
    for layer in ("甲", "乙"):
        pyogrio.raw.write(
            file, to_wkb([cell(0, 1)]), [np.array([str(GRID_A11)], dtype=object)], ["code"], layer=layer,
            geometry_type="MultiPolygon", crs="EPSG:4490", driver="GPKG", append=file.exists(),
        )  # fmt: skip
    asked = upload(administrator, file.read_bytes(), "两层.gpkg")
    assert (asked.status_code, "请指定一个：甲、乙" in asked.get_data(as_text=True)) == (400, True)
    assert upload(administrator, file.read_bytes(), "两层.gpkg", layer="乙").status_code == 302


def test_the_largest_file_is_that_of_one_import(administrator: FlaskClient) -> None:
    assert "单个文件不超过 200 MB" in administrator.get("/units/import").get_data(as_text=True)
