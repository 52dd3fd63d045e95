"""The port to the engine's memory: facts for the walk, and all that a cycle writes down.

Beside the walk. What one write holds is ``provisioning.journal.Work``.
"""

import datetime as dt
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from seatkeeper.directory.model import (
    Kind,
)
from seatkeeper.directory.nesting import Regrouped
from seatkeeper.ports.post import Notice
from seatkeeper.provisioning.cycle import Cycle, CycleKind
from seatkeeper.provisioning.guard import Hold, HoldState, Numbers
from seatkeeper.provisioning.journal import (
    Entry,
    EntryState,
    Escrow,
    Health,
    Key,
    MemberDifference,
    Order,
    OrderVerb,
    Position,
    Work,
)
from seatkeeper.provisioning.link import Link
from seatkeeper.provisioning.log import LogEntry
from seatkeeper.provisioning.match import Claim
from seatkeeper.provisioning.walk import Facts


@dataclass(frozen=True, slots=True)
class Touched:
    """Records that a stretch of the feed concerns; members of ``member_groups`` come beside.

    ``read_to`` is the last change that was looked at. ``edited_groups`` are
    those that changed themselves, by name for one.
    """

    users: frozenset[str]
    groups: frozenset[str]
    member_groups: frozenset[str]
    read_to: int
    edited_groups: frozenset[str] = frozenset()


