"""Which browsers an administrator has signed in with, so that strangers slow only strangers.

Pure, beside the walk: moments, chance and the kept passphrase are handed in. Whoever signed in
keeps a cookie that says so; attempts that bring it are counted for themselves, and failures of
others do not slow them. It opens nothing. Nothing of it is stored: it carries its own sum, under
the hash that is kept of the passphrase, so another passphrase ends every cookie of before, and
who reads one can test no passphrase by it (its salt is not in there).
"""

import datetime as dt
import hashlib
import hmac
import re
from typing import Final

from seatkeeper.administration.sessions import lately

KNOWN: Final = dt.timedelta(days=180)
"""So long after a sign-in its browser is known."""

CHANCE_BYTES: Final = 16

_COOKIE: Final = re.compile(r"([0-9]{1,12})\.([0-9a-f]{32})\.([0-9a-f]{64})")


def known_cookie(kept: str, administrator: str, chance: bytes, now: dt.datetime) -> str:
    """Return what a browser keeps after a sign-in: when, which one it is, and the sum of both.

    ``kept`` is the hash of the owner's passphrase.
    """
    said = f"{int(now.timestamp())}.{chance.hex()}"
    return f"{said}.{_sum(kept, administrator, said)}"


def known_counter(cookie: str, kept: str, administrator: str, now: dt.datetime) -> str:
    """Return under which name attempts of a known browser are counted; nothing for a stranger.

    A stranger is whoever brings no cookie of this administrator, of before their passphrase was
    changed, or one that is older than ``KNOWN``.
    """
    read = _COOKIE.fullmatch(cookie)
    if read is None:
        return ""
    since, chance, said = read.groups()
    if not hmac.compare_digest(said, _sum(kept, administrator, f"{since}.{chance}")):
        return ""
    if not lately(dt.datetime.fromtimestamp(int(since), dt.UTC), KNOWN, now):
        return ""
    return f"Browser {hashlib.sha256(cookie.encode()).hexdigest()[:32]}"


def known_name(email: str) -> str:
    """Return what tells the cookies of several people in one browser apart."""
    return hashlib.sha256(f"known browser\0{email.strip().lower()}".encode()).hexdigest()[:12]


def _sum(kept: str, administrator: str, said: str) -> str:
    told = f"known browser\0{administrator}\0{said}"
    return hmac.new(kept.encode(), told.encode(), hashlib.sha256).hexdigest()
