"""How a passphrase is kept: as its argon2id hash, and never otherwise.

Beside the walk. It decides neither which passphrases are taken nor who may try.
The costs are those of OWASP's password storage page; raising them here makes
every hash anew when its owner signs in. (Reliability and security, 12.)
"""

from typing import Final

from argon2 import PasswordHasher, Type
from argon2.exceptions import InvalidHashError, VerificationError

from seatkeeper.administration.passphrases import normal

_HASHER: Final = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1, type=Type.ID)

_NOBODYS: Final = _HASHER.hash("nobody has this passphrase")
"""Compared with where there is nobody, so that the time says nothing about who there is."""


def hashed(passphrase: str) -> str:
    """Return what is kept of a passphrase; each time with another salt."""
    return _HASHER.hash(normal(passphrase))


def fits(kept: str | None, passphrase: str) -> bool:
    """Whether this is the passphrase; never where none is kept, and that takes as long."""
    try:
        _HASHER.verify(kept or _NOBODYS, normal(passphrase))
    except (VerificationError, InvalidHashError):
        return False
    return kept is not None


def outdated(kept: str) -> bool:
    """Whether a hash was made with other costs than those of today."""
    return _HASHER.check_needs_rehash(kept)
