"""Tell whether a source of people has shrunk, so that nobody is removed because it came back short.

    [source change] -> scope -> map -> match -> plan -> export -> log

Pure, beside the guard. What a source took away within a day comes in, by part: of all its
people, of one department, of one group's members. Which parts are so much smaller that what
follows from it waits for a person, from how many people on it is full again, and the words for
it come out (reliability 4.2, S2). How many may be missing is the app's setting.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from seatkeeper.words import number_of

FEWEST: Final = 2
"""A source that told of so many people, and tells of nobody now, has come back empty."""


class Of(StrEnum):
    """Whom of a source a part counts."""

    EVERYBODY = "everybody"
    DEPARTMENT = "department"
    GROUP = "group"


@dataclass(frozen=True, slots=True)
class Part:
    """What is counted. ``source`` is empty for files that were imported.

    ``name`` is the department, whatever its case, or the id of the group; ``label`` what people
    call it.
    """

    source: str
    of: Of
    name: str = ""
    label: str = ""

    @property
    def key(self) -> tuple[str, str, str]:
        """What names a part, however it is called by now."""
        return self.source, self.of.value, self.name


@dataclass(frozen=True, slots=True)
class Shrunk:
    """A part that had ``before`` people and has ``now``; from ``enough`` on it is full again."""

    part: Part
    before: int
    now: int
    enough: int

    def __str__(self) -> str:
        whose = f"The source {self.part.source}" if self.part.source else "Imported files"
        where = {
            Of.EVERYBODY: "",
            Of.DEPARTMENT: f" in the department {self.part.label}",
            Of.GROUP: f" in the group {self.part.label}",
        }[self.part.of]
        told = number_of(self.before, "active person", "active people")
        if self.part.of is Of.GROUP:
            told = number_of(self.before, "person", "people")
        return (
            f"{whose} told of {told}{where}, and now of {self.now:,}. Perhaps only a part was "
            "delivered: wait, and the next full delivery lifts this; or approve, if they are "
            "really gone."
        )


@dataclass(frozen=True, slots=True)
class Went:
    """What became of one part within a day.

    ``now`` is how many there are, ``gone`` whom the source took away and who is not back,
    ``came`` how many others came since the first of them went. ``held_before`` is the count
    from which removals are held already, zero where none are.
    """

    part: Part
    now: int
    gone: frozenset[str] = frozenset()
    came: int = 0
    held_before: int = 0

    @property
    def before(self) -> int:
        """How many there were before the first of those who are gone went."""
        return max(self.now + len(self.gone) - self.came, self.held_before)


def shrunk(went: Went, allowed: Callable[[int], int]) -> Shrunk | None:
    """Return how a part has shrunk, none where it has not.

    ``allowed`` says how many of a count may be missing. A source that comes back empty has
    always shrunk, as long as it told of ``FEWEST``.
    """
    before, now = went.before, went.now
    emptied = went.part.of is Of.EVERYBODY and now == 0 and before >= FEWEST
    if before - now <= allowed(before) and not emptied:
        return None
    return Shrunk(went.part, before, now, max(1, before - allowed(before)))


@dataclass(frozen=True, slots=True)
class Shrinkage:
    """Who waits because a part has shrunk, and how many there are of each part now."""

    people: dict[str, Shrunk]
    groups: dict[str, Shrunk]
    now: dict[tuple[str, str, str], int]

    def still(self, held: Shrunk) -> Shrunk | None:
        """Return a part that shrank as it is now, none once it is full again."""
        now = self.now.get(held.part.key, held.now)
        return None if now >= held.enough else Shrunk(held.part, held.before, now, held.enough)


def shrinkage(parts: Iterable[Went], allowed: Callable[[int], int]) -> Shrinkage:
    """Return all that has shrunk; who is in several parts waits for the widest of them."""
    known = list(parts)
    found = [(one, short) for one in known if (short := shrunk(one, allowed)) is not None]
    order = list(Of)
    found.sort(key=lambda both: (order.index(both[0].part.of), both[0].part.key))
    people: dict[str, Shrunk] = {}
    groups: dict[str, Shrunk] = {}
    for went, short in found:
        for person in went.gone:
            people.setdefault(person, short)
        if went.part.of is Of.GROUP:
            groups[went.part.name] = short
    return Shrinkage(people, groups, {one.part.key: one.now for one in known})
