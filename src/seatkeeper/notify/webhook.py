"""Hand a parcel to a webhook: JSON, signed, under an id that stays the same for each try.

After the walk. The signature is that of Standard Webhooks (standardwebhooks.com,
"Signature scheme"): HMAC-SHA256 over id, timestamp and body, so that whoever
listens can check who wrote it and when, and drop what they have seen before. The
key follows from the installation's master key and the URL; it is stored nowhere.
"""

import base64
import datetime as dt
import hashlib
import hmac
from collections.abc import Awaitable, Callable, Mapping
from typing import Protocol

import msgspec

from seatkeeper.notify.rendering import as_plain
from seatkeeper.ports import Delivery


class Sending(Protocol):
    """Posts a body to a URL; raises ``Unreachable`` or ``Refused``."""

    def __call__(self, url: str, body: bytes, headers: Mapping[str, str]) -> Awaitable[None]:
        """Return when it was taken."""


class WebhookPost:
    """All webhooks; implements ``ports.Post``. ``key_of`` returns the signing key of a URL."""

    def __init__(
        self,
        send: Sending,
        key_of: Callable[[str], bytes],
        now: Callable[[], dt.datetime],
        *,
        url: str,
    ) -> None:
        """``url`` is where our own pages are."""
        self._send = send
        self._key_of = key_of
        self._now = now
        self._url = url

    async def deliver(self, delivery: Delivery) -> None:
        """Hand the parcel over; raises ``Unreachable`` or ``Refused``."""
        at = delivery.at.isoformat(timespec="seconds")
        body = msgspec.json.encode(as_plain(delivery.parcel, delivery.key, at, self._url))
        address = delivery.parcel.address
        sent_at = str(int(self._now().timestamp()))
        signed = signature(self._key_of(address), delivery.key, sent_at, body)
        headers = {
            "Content-Type": "application/json",
            "Accept": "*/*",
            "webhook-id": delivery.key,
            "webhook-timestamp": sent_at,
            "webhook-signature": signed,
        }
        await self._send(address, body, headers)


def signature(key: bytes, message_id: str, timestamp: str, body: bytes) -> str:
    """Return what the header ``webhook-signature`` holds for this message."""
    signed = f"{message_id}.{timestamp}.".encode() + body
    return "v1," + base64.b64encode(hmac.digest(key, signed, hashlib.sha256)).decode()


def shown_key(key: bytes) -> str:
    """Return a signing key as libraries for Standard Webhooks read it."""
    return "whsec_" + base64.b64encode(key).decode()
