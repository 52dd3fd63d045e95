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
    async with httpx.AsyncClient(base_url=company.box.site) as visitor:
        faults = f"POST /Users: 400 times={len(names)}"
        await visitor.put("/_sandbox/faults", content=faults)
    await company.run()


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


async def test_who_is_meant_has_to_be_said(company: Company, typed: Typed) -> None:
    await refused(company, "ana")

    for words in ((), ("--all", "--user", "ana@larkspur.example")):
        status, _, complaint = await typed("retry", "15five", *words)

        assert status == 1
        assert "--all" in complaint
