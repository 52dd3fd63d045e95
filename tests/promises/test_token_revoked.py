"""Somebody revokes the token in the middle of a cycle (fault T5).

All stops at once, one mail says so, and a new token goes on where the old one
ended. Real sockets; the app's own journal is the witness.
"""

import asyncio
from collections import Counter
from pathlib import Path
from typing import Any

import httpx
import pytest
from tests.engine.world import World
from tests.journeys.company import Company, company_with
from tests.mail_server import running_mail_server
from tests.sandboxes import running_sandbox

from seatkeeper.connectors.http import Answer, Wire
from seatkeeper.connectors.scim_app import scim_target
from seatkeeper.gallery.schema import gallery_app
from seatkeeper.provisioning.cycle import CycleState
from seatkeeper.provisioning.journal import HealthState

PEOPLE = [f"person{number}" for number in range(30)]
TRIES = 600
"""Looks before a test gives up; an app in quarantine is probed by itself once an hour."""


@pytest.mark.parametrize("after", [25, 45], ids=["while it looks up", "while it writes"])
@pytest.mark.fault("T5")
async def test_at_most_two_requests_start_after_the_first_refusal_was_read(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, after: int
) -> None:
    started_late, refused = 0, False
    send = Wire.send

    async def watched(wire: Wire, *said: Any, **more: Any) -> Answer:
        nonlocal started_late, refused
        started_late += refused
        answer = await send(wire, *said, **more)
        refused = refused or answer.status == 401
        return answer

    monkeypatch.setattr(Wire, "send", watched)
    await world.connect()
    for name in PEOPLE:
        await world.hire(name)
    await world.assign(*PEOPLE)
    faults = f"token-expires after={after}"
    async with running_sandbox("15five", tmp_path / "app.db", faults=faults) as box:
        target = scim_target(
            gallery_app("15five"),
            box.base_url,
            box.token,
            allow_loopback=True,
            requests_per_second=20,  # after the first second's worth everybody waits for a turn
        )

        cycle = await world.run(target=target)
        await target.close()

    assert refused
    assert started_late <= 2
    assert cycle.state is CycleState.SUSPENDED
    assert await world.waits() == {}


@pytest.mark.fault("T5")
async def test_at_most_two_requests_start_after_the_first_refusal_where_many_are_under_way(
    open_app: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    started_late, refused, under_way, widest = 0, False, 0, 0
    send = Wire.send

    async def watched(wire: Wire, *said: Any, **more: Any) -> Answer:
        nonlocal started_late, refused, under_way, widest
        started_late += refused
        under_way += 1
        widest = max(widest, under_way)
        answer = await send(wire, *said, **more)
        under_way -= 1
        refused = refused or answer.status == 401
        return answer

    monkeypatch.setattr(Wire, "send", watched)
    many = [f"person{number}" for number in range(200)]
    open_app.most_at_once = 32
    await open_app.connect()
    for name in many:
        await open_app.hire(name)
    await open_app.assign(*many)
    faults = "token-expires after=150"
    async with running_sandbox("generic-scim", tmp_path / "app.db", faults=faults) as box:
        target = scim_target(
            gallery_app("generic-scim"), box.base_url, box.token, allow_loopback=True
        )

        cycle = await open_app.run(target=target)
        await target.close()

    assert refused
    assert widest > 8
    assert started_late <= 2
    assert cycle.state is CycleState.SUSPENDED
    assert await open_app.waits() == {}


async def stopped(company: Company) -> None:
    """Return once the engine has put the app in quarantine."""
    for _ in range(TRIES):
        if (await company.opened.ledger.health("15five")).state is HealthState.QUARANTINED:
            return
        await asyncio.sleep(0.05)
    raise AssertionError("the app is not in quarantine")


async def finished(company: Company) -> None:
    """Return once no cycle is open."""
    for _ in range(TRIES):
        if await company.opened.ledger.unfinished("15five") is None:
            return
        await asyncio.sleep(0.05)
    raise AssertionError("the cycle does not go on")


@pytest.mark.fault("T5")
async def test_at_most_two_messages_of_several_people_leave_after_the_first_refusal(
    open_app: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    started_late, refused, sent = 0, False, list[str]()
    send = Wire.send

    async def watched(wire: Wire, method: str, path: str, *said: Any, **more: Any) -> Answer:
        nonlocal started_late, refused
        started_late += refused
        sent.append(f"{method} {path}")
        answer = await send(wire, method, path, *said, **more)
        refused = refused or answer.status == 401
        return answer

    monkeypatch.setattr(Wire, "send", watched)
    await open_app.connect()
    for name in PEOPLE:
        await open_app.hire(name)
    await open_app.assign(*PEOPLE)
    faults = f"token-expires after={len(PEOPLE) + 2}"  # a look-up each, a question, a message
    async with running_sandbox("generic-scim", tmp_path / "app.db", faults=faults) as box:
        target = scim_target(
            gallery_app("generic-scim"), box.base_url, box.token, allow_loopback=True, bulk=True
        )

        cycle = await open_app.run(target=target)
        await target.close()

    assert refused
    assert "POST /Bulk" in sent
    assert started_late <= 2
    assert cycle.state is CycleState.SUSPENDED
    assert await open_app.waits() == {}


@pytest.mark.fault("T5")
async def test_a_new_token_goes_on_at_once_with_one_mail_and_nothing_twice(tmp_path: Path) -> None:
    told = "notification: {email: it@larkspur.example, on_failure: true}"
    with running_mail_server() as mail:
        smtp = {"smtp_host": mail.host, "smtp_port": mail.port, "smtp_starttls": False}
        async with (
            company_with("15five", tmp_path, **smtp) as company,
            httpx.AsyncClient(base_url=company.box.site) as visitor,
        ):
            for name in PEOPLE:
                await company.person(name)
            await company.connect(people=PEOPLE, more=told)
            await visitor.put("/_sandbox/faults", content="*: token-expired after=45")
            engine = company.opened.running.runner()
            working = asyncio.create_task(engine.run())

            await stopped(company)
            issued = (await visitor.post("/_sandbox/tokens", json={"as": "admin"})).json()
            await company.connect(people=PEOPLE, more=told, token=issued["token"])
            await finished(company)
            engine.stop()
            await working
            await company.opened.messages.posting().round()

            asked = await company.box.requests()
            held = Counter(one["userName"] for one in (await company.box.dump())["users"])
            assert held == {f"{name}@larkspur.example": 1 for name in PEOPLE}
            made = [one for one in asked if one["method"] == "POST" and one["status"] == 201]
            assert len(made) == len(PEOPLE)
            subjects = [str(one["Subject"]) for one in mail.messages]
            assert subjects[0] == "Seatkeeper: provisioning to 15Five has stopped"
            assert subjects[1:] == ["Seatkeeper: provisioning to 15Five works again"]
            assert (await company.opened.ledger.health("15five")).state is HealthState.WELL
            assert await company.opened.ledger.escrows("15five") == []
            await company.requests_since()
            await company.nothing_more()
