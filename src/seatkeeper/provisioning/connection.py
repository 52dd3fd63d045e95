"""What is looked at when a connection to an app is tested, one line after the other.

Pure, beside the walk. A connector makes the checks; both doors, command line
and console, show them. Whether the connection as a whole can be used follows
from the lines alone.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum


class CheckName(StrEnum):
    """The checks, in the order in which they are shown."""

    ADDRESS = "address"
    ENCRYPTION = "encryption"
    TOKEN = "token"
    PEOPLE = "people"
    FILTER = "filter"
    CREATE = "create"
    GROUPS = "groups"
    CONFIGURATION = "configuration"


class CheckResult(StrEnum):
    """How a check ended; ``NOT_REACHED``: one before it failed, so it could not be made."""

    PASSED = "passed"
    FAILED = "failed"
    NOT_REACHED = "not reached"


@dataclass(frozen=True, slots=True)
class ConnectionCheck:
    """One line of the list.

    ``words`` say what was found, ``advice`` what to do, ``said`` are the app's
    own words, ``details`` the requests that were made. What is not ``needed``
    may fail without harm.
    """

    name: CheckName
    result: CheckResult
    words: str = ""
    advice: str = ""
    said: str = ""
    details: Sequence[str] = ()
    needed: bool = True

    @property
    def stops(self) -> bool:
        """Whether the connection cannot be used because of this."""
        return self.needed and self.result is CheckResult.FAILED


def not_reached(after: CheckName) -> Sequence[ConnectionCheck]:
    """Return the lines that follow a check without which none of them can be made."""
    names = list(CheckName)
    return [
        ConnectionCheck(name, CheckResult.NOT_REACHED) for name in names[names.index(after) + 1 :]
    ]


def usable(checks: Iterable[ConnectionCheck]) -> bool:
    """Say whether an app can be worked with as it was found; no checks at all prove nothing."""
    made = list(checks)
    return bool(made) and not any(one.stops for one in made)
