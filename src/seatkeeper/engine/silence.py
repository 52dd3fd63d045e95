"""Notice that nothing happens: a log that stops is itself an alarm.

    [source change -> scope -> map -> match -> plan -> export -> log]

Shell, beside the cycles. What counts as silent is ``provisioning.schedule``;
an app that is known to have stopped is spoken of for that reason and not for
this one. A cycle that is open and gets on is no silence, however long it takes.
"""

import datetime as dt
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field

from seatkeeper.engine.notices import SILENT, silence_notice
from seatkeeper.ports import Ledger, Outbox
from seatkeeper.provisioning.cycle import Cycle
from seatkeeper.provisioning.journal import HealthState, NewNotice
from seatkeeper.provisioning.schedule import Schedule, is_silent


@dataclass
class SilenceWatch:
    """Looks at every app of the schedule; ``names`` are what people call them."""

    ledger: Ledger
    outbox: Outbox
    schedules: Callable[[], Awaitable[Sequence[Schedule]]]
    names: Callable[[], Awaitable[Mapping[str, str]]]
    intervals: int
    _pulse: dict[str, tuple[object, dt.datetime]] = field(default_factory=dict)

    async def look(self, now: dt.datetime) -> Sequence[str]:
        """Note which apps are silent, and which no longer are; return the silent ones."""
        silent: list[NewNotice] = []
        names = await self.names()
        for schedule in await self.schedules():
            app_id = schedule.app_id
            last = await self._silent_since(schedule, now)
            if last is None:
                if SILENT in await self.outbox.open_notices(app_id):
                    await self.outbox.end_causes(app_id, [SILENT])
            else:
                ended = last.ended or last.started
                name = names.get(app_id, app_id)
                silent.append(silence_notice(app_id, name, ended, self.intervals, last))
        await self.outbox.add_notices(silent, now)
        return [one.app_id for one in silent]

    async def _silent_since(self, schedule: Schedule, now: dt.datetime) -> Cycle | None:
        """Return the last cycle that ended, where none has for too long; else none."""
        if not schedule.on:
            return None
        health = await self.ledger.health(schedule.app_id)
        if health.state is not HealthState.WELL:
            return None
        cycles = await self.ledger.cycles(schedule.app_id)
        last = next((one for one in cycles if one.finished and one.covers_all), None)
        if last is None:
            return None
        began = last.started
        running = next((one for one in cycles if not one.finished), None)
        if running is not None:
            began = max(began, self._moved_at(running, now))
        return last if is_silent(schedule, began, now, self.intervals) else None

    def _moved_at(self, running: Cycle, now: dt.datetime) -> dt.datetime:
        """Return when an open cycle was last seen to get on."""
        stands = (running.id, running.state, running.done, running.counters)
        seen, at = self._pulse.get(running.app_id, (None, running.started))
        if seen is not None and seen != stands:
            at = now
        self._pulse[running.app_id] = (stands, at)
        return at
