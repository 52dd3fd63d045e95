"""Read what the walk needs to know of many records at once.

Beside the walk: one function per question of ``ports.Ledger`` about the
directory and the links. Nothing is written here, and nothing decided.
"""

import datetime as dt
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from functools import cache
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, Integer, Select, and_, bindparam, select, union

from seatkeeper.directory.model import DEFAULT_ACCESS, Group, Kind, Subject, User
from seatkeeper.ports import Touched
from seatkeeper.provisioning.account import TargetValues
from seatkeeper.provisioning.link import Link
from seatkeeper.provisioning.scope import Grant
from seatkeeper.provisioning.walk import Facts
from seatkeeper.store import ledger_nesting as nesting
from seatkeeper.store import ledger_tables as t
from seatkeeper.store.asked import Asked
from seatkeeper.store.ledger_undone import undone_values
from seatkeeper.store.records import USER_COLUMNS, group_of, user_of
from seatkeeper.store.tables import (
    KEY,
    applications,
    assignments,
    changes,
    groups,
    memberships,
    users,
)
from seatkeeper.store.upsert import among, among_given, pieces

_APP: Final = bindparam("app_id", type_=KEY)
_KIND: Final = bindparam("kind", type_=KEY)
_LINK: Final = tuple(
    t.links.c[name]
    for name in ("record_id", "account_id", "known", "display_name", "since", "former_id")
)
_MOST: Final = bindparam("most", type_=Integer)
_END_OF_STRETCH: Final = {
    kind: Asked(
        select(table.c.id)
        .where(table.c.id > bindparam("after", type_=KEY))
        .order_by(table.c.id)
        .offset(bindparam("skipped", type_=Integer))
        .limit(1)
    )
    for kind, table in ((Kind.USER, users), (Kind.GROUP, groups))
}
_MANAGERS: Final = t.links.alias("managers")
_PEOPLE: Final = Asked(
    select(*USER_COLUMNS, _MANAGERS.c.account_id.label("manager_account"), *_LINK)
    .select_from(
        users.outerjoin(
            _MANAGERS,
            and_(
                _MANAGERS.c.app_id == _APP,
                _MANAGERS.c.kind == Kind.USER,
                _MANAGERS.c.former_id.is_(None),
                _MANAGERS.c.record_id == users.c.manager_id,
            ),
        ).outerjoin(
            t.links,
            and_(
                t.links.c.app_id == _APP,
                t.links.c.kind == Kind.USER,
                t.links.c.record_id == users.c.id,
            ),
        )
    )
    .where(among_given(users.c.id, "ids"))
)
_NAMED: Final = Asked(select(*USER_COLUMNS).where(among_given(users.c.id, "ids")))
_GROUPS: Final = Asked(select(groups).where(among_given(groups.c.id, "ids")))
_LINKS: Final = Asked(
    select(*_LINK).where(
        t.links.c.app_id == _APP, t.links.c.kind == _KIND, among_given(t.links.c.record_id, "ids")
    )
)
_ROLES: Final = Asked(select(applications.c.roles).where(applications.c.id == _APP))
_DIRECT: Final = Asked(
    select(assignments.c.principal_id, assignments.c.role_id)
    .where(
        assignments.c.app_id == _APP,
        assignments.c.principal_kind == _KIND,
        among_given(assignments.c.principal_id, "ids"),
    )
    .order_by(assignments.c.principal_id)
)
_THROUGH_GROUPS: Final = Asked(
    select(memberships.c.member_id, assignments.c.role_id, groups.c.id, groups.c.display_name)
    .select_from(
        memberships.join(assignments, assignments.c.principal_id == memberships.c.group_id).join(
            groups, groups.c.id == memberships.c.group_id
        )
    )
    .where(
        assignments.c.app_id == _APP,
        among_given(memberships.c.member_id, "ids"),
        assignments.c.nested.is_(False),
    )
    .order_by(memberships.c.member_id, groups.c.display_name)
)


def read_facts(
    connection: Connection, app_id: str, kind: Kind, ids: Collection[str], *, with_groups: bool
) -> list[Facts]:
    """Return the facts of these records in the order of ids, gone ones included.

    ``with_groups``: also the groups that people are direct members of.
    """
    found: list[Facts] = []
    for piece in pieces(sorted(ids)):
        known = _Known(connection, app_id, kind, piece)
        grants = _grants(connection, app_id, kind, piece)
        undone = undone_values(connection, app_id, kind, piece)
        member_of = _groups_of(connection, piece) if with_groups and kind is Kind.USER else {}
        found.extend(
            Facts(
                kind,
                record_id,
                known.records.get(record_id),
                grants.get(record_id, ()),
                known.links.get(record_id),
                known.accounts,
                member_of.get(record_id, {}),
                names=known.names,
                undone=undone.get(record_id, {}),
            )
            for record_id in piece
        )
    return found


