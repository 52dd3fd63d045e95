"""Everything that a SCIM service holds, as one: emptied, kept aside, put back, filled.

An edge beside the walk. Each is one transaction, so it happens whole or not at
all, and survives kill -9 once it was answered. What it holds are accounts,
groups, members, waiting and sent mails, and how switches stand. Tokens, the
journal and the history of changes are no part of it: they say what happened.

Rows are kept as lines without their numbers, and without what follows from
them: keys, claims and counts are made anew, by the rules of today, and no
number is ever given twice.
"""

import datetime as dt
import json
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import sqlalchemy as sa

from seatkeeper.scim.holding import Keys, Stored
from seatkeeper.scim.messages import Resource
from seatkeeper.store.resource_counts import note_one
from seatkeeper.store.resource_file import ResourceFile, stamp
from seatkeeper.store.resource_keys import key_of_text, key_rows
from seatkeeper.store.resource_line import (
    Line,
    member_of_line,
    resource_of_line,
    row_of_line,
    unfit,
)
from seatkeeper.store.resource_outbox import MAILS
from seatkeeper.store.resource_reindex import reindex
from seatkeeper.store.resource_rows import WHOLE, columns_of, is_id
from seatkeeper.store.resource_switches import SWITCHES
from seatkeeper.store.resource_tables import CLAIMS, COUNTS, KEYS, MEMBERS, RESOURCES, SEQ, SLOTS
from seatkeeper.store.upsert import PIECE, among, insert_missing, pieces, upsert

KeysOf = Callable[[str, Resource], Keys]

_METADATA: Final = sa.MetaData()
SNAPSHOTS: Final = sa.Table(
    "snapshots",
    _METADATA,
    sa.Column("name", sa.Text, primary_key=True),
    sa.Column("created", sa.Text, nullable=False),
    sa.Column("resources", sa.Integer, nullable=False),
)
# One row per line, with the table that it is of.
SNAPSHOT_ROWS: Final = sa.Table(
    "snapshot_rows",
    _METADATA,
    sa.Column("seq", SEQ, primary_key=True, autoincrement=True),
    sa.Column("snapshot", sa.Text, nullable=False),
    sa.Column("of", sa.Text, nullable=False),
    sa.Column("body", sa.Text, nullable=False),
    sa.Index("rows_of_snapshot", "snapshot", "seq"),
)


@dataclass(frozen=True, slots=True)
class Snapshot:
    """One state that was kept aside, and how many users and groups it has."""

    name: str
    created: str
    resources: int


class ResourceArchive:
    """The whole contents of one store; each method is one transaction.

    ``keys_of`` is the rule that its ``ResourceStore`` has.
    """

    def __init__(self, file: ResourceFile, keys_of: KeysOf) -> None:
        self._file = file
        self._keys_of = keys_of

        def prepare(db: sa.Connection) -> None:
            for metadata in (_METADATA, MAILS.metadata, SWITCHES.metadata):
                metadata.create_all(db)
            reindex(db, keys_of)

        file.write(prepare)

    def clear(self) -> None:
        """Delete all users, groups, memberships and mails; switches stay."""
        self._file.write(_clear)

    def lines(self) -> list[Line]:
        """Return everything, as of one moment."""
        return self._file.read(lambda db: list(_lines(db)))

    def replace(self, lines: Callable[[], Iterable[Line]]) -> None:
        """Put lines in the place of everything. Raises ``BadInput`` for an unfit one.

        ``lines`` is called again where the database asks for another attempt.
        """

        def work(db: sa.Connection) -> None:
            _clear(db)
            _insert(db, lines(), self._keys_of)

        self._file.write(work)

    def keep(self, name: str, now: dt.datetime) -> None:
        """Keep the present state aside; one of that name is overwritten."""

        def work(db: sa.Connection) -> None:
            _keep_others_out(db)
            _forget(db, name)
            count = sa.select(sa.func.count()).select_from(RESOURCES)
            found = {"resources": db.execute(count).scalar_one(), "created": stamp(now)}
            db.execute(SNAPSHOTS.insert().values(name=name, **found))
            for batch in _batches(_lines(db)):
                rows = [
                    {"snapshot": name, "of": of, "body": json.dumps(dict(values))}
                    for of, values in batch
                ]
                db.execute(SNAPSHOT_ROWS.insert(), rows)

        self._file.write(work)

    def snapshots(self) -> list[Snapshot]:
        """Return what was kept aside, by name."""
        query = sa.select(SNAPSHOTS).order_by(SNAPSHOTS.c.name)
        rows = self._file.read(lambda db: db.execute(query).all())
        return [Snapshot(row.name, row.created, row.resources) for row in rows]

    def restore(self, name: str) -> bool:
        """Put back what was kept under a name, all or nothing; say whether it was there."""

        def work(db: sa.Connection) -> bool:
            there = sa.select(SNAPSHOTS.c.name).where(SNAPSHOTS.c.name == name)
            if db.execute(there).first() is None:
                return False
            _clear(db)
            _insert(db, _kept_lines(db, name), self._keys_of)
            return True

        return self._file.write(work)

    def forget(self, name: str) -> bool:
        """Delete what was kept under a name; say whether it was there."""
        return self._file.write(lambda db: _forget(db, name))

    def add(self, resources: Sequence[Stored], members: Sequence[tuple[str, str]] = ()) -> int:
        """Add resources, and who is in which group, in one transaction; return how many are new.

        One whose id is there, or whose unique value is taken, is left out.
        """

        def work(db: sa.Connection) -> int:
            _keep_others_out(db)
            added = 0
            for piece in pieces(resources):
                fresh = _free(db, piece, self._keys_of)
                _insert_resources(db, fresh, self._keys_of)
                added += len(fresh)
            for pairs in pieces(members):
                _insert_members(db, pairs)
            return added

        return self._file.write(work)


