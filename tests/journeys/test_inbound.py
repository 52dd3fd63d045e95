"""HR pushes people in over a real socket; the next cycle carries it on into the app."""

import asyncio
import datetime as dt
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from typing import Any

import httpx
import pytest
from tests.journeys.company import Company

from seatkeeper.cli.serving import serve_installation
from seatkeeper.clock import utc_now
from seatkeeper.scim.messages import ENTERPRISE_USER, PATCH_OP, USER

pytestmark = pytest.mark.journey

ADA = "ada@larkspur.example"


@asynccontextmanager
async def served(company: Company) -> AsyncIterator[str]:
    """Run ``seatkeeper serve`` on a free port; yield its SCIM base URL."""
    ready: asyncio.Future[str] = asyncio.get_running_loop().create_future()
    task = asyncio.create_task(
        serve_installation(
            company.opened,
            host="127.0.0.1",
            port=0,
            on_ready=ready.set_result,
            sandbox_port=0,  # the usual one may be another test's
        )
    )
    waits: list[asyncio.Future[Any]] = [task, ready]
    await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
    if task.done():
        task.result()
    try:
        yield f"{ready.result()}/scim/v2"
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


def token(
    company: Company,
    source: str = "hr",
    may: Sequence[str] = (),
    *,
    made: dt.datetime | None = None,
    lasts: dt.timedelta = dt.timedelta(days=365),
) -> str:
    """Make a token for a source and return its text."""
    made = made or utc_now()
    _, text = company.opened.sources.tokens.issue(source, may, made + lasts, actor="test", now=made)
    return text


@asynccontextmanager
async def client(company: Company, text: str, **headers: str) -> AsyncIterator[httpx.AsyncClient]:
    """Yield a client of a running server that sends this token."""
    sent = {"Authorization": f"Bearer {text}", **headers}
    async with served(company) as url, httpx.AsyncClient(base_url=url, headers=sent) as found:
        yield found


def operations(*found: dict[str, Any]) -> dict[str, Any]:
    return {"schemas": [PATCH_OP], "Operations": list(found)}


async def test_hr_pushes_ada_in_and_out_and_her_account_follows(company: Company) -> None:
    text = token(company)
    body = {
        "schemas": [USER, ENTERPRISE_USER],
        "externalId": "E7",
        "userName": ADA,
        "active": True,
        "displayName": "Ada Lovelace",
        "emails": [{"primary": True, "type": "work", "value": ADA}],
        "name": {"formatted": "Ada Lovelace", "familyName": "Lovelace", "givenName": "Ada"},
        "title": "Engineer",
        "meta": {"resourceType": "User"},
        "roles": [],
    }

    async with client(company, text) as hr:
        ada = (await hr.post("/Users", json=body)).json()["id"]
        sales = (await hr.post("/Groups", json={"displayName": "Sales"})).json()["id"]
        joins = {"op": "Add", "path": "members", "value": [{"$ref": None, "value": ada}]}
        joined = await hr.patch(f"/Groups/{sales}", json=operations(joins))
    await company.connect(groups=["Sales"])
    await company.run()
    hired = await company.account("ada")

    async with client(company, text) as hr:
        off = {"op": "Replace", "path": "active", "value": "False"}
        left = await hr.patch(f"/Users/{ada}", json=operations(off))
    await company.run()
    gone = await company.account("ada")
    await company.requests_since()

    assert (joined.status_code, left.status_code) == (204, 200)
    assert hired is not None
    assert (hired["title"], hired["active"]) == ("Engineer", True)
    assert gone is not None
    assert gone["active"] is False
    await company.nothing_more()


async def test_a_deleted_group_takes_the_accounts_that_it_gave(company: Company) -> None:
    async with client(company, token(company)) as hr:
        ada = (await hr.post("/Users", json=_person("ada"))).json()["id"]
        group = {"displayName": "Sales", "members": [{"value": ada}]}
        sales = (await hr.post("/Groups", json=group)).json()["id"]
    await company.connect(groups=["Sales"])
    await company.run()

    async with client(company, token(company)) as hr:
        answer = await hr.delete(f"/Groups/{sales}")
    await company.run()

    account = await company.account("ada")
    assert answer.status_code == 204
    assert account is not None
    assert account["active"] is False


