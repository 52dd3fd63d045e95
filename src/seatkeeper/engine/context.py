"""What the engine has at hand while it works for one app.

    source change -> scope -> map -> match -> plan -> [export] -> log

Shell: holds the doors (target, ledger, clock), what is shared between the
requests of one cycle (the gate that a throttling app closes, the count of
failures in a row), and the numbers of the cycle so far. It decides nothing.
"""

import asyncio
import datetime as dt
from collections import Counter, deque
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final, TypeVar

from seatkeeper.clock import uptime
from seatkeeper.directory.model import Kind
from seatkeeper.engine.giving_way import Turn
from seatkeeper.engine.room import Room
from seatkeeper.engine.unanswered import Unanswered
from seatkeeper.errors import (
    ConnectorError,
    InDoubt,
    Remedy,
    Throttled,
    TooManyFailures,
    Transient,
    Unreachable,
)
from seatkeeper.ports import Exchange, Ledger, Target
from seatkeeper.provisioning.absence import FEWEST, Shown
from seatkeeper.provisioning.account import ValueChange
from seatkeeper.provisioning.budget import RetryBudget
from seatkeeper.provisioning.circuit import HALF_OPEN, Circuit
from seatkeeper.provisioning.cycle import Cycle
from seatkeeper.provisioning.journal import Health, HealthState, Key, MemberDifference
from seatkeeper.provisioning.outcome import TRANSIENT_WAITS, backoff
from seatkeeper.provisioning.pace import Pace
from seatkeeper.provisioning.preview import PlannedRecord
from seatkeeper.provisioning.quarantine import Failing
from seatkeeper.provisioning.removal import Removal
from seatkeeper.provisioning.rules import Rules
from seatkeeper.provisioning.statistics import Tally
from seatkeeper.provisioning.undo import Undoing
from seatkeeper.provisioning.walk import Facts
from seatkeeper.provisioning.width import Width

T = TypeVar("T")

FAILURES_IN_A_ROW: Final = 5
"""Answers of 5xx or lost answers in a row after which the app counts as away (fault T15)."""

LONGEST_WAIT: Final = 900.0
"""Seconds that a ``Retry-After`` may hold an app back before it counts as away (T13)."""

THROTTLED_TRIES: Final = 8

_SAYS_IT_IS_WELL: Final = frozenset({Remedy.RECORD, Remedy.HEAL})
"""What is wrong with one record was said by an app that works."""


def _alone() -> bool:
    return False


class AppStopped(Exception):
    """The whole app cannot be worked with now; the cycle keeps its plan and waits."""

    def __init__(self, error: ConnectorError) -> None:
        super().__init__(error.message)
        self.error = error


def away(what: str, error: ConnectorError) -> Unreachable:
    """Return the error that suspends a cycle because of failures that usually pass."""
    return Unreachable(
        f"{what}: {error.message}",
        advice="The cycle waits and goes on by itself when the app is back.",
        said=error.said,
        status=error.status,
    )


@dataclass
class GroupBegun:
    """How far the members of one group are written, where they are more than fit at once."""

    after: str = ""
    unresolved: list[str] = field(default_factory=list)


