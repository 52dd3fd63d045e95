"""Cursors: where the next page begins, sealed (RFC 9865 2).

Beside the walk. A cursor holds a position that the store understands, bound
to whoever asked, to the query and to the page size, with an end. It is signed,
so a client can neither make one nor use one for another query. Time and key
are arguments.
"""

import base64
import datetime as dt
import hashlib
import hmac
from dataclasses import dataclass
from typing import Final

import msgspec

from seatkeeper.scim.errors import ExpiredCursor, InvalidCount, InvalidCursor

LONGEST: Final = 2_048
_MAC: Final = 16


class _Sealed(msgspec.Struct, frozen=True, array_like=True, forbid_unknown_fields=True):
    position: str
    query: str
    count: int
    until: int


@dataclass(frozen=True, slots=True)
class CursorSeal:
    """Makes and opens cursors for one client: ``bound_to`` is its token's id or digest."""

    key: bytes
    bound_to: str

    def seal(self, position: str, query: str, count: int, until: dt.datetime) -> str:
        """Return the cursor; ``query`` is anything that two equal queries have in common."""
        body = msgspec.json.encode(_Sealed(position, _digest(query), count, int(until.timestamp())))
        return base64.urlsafe_b64encode(self._mac(body) + body).rstrip(b"=").decode("ascii")

    def open(self, cursor: str, query: str, count: int, now: dt.datetime) -> str:
        """Return the position. Raises ``InvalidCursor``, ``ExpiredCursor`` or ``InvalidCount``."""
        sealed = self._sealed(cursor)
        if sealed.query != _digest(query):
            raise InvalidCursor("The cursor belongs to another query. Begin without a cursor.")
        if now.timestamp() >= sealed.until:
            raise ExpiredCursor("The cursor has expired. Begin again without a cursor.")
        if sealed.count != count:
            raise InvalidCount(f"count was {sealed.count} on the page before, and stays so.")
        return sealed.position

    def count_of(self, cursor: str) -> int:
        """Return the page size of a cursor, for who goes on without naming one."""
        return self._sealed(cursor).count

    def _sealed(self, cursor: str) -> _Sealed:
        raw = _decoded(cursor)
        mac, body = raw[:_MAC], raw[_MAC:]
        if not hmac.compare_digest(mac, self._mac(body)):
            raise _unknown()
        try:
            return msgspec.json.decode(body, type=_Sealed)
        except msgspec.DecodeError as error:
            raise _unknown() from error

    def _mac(self, body: bytes) -> bytes:
        told = f"cursor\0{self.bound_to}\0".encode() + body
        return hmac.digest(self.key, told, hashlib.sha256)[:_MAC]


def _decoded(cursor: str) -> bytes:
    if len(cursor) > LONGEST or not cursor.isascii():
        raise _unknown()
    try:
        return base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True)
    except ValueError as error:
        raise _unknown() from error


def _digest(query: str) -> str:
    return hashlib.sha256(query.encode("utf-8", "surrogatepass")).hexdigest()[:32]


def _unknown() -> InvalidCursor:
    return InvalidCursor("The cursor was not made here. Begin without a cursor.")
