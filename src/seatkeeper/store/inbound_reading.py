"""How the resources of one source are found.

At the source of the walk, beside ``inbound``. Every query names the source, so
that one source's token can never come to another's rows. A filter that asks
for an indexed value looks only at the rows that have it.
"""

import datetime as dt
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, Select, and_, func, select

from seatkeeper.directory.sourcing import EXTERNAL_ID, Own
from seatkeeper.scim.errors import InvalidCursor, NotThere
from seatkeeper.scim.filter import print_filter
from seatkeeper.scim.holding import Found, Keys, Stored, Wanted, reference, whole
from seatkeeper.scim.messages import Json, Resource
from seatkeeper.scim.path import write
from seatkeeper.scim.predicate import compile_filter
from seatkeeper.scim.syntax import And, AttributePath, Comparison, Filter, Operator
from seatkeeper.store.inbound_tables import KEYS, RESOURCES
from seatkeeper.store.tables import memberships

KeysOf = Callable[[str, Resource], Keys]

_PIECE: Final = 500


@dataclass(frozen=True, slots=True)
class Row:
    """One resource as it lies in its row; ``record_id`` never leaves the store."""

    id: str
    source: str
    kind: str
    record_id: str
    body: Resource
    created_at: dt.datetime
    modified_at: dt.datetime
    version: int
    rules: int


def stored_of(row: Row) -> Stored:
    """Return a resource as the source may see it."""
    return Stored(
        row.kind, row.id, row.body, _stamp(row.created_at), _stamp(row.modified_at), row.version
    )


def one_of(
    connection: Connection, source: str, kind: str, resource_id: str, *, lock: bool = False
) -> Row:
    """Return one living resource of a source, or raise 404."""
    asked = _living(source, kind).where(
        RESOURCES.c.id == ("" if unfit(resource_id) else resource_id)
    )
    row = connection.execute(asked.with_for_update() if lock else asked).first()
    if row is None:
        raise NotThere(f"There is no {kind} with that id.")
    return _row(row)


def rows_of(connection: Connection, source: str, ids: Sequence[str]) -> dict[str, Row]:
    """Return those living resources of a source that have one of these ids."""
    found: dict[str, Row] = {}
    usable = [one for one in ids if not unfit(one)]
    for start in range(0, len(usable), _PIECE):
        some = usable[start : start + _PIECE]
        asked = _living(source, None).where(RESOURCES.c.id.in_(some))
        found |= {row.id: _row(row) for row in connection.execute(asked)}
    return found


def known_by(connection: Connection, source: str, kind: str, external_id: str) -> Sequence[Own]:
    """Return those of a source, living or deleted by it, with this externalId as it is kept."""
    asked = (
        select(RESOURCES.c.record_id, RESOURCES.c.deleted_at)
        .join(KEYS, KEYS.c.resource_id == RESOURCES.c.id)
        .where(KEYS.c.source == source, KEYS.c.kind == kind)
        .where(KEYS.c.name == EXTERNAL_ID, KEYS.c.value == external_id)
        .order_by(RESOURCES.c.created_at, RESOURCES.c.id)
    )
    return [Own(row.record_id, row.deleted_at is None) for row in connection.execute(asked)]


def told_otherwise(
    connection: Connection, source: str, rules: int
) -> Sequence[tuple[str, str, Resource]]:
    """Return kind, id and body of what a source sees and was told under other rules."""
    asked = _ordered(_living(source, None)).where(RESOURCES.c.rules != rules)
    return [(row.kind, row.id, row.body) for row in connection.execute(asked)]


def members_of(connection: Connection, source: str, group_id: str) -> Sequence[Stored]:
    """Return those members of a group that this source created and still sees."""
    group = one_of(connection, source, "Group", group_id)
    joined = and_(
        memberships.c.group_id == group.record_id,
        memberships.c.member_id == RESOURCES.c.record_id,
    )
    return _joined(connection, source, None, joined)


def groups_of(connection: Connection, source: str, member_id: str) -> Sequence[Stored]:
    """Return this source's groups that a resource of its own is a direct member of."""
    found = rows_of(connection, source, [member_id]).get(member_id)
    if found is None:
        return []
    joined = and_(
        memberships.c.member_id == found.record_id,
        memberships.c.group_id == RESOURCES.c.record_id,
    )
    return _joined(connection, source, "Group", joined)


def related_of(
    connection: Connection, source: str, kind: str, ids: Sequence[str]
) -> Mapping[str, Sequence[Stored]]:
    """Return the members of each of these groups, or the groups of each of these people.

    As ``members_of`` and ``groups_of`` tell them, in a few questions for all.
    """
    of = RESOURCES.alias("of")
    ours, theirs = memberships.c.member_id, memberships.c.group_id
    if kind == "Group":
        ours, theirs = theirs, ours
    found: dict[str, list[Stored]] = {}
    usable = [one for one in dict.fromkeys(ids) if not unfit(one)]
    for start in range(0, len(usable), _PIECE):
        asked = (
            _ordered(_living(source, None if kind == "Group" else "Group"))
            .add_columns(of.c.id.label("of"))
            .join(memberships, theirs == RESOURCES.c.record_id)
            .join(of, of.c.record_id == ours)
            .where(of.c.source == source, of.c.kind == kind, of.c.deleted_at.is_(None))
            .where(of.c.id.in_(usable[start : start + _PIECE]))
        )
        for row in connection.execute(asked):
            found.setdefault(row.of, []).append(stored_of(_row(row)))
    return found


