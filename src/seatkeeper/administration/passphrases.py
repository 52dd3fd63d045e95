"""Which passphrases are taken: long ones that are not the first an attacker tries.

Pure, beside the walk. There are no rules of composition: length counts, and
that it is not common. How a passphrase is kept is the store's.
(Reliability and security, 12; the reasons are in NIST SP 800-63B, 5.1.1.2.)
"""

import unicodedata
from collections.abc import Collection
from typing import Final

from seatkeeper.errors import InvalidValue

LEAST: Final = 12
MOST: Final = 256

_LONGEST_PATTERN: Final = 4
"""What repeats so few characters is counted as common, such as ``abababababab``."""

_ROWS: Final = (
    "abcdefghijklmnopqrstuvwxyz",
    "01234567890123456789",
    "qwertyuiopasdfghjklzxcvbnm",
    "qwertzuiopasdfghjklyxcvbnm",
    "1q2w3e4r5t6y7u8i9o0p",
    "1qaz2wsx3edc4rfv5tgb6yhn",
)

_COMMON: Final = frozenset(
    {
        "password",
        "passwort",
        "passphrase",
        "letmein",
        "welcome",
        "iloveyou",
        "trustno",
        "administrator",
        "admin",
        "changeme",
        "secret",
        "seatkeeper",
        "default",
        "correcthorsebatterystaple",
        "qwerty",
        "football",
        "baseball",
        "sunshine",
        "princess",
        "dragon",
        "monkey",
        "superman",
        "test",
    }
)
"""Words that, alone or again and again, with digits and signs around, are common."""


def normal(passphrase: str) -> str:
    """Return a passphrase as it is compared: the same whichever keyboard composed its letters."""
    return unicodedata.normalize("NFKC", passphrase)


def check_passphrase(passphrase: str, about: Collection[str] = ()) -> None:
    """Raise ``InvalidValue`` for one that is too short, too long, common, or about its owner.

    ``about`` are the owner's name and e-mail address.
    """
    text = normal(passphrase)
    if len(text) < LEAST:
        raise InvalidValue(
            f"The passphrase has fewer than {LEAST} characters.",
            advice="Take several words that do not belong together; spaces are welcome.",
        )
    if len(text) > MOST:
        raise InvalidValue(
            f"The passphrase has more than {MOST} characters.", advice="Take a shorter one."
        )
    folded = text.casefold()
    if _repeats(folded) or _in_a_row(folded) or _common(folded, about):
        raise InvalidValue(
            "This passphrase is among the first that somebody would try.",
            advice="Take several words that do not belong together.",
        )


def _repeats(text: str) -> bool:
    return any(
        text == (text[:length] * len(text))[: len(text)]
        for length in range(1, _LONGEST_PATTERN + 1)
    )


def _in_a_row(text: str) -> bool:
    return any(text in row or text[::-1] in row for row in _ROWS)


def _common(text: str, about: Collection[str]) -> bool:
    letters = "".join(letter for letter in text if letter.isalpha())
    own = [part for one in about for part in (one, one.partition("@")[0])]
    words = {*_COMMON, *(_letters(one) for one in own)}
    return any(
        word and len(letters) >= len(word) and letters == (word * len(letters))[: len(letters)]
        for word in words
    )


def _letters(text: str) -> str:
    return "".join(letter for letter in normal(text).casefold() if letter.isalpha())
