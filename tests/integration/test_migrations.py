"""The migrations and the mapped classes say the same; there is one head; bare extras are named."""

from __future__ import annotations

import re
from typing import Any

from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import create_engine

import gridmap.analysis.models
import gridmap.patrols.models  # noqa: F401
from gridmap import create_app
from gridmap.db import MIGRATIONS, Base, alembic_config, migration_state

# Tables that are reached by SQL of their own and need no mapped class.
UNMAPPED = {
    "alembic_version",
    "case_numbers",
    "job_faults",
    "key_marks",
    "sign_in_failures",
    "sign_in_places",
    "sign_ins",
    "spatial_ref_sys",
    "system_settings",
}


def included(_object: Any, name: str | None, kind: str, _reflected: bool, _compared: Any) -> bool:
    """Leave out the queue's own schema and the unmapped tables."""
    if kind == "table":
        return not (name or "").startswith("procrastinate") and name not in UNMAPPED
    return True


def test_models_equal_migrations(migrated: Any) -> None:
    create_app(NO_DATABASE=True, TESTING=True)  # loads every feature's models
    engine = create_engine(migrated)
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"include_object": included, "compare_type": True})
        differences = compare_metadata(context, Base.metadata)
    engine.dispose()
    assert [d for d in differences if "ix_case_words_grams" not in str(d)] == []


def test_one_head_and_numbers_in_order(migrated: Any) -> None:
    current, head = migration_state(migrated)
    assert current == head
    names = sorted(file.stem for file in (MIGRATIONS / "versions").glob("*.py"))
    assert [name[:4] for name in names] == [f"{n:04d}" for n in range(1, len(names) + 1)]
    assert all(re.fullmatch(r"\d{4}_[a-z_]+", name) for name in names)
    assert alembic_config(migrated).get_main_option("script_location") == str(MIGRATIONS)
