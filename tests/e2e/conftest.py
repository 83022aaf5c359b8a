from __future__ import annotations

import pytest

from demo.postgres import running_postgres


@pytest.fixture(scope="session")
def postgres():
    """One server for all tests; each test loads into a database of its own."""
    with running_postgres() as server:
        yield server
