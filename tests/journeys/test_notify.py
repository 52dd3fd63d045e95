"""The commands about who is told, and people who are told by mail and webhook at once."""

import datetime as dt
import json
from collections.abc import Iterator

import pytest
from tests.journeys.company import Company
from tests.journeys.conftest import Typed
from tests.mail_server import MailServer, running_mail_server
from tests.webhook_receiver import Receiver, running_receiver

from seatkeeper.clock import utc_now
from seatkeeper.configuration.applying import change_settings
from seatkeeper.errors import BadInput
from seatkeeper.notify.webhook import shown_key
from seatkeeper.settings import read_settings

pytestmark = pytest.mark.journey


@pytest.fixture
def mail(monkeypatch: pytest.MonkeyPatch) -> Iterator[MailServer]:
    with running_mail_server() as server:
        monkeypatch.setenv("SEATKEEPER_SMTP_HOST", server.host)
        monkeypatch.setenv("SEATKEEPER_SMTP_PORT", str(server.port))
        monkeypatch.setenv("SEATKEEPER_SMTP_STARTTLS", "false")
        yield server


@pytest.fixture
def hook(monkeypatch: pytest.MonkeyPatch) -> Iterator[Receiver]:
    with running_receiver() as receiver:
        monkeypatch.setenv("SEATKEEPER_NOTIFY_WEBHOOK", receiver.url)
        monkeypatch.setenv("SEATKEEPER_NOTIFY_ALLOW_LOOPBACK", "true")
        yield receiver


TOLD = "notification: {email: 'it@larkspur.example, hr@larkspur.example', on_failure: true}"


async def test_a_test_reaches_everybody_who_listens_and_says_so(
    company: Company, typed: Typed, mail: MailServer, hook: Receiver
) -> None:
    await company.connect(more=TOLD)

    status, out, _ = await typed("notify", "test", "15five")

    assert status == 0
    assert out.splitlines() == [
        f"webhook {hook.url}: taken",
        "mail it@larkspur.example: taken",
        "mail hr@larkspur.example: taken",
    ]
    assert len(mail.messages) == 2
    assert json.loads(hook.received[0].body)["messages"][0]["topic"] == "test"


async def test_a_test_that_fails_says_why_and_what_to_do(
    company: Company, typed: Typed, hook: Receiver
) -> None:
    await company.connect()
    hook.answers.append(404)

    status, out, _ = await typed("notify", "test")

    assert status == 1
    assert "answered 404" in out
    assert 'It said: "busy"' in out


async def test_where_nobody_listens_a_test_says_how_to_name_somebody(
    company: Company, typed: Typed
) -> None:
    status, out, _ = await typed("notify", "test")

    assert status == 1
    assert "SEATKEEPER_NOTIFY_EMAIL" in out


async def test_a_failure_is_told_by_mail_and_webhook_and_listed(
    company: Company, typed: Typed, mail: MailServer, hook: Receiver
) -> None:
    await company.person("elif", mail=None)
    await company.connect(people=["elif"], more=TOLD)

    await typed("run", "15five")
    _, listed, _ = await typed("notify", "list", "--json")

    rows = [json.loads(line) for line in listed.splitlines()]
    assert sorted(str(one["To"]) for one in mail.messages) == [
        "hr@larkspur.example",
        "it@larkspur.example",
    ]
    assert json.loads(hook.received[0].body)["messages"][0]["names"] == ["Elif Larsen"]
    assert {row["subject"] for row in rows} == {
        "Seatkeeper: 1 record could not be provisioned to 15Five"
    }
    assert all(row["sent_at"] for row in rows)


async def test_what_could_not_be_sent_waits_is_listed_with_the_reason_and_sent_by_a_timer(
    company: Company, typed: Typed, hook: Receiver
) -> None:
    await company.person("elif", mail=None)
    await company.connect(people=["elif"])
    hook.answers += [503, 503]

    await typed("run", "15five")
    status, out, _ = await typed("notify", "deliver")
    _, listed, _ = await typed("notify", "list")

    assert status == 1
    assert "Waiting: 1 message" in out
    assert "answered 503" in " ".join(listed.split())
    assert len(hook.received) == 1


async def test_the_key_of_a_webhook_is_shown_and_that_is_noted(
    company: Company, typed: Typed, hook: Receiver
) -> None:
    status, out, _ = await typed("notify", "secret")

    [newest, *_] = await company.opened.configuration.audit(limit=1)
    assert status == 0
    assert shown_key(company.opened.messages.webhook_key(hook.url)) in out
    assert (newest.action, newest.subject) == ("webhook.reveal", "all apps")


async def test_kinds_narrow_what_is_told(
    company: Company, typed: Typed, hook: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SEATKEEPER_NOTIFY_KINDS", "removals, stopped")
    await company.person("elif", mail=None)
    await company.connect(people=["elif"])

    await typed("run", "15five")

    assert hook.received == []


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("NOTIFY_KINDS", "stoped", "Did you mean stopped?"),
        ("NOTIFY_EMAIL", "it-larkspur", "no e-mail address"),
        ("NOTIFY_WEBHOOK", "http://hooks.larkspur.example/x", "not encrypted"),
        ("NOTIFY_DIGEST_HOURS", "0", "notify_digest_hours"),
    ],
)
async def test_a_setting_that_cannot_be_used_is_named(
    typed: Typed, monkeypatch: pytest.MonkeyPatch, name: str, value: str, words: str
) -> None:
    monkeypatch.setenv(f"SEATKEEPER_{name}", value)

    status, _, complaint = await typed("notify", "test")

    assert status == 1
    assert words in complaint


def test_settings_of_messages_have_defaults_that_tell_nobody() -> None:
    settings = read_settings({})

    assert (settings.notify_email, settings.notify_webhook) == ("", "")


async def test_an_apps_document_keeps_its_webhook_and_kinds(company: Company, typed: Typed) -> None:
    told = (
        "notification: {email: it@larkspur.example, on_failure: true, "
        "webhook: 'https://hooks.larkspur.example/x', kinds: [stopped, removals]}"
    )
    await company.connect(more=told)

    _, exported, _ = await typed("export-config")

    assert "webhook: https://hooks.larkspur.example/x" in exported
    assert "- stopped" in exported
    with pytest.raises(BadInput):
        await company.connect(more=told.replace("stopped", "stoped"))


async def test_the_end_of_an_apps_token_is_told_once_for_each_stage_and_shown(
    company: Company, typed: Typed, mail: MailServer
) -> None:
    soon = (utc_now() + dt.timedelta(days=5)).date().isoformat()
    await company.connect(more=TOLD)
    await change_settings(company.opened.configuration, "15five", actor="test", secret_expires=soon)
    await company.mails_go_to(mail)
    runner = company.opened.running.runner()

    for _ in range(2):
        company.opened.housekeeping._purged_at = None
        await runner.housekeeping()
        await runner.posting.round()
        await company.run()
    _, out, _ = await typed("status", "15five")

    subjects = [str(one["Subject"]) for one in mail.messages]
    assert subjects == ["Seatkeeper: the token of 15Five expires in 4 days"] * 2  # two addresses
    assert "The token of 15Five expires in 4 days" in out
