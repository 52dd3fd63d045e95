"""The app on the other side of a bad network, and what it holds against its clients.

The app itself is whole: each request acts at one instant or not at all. Between it and the
engine lies everything that may go wrong, drawn from the seed.
"""

import asyncio
import contextlib
import random
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

from seatkeeper.connectors.gathering import Gathering
from seatkeeper.connectors.memory import MemoryTarget
from seatkeeper.directory.model import Kind
from seatkeeper.errors import (
    ConnectorError,
    CredentialsRejected,
    InDoubt,
    Refused,
    Throttled,
    Transient,
    Unreachable,
)
from seatkeeper.ports import Bulk, NoBulk, Page, Trace
from seatkeeper.ports.permit import may_leave
from seatkeeper.provisioning.account import Account, Capabilities, TargetValues, ValueChange
from seatkeeper.provisioning.connection import ConnectionCheck

T = TypeVar("T")

FAULTS = (
    "unreachable",
    "request lost",
    "answer lost",
    "acts late",
    "acted, then 500",
    "503",
    "throttled",
    "refused",
    "401",
)
"""Every way in which a request may fail here; 401 comes while the token is revoked."""

SETTLING = 4.0
"""Seconds after the client gave up within which a late request acts at the latest."""


@dataclass
class SimulatedApp:
    """One app that several clients reach over one network. Violations are kept, never raised."""

    chance: random.Random
    app: MemoryTarget
    violations: list[str] = field(default_factory=list)
    happened: Counter[str] = field(default_factory=Counter)
    trace: Callable[[str], None] = lambda _: None
    trouble: float = 0.0
    revoked: bool = False
    writing: Counter[str] = field(default_factory=Counter)
    written: set[str] = field(default_factory=set)
    adopted: set[str] = field(default_factory=set)
    taken_away: list[tuple[float, str]] = field(default_factory=list)
    taken_at: list[tuple[float, str]] = field(default_factory=list)
    in_bulk: bool = False

    def client(self, holds: Callable[[], bool] = lambda: True) -> "Client":
        """Return a connector of a process that lives now; ``holds``: whether the app is its own."""
        return Client(self, holds)

    def check(self) -> None:
        """P2: never two accounts of one record, at any moment."""
        for kind in Kind:
            owners = Counter(
                str(values["externalId"])
                for values in self.app.held[kind].values()
                if "externalId" in values
            )
            for owner, count in owners.items():
                if count > 1:
                    self.violations.append(f"P2: {kind} {owner} has {count} accounts")

    def entitled(self, account_id: str) -> str:
        """Return whose account gives access now; nothing where it gives none."""
        values = self.app.held[Kind.USER].get(account_id, {})
        return str(values.get("externalId", "")) if values.get("active") is True else ""

    def fault(self) -> str | None:
        """Draw what happens to one request."""
        if self.revoked:
            return "401"
        if self.chance.random() >= self.trouble:
            return None
        return self.chance.choice(FAULTS[:-1])

    def act(self, verb: str, subject: str, call: Callable[[], Awaitable[T]]) -> Awaitable[T]:
        """Let the app do it, at this instant."""
        self.happened[f"app: {verb}"] += 1
        self.trace(f"app {verb} {subject}")
        return call()


