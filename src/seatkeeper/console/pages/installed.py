"""The pages of what holds for every app, and of what this installation is: Organisation, About.

After sign-in, to be read only: these settings are variables or a file of whoever
starts the server, so each line says which. No secret stands in any of them.
"""

import asyncio
import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from starlette.responses import Response
from starlette.routing import Route

from seatkeeper.clock import utc_now
from seatkeeper.console.desk import Desk
from seatkeeper.console.doors import Doors
from seatkeeper.console.language import _, ngettext
from seatkeeper.console.views.app_card import app_card
from seatkeeper.console.views.health import HealthLine, health_lines, health_of, unusable_line
from seatkeeper.console.visit import Visit
from seatkeeper.console.words import clock, visible
from seatkeeper.errors import SeatkeeperError
from seatkeeper.facts.apps import app_plain
from seatkeeper.facts.installed import StoreFacts, parts
from seatkeeper.settings import Settings

LICENCE: Final = "Apache-2.0"
LATEST: Final = 50
"""So many of the latest messages are looked at."""


@dataclass(frozen=True, slots=True)
class Line:
    """One thing that is set: what it is, how it is, and the variable that changes it."""

    name: str
    value: str
    variable: str = ""


class InstalledPages:
    """How this installation is set up."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def routes(self, doors: Doors) -> list[Route]:
        """Return the routes of these pages."""
        return [
            doors.route("GET", "/settings/organisation", self.organisation),
            doors.route("GET", "/settings/about", self.about),
        ]

    async def organisation(self, visit: Visit) -> Response:
        """Show names, addresses and limits that hold for every app."""
        settings = self._desk.work.settings
        return self._desk.templates.page(
            "organisation.html",
            visit=visit,
            groups=[
                (_("Addresses"), _addresses(settings)),
                (_("Language and time"), _spoken()),
                (_("People"), _people(settings)),
                (_("How long things are kept"), _kept(settings)),
            ],
        )

    async def about(self, visit: Visit) -> Response:
        """Show version, licences, where the data lie, and what was looked at to call it healthy."""
        work, now = self._desk.work, utc_now()
        store: StoreFacts | None = None
        try:
            store = await asyncio.to_thread(work.store_facts)
            lines = await self._looked_at(store, now)
        except SeatkeeperError as error:
            lines = [unusable_line(error.message)]
        return self._desk.templates.page(
            "about.html",
            visit=visit,
            licence=LICENCE,
            store=_store(store) if store else (),
            home=visible(work.settings.home, 300),
            health=health_of(lines),
            lines=lines,
            now=clock(now, now),
            parts=parts(),
        )

    async def _looked_at(self, store: StoreFacts, now: dt.datetime) -> Sequence[HealthLine]:
        """Look at everything that "Healthy" speaks of."""
        work = self._desk.work
        stored = await work.configuration.apps()
        cards = [app_card(await app_plain(work, one), now) for one in stored]
        ends = [one.title for one in work.token_ends(now)]
        ends += [one.title for one in await work.secret_ends(now)]
        return health_lines(store, cards, await work.deliveries(limit=LATEST), ends)


def _addresses(settings: Settings) -> Sequence[Line]:
    certificate = visible(settings.tls_certificate, 300) or _("none: http, or https by a proxy")
    return [
        Line(_("Public URL"), visible(settings.public_url, 300), "SEATKEEPER_PUBLIC_URL"),
        Line(
            _("Other hosts it answers under"), _listed(settings.allowed_hosts),
            "SEATKEEPER_ALLOWED_HOSTS",
        ),
        Line(
            _("Proxies that are believed"), _listed(settings.trusted_proxies),
            "SEATKEEPER_TRUSTED_PROXIES",
        ),
        Line(_("Certificate"), certificate, "SEATKEEPER_TLS_CERTIFICATE"),
    ]  # fmt: skip


def _spoken() -> Sequence[Line]:
    return [Line(_("Language"), _("English")), Line(_("Time zone"), _("UTC"))]


def _people(settings: Settings) -> Sequence[Line]:
    return [
        Line(
            _("Domain that mappings take as the default"),
            visible(settings.default_domain, 200) or _("none"),
            "SEATKEEPER_DEFAULT_DOMAIN",
        ),
        Line(
            _("People whom no source may change"),
            _listed(", ".join(settings.administrator_names)),
            "SEATKEEPER_ADMINISTRATORS",
        ),
    ]


def _kept(settings: Settings) -> Sequence[Line]:
    return [
        Line(_("Log"), _days(settings.keep_log_days), "SEATKEEPER_KEEP_LOG_DAYS"),
        Line(_("Cycles, with plans"), _days(settings.keep_cycles_days),
             "SEATKEEPER_KEEP_CYCLES_DAYS"),
        Line(_("Changes of the directory"), _days(settings.keep_changes_days),
             "SEATKEEPER_KEEP_CHANGES_DAYS"),
        Line(_("What was told to whom"), _days(settings.keep_messages_days),
             "SEATKEEPER_KEEP_MESSAGES_DAYS"),
        Line(_("Audit trail"), _("always")),
    ]  # fmt: skip


def _days(days: int) -> str:
    return ngettext("%(num)d day", "%(num)d days", days) % {"num": days}


def _listed(text: str) -> str:
    return visible(text, 400).strip() or _("none")


def _store(store: StoreFacts) -> Sequence[Line]:
    lines = [
        Line(_("Database"), store.kind),
        Line(_("Where"), visible(store.place, 300), "SEATKEEPER_DATABASE_URL"),
        Line(_("Tables are of revision"), store.revision),
        Line(_("Master key"), store.key_id, "SEATKEEPER_KEY_FILE"),
    ]
    if store.size is not None:
        lines.insert(2, Line(_("Size"), _("%(size)s MB") % {"size": f"{store.size / 1e6:,.1f}"}))
    return lines
