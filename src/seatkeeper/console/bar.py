"""What the side bar of every page shows: the apps, how many need somebody, what waits for a word.

Beside the pages. It asks little, since every page asks it, and keeps the answer
for a moment: numbers beside names may be two seconds old, pages never are.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from seatkeeper.configuration.applying import settings_of
from seatkeeper.console.words import visible
from seatkeeper.ports import Configuration, Ledger

KEPT_FOR: Final = 2.0
"""Seconds."""


@dataclass(frozen=True, slots=True)
class BarApp:
    """One app of the bar; ``problems`` is how many wait in it, or are held."""

    id: str
    name: str
    problems: int


@dataclass(frozen=True, slots=True)
class Bar:
    """Everything that the side bar counts."""

    apps: Sequence[BarApp]
    approvals: int


class BarKeeper:
    """Answers what the bar shows now. ``uptime`` is the clock that only runs forward, seconds."""

    def __init__(
        self, configuration: Configuration, ledger: Ledger, uptime: Callable[[], float]
    ) -> None:
        self._configuration = configuration
        self._ledger = ledger
        self._uptime = uptime
        self._kept: tuple[float, Bar] | None = None

    async def bar(self, *, anew: bool = False) -> Bar:
        """Return the bar, at most ``KEPT_FOR`` old; ``anew``: as it is now."""
        now = self._uptime()
        if self._kept is None or anew or now - self._kept[0] >= KEPT_FOR:
            self._kept = (now, await self._asked())
        return self._kept[1]

    async def _asked(self) -> Bar:
        stored = await self._configuration.apps()
        held = await self._ledger.held_counts()
        waiting = await self._ledger.waiting_counts()
        apps = [
            BarApp(
                one.application.id,
                visible(settings_of(one).name or one.application.id, 60),
                waiting.get(one.application.id, 0) + held.get(one.application.id, 0),
            )
            for one in stored
        ]
        return Bar(apps, sum(held.values()))