class Client:
    """One process's way to the app; implements ``ports.Target``."""

    def __init__(self, app: SimulatedApp, holds: Callable[[], bool]) -> None:
        self._app = app
        self._holds = holds
        self.capabilities: Capabilities = app.app.capabilities
        self._messages = Messages(app, self._may_ask)
        self.bulk: Bulk = self._messages if app.in_bulk else NoBulk()

    async def probe(self, matching_path: str) -> str:
        """Ask whether the app is there."""
        return await self._ask("probe", "", lambda: self._app.app.probe(matching_path))

    async def checks(self, matching_path: str) -> AsyncIterator[ConnectionCheck]:
        """Ask whether the app is there; nothing else is looked at here."""
        await self.probe(matching_path)
        async for one in self._app.app.checks(matching_path):
            yield one

    async def find(self, kind: Kind, path: str, value: str, trace: Trace) -> Sequence[Account]:
        """Look accounts up."""
        return await self._ask("find", value, lambda: self._app.app.find(kind, path, value, trace))

    async def read(self, kind: Kind, account_id: str, trace: Trace) -> Account | None:
        """Read one account."""
        return await self._ask(
            "read", account_id, lambda: self._app.app.read(kind, account_id, trace)
        )

    async def page(self, kind: Kind, start: int, trace: Trace) -> Page:
        """Read a page of the list."""
        return await self._ask("page", str(start), lambda: self._app.app.page(kind, start, trace))

    async def members(self, group_id: str, trace: Trace) -> frozenset[str] | None:
        """Read a group's members."""
        return await self._ask("read", group_id, lambda: self._app.app.members(group_id, trace))

    async def create(self, kind: Kind, values: TargetValues, trace: Trace) -> Account:
        """Create an account."""
        about = str(values.get("externalId"))
        return await self._write(
            "create",
            about,
            lambda: self._app.app.create(kind, values, trace),
            along=self.bulk.takes(kind),
        )

    async def update(
        self, kind: Kind, account_id: str, changes: Sequence[ValueChange], trace: Trace
    ) -> None:
        """Send differences."""
        if any(one.path == "externalId" and one.old is not None for one in changes):
            self._app.adopted.add(account_id)
        await self._write(
            "update",
            account_id,
            lambda: self._app.app.update(kind, account_id, changes, trace),
            along=self.bulk.takes(kind, changes),
        )

    async def change_members(
        self, group_id: str, add: Sequence[str], remove: Sequence[str], trace: Trace
    ) -> None:
        """Add and remove members, in requests that may each fail."""
        groups = self.capabilities.groups
        size = groups.members_per_patch if groups else 1
        every = [(True, one) for one in add] + [(False, one) for one in remove]
        for start in range(0, len(every), size):
            part = every[start : start + size]
            joins = [one for joining, one in part if joining]
            leaves = [one for joining, one in part if not joining]
            await self._write("members", group_id, self._members(group_id, joins, leaves, trace))

    def _members(
        self, group_id: str, add: Sequence[str], remove: Sequence[str], trace: Trace
    ) -> Callable[[], Awaitable[None]]:
        return lambda: self._app.app.change_members(group_id, add, remove, trace)

    async def delete(self, kind: Kind, account_id: str, trace: Trace) -> None:
        """Delete an account."""
        await self._write(
            "delete", account_id, lambda: self._app.app.delete(kind, account_id, trace)
        )

    async def close(self) -> None:
        """Hold nothing."""

    async def _write(
        self, verb: str, subject: str, call: Callable[[], Awaitable[T]], *, along: bool = False
    ) -> T:
        """Make one writing request; P6: no other one about this account is in flight."""
        app = self._app
        if app.writing[subject]:
            app.violations.append(f"P6: two requests write {subject} at once ({verb})")
        app.writing[subject] += 1

        async def acting() -> T:
            before = app.entitled(subject)
            result = await call()
            if before and not app.entitled(subject):
                now = asyncio.get_running_loop().time()
                app.taken_away.append((now, before))
                app.taken_at.append((now, before))
            app.written.add(result.id if isinstance(result, Account) else subject)
            app.check()
            return result

        try:
            if along:
                made: T = await self._messages.gathering.ask((verb, subject, acting))
                return made
            return await self._ask(verb, subject, acting)
        finally:
            app.writing[subject] -= 1

    async def _ask(self, verb: str, subject: str, call: Callable[[], Awaitable[T]]) -> T:
        app = self._app
        self._may_ask(verb, subject)
        fault = app.fault()
        await asyncio.sleep(app.chance.uniform(0.01, 0.3))
        if fault is None:
            result = await app.act(verb, subject, call)
            await asyncio.sleep(app.chance.uniform(0.0, 0.1))
            return result
        app.happened[fault] += 1
        app.trace(f"fault {fault} at {verb} {subject}")
        if fault in ("answer lost", "acted, then 500"):
            await app.act(verb, subject, call)
        elif fault == "acts late":
            later = asyncio.create_task(self._later(verb, subject, call))
            later.add_done_callback(lambda done: done.cancelled() or done.exception())
        if fault in ("answer lost", "request lost", "acts late"):
            await asyncio.sleep(30)  # the client's own time limit
        raise _error(fault, app.chance)

    def _may_ask(self, verb: str, subject: str) -> None:
        """P6: whoever asks has the lease."""
        may_leave()
        if not self._holds():
            self._app.violations.append(f"P6: {verb} {subject} leaves without a lease")

    async def _later(self, verb: str, subject: str, call: Callable[[], Awaitable[Any]]) -> None:
        await asyncio.sleep(30 + self._app.chance.uniform(0.0, SETTLING))
        await self._app.act(verb, subject, call)


