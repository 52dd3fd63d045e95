"""An app in memory: keeps accounts as a real one would, for tests and for trying rules out.

    source change -> scope -> map -> match -> plan -> [export] -> log

It obeys the same contract as the SCIM target, and writes down what it was
asked. Faults are planted by number: the second create fails before it acts,
the fifth update after, as a lost answer does.
"""

import itertools
import uuid
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, NamedTuple

from seatkeeper.directory.model import Kind
from seatkeeper.errors import Conflict, ConnectorError, Refused, Vanished
from seatkeeper.ports import Bulk, Exchange, NoBulk, Page, Trace
from seatkeeper.provisioning.account import (
    Account,
    Capabilities,
    TargetValue,
    TargetValues,
    ValueChange,
)
from seatkeeper.provisioning.connection import CheckName, CheckResult, ConnectionCheck

UNIQUE = {Kind.USER: "userName", Kind.GROUP: "displayName"}


class Asked(NamedTuple):
    """One request that the app received; ``subject`` is an id or the value looked for."""

    verb: str
    kind: Kind
    subject: str


class Planted(NamedTuple):
    """A fault: ``error`` is raised at request number ``nth`` (from 1), before or after it acts."""

    nth: int
    error: ConnectorError
    when: Literal["before", "after"] = "before"


