"""Say whom of a group's members an app holds, who is to come or go, and who waits and why.

    source change -> scope -> map -> match -> [plan] -> export -> log

Pure, beside ``explain``: counts and first names of a comparison that the ledger
made. It decides nothing: what is sent is what the same comparison says when the
cycle makes it. What the app holds is what was last written, because many apps
never show their members.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from seatkeeper.words import number_of

SHOWN: Final = 5
"""Members named of one list; the rest is a number."""


@dataclass(frozen=True, slots=True)
class Some:
    """A list of records of which only the first are named."""

    count: int = 0
    names: tuple[str, ...] = ()

    @property
    def text(self) -> str:
        """The first names, and how many more there are."""
        named = ", ".join(self.names)
        more = self.count - len(self.names)
        return f"{named} and {more} more" if more else named


def some_of(ids: Sequence[str], names: Mapping[str, str]) -> Some:
    """Return these records by name, an unknown one by its id."""
    return Some(len(ids), tuple(names.get(one, one) for one in ids[:SHOWN]))


@dataclass(frozen=True, slots=True)
class Missing:
    """Somebody without account whom a reference or a group waits for, and why they have none."""

    path: str
    record_id: str
    name: str
    why: str

    @property
    def text(self) -> str:
        """Who it is, and why, in one piece."""
        return f"{self.name} ({self.why})"


@dataclass(frozen=True, slots=True)
class Membership:
    """A group's members: how many, and the first of each kind.

    ``wanted`` have an account and so belong into the app's group, ``held`` were
    written there. ``coming`` are among those wanted: the same cycle makes their
    accounts. ``again`` get their access back, and are written once more.
    ``waiting`` counts those without account, ``missing`` are the first of them.
    ``compared``: only so many members were looked at, so that ``wanted`` is at most, and the rest
    at least, what it says; none: all were.
    """

    wanted: int = 0
    held: int = 0
    add: Some = Some()
    remove: Some = Some()
    again: Some = Some()
    waiting: int = 0
    missing: tuple[Missing, ...] = ()
    coming: Some = Some()
    compared: int | None = None

    @property
    def differs(self) -> bool:
        """Whether a cycle has members to add or to remove."""
        return any(one.count for one in (self.add, self.coming, self.remove, self.again))

    @property
    def total(self) -> int:
        """How many members the group has in the directory."""
        return self.wanted + self.waiting

    @property
    def waits(self) -> str:
        """Who has no account, and why, with a count of those who are not named."""
        return Some(self.waiting, tuple(one.text for one in self.missing)).text

    def counts(self, app: str) -> str:
        """Return what the app should hold and what it holds, as a sentence without its end."""
        if not self.total:
            return f"the group has no members, and {app} holds {self.held or 'none'}"
        all_of_them = number_of(self.total, "member")
        if self.waiting:
            whom = f"{self.wanted} of {self.total} members"
        else:
            whom = all_of_them if self.total == 1 else f"all {all_of_them}"
        return f"{app} should hold {whom}, and holds {self.held}"

    def differences(self) -> list[str]:
        """Return what is not as it should be, one piece for each kind."""
        return [
            *([f"to be added: {self.add.text}"] if self.add.count else []),
            *(
                [f"to be added with the accounts that the same cycle makes: {self.coming.text}"]
                if self.coming.count
                else []
            ),
            *([f"to be removed: {self.remove.text}"] if self.remove.count else []),
            *(
                [f"to be written again with their access: {self.again.text}"]
                if self.again.count
                else []
            ),
            *([f"without account, and so left out: {self.waits}"] if self.waiting else []),
        ]
