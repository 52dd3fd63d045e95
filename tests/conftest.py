"""Fixtures that every test may use."""

import pytest
from tests.databases import database, database_url, empty_database_url, postgresql_server

__all__ = ["anyio_backend", "database", "database_url", "empty_database_url", "postgresql_server"]


@pytest.fixture
def anyio_backend() -> str:
    """Run asynchronous tests on asyncio, as the product does."""
    return "asyncio"
