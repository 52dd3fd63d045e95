"""A stand-in for 15Five on a real socket, and somebody who looks at its pages."""

from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
from tests.sandboxes import RunningSandbox, running_sandbox


@pytest.fixture
async def app(tmp_path: Path) -> AsyncIterator[RunningSandbox]:
    async with running_sandbox("15five", tmp_path / "app.db") as found:
        yield found


@pytest.fixture
async def visitor(app: RunningSandbox) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(base_url=app.site, follow_redirects=True) as found:
        yield found
