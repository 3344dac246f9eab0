"""The data demonstration centres are made from hangs together."""

import numpy as np
import pytest

from gridmap.access import Role
from gridmap.cases.rules import Channel, Grade
from gridmap.demo.queries import category_edition, demo_sizes, real_divisions
from gridmap.demo.rules.staffing import workers_of


def test_five_families_six_dimensions_and_known_grades(tables):
    _, rows = category_edition()
    assert {row["family_name"] for row in rows} == {"社会民生", "农业产业", "平安建设", "生态环境", "安全生产"}
    assert {row["dimension"] for row in rows} == {
        "治安警情",
        "道路交通",
        "信访事件",
        "综合执法",
        "矛盾纠纷",
        "民生诉求",
    }
    assert {row["default_grade"] for row in rows} == {grade.value for grade in Grade}
    assert all(row["code"].startswith(row["family"]) and row["limit_note"] and row["source_note"] for row in rows)
    assert len({row["code"] for row in rows}) == len(rows) >= 60


def test_every_weight_names_something_that_exists(tables):
    rhythm = tables.rhythm
    assert {s.season for s in tables.subjects} <= set(rhythm["season"])
    assert {s.clock for s in tables.subjects} <= set(rhythm["clock"]) == set(rhythm["weekday"])
    assert set(rhythm["channel"]) == set(rhythm["method"]) == {c.value for c in Channel}
    assert {kind for s in tables.subjects for kind in s.dedicated} == {plot.kind for plot in tables.plots}
    assert all(len(hours) == 24 for hours in rhythm["clock"].values())


@pytest.mark.parametrize("size", ["town", "county", "city"])
def test_every_named_account_works_somewhere_real_and_every_role_is_there(tables, size):
    known = {d.code for d in real_divisions()} | {0}
    posts = tables.posts[size]
    for post in posts:
        unit = post.unit_code
        assert unit in known or (unit % 1000 == 1 and unit // 1000 * 1000 in known), post
    assert {post.role for post in posts} == {role.value for role in Role}
    assert len({post.unit_code // 10**9 for post in posts if post.role == "leader"}) >= 2
    assert set(demo_sizes()) == set(tables.posts)


def test_a_county_gets_exactly_its_staff_and_every_grid_somebody(tables, plan):
    people = workers_of(plan, {}, 0.0, 900, tables.names, np.random.default_rng(1))
    assert len(people) == len({person.username for person in people}) == 900
    covered = {unit for person in people for role, unit, _ in person.posts if role is Role.GRID_WORKER}
    assert covered == {grid.code for town in plan for village in town.villages for grid in village.grids}
    assert all(2 <= len(person.name) <= 3 for person in people)
