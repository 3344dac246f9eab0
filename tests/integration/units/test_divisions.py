"""Division codes into the real database: all or nothing, again and again the same."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from gridmap.clock import today
from gridmap.errors import BadInput, Forbidden
from gridmap.units import actions
from gridmap.units.forms.divisions import read_divisions
from tests.integration.units.conftest import ADMIN, OTHER_TOWN_ADMIN, TOWN, TOWN_ADMIN, World, count

REAL = Path(__file__).parents[3] / "data" / "divisions" / "divisions.csv"


def written(folder: Path, rows: str, encoding: str = "utf-8") -> Any:
    file = folder / "x.csv"
    file.write_bytes(("code,level,name,parent_code\n" + rows).encode(encoding))
    return read_divisions(file)


def test_the_real_codes_twice(as_actor: Callable[..., Any]) -> None:
    with as_actor(ADMIN) as session:
        report = actions.import_divisions(session, ADMIN, file=read_divisions(REAL))
        assert report.counts == {"added": 1626, "changed": 0, "unchanged": 0, "refused": 0}
        levels = dict(session.execute(text("select level, count(*) from units group by 1")).all())
        assert levels == {2: 5, 4: 5, 6: 7, 9: 114, 12: 1495}
        assert count(session, "units", "valid_from is null or parent_code is null and level > 2") == 0
        before = count(session, "outline_versions"), count(session, "boundary_sources"), count(session, "events")
        again = actions.import_divisions(session, ADMIN, file=read_divisions(REAL))
        assert again.counts["unchanged"] == 1626
        assert again.version_id is None
        assert before == (
            count(session, "outline_versions"),
            count(session, "boundary_sources"),
            count(session, "events"),
        )


def test_a_new_name_changes_one_row_and_says_the_old(
    world: World, as_actor: Callable[..., Any], tmp_path: Path
) -> None:
    with as_actor(ADMIN) as session:
        world.divisions(session)
        report = actions.import_divisions(
            session,
            ADMIN,
            file=written(tmp_path, "990102001,town,向阳镇,990102\n990102003,town,东风镇,990102\n", "gbk"),
        )
        assert report.counts == {"added": 1, "changed": 1, "unchanged": 0, "refused": 0}
        assert "示例" in next(row.note for row in report.rows if row.code == TOWN)
        assert session.execute(text("select name from units where unit_code = :c"), {"c": TOWN}).scalar() == "向阳镇"
        kept = session.execute(text("select report from boundary_sources order by id desc limit 1")).scalar()
        assert kept["counts"]["changed"] == 1


@pytest.mark.parametrize(
    ("rows", "row", "says"),
    [
        ("990102001,town,甲镇,990102\n990102001,town,乙镇,990102\n", 3, "重复"),
        ("990103001,town,甲镇,990103\n", 2, "既不在文件中，也不在系统中"),
        ("990102009,village,甲镇,990102\n", 2, "级别"),
        ("990102008,town,甲镇,990102008001\n990102008001,village,乙村,990102008\n", 2, "成环"),
    ],
)
def test_one_wrong_row_keeps_everything_out(
    world: World, as_actor: Callable[..., Any], tmp_path: Path, rows: str, row: int, says: str
) -> None:
    with as_actor(ADMIN) as session:
        world.divisions(session)
        before = count(session, "units"), count(session, "outline_versions")
        with pytest.raises(BadInput) as caught:
            actions.import_divisions(session, ADMIN, file=written(tmp_path, "990102007,town,好镇,990102\n" + rows))
        assert caught.value.rows[0].row == row + 1
        assert says in caught.value.rows[0].message
        assert before == (count(session, "units"), count(session, "outline_versions"))


def test_an_ended_code_is_never_used_again(
    world: World, owner: Any, as_actor: Callable[..., Any], tmp_path: Path
) -> None:
    with as_actor(ADMIN) as session:
        world.divisions(session)
        session.commit()
    with owner() as session:
        session.execute(text("update units set valid_to = valid_from where unit_code = 990102001001000"))
    with as_actor(ADMIN) as session, pytest.raises(BadInput) as caught:
        actions.import_divisions(session, ADMIN, file=written(tmp_path, "990102001001,village,新村,990102001\n"))
    assert "已撤销" in caught.value.rows[0].message


def test_only_within_the_own_units(world: World, as_actor: Callable[..., Any], tmp_path: Path) -> None:
    with as_actor(ADMIN) as session:
        world.divisions(session)
        session.commit()
    file = written(tmp_path, "990102001009,village,新村,990102001\n")
    with as_actor(OTHER_TOWN_ADMIN) as session, pytest.raises(Forbidden):
        actions.import_divisions(session, OTHER_TOWN_ADMIN, file=file)
    with as_actor(TOWN_ADMIN) as session:
        assert actions.import_divisions(session, TOWN_ADMIN, file=file).counts["added"] == 1


def test_a_dry_run_stores_nothing(world: World, as_actor: Callable[..., Any], tmp_path: Path) -> None:
    with as_actor(ADMIN) as session:
        file = written(tmp_path, "99,province,示例省,\n")
        assert actions.import_divisions(session, ADMIN, file=file, dry_run=True).counts["added"] == 1
        assert count(session, "units") == 0


def test_no_day_in_the_future(world: World, as_actor: Callable[..., Any], tmp_path: Path) -> None:
    with as_actor(ADMIN) as session:
        world.divisions(session)
        file = written(tmp_path, "990102009,town,未来镇,990102\n")
        with pytest.raises(BadInput, match="生效日期不能晚于今天"):
            actions.import_divisions(session, ADMIN, file=file, effective_on=today() + timedelta(days=1))
        assert count(session, "units", "name = '未来镇'") == 0


def test_a_unit_of_a_draft_comes_into_force_and_the_draft_can_still_go(
    world: World, as_actor: Callable[..., Any], tmp_path: Path
) -> None:
    grid = min(world.county.grids())
    with as_actor(ADMIN) as session:
        world.divisions(session)
        draft = actions.import_outlines(session, ADMIN, files=[world.file({grid: world.county.outlines[grid]})])
        assert count(session, "units", f"unit_code = {grid} and valid_from is null") == 1
        report = actions.import_divisions(session, ADMIN, file=written(tmp_path, f"{grid},grid,一网格,\n"))
        assert report.counts["added"] == 1
        assert count(session, "units", f"unit_code = {grid} and name = '一网格' and valid_from is not null") == 1
        actions.discard_version(session, ADMIN, version_id=draft.version_id or 0)
        assert count(session, "units", f"unit_code = {grid}") == 1


def test_nothing_comes_under_a_unit_that_is_not_in_force(
    world: World, as_actor: Callable[..., Any], tmp_path: Path
) -> None:
    with as_actor(ADMIN) as session:
        world.divisions(session)
        session.execute(text("update units set valid_from = null where unit_code = :c"), {"c": TOWN})
        file = written(tmp_path, "990102001099,village,新村,990102001\n")
        with pytest.raises(BadInput) as caught:
            actions.import_divisions(session, ADMIN, file=file)
        assert "尚未发布的版本" in caught.value.rows[0].message
        session.execute(
            text("update units set valid_from = current_date, valid_to = current_date where unit_code = :c"),
            {"c": TOWN},
        )
        with pytest.raises(BadInput) as caught:
            actions.import_divisions(session, ADMIN, file=file)
        assert "已撤销" in caught.value.rows[0].message
        assert count(session, "units", "name = '新村'") == 0
