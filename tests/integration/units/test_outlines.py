"""Outlines from file to force: drafts, checks, acceptance, validity, lighter outlines, points in units."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
import shapely
from shapely.affinity import translate
from shapely.geometry import MultiPolygon, box
from sqlalchemy import func, select, text

from gridmap.clock import today
from gridmap.errors import BadInput, Conflict, Forbidden
from gridmap.units import actions
from gridmap.units.forms.divisions import read_divisions
from gridmap.units.forms.files import Options, read_outlines
from gridmap.units.models import Outline
from gridmap.units.queries.outlines import drawn, in_force, published_outlines
from gridmap.units.queries.versions import fault_features, list_changes, one_version, visible_faults
from gridmap.units.rules.checks import Kind
from gridmap.units.rules.codes import parent_of
from gridmap.units.rules.datum import Datum, convert_geometry
from tests.integration.units.conftest import (
    ADMIN,
    OTHER_TOWN_ADMIN,
    TOP,
    TOWN_ADMIN,
    VILLAGE,
    World,
    count,
    current_ids,
)

DATA = Path(__file__).parents[3] / "data"
GRID = VILLAGE + 6


def test_the_seven_real_outlines(as_actor: Callable[..., Any]) -> None:
    gcj = Options(datum=Datum.GCJ02)
    files = [read_outlines(file, gcj) for file in sorted((DATA / "boundaries").glob("*.geojson"))]
    with as_actor(ADMIN) as session:
        actions.import_divisions(session, ADMIN, file=read_divisions(DATA / "divisions" / "divisions.csv"))
        report = actions.import_outlines(session, ADMIN, files=files)
        assert report.counts["added"] == 7
        assert report.error_count == 0
        assert report.version_id
        actions.publish_version(session, ADMIN, version_id=report.version_id)
        assert actions.import_outlines(session, ADMIN, files=files).counts["unchanged"] == 7
        assert set(session.scalars(text("select source_datum from outlines"))) == {"gcj02"}
        assert unit_at(session, 100.45, 38.93, today()) == 620702 * 10**9  # 甘州区
        wgs = [read_outlines(DATA / "boundaries" / "620702.gcj02.geojson", Options(datum=Datum.WGS84))]
        wrong = actions.import_outlines(session, ADMIN, files=wgs)
        assert [fault.kind for fault in wrong.faults if fault.severity == "error"] == [Kind.WRONG_DATUM]
        assert "GCJ-02" in wrong.faults[0].message


def test_a_clean_county_is_published_and_the_same_file_changes_nothing(
    full: World, as_actor: Callable[..., Any]
) -> None:
    with as_actor(ADMIN) as session:
        assert (
            count(session, "outlines", "valid_from is not null and geom_mid is not null and geom_low is not null") == 37
        )
        assert count(session, "units", "level = 15 and valid_from is not null") == 32
        before = count(session, "outline_versions")
        report = actions.import_outlines(session, ADMIN, files=[full.file(full.county.outlines)])
        assert report.counts == {"added": 0, "changed": 0, "unchanged": 37, "refused": 0}
        assert before == count(session, "outline_versions")


@pytest.mark.parametrize("column", ["geom", "geom_mid", "geom_low"])
def test_lighter_outlines_stay_gap_free_after_a_change(full: World, as_actor: Callable[..., Any], column: str) -> None:
    with as_actor(ADMIN) as session:
        ids = current_ids(session, GRID)
        new = full.county.outlines[GRID].buffer(0.0004).intersection(full.county.outlines[VILLAGE])
        done = actions.reshape_unit(session, ADMIN, unit_code=GRID, new=new, base=ids)
        actions.publish_version(session, ADMIN, version_id=done.version_id)
        query = text(
            f"select st_asbinary({column}) from outlines where level = 15 and valid_to is null and valid_from is not null"
        )
        light = shapely.from_wkb([bytes(value) for value in session.scalars(query)])
    assert len(light) == 32
    assert shapely.is_valid(light).all()
    assert shapely.coverage_is_valid(light)


def test_a_draft_is_not_in_force_and_waits_once(world: World, as_actor: Callable[..., Any]) -> None:
    with as_actor(ADMIN) as session:
        world.divisions(session)
        file = world.file(world.county.outlines)
        first = actions.import_outlines(session, ADMIN, files=[file])
        again = actions.import_outlines(session, ADMIN, files=[file])
        assert first.version_id == again.version_id
        assert "等待发布" in again.notes[0]
        assert published_outlines(session, [TOP, GRID]) == {}
        assert unit_at(session, 100.001, 39.001, today()) is None
        actions.discard_version(session, ADMIN, version_id=first.version_id or 0)
        assert count(session, "outlines") == 0
        assert count(session, "units", "level = 15") == 0


def unit_at(session: Any, lon: float, lat: float, on: date) -> int | None:
    """Return the deepest unit whose outline in force covers a point."""
    point = func.st_setsrid(func.st_makepoint(lon, lat), 4326)
    covers = select(Outline.unit_code).where(in_force(on), func.st_covers(Outline.geom, point))
    code: int | None = session.scalar(covers.order_by(Outline.level.desc(), Outline.unit_code).limit(1))
    return code


def shifted(world: World) -> dict[int, MultiPolygon]:
    moved = world.county.grids()
    moved[GRID] = translate(moved[GRID], 0.0006, 0)
    return moved


def test_errors_keep_a_version_back_until_a_named_person_answers(world: World, as_actor: Callable[..., Any]) -> None:
    with as_actor(ADMIN) as session:
        world.divisions(session)
        world.publish(session, world.county.above())
        report = actions.import_outlines(session, ADMIN, files=[world.file(shifted(world))])
        kinds = {fault.kind for fault in report.faults}
        assert {Kind.OVERLAP, Kind.GAP} <= kinds
        faults = list(session.scalars(visible_faults(ADMIN, report.version_id or 0)))
        total = len(faults)
        assert total == len(report.faults)
        assert max(fault.area_m2 for fault in faults if fault.severity == "error") > 1
        assert len(fault_features(session, ADMIN, report.version_id or 0)["features"]) == total
        with pytest.raises(Conflict, match="个错误，不能发布"):
            actions.publish_version(session, ADMIN, version_id=report.version_id or 0)
        with pytest.raises(BadInput, match="理由太短"):
            actions.publish_version(session, ADMIN, version_id=report.version_id or 0, accept_reason="同意")
        assert published_outlines(session, [GRID]) == {}
        version = actions.publish_version(
            session, ADMIN, version_id=report.version_id or 0, accept_reason="以镇政府勘界图为准", accepted_by="赵敏"
        )
        assert (version.accepted_by, version.accepted_reason) == ("赵敏", "以镇政府勘界图为准")
        event = session.execute(
            text("select data from events where kind = 'units.published' order by id desc limit 1")
        ).scalar()
        assert event["accepted_by"] == "赵敏"


def test_faults_can_be_repaired_in_the_version(world: World, as_actor: Callable[..., Any]) -> None:
    with as_actor(ADMIN) as session:
        world.divisions(session)
        world.publish(session, world.county.above())
        grids = world.county.grids()
        west = grids[GRID].bounds[0]
        grids[GRID] = MultiPolygon([grids[GRID].difference(box(0, 0, west + 0.001, 90))])
        report = actions.import_outlines(session, ADMIN, files=[world.file(grids)])
        assert [fault.kind for fault in report.faults if fault.severity == "error"] == [Kind.GAP]
        kept = session.scalars(visible_faults(ADMIN, report.version_id or 0))
        fault = next(one for one in kept if one.severity == "error")
        done = actions.apply_repair(session, ADMIN, version_id=report.version_id or 0, fault_id=fault.id)
        assert len(done.changed) == 1
        assert not [fault for fault in done.faults if fault.severity == "error"]
        actions.publish_version(session, ADMIN, version_id=done.version_id, row_version=done.row_version)


def test_wrong_rows_keep_the_whole_file_out(world: World, as_actor: Callable[..., Any]) -> None:
    with as_actor(ADMIN) as session:
        world.divisions(session)
        before = count(session, "units")
        stray = 990102009001001
        world.county.names[stray] = "无主网格"
        file = world.file({**world.county.grids(), stray: world.county.outlines[GRID]})
        with pytest.raises(BadInput) as caught:
            actions.import_outlines(session, ADMIN, files=[file])
        assert [row.row for row in caught.value.rows] == [33]
        assert "上级 990102009001" in caught.value.rows[0].message
        with pytest.raises(BadInput) as caught:
            actions.import_outlines(session, ADMIN, files=[world.file(world.county.grids())] * 2)
        assert "重复" in caught.value.rows[0].message
        assert (count(session, "units"), count(session, "outlines")) == (before, 0)


def test_a_new_unit_needs_a_name(world: World, as_actor: Callable[..., Any]) -> None:
    with as_actor(ADMIN) as session:
        world.divisions(session)
        world.county.names[GRID] = ""
        with pytest.raises(BadInput) as caught:
            actions.import_outlines(session, ADMIN, files=[world.file({GRID: world.county.outlines[GRID]})])
        assert "必须有名称" in caught.value.rows[0].message


def test_a_dry_run_tells_everything_and_stores_nothing(world: World, as_actor: Callable[..., Any]) -> None:
    with as_actor(ADMIN) as session:
        world.divisions(session)
        before = [
            count(session, name) for name in ("units", "outlines", "outline_versions", "outline_faults", "events")
        ]
        report = actions.import_outlines(session, ADMIN, files=[world.file(shifted(world))], dry_run=True)
        assert report.error_count
        assert report.version_id is None
        after = [count(session, name) for name in ("units", "outlines", "outline_versions", "outline_faults", "events")]
        assert before == after


def test_outlines_for_a_part_of_the_units_only(world: World, as_actor: Callable[..., Any]) -> None:
    with as_actor(ADMIN) as session:
        world.divisions(session)
        world.publish(session, world.county.above())
        part = {code: geom for code, geom in world.county.grids().items() if code < VILLAGE + 5}
        report = actions.import_outlines(session, ADMIN, files=[world.file(part)])
        assert report.error_count > 0, "all grids known to the village have outlines, so the rest of it is a gap"
        assert {fault.kind for fault in report.faults if fault.severity == "error"} == {Kind.GAP}


def test_scope_of_imports(world: World, as_actor: Callable[..., Any]) -> None:
    with as_actor(ADMIN) as session:
        world.divisions(session)
        world.publish(session, world.county.above())
        session.commit()
    mine = {code: geom for code, geom in world.county.grids().items() if code // 10**6 == 990102001}
    with as_actor(OTHER_TOWN_ADMIN) as session, pytest.raises(Forbidden):
        actions.import_outlines(session, OTHER_TOWN_ADMIN, files=[world.file(mine)])
    with as_actor(TOWN_ADMIN) as session:
        version_id = world.publish(session, mine, TOWN_ADMIN)
        assert one_version(session, TOWN_ADMIN, version_id).unit_code == 990102001001000
        assert len(list_changes(session, one_version(session, TOWN_ADMIN, version_id))) == 16


def test_then_and_now(full: World, as_actor: Callable[..., Any], owner: Any) -> None:
    with owner() as session:
        session.execute(text("update outlines set valid_from = valid_from - 30 where valid_from is not null"))
    with as_actor(ADMIN) as session:
        before = published_outlines(session, [GRID])[GRID]
        new = full.county.outlines[GRID].buffer(0.0004).intersection(full.county.outlines[VILLAGE])
        gained = shapely.difference(new, full.county.outlines[GRID]).representative_point()
        lost_by = unit_at(session, gained.x, gained.y, today())
        done = actions.reshape_unit(session, ADMIN, unit_code=GRID, new=new, base={GRID: before.id})
        with pytest.raises(BadInput, match="不能晚于今天"):
            actions.publish_version(
                session, ADMIN, version_id=done.version_id, effective_on=today() + timedelta(days=1)
            )
        with pytest.raises(BadInput, match="不能早于现行边界"):
            actions.publish_version(session, ADMIN, version_id=done.version_id, effective_on=date(2000, 1, 1))
        actions.publish_version(session, ADMIN, version_id=done.version_id)
        assert unit_at(session, gained.x, gained.y, today()) == GRID
        assert unit_at(session, gained.x, gained.y, today() - timedelta(days=3)) == lost_by
        (old,) = drawn(session, in_force(today() - timedelta(days=1)), Outline.unit_code == GRID)
        assert old.id == before.id


def test_wrong_datum_of_new_grids_is_noticed(world: World, as_actor: Callable[..., Any]) -> None:
    with as_actor(ADMIN) as session:
        world.divisions(session)
        world.publish(session, world.county.above())
        grids = {code: convert_geometry(geom, Datum.WGS84, Datum.GCJ02) for code, geom in world.county.grids().items()}
        report = actions.import_outlines(session, ADMIN, files=[world.file(grids)])
        assert report.faults[0].kind is Kind.WRONG_DATUM
        with pytest.raises(Conflict):
            actions.publish_version(session, ADMIN, version_id=report.version_id or 0)


def test_outlines_wait_for_a_parent_that_is_still_in_a_draft(world: World, as_actor: Callable[..., Any]) -> None:
    with as_actor(ADMIN) as session:
        world.divisions(session)
        grid = min(world.county.grids())
        parent = parent_of(grid)
        session.execute(text("update units set valid_from = null where unit_code = :c"), {"c": parent})
        with pytest.raises(BadInput) as caught:
            actions.import_outlines(session, ADMIN, files=[world.file({grid: world.county.outlines[grid]})])
        assert "尚未发布的版本" in caught.value.rows[0].message
        assert count(session, "outlines") == 0


def test_a_version_is_not_published_under_a_parent_that_ended_meanwhile(
    world: World, as_actor: Callable[..., Any]
) -> None:
    with as_actor(ADMIN) as session:
        world.divisions(session)
        grid = min(world.county.grids())
        draft = actions.import_outlines(session, ADMIN, files=[world.file({grid: world.county.outlines[grid]})])
        session.execute(text("update units set valid_to = valid_from where unit_code = :c"), {"c": parent_of(grid)})
        with pytest.raises(Conflict, match="已撤销或尚未发布"):
            actions.publish_version(session, ADMIN, version_id=draft.version_id or 0, accept_reason="以现场核对为准")
        assert count(session, "units", f"unit_code = {grid} and valid_from is not null") == 0


def test_a_first_import_in_the_wrong_datum_is_warned_of(as_actor: Callable[..., Any]) -> None:
    file = DATA / "boundaries" / "620702.gcj02.geojson"
    with as_actor(ADMIN) as session:
        actions.import_divisions(session, ADMIN, file=read_divisions(DATA / "divisions" / "divisions.csv"))
        wrong = read_outlines(file, Options(datum=Datum.WGS84), name="甘州区.geojson")
        report = actions.import_outlines(session, ADMIN, files=[wrong])
        assert [(fault.kind, fault.severity) for fault in report.faults] == [(Kind.WRONG_DATUM, "warning")]
        assert "系统自带的参考县界" in report.faults[0].message
        assert "GCJ-02" in report.faults[0].message
        assert any("DataV" in note for note in report.notes)
        actions.publish_version(session, ADMIN, version_id=report.version_id or 0)  # warned, not refused


def test_a_first_import_in_the_right_datum_is_not(as_actor: Callable[..., Any]) -> None:
    file = DATA / "boundaries" / "620702.gcj02.geojson"
    with as_actor(ADMIN) as session:
        actions.import_divisions(session, ADMIN, file=read_divisions(DATA / "divisions" / "divisions.csv"))
        report = actions.import_outlines(session, ADMIN, files=[read_outlines(file, Options(datum=Datum.GCJ02))])
        assert (report.faults, report.notes) == ([], [])


def test_nothing_is_published_before_its_unit_began(world: World, as_actor: Callable[..., Any]) -> None:
    with as_actor(ADMIN) as session:
        world.divisions(session)
        report = actions.import_outlines(session, ADMIN, files=[world.file(world.county.above())])
        with pytest.raises(BadInput, match="不能早于区划本身：“.+”自 .+ 起才有") as caught:
            actions.publish_version(
                session, ADMIN, version_id=report.version_id or 0, effective_on=today() - timedelta(days=1)
            )
        assert caught.value.field == "effective_on"
        actions.publish_version(session, ADMIN, version_id=report.version_id or 0, effective_on=today())


def test_two_discarded_drafts_leave_nothing_of_the_unit_both_brought(
    world: World, as_actor: Callable[..., Any]
) -> None:
    with as_actor(ADMIN) as session:
        world.divisions(session)
        outline = world.county.outlines[GRID]
        first = actions.import_outlines(session, ADMIN, files=[world.file({GRID: outline})])
        second = actions.import_outlines(session, ADMIN, files=[world.file({GRID: outline.buffer(-0.0001)})])
        assert first.version_id != second.version_id
        actions.discard_version(session, ADMIN, version_id=first.version_id or 0)
        assert count(session, "units", f"unit_code = {GRID}") == 1  # the second still needs it
        actions.discard_version(session, ADMIN, version_id=second.version_id or 0)
        assert count(session, "units", f"unit_code = {GRID}") == 0
