"""Look for people and groups by how their names begin, as people type them.

Beside the walk, pure: which letters count as the same, what may be asked, and
how a list is gone on with. The directory's store keeps a key of each name that
is made here, so that a search reads the beginning of an index and no more.
"""

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from seatkeeper.directory.model import Group, User

COUNTED: Final = 10_000
"""Lists count exactly up to here, and say 10,000+ beyond."""

LONGEST_KEY: Final = 200

_ALIKE: Final = str.maketrans({
    "ø": "o", "ł": "l", "đ": "d", "ð": "d", "æ": "ae", "œ": "oe", "þ": "th", "ı": "i", "ŋ": "n",
    "’": "'", "‘": "'", "‐": "-", "‑": "-",
})  # fmt: skip
"""Letters that do not come apart into a letter and its mark, as a keyboard without them types."""


def search_key(name: str) -> str:
    """Return a name as it is looked for: no case, no accents, single spaces, no hidden letters."""
    apart = unicodedata.normalize("NFKD", name.casefold()).translate(_ALIKE)
    kept = "".join(
        char if not char.isspace() else " "
        for char in apart
        if unicodedata.category(char) not in ("Mn", "Cf", "Cc", "Cs") or char.isspace()
    )
    return " ".join(kept.split())[:LONGEST_KEY]


def last_name_key(user: User) -> str:
    """Return what somebody is also looked for by: the surname, or the end of the display name."""
    return search_key(user.text("surname") or user.display_name.rpartition(" ")[2])


class PersonState(StrEnum):
    """Where somebody stands in the directory."""

    ACTIVE = "active"
    DISABLED = "disabled"
    DELETED = "deleted"


def state_of(user: User) -> PersonState:
    """Return where somebody stands; who is deleted is deleted, enabled or not."""
    if user.deleted_at is not None:
        return PersonState.DELETED
    return PersonState.ACTIVE if user.enabled else PersonState.DISABLED


@dataclass(frozen=True, slots=True)
class PeopleQuery:
    """Who is looked for; what is empty asks for nothing in particular.

    ``text`` is how a display name, surname, e-mail or user name begins,
    ``trouble_in`` an app in which they wait after a failure or for an approval.
    """

    text: str = ""
    state: PersonState | None = None
    trouble_in: str = ""


@dataclass(frozen=True, slots=True)
class Spot:
    """Where a list goes on: behind this key and id, in the so-many-eth way of looking."""

    way: int
    key: str
    id: str

    @property
    def text(self) -> str:
        """The spot as an address holds it."""
        return f"{self.way}~{self.id}~{self.key}"

    @classmethod
    def read(cls, text: str) -> "Spot | None":
        """Return the spot of an address; anything that is none is the beginning."""
        way, _, rest = text.partition("~")
        record, tilde, key = rest.partition("~")
        if not (way.isascii() and way.isdigit() and len(way) == 1 and tilde):
            return None
        return cls(int(way), key[:LONGEST_KEY], record[:LONGEST_KEY])


@dataclass(frozen=True, slots=True)
class FoundPeople:
    """A page of people, and where the next one begins (none: this is the last).

    ``count`` is how many fit, up to one over ``COUNTED``; none where nobody asked.
    """

    people: Sequence[User]
    next: Spot | None
    count: int | None = None


@dataclass(frozen=True, slots=True)
class FoundGroups:
    """A page of groups, and where the next one begins (none: this is the last)."""

    groups: Sequence[Group]
    next: Spot | None
    count: int | None = None
