"""The port to the engine's memory: facts for the walk, and all that a cycle writes down.

Beside the walk. What one write holds is ``provisioning.journal.Work``.
"""

import datetime as dt
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from seatkeeper.directory.model import (
    Kind,
)
from seatkeeper.directory.nesting import Regrouped
from seatkeeper.ports.ledger_accounts import LedgerOfAccounts
from seatkeeper.ports.ledger_ages import LedgerOfAges
from seatkeeper.ports.ledger_holds import LedgerOfHolds
from seatkeeper.provisioning.cycle import Cycle, CycleKind
from seatkeeper.provisioning.events import Events, LogQuery
from seatkeeper.provisioning.history import Day
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
    WaitingCause,
    Whereabouts,
    Work,
)
from seatkeeper.provisioning.link import Link
from seatkeeper.provisioning.log import LogEntry
from seatkeeper.provisioning.match import Claim
from seatkeeper.provisioning.message import Message
from seatkeeper.provisioning.quarantine import LatestWrites
from seatkeeper.provisioning.reconcile import Finding, Found, Reconciled
from seatkeeper.provisioning.undone import UndoneValue
from seatkeeper.provisioning.walk import Facts


@dataclass(frozen=True, slots=True)
class Touched:
    """Records that a stretch of the feed concerns; members of ``member_groups`` come beside.

    ``read_to`` is the last change that was looked at. ``edited_groups`` are
    those that changed themselves, by name for one. ``first_at`` is when each of
    ``users`` and ``groups`` changed first.
    """

    users: frozenset[str]
    groups: frozenset[str]
    member_groups: frozenset[str]
    read_to: int
    edited_groups: frozenset[str] = frozenset()
    first_at: Mapping[str, dt.datetime] = field(default_factory=dict)


