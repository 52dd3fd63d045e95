"""How many accounts an app has, on SQL: counted anew once something was written, and only then.

Beside the walk: a part of ``ledger``. Every page of an app asks, and counting
reads every link; so the numbers are kept with a mark that differs once anybody,
in this process or another, has written what may change them.
"""

from collections.abc import Collection, Hashable
from typing import Final

from sqlalchemy import Connection, Text, bindparam, func, select, type_coerce

from seatkeeper.directory.model import Kind
from seatkeeper.ports.ledger_accounts import Accounts
from seatkeeper.provisioning.account import TargetValues
from seatkeeper.store import ledger_tables as t
from seatkeeper.store.asked import Asked
from seatkeeper.store.database import Database
from seatkeeper.store.ledger_base import LedgerPart
from seatkeeper.store.tables import audit, canonical

_APP: Final = bindparam("app_id", type_=Text)
_LOGGED: Final = select(func.max(t.log.c.seq)).where(t.log.c.app_id == _APP)
_DECIDED: Final = select(func.max(audit.c.seq)).where(audit.c.subject == _APP)
_WRITTEN: Final = Asked(
    select(
        t.cycles.c.id,
        t.cycles.c.state,
        t.cycles.c.done,
        _LOGGED.scalar_subquery().label("logged"),
        _DECIDED.scalar_subquery().label("decided"),
    )
    .where(t.cycles.c.app_id == _APP)
    .order_by(t.cycles.c.number.desc())
    .limit(1)
)
"""A mark that differs once any process has written accounts of an app.

Whatever changes them is in the log, or in a cycle that looked at them; what is
forgotten of an app is in the audit trail.
"""


class AccountCounts(LedgerPart):
    """The part of ``ports.Ledger`` that counts accounts for whoever looks."""

    def __init__(self, database: Database) -> None:
        super().__init__(database)
        self._counted: dict[str, tuple[Hashable, Accounts]] = {}

    async def accounts(self, app_id: str, access: TargetValues) -> Accounts:
        """Return how many accounts there are, and how many were last known to have no access."""
        parts = tuple(canonical({path: value})[1:-1] for path, value in access.items())

        def work(connection: Connection) -> Accounts:
            now = (_WRITTEN.first(connection, app_id=app_id), parts)
            kept, counted = self._counted.get(app_id, (None, Accounts()))
            if kept != now:
                counted = _count(connection, app_id, parts)
                self._counted[app_id] = now, counted
            return counted

        return await self._database.read(work)

    def _count_anew(self, app_id: str) -> None:
        """Forget the numbers of an app: what was written may not be in its log."""
        self._counted.pop(app_id, None)


def _count(connection: Connection, app_id: str, parts: Collection[str]) -> Accounts:
    known = type_coerce(t.links.c.known, Text)  # canonical: equal values are equal text
    having = [known.contains(part, autoescape=True) for part in parts]
    asked = select(t.links.c.kind, func.count().label("linked")).where(t.links.c.app_id == app_id)
    counts = connection.execute(asked.group_by(t.links.c.kind))
    found = {row.kind: int(row.linked) for row in counts}
    lost = 0
    if having:
        without = select(func.count()).where(
            t.links.c.app_id == app_id, t.links.c.kind == Kind.USER, *having
        )
        lost = connection.scalar(without) or 0
    return Accounts(found.get(Kind.USER, 0), found.get(Kind.GROUP, 0), lost)
