"""In which apps people and groups are, have trouble, or wait: a few records, all apps at once.

Beside the walk: a question of ``ports.Ledger``. It reads the rows of the records
that are asked for, along the primary keys, and nothing of anybody else.
"""

from collections.abc import Collection, Mapping

from sqlalchemy import Connection, select

from seatkeeper.directory.model import Kind
from seatkeeper.provisioning.guard import HoldState
from seatkeeper.provisioning.journal import Whereabouts
from seatkeeper.provisioning.removal import Removal
from seatkeeper.store import ledger_tables as t
from seatkeeper.store.ledger_base import LedgerPart
from seatkeeper.store.tables import applications
from seatkeeper.store.upsert import among, pieces


class LedgerWhereabouts(LedgerPart):
    """Where records are."""

    async def whereabouts(
        self, kind: Kind, ids: Collection[str]
    ) -> Mapping[str, Mapping[str, Whereabouts]]:
        """Return per record and app what there is, where there is anything."""
        return await self._database.read(lambda c: _whereabouts(c, kind, ids))


def _whereabouts(
    connection: Connection, kind: Kind, ids: Collection[str]
) -> Mapping[str, Mapping[str, Whereabouts]]:
    apps = list(connection.scalars(select(applications.c.id)).all())
    found: dict[str, dict[str, dict[str, str]]] = {}
    for piece in pieces(ids):
        for table, column, name in (
            (t.links, t.links.c.account_id, "account_id"),
            (t.escrows, t.escrows.c.code, "failure"),
            (t.holds, t.holds.c.id, "hold_id"),
        ):
            asked = select(table.c.app_id, table.c.record_id, column.label("told")).where(
                table.c.app_id.in_(apps),
                table.c.kind == kind.value,
                among(table.c.record_id, piece),
            )
            if table is t.holds:
                asked = asked.where(
                    t.holds.c.state == HoldState.OPEN.value,
                    t.holds.c.what != Removal.MEMBERS.value,
                )
            for row in connection.execute(asked):
                here = found.setdefault(row.record_id, {}).setdefault(row.app_id, {})
                here[name] = row.told
    return {
        record: {app: Whereabouts(**told) for app, told in sorted(here.items())}
        for record, here in found.items()
    }
