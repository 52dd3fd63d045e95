"""What waits for the engine on SQL: orders that doors left.

Beside the walk: a part of ``ledger``, each method one transaction in a thread.
"""

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import (
    Connection,
    insert,
    select,
    update,
)

from seatkeeper.errors import NotFound
from seatkeeper.provisioning.journal import (
    Order,
    OrderVerb,
)
from seatkeeper.store import ledger_tables as t
from seatkeeper.store.ledger_base import LedgerPart


class Orders(LedgerPart):
    """The part of ``ports.Ledger`` about orders."""

    async def place_order(
        self,
        app_id: str,
        verb: OrderVerb,
        options: Mapping[str, object],
        *,
        actor: str,
        now: dt.datetime,
    ) -> int:
        """Leave an order for the running engine; return its number."""
        placed = insert(t.orders).values(
            app_id=app_id, verb=verb, options=dict(options), actor=actor, at=now, state="open"
        )

        def work(connection: Connection) -> int:
            return int(connection.execute(placed.returning(t.orders.c.id)).scalar_one())

        return await self._database.write(work)

    async def open_orders(self) -> Sequence[Order]:
        """Return orders that nobody has answered, oldest first."""
        waits = t.orders.c.state.in_(["open", "taken"])
        asked = select(t.orders).where(waits).order_by(t.orders.c.id)
        return [_order(row) for row in await self._all(asked)]

    async def order(self, order_id: int) -> Order:
        """Return one order with its answer so far."""
        row = await self._first(select(t.orders).where(t.orders.c.id == order_id))
        if row is None:
            raise NotFound(f"There is no order {order_id}.")
        return _order(row)

    async def answer_order(
        self, order_id: int, state: str, answer: Mapping[str, object] | None
    ) -> None:
        """Note that an order is taken, done or failed."""
        noted = (
            update(t.orders)
            .where(t.orders.c.id == order_id)
            .values(state=state, answer=dict(answer) if answer is not None else None)
        )
        await self._database.write(lambda c: c.execute(noted))


def _order(row: Any) -> Order:
    return Order(
        row.id, row.app_id, OrderVerb(row.verb), row.options, row.actor, row.state, row.answer
    )
