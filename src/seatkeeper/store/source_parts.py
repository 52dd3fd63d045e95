"""Count what sources took away lately, by part: all their people, a department, a group's members.

At the source of the walk. Reading queries only: the newest part of the feed says whom a source
or an imported file took away, the directory who of them is still away and how many there are
now. Whether that is too many is ``provisioning.shrinking``'s to say. A change that somebody
made by hand is not counted: they knew what they did.
"""

import datetime as dt
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from sqlalchemy import (
    ColumnElement,
    Connection,
    Row,
    Text,
    and_,
    bindparam,
    exists,
    func,
    literal_column,
    or_,
    select,
    type_coerce,
)

from seatkeeper.directory.model import Kind, Subject, User, Verb
from seatkeeper.provisioning.guard import HoldState
from seatkeeper.provisioning.shrinking import FEWEST, Of, Part, Shrunk, Went
from seatkeeper.store import ledger_tables as t
from seatkeeper.store.asked import Asked
from seatkeeper.store.former import former_names
from seatkeeper.store.inbound_source import ACTOR
from seatkeeper.store.inbound_tables import RESOURCES
from seatkeeper.store.ledger_rows import shrunk_of
from seatkeeper.store.news import IMPORTED, WAS
from seatkeeper.store.records import groups_by_id, users_by_id
from seatkeeper.store.tables import canonical, changes, memberships, users
from seatkeeper.store.upsert import among, pieces

_Key = tuple[str, str, str]

_DETAIL: Final = type_coerce(changes.c.detail, Text())
_BY_A_SOURCE: Final = or_(changes.c.actor.startswith(ACTOR), _DETAIL.contains(f'"{IMPORTED}":true'))
_OF_PEOPLE: Final = changes.c.subject == Subject.USER.value
_OF_MEMBERS: Final = and_(
    changes.c.subject == Subject.MEMBERSHIP.value, changes.c.other_kind == Kind.USER.value
)
_NOT_NEW: Final = changes.c.verb != literal_column(f"'{Verb.CREATED.value}'")  # as the index says
_NEWEST: Final = Asked(select(func.max(changes.c.seq).label("seq")))
_LAST: Final = Asked(
    select(changes.c.seq, changes.c.at)
    .where(changes.c.seq > bindparam("above"), changes.c.seq <= bindparam("upto"))
    .order_by(changes.c.seq.desc())
    .limit(1)
)
_MOVED: Final = _DETAIL.contains(f'"{WAS}":')


def parts_left(
    connection: Connection, app_id: str, since: dt.datetime, after: int | None, more_than: int
) -> list[Went]:
    """Return what became of each part that may have shrunk, and of those for which holds wait.

    A part is worth its count where more than ``more_than`` went, or so many of a whole source
    that it may be empty.
    """
    held = _held(connection, app_id)
    before = _before(connection, since)
    left = _left(connection, before if after is None else min(before, after))
    found = []
    for key in sorted({*left, *held}):
        part = left[key].part if key in left else held[key].part
        took = left.get(key, _Left(part))
        empty = (
            part.of is Of.EVERYBODY
            and FEWEST <= len(took.gone) <= more_than
            and not _now(connection, part)
        )
        if key in held or len(took.went) > more_than or empty:
            before = held[key].before if key in held else 0
            found.append(_went(connection, took, before))
    return _called(connection, found)


def full_again(connection: Connection, app_id: str) -> Sequence[Shrunk]:
    """Return the parts for which removals of an app are held, and that are full again."""
    return [
        one for one in _waited_for(connection, app_id) if _now(connection, one.part) >= one.enough
    ]


@dataclass
class _Left:
    """Whom a source took out of a part, each with when it began; ``gone`` are not back."""

    part: Part
    went: dict[str, dt.datetime] = field(default_factory=dict)
    gone: set[str] = field(default_factory=set)

    def add(self, record_id: str, at: dt.datetime, *, is_gone: bool) -> None:
        self.went.setdefault(record_id, at)
        if is_gone:
            self.gone.add(record_id)


def _waited_for(connection: Connection, app_id: str) -> list[Shrunk]:
    asked = select(t.holds.c.shrunk).distinct()
    waits = (t.holds.c.app_id == app_id, t.holds.c.state == HoldState.OPEN)
    found = connection.scalars(asked.where(*waits, t.holds.c.shrunk.is_not(None)))
    return [one for plain in found if (one := shrunk_of(plain)) is not None]


def _held(connection: Connection, app_id: str) -> dict[_Key, Shrunk]:
    """Return the largest count that any hold remembers, by part."""
    found: dict[_Key, Shrunk] = {}
    for one in sorted(_waited_for(connection, app_id), key=lambda one: one.before):
        found[one.part.key] = one
    return found


def _before(connection: Connection, since: dt.datetime) -> int:
    """Return the number after which the feed's changes are of since then, by halves.

    Moments rise with the numbers, but for clocks that were set: then it may be an earlier number,
    and more is counted.
    """
    before, newest = 0, _NEWEST.first(connection).seq or 0
    while before < newest:
        half = (before + newest + 1) // 2
        last = _LAST.first(connection, above=before, upto=half)
        if last is None or last.at < since:
            before = half
        else:
            newest = last.seq - 1
    return before


