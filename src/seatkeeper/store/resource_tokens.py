"""The tokens that a SCIM service has issued, by digest.

An edge beside the walk. Each method is one transaction. A token itself is
never kept, only what tells it again. A verdict is remembered for a second at
most: this process forgets it when it revokes, and what another process
revokes is seen when the second is over.
"""

import datetime as dt
import hashlib
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import sqlalchemy as sa

from seatkeeper.store.resource_file import ResourceFile, stamp
from seatkeeper.store.resource_tables import TOKENS
from seatkeeper.store.upsert import insert_missing

_FRESH: Final = dt.timedelta(minutes=1)
"""How old the last use may be before it is written again; a read need not write every time."""
REMEMBERED_SECONDS: Final = 1.0
"""How long a verdict is believed without a look at the file."""


@dataclass(frozen=True, slots=True)
class Token:
    """One issued token, without the token."""

    seq: int
    last_four: str
    issued_as: str
    created: str
    revoked: str | None
    last_used: str | None


@dataclass(frozen=True, slots=True)
class _Verdict:
    """As whom a token was issued, and when the file said so by a clock that never jumps."""

    issued_as: str
    looked_at: float


class IssuedTokens:
    """The tokens of one service. A test passes its own ``clock``, which counts seconds."""

    def __init__(self, file: ResourceFile, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._file = file
        self._clock = clock
        self._lock = threading.Lock()
        self._verdicts: dict[str, _Verdict] = {}
        self._ended = 0

    def issue(self, token: str, issued_as: str, now: dt.datetime) -> None:
        """Keep a token by its digest; one that is already there stays as it is."""
        row = {"digest": _digest(token), "last_four": token[-4:], "issued_as": issued_as}
        made = {**row, "created": stamp(now)}
        self._file.write(lambda db: insert_missing(db, TOKENS, [made]))

    def authority(self, token: str, now: dt.datetime) -> str | None:
        """Return as whom a token was issued, or none if it is unknown or revoked."""
        digest, moment = _digest(token), self._clock()
        remembered = self._verdicts.get(digest)
        if remembered is not None and moment - remembered.looked_at < REMEMBERED_SECONDS:
            return remembered.issued_as
        ended = self._ended
        issued_as = self._looked_up(digest, now)
        with self._lock:
            if issued_as is None:
                self._verdicts.pop(digest, None)
            elif ended == self._ended:  # otherwise one was revoked while we looked
                self._verdicts[digest] = _Verdict(issued_as, moment)
        return issued_as

    def _looked_up(self, digest: str, now: dt.datetime) -> str | None:
        mine = TOKENS.c.digest == digest
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
        with self._lock:
            self._ended += 1
            self._verdicts.clear()


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
