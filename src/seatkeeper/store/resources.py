"""The rows behind a SCIM service: its users and groups.

An edge beside the walk: this is the *app's* side, in a file or schema of its
own. Every method is one transaction; uniqueness is a primary key, never a
look before the write. Methods block; callers on an event loop run them in a
thread. What a resource may hold is decided before (``scim.schema``), not here.
"""

import datetime as dt
import secrets
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

import sqlalchemy as sa

from seatkeeper.scim.holding import Found, Keys, Stored, Wanted
from seatkeeper.scim.members import MemberChange, MemberWrite
from seatkeeper.scim.messages import Resource
from seatkeeper.store.fixed import Fixed
from seatkeeper.store.resource_counts import count_of, note_one
from seatkeeper.store.resource_file import ResourceFile, stamp
from seatkeeper.store.resource_find import find
from seatkeeper.store.resource_keys import forget_keys, write_keys
from seatkeeper.store.resource_members import (
    change_members,
    groups_of,
    leave_all,
    members_of,
    related_by_id,
)
from seatkeeper.store.resource_new import NewResources, insert_resource
from seatkeeper.store.resource_reindex import reindex
from seatkeeper.store.resource_rows import WHOLE, activity, columns_of, one, stored
from seatkeeper.store.resource_tables import RESOURCES
from seatkeeper.store.resource_turn import Way

_MINE: Final = RESOURCES.c.seq == sa.bindparam("of")
_COUNTED: Final = {
    "modified": sa.bindparam("at", type_=sa.Text()),
    "version": RESOURCES.c.version + 1,
}
_BODY: Final[dict[str, sa.BindParameter[Any]]] = {
    name: sa.bindparam(f"new_{name}") for name in ("body", "shown")
}
_STIRRED: Final = Fixed(RESOURCES.update().where(_MINE).values(_COUNTED))
_CHANGED: Final = Fixed(RESOURCES.update().where(_MINE).values({**_COUNTED, **_BODY}))
# Apart, because SQLite rewrites the index of a column that is set to what it was.
_SWITCHED: Final = Fixed(
    RESOURCES.update().where(_MINE).values({"active": sa.bindparam("new_active")})
)


def _always(held: Stored) -> None:
    """Let every write happen."""


def _new_id() -> str:
    """Return a UUID that is ordered by time (RFC 9562 5.7, version 7).

    What is made together then lies together in every index over ids; ids by chance
    made each new account touch three pages more.
    """
    milliseconds, chance = time.time_ns() // 1_000_000, secrets.randbits(74)
    before, after = chance >> 62, chance & (1 << 62) - 1
    text = f"{milliseconds << 80 | 7 << 76 | before << 64 | 2 << 62 | after:032x}"
    return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"


