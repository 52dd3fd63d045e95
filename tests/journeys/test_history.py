"""The commands about the past: statistics and retention."""

import json
import re

import pytest
from tests.journeys.company import Company
from tests.journeys.conftest import Typed

pytestmark = pytest.mark.journey


async def test_statistics_show_days_and_cycles_with_requests_and_times(
    company: Company, typed: Typed
) -> None:
    await company.person("ada")
    await company.connect(people=["ada"])
    await company.run()
    await company.change("ada", jobTitle="Head")
    await company.run()

    status, out, _ = await typed("statistics", "15five")
    _, lines, _ = await typed("statistics", "15five", "--json")
    _, standing, _ = await typed("status", "15five", "--json")

    day, newest, first = [json.loads(line) for line in lines.splitlines()]
    assert status == 0
    assert "POST users 1" in out
    assert re.search(r"from change to app: half within \d+ (ms|s)", out)
    assert (day["cycles"], day["created"], day["updated"]) == (2, 1, 1)
    assert first["statistics"]["requests_by_kind"] == {"GET users": 1, "POST users": 1}
    assert newest["statistics"]["change_to_app_ms"]["measured"] == 1
    assert json.loads(standing)["today"]["cycles"] == 2


async def test_retention_says_what_is_kept_and_removes_when_told(
    company: Company, typed: Typed
) -> None:
    await company.connect()
    await company.run()

    _, out, _ = await typed("retention")
    status, lines, _ = await typed("retention", "--apply", "--json")

    kept = {row["what"]: row for row in map(json.loads, lines.splitlines())}
    assert "400 days" in out
    assert status == 0
    assert (kept["cycles"]["days"], kept["cycles"]["count"]) == (90, 1)
