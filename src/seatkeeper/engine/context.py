"""What the engine has at hand while it works for one app.

    source change -> scope -> map -> match -> plan -> [export] -> log

Shell: holds the doors (target, ledger, clock), what is shared between the
requests of one cycle (the gate that a throttling app closes, the count of
failures in a row), and the numbers of the cycle so far. It decides nothing.
"""

import asyncio
import datetime as dt
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final, TypeVar

from seatkeeper.directory.model import Kind
from seatkeeper.errors import ConnectorError, InDoubt, Throttled, Transient, Unreachable
from seatkeeper.ports import Ledger, Target
from seatkeeper.provisioning.account import ValueChange
from seatkeeper.provisioning.budget import RetryBudget
from seatkeeper.provisioning.cycle import Cycle
from seatkeeper.provisioning.guard import Removal
from seatkeeper.provisioning.journal import Key
from seatkeeper.provisioning.outcome import TRANSIENT_WAITS, backoff
from seatkeeper.provisioning.preview import PlannedRecord
from seatkeeper.provisioning.rules import Rules
from seatkeeper.provisioning.walk import Facts

T = TypeVar("T")

FAILURES_IN_A_ROW: Final = 5
"""Answers of 5xx or lost answers in a row after which the app counts as away (fault T15)."""

LONGEST_WAIT: Final = 900.0
"""Seconds that a ``Retry-After`` may hold an app back before it counts as away (T13)."""

THROTTLED_TRIES: Final = 8


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
class AppContext:
    """One app at work. ``cycle`` is replaced as it counts; everything else stays.

    ``reviewed`` is set where only a kept plan is carried out: what it says of
    each record, and nothing but that, may be sent. ``released`` are records whose
    link ends in the plan that is only previewed, so that it is not in the ledger.
    ``parked`` are values that were freed for a moment (``parking``). For ``in_flight_for``
    seconds requests of a process that was lost may still arrive at the app.
    ``parked`` are values that were freed for a moment (``parking``). ``free`` are
    removals that may leave without anybody's word, ``may_remove`` who of a group
    may be removed from it now (``guarding``).
    """

    rules: Rules
    target: Target
    ledger: Ledger
    now: Callable[[], dt.datetime]
    new_id: Callable[[], str]
    jitter: Callable[[], float]
    sleep: Callable[[float], Awaitable[None]]
    cycle: Cycle
    concurrency: int = 8
    batch: int = 100
    recipient: str = ""
    progress: Callable[[Cycle], None] = lambda _: None
    stopping: Callable[[], bool] = lambda: False
    reviewed: Mapping[Key, PlannedRecord] | None = None
    released: set[Key] = field(default_factory=set)
    parked: dict[Key, tuple[ValueChange, ...]] = field(default_factory=dict)
    in_flight_for: float = 0.0
    free: set[tuple[Kind, str, Removal]] = field(default_factory=set)
    may_remove: dict[str, frozenset[str]] = field(default_factory=dict)
    linked_now: int = 0
    linked_before: int = 0
    vanished: int = 0
    retries: RetryBudget = field(default_factory=RetryBudget)
    many_gone: dict[Kind, bool] = field(default_factory=dict)
    askers: dict[tuple[Kind, str], set[str]] = field(default_factory=dict)
    _failures: int = 0
    _open_at: float = 0.0
    _stopped: ConnectorError | None = None
    lanes: asyncio.Semaphore = field(init=False)
    looking: asyncio.Lock = field(init=False, default_factory=asyncio.Lock)
    _slots: asyncio.Semaphore = field(init=False)

    def __post_init__(self) -> None:
        self.lanes = asyncio.Semaphore(self.concurrency)
        self._slots = asyncio.Semaphore(self.concurrency)

    @property
    def app_id(self) -> str:
        """The app this is about."""
        return self.rules.app_id

    def count(self, **more: int) -> None:
        """Raise counters of the cycle; they are stored with the next write."""
        self.cycle = replace(self.cycle, counters=self.cycle.counters.plus(**more))

    def moved(self, cycle: Cycle) -> Cycle:
        """Take the cycle's new state and tell whoever watches; returned for writing."""
        self.cycle = cycle
        self.progress(cycle)
        return cycle

    @property
    def stopped(self) -> ConnectorError | None:
        """What stopped the app in this cycle, or none."""
        return self._stopped

    def stop(self, error: ConnectorError) -> None:
        """Note the first failure that concerns the whole app: no request starts after it."""
        if self._stopped is None:
            self._stopped = error

    def raise_if_stopped(self) -> None:
        """Leave the cycle if the app was stopped. Raises ``AppStopped``."""
        if self._stopped is not None:
            raise AppStopped(self._stopped)

    async def patiently(self, call: Callable[[], Awaitable[T]]) -> T:
        """Make one request in its turn; wait where the app asks, try again what may pass.

        Raises ``AppStopped`` when the app was stopped meanwhile, and whatever
        the request raised when trying again did not help.
        """
        throttled = 0
        tries = 0
        while True:
            try:
                return await self._in_turn(call)
            except Throttled as error:
                throttled += 1
                self._close_for(error, throttled)
            except Transient:
                if tries == len(TRANSIENT_WAITS) or not self.retries.take():
                    raise
                await self.rest(tries)
                tries += 1

    async def patiently_once(self, call: Callable[[], Awaitable[T]]) -> T:
        """Make one request in its turn that must be looked up before it is repeated.

        It waits where the app throttles (which says that nothing was done), and
        hands every other failure to the caller.
        """
        throttled = 0
        while True:
            try:
                return await self._in_turn(call)
            except Throttled as error:
                throttled += 1
                self._close_for(error, throttled)

    async def facts(self, kind: Kind, ids: Collection[str]) -> Sequence[Facts]:
        """Return the facts of these records, with all that the app's rules read."""
        return await self.ledger.facts(
            self.app_id, kind, ids, memberships=self.rules.reads_memberships
        )

    def asked_by(self, kind: Kind, account_id: str, record_id: str) -> set[str]:
        """Note that a record takes an account for its own; return all that did in this cycle.

        What the ledger says of links is older than the requests of one batch:
        this is how two of them never take one account.
        """
        askers = self.askers.setdefault((kind, account_id), set())
        askers.add(record_id)
        return askers

    async def rest(self, attempt: int) -> None:
        """Wait before another try, longer each time and never in step with others."""
        await self.sleep(backoff(attempt, self.jitter()))

    async def _in_turn(self, call: Callable[[], Awaitable[T]]) -> T:
        async with self._slots:
            self.raise_if_stopped()
            delay = self._open_at - asyncio.get_running_loop().time()
            if delay > 0:
                await self.sleep(delay)
                self.raise_if_stopped()
            self.retries.asked()
            try:
                result = await call()
            except (Transient, InDoubt) as error:
                self._count_failure(error)
                raise
        self._failures = 0
        return result

    def _count_failure(self, error: ConnectorError) -> None:
        self._failures += 1
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
