"""Another device takes the place of the one whose codes are asked for, on SQL.

Beside the walk. Between the two somebody is never without a second factor: the
old device counts until the new one has shown its first code. Who begins it gives
a code of the old one, or a recovery code, judged in ``code_checks``.
"""

import datetime as dt
import secrets
from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, Row, delete, insert, select, update

from seatkeeper.administration.model import Administrator
from seatkeeper.administration.second_factor import SECRET_BYTES, accepted_step, still_set_up
from seatkeeper.errors import BadInput, NotYet
from seatkeeper.store.administration_tables import OTHER_DEVICES, SECOND_FACTORS
from seatkeeper.store.administrators import end_sign_ins, one_writer
from seatkeeper.store.code_checks import SECRET_ID, refused_code, unsealed
from seatkeeper.store.database import Database
from seatkeeper.store.news import News
from seatkeeper.store.second_factors import new_codes, not_the_first_code, require_factor
from seatkeeper.store.secrets import MasterKey, Secret


class SqlOtherDevices:
    """Devices that are to replace the one of a second factor. Methods block."""

    def __init__(self, database: Database, key: MasterKey) -> None:
        self._database = database
        self._key = key

    def begin(
        self, owner: Administrator, typed: str, *, session: str, address: str, now: dt.datetime
    ) -> None:
        """Make the secret of another device, by a code of the old one or a recovery code.

        It waits a quarter of an hour for its first code, in the session of this id only; one
        that waited is forgotten. The code is judged and counted as at sign-in. Raises what that
        does (``WrongCode``, ``SlowedDown``, ``KeyMissing``), and ``NotFound`` where there is no
        second factor.
        """
        plain = Secret(secrets.token_bytes(SECRET_BYTES))
        sealed = self._key.seal(plain, secret_id=SECRET_ID, owner_id=owner.id)
        row = {
            "administrator_id": owner.id,
            "session_id": session,
            "key_id": sealed.key_id,
            "wrapped_key": sealed.wrapped_key,
            "sealed": sealed.sealed,
            "made_at": now,
        }

        def work(connection: Connection) -> BadInput | None:
            one_writer(connection)
            require_factor(connection, owner)
            news = News(owner.email)
            refused = refused_code(
                connection, self._key, owner, typed, address=address, now=now, news=news
            )
            if refused is not None:
                return refused
            _forget(connection, owner.id)
            connection.execute(insert(OTHER_DEVICES), [row])
            news.write(connection)
            return None

        refused = self._database.write_now(work)
        if refused is not None:  # the failure is kept, so nothing may be rolled back
            raise refused

    def waiting(self, owner: str, *, session: str, now: dt.datetime) -> Secret | None:
        """Return the secret that waits for its first code in this session; none where none does."""
        row = self._database.read_now(lambda c: _row(c, owner, session, now))
        return None if row is None else unsealed(self._key, row)

    def confirm(
        self, owner: Administrator, typed: str, *, session: str, now: dt.datetime
    ) -> Sequence[str]:
        """Put the other device in the place of the old one by its first code.

        Returns other recovery codes, shown this once; the older ones open nothing any more, and
        all sessions but the one of this id end. Raises ``WrongCode``, and ``NotYet`` where no
        secret waits (any more).
        """

        def work(connection: Connection) -> Sequence[str]:
            one_writer(connection)
            row = _row(connection, owner.id, session, now)
            if row is None:
                raise NotYet(
                    "The other device was not confirmed within a quarter of an hour; your old one "
                    "is still asked for.",
                    advice="Begin again, and delete the key from the other app.",
                )
            step = accepted_step(unsealed(self._key, row).reveal(), typed, now, 0)
            if step is None:
                raise not_the_first_code()
            mine = SECOND_FACTORS.c.administrator_id == owner.id
            kept = {
                "key_id": row.key_id,
                "wrapped_key": row.wrapped_key,
                "sealed": row.sealed,
                "made_at": row.made_at,
                "confirmed_at": now,
                "last_step": step,
            }
            connection.execute(update(SECOND_FACTORS).where(mine).values(kept))
            _forget(connection, owner.id)
            end_sign_ins(connection, owner.id, but=session)
            shown = new_codes(connection, owner.id)
            news = News(owner.email)
            news.audit("second_factor.replaced", owner.id)
            news.write(connection)
            return shown

        return self._database.write_now(work)

    def give_up(self, owner: str) -> None:
        """Forget the device that waits; the old one stays. Nothing happens where none waits."""
        self._database.write_now(lambda connection: _forget(connection, owner))


def _row(connection: Connection, owner: str, session: str, now: dt.datetime) -> Row[Any] | None:
    mine = (OTHER_DEVICES.c.administrator_id == owner) & (OTHER_DEVICES.c.session_id == session)
    row = connection.execute(select(OTHER_DEVICES).where(mine)).first()
    return row if row is not None and still_set_up(row.made_at, now) else None


def _forget(connection: Connection, owner: str) -> None:
    connection.execute(delete(OTHER_DEVICES).where(OTHER_DEVICES.c.administrator_id == owner))
