"""Find people and groups by how their names begin, page by page.

At the source of the walk. Reading queries only. Every way of looking is a
stretch of one index; whoever an earlier way found is left out of the later ones,
so a page reads about as many rows as it shows, however many people there are.
"""

from collections.abc import Collection, Sequence
from typing import Any, Final

from sqlalchemy import (
    ColumnElement,
    Connection,
    Select,
    and_,
    func,
    literal_column,
    not_,
    or_,
    select,
    true,
    union,
)

from seatkeeper.directory.finding import (
    COUNTED,
    FoundGroups,
    FoundPeople,
    PeopleQuery,
    PersonState,
    Spot,
    search_key,
)
from seatkeeper.directory.model import Assignment, Group, Kind, User
from seatkeeper.provisioning.guard import HoldState
from seatkeeper.store import ledger_tables as t
from seatkeeper.store.assignment_edits import assignment_of
from seatkeeper.store.inbound_tables import RESOURCES
from seatkeeper.store.records import USER_COLUMNS, chunks, folded, group_of, user_of
from seatkeeper.store.tables import assignments, groups, memberships, users

_LAST: Final = "\U0010ffff"


def find_people(
    connection: Connection, query: PeopleQuery, after: Spot | None, limit: int, *, counted: bool
) -> FoundPeople:
    """Return a page of people: by display name first, then surname, e-mail, user name."""
    found: list[tuple[Spot, User]] = []
    asked = ways(query, after)
    for way in range(after.way if after else 0, len(asked)):
        column, fits = asked[way]
        begun = after if after is not None and after.way == way else None
        rows = connection.execute(_page(column, fits, begun, limit + 1 - len(found)))
        found += [(Spot(way, row.looked_for or "", row.id), user_of(row)) for row in rows]
        if len(found) > limit:
            break
    people = [user for _, user in found[:limit]]
    more = found[limit - 1][0] if len(found) > limit else None
    return FoundPeople(people, more, _count(connection, query) if counted else None)


def ways(
    query: PeopleQuery, after: Spot | None = None
) -> Sequence[tuple[ColumnElement[Any], ColumnElement[bool]]]:
    """Return the ways of looking: the column whose order counts, and who fits.

    The stretch of ``after``'s own way begins there: a database takes one lower bound
    to begin at, and would read on from the first name otherwise.
    """
    state = _in_state(query)
    key, name = search_key(query.text), folded(query.text.strip())
    if not key and not name:
        return [(users.c.name_key, state)]
    columns = [
        (users.c.name_key, key), (users.c.last_key, key),
        (users.c.mail, name), (users.c.user_name, name),
    ]  # fmt: skip
    begins = [_begins(column, text) for column, text in columns if text]
    found: list[tuple[ColumnElement[Any], ColumnElement[bool]]] = []
    for number, (column, text) in enumerate(one for one in columns if one[1]):
        others = [func.coalesce(one, False) for one in begins[:number]]
        here = after is not None and after.way == number
        begin = after.key if after is not None and here else text
        stretch = and_(column >= max(begin, text), column < text + _LAST)
        found.append((column, and_(stretch, state, *(not_(one) for one in others))))
    return found


def find_groups(
    connection: Connection, text: str, after: Spot | None, limit: int, *, counted: bool
) -> FoundGroups:
    """Return a page of groups whose names begin so, by name."""
    rows = connection.execute(group_page(text, after, limit + 1)).all()
    last = rows[limit - 1] if len(rows) > limit else None
    count = None
    if counted:
        some = select(groups.c.id).where(_named_so(text)).limit(COUNTED + 1).subquery()
        count = connection.scalar(select(func.count()).select_from(some)) or 0
    return FoundGroups(
        [group_of(row) for row in rows[:limit]],
        None if last is None else Spot(0, last.name_key, last.id),
        count,
    )


def group_page(text: str, after: Spot | None, limit: int) -> Select[Any]:
    """Return the question for a page of groups."""
    key = search_key(text)
    least = key if after is None else max(key, after.key)
    asked = select(groups).where(groups.c.name_key >= least)
    if key:
        asked = asked.where(groups.c.name_key < key + _LAST)
    if after is not None:
        asked = asked.where(_behind(groups.c.name_key, groups.c.id, after))
    return asked.order_by(groups.c.name_key, groups.c.id).limit(limit)


