"""A keeper that says yes and does otherwise, for stand-ins of apps that lie.

A door in, beside the walk. Wraps a true keeper: a share of the writes is
answered as done and forgotten, and some texts are kept in small letters. Which
writes are forgotten follows from the seed and their order alone.
"""

import datetime as dt
import hashlib
import itertools
import uuid
from collections.abc import Callable, Mapping, Sequence
from typing import Final

from seatkeeper.gallery.abilities import Lies
from seatkeeper.scim.holding import Found, Stored, Wanted
from seatkeeper.scim.members import MemberChange
from seatkeeper.scim.messages import Resource
from seatkeeper.scim.path import parse_path, read, write
from seatkeeper.service_provider.keeper import Keeper, always

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


class ForgetfulKeeper:
    """Implements ``Keeper`` over another one; reads are always true."""

    def __init__(self, keeper: Keeper, lies: Lies) -> None:
        self._keeper = keeper
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
        return self._keeper.create(kind, values, now, members)

    def get(self, kind: str, resource_id: str) -> Stored:
        """Return one resource, or raise 404."""
        return self._keeper.get(kind, resource_id)

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
            held = self._keeper.get(kind, resource_id)
            allow(held)
            values = self._kept(kind, change(held.values))
            return Stored(kind, held.id, values, held.created, now.isoformat(), held.version + 1)

        def kept(values: Resource) -> Resource:
            return self._kept(kind, change(values))

        return self._keeper.edit(kind, resource_id, kept, now, members, allow=allow)

    def delete(
        self, kind: str, resource_id: str, *, allow: Callable[[Stored], None] = always
    ) -> None:
        """Delete for good, or only say so."""
        if self._forgets():
            allow(self._keeper.get(kind, resource_id))
            return
        self._keeper.delete(kind, resource_id, allow=allow)

    def find(self, kind: str, wanted: Wanted) -> Found:
        """Return one page of what is wanted."""
        return self._keeper.find(kind, wanted)

    def members(self, group_id: str) -> Sequence[Stored]:
        """Return the members of a group."""
        return self._keeper.members(group_id)

    def groups_of(self, member_id: str) -> Sequence[Stored]:
        """Return the groups that somebody is a direct member of."""
        return self._keeper.groups_of(member_id)

    def related(self, kind: str, ids: Sequence[str]) -> Mapping[str, Sequence[Stored]]:
        """Return the members of each of these groups, or the groups of each of these people."""
        return self._keeper.related(kind, ids)

    def _forgets(self) -> bool:
        return self._lies.drops > 0 and is_dropped(self._lies, next(self._numbers))
