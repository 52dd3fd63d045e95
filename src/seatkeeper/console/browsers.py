"""Say in two words which browser a session is in. Pure; it shows, and decides nothing.

What a browser calls itself is anybody's text: only a word that is known here is
said, everything else is shown as it came.
"""

from typing import Final

from seatkeeper.console.language import _
from seatkeeper.console.words import visible

_BROWSERS: Final = (
    ("Edg/", "Edge"),
    ("OPR/", "Opera"),
    ("Firefox/", "Firefox"),
    ("Chrome/", "Chrome"),
    ("Safari/", "Safari"),
)
"""In this order: most browsers also name those after them."""

_SYSTEMS: Final = (
    ("Windows NT", "Windows"),
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Android", "Android"),
    ("CrOS", "ChromeOS"),
    ("Mac OS X", "macOS"),
    ("Linux", "Linux"),
)


def browser_words(agent: str) -> str:
    """Return ``Firefox on Windows``; the agent's own text where it is none of those known."""
    browser, system = _first(agent, _BROWSERS), _first(agent, _SYSTEMS)
    if browser and system:
        return _("%(browser)s on %(system)s") % {"browser": browser, "system": system}
    return visible(agent) if agent else _("unknown browser")


def _first(agent: str, known: tuple[tuple[str, str], ...]) -> str:
    return next((words for sign, words in known if sign in agent), "")
