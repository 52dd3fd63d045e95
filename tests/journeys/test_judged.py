"""The product's own engine, as the app judges its clients."""

import httpx
from tests.journeys.company import Company, settle_larkspur

from seatkeeper.cli.sample_company import sample_groups


async def complaints(company: Company) -> list[str]:
    async with httpx.AsyncClient(base_url=company.box.site) as visitor:
        report = (await visitor.get("/report.json")).json()
    assert report["requests"] > 0
    return [f"{one['kind']}: {one['count']}, {one['examples']}" for one in report["remarks"]]


async def test_the_engine_provisions_a_company_without_a_complaint(company: Company) -> None:
    await settle_larkspur(company)

    await company.run()
    await company.change("jason.hanson", jobTitle="Chair")
    await company.change("mary.griffiths", enabled=False)
    group = next(one for one in sample_groups() if one.assigned)
    await company.leave(group.display_name, group.members[0].partition("@")[0])
    await company.run()
    await company.run()

    assert await complaints(company) == []


async def test_a_small_team_that_is_looked_up_one_by_one_is_no_complaint(company: Company) -> None:
    await company.person("boss")
    for name in ("ana", "ben", "cleo"):
        await company.person(name, manager="boss")
    await company.group("Sales", "ana", "ben", "cleo")
    await company.connect(groups=["Sales"])

    await company.run()
    await company.leave("Sales", "ben")
    await company.run()
    await company.join("Sales", "ben")
    await company.run()

    assert await complaints(company) == []