class ResourceStore:
    """Resources in one file or schema; keeps the promise ``Keeper``.

    ``keys_of`` says what is indexed and unique per kind. The names that it
    gives for an empty resource are those that an index answers. What ``edit``
    and ``delete`` are given to call may be called again where the database
    asks for another attempt.
    """

    def __init__(
        self,
        file: ResourceFile,
        keys_of: Callable[[str, Resource], Keys],
        *,
        new_id: Callable[[], str] = _new_id,
    ) -> None:
        self._file = file
        self._keys_of = keys_of
        self._new_id = new_id
        self._names: dict[str, frozenset[str]] = {}
        file.write(lambda db: reindex(db, keys_of))

    def create(
        self, kind: str, values: Resource, now: dt.datetime, members: Sequence[str] = ()
    ) -> Stored:
        """Keep a new resource under an id of our own. A taken value is 409 uniqueness."""
        new_id, at, keys = self._new_id(), stamp(now), self._keys_of(kind, values)
        row = {"kind": kind, "id": new_id, "created": at, "modified": at, "version": 1}
        row.update(columns_of(values))

        def work(db: sa.Connection) -> None:
            if self._file.is_sqlite and not members:
                turn = self._file.turn_of(db)
                new = NewResources() if turn is None else turn.gathering(NewResources)
                new.add(db, row, keys)
                if turn is None:
                    new.settle(db)
                return
            seq = insert_resource(db, row, keys)
            if members:
                change_members(db, seq, MemberChange(MemberWrite.ADD, tuple(members)))

        self._file.write(work, Way.FREE if members else Way.ADDING)
        return Stored(kind, new_id, values, at, at, 1)

    def get(self, kind: str, resource_id: str) -> Stored:
        """Return one resource, or raise 404."""
        return self._file.read(lambda db: stored(one(db, kind, resource_id)))

    def edit(
        self,
        kind: str,
        resource_id: str,
        change: Callable[[Resource], Resource],
        now: dt.datetime,
        members: Sequence[MemberChange] = (),
        *,
        allow: Callable[[Stored], None] = _always,
    ) -> Stored:
        """Replace the values by what ``change`` makes of them, with members, all or nothing."""
        at = stamp(now)

        def work(db: sa.Connection) -> Stored:
            row = one(db, kind, resource_id, lock=True)
            held = stored(row)
            allow(held)
            values = change(held.values)
            moved = [change_members(db, row.seq, each) for each in members]
            if values == held.values and not any(moved):
                return held
            if values == held.values:
                _STIRRED.run(db, of=row.seq, at=at)
            else:
                old, keys = self._keys_of(kind, held.values), self._keys_of(kind, values)
                write_keys(db, kind, row.seq, keys, old)
                new = columns_of(values)
                _CHANGED.run(db, of=row.seq, at=at, new_body=new["body"], new_shown=new["shown"])
                if new["active"] != activity(held.values):
                    _SWITCHED.run(db, of=row.seq, new_active=new["active"])
            return Stored(kind, resource_id, values, held.created, at, held.version + 1)

        return self._file.write(work, Way.FREE if members else Way.REFUSING_FIRST)

    def delete(
        self, kind: str, resource_id: str, *, allow: Callable[[Stored], None] = _always
    ) -> None:
        """Delete for good, memberships included, or raise 404."""

        def work(db: sa.Connection) -> None:
            row = one(db, kind, resource_id, lock=True)
            allow(stored(row))
            # First the row itself: whoever is about to make it a member waits here, and finds none.
            db.execute(RESOURCES.delete().where(RESOURCES.c.seq == row.seq))
            forget_keys(db, [row.seq])
            leave_all(db, row.seq)
            note_one(db, kind, row.seq, -1)

        self._file.write(work)

    def find(self, kind: str, wanted: Wanted) -> Found:
        """Return one page of what is wanted. A position that was not given here is 400."""
        names = self._names.get(kind)
        if names is None:
            names = self._names[kind] = frozenset(self._keys_of(kind, {}).lookups)
        return self._file.read(lambda db: find(db, kind, wanted, names))

    def count(self, kind: str) -> int:
        """Return how many there are."""
        return self._file.read(lambda db: count_of(db, kind))

    def page(self, kind: str, *, offset: int = 0, limit: int) -> list[Stored]:
        """Return resources in the order of their creation."""
        query = sa.select(*WHOLE).where(RESOURCES.c.kind == kind).order_by(RESOURCES.c.seq)
        query = query.limit(limit).offset(offset)
        return self._file.read(lambda db: [stored(row) for row in db.execute(query)])

    def members(self, group_id: str) -> Sequence[Stored]:
        """Return the members of a group, in the order of their creation.

        Of their values only those are there that a reference shows.
        """
        return self._file.read(lambda db: members_of(db, group_id))

    def groups_of(self, member_id: str) -> Sequence[Stored]:
        """Return the groups that somebody is a direct member of, as ``members`` does."""
        return self._file.read(lambda db: groups_of(db, member_id))

    def related(self, kind: str, ids: Sequence[str]) -> Mapping[str, Sequence[Stored]]:
        """Return the members of each of these groups, or the groups of each of these people."""
        return self._file.read(lambda db: related_by_id(db, kind, ids))