async def test_the_requests_of_entra_are_understood(company: Company) -> None:
    async with client(company, token(company, "entra")) as entra:
        asked = await entra.get("/Users?filter=userName+eq+%22ada%40larkspur.example%22")
        boss = (await entra.post("/Users", json=_person("bo"))).json()["id"]
        made = await entra.post("/Users", json={**_person("ada"), "manager": None})
        ada = made.json()["id"]
        manager = {"op": "add", "path": f"{ENTERPRISE_USER}:manager", "value": boss}
        managed = await entra.patch(f"/Users/{ada}", json=operations(manager))
        several = operations(
            {"op": "Replace", "path": "displayName", "value": "Countess"},
            {
                "op": "Replace",
                "path": 'emails[type eq "work"].value',
                "value": "c@larkspur.example",
            },
            {"op": "replace", "value": {"name.familyName": "King", "title": "Countess"}},
            {"op": "Add", "path": f"{ENTERPRISE_USER}:department", "value": "R&D"},
        )
        renamed = await entra.patch(f"/Users/{ada}", json=several)
        query = '/Groups?excludedAttributes=members&filter=displayName eq "Sales"'
        none = await entra.get(query)
        microsoft = "http://schemas.microsoft.com/2006/11/ResourceManagement/ADSCIM/2.0/Group"
        group = {"schemas": [microsoft], "externalId": "g1", "displayName": "Sales"}
        sales = (await entra.post("/Groups", json=group)).json()["id"]
        member = [{"$ref": None, "value": ada}]
        for op in ("Add", "Remove"):
            change = {"op": op, "path": "members", "value": member}
            assert (
                await entra.patch(f"/Groups/{sales}", json=operations(change))
            ).status_code == 204

    person = await company.opened.directory.user(ADA)
    head = await company.opened.directory.user("bo@larkspur.example")
    held = await company.opened.directory.group("Sales")
    assert asked.json()["totalResults"] == none.json()["totalResults"] == 0
    assert (made.status_code, managed.status_code, renamed.status_code) == (201, 200, 200)
    assert renamed.json()[ENTERPRISE_USER]["manager"]["value"] == boss
    assert person.manager_id == head.id
    assert [person.text(name) for name in ("displayName", "mail", "surname", "department")] == [
        "Countess",
        "c@larkspur.example",
        "King",
        "R&D",
    ]
    assert await company.opened.directory.memberships(held.id) == []


async def test_the_requests_of_okta_are_understood(company: Company) -> None:
    async with client(company, token(company, "okta")) as okta:
        probe = await okta.get("/Users?startIndex=1&count=1")
        asked = await okta.get(f'/Users?filter=userName eq "{ADA}"&startIndex=1&count=100')
        made = await okta.post(
            "/Users", json={**_person("ada"), "password": "Secret-1!", "groups": []}
        )
        ada = made.json()["id"]
        whole = (await okta.get(f"/Users/{ada}")).json()
        put = await okta.put(f"/Users/{ada}", json={**whole, "title": "Engineer"})
        off = operations({"op": "replace", "value": {"active": False}})
        left = await okta.patch(f"/Users/{ada}", json=off)
        back = await okta.put(f"/Users/{ada}", json={**put.json(), "active": True})
        group = {"displayName": "Sales", "members": [{"value": ada, "display": ADA}]}
        sales = (await okta.post("/Groups", json=group)).json()["id"]
        renamed = {"op": "replace", "value": {"id": sales, "displayName": "Sales EMEA"}}
        name = await okta.patch(f"/Groups/{sales}", json=operations(renamed))

    person = await company.opened.directory.user(ADA)
    assert (probe.json()["totalResults"], asked.json()["totalResults"]) == (0, 0)
    assert "password" not in made.json()
    assert [one.status_code for one in (made, put, left, back, name)] == [201, 200, 200, 200, 204]
    assert left.json()["active"] is False
    assert (person.enabled, person.text("jobTitle")) == (True, "Engineer")
    assert (await company.opened.directory.group("Sales EMEA")).display_name == "Sales EMEA"


