"""Everything that a SCIM service holds, as one: emptied, kept aside, put back, filled.

An edge beside the walk. Putting back is one transaction, so it happens whole or
not at all, and survives kill -9 once it was answered. Tokens and the journal
are not part of it: who is connected stays connected. Rows are copied as they
are, so nothing is lost that this program does not read.
"""

import datetime as dt
import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import sqlalchemy as sa

from seatkeeper.errors import BadInput
from seatkeeper.scim.holding import Keys, Stored
from seatkeeper.scim.messages import Resource
from seatkeeper.store.resource_file import ResourceFile, stamp
from seatkeeper.store.resource_tables import (
    CLAIMS,
    KEYS,
    MEMBERS,
    RESOURCES,
    SNAPSHOT_ROWS,
    SNAPSHOTS,
)

Line = tuple[str, Mapping[str, Any]]
"""One row: the table that it is of, and its values."""

_TABLES: Final = {one.name: one for one in (RESOURCES, KEYS, CLAIMS, MEMBERS)}
_BATCH: Final = 500


@dataclass(frozen=True, slots=True)
class Snapshot:
    """One state that was kept aside, and how many users and groups it has."""

    name: str
    created: str
    resources: int


class ResourceArchive:
    """The whole contents of one file; each method is one transaction."""

    def __init__(self, file: ResourceFile, keys_of: Callable[[str, Resource], Keys]) -> None:
        self._file = file
        self._keys_of = keys_of

    def clear(self) -> None:
        """Delete all users, groups and memberships."""
        with self._file.transaction() as db:
            _clear(db)

    def lines(self) -> list[Line]:
        """Return everything, as of one moment."""
        with self._file.transaction() as db:
            return list(_lines(db))

    def replace(self, lines: Iterable[Line]) -> None:
        """Put ``lines`` in the place of everything. Raises ``BadInput`` for an unfit one."""
        with self._file.transaction() as db:
            _clear(db)
            _insert(db, lines)

    def keep(self, name: str, now: dt.datetime) -> None:
        """Keep the present state aside; one of that name is overwritten."""
        with self._file.transaction() as db:
            _forget(db, name)
            count = sa.select(sa.func.count()).select_from(RESOURCES)
            row = {"name": name, "created": stamp(now), "resources": db.execute(count).scalar_one()}
            db.execute(SNAPSHOTS.insert().values(**row))
            for batch in _batches(_lines(db)):
                rows = [
                    {"snapshot": name, "of": of, "body": json.dumps(dict(values))}
                    for of, values in batch
                ]
                db.execute(SNAPSHOT_ROWS.insert(), rows)

    def snapshots(self) -> list[Snapshot]:
        """Return what was kept aside, by name."""
        query = sa.select(SNAPSHOTS).order_by(SNAPSHOTS.c.name)
        with self._file.transaction() as db:
            return [Snapshot(row.name, row.created, row.resources) for row in db.execute(query)]

    def restore(self, name: str) -> bool:
        """Put back what was kept under a name, all or nothing; say whether it was there."""
        mine = SNAPSHOT_ROWS.c.snapshot == name
        query = sa.select(SNAPSHOT_ROWS).where(mine).order_by(SNAPSHOT_ROWS.c.seq)
        with self._file.transaction() as db:
            if not _is_there(db, name):
                return False
            _clear(db)
            _insert(db, ((row.of, json.loads(row.body)) for row in db.execute(query)))
        return True

    def forget(self, name: str) -> bool:
        """Delete what was kept under a name; say whether it was there."""
        with self._file.transaction() as db:
            return _forget(db, name)

    def add(self, resources: Sequence[Stored], members: Iterable[tuple[str, str]] = ()) -> int:
        """Add resources, and who is in which group, in one transaction; return how many are new.

        One whose id is there, or whose unique value is taken, is left out.
        """
        added = 0
        with self._file.transaction() as db:
            for one in resources:
                keys = self._keys_of(one.kind, one.values)
                if _is_taken(db, one, keys):
                    continue
                _add(db, one, keys)
                added += 1
            there = sa.select(RESOURCES.c.id).where(RESOURCES.c.id == sa.bindparam("one"))
            rows = [
                {"group_id": group, "member_id": member}
                for group, member in members
                if db.execute(there, {"one": group}).first()
                and db.execute(there, {"one": member}).first()
            ]
            if rows:
                db.execute(MEMBERS.insert().prefix_with("OR IGNORE"), rows)
        return added


