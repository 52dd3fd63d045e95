"""The rows behind a SCIM service: users, groups, members, tokens, and the journal of requests.

An edge beside the walk: this is the *app's* side, in a file of its own. Every
method is one transaction; uniqueness is a primary key, never a look before
the write. Methods block; callers on an event loop run them in a thread. What
a resource may hold is decided before (``scim.schema``), not here.
"""

import datetime as dt
import hashlib
import json
import threading
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import sqlalchemy as sa

from seatkeeper.errors import StoreUnusable
from seatkeeper.scim.errors import NotThere, UnfitValue
from seatkeeper.scim.filter import Filter
from seatkeeper.scim.members import MemberChange, MemberWrite
from seatkeeper.scim.messages import Resource
from seatkeeper.scim.predicate import compile_filter
from seatkeeper.scim.uniqueness import taken

_FORMAT: Final = 1
_KEPT: Final = 10_000
_META: Final = sa.MetaData()

RESOURCES: Final = sa.Table(
    "resources",
    _META,
    sa.Column("seq", sa.Integer, primary_key=True),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("id", sa.Text, nullable=False, unique=True),
    sa.Column("body", sa.Text, nullable=False),
    sa.Column("created", sa.Text, nullable=False),
    sa.Column("modified", sa.Text, nullable=False),
    sa.Column("version", sa.Integer, nullable=False),
    sa.Index("resources_in_order", "kind", "seq"),
)
# One row per value that a filter may look for; a value that must be unique is
# claimed by the primary key of ``claims``, so two writers can never both have it.
KEYS: Final = sa.Table(
    "keys",
    _META,
    sa.Column("kind", sa.Text, primary_key=True),
    sa.Column("name", sa.Text, primary_key=True),
    sa.Column("value", sa.Text, primary_key=True),
    sa.Column("id", sa.Text, primary_key=True),
    sa.Index("keys_of", "id"),
)
CLAIMS: Final = sa.Table(
    "claims",
    _META,
    sa.Column("kind", sa.Text, primary_key=True),
    sa.Column("name", sa.Text, primary_key=True),
    sa.Column("value", sa.Text, primary_key=True),
    sa.Column("id", sa.Text, nullable=False),
    sa.Index("claims_of", "id"),
)
MEMBERS: Final = sa.Table(
    "members",
    _META,
    sa.Column("group_id", sa.Text, primary_key=True),
    sa.Column("member_id", sa.Text, primary_key=True),
    sa.Index("members_of", "member_id"),
)
TOKENS: Final = sa.Table(
    "tokens",
    _META,
    sa.Column("seq", sa.Integer, primary_key=True),
    sa.Column("digest", sa.Text, nullable=False, unique=True),
    sa.Column("last_four", sa.Text, nullable=False),
    sa.Column("issued_as", sa.Text, nullable=False),
    sa.Column("created", sa.Text, nullable=False),
    sa.Column("revoked", sa.Text),
    sa.Column("last_used", sa.Text),
)
REQUESTS: Final = sa.Table(
    "requests",
    _META,
    sa.Column("seq", sa.Integer, primary_key=True),
    sa.Column("started", sa.Text, nullable=False),
    sa.Column("ended", sa.Text, nullable=False),
    sa.Column("method", sa.Text, nullable=False),
    sa.Column("path", sa.Text, nullable=False),
    sa.Column("query", sa.Text, nullable=False),
    sa.Column("status", sa.Integer, nullable=False),
    sa.Column("request", sa.Text, nullable=False),
    sa.Column("response", sa.Text, nullable=False),
    sa.Column("token", sa.Text, nullable=False),
    sqlite_autoincrement=True,
)


@dataclass(frozen=True, slots=True)
class Stored:
    """One resource as it is kept: the client's values, and what the service adds."""

    kind: str
    id: str
    values: Resource
    created: str
    modified: str


