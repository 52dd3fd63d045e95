"""The tokens of sources that push people in, by digest.

Beside the walk. A token itself is shown once and never kept, only what tells
it again. Finding one is a look-up by digest, so the time it takes says nothing
about a token that is nearly right. What a token may is asked at the door.
"""

import datetime as dt
import hashlib
import re
import secrets
import string
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Connection, Row, insert, select, update

from seatkeeper.directory.token_ends import ends_when_replaced, lasts_as_long
from seatkeeper.errors import InvalidValue, NotFound
from seatkeeper.store.database import Database
from seatkeeper.store.inbound_tables import TOKENS
from seatkeeper.store.news import News

USERS, GROUPS, READ_ONLY = "users", "groups", "read-only"
PERMISSIONS: Final = (USERS, GROUPS, READ_ONLY)

NOBODY: Final = "nobody"
"""What a person belongs to whom no source created; so it names no source."""

NOTED_EVERY: Final = dt.timedelta(minutes=1)
"""How exactly the last use is known; a note per request would make each read a write."""

_ALPHABET: Final = string.digits + string.ascii_uppercase + string.ascii_lowercase
_SHAPE: Final = re.compile(r"sk_scim_[0-9A-Za-z]{43}_[0-9A-Za-z]{6}", re.ASCII)
_SOURCE: Final = re.compile(r"[a-z0-9][a-z0-9-]{0,63}", re.ASCII)


@dataclass(frozen=True, slots=True)
class SourceToken:
    """One token without the token: which source it speaks for, and what it may."""

    id: str
    source: str
    may: tuple[str, ...]
    last_four: str
    created_at: dt.datetime
    expires_at: dt.datetime | None
    last_used_at: dt.datetime | None
    revoked_at: dt.datetime | None
    replaced_at: dt.datetime | None = None

    def state(self, now: dt.datetime) -> str:
        """Return ``usable``, ``expired`` or ``revoked``."""
        if self.revoked_at is not None:
            return "revoked"
        expired = self.expires_at is not None and self.expires_at <= now
        return "expired" if expired else "usable"

    @property
    def reads_only(self) -> bool:
        """Whether it may change nothing."""
        return READ_ONLY in self.may


