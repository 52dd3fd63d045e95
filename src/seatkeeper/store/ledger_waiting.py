"""Read who is at the other end: records that wait for one, and whose account an end is.

Beside the walk: questions of ``ports.Ledger`` about references and members that
a preview or an answer asks. Nothing is written here, and nothing decided.
"""

from collections import defaultdict
from collections.abc import Collection

from sqlalchemy import Connection, Select, select

from seatkeeper.directory.model import Kind
from seatkeeper.provisioning.journal import Key
from seatkeeper.store import ledger_tables as t
from seatkeeper.store.tables import memberships
from seatkeeper.store.upsert import pieces


def waiting_for(
    connection: Connection, app_id: str, missing_ids: Collection[str]
) -> dict[Key, set[str]]:
    """Return the linked records that wait for one of these, each with whom it waits for."""
    found: dict[Key, set[str]] = defaultdict(set)
    for piece in pieces(sorted(missing_ids)):
        rows = connection.execute(
            select(t.waiting.c.kind, t.waiting.c.record_id, t.waiting.c.missing_id)
            .select_from(
                t.waiting.join(
                    t.links,
                    (t.links.c.app_id == t.waiting.c.app_id)
                    & (t.links.c.kind == t.waiting.c.kind)
                    & (t.links.c.record_id == t.waiting.c.record_id),
                )
            )
            .where(t.waiting.c.app_id == app_id, t.waiting.c.missing_id.in_(piece))
        )
        for row in rows:
            found[Kind(row.kind), row.record_id].add(row.missing_id)
    return found


def linked_groups_of(
    connection: Connection, app_id: str, member_ids: Collection[str]
) -> dict[str, set[str]]:
    """Return the groups with an account that these are direct members of, each with whom."""
    found: dict[str, set[str]] = defaultdict(set)
    for piece in pieces(sorted(member_ids)):
        rows = connection.execute(
            select(memberships.c.group_id, memberships.c.member_id)
            .select_from(
                memberships.join(
                    t.links,
                    (t.links.c.app_id == app_id)
                    & (t.links.c.kind == Kind.GROUP)
                    & (t.links.c.record_id == memberships.c.group_id),
                )
            )
            .where(memberships.c.member_id.in_(piece))
        )
        for row in rows:
            found[row.group_id].add(row.member_id)
    return found


def escrowed(app_id: str, kind: Kind) -> Select[tuple[str]]:
    """Return the question for all records of an app that wait for a try of their own."""
    return select(t.escrows.c.record_id).where(
        t.escrows.c.app_id == app_id, t.escrows.c.kind == kind
    )


def account_names(
    connection: Connection, app_id: str, account_ids: Collection[str]
) -> dict[str, str]:
    """Return whose accounts these are, by the names they were last written under."""
    found: dict[str, str] = {}
    for piece in pieces(sorted(account_ids)):
        rows = connection.execute(
            select(t.links.c.account_id, t.links.c.display_name).where(
                t.links.c.app_id == app_id, t.links.c.account_id.in_(piece)
            )
        )
        found.update((row.account_id, row.display_name) for row in rows)
    return found
