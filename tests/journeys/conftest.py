"""Fixtures of the journeys."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest
from tests.journeys.company import Company, company_with

from seatkeeper.cli.main import run

Typed = Callable[..., Awaitable[tuple[int, str, str]]]


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


@pytest.fixture
def typed(
    company: Company, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Typed:
    """Type a command into the company's installation; get exit status, output and complaints."""
    monkeypatch.setenv("SEATKEEPER_HOME", str(company.opened.settings.home))

    async def type_it(*words: str) -> tuple[int, str, str]:
        status = await asyncio.to_thread(run, [str(word) for word in words])
        out, err = capsys.readouterr()
        return status, out, err

    return type_it
