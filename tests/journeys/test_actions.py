"""An action that is switched off never reaches the app, and cycles still come to an end."""

import pytest
from tests.journeys.company import Company

pytestmark = pytest.mark.journey


@pytest.mark.parametrize("actions", ["[]", "[update]", "[update, delete]"])
async def test_without_create_nobody_gets_an_account_and_the_cycle_ends(
    company: Company, actions: str
) -> None:
    await company.person("ada")
    await company.group("Crew", "ada")
    more = f"actions: {{users: {actions}, groups: {actions}}}"
    await company.connect(groups=["Crew"], more=more)

    cycle = await company.run()

    methods = {one.method for one in await company.requests_since()}
    assert methods <= {"GET"}
    assert cycle.counters.requests <= 4
    assert (await company.last_entry("ada")).code == "ActionSwitchedOff"


async def test_people_who_have_an_account_are_linked_and_updated_without_create(
    company: Company,
) -> None:
    await company.person("ada", jobTitle="Crew")
    await company.connect(people=["ada"])
    await company.run()
    await company.person("bo")
    await company.connect(people=["ada", "bo"], more="actions: {users: [update]}")

    await company.change("ada", jobTitle="Pilot")
    await company.run()

    ada = await company.account("ada")
    assert ada is not None
    assert ada["title"] == "Pilot"
    assert await company.account("bo") is None


async def test_without_update_a_leaver_keeps_the_account_as_it_is(company: Company) -> None:
    await company.person("ada")
    await company.connect(people=["ada"])
    await company.run()
    await company.connect(people=["ada"], more="actions: {users: [create]}")

    await company.change("ada", enabled=False)
    await company.run()

    ada = await company.account("ada")
    assert ada is not None
    assert ada["active"] is True
