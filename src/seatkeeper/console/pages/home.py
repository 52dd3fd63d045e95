"""Home: are all apps well, what waits for somebody, who joins and leaves.

After sign-in. It asks for the facts of each app and shows what ``views.home``
makes of them; what is open is kept true by a stream.
"""

import asyncio
from typing import Final

from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from seatkeeper.administration.model import Permission
from seatkeeper.clock import utc_now
from seatkeeper.console.desk import Desk
from seatkeeper.console.doors import SEE_OTHER, Doors
from seatkeeper.console.live import Blocks, Live, Streams, mark_of_blocks
from seatkeeper.console.starting import first_run
from seatkeeper.console.views.home import (
    LOOKED_AT,
    MOVES,
    NAMED,
    WEEK,
    AppFacts,
    HomePage,
    Moves,
    home_page,
    moved,
    moves,
)
from seatkeeper.console.visit import Visit
from seatkeeper.facts.apps import app_plain

BLOCKS: Final = ("answer", "apps", "waiting", "said")
WHOLE: Final = frozenset({"apps"})
EVERY: Final = 2.0
"""Seconds from one message to the next: Home asks about every app."""


class HomePages:
    """The page that is opened first."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def routes(self, doors: Doors) -> list[Route]:
        """Return the routes of these pages."""
        self._streams = Streams(doors, EVERY)
        return [
            doors.route("GET", "/", self.home),
            doors.route("GET", "/events", self.events, bare=True),
        ]

    async def home(self, visit: Visit) -> Response:
        """Answer whether all apps are well, then show each; before there is one, lead there."""
        if visit.administrator.may(Permission.ADMINISTER) and await first_run(self._desk.work):
            return RedirectResponse("/welcome", SEE_OTHER)
        page = await self._looked()
        joined, left = await self._moves()
        blocks = self._blocks(visit, page)
        return self._desk.templates.page(
            "home.html",
            visit=visit,
            page=page,
            joined=joined,
            left=left,
            blocks=blocks,
            stream=f"/events?seen={mark_of_blocks(blocks)}",
        )

    async def events(self, visit: Visit) -> Response:
        """Tell an open page what changes on it."""

        async def look() -> Blocks:
            return self._blocks(visit, await self._looked())

        return self._streams.answer(visit, Live(look, self._mark, WHOLE))

    def _blocks(self, visit: Visit, page: HomePage) -> Blocks:
        return self._desk.templates.blocks("ui/home.html", BLOCKS, visit=visit, page=page)

    async def _looked(self) -> HomePage:
        work = self._desk.work
        held = await work.ledger.held_kinds()
        facts = []
        for stored in await work.configuration.apps():
            app_id = stored.application.id
            facts.append(
                AppFacts(
                    await app_plain(work, stored),
                    await work.ledger.waiting_people(app_id),
                    held.get(app_id, ()),
                )
            )
        now = utc_now()
        ends = await asyncio.to_thread(work.token_ends, now)
        return home_page(facts, now, ends, await work.secret_ends(now))

    async def _moves(self) -> tuple[Moves, Moves]:
        directory, now = self._desk.work.directory, utc_now()
        last = await directory.last_change()
        after = max(0, last - LOOKED_AT)
        changes = await directory.changes_of_people(after=after, since=now - WEEK, verbs=MOVES)
        both = moved(changes, now)
        known = await directory.users([one for ids in both for one in ids[:NAMED]])
        names = {one: user.display_name or user.user_name for one, user in known.items()}
        # Where the oldest that was looked at is of this week, there may be earlier ones.
        oldest = await directory.changes(after=after, limit=1) if after else ()
        more = any(now - one.at < WEEK for one in oldest)
        joined, left = (moves(ids, names, changes, now, more=more) for ids in both)
        return joined, left

    async def _mark(self) -> object:
        """Return something small that differs whenever Home may show something else."""
        ledger = self._desk.work.ledger
        apps = [
            (
                one.application.id,
                one.version,
                await ledger.cycles(one.application.id, limit=1),
                await ledger.health(one.application.id),
            )
            for one in await self._desk.work.configuration.apps()
        ]
        held = sum((await ledger.held_counts()).values())
        newest = [number for number, _entry in await ledger.log(None, limit=1)]
        return apps, held, newest
