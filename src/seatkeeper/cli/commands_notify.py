"""Commands about who is told: notify test, list, deliver, secret."""

import cyclopts
from rich.table import Table
from rich.text import Text

from seatkeeper.cli.out import DONE, FAILED, actor, installation, print_json, show, speak
from seatkeeper.cli.parameters import Json
from seatkeeper.clock import utc_now
from seatkeeper.configuration.applying import settings_of
from seatkeeper.engine.posting import Told
from seatkeeper.errors import NotFound
from seatkeeper.notify.rendering import subject
from seatkeeper.notify.webhook import shown_key
from seatkeeper.ports import Delivery
from seatkeeper.words import number_of

NOBODY = (
    "Nobody is told. Name an address in the app's file (notification) or with "
    "SEATKEEPER_NOTIFY_EMAIL or SEATKEEPER_NOTIFY_WEBHOOK; mail needs SEATKEEPER_SMTP_HOST."
)


def register(app: cyclopts.App) -> None:
    """Add these commands to the command line."""
    notify = cyclopts.App(name="notify", help="Who is told what, by mail and webhook.")
    notify.command(test)
    notify.command(listed, name="list")
    notify.command(deliver)
    notify.command(secret)
    app.command(notify)


async def test(app_id: str | None = None, /, *, json: Json = False) -> int:
    """Tell everybody who listens that this is a test, and say what became of it.

    Parameters
    ----------
    app_id
        Whoever hears of this app; without it, whoever hears of any.
    """
    async with installation() as opened:
        if app_id is not None:
            await opened.configuration.app(app_id)
        told = await opened.messages.test(app_id, by="seatkeeper notify test")
    rows = [_told(one) for one in told]
    if not rows and not json:
        show(NOBODY)
    for row in rows:
        if json:
            print_json(row)
        else:
            show(f"{row['channel']} {row['address']}: {row['result']}")
    failed = any(row["error"] for row in rows)
    return FAILED if failed or not rows else DONE


async def listed(*, limit: int = 50, json: Json = False) -> int:
    """List what was told to whom, and what could not be yet, newest first.

    Parameters
    ----------
    limit
        At most so many.
    """
    async with installation() as opened:
        found = await opened.ledger.deliveries(limit=limit)
    if not found and not json:
        show("Nobody was told anything.")
        return DONE
    table = Table(box=None, pad_edge=False)
    for title in ("Made", "To", "Subject", "State"):
        table.add_column(title, overflow="fold")
    for one in found:
        table.add_row(
            Text(f"{one.at:%Y-%m-%d %H:%M}"),
            Text(one.parcel.address),
            Text(subject(one.parcel)),
            Text(_state(one)),
        )
    speak((_plain(one) for one in found), table, json=json)
    return DONE


async def deliver(*, json: Json = False) -> int:
    """Look for apps that are silent, and send what waits; a timer may call it where no server runs.

    Fails while something could not be sent.
    """
    async with installation() as opened:
        silent = await opened.housekeeping.silence_watch().look(utc_now())
        sent = await opened.messages.posting().round()
        waiting = [one for one in await opened.ledger.deliveries(limit=1000) if not one.sent_at]
    if json:
        print_json({"sent": sent, "waiting": len(waiting), "silent": list(silent)})
    else:
        words = (
            f"Sent: {number_of(sent, 'message')}. Waiting: {number_of(len(waiting), 'message')}."
        )
        show(words + (f" Silent: {', '.join(silent)}." if silent else ""))
        for one in waiting:
            show(f"  {one.parcel.address}: {one.last_error or 'its time has not come yet'}")
    return FAILED if any(one.last_error for one in waiting) else DONE


async def secret(app_id: str | None = None, /, *, json: Json = False) -> int:
    """Show the key that signs what a webhook receives; noted in the audit trail.

    Parameters
    ----------
    app_id
        The webhook of this app; without it, the one that hears of all.
    """
    async with installation() as opened:
        if app_id is None:
            url = opened.settings.notify_webhook
        else:
            url = settings_of(await opened.configuration.app(app_id)).notification.webhook
        if not url:
            raise NotFound(
                "There is no such webhook.",
                advice="Name its URL in the app's file (notification.webhook) or with "
                "SEATKEEPER_NOTIFY_WEBHOOK.",
            )
        key = shown_key(opened.messages.webhook_key(url))
        await opened.configuration.record_decision(
            actor(), "webhook.reveal", app_id or "all apps", {"url": url}
        )
    speak([{"url": url, "key": key}], f"Signing key of {url}:\n\n  {key}", json=json)
    return DONE


def _told(told: Told) -> dict[str, object]:
    return {
        "channel": told.to.channel.value,
        "address": told.to.address,
        "result": told.error or "taken",
        "error": told.error,
    }


def _state(one: Delivery) -> str:
    if one.sent_at is not None:
        return f"sent {one.sent_at:%Y-%m-%d %H:%M}"
    if not one.last_error:
        return "waits"
    again = f"; next try {one.next_try:%H:%M} UTC" if one.next_try else ""
    return f"{number_of(one.attempts, 'try', 'tries')}{again}: {one.last_error}"


def _plain(one: Delivery) -> dict[str, object]:
    return {
        "id": one.key,
        "channel": one.parcel.channel.value,
        "address": one.parcel.address,
        "subject": subject(one.parcel),
        "topics": [message.topic.value for message in one.parcel.messages],
        "digest": one.parcel.digest,
        "at": one.at.isoformat(timespec="seconds"),
        "sent_at": one.sent_at.isoformat(timespec="seconds") if one.sent_at else None,
        "attempts": one.attempts,
        "next_try": one.next_try.isoformat(timespec="seconds") if one.next_try else None,
        "last_error": one.last_error,
    }
