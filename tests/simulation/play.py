"""Play one seed: a company, an app, a bad network, engines that die; then check the promises.

``simulate(seed)`` is a function of its seed alone (and of the code). What it returns says what
was broken, what happened, and every step, so that a failure can be played again and read.
"""

import asyncio
import datetime as dt
import hashlib
import random
import tempfile
import uuid
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from unittest import mock

from tests.engine.world import START, Wish
from tests.simulation.app import SimulatedApp
from tests.simulation.company import MOST_IN_A_DAY, MOST_WITHOUT_A_WORD, Company
from tests.simulation.life import Life
from tests.simulation.moments import run_virtually
from tests.simulation.sharing import FencedForOne, LeasesOfOne, SharedApp
from tests.simulation.store import SimulatedDatabase

from seatkeeper.connectors.memory import UNIQUE, MemoryTarget
from seatkeeper.directory.model import Kind
from seatkeeper.engine import choosing
from seatkeeper.engine.holding import Holder
from seatkeeper.errors import LeaseLost
from seatkeeper.ports.leases import Lease
from seatkeeper.provisioning.absence import FEWEST
from seatkeeper.provisioning.cycle import Cycle, CycleState
from seatkeeper.provisioning.guard import HoldState
from seatkeeper.provisioning.journal import Escrow
from seatkeeper.store.ledger import SqlLedger

HOUR = 3600.0
DAY = 24 * HOUR - 600
"""The window of the guard, less what may lie between a request and what is written of it."""
PAUSES = (1.0, 10.0, 60.0, 2400.0, HOUR, 7 * HOUR, 30 * HOUR)
"""Seconds between two things; the shortest is over before a request that was lost has acted."""
BUSY_DAY = (1.0, 10.0, 600.0, 2400.0)
"""The same where much happens within one day, as in a third of all lives."""

LONGEST_RETRY = 25 * HOUR
"""Seconds after which every record that waits is due again."""


SHARED = 3
"""Of so many seeds one has two engines that share the app."""

MOST_TRIES = 150
"""Seconds for which an engine tries to get the lease."""

OF_THE_DATA = frozenset(
    {"DuplicateSourceEntries", "MissingValues", "MatchingValueMissing", "MappingFailed"}
)
"""Codes of records that rightly wait for a person, whatever the network does."""

READS = frozenset({"find", "read", "page", "read members", "probe"})
"""What an app is asked that changes nothing there."""


@dataclass
class Outcome:
    """What came of one seed."""

    seed: int
    violations: list[str] = field(default_factory=list)
    happened: Counter[str] = field(default_factory=Counter)
    trace: list[str] = field(default_factory=list)

    @property
    def digest(self) -> str:
        """The same for the same seed and code."""
        return hashlib.sha256("\n".join(self.trace).encode()).hexdigest()


def simulate(seed: int) -> Outcome:
    """Play one seed to its end and check P1 to P4, P6 and P7."""
    outcome = Outcome(seed)
    chance = random.Random(seed)
    ids = random.Random(f"ids of {seed}")

    def new_id() -> uuid.UUID:
        return uuid.UUID(int=ids.getrandbits(128), version=4)

    with (
        tempfile.TemporaryDirectory() as folder,
        mock.patch.object(uuid, "uuid4", new_id),
        mock.patch.object(choosing, "PAGE", chance.choice((2, 3, 5, 500))),
    ):
        try:
            run_virtually(_Play(chance, outcome, Path(folder)).play())
        except Exception as error:  # noqa: BLE001 - whatever escapes the engine is a finding
            outcome.violations.append(f"raised {type(error).__name__}: {error}")
    return outcome