def _clear(db: sa.Connection) -> None:
    for table in _TABLES.values():
        db.execute(table.delete())


def _lines(db: sa.Connection) -> Iterator[Line]:
    for name, table in _TABLES.items():
        query = sa.select(table)
        if table is RESOURCES:
            query = query.order_by(RESOURCES.c.seq)
        for row in db.execute(query).mappings():
            yield str(name), {str(column): value for column, value in row.items()}


def _insert(db: sa.Connection, lines: Iterable[Line]) -> None:
    for batch in _batches(lines):
        for of in dict.fromkeys(name for name, _ in batch):
            table = _TABLES.get(of)
            if table is None:
                raise BadInput("The snapshot holds rows of a kind that this program does not know.")
            rows = [dict(values) for name, values in batch if name == of]
            if not all(_fits(table, row) for row in rows):
                raise _unfit()
            try:
                for row in rows:
                    db.execute(table.insert().values(**row))
            except (sa.exc.SQLAlchemyError, OverflowError, UnicodeEncodeError) as error:
                raise _unfit() from error


def _fits(table: sa.Table, row: Mapping[str, Any]) -> bool:
    for name, value in row.items():
        column = table.c.get(name)
        if column is None or isinstance(value, bool):
            return False
        if not (isinstance(value, column.type.python_type) or (value is None and column.nullable)):
            return False
    if table is not RESOURCES:
        return True
    try:
        return isinstance(json.loads(row.get("body", "")), dict)
    except (ValueError, RecursionError):
        return False


def _unfit() -> BadInput:
    return BadInput(
        "The snapshot holds a row that does not fit; nothing was restored.",
        advice="Make the snapshot anew with the program that runs here.",
    )


def _forget(db: sa.Connection, name: str) -> bool:
    db.execute(SNAPSHOT_ROWS.delete().where(SNAPSHOT_ROWS.c.snapshot == name))
    return db.execute(SNAPSHOTS.delete().where(SNAPSHOTS.c.name == name)).rowcount > 0


def _is_there(db: sa.Connection, name: str) -> bool:
    return (
        db.execute(sa.select(SNAPSHOTS.c.name).where(SNAPSHOTS.c.name == name)).first() is not None
    )


def _is_taken(db: sa.Connection, one: Stored, keys: Keys) -> bool:
    if db.execute(sa.select(RESOURCES.c.seq).where(RESOURCES.c.id == one.id)).first():
        return True
    return any(
        db.execute(
            sa.select(CLAIMS.c.id).where(
                CLAIMS.c.kind == one.kind, CLAIMS.c.name == name, CLAIMS.c.value == value
            )
        ).first()
        for name, value in keys.unique
    )


def _add(db: sa.Connection, one: Stored, keys: Keys) -> None:
    body = json.dumps(one.values, ensure_ascii=False, separators=(",", ":"))
    row = {"kind": one.kind, "id": one.id, "body": body, "version": one.version}
    dates = {"created": one.created, "modified": one.modified}
    db.execute(RESOURCES.insert().values(**row, **dates))
    rows = [
        {"kind": one.kind, "name": name, "value": value, "id": one.id}
        for name, found in keys.lookups.items()
        for value in dict.fromkeys(found)
    ]
    if rows:
        db.execute(KEYS.insert(), rows)
    for name, value in keys.unique:
        db.execute(CLAIMS.insert().values(kind=one.kind, name=name, value=value, id=one.id))


def _batches(lines: Iterable[Line]) -> Iterator[list[Line]]:
    batch: list[Line] = []
    for line in lines:
        batch.append(line)
        if len(batch) == _BATCH:
            yield batch
            batch = []
    if batch:
        yield batch
