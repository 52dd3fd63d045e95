"""Whether a typed passphrase is right, on SQL, and who has failed too often to be looked at.

Beside the walk: at sign-in, and where a session asks for the passphrase again. How long somebody
waits is decided in ``administration.sessions``. A failure is counted under what no stranger can
be where there is such a thing (a known browser, a session), else under the address that was typed
and the one it came from: so strangers slow each other, and nobody who was here before.
"""

import datetime as dt
import secrets
from collections.abc import Callable, Sequence
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, Row, Select, delete, insert, select

from seatkeeper.administration.sessions import AHEAD, FAILURES_FROM, WINDOW, slowed_until
from seatkeeper.administration.sessions import FAILURES as MANY
from seatkeeper.errors import SlowedDown, WrongPassphrase
from seatkeeper.store.administration_tables import FAILURES
from seatkeeper.store.database import Database
from seatkeeper.store.news import News
from seatkeeper.store.passphrase_hashing import fits

NOBODY: Final = "nobody signed in"
"""Whose failures these are is not known; this stands where the audit trail names who acted."""


def checked(
    database: Database,
    asked: Select[Any],
    own: Callable[[Row[Any] | None], str],
    email: str,
    passphrase: str,
    address: str,
    now: dt.datetime,
) -> tuple[Row[Any], str]:
    """Return whose passphrase this is; slow whoever fails often.

    ``own`` says under which name an attempt is counted that no stranger can make, which is
    returned as well: it begins with a capital, and what is typed is folded. All others are
    counted by what was typed and where they come from.
    """

    def look(
        connection: Connection,
    ) -> tuple[Row[Any] | None, str, Sequence[dt.datetime], Sequence[dt.datetime]]:
        row = connection.execute(asked).first()
        counter = own(row)
        failures = _failures(connection, at_passphrase(counter or email))
        strangers = address and not counter
        return (
            row,
            counter,
            failures,
            _failures(connection, _from(address)) if strangers else (),
        )

    row, counter, failures, from_there = database.read_now(look)
    pauses = (
        (slowed_until(failures, now), "from this browser" if counter else "for this address"),
        (slowed_until(from_there, now, FAILURES_FROM), "from where you are"),
    )
    for until, why in pauses:
        if until is not None:
            raise slowed(max(1, round((until - now).total_seconds())), why)
    if not fits(None if row is None else row.passphrase, passphrase) or row is None:
        owner = None if row is None else row.id
        database.write_now(lambda c: _note_wrong(c, counter, email, owner, address, now))
        raise wrong()
    return row, counter


def slowed(seconds: int, why: str) -> SlowedDown:
    """Return the refusal to look at an attempt: after how many seconds, and what failed before."""
    error = SlowedDown(
        f"There were many failed attempts {why}; this one was not looked at.",
        advice=f"Try again in {seconds} s.",
    )
    error.seconds = seconds
    return error


def wrong() -> WrongPassphrase:
    """Return the refusal of a passphrase; it never says whether the address is known."""
    return WrongPassphrase(
        "E-mail address and passphrase do not belong together.",
        advice="Check both. Who forgot theirs asks another administrator for a link.",
    )


def at_passphrase(counter: str) -> ColumnElement[bool]:
    """Return which failures were counted under a name; codes have a limit of their own."""
    return (FAILURES.c.email == counter) & ~FAILURES.c.at_code


def _from(address: str) -> ColumnElement[bool]:
    """Return which failures slow an address; codes have a limit of their own."""
    return (FAILURES.c.address == address) & ~FAILURES.c.at_code


def _failures(connection: Connection, whose: ColumnElement[bool]) -> Sequence[dt.datetime]:
    asked = select(FAILURES.c.at).where(whose)
    return list(connection.execute(asked).scalars())


def note_failure(
    connection: Connection, email: str, address: str, now: dt.datetime, *, at_code: bool = False
) -> None:
    """Count a failure, and forget those that no longer count."""
    counts = (FAILURES.c.at > now - WINDOW) & (FAILURES.c.at <= now + AHEAD)
    connection.execute(delete(FAILURES).where(~counts))
    row = {"id": secrets.token_hex(8), "email": email, "at": now, "address": address}
    connection.execute(insert(FAILURES), [{**row, "at_code": at_code}])


def _note_wrong(
    connection: Connection,
    counter: str,
    email: str,
    owner: str | None,
    address: str,
    now: dt.datetime,
) -> None:
    """Count a wrong passphrase; the one that begins to slow who is there is in the audit trail.

    Others are not: strangers could fill it with addresses that nobody has.
    """
    note_failure(connection, counter or email, "" if counter else address, now)
    if owner is not None and len(_failures(connection, at_passphrase(counter or email))) == MANY:
        news = News(NOBODY)
        news.audit("session.slowed", owner, None, {"address": address, "failures": MANY})
        news.write(connection)
