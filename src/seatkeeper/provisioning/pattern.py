"""Regular expressions of administrators: written for .NET, run in linear time.

    source change -> [scope -> map] -> match -> plan -> export -> log

Patterns are input that runs once per person, so they run in RE2, which knows
no pattern that takes for ever. What RE2 lacks (look-around, back-references)
is refused in words. Classes mean what they mean in .NET: all of Unicode.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Final, Protocol

import re2

LONGEST_PATTERN: Final = 1_000
"""Characters a pattern may have."""

LARGEST_PROGRAM: Final = 64 * 1024
"""Bytes a compiled pattern may take, counted with plain ASCII classes."""

_BYTES_PER_STEP: Final = 8
_ROOM: Final = 8 << 20
"""Bytes RE2 may use at run time: the classes of all Unicode are large, and fixed."""

_CLASSES: Final = {"d": r"\p{Nd}", "w": r"\p{L}\p{Mn}\p{Nd}\p{Pc}", "s": r"\f\n\r\t\v\x{85}\p{Z}"}
_REFUSED: Final = (
    (re.compile(r"\(\?(?:<?[=!])"), "looks ahead or behind"),
    (re.compile(r"\(\?>"), "has an atomic group"),
    (re.compile(r"\\(?:[1-9]|k[<'{])"), "refers back to an earlier group"),
    (re.compile(r"\(\?\("), "has a condition"),
)


class Match(Protocol):
    """One place where a pattern fits."""

    def start(self, group: int = 0) -> int:
        """Return where a group begins; -1 where it took no part."""

    def end(self, group: int = 0) -> int:
        """Return where a group ends."""

    def group(self, group: int = 0) -> str | None:
        """Return what a group holds; none where it took no part."""


class PatternFault(ValueError):
    """A pattern that cannot be used; the message says why, ``at`` where (from 0)."""

    def __init__(self, message: str, at: int = 0) -> None:
        super().__init__(message)
        self.at = at


@dataclass(frozen=True)
class Pattern:
    """One compiled pattern; ``groups`` numbers its named groups. Make it with ``compiled``."""

    text: str
    groups: Mapping[str, int]
    count: int
    _search: Callable[[str], Match | None]
    _all: Callable[[str], Iterator[Match]]
    _full: Callable[[str], Match | None]

    def first(self, text: str) -> Match | None:
        """Return the first place where the pattern fits, or none."""
        return self._search(text)

    def every(self, text: str) -> Iterator[Match]:
        """Yield every place where the pattern fits, none overlapping."""
        return self._all(text)

    def fits(self, text: str) -> bool:
        """Whether the pattern fits the whole text."""
        return self._full(text) is not None


@lru_cache(maxsize=512)
def compiled(text: str) -> Pattern:
    """Return a pattern ready to use. Raises ``PatternFault``."""
    if len(text) > LONGEST_PATTERN:
        raise PatternFault(
            f"A pattern has at most {LONGEST_PATTERN:,} characters; this has {len(text):,}.",
            LONGEST_PATTERN,
        )
    for refused, why in _REFUSED:
        if found := refused.search(_without_escaped_backslashes(text)):
            raise PatternFault(f"The pattern {why}, which patterns here cannot do.", found.start())
    options = re2.Options()
    options.max_mem = _ROOM
    options.log_errors = False
    try:
        plain = re2.compile(translated(text, unicode=False), options)
        made = re2.compile(translated(text), options)
    except UnicodeEncodeError as error:
        raise PatternFault("The pattern holds half a character.") from error
    except re2.error as error:
        words = error.args[0] if error.args else ""
        said = words.decode("utf-8", "replace") if isinstance(words, bytes) else str(words)
        raise PatternFault(f"The pattern cannot be read: {said}.") from error
    if plain.programsize * _BYTES_PER_STEP > LARGEST_PROGRAM:
        raise PatternFault("The pattern is too large once its repetitions are written out.")
    return Pattern(
        text, dict(made.groupindex), made.groups, made.search, made.finditer, made.fullmatch
    )


def _without_escaped_backslashes(text: str) -> str:
    return text.replace("\\\\", "  ")


def translated(text: str, *, unicode: bool = True) -> str:
    """Return a .NET pattern in RE2's spelling; what both write alike stays.

    Without ``unicode`` the classes are left as RE2 means them, ASCII.
    """
    out = []
    inside = False
    place = 0
    while place < len(text):
        character = text[place]
        following = text[place + 1 : place + 2]
        if character == "\\" and following:
            out.append(_escape(following, inside=inside) if unicode else _plain(following))
            place += 2
            continue
        if character == "[" and not inside:
            inside = True
            out.append("[")
            place += 1
            for first in ("^", "]"):
                if text[place : place + 1] == first:
                    out.append("\\]" if first == "]" else "^")
                    place += 1
            continue
        if character == "]":
            inside = False
        elif character == "[":
            character = "\\["
        elif text.startswith("(?'", place) and not inside:
            end = text.find("'", place + 3)
            if end > 0:
                out.append(f"(?<{text[place + 3 : end]}>")
                place = end + 1
                continue
        out.append(character)
        place += 1
    return "".join(out)


def _escape(letter: str, *, inside: bool) -> str:
    if letter in _CLASSES:
        return _CLASSES[letter] if inside else f"[{_CLASSES[letter]}]"
    if letter.lower() in _CLASSES and not inside:
        return f"[^{_CLASSES[letter.lower()]}]"
    return r"\P{Nd}" if letter == "D" else _plain(letter)


def _plain(letter: str) -> str:
    return r"\z" if letter == "Z" else f"\\{letter}"


_REPLACED = re.compile(r"\$(?:(?P<dollar>\$)|(?P<whole>&)|(?P<number>\d{1,3})|\{(?P<name>\w+)\})")


def filled(template: str, match: Match, pattern: Pattern) -> str:
    """Return a replacement with ``$1``, ``${name}``, ``$&`` and ``$$`` filled in.

    A reference to a group that the pattern does not have stays as it is
    written, as in .NET.
    """

    def put(found: re.Match[str]) -> str:
        if found["dollar"]:
            return "$"
        if found["whole"]:
            return match.group(0) or ""
        named = found["number"] or found["name"]
        if named.isdecimal():
            return (match.group(int(named)) or "") if int(named) <= pattern.count else found[0]
        return (match.group(pattern.groups[named]) or "") if named in pattern.groups else found[0]

    return _REPLACED.sub(put, template)
