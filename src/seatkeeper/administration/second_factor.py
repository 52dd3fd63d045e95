"""The second factor: codes of an authenticator app, codes for when it is lost, and who must wait.

Pure, beside the walk: secrets and moments are handed in. Codes are those of RFC
6238 as every authenticator app makes them: SHA-1, six digits, thirty seconds.
What is kept of them is the store's. (Reliability and security, 12.)
"""

import base64
import datetime as dt
import hashlib
import hmac
import re
from collections.abc import Collection
from typing import Final
from urllib.parse import quote

from seatkeeper.administration.sessions import lately

STEP: Final = 30
"""Seconds for which an app shows one code."""

DRIFT: Final = 1
"""Steps by which the clock of a phone may be wrong, either way."""

SECRET_BYTES: Final = 20
RECOVERY_BYTES: Final = 10
"""Eighty bits for each: too many to try, so a plain digest of one may be kept."""

RECOVERY_CODES: Final = 10
WINDOW: Final = dt.timedelta(minutes=15)
FAILURES: Final = 5
"""Wrong codes in a quarter of an hour, after which none is looked at."""

PENDING: Final = dt.timedelta(minutes=5)
"""So long after the right passphrase a code may be typed."""

SETTING_UP: Final = dt.timedelta(minutes=15)
"""So long a secret is shown that no code has confirmed."""

_GROUP: Final = 4
_CODE: Final = re.compile(r"[0-9]{6}")
_RECOVERY: Final = re.compile(r"[A-Z2-7]{16}")
_MISREAD: Final = str.maketrans("018", "OIB")
"""Digits that no recovery code has, and the letters they were read from."""


def code_at(secret: bytes, step: int) -> str:
    """Return the six digits that an app shows in a step.

    (RFC 4226, 5.3; RFC 6238, 4.2.)
    """
    digest = hmac.digest(secret, step.to_bytes(8), "sha1")
    start = digest[-1] & 0x0F
    number = int.from_bytes(digest[start : start + 4]) & 0x7FFFFFFF
    return f"{number % 1_000_000:06}"


def step_at(now: dt.datetime) -> int:
    """Return the number of the step that a moment falls in."""
    return int(now.timestamp()) // STEP


def accepted_step(secret: bytes, typed: str, now: dt.datetime, last: int) -> int | None:
    """Return the step whose code was typed, or none where it is not one of now.

    A step up to ``last``, the newest that was used, is never accepted again:
    whoever looked over a shoulder comes too late.
    """
    code = _joined(typed)
    if not _CODE.fullmatch(code):
        return None
    present = step_at(now)
    near = range(max(present - DRIFT, last + 1), present + DRIFT + 1)
    fitting = [step for step in near if hmac.compare_digest(code_at(secret, step), code)]
    return fitting[-1] if fitting else None


def recovery_code(typed: str) -> str | None:
    """Return a recovery code as it is compared, however it was written; none for anything else."""
    code = _joined(typed).upper().translate(_MISREAD)
    return code if _RECOVERY.fullmatch(code) else None


def written_recovery_code(chance: bytes) -> str:
    """Return the recovery code of ten random bytes, as it is shown: groups with hyphens."""
    return "-".join(_groups(base64.b32encode(chance).decode()))


def recovery_digest(code: str) -> str:
    """Return what is kept of a recovery code that ``recovery_code`` has read."""
    return hashlib.sha256(f"recovery code\0{code}".encode()).hexdigest()


def written_secret(secret: bytes) -> str:
    """Return a secret as it is typed into an app by hand: groups of four."""
    return " ".join(_groups(base64.b32encode(secret).decode()))


def app_link(secret: bytes, issuer: str, account: str) -> str:
    """Return the link that an authenticator app on this device opens.

    ``issuer`` and ``account`` are what the app lists it by.
    """
    name = quote(issuer.replace(":", " "), safe="")
    key = base64.b32encode(secret).decode()
    return f"otpauth://totp/{name}:{quote(account, safe='')}?secret={key}&issuer={name}"


def codes_wait_until(failures: Collection[dt.datetime], now: dt.datetime) -> dt.datetime | None:
    """Return when the next code of an app is looked at, or none where it is at once.

    Six digits can be guessed, so after ``FAILURES`` wrong ones in a quarter of an
    hour nothing is, until the oldest of these is as old. Only who knows the
    passphrase gets here, and recovery codes, which cannot be guessed, never wait:
    so nobody shuts the owner out.
    """
    recent = sorted(at for at in failures if lately(at, WINDOW, now))
    return recent[-FAILURES] + WINDOW if len(recent) >= FAILURES else None


def still_pending(since: dt.datetime, now: dt.datetime) -> bool:
    """Whether the right passphrase, typed then, still lets a code be typed."""
    return lately(since, PENDING, now)


def still_set_up(since: dt.datetime, now: dt.datetime) -> bool:
    """Whether a secret made then and never confirmed is still the one to confirm."""
    return lately(since, SETTING_UP, now)


def _joined(typed: str) -> str:
    return re.sub(r"[\s-]", "", typed)


def _groups(text: str) -> list[str]:
    return [text[start : start + _GROUP] for start in range(0, len(text), _GROUP)]
