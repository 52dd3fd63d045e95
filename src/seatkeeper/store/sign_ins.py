"""Signing in, and the sessions that it begins, on SQL.

Beside the walk. Of a session's id only the digest is kept, so a copy of the
database signs nobody in. Whether a session still counts and whether somebody
must wait is decided in ``administration.sessions``. Who has a second factor is
not signed in by the passphrase alone: ``code_entry`` goes on from there.
"""

import datetime as dt
import secrets
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from sqlalchemy import (
    Connection,
    Row,
    bindparam,
    delete,
    exists,
    insert,
    select,
    update,
)

from seatkeeper.administration.known_browsers import CHANCE_BYTES, known_cookie, known_counter
from seatkeeper.administration.model import Administrator
from seatkeeper.administration.second_factor import PENDING as PENDING_FOR
from seatkeeper.administration.sessions import (
    ABSOLUTE,
    AHEAD,
    session_lives,
)
from seatkeeper.errors import NotFound
from seatkeeper.store.administration_tables import (
    ADMINISTRATORS,
    FAILURES,
    PENDING,
    RULES,
    SECOND_FACTORS,
    SESSIONS,
)
from seatkeeper.store.administrators import administrator_of, digest, end_sign_ins
from seatkeeper.store.asked import Asked
from seatkeeper.store.database import Database
from seatkeeper.store.news import News
from seatkeeper.store.passphrase_checks import at_passphrase, checked, wrong
from seatkeeper.store.passphrase_hashing import hashed, outdated

SEEN_EVERY: Final = dt.timedelta(minutes=1)
"""How exactly the last use is known; a note per request would make each read a write."""

_LONGEST_BROWSER: Final = 200
_LONGEST_EMAIL: Final = 254


@dataclass(frozen=True, slots=True)
class Session:
    """One sign-in that still counts; ``id`` names it in lists and opens nothing.

    ``factor_missing``: everybody needs a second factor, and its owner has none.
    """

    id: str
    administrator: Administrator
    began_at: dt.datetime
    seen_at: dt.datetime
    address: str
    browser: str
    confirmed_at: dt.datetime
    factor_missing: bool = False


@dataclass(frozen=True, slots=True)
class Admission:
    """What the right passphrase gives: a session, or the right to type a code.

    ``secret`` is the session's id, or with ``needs_code`` that of the sign-in that
    waits; nobody sees it again.
    """

    secret: str
    needs_code: bool = False