class SourceTokens:
    """Every token that was ever issued to a source. Methods block."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def issue(
        self,
        source: str,
        may: Sequence[str],
        expires_at: dt.datetime | None,
        *,
        actor: str,
        now: dt.datetime,
    ) -> tuple[SourceToken, str]:
        """Make a token; return what is kept of it, and its text, which nobody sees again.

        Raises ``InvalidValue`` for a source's name or a permission that cannot be.
        """
        check_source(source)
        for word in may:
            if word not in PERMISSIONS:
                raise InvalidValue(
                    f"There is no permission {word!r}.", advice=f"Use {', '.join(PERMISSIONS)}."
                )
        if expires_at is not None and expires_at <= now:
            raise InvalidValue("The token would have expired before it was made.")
        chosen = [word for word in PERMISSIONS if word in may]
        kinds = [word for word in chosen if word != READ_ONLY] or [USERS, GROUPS]
        text = new_token()
        allowed = [*kinds, *(word for word in chosen if word == READ_ONLY)]

        def work(connection: Connection) -> SourceToken:
            news = News(actor)
            made = _kept(connection, text, source, allowed, expires_at, now)
            news.audit("token.create", made.id, None, _shown(made))
            news.write(connection)
            return made

        return self._database.write_now(work), text

    def replace(
        self, token_id: str, *, at_once: bool, actor: str, now: dt.datetime
    ) -> tuple[SourceToken, SourceToken, str]:
        """Make a token in the place of another; return the old one, the new one and its text.

        It reaches the same and lasts as long as the old one was made for. The old one works for
        a day more, or not at all where it is to end ``at_once``. Raises ``NotFound``, or
        ``InvalidValue`` for one that has ended or was replaced before.
        """
        text = new_token()

        def work(connection: Connection) -> tuple[SourceToken, SourceToken]:
            held = _one(connection, token_id)
            over = {"revoked_at": now} if at_once else {}
            end = ends_when_replaced(held.expires_at, now)
            mine = update(TOKENS).where(TOKENS.c.id == token_id, TOKENS.c.replaced_at.is_(None))
            mine = mine.where(TOKENS.c.revoked_at.is_(None))
            changed = connection.execute(mine.values(replaced_at=now, expires_at=end, **over))
            if not changed.rowcount or held.state(now) != "usable":
                raise InvalidValue(
                    "This token has ended or was replaced already.",
                    advice="Replace the newest one of the source, or make another.",
                )
            lasts = lasts_as_long(held.created_at, held.expires_at, now)
            made = _kept(connection, text, held.source, held.may, lasts, now)
            old = _one(connection, token_id)
            news = News(actor)
            news.audit("token.replace", token_id, _shown(held), {**_shown(old), "by": made.id})
            news.audit("token.create", made.id, None, _shown(made))
            news.write(connection)
            return old, made

        old, made = self._database.write_now(work)
        return old, made, text

    def tokens(self) -> Sequence[SourceToken]:
        """Return all tokens, newest first."""
        asked = select(TOKENS).order_by(TOKENS.c.created_at.desc(), TOKENS.c.id)
        return self._database.read_now(lambda c: [_token(row) for row in c.execute(asked)])

    def revoke(self, token_id: str, *, actor: str, now: dt.datetime) -> SourceToken:
        """End a token; its next request is refused. A second time changes nothing."""

        def work(connection: Connection) -> SourceToken:
            held = _one(connection, token_id)
            if held.revoked_at is None:
                news = News(actor)
                mine = update(TOKENS).where(TOKENS.c.id == token_id)
                connection.execute(mine.values(revoked_at=now))
                news.audit("token.revoke", token_id, _shown(held), None)
                news.write(connection)
            return _one(connection, token_id)

        return self._database.write_now(work)

    def holder(self, text: str, now: dt.datetime) -> SourceToken | None:
        """Return the token of that text; none for one unknown, mistyped, revoked or expired."""
        if not well_formed(text):
            return None
        asked = select(TOKENS).where(TOKENS.c.digest == _digest(text))
        row = self._database.read_now(lambda c: c.execute(asked).first())
        if row is None or (found := _token(row)).state(now) != "usable":
            return None
        if found.last_used_at is None or now - found.last_used_at >= NOTED_EVERY:
            mine = update(TOKENS).where(TOKENS.c.id == found.id).values(last_used_at=now)
            self._database.write_now(lambda c: c.execute(mine).rowcount)
        return found


def check_source(name: str) -> None:
    """Raise ``InvalidValue`` for a name that no source can have."""
    if _SOURCE.fullmatch(name) is None or name == NOBODY:
        raise InvalidValue(
            f"{name!r} cannot name a source.",
            advice="Use up to 64 small letters, digits and hyphens, such as hr or okta-eu.",
        )


def new_token() -> str:
    """Return a new token: 32 random bytes, and a check that tells a typing mistake."""
    body = _base62(int.from_bytes(secrets.token_bytes(32)), 43)
    return f"sk_scim_{body}_{_check(body)}"


def well_formed(text: str) -> bool:
    """Whether a text could be one of our tokens; no look-up is needed for one that is not."""
    return _SHAPE.fullmatch(text) is not None and text[-6:] == _check(text[8:51])


def _check(body: str) -> str:
    return _base62(zlib.crc32(body.encode()), 6)


def _base62(number: int, width: int) -> str:
    digits: list[str] = []
    while number:
        number, rest = divmod(number, len(_ALPHABET))
        digits.append(_ALPHABET[rest])
    return "".join(reversed(digits)).rjust(width, _ALPHABET[0])


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def _kept(
    connection: Connection,
    text: str,
    source: str,
    may: Sequence[str],
    expires_at: dt.datetime | None,
    now: dt.datetime,
) -> SourceToken:
    token_id = secrets.token_hex(4)
    row = {
        "id": token_id,
        "digest": _digest(text),
        "source": source,
        "may": list(may),
        "last_four": text[-4:],
        "created_at": now,
        "expires_at": expires_at,
    }
    connection.execute(insert(TOKENS), [row])
    return _one(connection, token_id)


def _one(connection: Connection, token_id: str) -> SourceToken:
    row = connection.execute(select(TOKENS).where(TOKENS.c.id == token_id)).first()
    if row is None:
        raise NotFound(
            f"There is no token {token_id!r}.", advice="See `seatkeeper token list` for the ids."
        )
    return _token(row)


def _token(row: Row[Any]) -> SourceToken:
    return SourceToken(
        row.id,
        row.source,
        tuple(row.may),
        row.last_four,
        row.created_at,
        row.expires_at,
        row.last_used_at,
        row.revoked_at,
        row.replaced_at,
    )


def _shown(token: SourceToken) -> dict[str, object]:
    shown: dict[str, object] = {
        "source": token.source,
        "may": list(token.may),
        "last_four": token.last_four,
        "expires_at": None if token.expires_at is None else token.expires_at.isoformat(),
    }
    if token.revoked_at is not None:  # whatever day it would have lasted to
        shown["revoked_at"] = token.revoked_at.isoformat()
    return shown