class _Play:
    def __init__(self, chance: random.Random, outcome: Outcome, folder: Path) -> None:
        self.chance, self.outcome, self.folder = chance, outcome, folder
        self.approved: set[str] = set()
        self.taken: dict[int, set[str]] = {}
        self.shared: SharedApp | None = None

    async def play(self) -> None:
        self._set_up()
        await self.company.configure()
        for _ in range(self.chance.randint(4, 40)):
            await self._event()
        for _ in range(self.chance.randint(10, 40)):
            await self._step()
        await self._end()

    def _set_up(self) -> None:
        chance = self.chance
        held = MemoryTarget()
        if self.outcome.seed % SHARED == SHARED - 1:
            self.shared = SharedApp(asyncio.get_running_loop().time)
        self.app = SimulatedApp(chance, held, self.outcome.violations, self.outcome.happened)
        self.app.trace = self._note
        self.app.in_bulk = self.outcome.seed % 7 < 4
        self.pauses = BUSY_DAY if chance.random() < 1 / 3 else PAUSES
        loop = asyncio.get_running_loop()
        batch = chance.choice((1, 2, 3, 7, 100))
        self.company = Company(
            SimulatedDatabase.new(),
            self.folder,
            target=held,
            batch=batch,
            members_at_once=chance.choice((1, 2, 3, 5_000)),
            listed_from=3 if batch % 2 else FEWEST,  # half of all lives read the list for few
            concurrency=chance.choice((1, 2, 8)),
            chance=chance,
            clock=loop.time,
            adopted=self.app.adopted,
        )
        self.strangers = {
            f"stranger-{number}": {"userName": f"stranger{number}@elsewhere.example"}
            for number in range(3)
        }
        held.held[Kind.USER].update({k: dict(v) for k, v in self.strangers.items()})

    def _note(self, what: str) -> None:
        self.outcome.trace.append(f"{asyncio.get_running_loop().time():.3f} {what}")

    async def _event(self) -> None:
        what = await self.company.happen()
        if what:
            self.outcome.happened[what.split(" ")[0]] += 1
            self._note(what)

    async def _step(self) -> None:
        chance = self.chance
        draw = chance.random()
        if draw < 0.2:
            await self._weather()
        elif draw < 0.28:
            await self._administrator_decides()
        elif draw < 0.5:
            for _ in range(chance.randint(1, 4)):
                await self._event()
        else:
            await self._cycle(await self._wish())
        await asyncio.sleep(chance.choice(self.pauses))
        self._check_strangers()

    async def _weather(self) -> None:
        """Let trouble come in stretches, as it does in life."""
        app = self.app
        app.trouble = self.chance.choice((0.0, 0.05, 0.2, 0.5))
        app.revoked = self.chance.random() < 0.1
        self._note(f"trouble {app.trouble} revoked {app.revoked}")

    async def _administrator_decides(self, *, everything: bool = False) -> int:
        """Somebody looks at what the guard holds, late and not at all of it; return how many."""
        company, chance = self.company, self.chance
        found = await company.ledger.holds(company.app, states=(HoldState.OPEN,))
        chosen = [hold for _, hold in found if everything or chance.random() < 0.7]
        if not chosen:
            return 0
        keep = not everything and chance.random() < 0.3
        state = HoldState.KEPT if keep else HoldState.APPROVED
        now = company.moment()
        until = now + dt.timedelta(hours=20) if keep else None
        ids = [hold.id for hold in chosen]
        await company.ledger.decide(ids, state, word="sim", until=until, actor="ana", now=now)
        if not keep:
            self.approved |= {hold.record_id for hold in chosen}
        self.outcome.happened[f"removal {state}"] += len(chosen)
        self._note(f"{len(chosen)} {state}")
        return len(chosen)

    async def _wish(self) -> Wish:
        draw = self.chance.random()
        if draw < 0.15:
            return Wish(full=True)
        one = await self.company.somebody() if draw < 0.3 else None
        return Wish(users=(one.id,)) if one else Wish()

    async def _cycle(self, wish: Wish) -> None:
        """Run a cycle, with the directory changing meanwhile and death at hand."""
        if self.shared is not None:
            first, second = Life.drawn(self.chance), Life.drawn(self.chance)
            first.is_held_up(self.chance)
            engines = [self._one_of_two(life, wish, self.shared) for life in (first, second)]
            running = [asyncio.create_task(one) for one in engines]
        else:
            running = [asyncio.create_task(self._alone(Life.drawn(self.chance), wish))]
        while self.chance.random() < 0.4 and not all(one.done() for one in running):
            await asyncio.sleep(self.chance.uniform(0.0, 2.0))
            if not all(one.done() for one in running):
                await self._event()
                self.outcome.happened["change during a cycle"] += 1
        await asyncio.gather(*running)
        await self._check_no_surprise()

    async def _alone(self, life: Life, wish: Wish) -> None:
        company = self.company
        work = company.run(
            wish, ledger=life.over(company.ledger), target=life.over(self.app.client())
        )
        self._lived(life, await life.lived(work))

    async def _one_of_two(self, life: Life, wish: Wish, shared: SharedApp) -> None:
        """Live as one of two engines: work for the app as soon as the lease can be had."""
        await asyncio.sleep(self.chance.uniform(0.0, 4.0))
        holder = Holder(LeasesOfOne(shared, life), asyncio.get_running_loop().time)
        self._lived(life, await life.lived(self._worked(holder, life, wish, shared)))

    async def _worked(
        self, holder: Holder, life: Life, wish: Wish, shared: SharedApp
    ) -> Cycle | None:
        app = self.company.app
        for _ in range(MOST_TRIES):
            try:
                async with holder.holding(app) as mine:
                    lease = holder.lease(app)
                    if mine and lease is not None:
                        return await self._held(holder, lease, life, wish)
            except LeaseLost:
                self.outcome.happened["lease lost"] += 1
                self._note(f"lease {shared.fence} lost")
            await asyncio.sleep(1.0)
        return None

    async def _held(self, holder: Holder, lease: Lease, life: Life, wish: Wish) -> Cycle:
        assert self.shared is not None
        shared, company = self.shared, self.company
        in_flight = holder.in_flight_for(company.app)
        self._note(f"lease {lease.fence}, in flight {in_flight:.0f} s")
        ledger = life.over(SqlLedger(FencedForOne(company.database, shared, lease)))
        company.in_flight[ledger] = in_flight, holder.unanswered(company.app)
        target = life.over(self.app.client(lambda: shared.holds(lease)))
        cycle = await company.run(wish, ledger=ledger, target=target)
        await self._check_no_surprise()
        return cycle

    def _lived(self, life: Life, cycle: Cycle | None) -> None:
        if life.dead:
            self.company.start_anew()
            self.outcome.happened["killed"] += 1
            self.outcome.happened[f"killed {life.died_at}"] += 1
            self._note(f"killed {life.died_at}")
        elif cycle is not None:
            self.outcome.happened[f"cycle {cycle.kind} {cycle.state}"] += 1
            self._note(f"cycle {cycle.kind} {cycle.state} {cycle.counters}")

    async def _check_no_surprise(self) -> None:
        """P4: what one cycle took away without anybody's word is within the limit.

        It was taken by the newest cycle of that moment: one engine may look here only when the
        other has ended a cycle of its own.
        """
        cycles = await self.company.ledger.cycles(self.company.app, limit=9)
        if not cycles:
            return
        for at, who in self.app.taken_away:
            if who in self.approved:
                continue
            moment = START + dt.timedelta(seconds=at)
            number = max((one.number for one in cycles if one.started <= moment), default=0)
            mine = self.taken.setdefault(number, set())
            mine.add(who)
            if len(mine) > MOST_WITHOUT_A_WORD:
                self._violated(f"P4: cycle {number} took away {len(mine)} without a word")
        self.app.taken_away.clear()
        self._check_day()

    def _check_day(self) -> None:
        """P4: nor did more leave without a word within any day, whatever became of answers."""
        taken = [(at, who) for at, who in self.app.taken_at if who not in self.approved]
        for at, _ in taken:
            some = [who for when, who in taken if at <= when < at + DAY]
            if len(some) > MOST_IN_A_DAY:
                self._violated(f"P4: {len(some)} lost access within a day without a word")
                self.app.taken_at.clear()
                return

    # --- the end: faults stop, and the promises are checked ---

    async def _end(self) -> None:
        self.app.trouble, self.app.revoked = 0.0, False
        self._note("faults stop")
        await asyncio.sleep(LONGEST_RETRY)  # late requests have acted, too
        for _ in range(4):  # to let somebody go may leave more to decide about
            await self._quiet(cycles=1)
            await self._administrator_decides(everything=True)
        await self._quiet(cycles=2)
        await self._check_in_step()
        await self._check_nothing_lost()
        await self._check_nothing_left()
        self._check_strangers()

    async def _quiet(self, cycles: int) -> None:
        for _ in range(cycles):
            cycle = await self.company.run(target=self.app.client())
            await self._check_no_surprise()
            self._note(f"cycle {cycle.kind} {cycle.state} {cycle.counters}")
            if cycle.state is not CycleState.DONE:
                self._violated(f"P1: a cycle ends {cycle.state} without faults: {cycle.note}")
            await asyncio.sleep(2 * 24 * HOUR)

    async def _check_in_step(self) -> None:
        """P1: the app equals what the directory says, by the test's own naive computation."""
        for wrong in await self.company.differences():
            self._violated(f"P1: {wrong}")
        for escrow in await self.company.ledger.escrows(self.company.app):
            taken = escrow.code == "EntryConflict" and await self._taken(escrow)
            if escrow.code not in OF_THE_DATA and not taken:
                self._violated(f"P1: {escrow.display_name} still waits: {escrow.code}")

    async def _taken(self, escrow: Escrow) -> bool:
        """Whether the wanted name is held in the app by somebody who does not want it any more."""
        path, wanted = UNIQUE[escrow.kind], await self._names()
        mine = str(wanted.get(escrow.record_id)).casefold()
        return any(
            str(held.get(path)).casefold() == mine
            and held.get("externalId") != escrow.record_id
            and str(wanted.get(str(held.get("externalId")))).casefold() != mine
            for held in self.company.target.held[escrow.kind].values()
        )

    async def _names(self) -> dict[str, str]:
        """What each person and group of the directory is called there, by id."""
        people = {one.id: one.user_name for one in await self.company.directory.all_users()}
        groups = {one.id: one.display_name for one in await self.company.directory.all_groups()}
        return {**people, **groups}

    async def _check_nothing_left(self) -> None:
        """P1: and looking at everybody once more sends nothing but for those who wait."""
        held, names = self.company.target.held, await self._names()
        waiting = {one.record_id for one in await self.company.ledger.escrows(self.company.app)}
        wanted = {names[one].casefold() for one in waiting if one in names}
        self.company.target.journal.clear()
        await self.company.run(Wish(full=True), target=self.app.client())
        for asked in self.company.target.journal:
            if asked.verb == "create":  # its subject is a name: the account has no id yet
                waits = asked.subject.casefold() in wanted
            else:
                waits = held[asked.kind].get(asked.subject, {}).get("externalId") in waiting
            if asked.verb not in READS and not waits:
                self._violated(f"P1: a further cycle sends {asked}")

    async def _check_nothing_lost(self) -> None:
        """P7: every account written has a log entry, and every link an account."""
        logged = {one.account_id for one in await self.company.log() if one.status != "skipped"}
        for subject in sorted(self.app.written - logged):
            if len(subject) == 36 and subject in self._accounts():
                self._violated(f"P7: what was written to {subject} is not in the log")
        for kind in Kind:
            records = await self.company.ledger.candidates(
                self.company.app, kind, everybody=True, limit=1000
            )
            for facts in await self.company.ledger.facts(self.company.app, kind, records):
                if facts.link and facts.link.account_id not in self.company.target.held[kind]:
                    self._violated(f"P7: {facts.display_name} is linked to no account")

    def _accounts(self) -> set[str]:
        return {one for held in self.company.target.held.values() for one in held}

    def _check_strangers(self) -> None:
        """P3: accounts that are nobody's of ours are as they were."""
        held = self.company.target.held[Kind.USER]
        for account_id, values in self.strangers.items():
            if held.get(account_id) != values:
                self._violated(f"P3: {account_id} was touched")

    def _violated(self, what: str) -> None:
        self._note(f"VIOLATED {what}")
        self.outcome.violations.append(what)
