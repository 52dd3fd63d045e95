"""What people are to be told, on SQL: causes that hold, and parcels on their way.

Beside the walk: ``ports.Outbox``, each method one transaction in a thread. Who
is told what is decided by the function that comes in.
"""

import datetime as dt
import uuid
from collections.abc import Mapping, Sequence
from typing import Any, Final

from sqlalchemy import Connection, Row, Select, func, insert, or_, select, update

from seatkeeper.ports.post import Deciding, Delivery
from seatkeeper.provisioning.journal import NewNotice
from seatkeeper.provisioning.message import Message, message_of
from seatkeeper.provisioning.telling import QUIET, Channel, Notice, Parcel, Past
from seatkeeper.store import notice_tables as t
from seatkeeper.store.ledger_base import LedgerPart
from seatkeeper.store.upsert import insert_missing

_WAITS: Final = (60, 300, 900, 3600)
"""Seconds before each further try; the last one from then on."""

_TAKEN: Final = dt.timedelta(minutes=5)
_OF_ONE_CAUSE: Final = 3
"""Notices of one cause that are looked at: the present one and those before it."""


class Notices(LedgerPart):
    """``ports.Outbox`` on one database."""

    async def add_notices(self, notices: Sequence[NewNotice], now: dt.datetime) -> None:
        """Keep these causes; one that holds already takes the new words."""
        if notices:
            await self._database.write(lambda c: tell(c, notices, now))

    async def end_causes(self, app_id: str, causes: Sequence[str]) -> None:
        """Note that these causes hold no longer."""
        ended = (
            update(t.notices)
            .where(t.notices.c.app_id == app_id, t.notices.c.still_holds)
            .where(t.notices.c.cause.in_(list(causes)))
            .values(still_holds=False)
        )
        if causes:
            await self._database.write(lambda c: c.execute(ended))

    async def open_notices(self, app_id: str) -> Mapping[str, Message]:
        """Return the causes of an app that hold, with what is said of them."""
        asked = select(t.notices.c.cause, t.notices.c.message).where(
            t.notices.c.app_id == app_id, t.notices.c.still_holds
        )
        return {cause: message_of(message) for cause, message in await self._all(asked)}

    async def notices(self, app_id: str | None, *, limit: int = 50) -> Sequence[Notice]:
        """Return what was noted, newest first."""
        asked = select(t.notices).order_by(t.notices.c.id.desc()).limit(limit)
        if app_id is not None:
            asked = asked.where(t.notices.c.app_id == app_id)
        return [_notice(row) for row in await self._all(asked)]

    async def pack(self, decide: Deciding, now: dt.datetime) -> int:
        """Make parcels of what is to be told now, as ``decide`` says."""

        def look(connection: Connection) -> bool:
            telling = decide(*_state(connection, now))
            return bool(telling.parcels or telling.settled or telling.told)

        def work(connection: Connection) -> int:
            # Looked at again under locks: another process may have told it meanwhile.
            notices, past = _state(connection, now, lock=True)
            telling = decide(notices, past)
            for parcel in telling.parcels:
                connection.execute(insert(t.parcels), _parcel_row(parcel, now))
            before = {one.id: one for one in notices}
            for notice_id in {*telling.told, *telling.settled}:
                told = telling.told.get(notice_id, before[notice_id].told_to)
                told_at = before[notice_id].told_at or (now if notice_id in telling.told else None)
                settled = notice_id in telling.settled or before[notice_id].settled
                connection.execute(
                    update(t.notices)
                    .where(t.notices.c.id == notice_id)
                    .values(told_to=sorted(told), told_at=told_at, settled=settled)
                )
            return len(telling.parcels)

        return await self._database.write(work) if await self._database.read(look) else 0

    async def due_parcels(self, now: dt.datetime, *, limit: int = 50) -> Sequence[Delivery]:
        """Return the parcels that are due to be handed over, oldest first."""
        asked = select(t.parcels).where(*_is_due(now)).order_by(t.parcels.c.id).limit(limit)
        return [_delivery(row) for row in await self._all(asked)]

    async def deliveries(self, *, limit: int = 50) -> Sequence[Delivery]:
        """Return parcels, newest first."""
        asked = select(t.parcels).order_by(t.parcels.c.id.desc()).limit(limit)
        return [_delivery(row) for row in await self._all(asked)]

    async def take_parcel(self, delivery_id: int, *, now: dt.datetime) -> bool:
        """Take it on oneself to hand a parcel over; false where somebody else did."""
        taken = (
            update(t.parcels)
            .where(t.parcels.c.id == delivery_id, *_is_due(now))
            .values(next_try=now + _TAKEN)
        )
        return await self._database.write(lambda c: c.execute(taken).rowcount == 1)

    async def parcel_sent(self, delivery_id: int, *, now: dt.datetime) -> None:
        """Note that a parcel was handed over."""
        noted = update(t.parcels).where(t.parcels.c.id == delivery_id).values(sent_at=now)
        await self._database.write(lambda c: c.execute(noted))

    async def parcel_failed(self, delivery_id: int, error: str, *, now: dt.datetime) -> None:
        """Note that a parcel could not be handed over; it is tried again later."""

        def work(connection: Connection) -> None:
            attempts = connection.execute(
                select(t.parcels.c.attempts).where(t.parcels.c.id == delivery_id)
            ).scalar_one()
            wait = _WAITS[min(attempts, len(_WAITS) - 1)]
            connection.execute(
                update(t.parcels)
                .where(t.parcels.c.id == delivery_id)
                .values(
                    attempts=attempts + 1,
                    last_error=error,
                    next_try=now + dt.timedelta(seconds=wait),
                )
            )

        await self._database.write(work)


