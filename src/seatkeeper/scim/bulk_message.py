"""A bulk message as a client writes it, and its answer as a client reads it (RFC 7644 3.7).

Beside the walk, and pure. Operations do not refer to each other and none ends the others.
An answer is believed of an operation only where it names that one and says its status; of
what it leaves out, tells twice or tells of another nothing is known. What a server does
with such a message is in ``bulk``.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import msgspec

from seatkeeper.scim.messages import BULK_REQUEST
from seatkeeper.scim.names import get

ENVELOPE_BYTES: Final = 128
"""More than all of a message that is no operation."""


@dataclass(frozen=True, slots=True)
class BulkPart:
    """One operation of a message; ``path`` begins below the service's own, ``data`` is JSON."""

    method: str
    path: str
    data: bytes

    @property
    def most_bytes(self) -> int:
        """At most what it takes up in a message."""
        return len(self.data) + len(self.path) + 80


@dataclass(frozen=True, slots=True)
class PartAnswer:
    """What became of one operation, as the answer of a request of its own would say it."""

    status: int
    location: str = ""
    body: bytes = b""


@dataclass(frozen=True, slots=True)
class BulkOffer:
    """How much an app takes in one message; none of both where it does not say."""

    most_operations: int | None = None
    most_bytes: int | None = None


def bulk_message(parts: Sequence[BulkPart]) -> Mapping[str, Any]:
    """Return the BulkRequest of these operations, each named by its place in the message."""
    return {
        "schemas": [BULK_REQUEST],
        "Operations": [
            {
                "method": one.method,
                "path": one.path,
                "bulkId": str(place),
                "data": msgspec.Raw(one.data),
            }
            for place, one in enumerate(parts)
        ],
    }


def answers_to(parts: Sequence[BulkPart], body: Mapping[str, Any]) -> Sequence[PartAnswer | None]:
    """Return what a BulkResponse says of each operation; none: it does not say it once and clearly.

    Two operations that are said to have made one account are not believed either.
    """
    listed = get(dict(body), "Operations")
    told: dict[int, PartAnswer | None] = {}
    paths = _places_by_path(parts)
    for one in listed if isinstance(listed, list) else ():
        if not isinstance(one, dict):
            continue
        place = _place(one, parts, paths)
        if place is not None:
            told[place] = None if place in told else _read(one)
    found = [told.get(place) for place in range(len(parts))]
    made = Counter(
        _id_of(answer)
        for part, answer in zip(parts, found, strict=True)
        if part.method == "POST" and answer is not None
    )
    return [
        None
        if answer is not None and part.method == "POST" and (made[_id_of(answer)] > 1)
        else answer
        for part, answer in zip(parts, found, strict=True)
    ]


def offer_of(config: Mapping[str, Any]) -> BulkOffer | None:
    """Return what a ServiceProviderConfig says of bulk messages; none: it offers none of use."""
    said = get(dict(config), "bulk")
    if not isinstance(said, dict) or get(said, "supported") is not True:
        return None
    operations, size = (_count(get(said, one)) for one in ("maxOperations", "maxPayloadSize"))
    if (operations is not None and operations < 2) or (size is not None and size < ENVELOPE_BYTES):
        return None
    return BulkOffer(operations, size)


def _count(value: object) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def _places_by_path(parts: Sequence[BulkPart]) -> Mapping[tuple[str, str], int]:
    """Return the operations that their method and path name alone."""
    met = Counter((one.method, one.path) for one in parts)
    return {
        (one.method, one.path): place
        for place, one in enumerate(parts)
        if one.method != "POST" and met[one.method, one.path] == 1
    }


def _place(
    one: dict[str, Any], parts: Sequence[BulkPart], paths: Mapping[tuple[str, str], int]
) -> int | None:
    """Return which operation an entry of the answer is about; none: it cannot be told."""
    method, named = get(one, "method"), get(one, "bulkId")
    if named is None:
        location = get(one, "location")
        end = "/".join(["", *location.rsplit("/", 2)[-2:]]) if isinstance(location, str) else ""
        return paths.get((str(method).upper(), end))
    text = str(named)
    place = int(text) if text.isascii() and text.isdigit() and len(text) < 5 else len(parts)
    if place >= len(parts):
        return None
    same = method is None or str(method).upper() == parts[place].method
    return place if same else None


def _read(one: dict[str, Any]) -> PartAnswer | None:
    status, location, response = (get(one, name) for name in ("status", "location", "response"))
    text = str(status)
    if isinstance(status, bool) or not (text.isascii() and text.isdigit() and len(text) == 3):
        return None
    body = b"" if response is None else msgspec.json.encode(response)
    return PartAnswer(int(text), location if isinstance(location, str) else "", body)


def _id_of(answer: PartAnswer) -> object:
    """Return the id of what was made; where none is told, something that is like nothing else."""
    if answer.status < 300 and answer.body:
        held = msgspec.json.decode(answer.body)
        if isinstance(held, dict) and held.get("id"):
            return str(held["id"])
    if answer.status < 300 and answer.location:
        return answer.location.rpartition("/")[2]
    return object()
