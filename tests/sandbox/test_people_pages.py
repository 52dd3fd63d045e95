"""Accounts and groups on their pages: found by their begin, with all that became of them."""

import re

import httpx
import pytest
from tests.sandbox.people import grouped, hired, joined, replaced
from tests.sandboxes import RunningSandbox


def names(page: str, kind: str = "accounts") -> list[str]:
    return re.findall(rf'<th scope="row"><a href="/{kind}/[^"]*">([^<]*)</a>', page)


def history(page: str) -> list[str]:
    """Return each line of the history as words: request, what, before, after."""
    table = page.partition('<table class="history">')[2].partition("</table>")[0]
    rows = re.findall(r"<tr>(.*?)</tr>", table.partition("</thead>")[2], re.S)
    return [" ".join(re.sub(r"<time.*?</time>|<[^>]*>", " ", row).split()) for row in rows]


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("", ["Ana Larsen", "Anatol Larsen", "Ben Larsen"]),
        ("?q=ana", ["Ana Larsen", "Anatol Larsen"]),
        ("?q=ANA%40lark", ["Ana Larsen"]),
        ("?q=larsen+ben", ["Ben Larsen"]),
        ("?q=arsen", []),
        ("?state=deactivated", ["Ben Larsen"]),
        ("?state=active&q=Larsen", ["Ana Larsen", "Anatol Larsen"]),
        ("?state=nonsense&page=7", ["Ana Larsen", "Anatol Larsen", "Ben Larsen"]),
        ("?q=%22+or+userName+pr+or+%22", []),
        ("?q=" + "x" * 5_000, []),
    ],
)
async def test_accounts_are_found_by_how_a_name_or_address_begins(
    app: RunningSandbox, visitor: httpx.AsyncClient, query: str, found: list[str]
) -> None:
    async with app.client() as client:
        await hired(client, "ana")
        await hired(client, "anatol", active=True)
        await hired(client, "ben", active=False)

    page = await visitor.get(f"/accounts{query}")

    assert page.status_code == 200
    assert names(page.text) == found


async def test_many_accounts_have_pages_that_keep_the_search(
    app: RunningSandbox, visitor: httpx.AsyncClient
) -> None:
    async with app.client() as client:
        for at in range(60):
            await hired(client, f"ana{at:02}")

    first = (await visitor.get("/accounts?q=ana")).text
    second = (await visitor.get("/accounts?q=ana&page=2")).text

    assert (len(names(first)), len(names(second))) == (50, 10)
    assert "/accounts?q=ana&amp;page=2" in first


async def test_groups_are_found_by_how_their_name_begins(
    app: RunningSandbox, visitor: httpx.AsyncClient
) -> None:
    async with app.client() as client:
        ana = await hired(client, "ana")
        await grouped(client, "Sales", ana)
        await grouped(client, "Engineering")

    page = (await visitor.get("/groups?q=sal")).text

    assert names(page, "groups") == ["Sales"]
    assert "Ana Larsen" in page


async def test_an_account_tells_each_change_with_its_request(
    app: RunningSandbox, visitor: httpx.AsyncClient
) -> None:
    async with app.client() as client:
        boss = await hired(client, "boss")
        ana = await hired(client, "ana", title="Engineer")
        await replaced(client, ana, "title", "Manager")
        await replaced(client, ana, "title", "Manager")
        sales = await grouped(client, "Sales")
        await joined(client, sales, ana, boss)
        await joined(client, sales, ana, op="remove")

    page = (await visitor.get(f"/accounts/{ana}")).text

    told = history(page)
    assert told[:3] == [
        "Request 7 left Sales",
        "Request 6 joined Sales",
        "Request 3 title changed Engineer Manager",
    ]
    assert "title created — Engineer" in told
    assert "In no group." in page


async def test_a_group_tells_who_came_and_went_and_only_who_really_did(
    app: RunningSandbox, visitor: httpx.AsyncClient
) -> None:
    async with app.client() as client:
        ana, ben = await hired(client, "ana"), await hired(client, "ben")
        sales = await grouped(client, "Sales", ana)
        await joined(client, sales, ana, ben)
        body = {"displayName": "Sales", "members": [{"value": ben}]}
        await client.put(f"/Groups/{sales}", json=body)

    page = (await visitor.get(f"/groups/{sales}")).text

    assert history(page) == [
        "Request 5 left Ana Larsen",
        "Request 4 joined Ben Larsen",
        "Request 3 displayName created — Sales",
        "joined Ana Larsen",
    ]
    assert names(page) == ["Ben Larsen"]


async def test_a_refused_change_leaves_no_history(
    app: RunningSandbox, visitor: httpx.AsyncClient
) -> None:
    async with app.client() as client:
        await hired(client, "ana")
        ben = await hired(client, "ben")
        taken = {"op": "replace", "path": "userName", "value": "ana@larkspur.example"}
        refused = await client.patch(f"/Users/{ben}", json={"Operations": [taken]})

    told = history((await visitor.get(f"/accounts/{ben}")).text)
    assert refused.status_code == 409
    assert not [one for one in told if "changed" in one]


async def test_a_deleted_group_keeps_its_history(
    app: RunningSandbox, visitor: httpx.AsyncClient
) -> None:
    async with app.client() as client:
        sales = await grouped(client, "Sales")
        await client.delete(f"/Groups/{sales}")

    page = (await visitor.get(f"/groups/{sales}")).text

    assert "This group was deleted" in page
    assert history(page)[0] == "Request 2 displayName deleted Sales —"


@pytest.mark.parametrize("address", ["/accounts/nobody", "/groups/nothing"])
async def test_what_never_was_is_told_in_words(visitor: httpx.AsyncClient, address: str) -> None:
    page = await visitor.get(address)

    assert page.status_code == 404
    assert "there never was one" in page.text


async def test_a_long_history_has_pages(app: RunningSandbox, visitor: httpx.AsyncClient) -> None:
    async with app.client() as client:
        ana = await hired(client, "ana")
        for at in range(60):
            await replaced(client, ana, "title", f"Title {at}")

    first = (await visitor.get(f"/accounts/{ana}")).text
    older = re.search(r'href="(\?before=\d+)#history"', first)
    assert older is not None
    second = (await visitor.get(f"/accounts/{ana}{older[1]}")).text

    assert len(history(first)) == 50
    assert history(first)[0] == "Request 61 title changed Title 58 Title 59"
    assert "Request 11 title changed Title 8 Title 9" in history(second)
