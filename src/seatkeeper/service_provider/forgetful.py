"""A keeper that says yes and does otherwise, for stand-ins of apps that lie.

A door in, beside the walk. Wraps a true keeper: a share of the writes is
answered as done and forgotten, and some texts are kept in small letters. Which
writes are forgotten follows from the seed and their order alone.
"""

import datetime as dt
import hashlib
import itertools
import uuid
from collections.abc import Callable, Sequence
from typing import Final

from seatkeeper.gallery.abilities import Lies
from seatkeeper.scim.holding import Stored
from seatkeeper.scim.members import MemberChange
from seatkeeper.scim.messages import Resource
from seatkeeper.scim.path import parse_path, read, write
from seatkeeper.service_provider.keeper import Keeper, always
from seatkeeper.service_provider.passing import PassingReads

_PARTS: Final = 1_000_000


def is_dropped(lies: Lies, number: int) -> bool:
    """Say whether the write with this number, counted from 1, is forgotten."""
    drawn = hashlib.sha256(f"{lies.seed}:{number}".encode()).digest()
    return int.from_bytes(drawn[:8]) % _PARTS < lies.drops * _PARTS


def as_told(keeper: Keeper, lies: Lies) -> Keeper:
    """Return a keeper that lies so; the keeper itself where there is nothing to lie about."""
    return ForgetfulKeeper(keeper, lies) if lies.drops or lies.lowers else keeper


def lowering(lies: Lies) -> Callable[[str, Resource], Resource]:
    """Return what becomes of the values of a kind of resource: some texts in small letters."""
    paths = [parse_path(one) for one in lies.lowers]

    def lowered(kind: str, values: Resource) -> Resource:
        if kind != "User":
            return values
        for path in paths:
            value = read(values, path)
            if isinstance(value, str):
                values = write(values, path, value.lower())
        return values

    return lowered


class ForgetfulKeeper(PassingReads):
    """Implements ``Keeper`` over another one; reads are always true."""

    def __init__(self, keeper: Keeper, lies: Lies) -> None:
        super().__init__(keeper)
        self._lies = lies
        self._kept = lowering(lies)
        self._numbers = itertools.count(1)

    def create(
        self, kind: str, values: Resource, now: dt.datetime, members: Sequence[str] = ()
    ) -> Stored:
        """Keep a new resource, or only say so, under an id that nobody will ever find."""
        values = self._kept(kind, values)
        if self._forgets():
            return Stored(kind, str(uuid.uuid4()), values, now.isoformat(), now.isoformat(), 1)
        return self._inner.create(kind, values, now, members)

    def edit(
        self,
        kind: str,
        resource_id: str,
        change: Callable[[Resource], Resource],
        now: dt.datetime,
        members: Sequence[MemberChange] = (),
        *,
        allow: Callable[[Stored], None] = always,
    ) -> Stored:
        """Replace the values, or only show what they would have become."""
        if self._forgets():
            held = self._inner.get(kind, resource_id)
            allow(held)
            values = self._kept(kind, change(held.values))
            return Stored(kind, held.id, values, held.created, now.isoformat(), held.version + 1)

        def kept(values: Resource) -> Resource:
            return self._kept(kind, change(values))

        return self._inner.edit(kind, resource_id, kept, now, members, allow=allow)

    def delete(
        self, kind: str, resource_id: str, *, allow: Callable[[Stored], None] = always
    ) -> None:
        """Delete for good, or only say so."""
        if self._forgets():
            allow(self._inner.get(kind, resource_id))
            return
        self._inner.delete(kind, resource_id, allow=allow)

    def _forgets(self) -> bool:
        return self._lies.drops > 0 and is_dropped(self._lies, next(self._numbers))
