"""The token that an app had before its last rotation, until it is forgotten.

Beside the walk. It lies sealed as it did, in a table of its own, so that nothing
that sends finds it. How long it is kept, and for which address it may be used
again, is decided in ``configuration.connecting``.
"""

import datetime as dt

from sqlalchemy import Connection, delete, insert, select

from seatkeeper.errors import NotFound
from seatkeeper.ports import FormerSecret
from seatkeeper.store.database import Database
from seatkeeper.store.news import News
from seatkeeper.store.secrets import MasterKey, Sealed, Secret
from seatkeeper.store.tables import former_secrets, sealed_secrets


class SqlFormerSecrets:
    """The part of ``ports.Configuration`` that is about former secrets."""

    def __init__(self, database: Database, key: MasterKey) -> None:
        self._database = database
        self._key = key

    async def former_secret(self, app_id: str) -> FormerSecret | None:
        """Return what is known of the token before the last rotation, or none."""
        return await self._database.read(lambda c: _former_of(c, app_id))

    async def reveal_former_secret(self, app_id: str) -> bytes:
        """Return that token in plain. Raises ``NotFound`` or ``KeyMissing``."""
        secret = await self._database.read(lambda c: _revealed(c, self._key, app_id))
        if secret is None:
            raise NotFound(f"No old token of {app_id} is kept.", advice="Enter it again.")
        return secret.reveal()

    async def forget_former_secret(self, app_id: str, *, actor: str) -> None:
        """Forget that token, with an audit row; nothing happens where there is none."""

        def work(connection: Connection) -> None:
            if forget_former(connection, app_id):
                news = News(actor)
                news.audit("secret.forget", app_id, None, {"old_secret": "forgotten"})
                news.write(connection)

        await self._database.write(work)

    async def forget_former_secrets(self, before: dt.datetime) -> int:
        """Forget those set aside before that moment; return how many."""
        return await self._database.write(lambda c: _forget_older(c, before))


def set_aside(
    connection: Connection, app_id: str, tenant_url: str, expires: str, now: dt.datetime
) -> None:
    """Keep the stored secret of an app as its former one, in the place of an earlier one."""
    forget_former(connection, app_id)
    asked = select(sealed_secrets).where(sealed_secrets.c.owner_id == app_id)
    held = connection.execute(asked).first()
    if held is None:
        return
    row = {
        "id": held.id,
        "owner_id": app_id,
        "key_id": held.key_id,
        "wrapped_key": held.wrapped_key,
        "sealed": held.sealed,
        "last_four": held.last_four,
        "tenant_url": tenant_url,
        "expires": expires,
        "since": now,
    }
    connection.execute(insert(former_secrets), [row])


def forget_former(connection: Connection, app_id: str) -> bool:
    """Forget it; say whether there was one."""
    mine = delete(former_secrets).where(former_secrets.c.owner_id == app_id)
    return bool(connection.execute(mine).rowcount)


def _former_of(connection: Connection, app_id: str) -> FormerSecret | None:
    asked = select(former_secrets).where(former_secrets.c.owner_id == app_id)
    row = connection.execute(asked).first()
    if row is None:
        return None
    return FormerSecret(row.last_four, row.tenant_url, row.expires, row.since)


def _revealed(connection: Connection, key: MasterKey, app_id: str) -> Secret | None:
    asked = select(former_secrets).where(former_secrets.c.owner_id == app_id)
    row = connection.execute(asked).first()
    if row is None:
        return None
    sealed = Sealed(row.key_id, row.wrapped_key, row.sealed)
    return key.unseal(sealed, secret_id=row.id, owner_id=app_id)


def _forget_older(connection: Connection, before: dt.datetime) -> int:
    old = delete(former_secrets).where(former_secrets.c.since <= before)
    return connection.execute(old).rowcount
