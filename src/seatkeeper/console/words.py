"""How the console says numbers, times, spans and foreign text. Pure; it decides no state."""

import datetime as dt
import shlex
import unicodedata
import zlib
from typing import Final

LONGEST: Final = 120

_JOINERS = frozenset("\u200c\u200d")  # part of Persian words and of emoji
_UNSEEN = frozenset({"Cf", "Zl", "Zp", "Cs"})


def visible(value: object, longest: int = LONGEST) -> str:
    """Return foreign text as one line: cut, and what cannot be seen shown as a sign."""
    text = "" if value is None else str(value)
    cut = text if len(text) <= longest else text[: longest - 1] + "…"
    if cut.isprintable():  # nothing unseen is, and almost all text of a page goes this way
        return cut
    return "".join(_sign(char) for char in cut)


def command(*words: str) -> str:
    """Return a command to be copied into a shell, which takes each word as it was meant."""
    return shlex.join(("seatkeeper", *words))


def typeable(name: str, own_id: str) -> str:
    """Return what to call somebody in a command: the name, or the id where that misleads.

    A name misleads that holds what cannot be seen, looks like an option, or fills lines.
    """
    plain = name.isprintable() and not name.startswith("-") and 0 < len(name) <= LONGEST
    return name if plain else own_id


def number(value: object) -> str:
    """Return ``1,212``; none where it is not a number."""
    return f"{whole(value):,}"


def whole(value: object) -> int:
    """Return a whole number from plain data; zero where there is none."""
    return round(value) if isinstance(value, int | float) else 0


def span(seconds: float) -> str:
    """Return ``84 ms``, ``6 s``, ``2 min 5 s``, ``1 h 30 min`` or ``3 d 4 h``."""
    if 0 < seconds < 1:
        return f"{max(1, round(seconds * 1000))} ms"
    rounded = max(0, round(seconds))
    for size, unit, part, smaller in ((86_400, "d", 3_600, "h"), (3_600, "h", 60, "min"),
                                      (60, "min", 1, "s")):  # fmt: skip
        if rounded >= size:
            rest = rounded % size // part
            return f"{rounded // size} {unit}" + (f" {rest} {smaller}" if rest else "")
    return f"{rounded} s"


def moment(value: object) -> dt.datetime | None:
    """Read a time of plain data; none where it is none, or is words."""
    if not isinstance(value, str):
        return None
    try:
        read = dt.datetime.fromisoformat(value)
    except ValueError:
        return None
    return read.astimezone(dt.UTC) if read.tzinfo else read.replace(tzinfo=dt.UTC)


def clock(at: dt.datetime, now: dt.datetime) -> str:
    """Return today as ``14:20 UTC``, this year as ``5 Nov 14:20 UTC``, else ``2025-11-05``."""
    if at.date() == now.date():
        return f"{at:%H:%M} UTC"
    if at.year == now.year:
        return f"{at.day} {_MONTHS[at.month - 1]} {at:%H:%M} UTC"
    return f"{at:%Y-%m-%d}"


_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def _sign(char: str) -> str:
    if char in _JOINERS or not _unseen(char):
        return char
    code = ord(char)
    return chr(0x2400 + code) if code < 0x20 else f"⟨U+{code:04X}⟩"


def _unseen(char: str) -> bool:
    return unicodedata.category(char) in _UNSEEN | {"Cc"}


_HUES: Final = ("hue-1", "hue-2", "hue-3", "hue-4", "hue-5")


def hue(of: object) -> str:
    """Return the tone in which initials stand, always the same for one id."""
    return _HUES[zlib.crc32(str(of).encode()) % len(_HUES)]


def initials(name: object) -> str:
    """Return one or two letters of a name; a sign for a name without any."""
    words = ["".join(char for char in word if char.isalnum()) for word in str(name).split()]
    found = [word[0] for word in words if word]
    return "".join(found[:1] + found[-1:] if len(found) > 1 else found).upper() or "?"
