"""What goes wrong in an ordinary week: each has clear words, and loses nothing."""

import asyncio
import datetime as dt
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from tests.journeys.company import Company
from tests.mail_server import running_mail_server
from tests.sandboxes import running_sandbox

from seatkeeper.bootstrap import Installation
from seatkeeper.clock import utc_now
from seatkeeper.connectors.people_files import check_people_file
from seatkeeper.engine.posting import Posting
from seatkeeper.errors import (
    CredentialsRejected,
    Incompatible,
    InvalidFile,
    Occupied,
    Unreachable,
)
from seatkeeper.ports import UserEdit
from seatkeeper.provisioning.cycle import CycleState
from seatkeeper.provisioning.journal import HealthState

pytestmark = pytest.mark.journey


async def test_a_wrong_token_stops_the_app_says_so_and_the_right_one_goes_on(
    company: Company,
) -> None:
    await company.person("ada")
    await company.connect(people=["ada"], token="wrong")

    with pytest.raises(CredentialsRejected) as caught:
        await company.opened.test_connection("15five")
    stopped = await company.attempt()

    health = await company.opened.ledger.health("15five")
    assert caught.value.advice
    assert "wrong" not in str(caught.value)
    assert not stopped.finished
    assert health.state is HealthState.QUARANTINED
    assert await company.account("ada") is None
    await company.connect(people=["ada"])
    await company.run()
    assert await company.account("ada") is not None


@pytest.mark.fault("T6")
async def test_a_member_without_admin_permission_makes_a_token_that_is_refused(
    company: Company,
) -> None:
    async with company.box.client() as client:
        answer = await client.post(f"{company.box.site}/_sandbox/tokens", json={"as": "member"})
    await company.connect(token=answer.json()["token"])

    with pytest.raises(CredentialsRejected) as caught:
        await company.opened.test_connection("15five")

    assert caught.value.status == 403
    assert "allows it nothing" in caught.value.message
    assert "admin" in caught.value.advice.lower()


@pytest.mark.parametrize("url", ["larkspur.15five.com/scim/v2", "ftp://app.example/scim"])
async def test_an_address_without_a_usable_scheme_is_refused_before_anything_is_stored(
    company: Company, url: str
) -> None:
    with pytest.raises(InvalidFile) as caught:
        await company.connect(base_url=url)

    [fault] = caught.value.faults
    assert "http" in fault.text
    assert list(await company.opened.configuration.apps()) == []


