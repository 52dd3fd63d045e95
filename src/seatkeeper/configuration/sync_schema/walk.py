"""Walk a plain JSON tree so that every fault has its path.

Before the walk of records. Fields that are not asked for are left alone: they
belong to somebody, and stay in the document.
"""

from collections.abc import Iterable, Mapping
from typing import Any, Final, TypeVar

from seatkeeper.directory.people_row import closest, shown
from seatkeeper.errors import Fault, InvalidFile

SHOWN_FAULTS: Final = 20

_Word = TypeVar("_Word")


class Walk:
    """One document being read, with the faults and remarks found so far."""

    def __init__(self) -> None:
        self.faults: list[tuple[str, str]] = []
        self.notes: list[str] = []

    def fault(self, place: str, text: str) -> None:
        """Note a fault at a place such as ``$.directories[0].name``."""
        if (place, text) not in self.faults:
            self.faults.append((place, text))

    def note(self, place: str, text: str) -> None:
        """Note what an administrator should know; nothing is refused."""
        self.notes.append(f"{place}: {text}")

    def faulted(self, place: str) -> bool:
        """Whether something at this place, or below it, is wrong."""
        return any(
            one == place or one.startswith((f"{place}.", f"{place}[")) for one, _ in self.faults
        )

    def finish(self, name: str) -> None:
        """Raise ``InvalidFile`` if there was a fault."""
        if self.faults:
            found = [Fault(0, f"{place}: {text}") for place, text in self.faults]
            raise InvalidFile(
                name,
                found[:SHOWN_FAULTS],
                total=len(found),
                advice="Correct the places named and import again.",
            )

    def fields(self, value: object, place: str) -> dict[str, Any]:
        """Return the fields of an object; null has none."""
        if isinstance(value, dict):
            return value
        if value is not None:
            self.fault(place, "An object is expected here.")
        return {}

    def items(self, fields: Mapping[str, Any], name: str, place: str) -> list[tuple[str, Any]]:
        """Return the items of a list with their places; null and absence are an empty one."""
        value = fields.get(name)
        if isinstance(value, list):
            return [(f"{place}.{name}[{number}]", one) for number, one in enumerate(value)]
        if value is not None:
            self.fault(f"{place}.{name}", "A list is expected here.")
        return []

    def text(
        self, fields: Mapping[str, Any], name: str, place: str, *, needed: bool = False
    ) -> str:
        """Return a text; null and absence are an empty one, and a fault where it is needed."""
        value = fields.get(name)
        if value is not None and not isinstance(value, str):
            self.fault(f"{place}.{name}", "A text is expected here.")
            return ""
        if needed and not value:
            self.fault(f"{place}.{name}", f"{name} is missing.")
        return value or ""

    def truth(self, fields: Mapping[str, Any], name: str, place: str, *, default: bool) -> bool:
        """Return true or false."""
        value = fields.get(name)
        if value is None:
            return default
        if not isinstance(value, bool):
            self.fault(f"{place}.{name}", "true or false is expected here.")
            return default
        return value

    def number(self, fields: Mapping[str, Any], name: str, place: str) -> int:
        """Return a whole number; null and absence are 0."""
        value = fields.get(name)
        if value is None:
            return 0
        if isinstance(value, bool) or not isinstance(value, int):
            self.fault(f"{place}.{name}", "A whole number is expected here.")
            return 0
        return value

    def word(
        self,
        fields: Mapping[str, Any],
        name: str,
        place: str,
        words: Mapping[str, _Word],
        default: _Word,
    ) -> _Word:
        """Return what a word of an enumeration means, in any case; null is the default."""
        text = self.text(fields, name, place)
        if not text:
            return default
        by_folded = {word.casefold(): meaning for word, meaning in words.items()}
        if text.casefold() not in by_folded:
            self.fault(f"{place}.{name}", unknown(text, words))
            return default
        return by_folded[text.casefold()]


def unknown(text: str, known: Iterable[str]) -> str:
    """Say that a word is none of those known, and which was probably meant."""
    listed = list(known)
    return f"{shown(text)} is none of {', '.join(listed)}.{closest(text, listed)}"
