"""Kill real processes at random moments while people come, change and go; then look what is there.

    python -m tests.soak.kills 1000 --people 2000 --on sqlite
    python -m tests.soak.kills 1000 --people 2000 --on postgresql

On SQLite each process is one ``seatkeeper run``; on PostgreSQL two workers share the work, one of
them is killed at random or now and then stopped for longer than its lease. In the end P1, P2, P3
and P7 are checked against the app's own history. Exit status 1 where one is broken.
"""

import argparse
import asyncio
import os
import random
import signal
import sys
import tempfile
import time
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from tests.journeys.company import Company
from tests.sandboxes import running_sandbox, unhurried
from tests.soak.aftermath import broken_promises, strangers
from tests.soak.nursery import Nursery

from seatkeeper.bootstrap import Installation
from seatkeeper.clock import utc_now
from seatkeeper.provisioning.journal import OrderVerb
from seatkeeper.settings import Settings

LEASE, REQUEST = 2, 2
STOPPED = 2 * LEASE
TEAMS = 12
PATIENCE = 600
"""Seconds after which the last cycle is given up."""


async def survived(
    folder: Path, url: str | None, *, kills: int, people: int, seed: int = 1
) -> tuple[list[str], Counter[str]]:
    """Live through so many kills; return which promises are broken, and what happened."""
    chance = random.Random(seed)
    async with company_of(folder, url, people, chance) as company:
        foreign = await strangers(company)
        with Nursery() as nursery:
            lives = Lives(company, nursery, chance, folder / "output.txt")
            if url is None:
                await lives.one_after_the_other(kills)
            else:
                await lives.two_at_a_time(kills)
        return await broken_promises(company, foreign), lives.happened


