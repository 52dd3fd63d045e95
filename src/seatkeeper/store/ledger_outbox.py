"""What waits for somebody else on SQL: orders to the engine, and mails to be sent.

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
from seatkeeper.ports import Notice
from seatkeeper.provisioning.journal import (
    NewNotice,
    Order,
    OrderVerb,
)
from seatkeeper.store import ledger_tables as t
from seatkeeper.store.ledger_base import LedgerPart
from seatkeeper.store.upsert import insert_missing

_MAIL_WAITS = (60, 300, 900, 3600)
_MAIL_TAKEN = dt.timedelta(minutes=5)


class Outbox(LedgerPart):
    """The part of ``ports.Ledger`` about orders and notices."""

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

    async def add_notices(self, notices: Sequence[NewNotice]) -> None:
        """Keep mails to be sent; one whose cause still holds is not kept again."""
        if notices:
            await self._database.write(lambda c: tell(c, notices))

    async def unsent_notices(self, now: dt.datetime, *, limit: int = 50) -> Sequence[Notice]:
        """Return mails that are due to be sent."""
        asked = (
            select(t.notices)
            .where(
                t.notices.c.sent_at.is_(None),
                t.notices.c.next_try.is_(None) | (t.notices.c.next_try <= now),
            )
            .order_by(t.notices.c.id)
            .limit(limit)
        )
        return [
            Notice(row.id, row.recipient, row.subject, row.body) for row in await self._all(asked)
        ]

    async def take_notice(self, notice_id: int, *, now: dt.datetime) -> bool:
        """Take it on oneself to send a mail; false where somebody else did."""
        taken = (
            update(t.notices)
            .where(
                t.notices.c.id == notice_id,
                t.notices.c.sent_at.is_(None),
                t.notices.c.next_try.is_(None) | (t.notices.c.next_try <= now),
            )
            .values(next_try=now + _MAIL_TAKEN)
        )
        return await self._database.write(lambda c: c.execute(taken).rowcount == 1)

    async def notice_sent(self, notice_id: int, *, now: dt.datetime) -> None:
        """Note that a mail was handed over."""
        noted = update(t.notices).where(t.notices.c.id == notice_id).values(sent_at=now)
        await self._database.write(lambda c: c.execute(noted))

    async def notice_failed(self, notice_id: int, error: str, *, now: dt.datetime) -> None:
        """Note that a mail could not be handed over; it is tried again later."""

        def work(connection: Connection) -> None:
            attempts = connection.execute(
                select(t.notices.c.attempts).where(t.notices.c.id == notice_id)
            ).scalar_one()
            wait = _MAIL_WAITS[min(attempts, len(_MAIL_WAITS) - 1)]
            connection.execute(
                update(t.notices)
                .where(t.notices.c.id == notice_id)
                .values(
                    attempts=attempts + 1,
                    last_error=error,
                    next_try=now + dt.timedelta(seconds=wait),
                )
            )

        await self._database.write(work)


def tell(connection: Connection, notices: Sequence[NewNotice]) -> None:
    """Keep mails to be sent, but those whose cause is told already and still holds."""
    insert_missing(
        connection,
        t.notices,
        [
            {
                "app_id": one.app_id,
                "cause": one.cause,
                "recipient": one.recipient,
                "subject": one.subject,
                "body": one.body,
                "still_holds": True,
                "sent_at": None,
                "attempts": 0,
                "next_try": None,
                "last_error": "",
            }
            for one in notices
        ],
    )


def _order(row: Any) -> Order:
    return Order(
        row.id, row.app_id, OrderVerb(row.verb), row.options, row.actor, row.state, row.answer
    )
