"""What is looked at now and then beside the cycles: what is over, what ends, what is silent.

Joins the engine's watches with a database and its settings, and remembers when it last looked.
"""

import asyncio
import datetime as dt
from dataclasses import dataclass
from typing import Final

from seatkeeper.bootstrap.apps import Apps
from seatkeeper.bootstrap.sources import Sources
from seatkeeper.clock import utc_now
from seatkeeper.configuration.connecting import KEPT
from seatkeeper.engine.forgetting import Forgetting
from seatkeeper.engine.notices import secret_notices, token_notices
from seatkeeper.engine.silence import SilenceWatch
from seatkeeper.ports import Erasing
from seatkeeper.provisioning.history import Retention
from seatkeeper.provisioning.schedule import LEAST_SILENCE
from seatkeeper.settings import Settings
from seatkeeper.store.directory import SqlDirectory
from seatkeeper.store.ledger import SqlLedger

PURGE_EVERY: Final = dt.timedelta(hours=1)
ERASE_EVERY: Final = dt.timedelta(minutes=1)


@dataclass
class Housekeeping:
    """Keeps one database in order while an engine runs on it."""

    settings: Settings
    directory: SqlDirectory
    ledger: SqlLedger
    apps: Apps
    sources: Sources
    erasing: Erasing
    _purged_at: dt.datetime | None = None
    _erased_at: dt.datetime | None = None
    _watch: SilenceWatch | None = None
    _forgetting: Forgetting | None = None
    _looked_at: dt.datetime | None = None

    def silence_watch(self) -> SilenceWatch:
        """Return what notices that no cycle ends."""
        return SilenceWatch(
            self.ledger,
            self.ledger,
            self.apps.schedules,
            self.apps.names,
            self.settings.notify_silent_intervals,
        )

    def forgetting(self) -> Forgetting:
        """Return what forgets what is older than the settings keep it."""
        return Forgetting(self.ledger, self.apps.ids, retention_of(self.settings))

    async def look(self) -> None:
        """Do what is due; the engine calls it again and again."""
        now = utc_now()
        if self._purged_at is None or now - self._purged_at >= PURGE_EVERY:
            self._purged_at = now
            await self.directory.purge_expired(now=now)
            await self.apps.configuration.forget_former_secrets(now - KEPT)
            await self._warn_of_tokens(now)
            if self._forgetting is None:
                self._forgetting = self.forgetting()
            await self._forgetting.look(now)
        if self._erased_at is None or now - self._erased_at >= ERASE_EVERY:
            self._erased_at = now
            await self.erasing.go_on()
        if self._watch is None or self._looked_at is None:
            self._watch, self._looked_at = self.silence_watch(), now
        if now - self._looked_at >= LEAST_SILENCE:  # a start is given that long to end a cycle
            self._looked_at = now
            await self._watch.look(now)

    async def _warn_of_tokens(self, now: dt.datetime) -> None:
        """Note which sources and apps need a new token."""
        ends = await asyncio.to_thread(self.sources.token_ends, now)
        secrets = await self.apps.secret_ends(now)
        await self.ledger.add_notices([*token_notices(ends), *secret_notices(secrets)], now)


def retention_of(settings: Settings) -> Retention:
    """Return how long what is kept; raises ``BadInput`` for a span that cannot be meant."""
    return Retention(
        settings.keep_log_days,
        settings.keep_cycles_days,
        settings.keep_messages_days,
        settings.keep_changes_days,
    )
