"""All 250 people of Larkspur Robotics through 15Five, against a second opinion."""

from collections import Counter

import pytest
from tests.journeys.company import Company, settle_larkspur
from tests.journeys.larkspur import (
    awkward,
    cells,
    entitled,
    expected_15five,
    expected_groups,
    held,
    held_groups,
    in_the_app,
)

from seatkeeper.provisioning.explain import Verdict
from seatkeeper.provisioning.log import Status

pytestmark = pytest.mark.journey


async def test_larkspur_gets_exactly_its_accounts_at_one_request_each_and_a_list(
    company: Company,
) -> None:
    await settle_larkspur(company)

    cycle = await company.run()

    dump, there = await company.box.dump(), in_the_app()
    assert held(dump) == expected_15five(company.ids)
    assert held_groups(dump) == expected_groups()
    assert cycle.counters.created == len(there) + len(expected_groups())
    assert cycle.counters.waiting == cycle.counters.failed == 3
    assert cycle.counters.skipped == 3
    await joiners_cost_a_post_each_and_one_list(company, there)
    await company.nothing_more()
    await everybody_is_explained(company, there)
    await every_awkward_case_ends_as_written_down(company, there)


async def joiners_cost_a_post_each_and_one_list(company: Company, there: set[str]) -> None:
    """The two managers of a loop cost one PATCH more; one of them cannot be in a POST."""
    asked = await company.requests_since()
    of_people = [one for one in asked if " /Users" in one.line]
    posts = Counter(one.sent["userName"] for one in of_people if one.method == "POST")
    questions = [one.line for one in of_people if one.method == "GET"]
    patches = [one for one in of_people if one.method == "PATCH"]
    people = cells()
    looped = {n for n in there if people.get(people[n].get("manager", ""), {}).get("manager") == n}

    assert posts == Counter(there)
    assert ["filter=" in one for one in questions] == [False]
    assert len(patches) == (1 if looped else 0)
    assert len(of_people) == len(there) + len(questions) + len(patches)
    members = [one for one in asked if one.line.startswith("PATCH /Groups")]
    assert len(asked) - len(of_people) - len(members) == 2 * len(expected_groups())


async def everybody_is_explained(company: Company, there: set[str]) -> None:
    people, reached, cases = cells(), entitled(), awkward()
    for name, row in people.items():
        answer = await company.opened.explain(company.app_id, name)
        if name in there:
            led = not row.get("manager") or row["manager"] in there
            wanted, code = Verdict.IN_STEP if led else Verdict.PARTLY, ""
        elif name in reached and row["accountEnabled"]:
            wanted, code = Verdict.WAITS, cases[name]["code"]
        else:
            wanted, code = Verdict.OUT_OF_SCOPE, "NotEffectivelyEntitled"
        assert (name, answer.verdict, answer.code) == (name, wanted, code)
        assert (answer.account_id is not None) == (name in there)
        assert row["displayName"] in answer.answer


async def every_awkward_case_ends_as_written_down(company: Company, there: set[str]) -> None:
    for name, expected in awkward().items():
        entry = await company.last_entry(name.partition("@")[0])
        match expected["outcome"]:
            case "provisioned":
                assert name in there
                assert entry.status in (Status.SUCCESS, Status.WARNING)
            case "skipped":
                assert (entry.status, entry.code) == (Status.SKIPPED, expected["code"])
            case _:
                assert (entry.status, entry.code) == (Status.FAILURE, expected["code"])
