"""An app that refuses is asked slower, which is shown and outlasts a start."""

import json
from pathlib import Path

import pytest
from tests.journeys.company import Company
from tests.journeys.conftest import Typed
from tests.sandboxes import running_sandbox

from seatkeeper.bootstrap import Installation

pytestmark = pytest.mark.journey

BUSY_ONCE = "POST /Users: 429 retry-after=1s times=1"


@pytest.mark.fault("T13")
async def test_what_a_refusal_taught_is_shown_and_known_after_a_start(
    company: Company, typed: Typed, tmp_path: Path
) -> None:
    await company.person("ada")
    async with running_sandbox(
        "15five",
        tmp_path / "busy.db",
        token="busy",
        faults="POST /Users: 429 retry-after=1s times=1",
    ) as box:
        await company.connect(people=["ada"], base_url=box.base_url, token="busy")

        cycle = await company.run()
        _, lines, _ = await typed("status", "15five", "--json")
        _, shown, _ = await typed("status", "15five")
        again = Installation.open(company.opened.settings)
        learned = (await again.apps.target("15five")).learned()
        await again.close()

    slowed = json.loads(lines)["slowed_down"]
    assert cycle.counters.created == 1
    assert list(slowed.values()) == [0.5]
    assert "50% of 5,000 requests" in " ".join(shown.split())
    assert list(learned) == list(slowed)
