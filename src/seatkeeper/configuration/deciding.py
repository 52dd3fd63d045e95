"""Tell which edits of an app's settings decide about records, by the lines that show them.

Before the walk. ``differences`` words an edit, one line a setting; here stands which of
those lines change what a cycle does. Pure.
"""

from collections.abc import Iterable, Sequence
from typing import Final

from seatkeeper.configuration.settings import AppSettings

_RULES: Final = (
    "mapping of ", "actions of ", "attribute of ", "scope", "scoping filter ", "skip ", "exclude ",
    "groups", "gallery",
)  # fmt: skip

_GUARD: Final = "deletion guard"

_BESIDE_RULES: Final = ("status", "mode", "assignment", "new app")
"""What else makes a running engine do something that it would not have done."""


def rules_changed(lines: Iterable[str]) -> Sequence[str]:
    """Return the lines of an edit that changed the rules."""
    return [one for one in lines if one.startswith(_RULES)]


def needs_a_look(before: AppSettings, lines: Iterable[str]) -> bool:
    """Whether an edit of these settings is shown as a plan before it is saved.

    That is so where the app is on and the edit changes what is sent or what is held. (Console
    design, 6.2.)
    """
    return before.status == "on" and any(one.startswith((*_RULES, _GUARD)) for one in lines)


def begins_at_once(settings: AppSettings, lines: Sequence[str]) -> bool:
    """Whether a running server acts on an edit that led to these settings without being asked."""
    on = settings.status == "on" and settings.mode == "automatic"
    return on and any(one.startswith((*_RULES, *_BESIDE_RULES)) for one in lines)
