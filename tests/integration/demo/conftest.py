"""A database with the demonstration town, loaded once by the command's own function."""

from datetime import date

import pytest
from sqlalchemy import create_engine

AS_OF = date(2026, 6, 30)
SEED = 3


@pytest.fixture(scope="module")
def town_url(databases, migrated, worker_name):
    """The owner's address of a database that holds the demonstration town and nothing else."""
    name = f"{worker_name}_demo"
    url = databases.create(name, template=migrated.database)
    yield url
    databases.drop(name)


@pytest.fixture(scope="module")
def loaded(town_url, instance_dir):
    from gridmap.demo import load_demo

    steps = []
    report = load_demo(
        "town", SEED, lambda done, total, words: steps.append((done, total, words)), as_of=AS_OF, url=town_url
    )
    return report, steps


@pytest.fixture(scope="module")
def engine(town_url, loaded):
    engine = create_engine(town_url)
    yield engine
    engine.dispose()


@pytest.fixture
def ask(engine):
    """``ask(sql)``: the rows of a question asked as the owner; ``ask.one(sql)``: its only value."""

    def rows(sql):
        with engine.connect() as connection:
            return connection.exec_driver_sql(sql.replace("%", "%%")).all()

    rows.engine = engine
    rows.one = lambda sql: rows(sql)[0][0]
    return rows
