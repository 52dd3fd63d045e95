"""Who is told, and by which door.

Joins settings and documents with mail and webhooks. What is worth a message is
decided by the engine's notices.
"""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import partial

from seatkeeper.clock import utc_now
from seatkeeper.configuration.applying import settings_of
from seatkeeper.configuration.notification import listeners_of, listeners_of_all
from seatkeeper.connectors.posting import post_message
from seatkeeper.engine.posting import Audience, Posting, Told
from seatkeeper.errors import ConnectorError, SeatkeeperError
from seatkeeper.notify.channels import Channels
from seatkeeper.notify.mail import mail_post
from seatkeeper.notify.webhook import WebhookPost
from seatkeeper.ports import Configuration, Delivery, Post
from seatkeeper.provisioning.message import Message, Topic
from seatkeeper.provisioning.telling import Channel, Listener, Parcel
from seatkeeper.settings import Settings
from seatkeeper.store.ledger import SqlLedger
from seatkeeper.store.secrets import MasterKey


@dataclass(frozen=True)
class Messages:
    """Tells people of one database what happened."""

    settings: Settings
    configuration: Configuration
    ledger: SqlLedger
    key: MasterKey

    def post(self) -> Post:
        """Return the door by which people are told."""
        return Channels(
            mail_post(self.settings),
            WebhookPost(
                partial(post_message, allow_loopback=self.settings.notify_allow_loopback),
                self.webhook_key,
                utc_now,
                url=self.settings.public_url,
            ),
        )

    def webhook_key(self, url: str) -> bytes:
        """Return the key that signs what is posted to this URL; another URL has another one."""
        return self.key.derive(f"webhook {url}")

    def posting(self) -> Posting:
        """Return what tells people, for this database."""
        return Posting(self.ledger, self.post(), self.audience, utc_now)

    async def audience(self) -> Audience:
        """Return who listens, as settings and documents say now; without a server none by mail."""
        stored = await self.configuration.apps()
        found = listeners_to_all(self.settings)
        for one in stored:
            found += listeners_of(one.application.id, settings_of(one).notification)
        if not self.settings.smtp_host:
            found = [one for one in found if one.channel is not Channel.MAIL]
        every = timedelta(hours=self.settings.notify_digest_hours)
        return Audience(found, [one.application.id for one in stored], every)

    async def test(self, app_id: str | None, *, by: str) -> Sequence[Told]:
        """Tell everybody who hears of an app (none: of any) that ``by`` is a test of theirs."""
        audience = await self.audience()
        heard = {
            one.key: one
            for one in audience.listeners
            if app_id is None or one.app_id in {None, app_id}
        }
        return [await self._tested(one, by) for one in heard.values()]

    async def _tested(self, to: Listener, by: str) -> Told:
        now = utc_now()
        message = Message(
            topic=Topic.TEST,
            title="this is a test",
            happened=f"Somebody ran `{by}`. Messages reach this address.",
            since=now,
            means="Nothing is wrong.",
        )
        parcel = Parcel(to.channel, to.address, (message,))
        try:
            await self.post().deliver(Delivery(0, str(uuid.uuid4()), parcel, now))
        except SeatkeeperError as failure:
            said = failure.said if isinstance(failure, ConnectorError) else ""
            words = f' It said: "{said}"' if said else ""
            return Told(to, f"{failure.message} {failure.advice}{words}".strip())
        return Told(to)


def listeners_to_all(settings: Settings) -> list[Listener]:
    """Return who listens to every app; raises ``BadInput`` where a setting names nobody."""
    return listeners_of_all(settings.notify_email, settings.notify_webhook, settings.notify_kinds)