def tell(connection: Connection, notices: Sequence[NewNotice], now: dt.datetime) -> None:
    """Keep causes; one that holds already takes the new words, and is not told anew."""
    for one in notices:
        plain = one.message.to_plain()
        if not one.ends:
            renewed = (
                update(t.notices)
                .where(
                    t.notices.c.app_id == one.app_id,
                    t.notices.c.cause == one.cause,
                    t.notices.c.still_holds,
                )
                .values(message=plain)
            )
            if connection.execute(renewed).rowcount:
                continue
        row = {
            "app_id": one.app_id,
            "cause": one.cause,
            "ends": one.ends,
            "message": plain,
            "at": now,
            "still_holds": not one.ends,
            "settled": False,
            "told_at": None,
            "told_to": [],
        }
        insert_missing(connection, t.notices, [row])


def _state(
    connection: Connection, now: dt.datetime, *, lock: bool = False
) -> tuple[list[Notice], dict[str, Past]]:
    """Return what may have to be told, with what was told of the same causes before."""
    open_ones = select(t.notices).where(or_(~t.notices.c.settled, t.notices.c.still_holds))
    rows = connection.execute(open_ones.with_for_update() if lock else open_ones).all()
    found = {row.id: _notice(row) for row in rows}
    for one in [one for one in found.values() if not one.settled]:
        cause = one.ends or one.cause
        earlier = (
            select(t.notices)
            .where(t.notices.c.app_id == one.app_id, t.notices.c.cause == cause)
            .order_by(t.notices.c.id.desc())
            .limit(_OF_ONE_CAUSE)
        )
        for row in connection.execute(earlier):
            found.setdefault(row.id, _notice(row))
    if not found:
        return [], {}
    return list(found.values()), _past(connection, now)


def _past(connection: Connection, now: dt.datetime) -> dict[str, Past]:
    lately: dict[str, list[dt.datetime]] = {}
    recent = select(t.parcels.c.channel, t.parcels.c.address, t.parcels.c.at).where(
        t.parcels.c.at > now - QUIET
    )
    for channel, address, at in connection.execute(recent):
        lately.setdefault(f"{channel}:{address}", []).append(at)
    last: Select[Any] = (
        select(t.parcels.c.channel, t.parcels.c.address, func.max(t.parcels.c.at))
        .where(t.parcels.c.digest)
        .group_by(t.parcels.c.channel, t.parcels.c.address)
    )
    digests = {f"{row[0]}:{row[1]}": row[2] for row in connection.execute(last)}
    return {
        key: Past(lately.get(key, ()), digests.get(key)) for key in lately.keys() | digests.keys()
    }


def _is_due(now: dt.datetime) -> tuple[Any, ...]:
    later = t.parcels.c.next_try
    return t.parcels.c.sent_at.is_(None), or_(later.is_(None), later <= now)


def _parcel_row(parcel: Parcel, now: dt.datetime) -> dict[str, object]:
    return {
        "key": str(uuid.uuid4()),
        "channel": parcel.channel,
        "address": parcel.address,
        "messages": [one.to_plain() for one in parcel.messages],
        "digest": parcel.digest,
        "at": now,
        "sent_at": None,
        "attempts": 0,
        "next_try": None,
        "last_error": "",
    }


def _notice(row: Row[Any]) -> Notice:
    return Notice(
        row.id,
        row.app_id,
        row.cause,
        message_of(row.message),
        row.at,
        holds=row.still_holds,
        settled=row.settled,
        told_at=row.told_at,
        told_to=frozenset(row.told_to),
        ends=row.ends,
    )


def _delivery(row: Row[Any]) -> Delivery:
    messages = tuple(message_of(one) for one in row.messages)
    return Delivery(
        row.id,
        row.key,
        Parcel(Channel(row.channel), row.address, messages, digest=row.digest),
        row.at,
        attempts=row.attempts,
        sent_at=row.sent_at,
        next_try=row.next_try,
        last_error=row.last_error,
    )
