"""Kinds of grids, codes of other systems and former names: from the file to the unit, with their dates."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from shapely.geometry import mapping
from sqlalchemy import text

from gridmap.clock import today
from gridmap.errors import BadInput, Conflict
from gridmap.units import actions
from gridmap.units.forms.divisions import read_divisions
from gridmap.units.forms.files import Options, OutlineFile, read_outlines
from gridmap.units.queries.facts import known_facts
from gridmap.units.queries.names import list_names
from gridmap.units.queries.versions import list_changes, one_version
from gridmap.units.rules.datum import Datum
from gridmap.units.rules.facts import Facts, GridKind
from tests.integration.units.conftest import ADMIN, TOWN, TOWN_ADMIN, VILLAGE, World, count

GRID = VILLAGE + 6
CODE16, CODE20 = "9901020010010061", "99010200100100600001"


def divisions(folder: Path, rows: str, head: str = "code,level,name,parent_code,网格类型,外部编码") -> Any:
    file = folder / "facts.csv"
    file.write_text(f"{head}\n{rows}", encoding="utf-8")
    return read_divisions(file)


def outlines(world: World, code: int = GRID, **properties: Any) -> OutlineFile:
    file = world.folder / "facts.geojson"
    feature = {
        "type": "Feature",
        "properties": {"code": str(code), "name": world.county.names[code], **properties},
        "geometry": mapping(world.county.outlines[code]),
    }
    file.write_text(json.dumps({"type": "FeatureCollection", "features": [feature]}, ensure_ascii=False))
    return read_outlines(file, Options(datum=Datum.WGS84))


def test_kind_and_codes_from_a_table_are_in_force_at_once(
    world: World, as_actor: Callable[..., Any], tmp_path: Path
) -> None:
    with as_actor(ADMIN) as session:
        world.divisions(session)
        rows = f"{GRID},grid,市场网格,{VILLAGE},专属网格,{CODE16}\n"
        actions.import_divisions(session, ADMIN, file=divisions(tmp_path, rows))
        assert known_facts(session, [GRID]) == {GRID: Facts(GridKind.DEDICATED, {"16": CODE16})}
        again = actions.import_divisions(session, ADMIN, file=divisions(tmp_path, rows))
        assert (again.counts["unchanged"], again.version_id) == (1, None)
        more = f"{GRID},grid,市场网格,{VILLAGE},,{CODE20}\n"
        report = actions.import_divisions(session, ADMIN, file=divisions(tmp_path, more))
        assert CODE20 in report.rows[0].note
        assert known_facts(session, [GRID])[GRID] == Facts(GridKind.DEDICATED, {"16": CODE16, "20": CODE20})


@pytest.mark.parametrize(
    ("row", "words"),
    [
        (f"{GRID},grid,甲网格,,大网格,", "应为综合网格或专属网格"),
        (f"{GRID},grid,甲网格,,综合网格,12345", "应为 16 位或 20 位数字"),
        (f"{GRID},grid,甲网格,,综合网格,9.9E+15", "科学计数法"),
        ("990102001,town,甲镇,,专属网格,", "只有网格才分"),
    ],
)
def test_facts_that_cannot_be_read_are_named_by_row(world: World, tmp_path: Path, row: str, words: str) -> None:
    with pytest.raises(BadInput) as caught:
        divisions(tmp_path, row + "\n")
    assert [(fault.row, words in fault.message) for fault in caught.value.rows] == [(2, True)]


def test_a_code_of_another_unit_is_refused(world: World, as_actor: Callable[..., Any], tmp_path: Path) -> None:
    with as_actor(ADMIN) as session:
        world.divisions(session)
        rows = f"{GRID},grid,甲网格,,,{CODE16}\n{GRID + 1},grid,乙网格,,,{CODE16}\n"
        with pytest.raises(BadInput) as caught:
            actions.import_divisions(session, ADMIN, file=divisions(tmp_path, rows))
        assert [row.row for row in caught.value.rows] == [3]
        assert count(session, "external_codes") == 0


def test_facts_of_an_outline_file_come_with_the_version(full: World, as_actor: Callable[..., Any]) -> None:
    with as_actor(ADMIN) as session:
        outline_ids = count(session, "outlines")
        file = outlines(full, 网格类型="专属网格", 外部编码=CODE16)
        report = actions.import_outlines(session, ADMIN, files=[file])
        again = actions.import_outlines(session, ADMIN, files=[file])
        assert report.counts["changed"] == 1
        assert again.version_id == report.version_id
        assert known_facts(session, [GRID])[GRID] == Facts()  # a draft changes nothing in force
        version = one_version(session, ADMIN, report.version_id or 0)
        assert [(row.what, CODE16 in row.facts) for row in list_changes(session, version)] == [("facts", True)]
        actions.publish_version(session, ADMIN, version_id=version.id)
        assert known_facts(session, [GRID])[GRID] == Facts(GridKind.DEDICATED, {"16": CODE16})
        assert count(session, "outlines") == outline_ids  # the outline is the same as before
        assert actions.import_outlines(session, ADMIN, files=[file]).counts["unchanged"] == 1


def test_a_code_given_away_meanwhile_keeps_a_version_back(full: World, as_actor: Callable[..., Any]) -> None:
    with as_actor(ADMIN) as session:
        first = actions.import_outlines(session, ADMIN, files=[outlines(full, 外部编码=CODE16)])
        other = actions.import_outlines(session, ADMIN, files=[outlines(full, VILLAGE + 10, 外部编码=CODE16)])
        actions.publish_version(session, ADMIN, version_id=first.version_id or 0)
        with pytest.raises(Conflict, match="已经是"):
            actions.publish_version(session, ADMIN, version_id=other.version_id or 0)


def test_numbers_that_lost_their_digits_are_refused(full: World) -> None:
    with pytest.raises(BadInput) as caught:
        outlines(full, 外部编码=9.9010200100100601e19)
    assert "末几位已丢失" in caught.value.rows[0].message


def test_former_names_stay_with_their_dates(
    world: World, as_actor: Callable[..., Any], owner: Callable[[], Any], tmp_path: Path
) -> None:
    with as_actor(ADMIN) as session:
        world.divisions(session)
        session.commit()
    with owner() as session:
        session.execute(text("update units set valid_from = valid_from - 900"))
    began, day = today() - timedelta(days=900), today() - timedelta(days=30)
    head = "code,level,name,parent_code"
    with as_actor(ADMIN) as session:
        first = world.county.names[TOWN]
        renamed = divisions(tmp_path, f"{TOWN},town,向阳街道,\n", head)
        actions.import_divisions(session, ADMIN, file=renamed, effective_on=day)
        with pytest.raises(BadInput) as caught:
            actions.import_divisions(
                session,
                ADMIN,
                file=divisions(tmp_path, f"{TOWN},town,东风街道,\n", head),
                effective_on=day - timedelta(days=1),
            )
        assert "不能更早" in caught.value.rows[0].message
        actions.import_divisions(session, ADMIN, file=divisions(tmp_path, f"{TOWN},town,红旗街道,\n", head))
        spans = [(row.name, row.valid_from, row.valid_to) for row in list_names(session, TOWN, "红旗街道", began)]
    assert spans == [("红旗街道", today(), None), ("向阳街道", day, today()), (first, began, day)]


def test_nobody_renames_or_codes_a_unit_outside_their_scope(full: World, as_actor: Callable[..., Any]) -> None:
    other = 990102002000000
    for statement in (
        f"insert into former_names values ({other}, current_date, '某镇', null)",
        f"insert into external_codes values ('16', '{CODE16}', {other})",
    ):
        with as_actor(TOWN_ADMIN) as session, pytest.raises(Exception, match="row-level security"):
            session.execute(text(statement))