@asynccontextmanager
async def answering(body: bytes) -> AsyncIterator[str]:
    """Run a web server that answers everything with one HTML page."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        head = f"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: {len(body)}\r\n\r\n"
        writer.write(head.encode() + body)
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    async with server:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/scim/v2"


@pytest.mark.fault("T7")
async def test_a_web_page_instead_of_scim_is_recognised_and_said(company: Company) -> None:
    async with answering(b"<html><h1>Welcome</h1></html>") as url:
        await company.connect(base_url=url)

        with pytest.raises(Incompatible) as caught:
            await company.opened.test_connection("15five")

    assert "SCIM" in caught.value.message
    assert caught.value.advice


@pytest.mark.fault("T15")
async def test_an_app_that_goes_down_in_the_middle_is_gone_on_with_and_nothing_is_twice(
    tmp_path: Path, company: Company
) -> None:
    names = [f"person{number:02}" for number in range(40)]
    only_five_are_answered = "POST /Users: latency 60s after=5"
    for name in names:
        await company.person(name)
    async with running_sandbox(
        "15five", tmp_path / "flaky.db", token="flaky", faults=only_five_are_answered
    ) as flaky:
        await company.connect(people=names, base_url=flaky.base_url, token="flaky")
        running = asyncio.create_task(company.attempt())
        while len((await flaky.dump())["users"]) < 5:  # noqa: ASYNC110 - the app is asked
            await asyncio.sleep(0)
    suspended = await running
    waits = await company.opened.ledger.health("15five")
    async with running_sandbox("15five", tmp_path / "flaky.db", token="flaky") as back:
        await company.connect(people=names, base_url=back.base_url, token="flaky")

        await company.run()
        again = await company.run()

        held = [one["userName"].partition("@")[0] for one in (await back.dump())["users"]]
    assert suspended.state is CycleState.SUSPENDED
    assert waits.state is HealthState.AWAY
    assert waits.advice
    assert sorted(held) == names
    assert again.counters.requests == 0


@pytest.mark.fault("T2")
async def test_an_app_that_is_not_there_is_named_and_nothing_is_lost(company: Company) -> None:
    await company.connect(base_url="http://127.0.0.1:9/scim/v2".replace(":9/", ":1999/"))

    with pytest.raises(Unreachable) as caught:
        await company.opened.test_connection("15five")

    assert "127.0.0.1" in caught.value.message
    assert caught.value.advice


@pytest.mark.fault("S3")
async def test_a_broken_line_seven_thousand_is_named_and_nothing_is_written(
    tmp_path: Path, company: Company
) -> None:
    rows = [f"person{number}@larkspur.example,Title" for number in range(10_000)]
    rows[6_998] = '"person6998@larkspur.example",Title,too,many'
    file = tmp_path / "people.csv"
    file.write_text("userPrincipalName,jobTitle\n" + "\n".join(rows) + "\n", encoding="utf-8")

    with pytest.raises(InvalidFile) as caught:
        check_people_file(file)

    [fault] = caught.value.faults
    assert fault.line == 7_000
    assert "nothing was changed" in caught.value.message
    assert list(await company.opened.directory.all_users()) == []


async def test_somebody_without_an_e_mail_address_waits_alone_until_it_is_there(
    company: Company,
) -> None:
    await company.person("ada")
    await company.person("elif", mail=None)
    await company.connect(people=["ada", "elif"])

    first = await company.run()
    told = await company.opened.explain("15five", "elif@larkspur.example")
    fill = UserEdit({"mail": "elif@larkspur.example"})
    await company.opened.directory.edit_user(company.ids["elif"], fill, actor="test")
    await company.run()

    assert (first.counters.created, first.counters.failed) == (1, 1)
    assert "mail is empty" in told.answer
    assert told.code == "MissingValues"
    assert await company.account("elif") is not None


@pytest.mark.fault("S4")
async def test_two_people_with_one_matching_value_both_wait_until_they_differ(
    company: Company,
) -> None:
    await company.person("ada", mail="shared@larkspur.example")
    await company.person("eve", mail="Shared@larkspur.example")
    await company.connect(people=["ada", "eve"])

    first = await company.run()
    apart = UserEdit({"mail": "eve@larkspur.example"})
    await company.opened.directory.edit_user(company.ids["eve"], apart, actor="test")
    await company.run()

    assert (first.counters.created, first.counters.failed) == (0, 2)
    assert await company.account("ada") is not None
    assert await company.account("eve") is not None


@pytest.mark.fault("L5")
async def test_a_second_engine_on_one_database_is_refused_with_the_first_ones_process(
    company: Company,
) -> None:
    with company.opened.lock():
        second = Installation.open(company.opened.settings)
        try:
            with pytest.raises(Occupied) as caught:
                second.lock().acquire()
        finally:
            await second.close()

    assert "already runs" in caught.value.message
    assert caught.value.advice


def hours_later(company: Company, hours: int) -> Posting:
    moment = utc_now() + dt.timedelta(hours=hours, minutes=hours)
    return replace(company.opened.messages.posting(), now=lambda: moment)


async def test_a_failure_is_mailed_once_and_again_only_after_it_had_ended(
    company: Company,
) -> None:
    await company.person("elif", mail=None)
    more = "notification: {email: it@larkspur.example, on_failure: true}"
    await company.connect(people=["elif"], more=more)
    fill, clear = UserEdit({"mail": "elif@larkspur.example"}), UserEdit({"mail": None})
    with running_mail_server() as server:
        await company.mails_go_to(server)

        for hours, edit in enumerate((None, UserEdit({"jobTitle": "Same fault"}), fill, clear)):
            if edit is not None:
                await company.opened.directory.edit_user(company.ids["elif"], edit, actor="t")
            await company.run()
            await hours_later(company, hours).round()

        subjects = [str(message["Subject"]) for message in server.messages]
    assert subjects == ["Seatkeeper: 1 record could not be provisioned to 15Five"] * 2