class Ledger(LedgerOfHolds, LedgerOfAges, LedgerOfAccounts, Protocol):
    """What the engine knows and writes down, of all apps; see also its bases.

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
        """Forget the entries of a cycle that was interrupted while planning, in several writes."""

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

    async def managers_of_planned(
        self, cycle_id: str, also: Collection[str] = ()
    ) -> Mapping[str, tuple[str | None, int]]:
        """Return of people whose values this cycle sends their manager's record id and their place.

        Only of those to whom somebody reports, and of these.
        """

    async def reports_of_planned(
        self, cycle_id: str, managers: Collection[str], *, after: str = "", limit: int = 500
    ) -> tuple[Sequence[tuple[str, str, int]], str | None]:
        """Return who of a page of reports to these is sent: record, manager and place of each.

        And the record after which the next page begins, or none.
        """

    async def levels_of_planned(
        self, cycle_id: str, kind: Kind, ids: Collection[str]
    ) -> Mapping[str, int]:
        """Return the places of those of these planned records that do not come first (0)."""

    async def set_levels(self, cycle_id: str, kind: Kind, levels: Mapping[str, int]) -> None:
        """Store these records' places in the order of writing; a page, since writers wait."""

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

        And groups whose members' writing was interrupted. Nobody who is in escrow.
        """

    async def waiting_for(
        self, app_id: str, missing_ids: Collection[str]
    ) -> Mapping[Key, set[str]]:
        """Return linked records that wait until one of these has an account, with whom for."""

    async def escrows_of(
        self, app_id: str, kind: Kind, ids: Collection[str]
    ) -> Mapping[str, Escrow]:
        """Return the escrows of those of these records that failed and wait for their own try."""

    async def linked_groups_of(
        self, app_id: str, member_ids: Collection[str]
    ) -> Mapping[str, set[str]]:
        """Return the groups with an account that these are direct members of, with whom."""

    async def account_names(self, app_id: str, account_ids: Collection[str]) -> Mapping[str, str]:
        """Return whose accounts these are, by the names they were last written under."""

    async def member_difference(
        self,
        app_id: str,
        group_id: str,
        *,
        after: str = "",
        most: int | None = None,
        among: int | None = None,
    ) -> MemberDifference:
        """Compare a group's members in the directory with those last written.

        ``most``: only so many that differ are told of each side, the first by id after that one;
        ``among``: only so many members are looked at.
        """

    async def member_counts(self, app_id: str, group_id: str) -> tuple[int, int]:
        """Return how many members a group has here, and how many surely are in it there."""

    async def escrow(self, app_id: str, kind: Kind, record_id: str) -> Escrow | None:
        """Return a record's escrow, or none."""

    async def due(self, app_id: str, now: dt.datetime, limit: int = 500) -> Sequence[Escrow]:
        """Return escrows that may be tried again, longest waiting first."""

    async def escrows(
        self, app_id: str, *, kind: Kind | None = None, limit: int = 1000
    ) -> Sequence[Escrow]:
        """Return the newest escrows of an app."""

    async def whereabouts(
        self, kind: Kind, ids: Collection[str]
    ) -> Mapping[str, Mapping[str, Whereabouts]]:
        """Return per record and app its account, failure and held removal, where there is any."""

    async def waiting_causes(self, app_id: str, *, examples: int = 10) -> Sequence[WaitingCause]:
        """Return why records wait, with how many and the newest; the newest cause first."""

    async def waiting_counts(self) -> Mapping[str, int]:
        """Return how many records wait for a try of their own, by app where there are any."""

    async def retry_now(
        self, app_id: str, records: Collection[Key] | None, now: dt.datetime, *, code: str = ""
    ) -> int:
        """Make these records' escrows due, or all (of a cause); return how many are due now."""

    async def waiting_people(self, app_id: str) -> tuple[int, int]:
        """Return how many people wait, and how many of them have no account."""

    async def health(self, app_id: str) -> Health:
        """Return how the app is."""

    async def write(self, app_id: str, work: Work) -> None:
        """Make all of it true in one transaction, durable when this returns."""

    async def cycles(
        self,
        app_id: str,
        *,
        before: int | None = None,
        after: int | None = None,
        since: dt.datetime | None = None,
        limit: int = 20,
    ) -> Sequence[Cycle]:
        """Return an app's cycles, newest first, of those begun at ``since`` or later.

        Below number ``before``; or the ones that follow ``after``.
        """

    async def address(self, app_id: str) -> str | None:
        """Return the address that the app's links stand for, or none before the first cycle."""

    async def held_links(
        self, app_id: str, *, after: Key | None = None, limit: int = 100
    ) -> Sequence[Link]:
        """Return a page of links that are held, by kind and record."""

    async def some_links(self, app_id: str, kind: Kind, most: int) -> Sequence[Link]:
        """Return links that are not held, at most so many, evenly from all of them."""

    async def cycle_named(self, app_id: str, name: str) -> Cycle | None:
        """Return the cycle with that number or id, or none."""

    async def written_in(
        self, cycle_id: str, *, after: int = 0, limit: int = 500
    ) -> Sequence[tuple[int, LogEntry]]:
        """Return a page of a cycle's log, in the order of writing, with running numbers."""

    async def undone(self, app_id: str, kind: Kind, record_id: str) -> Sequence[UndoneValue]:
        """Return what of a record was undone and is held back, memberships included."""

    async def records_of(
        self, app_id: str, kind: Kind, account_ids: Collection[str]
    ) -> Mapping[str, str]:
        """Return whose accounts these are, also those that held links had before, by account."""

    async def unchecked_links(
        self, app_id: str, kind: Kind, before: dt.datetime, *, after: str = "", limit: int = 100
    ) -> Sequence[Link]:
        """Return a page of links, by record, whose accounts were not looked at since ``before``."""

    async def checked_at(self, app_id: str, kind: Kind, record_id: str) -> dt.datetime | None:
        """Return when a record's account was looked at last, or none."""

    async def members_written(self, app_id: str, group_id: str) -> Mapping[str, str]:
        """Return a group's members as surely written: account to record, without held links."""

    async def findings(
        self,
        app_id: str,
        *,
        accounts: tuple[Kind, Collection[str]] | None = None,
        record: Key | None = None,
        since: dt.datetime | None = None,
        after: tuple[Kind, str] | None = None,
        limit: int = 500,
    ) -> Sequence[Finding]:
        """Return what was found, by kind and account: of these accounts, or this record.

        ``since``: only what was looked at since then; ``after`` pages forward.
        """

    async def finding_counts(self, app_id: str) -> Mapping[Found, int]:
        """Return how often each thing was found."""

    async def reconciled(self, app_id: str) -> Reconciled | None:
        """Return the last look at everybody, or none."""

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

    async def events(
        self,
        query: LogQuery,
        *,
        before: int | None = None,
        after: int | None = None,
        limit: int,
        counted: bool = False,
    ) -> Events:
        """Return a page of the log that fits, newest first.

        Below number ``before``; or the ones that follow ``after``. ``counted``: the first page
        also says how many there are, which costs more than the page.
        """

    async def event(self, event_id: str) -> tuple[int, LogEntry] | None:
        """Return one log entry by its id, or none where it is not kept any more."""

    async def newer_events(self, query: LogQuery, after: int, *, most: int = 1_000) -> int:
        """Return how many log entries over number ``after`` fit, at most ``most``."""

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

    async def learned_rates(self, app_id: str) -> Mapping[str, object]:
        """Return what was learned about an app's limits, by limit; empty where it never refused."""

    async def keep_rates(self, app_id: str, learned: Mapping[str, object]) -> None:
        """Keep what was learned about an app's limits; empty forgets it."""

    async def failing(self, app_id: str) -> LatestWrites:
        """Return the app's latest writes, as the last cycle that wrote left them."""

    async def days(self, app_id: str, *, limit: int = 30) -> Sequence[Day]:
        """Return an app's days on which a cycle ended, newest first."""

    async def open_notices(self, app_id: str) -> Mapping[str, Message]:
        """Return the causes of an app that hold, with what is said of them."""
