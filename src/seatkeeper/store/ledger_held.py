"""Links that are held until their accounts are confirmed, and the address that links stand for.

Beside the walk: questions of ``ports.Ledger`` and one step of a write. What
holds a link, and what confirms it, is ``provisioning.confirm``.
"""

from typing import Any

from sqlalchemy import Connection, Select, func, literal, or_, select, update

from seatkeeper.directory.model import Kind
from seatkeeper.provisioning.journal import Key
from seatkeeper.provisioning.link import HELD_MARK, Link
from seatkeeper.store import ledger_tables as t
from seatkeeper.store.upsert import upsert


def address_of(connection: Connection, app_id: str) -> str | None:
    """Return the address that the app's links stand for, or none."""
    asked = select(t.addresses.c.address).where(t.addresses.c.app_id == app_id)
    return connection.execute(asked).scalar_one_or_none()


def stand_at(connection: Connection, app_id: str, address: str) -> None:
    """Take the app's address; links that were made under another one are held."""
    before = address_of(connection, app_id)
    if before == address:
        return
    upsert(connection, t.addresses, [{"app_id": app_id, "address": address}])
    if before is None:
        return
    connection.execute(
        update(t.links)
        .where(t.links.c.app_id == app_id, t.links.c.former_id.is_(None))
        .values(former_id=t.links.c.account_id, account_id=literal(HELD_MARK) + t.links.c.record_id)
    )


def held_links(connection: Connection, app_id: str, after: Key | None, limit: int) -> list[Link]:
    """Return a page of links that are held, by kind and record."""
    asked = select(t.links).where(t.links.c.app_id == app_id, t.links.c.former_id.is_not(None))
    if after is not None:
        kind, record_id = after
        asked = asked.where(
            or_(
                t.links.c.kind > kind,
                (t.links.c.kind == kind) & (t.links.c.record_id > record_id),
            )
        )
    return links_of(connection, asked.order_by(t.links.c.kind, t.links.c.record_id).limit(limit))


def some_links(connection: Connection, app_id: str, kind: Kind, most: int) -> list[Link]:
    """Return links that are not held, every so-manyth by record."""
    mine = (t.links.c.app_id == app_id, t.links.c.kind == kind, t.links.c.former_id.is_(None))
    count = connection.scalar(select(func.count()).select_from(t.links).where(*mine)) or 0
    step = -(-count // most) if count else 1
    place = func.row_number().over(order_by=t.links.c.record_id).label("place")
    counted = select(t.links, place).where(*mine).subquery()
    asked = select(counted).where((counted.c.place - 1) % step == 0)
    return links_of(connection, asked.order_by(counted.c.record_id).limit(most))


def links_of(connection: Connection, asked: Select[Any]) -> list[Link]:
    """Return the links that a question about their table finds."""
    return [
        Link(
            Kind(row.kind),
            row.record_id,
            row.account_id,
            row.known,
            row.display_name,
            row.since,
            row.former_id,
        )
        for row in connection.execute(asked).all()
    ]
