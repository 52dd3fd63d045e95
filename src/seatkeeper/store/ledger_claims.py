"""Read who asks for which unique value, and who waits because two asked for one.

Beside the walk: a claim is what a record asks an app to keep unique, as last
planned (decision 0007). They are written in ``ledger_write``.
"""

from collections import defaultdict
from collections.abc import Collection, Mapping

from sqlalchemy import ColumnElement, Connection, and_, select

from seatkeeper.directory.model import Kind
from seatkeeper.errors import AmbiguousSource
from seatkeeper.provisioning.match import Claim
from seatkeeper.store import ledger_tables as t
from seatkeeper.store.tables import groups, users
from seatkeeper.store.upsert import among, pieces


def rivals(
    connection: Connection, app_id: str, kind: Kind, asked: Collection[Claim]
) -> dict[Claim, list[tuple[str, str]]]:
    """Return who asks for these values, with the names that people know them by."""
    table = users if kind is Kind.USER else groups
    name = users.c.user_name if kind is Kind.USER else groups.c.display_name
    found: dict[Claim, list[tuple[str, str]]] = defaultdict(list)
    by_path: dict[str, list[str]] = defaultdict(list)
    for claim in asked:
        by_path[claim.path].append(claim.value)
    for path, values in by_path.items():
        for piece in pieces(values):
            rows = connection.execute(
                select(t.claims.c.value, t.claims.c.record_id, name.label("name"))
                .select_from(t.claims.join(table, table.c.id == t.claims.c.record_id))
                .where(
                    t.claims.c.app_id == app_id,
                    t.claims.c.kind == kind,
                    t.claims.c.path == path,
                    among(t.claims.c.value, piece),
                )
            )
            for row in rows.all():
                found[Claim(path, row.value)].append((row.record_id, row.name))
    return found


def waiting_rivals(
    app_id: str, kind: Kind, ended: Claim, *, code: str = AmbiguousSource.code
) -> ColumnElement[bool]:
    """Return the condition on escrows that wait because somebody else asks for this value, too.

    With the ``code`` of a conflict: because another account in the app has it.
    """
    others = select(t.claims.c.record_id).where(
        t.claims.c.app_id == app_id,
        t.claims.c.kind == kind,
        t.claims.c.path == ended.path,
        t.claims.c.value == ended.value,
    )
    return and_(
        t.escrows.c.app_id == app_id,
        t.escrows.c.kind == kind,
        t.escrows.c.code == code,
        t.escrows.c.record_id.in_(others),
    )


def stored_claims(
    connection: Connection, app_id: str, kind: Kind, ids: Collection[str]
) -> dict[str, set[Claim]]:
    """Return which unique values these records ask for, as last planned."""
    found: dict[str, set[Claim]] = defaultdict(set)
    for piece in pieces(ids):
        rows = connection.execute(
            select(t.claims.c.record_id, t.claims.c.path, t.claims.c.value).where(
                t.claims.c.app_id == app_id,
                t.claims.c.kind == kind,
                among(t.claims.c.record_id, piece),
            )
        )
        for record_id, path, value in rows.all():
            found[record_id].add(Claim(path, value))
    return found


def woken(
    connection: Connection, app_id: str, kind: Kind, claims: Mapping[str, Collection[Claim]]
) -> dict[str, str]:
    """Return who waits for a value that one of these would not ask for any more, and whom for."""
    found: dict[str, str] = {}
    before = stored_claims(connection, app_id, kind, list(claims))
    for record_id in sorted(before):
        for ended in sorted(before[record_id] - set(claims[record_id])):
            rows = connection.execute(
                select(t.escrows.c.record_id).where(waiting_rivals(app_id, kind, ended))
            )
            found.update((row.record_id, record_id) for row in rows.all())
    return found
