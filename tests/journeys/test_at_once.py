"""A change of the directory reaches the app by itself; and who runs cycles, and how many."""

import asyncio

import pytest
from tests.journeys.company import Company
from tests.journeys.conftest import Typed

from seatkeeper.engine.cycle_runner import Wish

pytestmark = pytest.mark.journey

PATIENCE = 60
"""Seconds after which a test gives up waiting for what comes in about one."""


async def test_a_change_is_in_the_app_long_before_the_interval_is_over(company: Company) -> None:
    await company.person("ada", jobTitle="Mate")
    await company.connect(people=["ada"], more="schedule: {every: 1d, immediate: true}")
    engine = company.opened.running.runner()
    running = asyncio.create_task(engine.run())

    await title_is(company, "Mate")
    await company.change("ada", jobTitle="Captain")
    await title_is(company, "Captain")

    engine.stop()
    await running
    rows = await company.opened.ledger.cycles(company.app_id)
    assert [cycle.kind for cycle in rows] == ["incremental", "initial"]


async def test_others_stand_aside_for_a_change_and_not_for_a_first_cycle(company: Company) -> None:
    running, app_id = company.opened.running, company.app_id
    said: list[bool] = []

    def asked_whether_to_stop() -> bool:
        said.append(running.way.is_awaited(app_id))
        return False

    async def stood_aside_for() -> set[bool]:
        said.clear()
        await running.run_app(app_id, Wish(), lambda _: None, asked_whether_to_stop)
        return set(said)

    await company.person("ada", jobTitle="Mate")
    await company.connect(people=["ada"])

    first = await stood_aside_for()
    await company.change("ada", jobTitle="Captain")
    changed = await stood_aside_for()

    assert (first, changed) == ({False}, {True})
    assert running.way.is_clear
    assert running.runner().way is running.way


async def test_a_worker_on_sqlite_is_told_that_the_server_does_it(
    company: Company, typed: Typed
) -> None:
    status, _, complaint = await typed("worker")

    assert status == 1
    assert "On SQLite one process runs all cycles" in complaint
    assert "PostgreSQL" in complaint


async def test_no_cycle_at_all_at_the_same_time_is_refused(company: Company, typed: Typed) -> None:
    status, _, complaint = await typed("serve", "--workers", "0")

    assert status == 1
    assert "0 cycles at the same time are not possible" in complaint


async def title_is(company: Company, title: str) -> None:
    async with asyncio.timeout(PATIENCE):
        account = await company.account("ada")
        while account is None or account.get("title") != title:
            await asyncio.sleep(0.05)
            account = await company.account("ada")
