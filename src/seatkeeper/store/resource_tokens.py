"""The tokens that a SCIM service has issued, by digest.

An edge beside the walk. Each method is one transaction. A token itself is
never kept, only what tells it again.
"""

import datetime as dt
import hashlib
from dataclasses import dataclass
from typing import Final

import sqlalchemy as sa

from seatkeeper.store.resource_file import ResourceFile, stamp
from seatkeeper.store.resource_tables import TOKENS
from seatkeeper.store.upsert import insert_missing

_FRESH: Final = dt.timedelta(minutes=1)
"""How old the last use may be before it is written again; a read need not write every time."""


@dataclass(frozen=True, slots=True)
class Token:
    """One issued token, without the token."""

    seq: int
    last_four: str
    issued_as: str
    created: str
    revoked: str | None
    last_used: str | None


class IssuedTokens:
    """The tokens of one service."""

    def __init__(self, file: ResourceFile) -> None:
        self._file = file

    def issue(self, token: str, issued_as: str, now: dt.datetime) -> None:
        """Keep a token by its digest; one that is already there stays as it is."""
        row = {"digest": _digest(token), "last_four": token[-4:], "issued_as": issued_as}
        made = {**row, "created": stamp(now)}
        self._file.write(lambda db: insert_missing(db, TOKENS, [made]))

    def authority(self, token: str, now: dt.datetime) -> str | None:
        """Return as whom a token was issued, or none if it is unknown or revoked."""
        mine = TOKENS.c.digest == _digest(token)
        used = TOKENS.update().where(mine).values(last_used=stamp(now))
        asked = sa.select(TOKENS.c.issued_as, TOKENS.c.last_used)
        asked = asked.where(mine, TOKENS.c.revoked.is_(None))
        found = self._file.read(lambda db: db.execute(asked).one_or_none())
        if found is None:
            return None
        if found.last_used is None or found.last_used < stamp(now - _FRESH):
            self._file.write(lambda db: db.execute(used))
        return str(found.issued_as)

    def tokens(self) -> list[Token]:
        """Return all tokens ever issued, newest first."""
        columns = [column for column in TOKENS.c if column.name != "digest"]
        query = sa.select(*columns).order_by(TOKENS.c.seq.desc())
        return self._file.read(lambda db: [Token(*row) for row in db.execute(query)])

    def revoke(self, seq: int, now: dt.datetime) -> None:
        """End a token; its next request is refused."""
        mine = (TOKENS.c.seq == seq) & TOKENS.c.revoked.is_(None)
        ended = TOKENS.update().where(mine).values(revoked=stamp(now))
        self._file.write(lambda db: db.execute(ended))


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
