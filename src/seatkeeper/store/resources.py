"""The rows behind a SCIM service: its users and groups.

An edge beside the walk: this is the *app's* side, in a file of its own. Every
method is one transaction; uniqueness is a primary key, never a look before
the write. Methods block; callers on an event loop run them in a thread. What
a resource may hold is decided before (``scim.schema``), not here.
"""

import datetime as dt
import json
import uuid
from collections.abc import Callable, Sequence
from typing import Any

import sqlalchemy as sa

from seatkeeper.scim.errors import InvalidCursor, NotThere
from seatkeeper.scim.filter import print_filter
from seatkeeper.scim.holding import Found, Keys, Stored, Wanted, reference, whole
from seatkeeper.scim.members import MemberChange, MemberWrite
from seatkeeper.scim.messages import Resource
from seatkeeper.scim.predicate import compile_filter
from seatkeeper.scim.uniqueness import taken
from seatkeeper.store.resource_file import ResourceFile, stamp
from seatkeeper.store.resource_members import change_members
from seatkeeper.store.resource_tables import CLAIMS, KEYS, MEMBERS, RESOURCES


def _always(held: Stored) -> None:
    """Let every write happen."""


class ResourceStore:
    """Resources in one file; ``keys_of`` says what is indexed and unique per kind."""

    def __init__(self, file: ResourceFile, keys_of: Callable[[str, Resource], Keys]) -> None:
        self._file = file
        self._keys_of = keys_of

    def create(
        self, kind: str, values: Resource, now: dt.datetime, members: Sequence[str] = ()
    ) -> Stored:
        """Keep a new resource under an id of our own. A taken value is 409 uniqueness."""
        new_id, at = str(uuid.uuid4()), stamp(now)
        with self._file.transaction() as db:
            db.execute(
                RESOURCES.insert().values(
                    kind=kind, id=new_id, body=_text(values), created=at, modified=at, version=1
                )
            )
            self._index(db, kind, new_id, values)
            if members:
                change_members(db, new_id, MemberChange(MemberWrite.ADD, tuple(members)))
        return Stored(kind, new_id, values, at, at, 1)

    def get(self, kind: str, resource_id: str) -> Stored:
        """Return one resource, or raise 404."""
        with self._file.transaction() as db:
            return _one(db, kind, resource_id)

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
        with self._file.transaction() as db:
            held = _one(db, kind, resource_id)
            allow(held)
            values = change(held.values)
            moved = [change_members(db, resource_id, one) for one in members]
            if values == held.values and not any(moved):
                return held
            at = stamp(now)
            row = RESOURCES.update().where(RESOURCES.c.id == resource_id)
            db.execute(row.values(body=_text(values), modified=at, version=RESOURCES.c.version + 1))
            if values != held.values:
                _forget(db, resource_id)
                self._index(db, kind, resource_id, values)
        return Stored(kind, resource_id, values, held.created, at, held.version + 1)

    def delete(
        self, kind: str, resource_id: str, *, allow: Callable[[Stored], None] = _always
    ) -> None:
        """Delete for good, memberships included, or raise 404."""
        with self._file.transaction() as db:
            allow(_one(db, kind, resource_id))
            _forget(db, resource_id)
            db.execute(RESOURCES.delete().where(RESOURCES.c.id == resource_id))
            both = (MEMBERS.c.group_id == resource_id) | (MEMBERS.c.member_id == resource_id)
            db.execute(MEMBERS.delete().where(both))

    def count(self, kind: str) -> int:
        """Return how many there are."""
        query = sa.select(sa.func.count()).where(RESOURCES.c.kind == kind)
        with self._file.transaction() as db:
            return int(db.execute(query).scalar_one())

    def page(self, kind: str, *, offset: int = 0, limit: int) -> list[Stored]:
        """Return resources in the order of their creation."""
        query = sa.select(RESOURCES).where(RESOURCES.c.kind == kind).order_by(RESOURCES.c.seq)
        with self._file.transaction() as db:
            return [_stored(row) for row in db.execute(query.limit(limit).offset(offset))]

    def having(self, kind: str, name: str, value: str) -> list[Stored]:
        """Return those whose key ``name`` has the folded ``value`` (``id``, ``members`` too)."""
        ids: Any
        if name == "id":
            ids = sa.select(sa.literal(value))
        elif name == "members":
            ids = sa.select(MEMBERS.c.group_id).where(MEMBERS.c.member_id == value)
        else:
            wanted = (KEYS.c.kind == kind) & (KEYS.c.name == name) & (KEYS.c.value == value)
            ids = sa.select(KEYS.c.id).where(wanted)
        query = sa.select(RESOURCES).where(RESOURCES.c.kind == kind, RESOURCES.c.id.in_(ids))
        with self._file.transaction() as db:
            return [_stored(row) for row in db.execute(query.order_by(RESOURCES.c.seq))]

    def find(self, kind: str, wanted: Wanted) -> Found:
        """Return one page of what is wanted. A position that was not given here is 400."""
        offset = wanted.offset
        if wanted.after:
            if not wanted.after.isdecimal():
                raise InvalidCursor("The cursor was not made here. Begin without a cursor.")
            offset = int(wanted.after)
        if wanted.filter is None and wanted.sort is None:
            total, page = self.count(kind), self.page(kind, offset=offset, limit=wanted.limit)
        else:
            found = self._meeting(kind, wanted)
            total, page = len(found), found[offset : offset + wanted.limit]
        following = offset + len(page)
        return Found(page, total, str(following) if page and following < total else "")

    def _meeting(self, kind: str, wanted: Wanted) -> list[Stored]:
        asked = "" if wanted.filter is None else print_filter(wanted.filter).casefold()
        # Members and groups are only read where the filter asks for them.
        with_related = ("members" if kind == "Group" else "groups") in asked
        found = [
            (self._whole(one, wanted, with_related=with_related), one)
            for one in self.page(kind, limit=self.count(kind))
        ]
        if wanted.filter is not None:
            meets = compile_filter(wanted.filter, wanted.schema)
            found = [(body, one) for body, one in found if meets(body)]
        sort = wanted.sort
        if sort is not None:
            found.sort(key=lambda pair: sort.key(pair[0]), reverse=sort.descending)
        return [one for _, one in found]

    def _whole(self, one: Stored, wanted: Wanted, *, with_related: bool) -> Resource:
        related: Sequence[Stored] = ()
        if with_related:
            related = self.members(one.id) if one.kind == "Group" else self.groups_of(one.id)
        named = [reference(other, _location(other, wanted.base)) for other in related]
        return whole(one, wanted.schema, _location(one, wanted.base), named)

    def members(self, group_id: str) -> list[Stored]:
        """Return the members of a group, in the order of their creation."""
        return self._joined(MEMBERS.c.member_id, MEMBERS.c.group_id, group_id)

    def groups_of(self, member_id: str) -> list[Stored]:
        """Return the groups that somebody is a member of."""
        return self._joined(MEMBERS.c.group_id, MEMBERS.c.member_id, member_id)

    def _joined(
        self, wanted: sa.Column[str], given: sa.Column[str], resource_id: str
    ) -> list[Stored]:
        ids = sa.select(wanted).where(given == resource_id)
        query = sa.select(RESOURCES).where(RESOURCES.c.id.in_(ids)).order_by(RESOURCES.c.seq)
        with self._file.transaction() as db:
            return [_stored(row) for row in db.execute(query)]

    def _index(self, db: sa.Connection, kind: str, resource_id: str, values: Resource) -> None:
        keys = self._keys_of(kind, values)
        rows = [
            {"kind": kind, "name": name, "value": value, "id": resource_id}
            for name, found in keys.lookups.items()
            for value in dict.fromkeys(found)
        ]
        if rows:
            db.execute(KEYS.insert(), rows)
        for name, value in keys.unique:
            try:
                db.execute(
                    CLAIMS.insert().values(kind=kind, name=name, value=value, id=resource_id)
                )
            except sa.exc.IntegrityError as error:
                raise taken(name) from error


def _one(db: sa.Connection, kind: str, resource_id: str) -> Stored:
    query = sa.select(RESOURCES).where(RESOURCES.c.kind == kind, RESOURCES.c.id == resource_id)
    row = db.execute(query).one_or_none()
    if row is None:
        raise NotThere(f"There is no {kind} with that id.")
    return _stored(row)


def _stored(row: Any) -> Stored:
    return Stored(row.kind, row.id, json.loads(row.body), row.created, row.modified, row.version)


def _forget(db: sa.Connection, resource_id: str) -> None:
    for table in (KEYS, CLAIMS):
        db.execute(table.delete().where(table.c.id == resource_id))


def _location(one: Stored, base: str) -> str:
    return f"{base}/{one.kind}s/{one.id}"


def _text(values: Resource) -> str:
    return json.dumps(values, ensure_ascii=False, separators=(",", ":"))
