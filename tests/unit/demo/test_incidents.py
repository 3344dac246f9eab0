"""Cases that could have happened: inside their grid, in season, at their hour, consistent in time."""

import hashlib
from datetime import date

import numpy as np
import pytest
import shapely

from gridmap.cases.rules import ENDED
from gridmap.demo.rules.incidents import imagine
from gridmap.demo.rules.rhythm import end_of
from gridmap.demo.rules.wording import addresses, descriptions

AS_OF = date(2026, 6, 30)


@pytest.fixture(scope="module")
def counts(plan):
    return {town.code: 400 for town in plan}


@pytest.fixture(scope="module")
def cases(ground, counts, tables):
    return imagine(ground, counts, tables, AS_OF, 5)


def digest(cases):
    whole = hashlib.sha256()
    for column in (cases.grid, cases.subject, cases.received, cases.course.closed, cases.point, cases.accuracy_m):
        whole.update(np.ascontiguousarray(column).tobytes())
    whole.update("|".join([*cases.channel, *cases.method, *cases.course.status]).encode())
    return whole.hexdigest()


def test_the_same_seed_and_day_give_the_same_cases(cases, ground, counts, tables):
    assert digest(imagine(ground, counts, tables, AS_OF, 5)) == digest(cases)
    assert digest(imagine(ground, counts, tables, AS_OF, 6)) != digest(cases)
    assert digest(imagine(ground, counts, tables, date(2026, 6, 29), 5)) != digest(cases)


def test_every_case_lies_in_its_own_grid_and_in_no_other(cases, ground):
    points = shapely.points(cases.point)
    index, grid = shapely.STRtree(ground.outlines).query(points, predicate="intersects")
    assert index.tolist() == list(range(len(cases)))
    assert grid.tolist() == cases.grid.tolist()


def test_each_town_has_its_number(cases, ground, counts):
    towns, found = np.unique(ground.codes[cases.grid] // 10**6 * 10**6, return_counts=True)
    assert dict(zip(towns.tolist(), found.tolist(), strict=True)) == counts


def test_times_are_in_order_and_within_two_years(cases):
    end = int(end_of(AS_OF).timestamp())
    assert (cases.occurred < cases.received).all()
    assert (cases.received < end).all()
    assert (cases.received >= end - 731 * 86_400).all()
    assert (np.diff(cases.received) >= 0).all()
    ended = np.isin(cases.course.status, [s.value for s in ENDED])
    assert (ended == (cases.course.closed >= 0)).all()
    assert (cases.course.closed[ended] > cases.received[ended]).all()
    assert (cases.course.closed[ended] <= end).all()


def test_most_settle_in_time_some_are_open_and_some_of_those_late(cases):
    end = int(end_of(AS_OF).timestamp())
    open_ = cases.course.closed < 0
    in_time = (cases.course.closed[~open_] <= cases.course.due[~open_]).mean()
    assert 0.94 < in_time < 1
    assert 0.02 < open_.mean() < 0.12
    assert 0 < (open_ & (cases.course.due < end)).sum() < open_.sum()


def test_nights_are_quiet_and_mornings_busy(cases):
    hours = np.bincount((cases.received // 3600 + 8) % 24, minlength=24)
    assert hours[9:11].mean() > 10 * hours[2:5].mean()


def test_summer_matters_come_in_summer_and_straw_burns_in_the_country(cases, ground, tables):
    straw = next(n for n, s in enumerate(tables.subjects) if s.code == "401")
    here = cases.subject == straw
    assert set(ground.profiles[cases.grid[here]].tolist()) == {"rural"}
    summer = np.array([s.season == "summer" for s in tables.subjects])[cases.subject]
    month = (cases.received.astype("datetime64[s]").astype("datetime64[M]").astype(int) % 12) + 1
    warm = np.isin(month, [6, 7, 8])
    assert warm[summer].mean() > 0.4 > warm[~summer].mean()


def test_schools_have_what_schools_have(cases, ground, tables):
    at_school = ground.profiles[cases.grid] == "school"
    codes = np.array([s.code for s in tables.subjects])[cases.subject[at_school]]
    assert at_school.any()
    assert np.isin(codes, ["309", "311", "308", "115", "310", "307"]).mean() > 0.4


def test_some_have_no_position_and_only_those_have_no_accuracy(cases):
    none = cases.method == "none"
    assert 0.02 < none.mean() < 0.07
    assert (np.isnan(cases.accuracy_m) == none).all()


def test_there_are_hot_spots(cases):
    cell = np.floor(cases.point * [900, 1250]).astype(int)
    _, found = np.unique(cell, axis=0, return_counts=True)
    assert found.max() >= 12


def test_texts_are_whole_and_name_nobody(cases, ground, tables):
    rng = np.random.default_rng(1)
    places = addresses(ground.profiles[cases.grid], ["第一小学专属网格"] * len(cases), tables.names, rng)
    titles, texts = descriptions(cases.subject, tables.subjects, places, tables.names, rng)
    assert all(0 < len(title) <= 100 for title in titles)
    assert not any("{" in text or "}" in text for text in texts)
    assert all("第一小学专属网格" not in place for place in places)
    assert len(set(texts)) > 1000
