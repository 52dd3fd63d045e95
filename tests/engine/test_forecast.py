"""What a plan says of a cycle's time is what it takes, where time passes only by waiting."""

import asyncio
import datetime as dt
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest
from tests.engine.world import START, World
from tests.simulation.moments import run_virtually
from tests.simulation.store import SimulatedDatabase

from seatkeeper.connectors.memory import MemoryTarget
from seatkeeper.connectors.rate import Tempo
from seatkeeper.directory.model import Kind
from seatkeeper.facts.cycles import progress_plain
from seatkeeper.facts.plain import Plain
from seatkeeper.gallery.rates import limits_of
from seatkeeper.gallery.schema import gallery_app
from seatkeeper.ports import Page, PersonRow, Trace
from seatkeeper.provisioning.account import Account, TargetValues, ValueChange
from seatkeeper.provisioning.forecast import ANSWERS, Forecast, Pacing, forecast, load_of
from seatkeeper.store.people_import import SqlPeopleImport

_NAMES = {Kind.USER: "User", Kind.GROUP: "Group"}


class PacedTarget(MemoryTarget):
    """An app in memory that is asked as fast as the connector asks, and takes a while to answer."""

    tempo: Tempo
    answer_seconds: float
    requests = 0

    async def _wait(self, method: str, kind: Kind) -> None:
        self.requests += 1
        await self.tempo.turn(method, _NAMES[kind])
        await asyncio.sleep(self.answer_seconds)

    async def find(self, kind: Kind, path: str, value: str, trace: Trace) -> Sequence[Account]:
        await self._wait("GET", kind)
        return await super().find(kind, path, value, trace)

    async def page(self, kind: Kind, start: int, trace: Trace) -> Page:
        await self._wait("GET", kind)
        return await super().page(kind, start, trace)

    async def create(self, kind: Kind, values: TargetValues, trace: Trace) -> Account:
        await self._wait("POST", kind)
        return await super().create(kind, values, trace)

    async def update(
        self, kind: Kind, account_id: str, changes: Sequence[ValueChange], trace: Trace
    ) -> None:
        await self._wait("PATCH", kind)
        await super().update(kind, account_id, changes, trace)

    async def change_members(
        self, group_id: str, add: Sequence[str], remove: Sequence[str], trace: Trace
    ) -> None:
        groups = self.capabilities.groups
        assert groups is not None
        for _ in range(-(-(len(add) + len(remove)) // groups.members_per_patch)):
            await self._wait("PATCH", Kind.GROUP)
        await super().change_members(group_id, add, remove, trace)


@dataclass
class Company:
    """A company whose app keeps to the limits of one profile, in virtual time."""

    world: World
    target: PacedTarget
    per_second: float
    app: str

    @classmethod
    def of(
        cls,
        folder: Path,
        app: str,
        answer_seconds: float,
        per_second: float | None = None,
        *,
        target: PacedTarget | None = None,
    ) -> "Company":
        """Return one without people; ``per_second`` replaces the profile's pace."""
        profile = gallery_app(app)
        pace = per_second or profile.requests_per_second
        clock = asyncio.get_running_loop().time
        target = target or PacedTarget()
        target.tempo = Tempo(pace, profile.rates, now=clock, clock=clock)
        target.answer_seconds = answer_seconds
        world = World(SimulatedDatabase.new(), folder, app=app, target=target)
        world.concurrency = profile.concurrency
        return cls(world, target, pace, app)

    async def join(self, people: range, *, line: int = 0) -> None:
        """Let people join; with a ``line`` everybody reports to the one so many before."""
        await self.world.connect(scope="all")

        async def rows() -> AsyncIterator[PersonRow]:
            for one in people:
                name = f"p{one}@larkspur.example"
                shown = {"displayName": f"P{one}", "mail": name, "jobTitle": "Engineer"}
                boss = f"p{one - line}@larkspur.example" if line and one >= line else None
                yield PersonRow(one, name, shown, manager=boss)

        done = SqlPeopleImport(self.world.database)
        await done.apply_rows("f", rows(), total=len(people), actor="hr")

    async def promote(self, people: range) -> None:
        """Give these people another title."""
        for one in people:
            user = await self.world.directory.user(f"p{one}@larkspur.example")
            self.world.ids["moved"] = user.id
            await self.world.change("moved", jobTitle="Lead")

    async def foretold(self) -> Forecast:
        """Return what the plan says of the next cycle, made a day before it runs."""
        profile, before = gallery_app(self.app), self.target.answer_seconds
        preview = await self.world.preview()
        await asyncio.sleep(86_400)
        limits = [(one, 1.0) for one in limits_of(self.per_second, profile.rates)]
        return forecast(load_of(preview), Pacing(limits, self.world.concurrency, before))

    async def takes(self) -> tuple[int, float]:
        """Run the next cycle; return its requests and its seconds."""
        began, before = asyncio.get_running_loop().time(), self.target.requests
        await self.world.run()
        return self.target.requests - before, asyncio.get_running_loop().time() - began


PROFILES: Mapping[str, tuple[str, float, float | None, str]] = {
    "Slack": ("shape-slack", 0.15, None, "2.9 requests a second"),
    "Slack's own limit": ("shape-slack", 0.15, 20.0, "180 writes a minute"),
    "Miro": ("shape-miro", 0.1, None, "200 POST requests in 30 s"),
    "AWS": ("shape-aws", 0.12, None, "10 requests a second"),
    "five a second": ("shape-slow", 0.2, None, "4.5 requests a second"),
    "slow answers": ("generic-scim", 1.2, None, ANSWERS),
}
"""Profile of the gallery, how long answers take, another pace than its own, and what binds."""


@pytest.mark.parametrize(
    ("profile", "joiners"),
    [
        ("Slack", 60),
        ("Slack's own limit", 60),
        ("Miro", 240),
        ("AWS", 60),
        ("five a second", 60),
        ("slow answers", 60),
    ],
)
def test_a_first_cycle_takes_what_its_plan_says(tmp_path: Path, profile: str, joiners: int) -> None:
    app, answer_seconds, per_second, bound_by = PROFILES[profile]

    async def first() -> tuple[Forecast, int, float]:
        company = Company.of(tmp_path, app, answer_seconds, per_second)
        await company.join(range(joiners), line=joiners // 5)
        return (await company.foretold(), *await company.takes())

    said, requests, seconds = run_virtually(first())

    assert said.requests == requests
    assert said.seconds == pytest.approx(seconds, rel=0.15)
    assert said.bound_by == bound_by


class Onlooker(PacedTarget):
    """Somebody else reads the cycle from the store, before the first account and much later."""

    world: World
    seen: list[Plain]

    async def _wait(self, method: str, kind: Kind) -> None:
        await super()._wait(method, kind)
        self.world.now = START + dt.timedelta(seconds=asyncio.get_running_loop().time())

    async def create(self, kind: Kind, values: TargetValues, trace: Trace) -> Account:
        if len(self.held[kind]) in {0, 50}:
            [cycle] = await self.world.ledger.cycles(self.world.app, limit=1)
            self.seen.append(progress_plain(cycle, now=self.world.now))
        return await super().create(kind, values, trace)


def test_whoever_reads_a_running_cycle_sees_the_rate_of_sending_only(tmp_path: Path) -> None:
    async def read() -> list[Plain]:
        company = Company.of(tmp_path, "shape-slack", 0.15, target=Onlooker())
        assert isinstance(company.target, Onlooker)
        company.target.world, company.target.seen = company.world, []
        await company.join(range(60))
        await company.takes()
        return company.target.seen

    before, *_, late = run_virtually(read())

    assert before["per_second"] == 0
    assert late["per_second"] == pytest.approx(2.9, rel=0.15)


def test_a_cycle_of_130_movers_takes_what_its_plan_says(tmp_path: Path) -> None:
    async def movers() -> tuple[Forecast, int, float]:
        company = Company.of(tmp_path, "shape-miro", 0.1)
        await company.join(range(130))
        await company.takes()
        await company.promote(range(130))
        return (await company.foretold(), *await company.takes())

    said, requests, seconds = run_virtually(movers())

    assert said.requests == requests == 130
    assert said.seconds == pytest.approx(seconds, rel=0.15)
    assert said.bound_by == "100 PATCH requests of users in 30 s"
