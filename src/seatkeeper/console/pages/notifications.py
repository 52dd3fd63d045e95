"""The page of who is told: addresses, what was told to whom, a test, and the webhook's key.

After sign-in. Addresses are named elsewhere (an app's settings, the process's); here
they are seen. What came of the last test is kept in memory, as connection tests are.
"""

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Final
from urllib.parse import urlsplit

from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from seatkeeper.clock import utc_now
from seatkeeper.configuration.applying import settings_of
from seatkeeper.console.desk import Desk
from seatkeeper.console.doors import SEE_OTHER, Doors
from seatkeeper.console.language import _
from seatkeeper.console.views.values import Pill
from seatkeeper.console.visit import Visit
from seatkeeper.console.words import clock, visible
from seatkeeper.engine.posting import Told
from seatkeeper.errors import NotFound
from seatkeeper.notify.rendering import subject
from seatkeeper.notify.webhook import shown_key
from seatkeeper.ports import Delivery
from seatkeeper.provisioning.message import CHOOSABLE
from seatkeeper.provisioning.telling import Channel, Listener

PLACE: Final = "/settings/notifications"
SHOWN: Final = 30
"""Messages on the page, newest first."""


class NotificationsPages:
    """Who hears what."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._tested: tuple[dt.datetime, Sequence[Told]] | None = None

    def routes(self, doors: Doors) -> list[Route]:
        """Return the routes of these pages."""
        return [
            doors.route("GET", PLACE, self.show),
            doors.route("POST", f"{PLACE}/test", self.test),
            doors.route("POST", f"{PLACE}/key", self.key),
        ]

    async def show(self, visit: Visit) -> Response:
        """List who listens, and what was told."""
        return await self._show(visit)

    async def test(self, visit: Visit) -> Response:
        """Tell everybody who listens that this is a test."""
        work = self._desk.work
        told = await work.tell_test(by=_("Send a test"))
        self._tested = (utc_now(), told)
        said = {"told": len(told), "failed": sum(bool(one.error) for one in told)}
        actor = visit.administrator.email
        await work.configuration.record_decision(actor, "notify.test", "all apps", said)
        return RedirectResponse(f"{PLACE}?tested=1", SEE_OTHER)

    async def key(self, visit: Visit) -> Response:
        """Show the key of the webhook that hears of all apps; only this answer has it."""
        work = self._desk.work
        url = work.settings.notify_webhook
        if not url:
            raise NotFound(_("No webhook hears of every app."))
        actor = visit.administrator.email
        await work.configuration.record_decision(actor, "webhook.reveal", "all apps", {"url": url})
        return await self._show(visit, key=shown_key(work.webhook_key(url)))

    async def _show(self, visit: Visit, *, key: str = "") -> Response:
        work, now = self._desk.work, utc_now()
        audience = await work.audience()
        names = {
            one.application.id: settings_of(one).name for one in await work.configuration.apps()
        }
        tested: Sequence[Mapping[str, object]] = ()
        if self._tested is not None and "tested" in visit.request.query_params:
            tested = [
                {"address": _address(one.to), "error": visible(one.error, 300)}
                for one in self._tested[1]
            ]
        return self._desk.templates.page(
            "notifications.html",
            visit=visit,
            key=key,
            tested=tested,
            tested_at=clock(self._tested[0], now) if tested and self._tested else "",
            nobody="tested" in visit.request.query_params and not tested,
            listeners=[_listener(one, names) for one in audience.listeners],
            has_webhook=bool(work.settings.notify_webhook),
            mail=_mail(work.settings.smtp_host, work.settings.smtp_port),
            digest_hours=work.settings.notify_digest_hours,
            messages=[_message(one, now) for one in await work.deliveries(limit=SHOWN)],
        )


def _mail(host: str, port: int) -> str:
    return f"{host}:{port}" if host else ""


def _address(to: Listener) -> str:
    return visible(_host(to.address) if to.channel is Channel.WEBHOOK else to.address, 200)


def _host(url: str) -> str:
    """Return where a webhook is, without the path, which often is its secret."""
    parts = urlsplit(url)
    port = f":{parts.port}" if parts.port else ""
    return f"{parts.scheme}://{parts.hostname}{port}/…"


def _listener(one: Listener, names: Mapping[str, str]) -> Mapping[str, object]:
    everything = set(CHOOSABLE) <= one.topics
    return {
        "channel": _("Webhook") if one.channel is Channel.WEBHOOK else _("Mail"),
        "address": _address(one),
        "app_id": one.app_id or "",
        "app": visible(names.get(one.app_id, one.app_id), 60) if one.app_id else "",
        "topics": _("everything")
        if everything
        else ", ".join(topic.value for topic in CHOOSABLE if topic in one.topics),
    }


def _message(one: Delivery, now: dt.datetime) -> Mapping[str, object]:
    webhook = one.parcel.channel is Channel.WEBHOOK
    if one.sent_at is not None:
        pill = Pill(_("Sent"), "create")
    elif one.last_error:
        pill = Pill(_("Will be tried again"), "disable")
    else:
        pill = Pill(_("Waits"), "quiet")
    return {
        "at": clock(one.at, now),
        "address": visible(_host(one.parcel.address) if webhook else one.parcel.address, 200),
        "subject": visible(subject(one.parcel), 200),
        "pill": pill,
        "error": visible(one.last_error, 200) if one.sent_at is None else "",
    }
