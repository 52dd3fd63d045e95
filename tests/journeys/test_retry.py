"""Somebody waits after a failure, and an administrator does not want to wait."""

import json

import httpx
from tests.journeys.company import Company
from tests.journeys.conftest import Typed


async def refused(company: Company, *names: str) -> None:
    """Have the app refuse the accounts of these people, once each."""
    for name in names:
        await company.person(name)
    await company.connect(people=names)
    await faults(company, f"POST /Users: 400 times={len(names)}")
    await company.run()


async def faults(company: Company, spec: str) -> None:
    """Have the app answer so from now on."""
    async with httpx.AsyncClient(base_url=company.box.site) as visitor:
        await visitor.put("/_sandbox/faults", content=spec)


async def test_everybody_who_waits_is_tried_again_at_once(company: Company, typed: Typed) -> None:
    await refused(company, "ana", "ben")

    status, out, _ = await typed("retry", "15five", "--all", "--json")
    again, told, _ = await typed("retry", "15five", "--all")

    assert (status, json.loads(out)["tried"]) == (0, 2)
    assert (await company.account("ana"), await company.account("ben")) != (None, None)
    assert await company.opened.ledger.escrows("15five") == []
    assert again == 0
    assert "nothing was tried" in told


async def test_one_person_is_tried_again_and_others_wait_on(company: Company, typed: Typed) -> None:
    await refused(company, "ana", "ben")

    status, _, _ = await typed("retry", "15five", "--user", "ana@larkspur.example")

    assert status == 0
    assert await company.account("ana") is not None
    [still] = await company.opened.ledger.escrows("15five")
    assert still.record_id == company.ids["ben"]


async def test_where_all_who_were_asked_for_fail_again_it_has_failed(
    company: Company, typed: Typed
) -> None:
    await refused(company, "ana", "ben")
    await faults(company, "POST /Users: 400 times=1")

    status, _, _ = await typed("retry", "15five", "--user", "ana@larkspur.example")

    assert status == 1
    assert len(await company.opened.ledger.escrows("15five")) == 2


async def test_where_one_of_two_fails_again_it_is_done_unless_it_is_strict(
    company: Company, typed: Typed
) -> None:
    await refused(company, "ana", "ben")
    await faults(company, "POST /Users: 400 times=1")

    status, _, _ = await typed("retry", "15five", "--all")
    await faults(company, "POST /Users: 400 times=1")
    await company.person("cem")
    await company.connect(people=("ana", "ben", "cem"))
    strict, _, _ = await typed("retry", "15five", "--all", "--strict")

    assert (status, strict) == (0, 1)
    assert len(await company.opened.ledger.escrows("15five")) == 1


async def test_where_the_app_is_away_it_has_failed_and_the_plan_is_kept(
    company: Company, typed: Typed
) -> None:
    await refused(company, "ana")
    await faults(company, "POST /Users: 401 times=9")

    status, out, _ = await typed("retry", "15five", "--all", "--json")

    assert (status, json.loads(out)["state"]) == (1, "suspended")


async def test_where_removals_wait_for_a_word_it_needs_consent(
    company: Company, typed: Typed
) -> None:
    crew = ["ana", "ben", "cem", "dee", "eve"]
    for name in (*crew, "fay"):
        await company.person(name)
    await company.connect(people=crew)
    await company.run()
    await company.connect(people=(*crew, "fay"))
    await faults(company, "POST /Users: 400 times=1")
    await company.run()
    for name in crew:
        await company.change(name, enabled=False)

    status, _, _ = await typed("retry", "15five", "--all")

    assert status == 3
    assert await company.account("fay") is not None


async def test_who_is_meant_has_to_be_said(company: Company, typed: Typed) -> None:
    await refused(company, "ana")

    for words in ((), ("--all", "--user", "ana@larkspur.example")):
        status, _, complaint = await typed("retry", "15five", *words)

        assert status == 1
        assert "--all" in complaint