def source_of(connection: Connection, record_id: str) -> str | None:
    """Return the source that a record belongs to, or none."""
    return connection.scalar(select(RESOURCES.c.source).where(RESOURCES.c.record_id == record_id))


def member_counts(connection: Connection, group_ids: Collection[str]) -> dict[str, int]:
    """Return how many direct members groups have, each at most one over ``COUNTED``."""
    found = {}
    for group_id in dict.fromkeys(group_ids):
        mine = select(memberships.c.member_id).where(memberships.c.group_id == group_id)
        some = mine.limit(COUNTED + 1).subquery()
        found[group_id] = connection.scalar(select(func.count()).select_from(some)) or 0
    return found


def people_in(connection: Connection, group_ids: Collection[str]) -> int:
    """Return how many people are direct members of these groups, each once in a chunk of groups."""
    found = 0
    for some in chunks(group_ids):
        # Within one group nobody is twice, and its index is counted without being sorted.
        each = func.count() if len(some) == 1 else func.count(memberships.c.member_id.distinct())
        asked = select(each).where(
            memberships.c.group_id.in_(some), memberships.c.member_kind == Kind.USER
        )
        found += connection.scalar(asked) or 0
    return found


def assignments_of(connection: Connection, principal_ids: Collection[str]) -> list[Assignment]:
    """Return all apps that people or groups are assigned to directly, by app."""
    found = [
        assignment_of(row)
        for some in chunks(principal_ids)
        for row in connection.execute(
            select(assignments).where(assignments.c.principal_id.in_(some))
        )
    ]
    return sorted(found, key=lambda one: (one.app_id, one.principal_id))


def inner_groups(connection: Connection, group_id: str, limit: int) -> list[Group]:
    """Return groups that are direct members of a group, by name."""
    inner = select(memberships.c.member_id).where(
        memberships.c.group_id == group_id,
        literal_column("member_kind") == literal_column("'group'"),
    )
    asked = select(groups).where(groups.c.id.in_(inner)).order_by(groups.c.name_key).limit(limit)
    return [group_of(row) for row in connection.execute(asked)]


def _page(
    column: ColumnElement[Any], fits: ColumnElement[bool], after: Spot | None, limit: int
) -> Select[Any]:
    asked = select(*USER_COLUMNS, column.label("looked_for")).where(fits)
    if after is not None:
        asked = asked.where(column >= after.key, _behind(column, users.c.id, after))
    return asked.order_by(column, users.c.id).limit(limit)


def _behind(
    column: ColumnElement[Any], record: ColumnElement[Any], after: Spot
) -> ColumnElement[bool]:
    return or_(column > after.key, record > after.id)


def _begins(column: ColumnElement[Any], text: str) -> ColumnElement[bool]:
    return and_(column >= text, column < text + _LAST)


def _named_so(text: str) -> ColumnElement[bool]:
    key = search_key(text)
    return _begins(groups.c.name_key, key) if key else true()


def _in_state(query: PeopleQuery) -> ColumnElement[bool]:
    fits: list[ColumnElement[bool]] = []
    if query.state is PersonState.DELETED:
        fits.append(users.c.deleted_at.is_not(None))
    elif query.state is not None:
        enabled = query.state is PersonState.ACTIVE
        fits += [
            users.c.enabled if enabled else not_(users.c.enabled),
            users.c.deleted_at.is_(None),
        ]
    if query.trouble_in:
        waiting = select(t.escrows.c.record_id).where(
            t.escrows.c.app_id == query.trouble_in, t.escrows.c.kind == Kind.USER.value
        )
        held = select(t.holds.c.record_id).where(
            t.holds.c.app_id == query.trouble_in,
            t.holds.c.kind == Kind.USER.value,
            t.holds.c.state == HoldState.OPEN.value,
        )
        fits.append(users.c.id.in_(union(waiting, held)))
    return and_(true(), *fits)


def _count(connection: Connection, query: PeopleQuery) -> int:
    """Return how many fit, at most one over ``COUNTED``."""
    counted = 0
    for _column, fits in ways(query):
        some = select(users.c.id).where(fits).limit(COUNTED + 1 - counted).subquery()
        counted += connection.scalar(select(func.count()).select_from(some)) or 0
        if counted > COUNTED:
            break
    return counted