@asynccontextmanager
async def company_of(
    folder: Path, url: str | None, people: int, chance: random.Random
) -> AsyncIterator[Company]:
    """Found a company: everybody in one assigned group and in one team, nobody in the app yet."""
    async with running_sandbox(unhurried("15five"), folder / "app.db") as box:
        settings = Settings(
            home=folder / "home",
            database_url=url or "",
            lease_seconds=LEASE,
            request_seconds=REQUEST,
        )
        opened = Installation.open(settings)
        try:
            company = Company(opened, "15five", box)
            names = [f"p{number}" for number in range(people)]
            for number, name in enumerate(names):
                await company.person(name, manager=names[number // 8] if number else "")
            await company.group("Everybody", *names)
            for team in range(TEAMS):
                await company.group(f"Team {team}", *names[team::TEAMS])
            await company.connect(
                groups=["Everybody", *(f"Team {team}" for team in range(TEAMS))],
                more="schedule: {every: 1d, immediate: true}",
            )
            yield company
        finally:
            await opened.close()


class Lives:
    """The processes that live and die, and the days of the company meanwhile."""

    def __init__(
        self, company: Company, nursery: Nursery, chance: random.Random, output: Path
    ) -> None:
        self.company = company
        self.nursery = nursery
        self.chance = chance
        self.output = output
        self.happened: Counter[str] = Counter()
        self.usual = 1.0
        """Seconds that a process lives about, if nobody kills it."""
        self.staff = [name for name in company.ids if name.startswith("p")]

    async def one_after_the_other(self, kills: int) -> None:
        """Run cycle after cycle, each killed by the clock or by what the app was asked."""
        while self.happened["killed"] < kills:
            await self.a_day()
            pid = self._start("run", self.company.app_id)
            began = time.monotonic()
            if self.chance.random() < 0.5:
                await self._asked(pid, self.chance.randint(1, 40))
            await self._let_live(pid, self.chance.uniform(0, self.usual))
            if self.nursery.status(pid) is not None:  # whoever has less to do ends sooner
                self.usual += (time.monotonic() - began - self.usual) / 4
            await self._kill(pid)
        pid = self._start("run", self.company.app_id)
        assert await self._let_live(pid, PATIENCE) == 0, self.output.read_text()[-2000:]

    async def two_at_a_time(self, kills: int) -> None:
        """Let two workers share the work; kill one at random, or stop it beyond its lease."""
        workers = [self._start("worker"), self._start("worker")]
        while self.happened["killed"] < kills:
            await self.a_day()
            await asyncio.sleep(self.chance.uniform(0.05, 2))
            at = self.chance.randrange(len(workers))
            if self.chance.random() < 0.1:
                os.kill(workers[at], signal.SIGSTOP)
                await asyncio.sleep(STOPPED)
                os.kill(workers[at], signal.SIGCONT)
                self.happened["stopped"] += 1
            else:
                await self._kill(workers[at])
                workers[at] = self._start("worker")
        await self._ordered()
        for pid in workers:
            os.kill(pid, signal.SIGTERM)
            assert await self._let_live(pid, PATIENCE) == 0, self.output.read_text()[-2000:]

    async def a_day(self) -> None:
        """Have some people change, one come, and seldom one leave or return."""
        company, chance = self.company, self.chance
        for name in chance.sample(self.staff, 12):
            await company.change(name, jobTitle=f"Engineer {chance.randrange(1000)}")
        later, earlier = sorted(chance.sample(range(len(self.staff)), 2), reverse=True)
        await company.change(self.staff[later], manager=self.staff[earlier])
        mover, team = chance.choice(self.staff), f"Team {chance.randrange(TEAMS)}"
        await (company.join if chance.random() < 0.6 else company.leave)(team, mover)
        if chance.random() < 0.2:
            new = f"p{len(self.staff)}"
            await company.person(new, manager=chance.choice(self.staff))
            await company.join("Everybody", new)
            self.staff.append(new)
        if self.happened["switched"] < len(self.staff) // 50 and chance.random() < 0.1:
            await company.change(chance.choice(self.staff), enabled=chance.random() < 0.5)
            self.happened["switched"] += 1
        self.happened["days"] += 1

    def _start(self, *words: str) -> int:
        settings = self.company.opened.settings
        self.happened["started"] += 1
        return self.nursery.start(
            list(words),
            {
                "SEATKEEPER_HOME": str(settings.home),
                "SEATKEEPER_DATABASE_URL": settings.database_url,
                "SEATKEEPER_LEASE_SECONDS": str(LEASE),
                "SEATKEEPER_REQUEST_SECONDS": str(REQUEST),
            },
            self.output,
        )

    async def _let_live(self, pid: int, seconds: float) -> int | None:
        """Return how it ended within so many seconds, or none where it still runs."""
        until = time.monotonic() + seconds
        while time.monotonic() < until and self.nursery.status(pid) is None:  # noqa: ASYNC110
            await asyncio.sleep(0.005)
        return self.nursery.status(pid)

    async def _asked(self, pid: int, more: int) -> None:
        """Return once the app was asked so often again, or the process has ended."""
        seen = await self._newest()
        until = time.monotonic() + 20
        while self.nursery.status(pid) is None and time.monotonic() < until:
            if await self._newest() >= seen + more:
                return
            await asyncio.sleep(0.01)

    async def _newest(self) -> int:
        rows = await self.company.box.requests(after=self.company.seen)
        self.company.seen = max((int(one["seq"]) for one in rows), default=self.company.seen)
        return self.company.seen

    async def _kill(self, pid: int) -> None:
        if (status := self.nursery.status(pid)) is None:
            os.kill(pid, signal.SIGKILL)
            status = await self._let_live(pid, PATIENCE)
        self.happened["killed" if status == -signal.SIGKILL else "ended"] += 1

    async def _ordered(self) -> None:
        """Order a last cycle and wait until whoever took it has answered."""
        ledger = self.company.opened.ledger
        number = await ledger.place_order(
            self.company.app_id, OrderVerb.RUN, {}, actor="test", now=utc_now()
        )
        async with asyncio.timeout(PATIENCE):
            while (await ledger.order(number)).state != "done":  # noqa: ASYNC110 - others act
                await asyncio.sleep(0.05)


def main() -> int:
    """Read the arguments, kill, print, and return the exit status."""
    reading = argparse.ArgumentParser(description=__doc__)
    reading.add_argument("kills", type=int)
    reading.add_argument("--people", type=int, default=2000)
    reading.add_argument("--on", choices=("sqlite", "postgresql"), default="sqlite")
    reading.add_argument("--seed", type=int, default=1)
    asked = reading.parse_args()
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="seatkeeper-kills-") as folder:
        url = None
        if asked.on == "postgresql":
            from tests.databases import new_postgresql, server_in

            url = new_postgresql(server_in(Path(folder) / "server"))
        broken, happened = asyncio.run(
            survived(Path(folder), url, kills=asked.kills, people=asked.people, seed=asked.seed)
        )
    told = ", ".join(f"{count} {what}" for what, count in sorted(happened.items()))
    print(f"{asked.on}, {asked.people} people, seed {asked.seed}: {told}")
    print(f"{time.monotonic() - began:.0f} s, {len(broken)} promises broken")
    for one in broken[:20]:
        print(f"  BROKEN: {one}")
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main())
