"""What is at hand to work for one app: its compiled rules, its connector, its schedule.

Joins gallery, documents and connectors. What a rule or a connector does is decided there.
"""

import asyncio
import random
import uuid
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Final

from seatkeeper.clock import utc_now
from seatkeeper.configuration.applying import check_connectable, settings_of
from seatkeeper.configuration.attributes import customized
from seatkeeper.configuration.rules import rules_for
from seatkeeper.configuration.timing import schedule_of
from seatkeeper.connectors.scim_app import scim_target
from seatkeeper.engine.context import AppContext
from seatkeeper.errors import InvalidValue
from seatkeeper.gallery.schema import gallery_app
from seatkeeper.ports import Configuration, Ledger, StoredApp, Target
from seatkeeper.provisioning.connection import ConnectionCheck
from seatkeeper.provisioning.cycle import Cycle
from seatkeeper.provisioning.rules import Rules
from seatkeeper.provisioning.schedule import Schedule
from seatkeeper.provisioning.secret_ends import SecretEnd, secret_ends
from seatkeeper.settings import Settings
from seatkeeper.store.once import once

CHECK_SECONDS: Final = 8.0
"""How long one request of a connection test may take; somebody is looking on."""


@dataclass
class Apps:
    """The configured apps of one database. Connectors stay open until ``close``."""

    settings: Settings
    configuration: Configuration
    ledger: Ledger
    _targets: dict[str, tuple[int, Target]] = field(default_factory=dict)

    async def close(self) -> None:
        """Close the connections to apps."""
        for _, target in self._targets.values():
            await target.close()

    @once
    async def rules(self, app_id: str) -> Rules:
        """Return the compiled rules of a configured app."""
        return self.rules_of(await self.configuration.app(app_id))

    def rules_of(self, stored: StoredApp) -> Rules:
        """Return the rules that follow from settings which were already read."""
        settings = settings_of(stored)
        return rules_for(
            gallery_app(settings.gallery),
            stored.application,
            settings,
            moment=utc_now(),
            default_domain=self.settings.default_domain,
        )

    async def target(self, app_id: str) -> Target:
        """Return the connector of an app, kept open between cycles.

        Raises ``BadInput`` where the app has no tenant URL or no token yet.
        """
        stored = await self.configuration.app(app_id)
        known = self._targets.get(app_id)
        if known is not None:
            if known[0] == stored.version:
                return known[1]
            self._targets.pop(app_id, None)
            await known[1].close()
        stored, token = await self.configuration.app_and_secret(app_id)
        target = await self._connect(stored, token)
        self._targets[app_id] = (stored.version, target)
        return target

    async def test_connection(self, app_id: str) -> str:
        """Prove address and token with one harmless read; return what was proven, in words."""
        rules = await self.rules(app_id)
        return await (await self.target(app_id)).probe(rules.users.by_matching[0].target)

    async def check_connection(
        self, stored: StoredApp, token: bytes | None = None
    ) -> AsyncIterator[ConnectionCheck]:
        """Test the connection of an app, line by line; ``token``: another one than is stored.

        On a connection of its own, so that what was refused before is asked anew, and at the
        address that was read: a token goes to no host that was saved since. Raises ``BadInput``
        where there is nothing to connect to yet, or another token was stored since.
        """
        path = self.rules_of(stored).users.by_matching[0].target
        if token is None:
            token = await self._own_token(stored)
        else:
            stored = replace(stored, has_secret=True)
        target = await self._connect(stored, token, most_seconds=CHECK_SECONDS)
        try:
            async for one in target.checks(path):
                yield one
        finally:
            await target.close()

    def context(self, stored: StoredApp, rules: Rules, target: Target, cycle: Cycle) -> AppContext:
        """Return what a cycle, run or imagined, has at hand."""
        app = gallery_app(settings_of(stored).gallery)
        return AppContext(
            rules,
            target,
            self.ledger,
            now=utc_now,
            new_id=lambda: str(uuid.uuid4()),
            jitter=random.random,
            sleep=asyncio.sleep,
            began=cycle,
            concurrency=app.concurrency,
            most_at_once=app.most_at_once,
        )

    async def schedules(self) -> Sequence[Schedule]:
        """Return when cycles of each app begin."""
        return [
            schedule_of(stored.application.id, settings_of(stored), stored.version)
            for stored in await self.configuration.apps()
        ]

    async def ids(self) -> Sequence[str]:
        """Return the ids of all apps."""
        return [one.application.id for one in await self.configuration.apps()]

    async def names(self) -> Mapping[str, str]:
        """Return what people call each app."""
        return {
            one.application.id: settings_of(one).name for one in await self.configuration.apps()
        }

    async def secret_ends(self, now: datetime) -> Sequence[SecretEnd]:
        """Return which apps' tokens end soon, as their documents say."""
        said = [(one.application.id, settings_of(one)) for one in await self.configuration.apps()]
        return secret_ends([(app, one.name, one.secret_expires) for app, one in said], now)

    async def _own_token(self, stored: StoredApp) -> bytes:
        """Return the token, but none that was stored since the address was read."""
        present, token = await self.configuration.app_and_secret(stored.application.id)
        if present.secret_since != stored.secret_since:
            raise InvalidValue("The token was changed meanwhile.", advice="Test again.")
        return token

    async def _connect(
        self, stored: StoredApp, token: bytes, *, most_seconds: float | None = None
    ) -> Target:
        settings = settings_of(stored)
        check_connectable(stored)
        seconds = self.settings.request_seconds
        app = customized(gallery_app(settings.gallery), settings)
        return scim_target(
            app,
            settings.tenant_url,
            token,
            allow_loopback=settings.allow_loopback,
            requests_per_second=settings.requests_per_second,
            request_seconds=seconds if most_seconds is None else min(seconds, most_seconds),
            learned=await self.ledger.learned_rates(stored.application.id),
            bulk=settings.bulk == "auto",
        )
