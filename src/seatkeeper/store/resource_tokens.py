"""The tokens that a SCIM service has issued, by digest.

An edge beside the walk. Each method is one transaction. A token itself is
never kept, only what tells it again.
"""

import datetime as dt
import hashlib
from dataclasses import dataclass

import sqlalchemy as sa

from seatkeeper.store.resource_file import ResourceFile, stamp
from seatkeeper.store.resource_tables import TOKENS


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
        with self._file.transaction() as db:
            db.execute(TOKENS.insert().prefix_with("OR IGNORE").values(**row, created=stamp(now)))

    def authority(self, token: str, now: dt.datetime) -> str | None:
        """Return as whom a token was issued, or none if it is unknown or revoked."""
        mine = TOKENS.c.digest == _digest(token)
        with self._file.transaction() as db:
            query = sa.select(TOKENS.c.issued_as).where(mine, TOKENS.c.revoked.is_(None))
            found = db.execute(query).scalar_one_or_none()
            if found is not None:
                db.execute(TOKENS.update().where(mine).values(last_used=stamp(now)))
        return None if found is None else str(found)

    def tokens(self) -> list[Token]:
        """Return all tokens ever issued, newest first."""
        columns = [column for column in TOKENS.c if column.name != "digest"]
        with self._file.transaction() as db:
            rows = db.execute(sa.select(*columns).order_by(TOKENS.c.seq.desc())).all()
        return [Token(*row) for row in rows]

    def revoke(self, seq: int, now: dt.datetime) -> None:
        """End a token; its next request is refused."""
        mine = (TOKENS.c.seq == seq) & TOKENS.c.revoked.is_(None)
        with self._file.transaction() as db:
            db.execute(TOKENS.update().where(mine).values(revoked=stamp(now)))


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
