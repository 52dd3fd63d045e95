"""Read who is reached through groups inside groups, and whom a change among these concerns.

Beside the walk. An assignment that is nested reaches everybody below its group.
Every query starts at what is asked about and walks from there: upwards from the
people of a page, downwards from assigned groups. ``UNION`` keeps each group
once, which is also what ends a walk round a loop.
"""

from collections import defaultdict
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any, Final, TypeAlias

from sqlalchemy import (
    CTE,
    BindParameter,
    ColumnElement,
    Connection,
    Select,
    and_,
    bindparam,
    literal_column,
    or_,
    select,
)

from seatkeeper.directory.model import Kind, Subject, Verb
from seatkeeper.directory.nesting import Nesting, Regrouped, inside, roots_above, ways_down
from seatkeeper.provisioning.scope import Grant
from seatkeeper.store.asked import Asked
from seatkeeper.store.tables import KEY, assignments, changes, groups, memberships
from seatkeeper.store.upsert import pieces

Within: TypeAlias = Callable[[ColumnElement[str]], ColumnElement[bool]]
"""Says which stretch of ids a query keeps to."""

_INSIDE: Final = memberships.c.member_kind == literal_column(f"'{Kind.GROUP.value}'")
"""A group is the member; said in the statement itself, or its index would not be used."""


def nested_grants(
    connection: Connection, app_id: str, member_ids: Collection[str], roles: Mapping[str, str]
) -> Mapping[str, Sequence[Grant]]:
    """Return how the app's nested assignments reach these people, one grant for each assignment.

    ``roles`` names the app's roles. The caller keeps the ids to what fits one query.
    """
    role_of = _nested_assignments(connection, app_id)
    if not role_of:
        return {}
    groups_of: dict[str, list[str]] = defaultdict(list)
    direct = select(memberships.c.member_id, memberships.c.group_id).where(
        memberships.c.member_id.in_(member_ids), memberships.c.member_kind == Kind.USER
    )
    for row in connection.execute(direct):
        groups_of[row.member_id].append(row.group_id)
    starts = {group for some in groups_of.values() for group in some}
    nestings = _nestings_above(connection, starts)
    members = inside(nestings)
    met = starts.union(*nestings)
    names = _names(connection, [one for one in roots_above(role_of, members) if one in met])
    found: dict[str, list[Grant]] = defaultdict(list)
    for root in sorted(role_of.keys() & names.keys(), key=lambda one: (names[one], one)):
        ways = ways_down(root, members, names, starts)
        named = {group: [names[one] for one in way] for group, way in ways.items()}
        role = role_of[root]
        for member, its_groups in groups_of.items():
            through = [named[group] for group in its_groups if group in named]
            if through:
                top, *below = min(through, key=lambda way: (len(way), way))
                grant = Grant(role, roles.get(role, role), root, top, tuple(below))
                found[member].append(grant)
    return found


def members_below(app_id: BindParameter[str], within: Within) -> Select[Any]:
    """Return the query of those people in groups below the app's nested assignments."""
    opened = select(assignments.c.principal_id.label("id")).where(*_nested(app_id))
    below = _below(opened)
    return (
        select(memberships.c.member_id.label("id"))
        .select_from(memberships.join(below, below.c.id == memberships.c.group_id))
        .where(memberships.c.member_kind == Kind.USER, within(memberships.c.member_id))
    )


def groups_below(connection: Connection, group_ids: Collection[str]) -> set[str]:
    """Return these groups and all groups inside them, however deep."""
    found: set[str] = set(group_ids)
    for piece in pieces(group_ids):
        first = select(memberships.c.member_id.label("id")).where(
            memberships.c.group_id.in_(piece), _INSIDE
        )
        found.update(row.id for row in connection.execute(select(_below(first).c.id)))
    return found


