"""Connection tests that somebody asked for: one for each app, kept while it is looked at.

Beside the pages. A test runs on its own, so that a page may show its lines as
they come, or wait for its end; what it proved holds for the version of the app
that it was made with. It is kept in memory only: another start knows of none.
"""

import asyncio
import datetime as dt
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from typing import Final

from seatkeeper.clock import utc_now
from seatkeeper.configuration.applying import settings_of
from seatkeeper.errors import SeatkeeperError
from seatkeeper.facts.workplace import Workplace
from seatkeeper.ports import StoredApp
from seatkeeper.provisioning.connection import ConnectionCheck, usable

LONGEST_WAIT: Final = 10.0
"""Seconds that a page without script waits for the end of a test."""

LONGEST_TEST: Final = 60.0
MOST: Final = 200


@dataclass(frozen=True, slots=True)
class Reach:
    """What a test depends on: where the app is, and which token is stored since when."""

    tenant_url: str
    secret_since: dt.datetime | None


def reach_of(stored: StoredApp) -> Reach:
    """Return how an app is reached now."""
    return Reach(settings_of(stored).tenant_url, stored.secret_since)


@dataclass
class Trial:
    """One test. ``error`` says why no line could be made at all."""

    app_id: str
    reach: Reach
    began: dt.datetime
    lines: list[ConnectionCheck] = field(default_factory=list)
    done: bool = False
    error: SeatkeeperError | None = None
    _news: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def usable(self) -> bool:
        """Whether it ended, and the connection can be worked with."""
        return self.done and self.error is None and usable(self.lines)

    def add(self, line: ConnectionCheck) -> None:
        """Take another line."""
        self.lines.append(line)
        self._tell()

    def end(self, error: SeatkeeperError | None = None) -> None:
        """There is nothing more to come."""
        self.done, self.error = True, error
        self._tell()

    async def grows(self) -> AsyncIterator[Sequence[ConnectionCheck]]:
        """Yield the lines so far, again whenever there are more, until the end."""
        while True:
            news = self._news
            yield list(self.lines)
            if self.done:
                return
            await news.wait()

    async def ended(self, seconds: float) -> None:
        """Wait for the end, at most so long."""
        try:
            async with asyncio.timeout(seconds):
                async for _ in self.grows():
                    pass
        except TimeoutError:
            pass

    def _tell(self) -> None:
        waiting, self._news = self._news, asyncio.Event()
        waiting.set()


class Trials:
    """The tests of all apps, the newest of each."""

    def __init__(self, work: Workplace) -> None:
        self._work = work
        self._kept: dict[str, Trial] = {}
        self._tasks: dict[str, asyncio.Task[None]] = {}

    def newest(self, app_id: str) -> Trial | None:
        """Return the last test of an app, running or done."""
        return self._kept.get(app_id)

    def valid(self, stored: StoredApp) -> Trial | None:
        """Return the last test of an app, if it was made with what is stored now."""
        trial = self.newest(stored.application.id)
        return trial if trial is not None and trial.reach == reach_of(stored) else None

    async def start(self, stored: StoredApp, token: bytes | None = None) -> Trial:
        """Begin a test in the place of the last one; ``token``: another one than is stored.

        It asks the address of ``stored``, whatever is saved meanwhile: a token goes only to the
        host that was shown. A test of another token is not kept: it says nothing of the app as
        it is.
        """
        app_id = stored.application.id
        trial = Trial(app_id, reach_of(stored), utc_now())
        task = asyncio.create_task(self._run(trial, stored, token))
        if token is None:
            running = self._tasks.pop(app_id, None)
            if running is not None:
                running.cancel()
            self._kept.pop(app_id, None)
            while len(self._kept) >= MOST:
                self._kept.pop(next(iter(self._kept)))
            self._kept[app_id] = trial
            self._tasks[app_id] = task
        else:
            self._tasks[f"{app_id} {id(trial)}"] = task
            task.add_done_callback(lambda _: self._tasks.pop(f"{app_id} {id(trial)}", None))
        return trial

    async def _run(self, trial: Trial, stored: StoredApp, token: bytes | None) -> None:
        error: SeatkeeperError | None = None
        try:
            async with asyncio.timeout(LONGEST_TEST):
                async for line in self._work.check_connection(stored, token):
                    trial.add(line)
        except SeatkeeperError as refused:
            error = refused
        except TimeoutError:
            error = SeatkeeperError(
                "The test took longer than a minute and was ended.",
                advice="The app answers very slowly; look at its status page, then test again.",
            )
        finally:
            trial.end(error)
