"""Write about several people in one request, where the app takes that (RFC 7644 3.7).

    source change -> scope -> map -> match -> plan -> [export] -> log

Each write keeps its own answer, judged as if it had been sent alone; what the app's answer
does not say of one leaves that one in doubt. Where the whole message may have been carried
out and its answer cannot be read, all of it is in doubt, and nothing more is sent this way.
Only new people and differences go along, never a deletion, nor anything of groups.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Protocol

from seatkeeper.connectors.answers import Asked, Judge
from seatkeeper.connectors.gathering import MOST, Gathering
from seatkeeper.connectors.http import SCIM_JSON, Answer
from seatkeeper.connectors.resources import Shape
from seatkeeper.directory.model import Kind
from seatkeeper.errors import ConnectorError, CredentialsRejected, Incompatible, InDoubt, Refused
from seatkeeper.ports import Exchange, Trace
from seatkeeper.provisioning.account import ValueChange
from seatkeeper.scim.bulk_message import (
    ENVELOPE_BYTES,
    BulkPart,
    PartAnswer,
    answers_to,
    bulk_message,
    offer_of,
)
from seatkeeper.scim.difference import must_read

BULK: Final = "/Bulk"
"""The endpoint of bulk messages."""

_ADVICE: Final = "It is looked up before it is repeated, and sent alone from now on."
_MOST_BYTES: Final = 1 << 20
"""Of a message, where the app does not say how much it takes."""

_NOT_OFFERED: Final = frozenset({404, 405, 501})
"""Answers to a message that was certainly not looked into: this app has no such endpoint."""


class Send(Protocol):
    """Sends one request in its turn and returns the answer, whatever its status."""

    async def __call__(
        self, method: str, path: str, trace: Trace, *, body: Mapping[str, Any] | None = None
    ) -> Answer:
        """Raise ``ConnectorError`` where no whole answer came."""


class Heard(Protocol):
    """Is told what an app answered to one write, as ``Tempo.answered``."""

    def __call__(self, method: str, kind: str, status: int) -> None:
        """Learn from it."""


@dataclass(frozen=True, slots=True)
class _Write:
    part: BulkPart
    body: Mapping[str, Any]
    trace: Trace


class Bulk:
    """The bulk messages of one app; implements ``ports.Bulk``.

    Whether the app takes any is asked once, by ``learn``; until then, and after an answer
    that shows otherwise, every write goes alone.
    """

    def __init__(
        self, send: Send, judge: Judge, people: Shape, heard: Heard, *, wanted: bool
    ) -> None:
        """``wanted``: whether they are to be used where the app offers them."""
        self._send = send
        self._judge = judge
        self._people = people
        self._heard = heard
        self._open = wanted
        self._gathering: Gathering[_Write, Answer | None] | None = None
        self._most_bytes = 0

    @property
    def at_once(self) -> int:
        """How many writes can be under way at present; 0 where each goes alone."""
        return self._gathering.at_once if self._gathering else 0

    def takes(self, kind: Kind, changes: Sequence[ValueChange] = ()) -> bool:
        """Whether a create, or an update with these changes, goes along with others."""
        if self._gathering is None or kind is not Kind.USER:
            return False
        return not must_read(changes, self._people.places)

    async def learn(self, trace: Trace) -> None:
        """Ask the app once what it takes. Raises what any other request would meet as well."""
        if not self._open or self._gathering is not None:
            return
        answer = await self._send("GET", "/ServiceProviderConfig", trace)
        try:
            offer = offer_of(self._judge.resource(answer, Asked.CHANGE))
        except (Refused, Incompatible):  # it does not describe itself
            offer = None
        if offer is None:
            self._open = False
            return
        self._most_bytes = min(offer.most_bytes or _MOST_BYTES, _MOST_BYTES) - ENVELOPE_BYTES
        self._gathering = Gathering(
            self._carry, most=offer.most_operations or MOST, most_bytes=self._most_bytes
        )

    async def answer(
        self, method: str, path: str, trace: Trace, body: Mapping[str, Any], data: bytes
    ) -> Answer | None:
        """Return what the app answered to this write; none: it did not leave, and goes alone.

        ``data`` is ``body`` as JSON.
        """
        part = BulkPart(method, path, data)
        # An id that a URL must write otherwise would need a guess at how the app reads paths.
        if self._gathering is None or "%" in path or part.most_bytes > self._most_bytes:
            return None
        return await self._gathering.ask(_Write(part, body, trace), part.most_bytes)

    async def _carry(self, writes: Sequence[_Write]) -> Sequence[Answer | ConnectorError | None]:
        gathering = self._gathering
        if gathering is None:
            return [None] * len(writes)
        if len(writes) == 1:
            one = writes[0]
            return [await self._send(one.part.method, one.part.path, one.trace, body=one.body)]
        parts = [one.part for one in writes]
        asked = Trace()
        try:
            answer = await self._send("POST", BULK, asked, body=bulk_message(parts))
        except ConnectorError as error:
            _note(writes, asked, [None] * len(parts))
            gathering.lost(len(writes))
            if isinstance(error, Refused):  # by us: its answer was too large to be read
                raise self._unreadable(error) from error
            raise
        seen: Sequence[PartAnswer | None] = [None] * len(parts)
        try:
            if answer.status in _NOT_OFFERED:
                return self._close(writes)
            if answer.status == 413:
                gathering.takes_less_than(len(writes))
                return self._close(writes) if gathering.size < 2 else [None] * len(writes)
            seen = answers_to(parts, self._told(gathering, answer, len(writes)))
        finally:
            _note(writes, asked, seen)
        if None in seen:
            self._gathering, self._open = None, False
        elif any(one is not None and one.status == 429 for one in seen):
            gathering.lost(len(writes))
            self._heard("POST", "User", 429)
        else:
            gathering.took(len(writes), sum(one.milliseconds for one in asked.exchanges) / 1000)
        return [
            _unsaid(answer.host, answer.status) if one is None else _alone(part, one, answer.host)
            for part, one in zip(parts, seen, strict=True)
        ]

    def _told(
        self, gathering: Gathering[_Write, Answer | None], answer: Answer, count: int
    ) -> Mapping[str, Any]:
        """Return the body of an answer to the whole message, or raise what its status means."""
        try:
            return self._judge.resource(answer, Asked.CHANGE)
        except Refused as error:
            # Whether it was carried out before it was refused is not known.
            raise self._unreadable(error) from error
        except ConnectorError as error:
            gathering.lost(count)
            if isinstance(error, CredentialsRejected):
                gathering.turn_away(error)
            raise

    def _close(self, writes: Sequence[_Write]) -> Sequence[None]:
        self._gathering, self._open = None, False
        return [None] * len(writes)

    def _unreadable(self, error: Refused) -> InDoubt:
        """Send nothing more this way; return what it means that nothing is known of a message."""
        self._gathering, self._open = None, False
        return InDoubt(
            f"What became of a bulk message is not known: {error.message}",
            advice=_ADVICE,
            said=error.said,
            status=error.status,
        )


def _unsaid(host: str, status: int) -> InDoubt:
    return InDoubt(
        f"{host} did not say what became of this part of a bulk message.",
        advice=_ADVICE,
        status=status,
    )


def _alone(part: BulkPart, told: PartAnswer, host: str) -> Answer:
    """Return what was told of one operation as the answer to a request of its own."""
    return Answer(part.method, host, told.status, SCIM_JSON, told.body, told.location)


def _note(writes: Sequence[_Write], asked: Trace, seen: Sequence[PartAnswer | None]) -> None:
    """Write the message down for each record that it was about; where none left, nowhere."""
    for left in asked.exchanges:
        whole = None if left.status in range(200, 300) else left.status
        for place, (one, told) in enumerate(zip(writes, seen, strict=True), start=1):
            status = whole if told is None else told.status
            one.trace.exchanges.append(
                Exchange(
                    one.part.method,
                    one.part.path,
                    status,
                    left.request_id,
                    left.milliseconds,
                    operation=place,
                )
            )