def page_of(
    connection: Connection, source: str, kind: str, wanted: Wanted, keys_of: KeysOf
) -> Found:
    """Return one page of what is wanted. A position that was not given here is 400."""
    offset = wanted.offset
    if wanted.after:
        if not (wanted.after.isascii() and wanted.after.isdecimal()):
            raise InvalidCursor("The cursor was not made here. Begin without a cursor.")
        offset = int(wanted.after)
    if wanted.filter is None and wanted.sort is None:
        counted = select(func.count()).select_from(_living(source, kind).subquery())
        total = connection.scalar(counted) or 0
        asked = _ordered(_living(source, kind)).limit(wanted.limit).offset(offset)
        page = [stored_of(_row(row)) for row in connection.execute(asked)]
    else:
        found = _meeting(connection, source, kind, wanted, keys_of)
        total, page = len(found), found[offset : offset + wanted.limit]
    following = offset + len(page)
    return Found(page, total, str(following) if page and following < total else "")


def _meeting(
    connection: Connection, source: str, kind: str, wanted: Wanted, keys_of: KeysOf
) -> list[Stored]:
    asked = "" if wanted.filter is None else print_filter(wanted.filter).casefold()
    # Members and groups are only read where the filter asks for them.
    with_related = ("members" if kind == "Group" else "groups") in asked
    meets = None if wanted.filter is None else compile_filter(wanted.filter, wanted.schema)
    found: list[tuple[Resource, Stored]] = []
    for one in _candidates(connection, source, kind, wanted, keys_of):
        related: list[Json] = []
        if with_related:
            other = members_of if kind == "Group" else groups_of
            related = [
                reference(each, _location(each, wanted.base))
                for each in other(connection, source, one.id)
            ]
        body = whole(one, wanted.schema, _location(one, wanted.base), related)
        if meets is None or meets(body):
            found.append((body, one))
    sort = wanted.sort
    if sort is not None:
        found.sort(key=lambda pair: sort.key(pair[0]), reverse=sort.descending)
    return [one for _, one in found]


def _candidates(
    connection: Connection, source: str, kind: str, wanted: Wanted, keys_of: KeysOf
) -> Iterator[Stored]:
    asked = _living(source, kind)
    narrowed = None if wanted.filter is None else _narrowed(wanted.filter, source, kind, keys_of)
    if narrowed is not None:
        asked = asked.where(narrowed)
    for row in connection.execute(_ordered(asked)):
        yield stored_of(_row(row))


def _narrowed(tree: Filter, source: str, kind: str, keys_of: KeysOf) -> ColumnElement[bool] | None:
    """Return a condition on rows that everything which meets the filter fulfils, or none."""
    if isinstance(tree, And):
        parts = (_narrowed(one, source, kind, keys_of) for one in tree.parts)
        return next((one for one in parts if one is not None), None)
    if not isinstance(tree, Comparison) or tree.op is not Operator.EQ:
        return None
    path, value = tree.path, tree.value
    if not isinstance(value, str) or not value or unfit(value) or path.schema is not None:
        return None
    if path.dotted.casefold() == "id":
        return RESOURCES.c.id == value
    example = _example(path, value)
    keys = keys_of(kind, example).lookups if example is not None else {}
    for name, values in keys.items():
        if name.casefold() == path.dotted.casefold() and values:
            wanted = and_(
                KEYS.c.source == source,
                KEYS.c.kind == kind,
                KEYS.c.name == name,
                KEYS.c.value == values[0],
            )
            return RESOURCES.c.id.in_(select(KEYS.c.resource_id).where(wanted))
    return None


def _example(path: AttributePath, value: str) -> Resource | None:
    """Return a resource that has just this value, so that its key says how it is looked up."""
    if path.dotted.casefold() == "emails.value":
        return {"emails": [{"value": value}]}
    return None if path.sub or path.where else write({}, path, value)


def _joined(
    connection: Connection, source: str, kind: str | None, condition: ColumnElement[bool]
) -> list[Stored]:
    asked = _ordered(_living(source, kind).where(condition))
    return [stored_of(_row(row)) for row in connection.execute(asked)]


def _living(source: str, kind: str | None) -> Select[Any]:
    asked = select(RESOURCES).where(RESOURCES.c.source == source, RESOURCES.c.deleted_at.is_(None))
    return asked if kind is None else asked.where(RESOURCES.c.kind == kind)


def _ordered(asked: Select[Any]) -> Select[Any]:
    return asked.order_by(RESOURCES.c.created_at, RESOURCES.c.id)


def _row(row: Any) -> Row:
    return Row(
        row.id,
        row.source,
        row.kind,
        row.record_id,
        row.body,
        row.created_at,
        row.modified_at,
        row.version,
        row.rules,
    )


def unfit(text: str) -> bool:
    """Whether a text holds what no database of ours takes: NUL, half a character."""
    return any(one == "\0" or "\ud800" <= one <= "\udfff" for one in text)


def _stamp(moment: dt.datetime) -> str:
    text = moment.astimezone(dt.UTC).isoformat(timespec="milliseconds")
    return text.replace("+00:00", "Z")


def _location(one: Stored, base: str) -> str:
    return f"{base}/{one.kind}s/{one.id}"