@dataclass(frozen=True, slots=True)
class Keys:
    """What of a resource is looked up, name to folded values, and each value that is unique."""

    lookups: Mapping[str, Sequence[str]]
    unique: Sequence[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Token:
    """One issued token, without the token."""

    seq: int
    last_four: str
    issued_as: str
    created: str
    revoked: str | None
    last_used: str | None


class ResourceStore:
    """Resources in one SQLite file; ``keys_of`` says what is indexed and unique per kind."""

    def __init__(self, path: Path | str, keys_of: Callable[[str, Resource], Keys]) -> None:
        self._keys_of = keys_of
        self._lock = threading.Lock()
        engine = sa.create_engine(
            f"sqlite:///{path}",
            connect_args={"check_same_thread": False, "timeout": 30, "isolation_level": None},
            poolclass=sa.pool.StaticPool,
        )
        self._engine = engine
        self._db = engine.connect()
        # A journal that is written ahead survives kill -9 with every answered write.
        for pragma in ("journal_mode=WAL", "synchronous=NORMAL", "busy_timeout=30000"):
            self._db.exec_driver_sql(f"PRAGMA {pragma}")
        found = self._db.exec_driver_sql("PRAGMA user_version").scalar_one()
        if found not in (0, _FORMAT):
            raise StoreUnusable(
                f"The file has format {found}; this program knows {_FORMAT}.",
                advice="Name another file, or use the newer program.",
            )
        _META.create_all(self._db)
        self._db.exec_driver_sql(f"PRAGMA user_version={_FORMAT}")
        self._db.commit()

    def close(self) -> None:
        """Close the file."""
        with self._lock:
            self._db.close()
            self._engine.dispose()

    @contextmanager
    def _transaction(self) -> Iterator[sa.Connection]:
        with self._lock:
            self._db.exec_driver_sql("BEGIN IMMEDIATE")
            try:
                yield self._db
            except BaseException:
                self._db.exec_driver_sql("ROLLBACK")
                self._db.rollback()
                raise
            self._db.exec_driver_sql("COMMIT")
            self._db.commit()

    # --- resources ---

    def create(
        self, kind: str, values: Resource, now: dt.datetime, members: Sequence[str] = ()
    ) -> Stored:
        """Keep a new resource under an id of our own. A taken value is 409 uniqueness."""
        new_id, at = str(uuid.uuid4()), _stamp(now)
        with self._transaction() as db:
            db.execute(
                RESOURCES.insert().values(
                    kind=kind, id=new_id, body=_text(values), created=at, modified=at, version=1
                )
            )
            self._index(db, kind, new_id, values)
            if members:
                _change_members(db, new_id, MemberChange(MemberWrite.ADD, tuple(members)))
        return Stored(kind, new_id, values, at, at)

    def get(self, kind: str, resource_id: str) -> Stored:
        """Return one resource, or raise 404."""
        with self._transaction() as db:
            return _one(db, kind, resource_id)

    def edit(
        self,
        kind: str,
        resource_id: str,
        change: Callable[[Resource], Resource],
        now: dt.datetime,
        members: Sequence[MemberChange] = (),
    ) -> Stored:
        """Replace the values by what ``change`` makes of them, with members, all or nothing."""
        with self._transaction() as db:
            held = _one(db, kind, resource_id)
            values = change(held.values)
            moved = [_change_members(db, resource_id, one) for one in members]
            if values == held.values and not any(moved):
                return held
            at = _stamp(now)
            row = RESOURCES.update().where(RESOURCES.c.id == resource_id)
            db.execute(row.values(body=_text(values), modified=at, version=RESOURCES.c.version + 1))
            if values != held.values:
                _forget(db, resource_id)
                self._index(db, kind, resource_id, values)
        return Stored(kind, resource_id, values, held.created, at)

    def delete(self, kind: str, resource_id: str) -> None:
        """Delete for good, memberships included, or raise 404."""
        with self._transaction() as db:
            _one(db, kind, resource_id)
            _forget(db, resource_id)
            db.execute(RESOURCES.delete().where(RESOURCES.c.id == resource_id))
            both = (MEMBERS.c.group_id == resource_id) | (MEMBERS.c.member_id == resource_id)
            db.execute(MEMBERS.delete().where(both))

    def count(self, kind: str) -> int:
        """Return how many there are."""
        query = sa.select(sa.func.count()).where(RESOURCES.c.kind == kind)
        with self._transaction() as db:
            return int(db.execute(query).scalar_one())

    def page(self, kind: str, *, offset: int = 0, limit: int) -> list[Stored]:
        """Return resources in the order of their creation."""
        query = sa.select(RESOURCES).where(RESOURCES.c.kind == kind).order_by(RESOURCES.c.seq)
        with self._transaction() as db:
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
        with self._transaction() as db:
            return [_stored(row) for row in db.execute(query.order_by(RESOURCES.c.seq))]

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
        with self._transaction() as db:
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

    # --- tokens ---

    def issue(self, token: str, issued_as: str, now: dt.datetime) -> None:
        """Keep a token by its digest; one that is already there stays as it is."""
        row = {"digest": _digest(token), "last_four": token[-4:], "issued_as": issued_as}
        with self._transaction() as db:
            db.execute(TOKENS.insert().prefix_with("OR IGNORE").values(**row, created=_stamp(now)))

    def authority(self, token: str, now: dt.datetime) -> str | None:
        """Return as whom a token was issued, or none if it is unknown or revoked."""
        mine = TOKENS.c.digest == _digest(token)
        with self._transaction() as db:
            query = sa.select(TOKENS.c.issued_as).where(mine, TOKENS.c.revoked.is_(None))
            found = db.execute(query).scalar_one_or_none()
            if found is not None:
                db.execute(TOKENS.update().where(mine).values(last_used=_stamp(now)))
        return None if found is None else str(found)

    def tokens(self) -> list[Token]:
        """Return all tokens ever issued, newest first."""
        columns = [column for column in TOKENS.c if column.name != "digest"]
        with self._transaction() as db:
            rows = db.execute(sa.select(*columns).order_by(TOKENS.c.seq.desc())).all()
        return [Token(*row) for row in rows]

    def revoke(self, seq: int, now: dt.datetime) -> None:
        """End a token; its next request is refused."""
        mine = (TOKENS.c.seq == seq) & TOKENS.c.revoked.is_(None)
        with self._transaction() as db:
            db.execute(TOKENS.update().where(mine).values(revoked=_stamp(now)))

    # --- the journal ---

    def note(self, entry: Mapping[str, str | int]) -> None:
        """Write down one request and its answer; the oldest beyond 10,000 go."""
        with self._transaction() as db:
            seq = db.execute(REQUESTS.insert().values(**entry)).inserted_primary_key
            newest = int(seq[0]) if seq else 0
            if newest > _KEPT:
                db.execute(REQUESTS.delete().where(REQUESTS.c.seq <= newest - _KEPT))

    def requests(
        self, *, after: int = 0, limit: int = _KEPT, newest_first: bool = False
    ) -> list[dict[str, str | int]]:
        """Return requests with a number over ``after``, in the order of their answers."""
        order = REQUESTS.c.seq.desc() if newest_first else REQUESTS.c.seq
        query = sa.select(REQUESTS).where(REQUESTS.c.seq > after).order_by(order).limit(limit)
        with self._transaction() as db:
            return [dict(row) for row in db.execute(query).mappings()]


def _one(db: sa.Connection, kind: str, resource_id: str) -> Stored:
    query = sa.select(RESOURCES).where(RESOURCES.c.kind == kind, RESOURCES.c.id == resource_id)
    row = db.execute(query).one_or_none()
    if row is None:
        raise NotThere(f"There is no {kind} with that id.")
    return _stored(row)


def _stored(row: Any) -> Stored:
    return Stored(row.kind, row.id, json.loads(row.body), row.created, row.modified)


def _forget(db: sa.Connection, resource_id: str) -> None:
    for table in (KEYS, CLAIMS):
        db.execute(table.delete().where(table.c.id == resource_id))


def _change_members(db: sa.Connection, group_id: str, change: MemberChange) -> bool:
    """Carry out one change of members; say whether anybody came or went."""
    mine = MEMBERS.c.group_id == group_id
    gone = 0
    if change.write is MemberWrite.REPLACE:
        others = MEMBERS.delete().where(mine, MEMBERS.c.member_id.not_in(change.ids))
        gone = db.execute(others).rowcount
    elif change.write is MemberWrite.REMOVE:
        ids = change.ids if change.where is None else _meeting(db, group_id, change.where)
        if not ids:
            return False
        one = MEMBERS.delete().where(mine, MEMBERS.c.member_id == sa.bindparam("gone"))
        return db.execute(one, [{"gone": member} for member in ids]).rowcount > 0
    if not change.ids:
        return gone > 0
    there = sa.select(RESOURCES.c.id).where(RESOURCES.c.id == sa.bindparam("member"))
    for member in change.ids:
        if db.execute(there, {"member": member}).first() is None:
            raise UnfitValue("A member's value must be the id of an account.")
    rows = [{"group_id": group_id, "member_id": member} for member in change.ids]
    come = db.execute(MEMBERS.insert().prefix_with("OR IGNORE"), rows).rowcount
    return gone + come > 0


def _meeting(db: sa.Connection, group_id: str, where: Filter) -> Sequence[str]:
    """Return the members that a filter other than by id describes; only this looks at all."""
    meets = compile_filter(where)
    joined = MEMBERS.c.member_id == RESOURCES.c.id
    query = sa.select(RESOURCES.c.id, RESOURCES.c.kind, RESOURCES.c.body).where(
        joined, MEMBERS.c.group_id == group_id
    )
    found: list[str] = []
    for row in db.execute(query):
        values = json.loads(row.body)
        display = values.get("displayName") or values.get("userName") or ""
        if meets({"value": row.id, "type": row.kind, "display": display}):
            found.append(row.id)
    return found


def _text(values: Resource) -> str:
    return json.dumps(values, ensure_ascii=False, separators=(",", ":"))


def _stamp(now: dt.datetime) -> str:
    return now.astimezone(dt.UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
