"""Second factors on SQL: set up, confirmed, turned off, and whether everybody needs one.

Beside the walk. The secret that an authenticator app shares is sealed for its
owner; of recovery codes only digests are kept. Which codes are right is decided
in ``administration.second_factor``, and judged in ``code_checks``; how one is typed
at sign-in is in ``code_entry``, how another device takes over in ``other_devices``.
"""

import datetime as dt
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row, delete, insert, select, update

from seatkeeper.administration.model import Administrator
from seatkeeper.administration.second_factor import (
    RECOVERY_BYTES,
    RECOVERY_CODES,
    SECRET_BYTES,
    accepted_step,
    recovery_code,
    recovery_digest,
    still_set_up,
    written_recovery_code,
)
from seatkeeper.errors import BadInput, InvalidValue, NotFound, NotYet, WrongCode
from seatkeeper.store.administration_tables import OTHER_DEVICES, RULES, SECOND_FACTORS
from seatkeeper.store.administration_tables import RECOVERY_CODES as CODES
from seatkeeper.store.administrators import end_sign_ins, one_writer
from seatkeeper.store.code_checks import SECRET_ID, codes_left, refused_code, unsealed
from seatkeeper.store.database import Database
from seatkeeper.store.news import News
from seatkeeper.store.secrets import MasterKey, Secret
from seatkeeper.store.sign_ins import has_second_factor


@dataclass(frozen=True, slots=True)
class SecondFactor:
    """A second factor that is asked for at sign-in, and how many recovery codes are left."""

    since: dt.datetime
    recovery_codes: int


class SqlSecondFactors:
    """The second factors of everybody who may sign in. Methods block."""

    def __init__(self, database: Database, key: MasterKey) -> None:
        self._database = database
        self._key = key

    def of(self, administrator: str) -> SecondFactor | None:
        """Return somebody's second factor; none where no code is asked of them."""

        def work(connection: Connection) -> SecondFactor | None:
            row = _row(connection, administrator)
            if row is None or row.confirmed_at is None:
                return None
            return SecondFactor(row.confirmed_at, codes_left(connection, administrator))

        return self._database.read_now(work)

    def owners(self) -> frozenset[str]:
        """Return the ids of everybody of whom a code is asked."""
        asked = select(SECOND_FACTORS.c.administrator_id).where(
            SECOND_FACTORS.c.confirmed_at.is_not(None)
        )
        return self._database.read_now(lambda c: frozenset(c.execute(asked).scalars()))

    def begin(self, administrator: str, now: dt.datetime) -> None:
        """Make a secret that waits for its first code; an older one that waits is forgotten.

        Raises ``InvalidValue`` where a second factor is on.
        """
        plain = Secret(secrets.token_bytes(SECRET_BYTES))
        sealed = self._key.seal(plain, secret_id=SECRET_ID, owner_id=administrator)
        row = {
            "administrator_id": administrator,
            "key_id": sealed.key_id,
            "wrapped_key": sealed.wrapped_key,
            "sealed": sealed.sealed,
            "made_at": now,
            "last_step": 0,
        }

        def work(connection: Connection) -> None:
            one_writer(connection)
            if has_second_factor(connection, administrator):
                raise InvalidValue(
                    "Your second factor is on already.", advice="Turn it off to set up another."
                )
            _forget(connection, administrator)
            connection.execute(insert(SECOND_FACTORS), [row])

        self._database.write_now(work)

    def being_set_up(self, administrator: str, now: dt.datetime) -> Secret | None:
        """Return the secret that waits for its first code; none where there is none, or too old."""
        row = self._database.read_now(lambda c: _row(c, administrator))
        if row is None or row.confirmed_at is not None or not still_set_up(row.made_at, now):
            return None
        return unsealed(self._key, row)

    def confirm(
        self, owner: Administrator, typed: str, *, session: str, now: dt.datetime
    ) -> Sequence[str]:
        """Turn a second factor on by its first code; return recovery codes, shown this once.

        All sessions but the one of this id end. Raises ``WrongCode``, and ``NotYet``
        where no secret waits (any more).
        """

        def work(connection: Connection) -> Sequence[str]:
            one_writer(connection)
            row = _row(connection, owner.id)
            if row is None or row.confirmed_at is not None or not still_set_up(row.made_at, now):
                raise NotYet(
                    "This secret was not confirmed within a quarter of an hour.",
                    advice="Begin again, and delete it from your app.",
                )
            step = accepted_step(unsealed(self._key, row).reveal(), typed, now, row.last_step)
            if step is None:
                raise not_the_first_code()
            mine = update(SECOND_FACTORS).where(SECOND_FACTORS.c.administrator_id == owner.id)
            connection.execute(mine.values(confirmed_at=now, last_step=step))
            end_sign_ins(connection, owner.id, but=session)
            shown = new_codes(connection, owner.id)
            _tell(connection, owner.email, "second_factor.on", owner.id)
            return shown

        return self._database.write_now(work)

    def renew_codes(
        self, owner: Administrator, typed: str, *, address: str, now: dt.datetime
    ) -> Sequence[str]:
        """Return other recovery codes, shown this once; the older ones open nothing any more.

        ``typed`` is a code of the app or a recovery code, judged and counted as at sign-in: a
        session alone is not enough. Raises what that does (``WrongCode``, ``SlowedDown``,
        ``KeyMissing``), and ``NotFound`` where there is no second factor.
        """

        def work(connection: Connection) -> Sequence[str] | BadInput:
            one_writer(connection)
            require_factor(connection, owner)
            news = News(owner.email)
            refused = refused_code(
                connection, self._key, owner, typed, address=address, now=now, news=news
            )
            if refused is not None:
                return refused
            shown = new_codes(connection, owner.id)
            news.audit("second_factor.recovery_codes", owner.id)
            news.write(connection)
            return shown

        done = self._database.write_now(work)
        if isinstance(done, BadInput):  # the failure is kept, so nothing may be rolled back
            raise done
        return done

    def turn_off(self, owner: Administrator, typed: str, *, address: str, now: dt.datetime) -> None:
        """Have one's own passphrase alone open the console, by a code as ``renew_codes`` takes it.

        Raises what that does, and ``NotYet`` where everybody needs a second factor.
        """

        def work(connection: Connection) -> BadInput | None:
            one_writer(connection)
            require_factor(connection, owner)
            if _required(connection):
                raise NotYet(
                    "A second factor is required of everybody, so yours stays on.",
                    advice="Another device takes its place without turning it off: "
                    "press Use another device.",
                )
            news = News(owner.email)
            refused = refused_code(
                connection, self._key, owner, typed, address=address, now=now, news=news
            )
            if refused is not None:
                return refused
            _forget(connection, owner.id)
            news.audit("second_factor.off", owner.id)
            news.write(connection)
            return None

        refused = self._database.write_now(work)
        if refused is not None:  # the failure is kept, so nothing may be rolled back
            raise refused

    def remove(self, owner: Administrator, *, actor: str) -> None:
        """Take the second factor from somebody who lost it; they are signed out everywhere.

        Raises ``NotFound`` where they have none.
        """

        def work(connection: Connection) -> None:
            one_writer(connection)
            require_factor(connection, owner)
            _forget(connection, owner.id)
            end_sign_ins(connection, owner.id)
            _tell(connection, actor, "second_factor.remove", owner.id)

        self._database.write_now(work)

    def required(self) -> bool:
        """Whether everybody who signs in needs a second factor."""
        return self._database.read_now(_required)

    def require(self, required: bool, *, by: Administrator) -> None:
        """Ask everybody for a second factor from now on, or no longer.

        Raises ``NotYet`` where whoever asks for it has none.
        """

        def work(connection: Connection) -> None:
            one_writer(connection)
            before = _required(connection)
            if before == required:
                return
            if required and not has_second_factor(connection, by.id):
                raise NotYet(
                    "You have no second factor yet; nothing was changed.",
                    advice="Turn on your own first, under Settings, You.",
                )
            rule = {"second_factor_required": required}
            if not connection.execute(update(RULES).values(rule)).rowcount:
                connection.execute(insert(RULES), [{"id": 1, **rule}])
            news = News(by.email)
            said = ({"required": before}, {"required": required})
            news.audit("second_factor.required", "everybody", *said)
            news.write(connection)

        self._database.write_now(work)


