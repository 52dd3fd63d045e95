"""The chain of the audit trail: each row holds a hash over itself and the row before.

Beside the walk. A row whose values were erased with a person keeps its hash, so the
chain goes on through it; what is left of it is vouched for by the entry that said
so (``person.erase``), which lists a digest of each such row. A row without values
that no such entry knows is a broken one, like any other that was changed.
"""

import hashlib
from collections.abc import Mapping
from typing import Any, Final

from sqlalchemy import Connection, select

from seatkeeper.store.tables import audit, canonical, feed_position

ERASE: Final = "person.erase"
"""The action of the entry that says that values of earlier ones are gone."""

ENTRIES: Final = "entries"
"""Where such an entry keeps the digests, by number."""

_SAID: Final = ("seq", "actor", "action", "subject", "before", "after")


def link_of(previous: str, row: Mapping[Any, Any]) -> str:
    """Return the hash of a row that follows one with the hash ``previous``."""
    said = {name: row[name] for name in _SAID}
    said["at"] = row["at"].isoformat()
    if row["salt"] is not None:  # rows of releases before 0032 have none
        said["salt"] = row["salt"]
    return hashlib.sha256((previous + canonical(said)).encode()).hexdigest()


def rest_of(row: Mapping[Any, Any]) -> str:
    """Return the digest of what is left of a row that lost values."""
    left = {name: row[name] for name in (*_SAID, "hash")}
    left["at"] = row["at"].isoformat()
    return hashlib.sha256(canonical(left).encode()).hexdigest()


def broken_audit(connection: Connection) -> int | None:
    """Walk the audit chain; return the first number that is wrong or missing, or none."""
    head, expected = "", 1
    unproven: dict[int, tuple[int, str]] = {}
    for row in (
        connection.execution_options(yield_per=1000)
        .execute(select(audit).order_by(audit.c.seq))
        .mappings()
    ):
        if row["seq"] != expected:
            return min([*unproven, expected])
        if row["erased_by"] is not None:
            unproven[row["seq"]] = (row["erased_by"], rest_of(row))
        elif row["hash"] != link_of(head, row):
            return min([*unproven, expected])
        if row["action"] == ERASE:
            proofs = (row["after"] or {}).get(ENTRIES, {})
            for seq in [int(one) for one in proofs]:
                if unproven.get(seq) == (row["seq"], proofs[str(seq)]):
                    del unproven[seq]
        head, expected = row["hash"], expected + 1
    if unproven:
        return min(unproven)
    position = connection.execute(select(feed_position)).one()
    return None if (position.audit_seq, position.audit_hash) == (expected - 1, head) else expected