class _Known:
    """What directory and links hold of some records; ``accounts`` are those of managers.

    ``names`` are those of managers without account: nobody reads the others'.
    One row a record, because a cycle that looks at everybody spends its time here.
    """

    def __init__(self, connection: Connection, app_id: str, kind: Kind, ids: Sequence[str]) -> None:
        self.records: dict[str, User | Group] = {}
        self.links: dict[str, Link] = {}
        self.accounts: dict[str, str] = {}
        self.names: dict[str, str] = {}
        self._kind = kind
        if kind is Kind.USER:
            self._read_users(connection, app_id, ids)
        else:
            for row in _GROUPS.all(connection, ids=ids):
                self.records[row.id] = group_of(row)
        unread = ids if kind is Kind.GROUP else [one for one in ids if one not in self.records]
        if unread:
            for record_id, *link in _LINKS.all(connection, app_id=app_id, kind=kind, ids=unread):
                self._link(record_id, *link)

    def _read_users(self, connection: Connection, app_id: str, ids: Sequence[str]) -> None:
        for (
            user_id,
            attributes,
            enabled,
            manager_id,
            deleted_at,
            manager,
            linked,
            *link,
        ) in _PEOPLE.all(connection, app_id=app_id, ids=ids):
            self.records[user_id] = User(user_id, attributes, enabled, manager_id, deleted_at)
            if manager is not None:
                self.accounts[manager_id] = manager
            if linked is not None:
                self._link(linked, *link)
        managers_ids = {one.manager_id for one in self.records.values() if isinstance(one, User)}
        self._name(connection, {one for one in managers_ids if one} - self.accounts.keys())

    def _name(self, connection: Connection, ids: Collection[str]) -> None:
        for piece in pieces(sorted(ids)):
            for row in _NAMED.all(connection, ids=piece):
                self.names[row.id] = user_of(row).display_name

    def _link(
        self,
        record_id: str,
        account_id: str,
        known: TargetValues,
        name: str,
        since: dt.datetime,
        former_id: str | None,
    ) -> None:
        self.links[record_id] = Link(
            self._kind, record_id, account_id, known, name, since, former_id
        )


def candidates(
    connection: Connection, app_id: str, kind: Kind, *, everybody: bool, after: str, limit: int
) -> list[str]:
    """Return a page of the records that are assigned (or simply there) or linked.

    It looks at a stretch of the directory's ids, and at a longer one while that
    holds too few: a page never costs reading every membership there is.
    """
    stretch = 2 * limit
    while True:
        end = _END_OF_STRETCH[kind].first(connection, after=after, skipped=stretch - 1)
        until = None if end is None else end.id
        asked = _candidates_between(kind, everybody=everybody, to_the_end=until is None)
        given = {} if until is None else {"until": until}
        rows = asked.all(connection, app_id=app_id, after=after, most=limit, **given)
        found = [row.id for row in rows]
        if until is None or len(found) == limit:
            return found
        stretch *= 4


@cache
def _candidates_between(kind: Kind, *, everybody: bool, to_the_end: bool) -> Asked:
    """Ask for the candidates over ``after``, and up to ``until`` or to the end."""

    def within(column: ColumnElement[str]) -> ColumnElement[bool]:
        over = column > bindparam("after", type_=KEY)
        return over if to_the_end else and_(over, column <= bindparam("until", type_=KEY))

    every = union(*_candidates(kind, within, everybody=everybody)).subquery()
    return Asked(select(every.c.id).order_by(every.c.id).limit(_MOST))


def touched(connection: Connection, app_id: str, *, after: int, to: int, limit: int) -> Touched:
    """Return whom a stretch of the feed concerns, at most ``limit`` changes of it.

    Whom it concerns through nested groups is said by ``ledger_nesting``.
    """
    rows = connection.execute(
        select(changes)
        .where(changes.c.seq > after, changes.c.seq <= to)
        .order_by(changes.c.seq)
        .limit(limit)
    ).all()
    people: set[str] = set()
    of_groups: set[str] = set()
    member_groups: set[str] = set()
    edited_groups: set[str] = set()
    first_at: dict[str, dt.datetime] = {}
    for row in rows:
        for one in (row.record_id, row.other_id):
            if one is not None:
                first_at.setdefault(one, row.at)
        if row.subject == Subject.USER:
            people.add(row.record_id)
        elif row.subject == Subject.GROUP:
            of_groups.add(row.record_id)
            edited_groups.add(row.record_id)
        elif row.subject == Subject.MEMBERSHIP:
            of_groups.add(row.record_id)
            (people if row.other_kind == Kind.USER else of_groups).add(row.other_id)
        elif row.subject == Subject.ASSIGNMENT and row.app_id == app_id:
            if row.other_kind == Kind.GROUP:
                of_groups.add(row.record_id)
                member_groups.add(row.record_id)
            else:
                people.add(row.record_id)
    return Touched(
        frozenset(people),
        frozenset(of_groups),
        frozenset(member_groups),
        rows[-1].seq if rows else to,
        frozenset(edited_groups),
        {one: at for one, at in first_at.items() if one in people or one in of_groups},
    )


