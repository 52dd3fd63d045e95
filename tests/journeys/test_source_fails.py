"""A source fails in the middle, or is suddenly much smaller: nobody loses an account by that."""

import asyncio
import json
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest
from tests.journeys.company import Company
from tests.journeys.conftest import Typed
from tests.journeys.test_inbound import client, operations, token

from seatkeeper.directory.model import Kind
from seatkeeper.provisioning.guard import HoldState

pytestmark = pytest.mark.journey

CREW = [f"crew{number}" for number in range(10)]


def person(name: str, title: str) -> dict[str, object]:
    mail = f"{name}@larkspur.example"
    return {
        "userName": mail,
        "externalId": name,
        "active": True,
        "displayName": name.title(),
        "title": title,
        "name": {"givenName": name.title(), "familyName": "Larsen"},
        "emails": [{"primary": True, "type": "work", "value": mail}],
    }


async def hired(company: Company) -> dict[str, str]:
    """Have a source bring the whole crew, and everybody be provisioned."""
    ids = {}
    async with client(company, token(company)) as hr:
        for name in CREW:
            ids[name] = (await hr.post("/Users", json=person(name, "Sailor"))).json()["id"]
        crew = {"displayName": "Crew", "members": [{"value": one} for one in ids.values()]}
        await hr.post("/Groups", json=crew)
    await company.connect(groups=["Crew"])
    await company.run()
    return ids


async def cut_off_in_the_middle(hr: httpx.AsyncClient, path: str, body: dict[str, object]) -> None:
    """Send half a request, and then be gone."""
    site = urlsplit(str(hr.base_url))
    whole = json.dumps(body).encode()
    _, writer = await asyncio.open_connection(site.hostname, site.port)
    head = (
        f"PUT {site.path.rstrip('/')}{path} HTTP/1.1\r\nHost: {site.netloc}\r\n"
        f"Authorization: {hr.headers['authorization']}\r\n"
        f"Content-Type: application/scim+json\r\nContent-Length: {len(whole)}\r\n\r\n"
    )
    writer.write(head.encode() + whole[: len(whole) // 2])
    await writer.drain()
    writer.close()
    await writer.wait_closed()


async def active(company: Company) -> dict[str, bool]:
    found = {name: await company.account(name) for name in CREW}
    return {name: bool(one and one["active"]) for name, one in found.items()}


@pytest.mark.fault("S1")
async def test_a_source_that_breaks_off_takes_nobody_and_what_it_said_counts(
    company: Company,
) -> None:
    ids = await hired(company)

    async with client(company, token(company)) as hr:
        for name in CREW[:4]:
            await hr.put(f"/Users/{ids[name]}", json=person(name, "Captain"))
        await hr.post("/Users", json=person("newcomer", "Cook"))
        await cut_off_in_the_middle(hr, f"/Users/{ids[CREW[4]]}", person(CREW[4], "Captain"))
    cycle = await company.run()

    titles = [(await company.account(name) or {})["title"] for name in CREW]
    assert titles == ["Captain"] * 4 + ["Sailor"] * 6
    assert (cycle.counters.disabled, cycle.counters.deleted, cycle.counters.held) == (0, 0, 0)
    assert all((await active(company)).values())
    await company.requests_since()
    await company.nothing_more()


@pytest.mark.fault("S2")
@pytest.mark.parametrize("how", ["switched off", "deleted", "out of the group"])
async def test_a_source_that_is_suddenly_much_smaller_takes_nobody_without_a_word(
    company: Company, how: str
) -> None:
    ids = await hired(company)

    async with client(company, token(company)) as hr:
        await hr.put(f"/Users/{ids[CREW[9]]}", json=person(CREW[9], "Captain"))
        crew = (await hr.get('/Groups?filter=displayName eq "Crew"')).json()["Resources"][0]["id"]
        for name in CREW[:6]:
            off = {"op": "replace", "path": "active", "value": False}
            out = {"op": "remove", "path": f'members[value eq "{ids[name]}"]'}
            if how == "switched off":
                answer = await hr.patch(f"/Users/{ids[name]}", json=operations(off))
            elif how == "deleted":
                answer = await hr.delete(f"/Users/{ids[name]}")
            else:
                answer = await hr.patch(f"/Groups/{crew}", json=operations(out))
            assert answer.is_success
    await company.run()

    holds = [one for _, one in await company.opened.ledger.holds("15five")]
    people = [one for one in holds if one.kind is Kind.USER]
    assert all((await active(company)).values())
    assert len(people) == 6
    assert {one.state for one in holds} == {HoldState.OPEN}
    assert {one.why.partition(". ")[0] for one in holds} == {
        "The source hr told of 10 people in the group Crew, and now of 4"
        if how == "out of the group"
        else "The source hr told of 10 active people, and now of 4"
    }
    assert (await company.account(CREW[9]) or {})["title"] == "Captain"


@pytest.mark.fault("S2")
async def test_the_next_full_delivery_lifts_what_waited_and_who_is_really_gone_goes(
    company: Company, typed: Typed
) -> None:
    ids = await hired(company)
    async with client(company, token(company)) as hr:
        for name in CREW[:6]:
            off = {"op": "replace", "path": "active", "value": False}
            await hr.patch(f"/Users/{ids[name]}", json=operations(off))
        await company.run()
        listed, shown, _ = await typed("approvals")

        for name in CREW[2:6]:
            on = {"op": "replace", "path": "active", "value": True}
            await hr.patch(f"/Users/{ids[name]}", json=operations(on))
    await company.run()

    assert listed == 3
    assert "the next full delivery lifts this" in " ".join(shown.split())
    assert [name for name, is_on in (await active(company)).items() if not is_on] == CREW[:2]
    assert (await typed("approvals"))[0] == 0


@pytest.mark.fault("S2")
async def test_a_file_that_lacks_most_people_or_switches_them_off_takes_nobody_without_a_word(
    company: Company, typed: Typed, tmp_path: Path
) -> None:
    def written(name: str, people: dict[str, str]) -> str:
        head = "userPrincipalName,mail,displayName,groups,accountEnabled"
        mail = "{0}@larkspur.example,{0}@larkspur.example"
        lines = [f"{mail.format(one)},{one.title()},Crew,{on}" for one, on in people.items()]
        path = tmp_path / name
        path.write_text("\n".join([head, *lines]))
        return str(path)

    await typed("import-people", written("all.csv", dict.fromkeys(CREW, "true")))
    await company.connect(groups=["Crew"])
    await company.run()

    await typed("import-people", written("two.csv", dict.fromkeys(CREW[:2], "true")))
    short = await company.run()
    await typed("import-people", written("off.csv", dict.fromkeys(CREW[:6], "false")))
    off = await company.run()

    holds = [one for _, one in await company.opened.ledger.holds("15five")]
    assert (short.counters.held, off.counters.held) == (0, 6)
    assert all((await active(company)).values())
    assert {one.why.partition(". ")[0] for one in holds} == {
        "Imported files told of 10 active people, and now of 4"
    }