Part = tuple[str, str, Callable[[], Awaitable[Any]]]
"""One operation of a message: what, about whom, and how the app does it."""


class Messages:
    """Writes about people that leave together; implements ``ports.Bulk``.

    A message may be lost as a whole, before the app acts on any of it, in the middle, or
    after; and any operation in one that arrives may fail or be left out of the answer.
    """

    def __init__(self, app: SimulatedApp, may_ask: Callable[[str, str], None]) -> None:
        self._app = app
        self._may_ask = may_ask
        self.gathering: Gathering[Part, Any] = Gathering(self._carried)

    @property
    def at_once(self) -> int:
        """How many at the same time."""
        return self.gathering.at_once

    def takes(self, kind: Kind, changes: Sequence[ValueChange] = ()) -> bool:
        """Everything about people."""
        return kind is Kind.USER

    async def learn(self, trace: Trace) -> None:
        """Nothing to learn."""

    async def _carried(self, parts: Sequence[Part]) -> Sequence[Any]:
        app, chance = self._app, self._app.chance
        verb, subject, _ = parts[0]
        self._may_ask(verb, subject)
        fault = app.fault()
        await asyncio.sleep(chance.uniform(0.01, 0.3))
        app.happened["messages of several"] += len(parts) > 1
        if fault is None:
            self.gathering.took(len(parts), 0.0)
            return [await self._one(part) for part in parts]
        self.gathering.lost(len(parts))
        app.happened[fault] += 1
        app.trace(f"fault {fault} at a message of {len(parts)}")
        acted = parts[: chance.randint(0, len(parts))]
        if fault in ("answer lost", "acted, then 500"):
            await self._do(acted)
        elif fault == "acts late":
            later = asyncio.create_task(self._later(acted))
            later.add_done_callback(lambda done: done.cancelled() or done.exception())
        if fault in ("answer lost", "request lost", "acts late"):
            await asyncio.sleep(30)
        raise _error(fault, chance)

    async def _one(self, part: Part) -> Any:
        """Do one operation of a message that arrived; return what its answer says."""
        app, (verb, subject, call) = self._app, part
        fault = app.fault()
        if fault in (None, "answer lost", "acted, then 500", "acts late"):
            try:
                result = await app.act(verb, subject, call)
            except ConnectorError as error:
                result = error
            if fault is None:
                return result
        app.happened[f"operation: {fault}"] += 1
        app.trace(f"fault {fault} at {verb} {subject} in a message")
        if fault in ("answer lost", "request lost", "acts late"):
            return InDoubt("The answer left it out.")
        return _error(fault or "401", app.chance)

    async def _later(self, parts: Sequence[Part]) -> None:
        await asyncio.sleep(30 + self._app.chance.uniform(0.0, SETTLING))
        await self._do(parts)

    async def _do(self, parts: Sequence[Part]) -> None:
        for verb, subject, call in parts:
            with contextlib.suppress(ConnectorError):
                await self._app.act(verb, subject, call)


def _error(fault: str, chance: random.Random) -> ConnectorError:
    match fault:
        case "unreachable":
            return Unreachable("Nobody listens there.")
        case "answer lost" | "request lost" | "acts late":
            return InDoubt("The answer did not come in time.")
        case "acted, then 500" | "503":
            return Transient("The app failed on its side.", status=500)
        case "throttled":
            waits = chance.choice((None, 1.0, 30.0, 2000.0))
            return Throttled("Too many requests.", retry_after=waits)
        case "refused":
            return Refused("The app says no this time.", status=400)
        case _:
            return CredentialsRejected("The token is not known.", status=401)