@dataclass
class MemoryTarget:
    """A working app without a network; implements ``ports.Target``."""

    capabilities: Capabilities = field(default_factory=Capabilities)
    faults: Sequence[Planted] = ()
    exact: frozenset[str] = frozenset({"externalId"})
    journal: list[Asked] = field(default_factory=list)
    held: dict[Kind, dict[str, dict[str, TargetValue]]] = field(
        default_factory=lambda: {kind: {} for kind in Kind}
    )
    memberships: dict[str, set[str]] = field(default_factory=dict)
    bulk: Bulk = field(default_factory=NoBulk)

    async def probe(self, matching_path: str) -> str:
        """Answer as an app that is well; planted faults count here too."""
        self._ask("probe", Kind.USER, matching_path, Trace())
        self._answered()
        return "The app in memory answers."

    async def checks(self, matching_path: str) -> AsyncIterator[ConnectionCheck]:
        """Answer every check as an app that is well; planted faults count once."""
        self._ask("probe", Kind.USER, matching_path, Trace())
        self._answered()
        for name in CheckName:
            yield ConnectionCheck(name, CheckResult.PASSED, "The app in memory answers.")

    async def find(self, kind: Kind, path: str, value: str, trace: Trace) -> Sequence[Account]:
        """Return the accounts whose ``path`` equals ``value`` by its case rule."""
        self._ask("find", kind, value, trace)
        found = [
            Account(account_id, dict(values))
            for account_id, values in self.held[kind].items()
            if self._same(path, value, account_id if path == "id" else values.get(path))
        ]
        self._answered()
        return found

    async def read(self, kind: Kind, account_id: str, trace: Trace) -> Account | None:
        """Return the account, or none."""
        self._ask("read", kind, account_id, trace)
        values = self.held[kind].get(account_id)
        self._answered()
        return None if values is None else Account(account_id, dict(values))

    async def page(self, kind: Kind, start: int, trace: Trace) -> Page:
        """Return a page of the list, in the order in which accounts were made."""
        self._ask("page", kind, str(start), trace)
        every = list(self.held[kind].items())
        listed = every[start - 1 : start - 1 + self.capabilities.page_size]
        self._answered()
        return Page([Account(one, dict(values)) for one, values in listed], len(every))

    async def create(self, kind: Kind, values: TargetValues, trace: Trace) -> Account:
        """Create an account unless its name is taken."""
        self._ask("create", kind, str(values.get(UNIQUE[kind], "")), trace)
        self._refuse_taken(kind, values, besides=None)
        account_id = str(uuid.uuid4())
        kept = {path: value for path, value in values.items() if path != "members"}
        self.held[kind][account_id] = kept
        self._answered()
        return Account(account_id, dict(kept))

    async def update(
        self, kind: Kind, account_id: str, changes: Sequence[ValueChange], trace: Trace
    ) -> None:
        """Make the changes true, all or none."""
        self._ask("update", kind, account_id, trace)
        after = dict(self._of(kind, account_id))
        for change in changes:
            value = _changed(after.get(change.path), change)
            if value is None:
                after.pop(change.path, None)
            else:
                after[change.path] = value
        self._refuse_taken(kind, after, besides=account_id)
        self.held[kind][account_id] = after
        self._answered()

    async def change_members(
        self, group_id: str, add: Sequence[str], remove: Sequence[str], trace: Trace
    ) -> None:
        """Add and remove members, one request per batch as an app with limits needs."""
        size = self.capabilities.groups.members_per_patch if self.capabilities.groups else 1
        every = [(True, one) for one in add] + [(False, one) for one in remove]
        for start in range(0, len(every), size):
            self._ask("members", Kind.GROUP, group_id, trace)
            self._of(Kind.GROUP, group_id)
            held = self.memberships.setdefault(group_id, set())
            for joins, one in every[start : start + size]:
                held.add(one) if joins else held.discard(one)
            self._answered()

    async def members(self, group_id: str, trace: Trace) -> frozenset[str] | None:
        """Return the members, or none where this app does not show them."""
        groups = self.capabilities.groups
        if groups is None or not groups.members_readable:
            return None
        self._ask("read members", Kind.GROUP, group_id, trace)
        self._of(Kind.GROUP, group_id)
        self._answered()
        return frozenset(self.memberships.get(group_id, ()))

    async def delete(self, kind: Kind, account_id: str, trace: Trace) -> None:
        """Delete the account, with its memberships."""
        self._ask("delete", kind, account_id, trace)
        abilities = self.capabilities.users if kind is Kind.USER else self.capabilities.groups
        if abilities is None or not abilities.delete:
            raise Refused("The app does not delete accounts (405).", status=405)
        self.held[kind].pop(account_id, None)
        self.memberships.pop(account_id, None)
        for members in self.memberships.values():
            members.discard(account_id)
        self._answered()

    def learned(self) -> Mapping[str, object]:
        """Return nothing: memory takes any number of requests."""
        return {}

    async def close(self) -> None:
        """Do nothing; memory has no connections."""

    def _ask(self, verb: str, kind: Kind, subject: str, trace: Trace) -> None:
        self.journal.append(Asked(verb, kind, subject))
        trace.exchanges.append(Exchange(verb, kind.value, None, str(len(self.journal)), 0))
        self._fail("before")

    def _answered(self) -> None:
        self._fail("after")

    def _fail(self, when: str) -> None:
        for fault in self.faults:
            if fault.nth == len(self.journal) and fault.when == when:
                raise fault.error

    def _of(self, kind: Kind, account_id: str) -> dict[str, TargetValue]:
        if account_id not in self.held[kind]:
            raise Vanished("The app has no account with that id any more.", status=404)
        return self.held[kind][account_id]

    def _refuse_taken(self, kind: Kind, values: TargetValues, *, besides: str | None) -> None:
        path = UNIQUE[kind]
        wanted = values.get(path)
        taken = itertools.chain(
            other[path]
            for other_id, other in self.held[kind].items()
            if other_id != besides and path in other
        )
        if wanted is not None and any(self._same(path, str(wanted), one) for one in taken):
            raise Conflict("A value that must be unique belongs to another account.", status=409)

    def _same(self, path: str, ours: str, theirs: TargetValue | None) -> bool:
        if theirs is None:
            return False
        if path in self.exact or path == "id":
            return str(theirs) == ours
        return str(theirs).casefold() == ours.casefold()


def _changed(held: TargetValue | None, change: ValueChange) -> TargetValue | None:
    """Return what is there once a change is made: of a list only what the change names."""
    if not isinstance(change.old, tuple) and not isinstance(change.new, tuple):
        return change.new
    old, new = (one if isinstance(one, tuple) else () for one in (change.old, change.new))
    there = held if isinstance(held, tuple) else ()
    kept = [one for one in there if one not in old or one in new]
    return tuple(dict.fromkeys([*kept, *(one for one in new if one not in old)])) or None
