"""What the parts of the SQL ledger share: the database, and short ways to ask it.

Beside the walk.
"""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Select

from seatkeeper.store.asked import Asked
from seatkeeper.store.database import Database


class LedgerPart:
    """One part of the ledger on one database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def _first(self, asked: Select[Any]) -> Any:
        return await self._database.read(lambda c: c.execute(asked.limit(1)).first())

    async def _all(self, asked: Select[Any]) -> Sequence[Any]:
        return await self._database.read(lambda c: c.execute(asked).all())

    async def _asked(self, asked: Asked, **values: Any) -> Sequence[Any]:
        return await self._database.read(lambda c: asked.all(c, **values))
