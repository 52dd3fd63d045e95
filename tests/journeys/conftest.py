"""Fixtures of the journeys."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from tests.journeys.company import Company, company_with


@pytest.fixture
async def company(tmp_path: Path) -> AsyncIterator[Company]:
    """A company beside a stand-in for 15Five; nobody works there yet."""
    async with company_with("15five", tmp_path) as made:
        yield made


@pytest.fixture
async def generic(tmp_path: Path) -> AsyncIterator[Company]:
    """A company beside a stand-in for an app that can do everything."""
    async with company_with("generic-scim", tmp_path) as made:
        yield made
