"""One small county for the pure rules: 南关区, drawn once."""

import numpy as np
import pytest
import shapely

from gridmap.demo.queries import demo_tables, real_divisions, real_outline
from gridmap.demo.rules.nesting import draw_county
from gridmap.demo.rules.places import Ground
from gridmap.demo.rules.planning import plan_towns

COUNTY = 220102


@pytest.fixture(scope="session")
def tables():
    return demo_tables()


@pytest.fixture(scope="session")
def plan(tables):
    return make_plan(tables)


def make_plan(tables, seed=5):
    rng = np.random.default_rng(seed)
    return plan_towns(real_divisions(), COUNTY * 10**9, {COUNTY * 10**9: 200}, tables.plots, rng)


@pytest.fixture(scope="session")
def drawn(plan):
    outline, seat = real_outline(COUNTY)
    return draw_county(outline, seat, plan, 5)


@pytest.fixture(scope="session")
def ground(plan, drawn):
    grids = [(g, v) for town in plan for v in town.villages for g in v.grids]
    outlines = np.array([drawn.grids[g.code] for g, _ in grids], dtype=object)
    shapely.prepare(outlines)
    kinds = [("urban" if v.urban else "rural") if g.sides_m is None else g.kind for g, v in grids]
    return Ground(
        np.array([g.code for g, _ in grids]), outlines, np.array(kinds, dtype=object), np.linspace(1, 3, len(grids))
    )
