"""Give a person or group to a source, or to none: the one way in which a record changes hands.

At the source of the walk. Somebody says so by name; no rule ever does. The new
source sees nothing until it pushes the record in itself, which then is not
refused but carried on. What it then may do decides ``directory.sourcing``.
"""

import uuid
from typing import Final

from sqlalchemy import Connection, insert, select

from seatkeeper.clock import utc_now
from seatkeeper.directory.model import Kind
from seatkeeper.store.database import Database
from seatkeeper.store.inbound_tables import RESOURCES, forget_resource
from seatkeeper.store.inbound_tokens import check_source
from seatkeeper.store.known import known_group, known_user
from seatkeeper.store.news import News

_RESOURCE_TYPES: Final = {Kind.USER: "User", Kind.GROUP: "Group"}


def give(
    database: Database, kind: Kind, record_id: str, source: str | None, *, actor: str
) -> str | None:
    """Let a record belong to ``source`` from now on (none: to no source); return whose it was.

    Raises ``NotFound`` for a record that is not there, ``InvalidValue`` for a
    name that no source can have. A second time changes nothing.
    """
    if source is not None:
        check_source(source)

    def work(connection: Connection) -> str | None:
        known = known_user if kind is Kind.USER else known_group
        known(connection, record_id)
        asked = select(RESOURCES.c.source).where(RESOURCES.c.record_id == record_id)
        before = connection.scalar(asked)
        if before == source:
            return before
        forget_resource(connection, record_id)
        if source is not None:
            now = utc_now()
            row = {
                "id": str(uuid.uuid4()),
                "source": source,
                "kind": _RESOURCE_TYPES[kind],
                "record_id": record_id,
                "body": {},
                "created_at": now,
                "modified_at": now,
                "version": 1,
                "deleted_at": now,
            }
            connection.execute(insert(RESOURCES), [row])
        news = News(actor)
        news.audit("inbound.give", record_id, {"source": before}, {"source": source})
        news.write(connection)
        return before

    return database.write_now(work)