def _row(connection: Connection, administrator: str) -> Row[Any] | None:
    mine = SECOND_FACTORS.c.administrator_id == administrator
    return connection.execute(select(SECOND_FACTORS).where(mine)).first()


def require_factor(connection: Connection, owner: Administrator) -> None:
    """Raise ``NotFound`` where no code is asked of somebody."""
    if not has_second_factor(connection, owner.id):
        raise NotFound(
            f"{owner.email} has no second factor.", advice="The passphrase alone opens the console."
        )


def not_the_first_code() -> WrongCode:
    """Return what is said where a new device should have shown another code."""
    return WrongCode(
        "This is not the code that your app should show now.",
        advice="Type the newest one. Where it is wrong again, compare the clock of "
        "your device with the time here.",
    )


def _forget(connection: Connection, administrator: str) -> None:
    for table in (CODES, OTHER_DEVICES, SECOND_FACTORS):
        connection.execute(delete(table).where(table.c.administrator_id == administrator))


def new_codes(connection: Connection, administrator: str) -> Sequence[str]:
    """Replace somebody's recovery codes; return the new ones as they are shown, this once."""
    shown = [
        written_recovery_code(secrets.token_bytes(RECOVERY_BYTES)) for _ in range(RECOVERY_CODES)
    ]
    connection.execute(delete(CODES).where(CODES.c.administrator_id == administrator))
    rows = [
        {"digest": recovery_digest(recovery_code(one) or one), "administrator_id": administrator}
        for one in shown
    ]
    connection.execute(insert(CODES), rows)
    return shown


def _required(connection: Connection) -> bool:
    return bool(connection.execute(select(RULES.c.second_factor_required)).scalar())


def _tell(connection: Connection, actor: str, action: str, subject: str) -> None:
    news = News(actor)
    news.audit(action, subject)
    news.write(connection)
