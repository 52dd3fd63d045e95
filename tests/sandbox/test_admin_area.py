"""The app's own admin area: its words, its switches, and what they do."""

import datetime as dt
import re
from pathlib import Path
from typing import Any

import httpx
import pytest
from tests.sandbox.people import ENTERPRISE, FIFTEEN, hired, replaced
from tests.sandboxes import RunningSandbox, running_sandbox

from seatkeeper.gallery.schema import gallery_app
from seatkeeper.sandbox.behaviour import day_of


async def turned(visitor: httpx.AsyncClient, switch: str, to: str) -> httpx.Response:
    return await visitor.post("/switches", data={"switch": switch, "to": to})


async def manager_of(client: httpx.AsyncClient, account: str) -> Any:
    found = (await client.get(f"/Users/{account}")).json()
    return found.get(ENTERPRISE, {}).get("manager", {}).get("value")


def mails(page: str) -> list[tuple[str, str]]:
    found = re.findall(
        r'<a href="/accounts/[^"]*">([^<]*)</a>.*?class="state[^>]*>([^<]*)<', page, re.S
    )
    return [(name, state) for name, state in found]


async def test_the_page_speaks_the_apps_own_words(visitor: httpx.AsyncClient) -> None:
    page = (await visitor.get("/")).text

    crumbs = re.findall(r"<li(?: aria-current=\"page\")?>([^<]*)</li>", page)
    assert crumbs[:3] == ["Features", "Integrations", "SCIM 2.0"]
    for words in ("Generate OAuth token", "SCIM 2.0 base URL", "Send welcome email"):
        assert words in page
    for step in gallery_app("15five").setup_steps:
        assert step.title in page


async def test_an_app_without_welcome_mails_has_neither_switch_nor_outbox(tmp_path: Path) -> None:
    async with running_sandbox("generic-scim", tmp_path / "app.db") as app:
        async with httpx.AsyncClient(base_url=app.site) as visitor:
            page = (await visitor.get("/")).text
            outbox = await visitor.get("/outbox")
            turned_on = await turned(visitor, "welcome", "on")

    assert "Outbox" not in page
    assert (outbox.status_code, turned_on.status_code) == (404, 422)


# --- the service's own switch ---


async def test_a_service_that_is_switched_off_refuses_in_words_and_changes_nothing(
    app: RunningSandbox, visitor: httpx.AsyncClient
) -> None:
    await turned(visitor, "enabled", "off")

    async with app.client() as client:
        refused = await client.post("/Users", json={"userName": "ana"})
        page = (await visitor.get("/")).text
        await turned(visitor, "enabled", "on")
        again = await client.get("/Users")

    assert refused.status_code == 403
    assert "Features > Integrations > SCIM 2.0" in refused.json()["detail"]
    assert "SCIM is switched off" in page
    assert (again.status_code, again.json()["totalResults"]) == (200, 0)


async def test_switches_stay_over_a_restart(tmp_path: Path) -> None:
    for expected in (200, 403):
        async with running_sandbox("15five", tmp_path / "app.db") as app:
            async with app.client() as client, httpx.AsyncClient(base_url=app.site) as visitor:
                answer = await client.get("/Users")
                await turned(visitor, "enabled", "off")
        assert answer.status_code == expected


async def test_a_member_turns_no_switch(visitor: httpx.AsyncClient) -> None:
    await visitor.post("/here-as", data={"as": "member"})

    answer = await turned(visitor, "enabled", "off")

    page = (await visitor.get("/")).text
    assert answer.status_code == 403
    assert "needs an account admin" in page
    assert "SCIM is switched off" not in page


@pytest.mark.parametrize(("switch", "to"), [("nonsense", "on"), ("enabled", "maybe"), ("", "")])
async def test_a_switch_that_is_not_there_is_told_in_words(
    visitor: httpx.AsyncClient, switch: str, to: str
) -> None:
    answer = await turned(visitor, switch, to)

    assert answer.status_code == 422
    assert "Nothing was changed" in answer.text


async def test_a_form_from_elsewhere_turns_no_switch(
    app: RunningSandbox, visitor: httpx.AsyncClient
) -> None:
    await visitor.post(
        "/switches",
        data={"switch": "enabled", "to": "off"},
        headers={"Origin": "http://evil.example"},
    )

    async with app.client() as client:
        assert (await client.get("/Users")).status_code == 200


