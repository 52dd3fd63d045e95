"""The head of every page of one app: its name, how it is, and the pages beside it.

Beside the pages of an app. How an app is, is decided in ``views``; this asks the
facts for it once and hands them on, so that every page of an app says the same.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from seatkeeper.clock import utc_now
from seatkeeper.configuration.meanwhile import ChangedMeanwhile
from seatkeeper.console.desk import Desk
from seatkeeper.console.views.app_card import AppCard, app_card
from seatkeeper.console.visit import Visit
from seatkeeper.errors import BadInput
from seatkeeper.facts.apps import app_plain
from seatkeeper.ports import StoredApp


@dataclass(frozen=True, slots=True)
class AppHead:
    """What ``ui/app.html`` shows on top; the fields are there for the page itself."""

    stored: StoredApp
    card: AppCard
    plain: Mapping[str, object]

    @property
    def id(self) -> str:
        """The app's id, part of its addresses."""
        return self.stored.application.id

    @property
    def name(self) -> str:
        """The app's name as it is shown."""
        return self.card.name


async def app_head(desk: Desk, app_id: str) -> AppHead:
    """Return the head of an app's pages. Raises ``NotFound``."""
    stored = await desk.work.configuration.app(app_id)
    plain = await app_plain(desk.work, stored)
    return AppHead(stored, app_card(plain, utc_now()), plain)


def revision_of(visit: Visit, head: AppHead, error: BadInput | None = None) -> str:
    """Return which version of the app a form is about: the one that it was opened with.

    Whoever was told what somebody else changed meanwhile saves over the present one next.
    """
    opened = "" if isinstance(error, ChangedMeanwhile) else visit.form.get("version", "")
    return opened or str(head.stored.version)
