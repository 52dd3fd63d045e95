"""The second half of a sign-in on SQL: after the passphrase, a code.

Beside the walk. A code is looked at and counted or used up in one transaction, one
code after the other: of many that come at once no more are looked at than
``administration.second_factor`` lets, and none is used twice.
"""

import datetime as dt
import math
from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, Row, delete, select, update

from seatkeeper.administration.model import Administrator
from seatkeeper.administration.second_factor import FAILURES as MANY
from seatkeeper.administration.second_factor import (
    accepted_step,
    codes_wait_until,
    recovery_code,
    recovery_digest,
    still_pending,
)
from seatkeeper.errors import BadInput, SignInOver, WrongCode
from seatkeeper.store.administration_tables import (
    ADMINISTRATORS,
    FAILURES,
    PENDING,
    SECOND_FACTORS,
)
from seatkeeper.store.administration_tables import RECOVERY_CODES as CODES
from seatkeeper.store.administrators import administrator_of, digest, one_writer
from seatkeeper.store.database import Database
from seatkeeper.store.news import News
from seatkeeper.store.second_factors import codes_left, unsealed
from seatkeeper.store.secrets import MasterKey
from seatkeeper.store.sign_ins import NOBODY, begin_session, note_failure, slowed


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
            recovery = recovery_code(typed)
            if recovery is None:
                wait = codes_wait_until(_failures(connection, owner), now)
                if wait is not None:
                    return _wait(wait - now)
                right = self._by_app(connection, row, typed, now)
            else:
                right = _by_recovery(connection, owner, recovery)
            if not right:
                _note_wrong(connection, owner, address, now)
                return _wrong()
            connection.execute(delete(PENDING).where(PENDING.c.digest == digest(pending)))
            news = News(owner.email)
            if recovery is not None:
                left = {"left": codes_left(connection, owner.id)}
                news.audit("second_factor.recovery_used", owner.id, None, left)
            return begin_session(connection, owner, address, browser, now, news)

        done = self._database.write_now(work)
        if isinstance(done, BadInput):  # the failure is kept, so nothing may be rolled back
            raise done
        return done

    def _by_app(self, connection: Connection, row: Row[Any], typed: str, now: dt.datetime) -> bool:
        step = accepted_step(unsealed(self._key, row).reveal(), typed, now, row.last_step)
        if step is None:
            return False
        mine = SECOND_FACTORS.c.administrator_id == row.administrator_id
        connection.execute(update(SECOND_FACTORS).where(mine).values(last_step=step))
        return True


def _asked(pending: str) -> Any:
    return (
        select(
            ADMINISTRATORS,
            PENDING.c.made_at.label("pending_since"),
            SECOND_FACTORS.c.administrator_id,
            SECOND_FACTORS.c.key_id,
            SECOND_FACTORS.c.wrapped_key,
            SECOND_FACTORS.c.sealed,
            SECOND_FACTORS.c.confirmed_at,
            SECOND_FACTORS.c.last_step,
        )
        .join(PENDING, PENDING.c.administrator_id == ADMINISTRATORS.c.id)
        .join(SECOND_FACTORS, SECOND_FACTORS.c.administrator_id == ADMINISTRATORS.c.id)
        .where(PENDING.c.digest == digest(pending))
    )


def _over(row: Row[Any], now: dt.datetime) -> bool:
    return row.confirmed_at is None or not still_pending(row.pending_since, now)


def _by_recovery(connection: Connection, owner: Administrator, code: str) -> bool:
    mine = (CODES.c.digest == recovery_digest(code)) & (CODES.c.administrator_id == owner.id)
    return bool(connection.execute(delete(CODES).where(mine)).rowcount)


def _failures(connection: Connection, owner: Administrator) -> Sequence[dt.datetime]:
    mine = (FAILURES.c.email == owner.email) & FAILURES.c.at_code
    return list(connection.execute(select(FAILURES.c.at).where(mine)).scalars())


def _note_wrong(
    connection: Connection, owner: Administrator, address: str, now: dt.datetime
) -> None:
    """Count a wrong code; the one after which others wait is in the audit trail."""
    note_failure(connection, owner.email, address, now, at_code=True)
    if codes_wait_until(_failures(connection, owner), now) is not None:
        news = News(NOBODY)
        news.audit("session.slowed", owner.id, None, {"address": address, "codes": MANY})
        news.write(connection)


def _wait(pause: dt.timedelta) -> BadInput:
    error = slowed(max(1, math.ceil(pause.total_seconds())), "with codes for this account")
    minutes = max(1, math.ceil(pause.total_seconds() / 60))
    error.advice = f"Try again in {minutes} min, or use a recovery code."
    return error


def _wrong() -> WrongCode:
    return WrongCode(
        "This code is not right, or was used already.",
        advice="Wait for the next one of your app, or use a recovery code.",
    )
