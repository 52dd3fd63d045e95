"""Why people wait, in words. After the walk, pure; what is a cause is decided in provisioning."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from seatkeeper.console.views.values import Plain
from seatkeeper.console.words import number, visible, whole

CAUSES: Final[Mapping[str, str]] = {
    "ImportSkipped": "No value to find the account by",
    "MissingValues": "A value that the app needs is missing",
    "MappingFailed": "A value cannot be made from the directory",
    "SchemaPropertyCanOnlyAcceptValue": "A value is of a kind that the app does not take",
    "DuplicateTargetEntries": "Several accounts in the app answer to one person",
    "DuplicateSourceEntries": "Several people claim one account",
    "EntryConflict": "The app gave a unique value to somebody else",
    "UnprocessableEntity": "The app refused the request",
    "InvalidAnchor": "The account is gone from the app",
    "LinkHeld": "An account cannot be confirmed as theirs; you decide",
    "Timeout": "The app's answer was lost",
    "TooManyRequests": "The app asks to wait",
    "InternalServerError": "The app failed on its own side",
}
"""What a cause means, in words; a code that is not here is shown as it is."""


@dataclass(frozen=True, slots=True)
class Cause:
    """How many wait for one cause; ``code`` is what the log calls it."""

    count: str
    text: str
    code: str


def causes(app: Plain) -> list[Cause]:
    """Return who waits in an app, by cause, most first."""
    told = app.get("waiting_causes")
    if not isinstance(told, Mapping):
        return []
    most_first = sorted(told.items(), key=lambda pair: -whole(pair[1]))
    return [
        Cause(number(count), CAUSES.get(str(code), "Another cause"), visible(code, 80))
        for code, count in most_first
    ]