async def test_no_token_that_is_not_usable_opens_the_door(company: Company) -> None:
    long_ago = utc_now() - dt.timedelta(days=400)
    expired = token(company, made=long_ago)
    revoked = token(company)
    tokens = company.opened.sources.tokens
    newest = tokens.tokens()[0]
    tokens.revoke(newest.id, actor="test", now=utc_now())
    wrong = ["nothing", "nonsense", expired, revoked, f"{token(company)[:-1]}!", "sk_scim_é"]

    answers = []
    async with served(company) as url, httpx.AsyncClient(base_url=url) as stranger:
        for text in wrong:
            header = f"Bearer {text}".encode()
            answers.append(await stranger.get("/Users", headers={b"Authorization": header}))
        cookie = await stranger.post("/Users", json=_person("ada"), headers={"Cookie": "s=1"})

    assert [one.status_code for one in (*answers, cookie)] == [401] * (len(wrong) + 1)
    assert len({one.text for one in (*answers, cookie)}) == 1
    assert answers[0].headers["WWW-Authenticate"] == "Bearer"
    assert await company.opened.directory.all_users() == []


async def test_guessing_is_slowed_down_and_a_right_token_is_not(company: Company) -> None:
    async with client(company, token(company)) as hr:
        guesses = [
            (await hr.get("/Users", headers={"Authorization": "Bearer guess"})).status_code
            for _ in range(11)
        ]
        right = await hr.get("/Users")

    assert guesses == [401] * 10 + [429]
    assert right.status_code == 200


@pytest.mark.parametrize(
    ("may", "method", "path", "status"),
    [
        (["read-only"], "GET", "/Users", 200),
        (["read-only"], "POST", "/Users", 403),
        (["read-only"], "POST", "/Groups", 403),
        (["users"], "POST", "/Users", 201),
        (["users"], "GET", "/Groups", 403),
        (["groups"], "GET", "/Users", 403),
        (["groups"], "POST", "/Users", 403),
        (["groups", "read-only"], "GET", "/Groups", 200),
        (["users"], "GET", "/", 403),
        (["users"], "POST", "/.search", 403),
        (["groups"], "GET", "/", 403),
        (["users", "groups"], "GET", "/", 200),
        (["groups"], "GET", "/ServiceProviderConfig", 200),
    ],
)
async def test_a_token_reaches_what_it_may(
    company: Company, may: list[str], method: str, path: str, status: int
) -> None:
    async with client(company, token(company, may=may)) as hr:
        body = _person("ada") if method == "POST" else None
        answer = await hr.request(method, path, json=body)

    assert answer.status_code == status


async def test_a_token_is_nowhere_but_in_its_owners_hands(company: Company) -> None:
    text = token(company)
    async with client(company, text) as hr:
        await hr.post("/Users", json=_person("ada"))

    kept = b"".join(one.read_bytes() for one in company.opened.settings.home.iterdir())

    used = company.opened.sources.tokens.tokens()[0]
    assert text.encode() not in kept
    assert text[8:51].encode() not in kept
    assert used.last_used_at is not None
    assert used.last_four == text[-4:]


async def test_a_source_s_token_opens_no_page_beside_the_door(company: Company) -> None:
    async with client(company, token(company), Host="evil.example") as stranger:
        elsewhere = await stranger.get("/Users")
    async with client(company, token(company)) as hr:
        site = str(hr.base_url).removesuffix("/scim/v2/")
        page, posted = await hr.get(f"{site}/"), await hr.post(f"{site}/")
        nothing = await hr.get("/Nothing")
        huge = await hr.post("/Users", content=b"[" * 11_000_000)
        broken = await hr.post("/Users", content=b'{"userName": "\xff"}')

    assert elsewhere.status_code == 421
    assert (page.status_code, posted.status_code) == (303, 405)
    assert page.headers["Location"].startswith("/sign-in?")
    assert nothing.headers["Content-Type"] == "application/scim+json"
    assert (nothing.status_code, huge.status_code, broken.status_code) == (404, 413, 400)


async def test_two_pushes_of_one_person_at_once_make_one(company: Company) -> None:
    async with client(company, token(company)) as hr:
        answers = await asyncio.gather(*(hr.post("/Users", json=_person("ada")) for _ in range(4)))

    assert sorted(one.status_code for one in answers) == [201, 409, 409, 409]
    assert len(await company.opened.directory.all_users()) == 1


def _person(name: str) -> dict[str, Any]:
    return {
        "schemas": [USER, ENTERPRISE_USER],
        "userName": f"{name}@larkspur.example",
        "name": {"givenName": name.title(), "familyName": "Larsen"},
        "emails": [{"primary": True, "type": "work", "value": f"{name}@larkspur.example"}],
        "active": True,
        # The group test posts the same body to /Groups.
        "displayName": name.title(),
    }
