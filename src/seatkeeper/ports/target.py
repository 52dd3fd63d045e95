"""The port to an app: a ``Target`` answers questions about accounts and carries out writes.

At the end of the walk. The contract suite is ``tests/contracts/test_target.py``.
"""

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from seatkeeper.directory.model import (
    Kind,
)
from seatkeeper.provisioning.account import (
    Account,
    Capabilities,
    TargetValues,
    ValueChange,
)
from seatkeeper.provisioning.connection import ConnectionCheck


@dataclass(frozen=True, slots=True)
class Exchange:
    """One request to an app and what came back, without headers or secrets.

    ``path`` has the values of filters replaced by a digest, because names of
    people do not belong in logs; ``request_id`` is ours, sent as
    ``X-Request-Id``; ``milliseconds`` by a monotonic clock. ``sent`` and ``answered`` are
    the bodies as plain data, of a request that the app refused; none: nothing is kept.
    ``operation`` is its number in a request that carried several, from 1; 0: it was a request
    of its own.
    """

    method: str
    path: str
    status: int | None
    request_id: str
    milliseconds: int
    sent: object = None
    answered: object = None
    operation: int = 0


@dataclass(slots=True)
class Trace:
    """Collects the exchanges made for one record, in order, failed ones included."""

    exchanges: list[Exchange] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Page:
    """A stretch of an app's list; ``total`` is how many accounts the app says there are.

    What is not in a list may be there all the same: only a look-up tells.
    """

    accounts: Sequence[Account]
    total: int


class Bulk(Protocol):
    """Which writes leave together with others in one request, at present."""

    @property
    def at_once(self) -> int:
        """How many of them can be under way at the same time; 0 where each goes alone."""

    def takes(self, kind: Kind, changes: Sequence[ValueChange] = ()) -> bool:
        """Whether a create, or an update with these changes, leaves together with others."""

    async def learn(self, trace: Trace) -> None:
        """Ask the app once whether it takes several writes in one request, where that is wanted.

        Raises ``ConnectorError`` as any question does.
        """


class NoBulk:
    """An app that gets every write alone."""

    at_once = 0

    def takes(self, kind: Kind, changes: Sequence[ValueChange] = ()) -> bool:
        """Say no."""
        return False

    async def learn(self, trace: Trace) -> None:
        """Ask nothing."""


class Target(Protocol):
    """An application that receives accounts.

    A target translates and decides nothing: scope, mapping, matching and
    retries belong to its callers. Every method may raise ``ConnectorError``
    and nothing else, and is safe to repeat after a crash. What ``bulk`` takes waits
    for others that are asked for at the same time; it is answered as if it had left alone,
    but one and the same error of several is that of the one request that they left in.
    """

    capabilities: Capabilities

    @property
    def bulk(self) -> Bulk:
        """Which writes leave together with others."""

    async def probe(self, matching_path: str) -> str:
        """Prove address and token with one harmless filtered read (Test Connection).

        Returns a sentence for people that says what was proven.
        """

    def checks(self, matching_path: str) -> AsyncIterator[ConnectionCheck]:
        """Test the connection by harmless reads, and yield each line as soon as it is known.

        Every ``CheckName`` comes once, in its order. What the app does becomes a line,
        never an exception.
        """

    async def find(self, kind: Kind, path: str, value: str, trace: Trace) -> Sequence[Account]:
        """Return every account whose ``path`` equals ``value``; never guess, never more.

        An app that ignores the filter is noticed by comparing what came back,
        and raises ``Incompatible``.
        """

    async def read(self, kind: Kind, account_id: str, trace: Trace) -> Account | None:
        """Return the account with that id (a group without members), or none if it is gone."""

    async def page(self, kind: Kind, start: int, trace: Trace) -> Page:
        """Return accounts from the ``start``-th of the app's list on, as many as one answer holds.

        Counted from 1; groups come without members. No account is left out or asked for again:
        what the app lists twice is there twice.
        """

    async def create(self, kind: Kind, values: TargetValues, trace: Trace) -> Account:
        """Create an account (a group empty) and return it. A taken value raises ``Conflict``."""

    async def update(
        self, kind: Kind, account_id: str, changes: Sequence[ValueChange], trace: Trace
    ) -> None:
        """Send exactly these differences. An account that is gone raises ``Vanished``."""

    async def change_members(
        self,
        group_id: str,
        add: Sequence[str],
        remove: Sequence[str],
        trace: Trace,
    ) -> None:
        """Add and remove members by account id, in as many requests as the app's limit needs."""

    async def members(self, group_id: str, trace: Trace) -> frozenset[str] | None:
        """Return the account ids of a group's members; none: the app does not show them."""

    async def delete(self, kind: Kind, account_id: str, trace: Trace) -> None:
        """Delete the account; one that is already gone counts as deleted."""

    def learned(self) -> Mapping[str, object]:
        """Return what the app's refusals taught about its limits, by limit; empty: it never did."""

    async def close(self) -> None:
        """Close connections; the target is not used afterwards."""
