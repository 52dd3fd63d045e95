"""Before a source's token ends, whoever is told of failures hears of it in good time."""

import asyncio
import datetime as dt
import json

import pytest
from tests.console_visitor import signed_in
from tests.journeys.company import Company
from tests.journeys.conftest import Typed
from tests.journeys.test_inbound import served, token
from tests.mail_server import running_mail_server

from seatkeeper.cli.main import run
from seatkeeper.clock import utc_now
from seatkeeper.console.starting import SKIPPED
from seatkeeper.engine.runner import EngineRunner

pytestmark = pytest.mark.journey

TOLD = "notification: {email: it@larkspur.example, on_failure: true}"


async def hours_pass(company: Company, runner: EngineRunner) -> None:
    """Let the engine look twice, as it does each hour, and tell what is to be told."""
    for _ in range(2):
        company.opened.housekeeping._purged_at = None
        await runner.housekeeping()
        await runner.posting.round()


async def test_each_stage_is_mailed_once(company: Company) -> None:
    await company.connect(more=TOLD)
    day = dt.timedelta(days=1)
    token(company, "far", lasts=40 * day)
    token(company, "month", lasts=20 * day)
    token(company, "week", lasts=5 * day)
    token(company, "gone", made=utc_now() - 9 * day, lasts=8 * day)
    with running_mail_server() as server:
        await company.mails_go_to(server)

        await hours_pass(company, company.opened.running.runner())

    assert {str(one["To"]) for one in server.messages} == {"it@larkspur.example"}
    assert sorted(str(one["Subject"]) for one in server.messages) == [
        "Seatkeeper: the token of gone has expired",
        "Seatkeeper: the token of month expires in 19 days",
        "Seatkeeper: the token of week expires in 4 days",
    ]
    assert all("seatkeeper token create --source" in str(one) for one in server.messages)


async def test_nobody_is_mailed_who_did_not_ask(company: Company) -> None:
    await company.connect(more="notification: {email: it@larkspur.example, on_failure: false}")
    token(company, lasts=dt.timedelta(days=5))

    with running_mail_server() as server:
        await company.mails_go_to(server)

        await hours_pass(company, company.opened.running.runner())

    assert server.messages == []


async def test_the_status_page_and_the_commands_say_so(
    company: Company, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("SEATKEEPER_HOME", str(company.opened.settings.home))
    await company.connect()  # before there is an app, Home leads to the first steps
    token(company, lasts=dt.timedelta(days=5))
    await company.opened.configuration.record_decision("ana", SKIPPED, "installation", {})
    async with served(company) as url:
        async with signed_in(company.opened, url.removesuffix("/scim/v2")) as visitor:
            page = (await visitor.get("/")).text
            facts = (await visitor.get("/status.json")).json()
    said = {}
    for words in (("token", "check"), ("token", "check", "--json"), ("token", "list"), ("status",)):
        status = await asyncio.to_thread(run, list(words))
        said[words] = (status, capsys.readouterr().out)

    title = "The token of hr expires in 4 days"
    assert title in page
    assert "<code>seatkeeper token create --source hr</code>" in page
    assert [one["title"] for one in facts["tokens"]] == [title]
    assert said["token", "check"][0] == 1
    assert title in said["token", "check"][1]
    assert json.loads(said["token", "check", "--json"][1])["stage"] == "week"
    assert {"(in", "4", "days)"} <= set(said["token", "list"][1].split())
    assert title in said["status",][1]


async def test_a_source_whose_token_lasts_needs_nobody(
    company: Company, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("SEATKEEPER_HOME", str(company.opened.settings.home))
    token(company)

    status = await asyncio.to_thread(run, ["token", "check"])

    assert (status, capsys.readouterr().out) == (0, "No source needs a new token.\n")


async def test_whoever_replaced_a_token_is_not_asked_to_renew_the_old_one(
    company: Company, typed: Typed
) -> None:
    token(company, lasts=dt.timedelta(days=365), made=utc_now() - dt.timedelta(days=360))
    [held] = company.opened.source_tokens.tokens()

    status, said, _ = await typed("token", "replace", held.id)
    asked, _, _ = await typed("token", "check")
    again, _, complaint = await typed("token", "replace", held.id, "--at-once")
    listed = json.loads((await typed("token", "list", "--json"))[1].splitlines()[-1])

    assert (status, asked, again) == (0, 0, 1)
    assert f"The old one, ending in {held.last_four}, works until" in said
    assert "was replaced already" in complaint
    assert (listed["id"], listed["state"]) == (held.id, "usable")
    assert listed["replaced_at"] is not None