def member_users(
    connection: Connection, group_ids: Collection[str], *, after: str, limit: int
) -> list[str]:
    """Return a page of the people in these groups, each once, by id.

    Those of one group are read along its index. Those of several have to be sorted, all that are
    left for each page: who walks through them lets the pages grow.
    """
    found: set[str] = set()
    for piece in pieces(group_ids):
        of_these = (
            memberships.c.group_id == piece[0]
            if len(piece) == 1
            else among(memberships.c.group_id, piece)
        )
        rows = connection.execute(
            select(memberships.c.member_id)
            .distinct()
            .where(
                of_these,
                memberships.c.member_kind == Kind.USER,
                memberships.c.member_id > after,
            )
            .order_by(memberships.c.member_id)
            .limit(limit)
        )
        found.update(row.member_id for row in rows.all())
    return sorted(found)[:limit]


def _grants(
    connection: Connection, app_id: str, kind: Kind, ids: Sequence[str]
) -> Mapping[str, Sequence[Grant]]:
    stored = _ROLES.first(connection, app_id=app_id)
    roles = stored.roles if stored is not None else None
    names = {role["id"]: role["display_name"] for role in roles or ()}
    names[DEFAULT_ACCESS] = "Default Access"
    found: dict[str, list[Grant]] = defaultdict(list)
    for row in _DIRECT.all(connection, app_id=app_id, kind=kind, ids=ids):
        found[row.principal_id].append(Grant(row.role_id, names.get(row.role_id, row.role_id)))
    if kind is Kind.USER:
        for reached in _THROUGH_GROUPS.all(connection, app_id=app_id, ids=ids):
            role = names.get(reached.role_id, reached.role_id)
            grant = Grant(reached.role_id, role, reached.id, reached.display_name)
            found[reached.member_id].append(grant)
        for member, deep in nesting.nested_grants(connection, app_id, ids, names).items():
            found[member] += deep
    return found


def _groups_of(connection: Connection, ids: Sequence[str]) -> dict[str, dict[str, str]]:
    """Return the names of the groups that each is a direct member of, by group id."""
    found: dict[str, dict[str, str]] = defaultdict(dict)
    rows = connection.execute(
        select(memberships.c.member_id, groups.c.id, groups.c.display_name)
        .select_from(memberships.join(groups, groups.c.id == memberships.c.group_id))
        .where(among(memberships.c.member_id, ids))
    )
    for row in rows.all():
        found[row.member_id][row.id] = row.display_name
    return found


def _candidates(kind: Kind, within: nesting.Within, *, everybody: bool) -> list[Select[Any]]:
    sources: list[Select[Any]] = [
        select(t.links.c.record_id.label("id")).where(
            t.links.c.app_id == _APP, t.links.c.kind == kind, within(t.links.c.record_id)
        ),
        select(t.escrows.c.record_id.label("id")).where(  # nothing else may speak for them
            t.escrows.c.app_id == _APP, t.escrows.c.kind == kind, within(t.escrows.c.record_id)
        ),
    ]
    if everybody:
        table = users if kind is Kind.USER else groups
        return [*sources, select(table.c.id.label("id")).where(within(table.c.id))]
    mine: ColumnElement[bool] = assignments.c.app_id == _APP
    direct = select(assignments.c.principal_id.label("id")).where(
        mine, assignments.c.principal_kind == kind, within(assignments.c.principal_id)
    )
    if kind is Kind.GROUP:
        return [*sources, direct]
    through = (
        select(memberships.c.member_id.label("id"))
        .select_from(
            memberships.join(assignments, assignments.c.principal_id == memberships.c.group_id)
        )
        .where(mine, memberships.c.member_kind == Kind.USER, within(memberships.c.member_id))
    )
    return [*sources, direct, through, nesting.members_below(_APP, within)]
