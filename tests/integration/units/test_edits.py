"""Edits on the map against the real database: gap-free, in drafts, and two people at once."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import shapely
from shapely.geometry import LineString, box
from sqlalchemy import text

from gridmap.access import Actor, Post, Role
from gridmap.errors import BadInput, Conflict, Forbidden
from gridmap.units import actions
from gridmap.units.actions import PartName
from gridmap.units.queries.numbering import free_codes
from gridmap.units.queries.outlines import draft_outlines
from gridmap.units.rules.codes import Level
from tests.integration.units.conftest import (
    ADMIN,
    OTHER_TOWN_ADMIN,
    TOWN_ADMIN,
    VILLAGE,
    World,
    count,
    current_ids,
)

GRID, RIGHT = VILLAGE + 6, VILLAGE + 10
SECOND = Actor(2, "qianwei", "钱伟", (Post(Role.ADMINISTRATOR, 0),))


def across(world: World, code: int) -> LineString:
    west, south, east, north = world.county.outlines[code].bounds
    return LineString([(west - 0.001, (south + north) / 2), (east + 0.001, (south + north) / 2 + 0.0002)])


def grids_in_force(session: Any) -> Any:
    query = text(
        "select st_asbinary(geom) from outlines where level = 15 and valid_from is not null and valid_to is null"
    )
    return shapely.from_wkb([bytes(value) for value in session.scalars(query)])


def test_split_keep_the_old_code_and_publish(full: World, as_actor: Callable[..., Any]) -> None:
    with as_actor(TOWN_ADMIN) as session:
        new = free_codes(session, VILLAGE, 1, Level.GRID)
        assert new == [VILLAGE + 17]
        done = actions.split_unit(
            session, TOWN_ADMIN, unit_code=GRID, line=across(full, GRID), base=current_ids(session, GRID),
            parts=[PartName(GRID, "第六网格"), PartName(new[0], "第十七网格")],
        )  # fmt: skip
        assert [fault for fault in done.faults if fault.severity == "error"] == []
        assert {GRID, new[0]} <= set(done.changed)
        assert len(grids_in_force(session)) == 32
        actions.publish_version(session, TOWN_ADMIN, version_id=done.version_id)
        grids = grids_in_force(session)
        assert len(grids) == 33
        assert shapely.coverage_is_valid(grids)
        name = text("select name from units where unit_code = :c and valid_from is not null")
        assert session.execute(name, {"c": new[0]}).scalar() == "第十七网格"
        assert free_codes(session, VILLAGE, 2, Level.GRID) == [VILLAGE + 18, VILLAGE + 19]


def test_below_a_city_without_counties_stand_towns(as_actor: Callable[..., Any]) -> None:
    with as_actor(ADMIN) as session:
        assert free_codes(session, 441900000000000, 2, Level.TOWN) == [441900001000000, 441900002000000]
        assert free_codes(session, 441900000000000, 1, Level.COUNTY) == [441901000000000]


def test_a_part_keeps_the_level_of_the_whole(full: World, as_actor: Callable[..., Any]) -> None:
    with as_actor(ADMIN) as session:
        parts = [PartName(GRID, "甲"), PartName(VILLAGE + 1000, "乙")]
        with pytest.raises(BadInput, match="不是网格的代码"):
            actions.split_unit(
                session, ADMIN, unit_code=GRID, line=across(full, GRID), base=current_ids(session, GRID), parts=parts
            )


def test_split_into_new_codes_ends_the_old_one(full: World, as_actor: Callable[..., Any]) -> None:
    with as_actor(ADMIN) as session:
        parts = [PartName(VILLAGE + 31, "甲"), PartName(VILLAGE + 32, "乙")]
        done = actions.split_unit(
            session, ADMIN, unit_code=GRID, line=across(full, GRID), base=current_ids(session, GRID), parts=parts
        )
        assert done.ended == (GRID,)
        assert not [fault for fault in done.faults if fault.severity == "error"]
        actions.publish_version(session, ADMIN, version_id=done.version_id)
        assert count(session, "units", f"unit_code = {GRID} and valid_to is not null") == 1
        assert count(session, "outlines", f"unit_code = {GRID} and valid_to is null") == 0


@pytest.mark.parametrize(
    ("parts", "says"),
    [
        ([PartName(GRID, "甲")], "不同的代码"),
        ([PartName(GRID, "甲"), PartName(GRID, "乙")], "不同的代码"),
        ([PartName(GRID, "甲"), PartName(RIGHT, "乙")], "已经用过"),
        ([PartName(GRID, "甲"), PartName(VILLAGE + 1040, "乙")], "上级之下"),
        ([PartName(GRID, "甲"), PartName(VILLAGE + 40, " ")], "填写"),
        ([PartName(GRID, "甲"), PartName(VILLAGE + 40, "乙"), PartName(VILLAGE + 41, "丙")], "分成 2 块"),
    ],
)
def test_names_and_codes_of_parts(full: World, as_actor: Callable[..., Any], parts: list[PartName], says: str) -> None:
    with as_actor(ADMIN) as session, pytest.raises(BadInput, match=says):
        actions.split_unit(
            session, ADMIN, unit_code=GRID, line=across(full, GRID), base=current_ids(session, GRID), parts=parts
        )


def test_merge_ends_the_others(full: World, as_actor: Callable[..., Any]) -> None:
    with as_actor(ADMIN) as session:
        done = actions.merge_units(
            session, ADMIN, unit_codes=[GRID, RIGHT], keep_code=GRID, base=current_ids(session, GRID, RIGHT)
        )
        assert (done.changed, done.ended) == ((GRID,), (RIGHT,))
        assert not [fault for fault in done.faults if fault.severity == "error"]
        actions.publish_version(session, ADMIN, version_id=done.version_id)
        grids = grids_in_force(session)
        assert len(grids) == 31
        assert shapely.coverage_is_valid(grids)
        apart = [VILLAGE + 1, VILLAGE + 16]
        ids = current_ids(session, *apart)
        with pytest.raises(BadInput, match="不相邻"):
            actions.merge_units(session, ADMIN, unit_codes=apart, keep_code=apart[0], base=ids)


def test_villages_with_grids_are_not_merged_over_their_heads(full: World, as_actor: Callable[..., Any]) -> None:
    towns = [990102001000000, 990102002000000]
    with as_actor(ADMIN) as session, pytest.raises(BadInput, match="还有下级"):
        actions.merge_units(session, ADMIN, unit_codes=towns, keep_code=towns[0], base=current_ids(session, *towns))


def test_moving_a_border_twice_in_one_draft(full: World, as_actor: Callable[..., Any]) -> None:
    with as_actor(ADMIN) as session:
        west, south, _, north = full.county.outlines[RIGHT].bounds
        ids = current_ids(session, GRID, RIGHT)
        line = LineString([(west + 0.0008, south - 0.001), (west + 0.0008, north + 0.001)])
        first = actions.move_border(session, ADMIN, first=GRID, second=RIGHT, line=line, base=ids)
        drafts = draft_outlines(session, first.version_id)
        line = LineString([(west + 0.0011, south - 0.001), (west + 0.0011, north + 0.001)])
        with pytest.raises(Conflict, match="已被他人修改"):
            actions.move_border(
                session, ADMIN, first=GRID, second=RIGHT, line=line, base=ids, version_id=first.version_id
            )
        second = actions.move_border(
            session, ADMIN, first=GRID, second=RIGHT, line=line, version_id=first.version_id,
            row_version=first.row_version, base={code: drafts[code].id for code in (GRID, RIGHT)},
        )  # fmt: skip
        assert second.version_id == first.version_id
        assert second.row_version > first.row_version
        assert not [fault for fault in second.faults if fault.severity == "error"]
        actions.publish_version(session, ADMIN, version_id=second.version_id, row_version=second.row_version)
        assert shapely.coverage_is_valid(grids_in_force(session))


def test_the_later_of_two_people_is_told(full: World, as_actor: Callable[..., Any]) -> None:
    new = full.county.outlines[GRID].buffer(0.0004).intersection(full.county.outlines[VILLAGE])
    with as_actor(ADMIN) as session:
        ids = current_ids(session, GRID)
        first = actions.reshape_unit(session, ADMIN, unit_code=GRID, new=new, base=ids)
        session.commit()
    with as_actor(SECOND) as session:
        with pytest.raises(Conflict, match="测试员 已在"):
            actions.reshape_unit(session, SECOND, unit_code=GRID, new=new, base=ids)
        with pytest.raises(Conflict, match="这份草稿在您打开之后"):
            actions.reshape_unit(
                session, SECOND, unit_code=GRID, new=new, base=ids, version_id=first.version_id, row_version=1
            )
        actions.publish_version(session, SECOND, version_id=first.version_id)
        with pytest.raises(Conflict, match="钱伟"):
            actions.reshape_unit(session, SECOND, unit_code=GRID, new=new, base=ids)
        with pytest.raises(Conflict, match="已经发布"):
            actions.publish_version(session, ADMIN, version_id=first.version_id)


def test_an_old_import_does_not_overwrite_a_newer_outline(full: World, as_actor: Callable[..., Any]) -> None:
    with as_actor(ADMIN) as session:
        new = full.county.outlines[GRID].buffer(0.0004).intersection(full.county.outlines[VILLAGE])
        moved = dict(full.county.grids())
        moved[GRID] = shapely.segmentize(moved[GRID], 0.0001)
        waiting = actions.import_outlines(session, ADMIN, files=[full.file(moved)])
        assert waiting.counts["changed"] == 1
        with pytest.raises(Conflict, match="尚未发布"):
            actions.reshape_unit(session, ADMIN, unit_code=GRID, new=new, base=current_ids(session, GRID))
        session.execute(text("update outlines set replaces_id = 0 where version_id = :v"), {"v": waiting.version_id})
        with pytest.raises(Conflict, match="他人发布了新的"):
            actions.publish_version(session, ADMIN, version_id=waiting.version_id or 0)


def test_edits_stay_within_rights(full: World, as_actor: Callable[..., Any]) -> None:
    new = full.county.outlines[GRID].intersection(box(0, 0, full.county.outlines[GRID].centroid.x, 90))
    with as_actor(OTHER_TOWN_ADMIN) as session, pytest.raises(Forbidden):
        actions.reshape_unit(session, OTHER_TOWN_ADMIN, unit_code=GRID, new=new, base=current_ids(session, GRID))
    worker = Actor(3, "w", "网格员", (Post(Role.GRID_WORKER, GRID),))
    with as_actor(worker) as session, pytest.raises(Forbidden, match="编辑区划边界"):
        actions.reshape_unit(session, worker, unit_code=GRID, new=new, base=current_ids(session, GRID))


@pytest.mark.parametrize(
    ("new", "says"),
    [
        (box(99.9, 39.0, 100.01, 39.01), "超出了"),
        (box(100.0031, 39.0031, 100.0031, 39.004), "不是面|自相交"),
    ],
)
def test_refused_shapes_store_nothing(full: World, as_actor: Callable[..., Any], new: Any, says: str) -> None:
    with as_actor(ADMIN) as session:
        before = count(session, "outline_versions")
        with pytest.raises(BadInput, match=says):
            actions.reshape_unit(session, ADMIN, unit_code=GRID, new=new, base=current_ids(session, GRID))
        assert before == count(session, "outline_versions")


def test_discarding_a_split_frees_nothing_but_the_new_units(full: World, as_actor: Callable[..., Any]) -> None:
    with as_actor(ADMIN) as session:
        units = count(session, "units")
        parts = [PartName(GRID, "甲"), PartName(VILLAGE + 40, "乙")]
        done = actions.split_unit(
            session, ADMIN, unit_code=GRID, line=across(full, GRID), base=current_ids(session, GRID), parts=parts
        )
        assert count(session, "units") == units + 1
        actions.discard_version(session, ADMIN, version_id=done.version_id, row_version=done.row_version)
        assert count(session, "units") == units
        with pytest.raises(Conflict, match="已放弃"):
            actions.publish_version(session, ADMIN, version_id=done.version_id)