class Ledger(Protocol):
    """What the engine knows and writes down, of all apps.

    It keeps and finds; it decides nothing. ``write`` is the only method that
    changes an app's state, and does so in one transaction.
    """

    async def last_change(self) -> int:
        """Return the newest committed change of the directory."""

    async def facts(
        self, app_id: str, kind: Kind, ids: Collection[str], *, memberships: bool = False
    ) -> Sequence[Facts]:
        """Return the present facts of these records, gone ones included, in the order of ids.

        ``memberships``: also the groups that people are direct members of.
        """

    async def candidates(
        self, app_id: str, kind: Kind, *, everybody: bool, after: str = "", limit: int = 500
    ) -> Sequence[str]:
        """Return a page of record ids, by id, that an app may concern: assigned or linked.

        ``everybody``: all records of the directory and all that are linked.
        """

    async def touched(self, app_id: str, *, after: int, to: int, limit: int = 1000) -> Touched:
        """Return the records that changes over ``after`` up to ``to`` concern."""

    async def member_users(
        self, group_ids: Collection[str], *, after: str = "", limit: int = 500
    ) -> Sequence[str]:
        """Return a page of the people who are direct members of these groups, by id."""

    async def groups_below(self, group_ids: Collection[str]) -> Collection[str]:
        """Return these groups and all groups inside them, however deep; a loop ends."""

    async def regrouped(self, app_id: str, *, after: int) -> Sequence[Regrouped]:
        """Return below which groups the changes over ``after`` may have moved people in or out.

        Only what concerns the app's nested assignments, as they are or were since
        ``after``. It reads up to the newest change, whatever the end of a cycle's window.
        """

    async def position(self, app_id: str) -> Position | None:
        """Return the watermark, or none before the first cycle ended."""

    async def unfinished(self, app_id: str) -> Cycle | None:
        """Return the cycle that a crash or an absent app left open, or none."""

    async def open_cycle(
        self,
        app_id: str,
        kind: CycleKind,
        *,
        from_seq: int,
        to_seq: int,
        digest: str,
        now: dt.datetime,
    ) -> Cycle:
        """Open a cycle in state planning, numbered from 1 for each app."""

    async def drop_plan(self, cycle: Cycle) -> None:
        """Forget the entries of a cycle that was interrupted while planning."""

    async def entries(
        self,
        cycle_id: str,
        *,
        states: Collection[EntryState],
        kind: Kind | None = None,
        limit: int = 200,
    ) -> Sequence[Entry]:
        """Return entries in these states by kind, level and record."""

    async def entry_counts(self, cycle_id: str) -> Mapping[EntryState, int]:
        """Return how many entries of a cycle are in each state."""

    async def managers_of_planned(self, cycle_id: str) -> Mapping[str, str | None]:
        """Return record id to manager's record id, of the people this cycle creates."""

    async def set_levels(self, cycle_id: str, kind: Kind, levels: Mapping[str, int]) -> None:
        """Store each record's place in the order of writing."""

    async def changing(self, cycle_id: str, kind: Kind, paths: Collection[str]) -> Sequence[Entry]:
        """Return the planned entries of linked records that change a value at these paths."""

    async def rivals(
        self, app_id: str, kind: Kind, claims: Collection[Claim]
    ) -> Mapping[Claim, Sequence[tuple[str, str]]]:
        """Return who asks for these values: pairs of record id and name, per claim."""

    async def woken(
        self, app_id: str, kind: Kind, claims: Mapping[str, Collection[Claim]]
    ) -> Mapping[str, str]:
        """Return who may be tried again once these records ask for these values only.

        They wait because two asked for one value, and somebody stops asking for it;
        who that is comes with them. Nothing is written.
        """

    async def linked_record(self, app_id: str, kind: Kind, account_id: str) -> str | None:
        """Return the record that an account is linked to, or none."""

    async def healable(self, app_id: str, kind: Kind, *, limit: int = 500) -> Sequence[str]:
        """Return records with a waiting reference whose other end has an account now.

        And groups whose members' writing was interrupted, unless escrow retries them.
        """

    async def waiting_for(
        self, app_id: str, missing_ids: Collection[str]
    ) -> Mapping[Key, set[str]]:
        """Return linked records that wait until one of these has an account, with whom for."""

    async def linked_groups_of(
        self, app_id: str, member_ids: Collection[str]
    ) -> Mapping[str, set[str]]:
        """Return the groups with an account that these are direct members of, with whom."""

    async def account_names(self, app_id: str, account_ids: Collection[str]) -> Mapping[str, str]:
        """Return whose accounts these are, by the names they were last written under."""

    async def member_difference(self, app_id: str, group_id: str) -> MemberDifference:
        """Compare a group's members in the directory with those last written."""

    async def escrow(self, app_id: str, kind: Kind, record_id: str) -> Escrow | None:
        """Return a record's escrow, or none."""

    async def due(self, app_id: str, now: dt.datetime, limit: int = 500) -> Sequence[Escrow]:
        """Return escrows that may be tried again, longest waiting first."""

    async def escrows(self, app_id: str, *, limit: int = 1000) -> Sequence[Escrow]:
        """Return all escrows of an app, newest first."""

    async def retry_now(
        self, app_id: str, records: Collection[Key] | None, now: dt.datetime
    ) -> int:
        """Make these records' escrows due, or all; return how many wait and are due now."""

    async def removing(
        self, cycle_id: str, kind: Kind, *, after: str, limit: int
    ) -> Sequence[Entry]:
        """Return a page of planned entries that may take something away, by record."""

    async def holds(
        self, app_id: str | None, *, states: Collection[HoldState] = tuple(HoldState)
    ) -> Sequence[tuple[str, Hold]]:
        """Return what the guard holds, or somebody decided about, with the app."""

    async def spoken_about(self, app_id: str, now: dt.datetime) -> Sequence[Key]:
        """Return records about whose removal somebody decided so that a cycle must look again."""

    async def guard_numbers(
        self, app_id: str, *, cycle_began: dt.datetime, day_began: dt.datetime
    ) -> Numbers:
        """Return how many there are of each, and how many left without anybody's word."""

    async def decide(
        self,
        ids: Collection[str],
        state: HoldState,
        *,
        word: str,
        until: dt.datetime | None,
        actor: str,
        now: dt.datetime,
    ) -> Sequence[tuple[str, Hold]]:
        """Write down what somebody decided about these holds, with audit; all or none.

        Raises ``NotFound`` for an id that nothing waits under.
        """

    async def health(self, app_id: str) -> Health:
        """Return how the app is."""

    async def write(self, app_id: str, work: Work) -> None:
        """Make all of it true in one transaction, durable when this returns."""

    async def cycles(self, app_id: str, *, limit: int = 20) -> Sequence[Cycle]:
        """Return an app's cycles, newest first."""

    async def address(self, app_id: str) -> str | None:
        """Return the address that the app's links stand for, or none before the first cycle."""

    async def held_links(
        self, app_id: str, *, after: Key | None = None, limit: int = 100
    ) -> Sequence[Link]:
        """Return a page of links that are held, by kind and record."""

    async def some_links(self, app_id: str, kind: Kind, most: int) -> Sequence[Link]:
        """Return links that are not held, at most so many, evenly from all of them."""

    async def link_counts(self, app_id: str) -> Mapping[Kind, int]:
        """Return how many records of each kind are linked."""

    async def reset(self, app_id: str, what: Collection[str], *, actor: str) -> None:
        """Forget ``links``, ``watermark``, ``escrows`` and/or ``quarantine``, with audit."""

    async def log(
        self,
        app_id: str | None,
        *,
        record_id: str | None = None,
        status: str | None = None,
        since: dt.datetime | None = None,
        after: int = 0,
        newest_first: bool = True,
        limit: int = 100,
    ) -> Sequence[tuple[int, LogEntry]]:
        """Return provisioning log entries with their running number; ``after`` pages forward."""

    async def place_order(
        self,
        app_id: str,
        verb: OrderVerb,
        options: Mapping[str, object],
        *,
        actor: str,
        now: dt.datetime,
    ) -> int:
        """Leave an order for the running engine; return its number."""

    async def open_orders(self) -> Sequence[Order]:
        """Return orders that nobody has answered, oldest first; also those that an engine took."""

    async def order(self, order_id: int) -> Order:
        """Return one order with its answer so far. Raises ``NotFound``."""

    async def answer_order(
        self, order_id: int, state: str, answer: Mapping[str, object] | None
    ) -> None:
        """Note that an order is taken, done or failed."""

    async def unsent_notices(self, now: dt.datetime, *, limit: int = 50) -> Sequence[Notice]:
        """Return mails that are due to be sent."""

    async def take_notice(self, notice_id: int, *, now: dt.datetime) -> bool:
        """Take it on oneself to send a mail, for some minutes; false where somebody else did."""

    async def notice_sent(self, notice_id: int, *, now: dt.datetime) -> None:
        """Note that a mail was handed over."""

    async def notice_failed(self, notice_id: int, error: str, *, now: dt.datetime) -> None:
        """Note that a mail could not be handed over; it is tried again later."""
