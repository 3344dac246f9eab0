"""What tests of cases share."""

from __future__ import annotations

from typing import Any

import pytest

from tests.factories import Factories
from tests.integration.cases.timed import Timed


@pytest.fixture
def timed(make: Factories, signed_in: Any, owner: Any, monkeypatch: pytest.MonkeyPatch) -> Timed:
    return Timed(make, signed_in, owner, monkeypatch)
