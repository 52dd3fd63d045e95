"""Change what an app cannot PATCH: put the whole resource back with the changes on it.

Beside the last station of the walk. Whatever an answer has just told whole is
not read again: it is remembered for five minutes with its version, and put
back only if nobody changed it since (``If-Match``). Where somebody did, or the
app told no version, the resource is read first.
"""

import time
from collections import OrderedDict
from collections.abc import Callable, Mapping
from typing import Any, Final, Protocol

import msgspec

from seatkeeper.connectors.answers import Asked, Judge, Resource
from seatkeeper.connectors.http import Answer
from seatkeeper.ports import Trace

SECONDS: Final = 300.0
MOST: Final = 256
LARGEST: Final = 65_536

Changed = Callable[[Mapping[str, Any]], Resource | None]
"""Makes the body of a PUT of what is held; none where nothing differs."""


class Send(Protocol):
    """Sends one request and returns the answer, whatever its status."""

    async def __call__(
        self,
        method: str,
        path: str,
        trace: Trace,
        *,
        body: Mapping[str, Any] | None = None,
        if_match: str = "",
    ) -> Answer:
        """``if_match`` is the version that the resource must still have."""


class Replacing:
    """Puts resources back whole; remembers what answers told of them, within bounds."""

    def __init__(
        self, send: Send, judge: Judge, *, now: Callable[[], float] = time.monotonic
    ) -> None:
        self._send = send
        self._judge = judge
        self._now = now
        self._told: OrderedDict[str, tuple[float, str, bytes]] = OrderedDict()

    def tell(self, place: str, resource: Resource, sent: Mapping[str, Any] | None = None) -> None:
        """Remember a whole resource that an answer told.

        One without a version is not kept, nor a group of which the answer hides
        the members that were ``sent``, nor anything large.
        """
        self._told.pop(place, None)
        meta = resource.get("meta")
        version = meta.get("version") if isinstance(meta, dict) else None
        hides = sent is not None and bool(sent.get("members")) != bool(resource.get("members"))
        if not isinstance(version, str) or not _fits_a_header(version) or hides:
            return
        text = msgspec.json.encode(resource)
        if len(text) > LARGEST:
            return
        self._told[place] = (self._now(), version, text)
        if len(self._told) > MOST:
            self._told.popitem(last=False)

    async def put(self, place: str, changed: Changed, trace: Trace) -> None:
        """Put a resource back with changes; nothing is sent where nothing differs."""
        told, version = self._taken(place)
        body = None if told is None else changed(told)
        if body is not None:
            answer = await self._send("PUT", place, trace, body=body, if_match=version)
            if answer.status != 412:
                self._accept(place, answer, body)
                return
        held = self._judge.resource(await self._send("GET", place, trace), Asked.READ)
        body = changed(held)
        if body is not None:
            self._accept(place, await self._send("PUT", place, trace, body=body), body)

    def _taken(self, place: str) -> tuple[Resource | None, str]:
        at, version, text = self._told.pop(place, (0.0, "", b""))
        if not text or self._now() - at > SECONDS:
            return None, ""
        return msgspec.json.decode(text), version

    def _accept(self, place: str, answer: Answer, body: Resource) -> None:
        self._judge.changed(answer)
        if answer.body.strip():
            self.tell(place, self._judge.resource(answer, Asked.CHANGE), body)


def _fits_a_header(version: str) -> bool:
    return 0 < len(version) <= 200 and version.isascii() and version.isprintable()
