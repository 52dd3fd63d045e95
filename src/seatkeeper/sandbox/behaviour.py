"""What the app does of its own accord when an account changes: welcome mails, moved reports.

Beside the walk. Each behaviour has a switch in the admin area, and is off
until somebody turns it on. It listens to what was written; it refuses nothing.
"""

import datetime as dt
import json
import re
from collections.abc import Sequence
from typing import Final

from seatkeeper.gallery.schema import GalleryApp
from seatkeeper.sandbox.recording import RecordingKeeper
from seatkeeper.scim.errors import NotThere
from seatkeeper.scim.filter import parse_filter
from seatkeeper.scim.holding import Stored, Wanted
from seatkeeper.scim.messages import Resource
from seatkeeper.scim.path import parse_path, read, write
from seatkeeper.service_provider.profile import USERS, Profile
from seatkeeper.store.resource_file import stamp
from seatkeeper.store.resource_outbox import Mail, Outbox
from seatkeeper.store.resource_switches import Switches

ENABLED, WELCOME, REASSIGN = "enabled", "welcome", "reassign"

_MANAGER_NAME: Final = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:manager"
_MANAGER: Final = parse_path(_MANAGER_NAME)
_MANAGER_ID: Final = parse_path(f"{_MANAGER_NAME}.value")
_WORK: Final = parse_path('emails[type eq "work"].value')
_GIVEN: Final = parse_path("name.givenName")
_FAMILY: Final = parse_path("name.familyName")
_AMERICAN: Final = re.compile(r"(\d{1,2})/(\d{1,2})/(\d{4})", re.ASCII)
_PAGE: Final = 500
_HIGHEST: Final = 100


class AppBehaviour:
    """One app's own deeds, as its gallery file and its switches say."""

    def __init__(
        self,
        app: GalleryApp,
        profile: Profile,
        keeper: RecordingKeeper,
        switches: Switches,
        outbox: Outbox,
    ) -> None:
        self._app = app
        self._schema = profile.kind(USERS).schema
        self._keeper = keeper
        self._switches = switches
        self._outbox = outbox
        start = app.sandbox.start_date
        self._start = parse_path(start) if start else None

    def closed(self) -> str:
        """Say why the service answers nobody; empty while it is enabled."""
        if self._switches.is_on(ENABLED, otherwise=True):
            return ""
        where = " > ".join(self._app.sandbox.admin_path)
        return (
            f"SCIM is switched off in {self._app.name}. "
            f"An account admin can switch it on under {where}."
        )

    def written(
        self, account_id: str, before: Resource | None, after: Stored | None, now: dt.datetime
    ) -> None:
        """Do what follows from a change of an account."""
        sends_mail = bool(self._app.sandbox.welcome_label)
        if after is None:
            if sends_mail:
                self._outbox.drop(account_id, now)
            return
        if before is None:
            if sends_mail and self._is_on(WELCOME):
                self._outbox.put(self._mail(after, now), now)
            return
        if sends_mail:
            self._outbox.adjust(self._mail(after, now), now)
        left = before.get("active") is not False and after.values.get("active") is False
        if left and self._app.sandbox.reassign_label and self._is_on(REASSIGN):
            self._reassign(after, now)

    def _is_on(self, name: str) -> bool:
        return self._switches.is_on(name, otherwise=False)

    # --- welcome mails ---

    def _mail(self, account: Stored, now: dt.datetime) -> Mail:
        values = account.values
        names = [read(values, path) for path in (_GIVEN, _FAMILY)]
        full = " ".join(str(part) for part in names if part)
        starts = day_of(read(values, self._start)) if self._start is not None else None
        due = stamp(now) if starts is None else stamp(starts)
        return Mail(
            account.id,
            str(read(values, _WORK) or values.get("userName") or ""),
            full or str(values.get("displayName") or values.get("userName") or ""),
            due,
            values.get("active") is False,
        )

    # --- reports of a manager who left ---

    def _reassign(self, manager: Stored, now: dt.datetime) -> None:
        above = self._next_above(manager)
        if above is None:
            return

        def moved(values: Resource) -> Resource:
            return write(values, _MANAGER, {"value": above})

        for report in self._reports(manager.id):
            if report.id != above:
                self._keeper.move(USERS, report.id, moved, now)

    def _next_above(self, manager: Stored) -> str | None:
        """Return the nearest active manager above, or none: then the reports stay."""
        seen = {manager.id}
        for _ in range(_HIGHEST):
            found = read(manager.values, _MANAGER_ID)
            if not isinstance(found, str) or found in seen:
                return None
            seen.add(found)
            try:
                manager = self._keeper.get(USERS, found)
            except NotThere:
                return None
            if manager.values.get("active") is not False:
                return manager.id
        return None

    def _reports(self, manager_id: str) -> Sequence[Stored]:
        asked = parse_filter(f"{_MANAGER_NAME}.value eq {json.dumps(manager_id)}")
        found: list[Stored] = []
        while True:
            page = self._keeper.find(
                USERS, Wanted(self._schema, filter=asked, offset=len(found), limit=_PAGE)
            )
            found += page.page
            if not page.page or len(found) >= page.total:
                return found


def day_of(value: object) -> dt.datetime | None:
    """Read a day as the app does, or none: then nothing waits for it."""
    text = value.strip() if isinstance(value, str) else ""
    american = _AMERICAN.fullmatch(text)
    try:
        if american:
            month, day, year = (int(part) for part in american.groups())
            return dt.datetime(year, month, day, tzinfo=dt.UTC)
        return dt.datetime.combine(dt.date.fromisoformat(text), dt.time(), dt.UTC)
    except ValueError:
        return None
