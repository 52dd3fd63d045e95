"""Who asks about one leaver is told what the guard does, and pays for one person."""

import pytest
from tests.journeys.company import Company

from seatkeeper.clock import utc_now
from seatkeeper.directory.model import Kind
from seatkeeper.engine.cycle_runner import Wish, cycle_to_be
from seatkeeper.engine.guarding_one import held_alone

pytestmark = pytest.mark.journey

STAFF = [f"p{number}" for number in range(12)]


@pytest.fixture
async def staffed(company: Company) -> Company:
    """Twelve people of Sales have accounts; the guard lets three of them go at once."""
    for name in STAFF:
        await company.person(name)
    await company.group("Sales", *STAFF)
    await company.connect(groups=["Sales"])
    await company.run()
    return company


async def alone(company: Company, name: str) -> str | None:
    """Return what is known of somebody's removal without planning anybody else."""
    ledger, rules = company.opened.ledger, await company.opened.rules("15five")
    position, last, now = await ledger.position("15five"), await ledger.last_change(), utc_now()
    cycle = cycle_to_be(Wish(), position, rules, last, now)
    return await held_alone(ledger, rules, cycle, Kind.USER, company.ids[name], now)


async def planned(company: Company, name: str) -> str:
    """Return what the whole plan of the next cycle says of it."""
    held = await company.opened.held_back("15five")
    return held.get((Kind.USER, company.ids[name]), "")


async def test_one_leaver_is_judged_without_the_plan(staffed: Company) -> None:
    await staffed.leave("Sales", "p1")
    await staffed.change("p2", jobTitle="Poet")

    told = await staffed.opened.explain("15five", staffed.ids["p1"])

    assert told.removes
    assert await alone(staffed, "p1") == await planned(staffed, "p1") == ""


async def test_of_many_leavers_the_plan_says_how_many(staffed: Company) -> None:
    await staffed.leave("Sales", *STAFF[:8])

    told = await staffed.opened.explain("15five", staffed.ids["p1"])

    assert await alone(staffed, "p1") is None
    assert "8 people of 12 lose access" in await planned(staffed, "p1")
    assert "8 people of 12 lose access" in told.answer


async def test_somebody_whose_removal_waits_already_is_told_so_whoever_else_leaves(
    staffed: Company,
) -> None:
    await staffed.leave("Sales", *STAFF[:8])
    await staffed.run()
    await staffed.join("Sales", *STAFF[2:8])

    told = await alone(staffed, "p1")

    assert told is not None
    assert "8 people of 12 lose access" in told