def _left(connection: Connection, after: int) -> dict[_Key, _Left]:
    found: dict[_Key, _Left] = {}
    ends = changes.c.verb.in_([Verb.DISABLED.value, Verb.DELETED.value])
    lately = (changes.c.seq > after, _NOT_NEW, _BY_A_SOURCE)
    asked = select(changes).where(*lately).order_by(changes.c.seq)
    of_people = connection.execute(asked.where(_OF_PEOPLE, or_(ends, _MOVED))).all()
    people = users_by_id(connection, {row.record_id for row in of_people})
    for row in of_people:
        for part, is_gone in _parts_of(row, people.get(row.record_id)):
            found.setdefault(part.key, _Left(part)).add(row.record_id, row.at, is_gone=is_gone)
    ended = changes.c.verb == Verb.DELETED.value
    of_members = connection.execute(asked.where(_OF_MEMBERS, ended)).all()
    present = _present(connection, of_members)
    for row in of_members:
        part = Part(_source(row), Of.GROUP, row.record_id)
        is_gone = row.other_id not in present[row.record_id]
        found.setdefault(part.key, _Left(part)).add(row.other_id, row.at, is_gone=is_gone)
    return found


def _parts_of(row: Row[Any], person: User | None) -> Iterable[tuple[Part, bool]]:
    """Return which parts of its people a source took somebody out of, and who is not back."""
    source, is_active = _source(row), person is not None and person.active
    ended = row.verb != Verb.UPDATED.value
    if ended and row.verb != Verb.ENABLED.value:
        yield Part(source, Of.EVERYBODY), not is_active
    is_in = "" if person is None else person.text("department")
    was = str(row.detail.get(WAS, {}).get("department", "") or (is_in if ended else ""))
    if was:
        part = Part(source, Of.DEPARTMENT, was.casefold(), was)
        yield part, not is_active or is_in.casefold() != part.name


def _source(row: Row[Any]) -> str:
    """Return whose change it is, empty where a file brought it."""
    return row.actor.removeprefix(ACTOR) if row.actor.startswith(ACTOR) else ""


def _present(connection: Connection, rows: Iterable[Row[Any]]) -> Mapping[str, set[str]]:
    """Return who of those that left each group is a member again."""
    left: dict[str, set[str]] = defaultdict(set)
    for row in rows:
        left[row.record_id].add(row.other_id)
    found: dict[str, set[str]] = defaultdict(set)
    for group, people in left.items():
        for piece in pieces(sorted(people)):
            here = (memberships.c.group_id == group, among(memberships.c.member_id, piece))
            found[group].update(connection.scalars(select(memberships.c.member_id).where(*here)))
    return found


def _went(connection: Connection, left: _Left, held_before: int) -> Went:
    now = _now(connection, left.part)
    came = 0
    if left.gone:
        came = _came(connection, left, min(left.went[one] for one in left.gone))
    return Went(left.part, now, frozenset(left.gone), came, held_before)


def _now(connection: Connection, part: Part) -> int:
    if part.of is Of.GROUP:
        here = memberships.c.group_id == part.name
        asked = here & (memberships.c.member_kind == Kind.USER.value)
        return connection.scalar(select(func.count()).select_from(memberships).where(asked)) or 0
    return connection.scalar(select(func.count()).select_from(users).where(_counts(part))) or 0


def _counts(part: Part) -> ColumnElement[bool]:
    """Return the condition that a person counts for a part of a source's people."""
    its_own = [RESOURCES.c.record_id == users.c.id]
    if part.source:
        its_own.append(RESOURCES.c.source == part.source)
    known = exists().where(*its_own)
    counted = and_(known if part.source else ~known, users.c.enabled, users.c.deleted_at.is_(None))
    if part.of is Of.EVERYBODY:
        return counted
    kept = func.lower(type_coerce(users.c.attributes, Text()))
    said = func.lower(f'"department":{canonical(part.label)}')
    return and_(counted, func.replace(kept, said, "") != kept)


def _came(connection: Connection, left: _Left, since: dt.datetime) -> int:
    """Return how many are in a part who came since then and were not in it before."""
    part = left.part
    later = (changes.c.at >= since, _BY_A_SOURCE)
    if part.of is Of.GROUP:
        joined = (changes.c.record_id == part.name, changes.c.verb == Verb.CREATED.value)
        asked = select(changes.c.other_id).distinct().where(_OF_MEMBERS, *joined, *later)
        here = (memberships.c.group_id == part.name,)
        return _still(connection, connection.scalars(asked), left.went, memberships.c.member_id,
                      here)  # fmt: skip
    verbs = [Verb.CREATED.value, Verb.ENABLED.value, Verb.RESTORED.value]
    began = or_(changes.c.verb.in_(verbs), _MOVED)
    asked = select(changes.c.record_id).distinct().where(_OF_PEOPLE, began, *later)
    return _still(connection, connection.scalars(asked), left.went, users.c.id, (_counts(part),))


def _still(
    connection: Connection,
    ids: Iterable[str],
    but: Collection[str],
    column: ColumnElement[str],
    here: Sequence[ColumnElement[bool]],
) -> int:
    count = 0
    for piece in pieces([one for one in ids if one not in but]):
        asked = select(func.count()).select_from(column.table).where(among(column, piece), *here)
        count += connection.scalar(asked) or 0
    return count


def _called(connection: Connection, found: Sequence[Went]) -> list[Went]:
    """Give groups the names that people call them by, those that are gone their last one."""
    ids = [one.part.name for one in found if one.part.of is Of.GROUP]
    names = {one: group.display_name for one, group in groups_by_id(connection, ids).items()}
    names |= former_names(connection, [one for one in ids if one not in names], 0)
    return [_with_label(one, names) if one.part.of is Of.GROUP else one for one in found]


def _with_label(one: Went, names: Mapping[str, str]) -> Went:
    part = Part(one.part.source, one.part.of, one.part.name,
                names.get(one.part.name, one.part.label or one.part.name))  # fmt: skip
    return Went(part, one.now, one.gone, one.came, one.held_before)