@dataclass
class AppContext:
    """One app at work. ``cycle`` changes as it counts, ``began`` being the first; the rest stays.

    ``reviewed`` is set where only a kept plan is carried out: what it says of
    each record, and nothing but that, may be sent. ``undo`` is set where another cycle is
    taken back: what is sent of each record. ``released`` are records whose
    link ends in the plan that is only previewed, so that it is not in the ledger.
    ``parked`` are values that were freed for a moment (``parking``). For ``in_flight_for``
    seconds requests of a process that was lost may still arrive at the app; of this
    process they are ``unanswered``.
    ``circuit`` and ``failing`` watch over the app as a whole; ``failed_before`` are
    records whose failure says nothing new of it. ``changed_at`` says since when records
    differ that this cycle read as changed. ``free`` are removals that may leave without
    anybody's word, ``may_remove`` who of a group may be removed from it now, ``judged`` all that
    may be taken away now, ``judged_again`` whose plan changed since (``guarding``, ``exporter``).
    Of those that may leave, ``with_hold`` are the ones about which somebody may say another word.
    ``concurrency`` requests are under way at once at first, and up to ``most_at_once`` where
    that is quicker. ``in_order`` is false while planned people may not be in the order of the
    reporting line.
    ``members_at_once`` members of a group are compared, written and logged together, and then the
    next as many; ``groups_begun`` says how far those are of which there are more.
    ``shown`` is what the app's list showed in this cycle, where it was read (``listing``): it is
    from ``listed_from`` records on that wait for a look-up. ``turn`` is this cycle's part in giving
    way to others of the process; none where it is alone there.
    """

    rules: Rules
    target: Target
    ledger: Ledger
    now: Callable[[], dt.datetime]
    new_id: Callable[[], str]
    jitter: Callable[[], float]
    sleep: Callable[[float], Awaitable[None]]
    began: Cycle
    concurrency: int = 8
    most_at_once: int = 0
    batch: int = 250
    members_at_once: int = 5_000
    listed_from: int = FEWEST
    progress: Callable[[Cycle], None] = lambda _: None
    stopping: Callable[[], bool] = lambda: False
    reviewed: Mapping[Key, PlannedRecord] | None = None
    undo: Mapping[Key, Undoing] | None = None
    released: set[Key] = field(default_factory=set)
    parked: dict[Key, tuple[ValueChange, ...]] = field(default_factory=dict)
    in_flight_for: float = 0.0
    unanswered: Unanswered = field(default_factory=lambda: Unanswered(uptime))
    turn: Turn | None = None
    free: set[tuple[Kind, str, Removal]] = field(default_factory=set)
    may_remove: dict[str, frozenset[str]] = field(default_factory=dict)
    groups_begun: dict[str, GroupBegun] = field(default_factory=dict)
    judged: set[tuple[Kind, str, Removal, str]] = field(default_factory=set)
    judged_again: set[Key] = field(default_factory=set)
    with_hold: set[tuple[Kind, str, Removal]] = field(default_factory=set)
    shown: dict[Kind, Shown | None] = field(default_factory=dict)
    in_order: bool = True
    linked_now: int = 0
    linked_before: int = 0
    vanished: int = 0
    retries: RetryBudget = field(default_factory=RetryBudget)
    many_gone: dict[Kind, bool] = field(default_factory=dict)
    askers: dict[tuple[Kind, str], set[str]] = field(default_factory=dict)
    links_written: int = 0
    changed_at: dict[str, dt.datetime] = field(default_factory=dict)
    tally: Tally = field(init=False)
    circuit: Circuit = field(default_factory=Circuit)
    failing: Failing = field(default_factory=Failing)
    failed_before: Collection[Key] = frozenset()
    _moved_on: asyncio.Event = field(init=False, default_factory=asyncio.Event)
    _cycle: Cycle = field(init=False)
    _raised: Counter[str] = field(init=False, default_factory=Counter)
    _ill: bool = False
    _failures: int = 0
    _open_at: float = 0.0
    _stopped: ConnectorError | None = None
    _met: deque[ConnectorError] = field(init=False, default_factory=lambda: deque(maxlen=8))
    _retried: deque[ConnectorError] = field(init=False, default_factory=lambda: deque(maxlen=8))
    width: Width = field(init=False)
    lanes: Room = field(init=False)
    looking: asyncio.Lock = field(init=False, default_factory=asyncio.Lock)
    writing: asyncio.Lock = field(init=False, default_factory=asyncio.Lock)
    bulk_lanes: Room = field(init=False)
    _slots: Room = field(init=False)
    _bulk_slots: Room = field(init=False)

    def __post_init__(self) -> None:
        self.width = Width(self.concurrency, self.most_at_once)
        self.lanes, self._slots = Room(lambda: self.width.now), Room(lambda: self.width.now)
        self._cycle = self.began
        self.tally = Tally(self.began.statistics)
        self.bulk_lanes, self._bulk_slots = Room(self._at_once), Room(self._at_once)

    @property
    def app_id(self) -> str:
        """The app this is about."""
        return self.rules.app_id

    @property
    def cycle(self) -> Cycle:
        """The cycle as it is now, with all that was counted."""
        if self._raised:
            self._cycle = replace(self._cycle, counters=self._cycle.counters.plus(**self._raised))
            self._raised.clear()
        return self._cycle

    def count(self, **more: int) -> None:
        """Raise counters of the cycle; they are stored with the next write."""
        self._raised.update(more)  # for each request, so nothing is made anew here

    def asked(self, exchanges: Sequence[Exchange], *, retry: bool = False) -> None:
        """Count the requests that were made for one record."""
        # Of several in one request the first stands for it.
        own = [one for one in exchanges if one.operation <= 1]
        self.count(requests=len(own), retry_requests=len(own) if retry else 0)
        self.tally.asked(own)
        if own:
            self.tally.lanes = self.width.now

    def arrived(self, record_id: str) -> None:
        """Note that what changed of a record is in the app, where it is known since when."""
        since = self.changed_at.get(record_id)
        if since is not None:
            self.tally.arrived(since, self.now())

    def moved(self, cycle: Cycle) -> Cycle:
        """Take the cycle's new state and tell whoever watches; returned for writing."""
        marked = cycle.pace.marked(cycle.state.value, cycle.done, self.now())
        self._cycle = replace(cycle, pace=Pace() if cycle.finished else marked)
        self.progress(self.cycle)
        return self.cycle

    @property
    def stopped(self) -> ConnectorError | None:
        """What stopped the app in this cycle, or none."""
        return self._stopped

    def stop(self, error: ConnectorError) -> None:
        """Note the first failure that concerns the whole app: no request starts after it."""
        if self._stopped is None:
            self._stopped = error
            self._moved_on.set()

    def comes_back(self, health: Health) -> None:
        """Know that the app was stopped: it gets one request, then five, then all."""
        if health.state is HealthState.WELL:
            return
        self.circuit = Circuit(HALF_OPEN)
        self._ill = True
        self.failing.on_probation = health.code == TooManyFailures.code

    def is_well_again(self) -> bool:
        """Return once whether an app that was stopped has shown that it is well."""
        well = self._ill and not self.circuit.half_open and self._stopped is None
        well = well and not self.failing.on_probation
        self._ill = self._ill and not well
        return well

    def write_refused(self, key: Key, error: ConnectorError) -> None:
        """Count a write that the app refused; stop the app where it was one too many."""
        if key in self.failed_before:
            return
        why = self.failing.failed(error.code)
        if why:
            self.stop(
                TooManyFailures(
                    f"{why} So the app was stopped, before more records fail for it.",
                    advice="Look at what they have in common: a mapping, a right of the token, a "
                    f"plan of the app. See: seatkeeper logs {self.app_id} --status failure. After "
                    f"that: seatkeeper run {self.app_id}",
                    said=error.said,
                    status=error.status,
                )
            )

    def raise_if_stopped(self) -> None:
        """Leave the cycle if the app was stopped. Raises ``AppStopped``."""
        if self._stopped is not None:
            raise AppStopped(self._stopped)

    async def give_way(self) -> None:
        """Stand aside for a moment where somebody waits for the cycle of another app."""
        if self.turn is not None:
            await self.turn.give_way()

    async def patiently(
        self, call: Callable[[], Awaitable[T]], *, along: Callable[[], bool] = _alone
    ) -> T:
        """Make one request in its turn; wait where the app asks, try again what may pass.

        ``along``: whether it leaves together with others (``ports.Bulk``), asked at each try.
        Raises ``AppStopped`` when the app was stopped meanwhile, and whatever
        the request raised when trying again did not help.
        """
        return await self._until_taken(call, along, may_repeat=True)

    async def patiently_once(
        self, call: Callable[[], Awaitable[T]], *, along: Callable[[], bool] = _alone
    ) -> T:
        """Make one request in its turn that must be looked up before it is repeated.

        It waits where the app throttles (which says that nothing was done), and
        hands every other failure to the caller.
        """
        return await self._until_taken(call, along, may_repeat=False)

    def may_try_again(self, error: ConnectorError) -> bool:
        """Return whether one more try may be made after this failure, and count it.

        What several met that left in one request is one failure, and one more try.
        """
        if any(one is error for one in self._retried):
            return True
        taken = self.retries.take()
        if taken:
            self._retried.append(error)
        return taken

    async def _until_taken(
        self, call: Callable[[], Awaitable[T]], along: Callable[[], bool], *, may_repeat: bool
    ) -> T:
        throttled = 0
        tries = 0
        while True:
            try:
                return await self._in_turn(call, self._bulk_slots if along() else self._slots)
            except Throttled as error:
                throttled += 1
                self.width.refused()
                self._close_for(error, throttled)
            except Transient as error:
                if not may_repeat or tries == len(TRANSIENT_WAITS):
                    raise
                if not self.may_try_again(error):
                    raise
                await self.rest(tries)
                tries += 1

    async def facts(self, kind: Kind, ids: Collection[str]) -> Sequence[Facts]:
        """Return the facts of these records, with all that the app's rules read."""
        await self.give_way()
        return await self.ledger.facts(
            self.app_id, kind, ids, memberships=self.rules.reads_memberships
        )

    async def member_difference(self, group_id: str, after: str = "") -> MemberDifference:
        """Return a part of what is to be sent of a group's members: what differs, or is undone.

        Those that come ``after`` that one by id, as many as are compared at once.
        """
        if self.undo is None:
            return await self.ledger.member_difference(
                self.app_id, group_id, after=after, most=self.members_at_once
            )
        back = self.undo.get((Kind.GROUP, group_id), Undoing())
        return MemberDifference(back.add, back.remove)

    async def member_differences(self, group_id: str) -> AsyncIterator[MemberDifference]:
        """Yield what is to be sent of all of a group's members, part by part."""
        after: str | None = ""
        while after is not None:
            difference = await self.member_difference(group_id, after)
            yield difference
            after = difference.upto

    def asked_by(self, kind: Kind, account_id: str, record_id: str) -> set[str]:
        """Note that a record takes an account for its own; return all that did in this cycle.

        What the ledger says of links is older than the requests of one batch:
        this is how two of them never take one account.
        """
        askers = self.askers.setdefault((kind, account_id), set())
        askers.add(record_id)
        return askers

    def is_linked(self, kind: Kind, account_id: str) -> None:
        """Know that the ledger has the link of an account that was made, so that it is asked.

        Whoever asked it before that asks again (``links_written``); a million need not be
        remembered.
        """
        if len(self.askers.get((kind, account_id), ())) == 1:
            del self.askers[kind, account_id]
            self.links_written += 1

    async def rest(self, attempt: int) -> None:
        """Wait before another try, longer each time and never in step with others."""
        await self.sleep(backoff(attempt, self.jitter()))

    async def _in_turn(self, call: Callable[[], Awaitable[T]], slots: Room) -> T:
        async with slots:
            await self.give_way()
            await self._let_in()
            well, loop = False, asyncio.get_running_loop()
            try:
                delay = self._open_at - loop.time()
                if delay > 0:
                    await self.sleep(delay)
                    self.raise_if_stopped()
                self.retries.asked()
                began = loop.time()
                result = await call()
                well = True
                if slots is self._slots and (slots.crowded or self.lanes.crowded):
                    self.width.answered(loop.time() - began)
            except (Transient, InDoubt) as error:
                self._count_failure(error)
                raise
            except ConnectorError as error:
                well = error.remedy in _SAYS_IT_IS_WELL
                raise
            finally:
                self.circuit.ended(well=well)
                self._moved_on.set()
        self._failures = 0
        return result

    async def _let_in(self) -> None:
        """Wait while the app has to show first that it is well. Raises ``AppStopped``."""
        self.raise_if_stopped()
        while not self.circuit.may_start:
            self._moved_on.clear()
            await self._moved_on.wait()
            self.raise_if_stopped()
        self.circuit.started()

    def _at_once(self) -> int:
        return max(self.width.now, self.target.bulk.at_once)

    def _count_failure(self, error: ConnectorError) -> None:
        if any(one is error for one in self._met):
            return  # of a request that carried several
        self._met.append(error)
        self.width.refused()
        self._failures += 1
        if self.circuit.half_open:
            self.stop(away("The app failed as soon as it was asked again", error))
        if self._failures >= FAILURES_IN_A_ROW:
            self.stop(away(f"The app failed {self._failures} times in a row", error))

    def _close_for(self, error: Throttled, tries: int) -> None:
        """Let no request start for as long as the app asks; too long counts as away (T13)."""
        asked = error.retry_after if error.retry_after is not None else float(2**tries)
        if asked > LONGEST_WAIT or tries >= THROTTLED_TRIES:
            self.stop(away("The app asks to wait for long", error))
            self.raise_if_stopped()
        seconds = max(asked, 0.1) * (1 + 0.1 * self.jitter())
        self._open_at = max(self._open_at, asyncio.get_running_loop().time() + seconds)
