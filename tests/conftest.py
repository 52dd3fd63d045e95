"""Fixtures that every test may use, and which tests stay together."""

import os
import sys
from typing import Final

import pytest
from tests.databases import database, database_url, empty_database_url, postgresql_server
from xdist.remote import Producer
from xdist.scheduler import LoadGroupScheduling

__all__ = ["anyio_backend", "database", "database_url", "empty_database_url", "postgresql_server"]


# Tests start some hundred processes of the product. Where an image's environment forbids to keep
# what was compiled, as many a CI's does, each would compile all modules anew before it begins.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
sys.dont_write_bytecode = False

_OF_LARKSPUR: Final = frozenset(
    f"tests/browser/test_{name}.py"
    for name in (
        *("budget", "complaints", "crawl", "flow_approvals", "flow_connection", "flow_palette"),
        *("flow_people", "home", "links", "roles", "without_javascript"),
    )
)
"""The browser tests that all visit one company; about half of the time that they all take."""


_LONG: Final = frozenset(
    {
        "tests/engine/test_nested_groups_law.py",
        "tests/journeys/test_ends_in_words.py",
        "tests/journeys/test_kill.py",
        "tests/journeys/test_our_own_side.py",
        "tests/promises/test_p7_nothing_lost.py",
    }
)
"""Tests that take most of a minute each: the last one of a run would keep one worker alone."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with long tests, so that short ones are left to fill the end on all workers."""
    items.sort(key=lambda one: one.nodeid.partition("::")[0] not in _LONG)


class BrowserTogether(LoadGroupScheduling):  # type: ignore[misc]  # xdist has no types
    """Two workers have all browser tests, each those of its companies, which start once.

    By our own rule, since the markers that this scheduler looks for do not reach it (pytest 9.2
    keeps the ids of tests elsewhere than xdist 3.8 writes its groups). The rest is given out one
    by one, so both workers end together.
    """

    def _split_scope(self, nodeid: str) -> str:
        file = nodeid.partition("::")[0]
        if not file.startswith("tests/browser/"):
            return nodeid
        return "browser: Larkspur" if file in _OF_LARKSPUR else "browser: the others"


def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> BrowserTogether:
    """Let workers begin with the browser tests, and then take one test at a time."""
    return BrowserTogether(config, log)


@pytest.fixture
def anyio_backend() -> str:
    """Run asynchronous tests on asyncio, as the product does."""
    return "asyncio"