# --- welcome mails ---


async def test_a_joiner_gets_a_welcome_mail_only_while_the_switch_is_on(
    app: RunningSandbox, visitor: httpx.AsyncClient
) -> None:
    async with app.client() as client:
        await hired(client, "early")
        await turned(visitor, "welcome", "on")
        await hired(client, "ana")

    assert mails((await visitor.get("/outbox")).text) == [("Ana Larsen", "✓ sent")]


async def test_a_future_joiner_is_written_to_on_the_first_day(
    app: RunningSandbox, visitor: httpx.AsyncClient
) -> None:
    await turned(visitor, "welcome", "on")
    async with app.client() as client:
        await hired(client, "past", start="01/02/2023")
        cleo = await hired(client, "cleo", start="01/02/2999")
        waiting = mails((await visitor.get("/outbox")).text)

        await replaced(client, cleo, f"{FIFTEEN}:startDate", "01/02/2024")

    assert waiting == [("Cleo Larsen", "waits for the start date"), ("Past Larsen", "✓ sent")]
    assert ("Cleo Larsen", "✓ sent") in mails((await visitor.get("/outbox")).text)


async def test_somebody_deactivated_before_the_first_day_is_not_written_to(
    app: RunningSandbox, visitor: httpx.AsyncClient
) -> None:
    await turned(visitor, "welcome", "on")
    async with app.client() as client:
        cleo = await hired(client, "cleo", start="01/02/2999")
        await replaced(client, cleo, "active", False)
        await replaced(client, cleo, f"{FIFTEEN}:startDate", "01/02/2024")
        held = mails((await visitor.get("/outbox")).text)

        await replaced(client, cleo, "active", True)

    assert held == [("Cleo Larsen", "○ held: the account is deactivated")]
    assert mails((await visitor.get("/outbox")).text) == [("Cleo Larsen", "✓ sent")]


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("03/02/2026", dt.datetime(2026, 3, 2, tzinfo=dt.UTC)),
        ("2026-03-02", dt.datetime(2026, 3, 2, tzinfo=dt.UTC)),
        ("31/12/2026", None),
        ("02/30/2026", None),
        ("soon", None),
        ("", None),
        (7, None),
    ],
)
def test_a_start_date_is_read_as_the_app_reads_it(text: object, day: dt.datetime | None) -> None:
    assert day_of(text) == day


# --- reports of a manager who leaves ---


async def test_reports_of_a_manager_who_leaves_get_the_next_manager_above(
    app: RunningSandbox, visitor: httpx.AsyncClient
) -> None:
    await turned(visitor, "reassign", "on")
    async with app.client() as client:
        chief = await hired(client, "chief")
        gone = await hired(client, "gone", manager=chief, active=False)
        boss = await hired(client, "boss", manager=gone)
        team = [await hired(client, name, manager=boss) for name in ("ana", "ben")]

        await replaced(client, boss, "active", False)

        assert [await manager_of(client, one) for one in team] == [chief, chief]
        assert await manager_of(client, boss) == gone
    page = (await visitor.get(f"/accounts/{team[0]}")).text
    assert "reassigned by the app" in page


async def test_reports_stay_where_the_switch_is_off_or_nobody_is_above(
    app: RunningSandbox, visitor: httpx.AsyncClient
) -> None:
    async with app.client() as client:
        chief = await hired(client, "chief")
        boss = await hired(client, "boss", manager=chief)
        ana = await hired(client, "ana", manager=boss)
        await replaced(client, boss, "active", False)
        with_the_switch_off = await manager_of(client, ana)

        await turned(visitor, "reassign", "on")
        await replaced(client, chief, "active", False)

        assert with_the_switch_off == boss
        assert await manager_of(client, boss) == chief


async def test_two_who_manage_each_other_are_left_alone(
    app: RunningSandbox, visitor: httpx.AsyncClient
) -> None:
    await turned(visitor, "reassign", "on")
    async with app.client() as client:
        ana = await hired(client, "ana", active=False)
        ben = await hired(client, "ben", manager=ana)
        await replaced(client, ana, f"{ENTERPRISE}:manager", {"value": ben})

        await replaced(client, ben, "active", False)

        assert await manager_of(client, ana) == ben
