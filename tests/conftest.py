"""Fixtures that every test may use, and which tests stay together."""

import pytest
from tests.databases import database, database_url, empty_database_url, postgresql_server
from xdist.remote import Producer
from xdist.scheduler import LoadGroupScheduling

__all__ = ["anyio_backend", "database", "database_url", "empty_database_url", "postgresql_server"]


class BrowserTogether(LoadGroupScheduling):  # type: ignore[misc]  # xdist has no types
    """One worker has all browser tests, which share a browser and five running companies.

    By our own rule, since the markers that this scheduler looks for do not reach it (pytest 9.2
    keeps the ids of tests elsewhere than xdist 3.8 writes its groups).
    """

    def _split_scope(self, nodeid: str) -> str:
        return "browser" if nodeid.startswith("tests/browser/") else nodeid


def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> BrowserTogether:
    """Give every worker but one a test at a time."""
    return BrowserTogether(config, log)


@pytest.fixture
def anyio_backend() -> str:
    """Run asynchronous tests on asyncio, as the product does."""
    return "asyncio"
