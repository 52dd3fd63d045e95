"""Whether a typed code is right, on SQL: it is counted or used up where it is asked for.

Beside the walk. At sign-in, and wherever somebody's second factor is turned off
or its recovery codes are renewed, a code is judged within the transaction that
it opens: one after the other, so of many that come at once no more are looked
at than ``administration.second_factor`` lets, and none is used twice.
"""

import datetime as dt
import math
from collections.abc import Sequence
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, Row, delete, func, select, update

from seatkeeper.administration.model import Administrator
from seatkeeper.administration.second_factor import FAILURES as MANY
from seatkeeper.administration.second_factor import (
    accepted_step,
    codes_wait_until,
    recovery_code,
    recovery_digest,
)
from seatkeeper.errors import BadInput, WrongCode
from seatkeeper.store.administration_tables import FAILURES, SECOND_FACTORS
from seatkeeper.store.administration_tables import RECOVERY_CODES as CODES
from seatkeeper.store.news import News
from seatkeeper.store.passphrase_checks import NOBODY, note_failure, slowed
from seatkeeper.store.secrets import MasterKey, Sealed, Secret

SECRET_ID: Final = "second factor"
"""What a secret is sealed for, besides its owner."""


def refused_code(
    connection: Connection,
    key: MasterKey,
    owner: Administrator,
    typed: str,
    *,
    address: str,
    now: dt.datetime,
    news: News,
) -> BadInput | None:
    """Use a code up and return nothing, or return why it opens nothing: wrong, or too many were.

    After ``one_writer``, and only for who has a second factor. What is returned must not
    be raised within the transaction, or the failure that it counts is forgotten again.
    Wrong recovery codes are not counted: eighty bits cannot be guessed, and they would keep
    the owner's app codes waiting. ``news`` hears of a right one. Raises ``KeyMissing`` where
    the app's secret cannot be opened; a recovery code is right without it.
    """
    recovery = recovery_code(typed)
    if recovery is not None:
        if not _by_recovery(connection, owner, recovery):
            return _wrong()  # nobody guesses one, so neither owner nor audit trail suffers from it
    else:
        wait = codes_wait_until(_failures(connection, owner), now)
        if wait is not None:
            return _wait(wait - now)
        if not _by_app(connection, key, owner, typed, now):
            _note_wrong(connection, owner, address, now)
            return _wrong()
    connection.execute(delete(FAILURES).where(_at_code(owner)))
    if recovery is not None:
        left = {"left": codes_left(connection, owner.id)}
        news.audit("second_factor.recovery_used", owner.id, None, left)
    return None


def unsealed(key: MasterKey, row: Row[Any]) -> Secret:
    """Return the secret of a row of ``second_factors``. Raises ``KeyMissing``."""
    sealed = Sealed(row.key_id, row.wrapped_key, row.sealed)
    return key.unseal(sealed, secret_id=SECRET_ID, owner_id=row.administrator_id)


def codes_left(connection: Connection, administrator: str) -> int:
    """Return how many recovery codes somebody has not used."""
    mine = CODES.c.administrator_id == administrator
    return connection.scalar(select(func.count()).select_from(CODES).where(mine)) or 0


def _by_app(
    connection: Connection, key: MasterKey, owner: Administrator, typed: str, now: dt.datetime
) -> bool:
    mine = SECOND_FACTORS.c.administrator_id == owner.id
    row = connection.execute(select(SECOND_FACTORS).where(mine)).one()
    step = accepted_step(unsealed(key, row).reveal(), typed, now, row.last_step)
    if step is None:
        return False
    connection.execute(update(SECOND_FACTORS).where(mine).values(last_step=step))
    return True


def _by_recovery(connection: Connection, owner: Administrator, code: str) -> bool:
    mine = (CODES.c.digest == recovery_digest(code)) & (CODES.c.administrator_id == owner.id)
    return bool(connection.execute(delete(CODES).where(mine)).rowcount)


def _at_code(owner: Administrator) -> ColumnElement[bool]:
    return (FAILURES.c.email == owner.email) & FAILURES.c.at_code


def _failures(connection: Connection, owner: Administrator) -> Sequence[dt.datetime]:
    return list(connection.execute(select(FAILURES.c.at).where(_at_code(owner))).scalars())


def _note_wrong(
    connection: Connection, owner: Administrator, address: str, now: dt.datetime
) -> None:
    """Count a wrong code of an app; the one after which others wait is in the audit trail."""
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
