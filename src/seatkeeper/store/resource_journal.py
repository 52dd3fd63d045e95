"""The journal of a SCIM service: each request and its answer, the newest 10,000.

An edge beside the walk. What may be written down is decided by who notes it;
this keeps and finds.
"""

from collections.abc import Mapping
from typing import Final

import sqlalchemy as sa

from seatkeeper.errors import StoreUnusable
from seatkeeper.scim.errors import ScimError
from seatkeeper.store.resource_file import ResourceFile
from seatkeeper.store.resource_tables import REQUESTS

_KEPT: Final = 10_000


class RequestJournal:
    """The requests that one service was sent."""

    def __init__(self, file: ResourceFile) -> None:
        self._file = file

    def note(self, entry: Mapping[str, str | int]) -> None:
        """Write down one request and its answer; the oldest beyond 10,000 go.

        Raises ``StoreUnusable`` where it cannot: the answer is to go out all the same.
        """
        row = {name: _writable(value) for name, value in entry.items()}

        def work(db: sa.Connection) -> None:
            seq = db.execute(REQUESTS.insert().values(**row)).inserted_primary_key
            newest = int(seq[0]) if seq else 0
            if newest > _KEPT:
                db.execute(REQUESTS.delete().where(REQUESTS.c.seq <= newest - _KEPT))

        try:
            self._file.write(work)
        except ScimError as error:
            raise StoreUnusable("The request could not be written down.") from error

    def requests(
        self, *, after: int = 0, limit: int = _KEPT, newest_first: bool = False
    ) -> list[dict[str, str | int]]:
        """Return requests with a number over ``after``, in the order of their answers."""
        order = REQUESTS.c.seq.desc() if newest_first else REQUESTS.c.seq
        query = sa.select(REQUESTS).where(REQUESTS.c.seq > after).order_by(order).limit(limit)
        return self._file.read(lambda db: [dict(row) for row in db.execute(query).mappings()])


def _writable(value: str | int) -> str | int:
    """Return a text without what a database does not take; clients send anything."""
    if isinstance(value, int):
        return value
    return value.replace("\0", "\ufffd").encode("utf-8", "replace").decode("utf-8")
