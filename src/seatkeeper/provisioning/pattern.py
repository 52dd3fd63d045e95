"""Regular expressions of administrators: written for .NET, run in linear time.

    source change -> [scope -> map] -> match -> plan -> export -> log

Patterns are input that runs once per person, so they run in RE2, which knows
no pattern that takes for ever. ``dialect`` writes them in RE2's spelling, and
refuses what RE2 lacks. Classes mean what they mean in .NET: all of Unicode.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Final, Protocol

import re2

from seatkeeper.provisioning.dialect import PatternFault, translated

LONGEST_PATTERN: Final = 1_000
"""Characters a pattern may have."""

LARGEST_PROGRAM: Final = 64 * 1024
"""Bytes a compiled pattern may take, counted with plain ASCII classes."""

_BYTES_PER_STEP: Final = 8
_ROOM: Final = 8 << 20
"""Bytes RE2 may use at run time: the classes of all Unicode are large, and fixed."""


class Match(Protocol):
    """One place where a pattern fits."""

    def start(self, group: int = 0) -> int:
        """Return where a group begins; -1 where it took no part."""

    def end(self, group: int = 0) -> int:
        """Return where a group ends."""

    def span(self, group: int = 0) -> tuple[int, int]:
        """Return both."""

    def group(self, group: int = 0) -> str | None:
        """Return what a group holds; none where it took no part."""


@dataclass(frozen=True)
class Pattern:
    """One compiled pattern. Make it with ``compiled``.

    ``groups`` numbers its named groups; ``numbered`` has the group that .NET
    calls 0, 1, 2 and so on: there named groups count after the others.
    """

    text: str
    groups: Mapping[str, int]
    numbered: tuple[int, ...]
    _search: Callable[[str], Match | None]
    _all: Callable[[str], Iterator[Match]]
    _full: Callable[[str], Match | None]

    def first(self, text: str) -> Match | None:
        """Return the first place where the pattern fits, or none."""
        return self._search(_encodable(text))

    def every(self, text: str) -> Iterator[Match]:
        """Yield every place where the pattern fits, none overlapping, none twice."""
        empty_at = -1
        for match in self._all(_encodable(text)):
            begin, end = match.span()
            if begin == end:
                if begin == empty_at:  # RE2 comes back to an empty place that it reached by a jump
                    continue
                empty_at = begin
            yield match

    def fits(self, text: str) -> bool:
        """Whether the pattern fits the whole text."""
        return self._full(_encodable(text)) is not None


_HALVES = re.compile("[\ud800-\udfff]")


def _encodable(text: str) -> str:
    """Return a text that RE2 can read: half a character counts as one that nobody asks for."""
    return text if text.isascii() else _HALVES.sub("\ufffd", text)


@lru_cache(maxsize=512)
def compiled(text: str) -> Pattern:
    """Return a pattern ready to use. Raises ``PatternFault``."""
    if len(text) > LONGEST_PATTERN:
        raise PatternFault(
            f"A pattern has at most {LONGEST_PATTERN:,} characters; this has {len(text):,}.",
            LONGEST_PATTERN,
        )
    if half := _HALVES.search(text):
        raise PatternFault("The pattern holds half a character.", half.start())
    translation = translated(text)
    options = re2.Options()
    options.max_mem = _ROOM
    options.log_errors = False
    try:
        plain = re2.compile(translation.ascii, options)
        made = re2.compile(translation.text, options)
    except re2.error as error:
        words = error.args[0] if error.args else ""
        said = words.decode("utf-8", "replace") if isinstance(words, bytes) else str(words)
        if said.startswith("invalid repetition size"):
            said = f"{said.partition(': ')[2]} is backwards or repeats over 1,000 times in all"
        raise PatternFault(f"The pattern cannot be read: {said}.") from error
    if plain.programsize * _BYTES_PER_STEP > LARGEST_PROGRAM:
        raise PatternFault("The pattern is too large once its repetitions are written out.")
    places = range(1, len(translation.names) + 1)
    unnamed = [place for place in places if translation.names[place - 1] is None]
    named = [place for place in places if translation.names[place - 1] is not None]
    return Pattern(
        text,
        dict(made.groupindex),
        (0, *unnamed, *named),
        made.search,
        made.finditer,
        made.fullmatch,
    )


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
        if named in pattern.groups:
            return match.group(pattern.groups[named]) or ""
        if named.isdecimal() and int(named) < len(pattern.numbered):
            return match.group(pattern.numbered[int(named)]) or ""
        return found[0]

    return _REPLACED.sub(put, template)