def _keep_others_out(db: sa.Connection) -> None:
    """Let nobody else write resources until this transaction ends; readers go on."""
    if db.dialect.name == "sqlite":
        return  # a writer is alone there
    schema = db.get_execution_options()["schema_translate_map"][None]
    placed = RESOURCES.to_metadata(sa.MetaData(), schema=schema)
    name = db.dialect.identifier_preparer.format_table(placed)
    db.exec_driver_sql(f"LOCK TABLE {name} IN EXCLUSIVE MODE")


def _clear(db: sa.Connection) -> None:
    _keep_others_out(db)
    for table in (MEMBERS, KEYS, CLAIMS, COUNTS, MAILS, RESOURCES):
        db.execute(table.delete())


def _lines(db: sa.Connection) -> Iterator[Line]:
    last = 0
    whole = sa.select(*WHOLE).order_by(RESOURCES.c.seq).limit(PIECE)
    while rows := db.execute(whole.where(RESOURCES.c.seq > last)).mappings().all():
        last = rows[-1]["seq"]
        for row in rows:
            yield "resources", {name: value for name, value in row.items() if name != "seq"}
    group, member = RESOURCES.alias(), RESOURCES.alias()
    pairs = (
        sa.select(group.c.id.label("group"), member.c.id.label("member"))
        .select_from(MEMBERS)
        .join(group, group.c.seq == MEMBERS.c.group_seq)
        .join(member, member.c.seq == MEMBERS.c.member_seq)
        .order_by(MEMBERS.c.group_seq, MEMBERS.c.member_seq)
    )
    for query, of in (
        (pairs, "members"),
        (sa.select(MAILS).order_by(MAILS.c.account_id), "mails"),
        (sa.select(SWITCHES).order_by(SWITCHES.c.name), "switches"),
    ):
        for row in db.execute(query).mappings():
            yield of, dict(row)


def _kept_lines(db: sa.Connection, name: str) -> Iterator[Line]:
    mine = SNAPSHOT_ROWS.c.snapshot == name
    query = sa.select(SNAPSHOT_ROWS).where(mine).order_by(SNAPSHOT_ROWS.c.seq).limit(PIECE)
    last = 0
    while rows := db.execute(query.where(SNAPSHOT_ROWS.c.seq > last)).all():
        last = rows[-1].seq
        for row in rows:
            yield row.of, json.loads(row.body)


