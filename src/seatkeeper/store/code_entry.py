"""The second half of a sign-in on SQL: after the passphrase, a code.

Beside the walk. The code is judged in ``code_checks``, in the transaction that
begins the session.
"""

import datetime as dt
from typing import Any

from sqlalchemy import Connection, Row, delete, select

from seatkeeper.administration.model import Administrator
from seatkeeper.administration.second_factor import still_pending
from seatkeeper.errors import BadInput, SignInOver
from seatkeeper.store.administration_tables import ADMINISTRATORS, PENDING, SECOND_FACTORS
from seatkeeper.store.administrators import administrator_of, digest, one_writer
from seatkeeper.store.code_checks import refused_code
from seatkeeper.store.database import Database
from seatkeeper.store.news import News
from seatkeeper.store.secrets import MasterKey
from seatkeeper.store.sign_ins import begin_session


class SqlCodeEntry:
    """Sign-ins that wait for a code. Methods block."""

    def __init__(self, database: Database, key: MasterKey) -> None:
        self._database = database
        self._key = key

    def waiting(self, pending: str, now: dt.datetime) -> Administrator | None:
        """Return whose sign-in waits under this secret; none where it is over."""
        row = self._database.read_now(lambda c: c.execute(_asked(pending)).first())
        return None if row is None or _over(row, now) else administrator_of(row)

    def enter(
        self, pending: str, typed: str, *, address: str, browser: str, now: dt.datetime
    ) -> str:
        """Begin the session by a code of the app or a recovery code; return its secret id.

        Raises ``WrongCode``, ``SlowedDown``, ``SignInOver``, and ``KeyMissing`` where the
        app's secret cannot be opened (a recovery code still lets its owner in).
        """

        def work(connection: Connection) -> str | BadInput:
            one_writer(connection)
            row = connection.execute(_asked(pending)).first()
            if row is None or _over(row, now):
                raise SignInOver(
                    "It is more than five minutes since your passphrase, or something changed.",
                    advice="Sign in again.",
                )
            owner = administrator_of(row)
            news = News(owner.email)
            refused = refused_code(
                connection, self._key, owner, typed, address=address, now=now, news=news
            )
            if refused is not None:
                return refused
            connection.execute(delete(PENDING).where(PENDING.c.digest == digest(pending)))
            return begin_session(connection, owner, address, browser, now, news)

        done = self._database.write_now(work)
        if isinstance(done, BadInput):  # the failure is kept, so nothing may be rolled back
            raise done
        return done


def _asked(pending: str) -> Any:
    return (
        select(
            ADMINISTRATORS,
            PENDING.c.made_at.label("pending_since"),
            SECOND_FACTORS.c.confirmed_at,
        )
        .join(PENDING, PENDING.c.administrator_id == ADMINISTRATORS.c.id)
        .join(SECOND_FACTORS, SECOND_FACTORS.c.administrator_id == ADMINISTRATORS.c.id)
        .where(PENDING.c.digest == digest(pending))
    )


def _over(row: Row[Any], now: dt.datetime) -> bool:
    return row.confirmed_at is None or not still_pending(row.pending_since, now)