def regrouped(connection: Connection, app_id: str, *, after: int) -> list[Regrouped]:
    """Return below which groups the changes over ``after`` may have moved people in or out.

    It reads to the newest change of its snapshot, not to the end of a cycle's
    window: groups are walked as they are now, and a way that was cut twice, the
    second time a moment ago, can only be found by both cuts together.
    """
    moved: dict[Nesting, bool] = {}
    reassigned: dict[str, None] = {}
    for row in connection.execute(_changes_of_groups(app_id, after)):
        if row.subject == Subject.ASSIGNMENT:
            reassigned[row.record_id] = None
        else:
            moved[row.record_id, row.other_id] = row.verb != Verb.DELETED
    roots = {*_nested_assignments(connection, app_id), *reassigned}
    if not roots:
        return []
    # Ways as they are, and as they were: a cut further up must not hide the one below.
    nestings = [*_nestings_above(connection, {group for group, _ in moved}), *moved]
    above = roots_above(roots, inside(nestings))
    return [
        *(Regrouped(group, group) for group in reassigned),
        *(
            Regrouped(member, above[group], group, joined)
            for (group, member), joined in moved.items()
            if group in above
        ),
    ]


def _nested(app_id: BindParameter[str]) -> tuple[ColumnElement[bool], ...]:
    return (
        assignments.c.app_id == app_id,
        assignments.c.principal_kind == Kind.GROUP,
        assignments.c.nested.is_(True),
    )


_NESTED: Final = Asked(
    select(assignments.c.principal_id, assignments.c.role_id).where(
        *_nested(bindparam("app_id", type_=KEY))
    )
)


def _nested_assignments(connection: Connection, app_id: str) -> dict[str, str]:
    """Return the role of each group that is assigned with the groups inside it."""
    return {row.principal_id: row.role_id for row in _NESTED.all(connection, app_id=app_id)}


def _below(first: Select[Any]) -> CTE:
    """Return the groups of ``first`` and all groups inside them."""
    below = first.cte("below", recursive=True)
    return below.union(
        select(memberships.c.member_id)
        .select_from(memberships.join(below, below.c.id == memberships.c.group_id))
        .where(_INSIDE)
    )


def _nestings_above(connection: Connection, group_ids: Collection[str]) -> set[Nesting]:
    """Return every pair of group and group inside it on any way up from these groups."""
    found: set[Nesting] = set()
    for piece in pieces(group_ids):
        above = (
            select(memberships.c.group_id, memberships.c.member_id)
            .where(memberships.c.member_id.in_(piece), _INSIDE)
            .cte("above", recursive=True)
        )
        every = above.union(
            select(memberships.c.group_id, memberships.c.member_id)
            .select_from(memberships.join(above, above.c.group_id == memberships.c.member_id))
            .where(_INSIDE)
        )
        rows = connection.execute(select(every.c.group_id, every.c.member_id))
        found.update((row.group_id, row.member_id) for row in rows)
    return found


def _names(connection: Connection, group_ids: Collection[str]) -> dict[str, str]:
    found: dict[str, str] = {}
    for piece in pieces(group_ids):
        rows = connection.execute(
            select(groups.c.id, groups.c.display_name).where(groups.c.id.in_(piece))
        )
        found.update((row.id, row.display_name) for row in rows)
    return found


def _changes_of_groups(app_id: str, after: int) -> Select[Any]:
    """Return the query of the changes that may open or cut a way through nested groups."""
    among_groups = and_(changes.c.subject == Subject.MEMBERSHIP, changes.c.other_kind == Kind.GROUP)
    of_reach = and_(
        changes.c.subject == Subject.ASSIGNMENT,
        changes.c.app_id == app_id,
        changes.c.other_kind == Kind.GROUP,
        changes.c.nested.is_(True),
    )
    return (
        select(changes.c.subject, changes.c.verb, changes.c.record_id, changes.c.other_id)
        .where(changes.c.seq > after, or_(among_groups, of_reach))
        .order_by(changes.c.seq)
    )