class SqlSignIns:
    """Who is signed in. Methods block; ``sign_in`` takes the time of a slow hash on purpose."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def sign_in(
        self,
        email: str,
        passphrase: str,
        *,
        address: str,
        browser: str,
        now: dt.datetime,
        known: str = "",
    ) -> Admission:
        """Begin a session, or wait for the code of whoever has a second factor.

        ``known`` is the cookie of a browser that its owner signed in with before. Raises
        ``WrongPassphrase`` (counted against that browser, or else against the address that was
        typed, whether or not somebody has it) or ``SlowedDown``.
        """
        folded = email.strip().lower()[:_LONGEST_EMAIL]
        asked = select(ADMINISTRATORS).where(ADMINISTRATORS.c.email == folded)

        def own(row: Row[Any] | None) -> str:
            kept = None if row is None else row.passphrase
            return "" if row is None or not kept else known_counter(known, kept, row.id, now)

        row, counter = checked(self._database, asked, own, folded, passphrase, address, now)
        if counter:
            self._forget_failures(counter)
        anew = hashed(passphrase) if outdated(row.passphrase) else None
        return self._begin(administrator_of(row), row.passphrase, anew, address, browser, now)

    def confirm(self, session: str, passphrase: str, *, address: str, now: dt.datetime) -> Session:
        """Let whoever sits at a session show that it is still its owner; return the session.

        Raises what ``sign_in`` does; failures are counted for this session alone.
        """
        found = self.session(session, now)
        if found is None:
            raise wrong()
        owner = found.administrator
        asked = select(ADMINISTRATORS).where(ADMINISTRATORS.c.id == owner.id)
        mine = update(SESSIONS).where(SESSIONS.c.digest == digest(session))
        own = f"Session {found.id}"
        checked(self._database, asked, lambda _row: own, owner.email, passphrase, address, now)

        def work(connection: Connection) -> None:
            connection.execute(mine.values(confirmed_at=now))
            connection.execute(delete(FAILURES).where(at_passphrase(own)))

        self._database.write_now(work)
        return replace(found, confirmed_at=now)

    def known_browser(self, session: str, now: dt.datetime) -> tuple[str, str] | None:
        """Return whose browser holds this session, and the cookie by which it is known from now on.

        None where the session has ended.
        """
        asked = _WITH_OWNER.where(SESSIONS.c.digest == digest(session))
        row = self._database.read_now(lambda c: c.execute(asked).first())
        if row is None or not row.passphrase:
            return None
        chance = secrets.token_bytes(CHANCE_BYTES)
        return row.email, known_cookie(row.passphrase, row.id, chance, now)

    def _forget_failures(self, counter: str) -> None:
        self._database.write_now(
            lambda c: c.execute(delete(FAILURES).where(at_passphrase(counter))).rowcount
        )

    def begin(
        self, administrator: Administrator, *, address: str, browser: str, now: dt.datetime
    ) -> Admission:
        """Let somebody in who has just used their link; a second factor is asked for, too."""
        return self._begin(administrator, None, None, address, browser, now)

    def session(self, session: str, now: dt.datetime, *, used: bool = True) -> Session | None:
        """Return the session with this secret id; none where it ended or never was.

        Not ``used``: somebody's open page asks by itself, which keeps no session alive.
        """
        row = self._database.read_now(lambda c: _OF_DIGEST.first(c, digest=digest(session)))
        if row is None or not session_lives(row.began_at, row.seen_at, now):
            return None
        if used and now - row.seen_at >= SEEN_EVERY:
            mine = update(SESSIONS).where(SESSIONS.c.digest == digest(session))
            self._database.write_now(lambda c: c.execute(mine.values(seen_at=now)).rowcount)
        return _session(row)

    def sessions_of(self, administrator: str, now: dt.datetime) -> Sequence[Session]:
        """Return the sessions of somebody that still count, newest first."""
        asked = _WITH_OWNER.where(SESSIONS.c.administrator_id == administrator)
        rows = self._database.read_now(
            lambda c: c.execute(asked.order_by(SESSIONS.c.began_at.desc(), SESSIONS.c.id)).all()
        )
        return [_session(row) for row in rows if session_lives(row.began_at, row.seen_at, now)]

    def end(self, session_id: str, *, owner: str, actor: str) -> None:
        """End one session of its owner. Raises ``NotFound`` where the owner has none of this id."""

        def work(connection: Connection) -> None:
            mine = (SESSIONS.c.id == session_id) & (SESSIONS.c.administrator_id == owner)
            if not connection.execute(delete(SESSIONS).where(mine)).rowcount:
                raise NotFound("There is no such session.", advice="It has ended already.")
            news = News(actor)
            news.audit("session.end", owner, {"session": session_id}, None)
            news.write(connection)

        self._database.write_now(work)

    def end_all(self, owner: str, *, actor: str) -> int:
        """End all sessions of somebody; return how many there were."""

        def work(connection: Connection) -> int:
            ended = end_sign_ins(connection, owner)
            if ended:
                news = News(actor)
                news.audit("session.end", owner, {"sessions": ended}, None)
                news.write(connection)
            return ended

        return self._database.write_now(work)

    def _begin(
        self,
        administrator: Administrator,
        held: str | None,
        anew: str | None,
        address: str,
        browser: str,
        now: dt.datetime,
    ) -> Admission:
        def work(connection: Connection) -> Admission:
            mine = ADMINISTRATORS.c.id == administrator.id
            asked = select(ADMINISTRATORS.c.passphrase).where(mine).with_for_update()
            kept = connection.execute(asked).scalar()
            if kept is None or held not in (None, kept):  # removed or changed meanwhile
                raise wrong()
            if anew is not None:
                connection.execute(update(ADMINISTRATORS).where(mine).values(passphrase=anew))
            if has_second_factor(connection, administrator.id):
                return Admission(_wait_for_code(connection, administrator.id, now), needs_code=True)
            return Admission(begin_session(connection, administrator, address, browser, now))

        return self._database.write_now(work)


_FACTOR_MISSING: Final = exists().where(RULES.c.second_factor_required) & ~exists().where(
    SECOND_FACTORS.c.administrator_id == ADMINISTRATORS.c.id,
    SECOND_FACTORS.c.confirmed_at.is_not(None),
)

_WITH_OWNER: Final = select(
    SESSIONS.c.id.label("session_id"),
    SESSIONS.c.began_at,
    SESSIONS.c.seen_at,
    SESSIONS.c.address,
    SESSIONS.c.browser,
    SESSIONS.c.confirmed_at,
    _FACTOR_MISSING.label("factor_missing"),
    ADMINISTRATORS,
).join(ADMINISTRATORS, ADMINISTRATORS.c.id == SESSIONS.c.administrator_id)
_OF_DIGEST: Final = Asked(_WITH_OWNER.where(SESSIONS.c.digest == bindparam("digest")))


def _session(row: Any) -> Session:
    owner = administrator_of(row)
    confirmed = row.confirmed_at or row.began_at
    return Session(
        row.session_id,
        owner,
        row.began_at,
        row.seen_at,
        row.address,
        row.browser,
        confirmed,
        bool(row.factor_missing),
    )


def has_second_factor(connection: Connection, administrator: str) -> bool:
    """Whether somebody is asked for a code; one that is still being set up does not count."""
    mine = SECOND_FACTORS.c.administrator_id == administrator
    asked = select(SECOND_FACTORS.c.confirmed_at).where(mine)
    return connection.execute(asked).scalar() is not None


def begin_session(
    connection: Connection,
    administrator: Administrator,
    address: str,
    browser: str,
    now: dt.datetime,
    news: News | None = None,
) -> str:
    """Begin a session as the last act of a transaction; return its id, which nobody sees again.

    ``news`` is what the audit trail hears before.
    """
    session = secrets.token_urlsafe(32)
    row = {
        "digest": digest(session),
        "id": secrets.token_hex(8),
        "administrator_id": administrator.id,
        "began_at": now,
        "seen_at": now,
        "address": address,
        "browser": browser[:_LONGEST_BROWSER],
        "confirmed_at": now,
    }
    ended = (SESSIONS.c.began_at <= now - ABSOLUTE) | (SESSIONS.c.began_at > now + AHEAD)
    connection.execute(delete(SESSIONS).where(ended))
    connection.execute(delete(FAILURES).where(FAILURES.c.email == administrator.email))
    connection.execute(insert(SESSIONS), [row])
    told = news or News(administrator.email)
    told.audit("session.begin", administrator.id, None, {"address": address})
    told.write(connection)
    return session


def _wait_for_code(connection: Connection, administrator: str, now: dt.datetime) -> str:
    secret = secrets.token_urlsafe(32)
    connection.execute(delete(PENDING).where(PENDING.c.made_at <= now - PENDING_FOR))
    row = {"digest": digest(secret), "administrator_id": administrator, "made_at": now}
    connection.execute(insert(PENDING), [row])
    return secret
