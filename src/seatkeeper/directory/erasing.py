"""What must be gone of a person who is erased, and what stands in the way.

Beside the walk, pure. Rows about the person go whole; ``Traces`` is what is looked
for in rows about others, which stay and lose only these texts. Names are found as
words in a text, ids only as a whole value or a part of a path, because an app may
give ids such as ``7``.
"""

import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final

from seatkeeper.errors import NotYet

ERASED: Final = "(erased)"
"""What stands where a name or an id was."""

NAMING: Final = ("userPrincipalName", "mail", "displayName", "otherMails", "proxyAddresses")
"""The attributes that other people's rows may mention somebody by."""

SHORTEST: Final = 4
"""Shorter names are found as whole values only: as words they are parts of anybody's text."""

_A_WORD_OF_ITS_OWN: Final = 12


@dataclass(frozen=True, slots=True)
class Traces:
    """Texts by which rows about others may mention a person."""

    names: frozenset[str] = frozenset()
    ids: frozenset[str] = frozenset()

    @property
    def texts(self) -> Collection[str]:
        """Everything that is looked for, with the spelling that names are compared in."""
        return {*self.names, *(one.casefold() for one in self.names), *self.ids}

    def without(self, taken: Collection[str]) -> "Traces":
        """Return these but for names that are somebody else's now; ``taken`` is case-folded."""
        return Traces(frozenset(o for o in self.names if o.casefold() not in taken), self.ids)

    def erased(self, plain: Any) -> Any:
        """Return plain data without these texts; data that hold none of them come back equal."""
        if isinstance(plain, str):
            return self._text(plain)
        if isinstance(plain, Mapping):
            return {self._text(str(key)): self.erased(value) for key, value in plain.items()}
        if isinstance(plain, list | tuple):
            return [self.erased(one) for one in plain]
        return plain

    def in_text(self, plain: Any) -> bool:
        """Whether plain data mention the person."""
        return bool(self.erased(plain) != as_kept(plain))

    def _text(self, text: str) -> str:
        whole, pattern = _looked_for(self)
        if text in self.ids or text.casefold() in whole:
            return ERASED
        return text if pattern is None else pattern.sub(ERASED, text)


def as_kept(plain: Any) -> Any:
    """Return plain data as a document gives them back: sequences are lists."""
    return Traces().erased(plain)


@lru_cache(maxsize=8)
def _looked_for(traces: Traces) -> "tuple[frozenset[str], re.Pattern[str] | None]":
    """Return names as whole values, and the pattern of what is looked for inside a text."""
    words = sorted(
        (one for one in traces.names if len(one) >= SHORTEST), key=lambda one: (-len(one), one)
    )
    long_ids = sorted(one for one in traces.ids if len(one) >= _A_WORD_OF_ITS_OWN)
    parts = [rf"(?<!\w){re.escape(one)}(?!\w)" for one in (*words, *long_ids)]
    parts += [rf"(?<=/){re.escape(one)}(?=[/?]|$)" for one in sorted(traces.ids)]
    pattern = re.compile("|".join(parts), re.IGNORECASE) if parts else None
    return frozenset(one.casefold() for one in traces.names), pattern


def traces_of(held: Iterable[Mapping[str, object]], ids: Iterable[str]) -> Traces:
    """Return what to look for, from all values ever held of a person and all their ids."""
    names: set[str] = set()
    for values in held:
        for name in NAMING:
            value = values.get(name)
            for one in value if isinstance(value, list | tuple) else (value,):
                if isinstance(one, str) and (text := re.sub(r"(?i)^smtp:", "", one).strip()):
                    names.add(text)
    return Traces(frozenset(names), frozenset(one for one in ids if one))


@dataclass(frozen=True, slots=True)
class InTheWay:
    """Why somebody cannot be erased yet: in words, and what to do about it."""

    what: str
    to_do: str


def refusal(name: str, reasons: Collection[InTheWay]) -> NotYet:
    """Return the error that names everything in the way of erasing somebody."""
    whats = " ".join(one.what for one in reasons)
    advice = " ".join(dict.fromkeys(one.to_do for one in reasons))
    return NotYet(f"{name} cannot be erased yet. {whats} Nothing was erased.", advice=advice)
