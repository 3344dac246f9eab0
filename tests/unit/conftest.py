"""Unit tests cannot reach the database."""

from __future__ import annotations

import pytest
from sqlalchemy import engine


@pytest.fixture(autouse=True)
def no_database(monkeypatch: pytest.MonkeyPatch) -> None:
    """Fail a unit test that connects."""

    def refuse(*_args: object, **_kwargs: object) -> None:
        raise AssertionError("unit tests have no database: this belongs to tests/integration")

    monkeypatch.setattr(engine.Engine, "connect", refuse)
    monkeypatch.setattr(engine.Engine, "raw_connection", refuse)