def _insert(db: sa.Connection, lines: Iterable[Line], keys_of: KeysOf) -> None:
    """Insert what lines say; of several that claim one unique value, the oldest has it."""
    for batch in _batches(lines):
        resources, pairs = [], []
        others: dict[sa.Table, list[Mapping[str, Any]]] = {MAILS: [], SWITCHES: []}
        for line in batch:
            match line[0]:
                case "resources":
                    resources.append(resource_of_line(line))
                case "members":
                    pairs.append(member_of_line(line))
                case _:
                    table = SWITCHES if line[0] == "switches" else MAILS
                    others[table].append(row_of_line(line, table))
        _insert_resources(db, resources, keys_of)
        _insert_members(db, pairs)
        for table, rows in others.items():
            upsert(db, table, rows)


def _insert_resources(db: sa.Connection, found: Sequence[Stored], keys_of: KeysOf) -> None:
    if not found:
        return
    rows = [
        {
            "kind": one.kind,
            "id": one.id,
            "created": one.created,
            "modified": one.modified,
            "version": one.version,
            **columns_of(one.values),
        }
        for one in found
    ]
    try:
        db.execute(RESOURCES.insert(), rows)
    except sa.exc.IntegrityError as error:
        raise unfit() from error
    numbers = _numbers(db, [one.id for one in found])
    made = [key_rows(one.kind, numbers[one.id], keys_of(one.kind, one.values)) for one in found]
    insert_missing(db, KEYS, [key for keys, _ in made for key in keys])
    insert_missing(db, CLAIMS, [claim for _, claims in made for claim in claims])
    slots = Counter((one.kind, numbers[one.id] % SLOTS) for one in found)
    for (kind, slot), number in sorted(slots.items()):
        note_one(db, kind, slot, number)


def _insert_members(db: sa.Connection, pairs: Sequence[tuple[str, str]]) -> None:
    """Insert memberships by id; one of somebody who is not there is left out."""
    numbers = _numbers(db, {one for pair in pairs for one in pair})
    rows = [
        {"group_seq": numbers[group], "member_seq": numbers[member]}
        for group, member in pairs
        if group in numbers and member in numbers
    ]
    insert_missing(db, MEMBERS, rows)


def _numbers(db: sa.Connection, ids: Iterable[str]) -> dict[str, int]:
    wanted = [one for one in ids if is_id(one)]
    query = sa.select(RESOURCES.c.id, RESOURCES.c.seq).where(among(RESOURCES.c.id, wanted))
    return {row.id: row.seq for row in db.execute(query)}


def _free(db: sa.Connection, found: Sequence[Stored], keys_of: KeysOf) -> list[Stored]:
    """Return those whose id and unique values nobody has, neither here nor before them."""
    ids = set(_numbers(db, [one.id for one in found]))
    claims = [_claims_of(one, keys_of) for one in found]
    taken = _taken(db, {claim for each in claims for claim in each})
    free: list[Stored] = []
    for one, mine in zip(found, claims, strict=True):
        if one.id not in ids and not mine & taken:
            free.append(one)
            ids.add(one.id)
            taken |= mine
    return free


_Claim = tuple[str, str, bytes]


def _claims_of(one: Stored, keys_of: KeysOf) -> set[_Claim]:
    unique = keys_of(one.kind, one.values).unique
    return {(one.kind, name, key_of_text(value)) for name, value in unique}


def _taken(db: sa.Connection, claims: set[_Claim]) -> set[_Claim]:
    found: set[_Claim] = set()
    for kind, name in sorted({(kind, name) for kind, name, _ in claims}):
        mine = (CLAIMS.c.kind == kind) & (CLAIMS.c.name == name)
        for piece in pieces([value for of, at, value in claims if (of, at) == (kind, name)]):
            query = sa.select(CLAIMS.c.value).where(mine, CLAIMS.c.value.in_(piece))
            found |= {(kind, name, bytes(value)) for value in db.execute(query).scalars()}
    return found


def _forget(db: sa.Connection, name: str) -> bool:
    db.execute(SNAPSHOT_ROWS.delete().where(SNAPSHOT_ROWS.c.snapshot == name))
    return db.execute(SNAPSHOTS.delete().where(SNAPSHOTS.c.name == name)).rowcount > 0


def _batches(lines: Iterable[Line]) -> Iterator[list[Line]]:
    batch: list[Line] = []
    for line in lines:
        batch.append(line)
        if len(batch) == PIECE:
            yield batch
            batch = []
    if batch:
        yield batch
