"""The values of a resource that can be looked up or must be unique, as rows.

An edge beside the walk. Which values those are, and how each is folded, is
decided by whoever made ``Keys``; this page decides how a text becomes a key:
bytes, because bytes are ordered alike by Python and both databases, and take
what a text column would refuse.
"""

import contextlib
import hashlib
from collections.abc import Collection, Iterable, Sequence
from typing import Final

import sqlalchemy as sa

from seatkeeper.scim.holding import Keys
from seatkeeper.scim.uniqueness import taken
from seatkeeper.store.fixed import Fixed, part_of
from seatkeeper.store.resource_tables import CLAIMS, IS_CUT, KEYS, LONGEST_KEY
from seatkeeper.store.upsert import pieces

ABSENT: Final = b"\xff"
"""The key of whoever has no value. No text has this byte, and all texts come before it."""


NEW_KEY: Final = Fixed(KEYS.insert())
_NEW_CLAIM: Final = Fixed(CLAIMS.insert())


def _dropping(table: sa.Table) -> Fixed:
    row = (table.c[one] == sa.bindparam(f"of_{one}") for one in ("kind", "name", "value", "seq"))
    return Fixed(table.delete().where(*row))


_GONE_KEY: Final = _dropping(KEYS)
_GONE_CLAIM: Final = _dropping(CLAIMS)


def key_of_text(text: str) -> bytes:
    """Return the key of a folded text; one that is too long is told by its beginning and digest."""
    key = plain_key(text)
    if len(key) <= LONGEST_KEY:
        return key
    return key[:LONGEST_KEY] + ABSENT + hashlib.sha256(key).digest()


def plain_key(text: str) -> bytes:
    """Return the bytes of a text, uncut."""
    return text.encode("utf-8", "surrogatepass")


def holds_cut_keys(db: sa.Connection, kind: str, name: str) -> bool:
    """Say whether a key under ``name`` is cut, so that its end and its order are not all known."""
    mine = (KEYS.c.kind == kind) & (KEYS.c.name == name)
    found = sa.select(KEYS.c.seq).where(mine, IS_CUT).limit(1)
    return db.execute(found).first() is not None


def write_keys(db: sa.Connection, kind: str, seq: int, new: Keys, old: Keys | None = None) -> None:
    """Bring the rows of one resource from ``old`` to ``new``. A taken value is 409 uniqueness.

    It is refused before anything else is written.
    """
    if new == old:
        return
    had = _claims(old)
    claim(db, kind, seq, new, had)
    _drop(db, _GONE_CLAIM, kind, seq, had - _claims(new))
    before, after = _lookups(old), _lookups(new)
    _drop(db, _GONE_KEY, kind, seq, before - after)
    NEW_KEY.run_each(db, _rows(kind, seq, after - before))


def claim(
    db: sa.Connection,
    kind: str,
    seq: int,
    keys: Keys,
    had: Collection[tuple[str, bytes]] = (),
) -> None:
    """Claim what must be unique and is not claimed yet: all of it, or 409 and nothing."""
    # In one order everywhere, so that two writers wait for each other and never in a circle.
    names = list(dict.fromkeys(name for name, _ in keys.unique))
    missing = sorted(_claims(keys).difference(had), key=lambda one: (names.index(one[0]), one[1]))
    with part_of(db) if len(missing) > 1 else contextlib.nullcontext():
        for name, value in missing:
            try:
                _NEW_CLAIM.run(db, kind=kind, name=name, value=value, seq=seq)
            except sa.exc.IntegrityError as error:
                raise taken(name) from error


def forget_keys(db: sa.Connection, seqs: Sequence[int]) -> None:
    """Delete all rows of some resources."""
    for piece in pieces(seqs):
        for table in (KEYS, CLAIMS):
            db.execute(table.delete().where(table.c.seq.in_(piece)))


def lookup_rows(kind: str, seq: int, keys: Keys) -> list[dict[str, object]]:
    """Return the rows of ``KEYS`` of one resource."""
    return _rows(kind, seq, _lookups(keys))


def key_rows(
    kind: str, seq: int, keys: Keys
) -> tuple[list[dict[str, object]], list[dict[str, object]]]:
    """Return the rows of one resource: of ``KEYS`` and of ``CLAIMS``."""
    return _rows(kind, seq, _lookups(keys)), _rows(kind, seq, _claims(keys))


def _lookups(keys: Keys | None) -> set[tuple[str, bytes]]:
    if keys is None:
        return set()
    return {
        (name, key)
        for name, values in keys.lookups.items()
        for key in (list(map(key_of_text, values)) or [ABSENT])
    }


def _claims(keys: Keys | None) -> set[tuple[str, bytes]]:
    return set() if keys is None else {(name, key_of_text(value)) for name, value in keys.unique}


def _rows(kind: str, seq: int, found: Iterable[tuple[str, bytes]]) -> list[dict[str, object]]:
    return [{"kind": kind, "name": name, "value": value, "seq": seq} for name, value in found]


def _drop(
    db: sa.Connection, dropping: Fixed, kind: str, seq: int, gone: set[tuple[str, bytes]]
) -> None:
    for name, value in sorted(gone):
        dropping.run(db, of_kind=kind, of_name=name, of_value=value, of_seq=seq)
