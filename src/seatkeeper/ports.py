"""Every door to the outside, on one page.

The walk is pure; what it needs from the world comes through these protocols.
Each has one contract suite under ``tests/contracts`` that every implementation
runs. Ports are asynchronous; implementations on SQL run their work in threads.
"""

import datetime as dt
from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from seatkeeper.directory.model import (
    Application,
    Assignment,
    Change,
    Group,
    Kind,
    Membership,
    User,
    Value,
    Values,
)
from seatkeeper.directory.nesting import Regrouped
from seatkeeper.provisioning.account import (
    Account,
    Capabilities,
    TargetValues,
    ValueChange,
)
from seatkeeper.provisioning.cycle import Cycle, CycleKind
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
from seatkeeper.provisioning.log import LogEntry
from seatkeeper.provisioning.match import Claim
from seatkeeper.provisioning.walk import Facts

# --- the app -----------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Exchange:
    """One request to an app and what came back, without headers, secrets or bodies.

    ``path`` has the values of filters replaced by a digest, because names of
    people do not belong in logs; ``request_id`` is ours, sent as
    ``X-Request-Id``; ``milliseconds`` by a monotonic clock.
    """

    method: str
    path: str
    status: int | None
    request_id: str
    milliseconds: int


@dataclass(slots=True)
class Trace:
    """Collects the exchanges made for one record, in order, failed ones included."""

    exchanges: list[Exchange] = field(default_factory=list)


class Target(Protocol):
    """An application that receives accounts.

    A target translates and decides nothing: scope, mapping, matching and
    retries belong to its callers. Every method may raise ``ConnectorError``
    and nothing else, and is safe to repeat after a crash.
    """

    capabilities: Capabilities

    async def probe(self, matching_path: str) -> str:
        """Prove address and token with one harmless filtered read (Test Connection).

        Returns a sentence for people that says what was proven.
        """

    async def find(self, kind: Kind, path: str, value: str, trace: Trace) -> Sequence[Account]:
        """Return every account whose ``path`` equals ``value``; never guess, never more.

        An app that ignores the filter is noticed by comparing what came back,
        and raises ``Incompatible``.
        """

    async def read(self, kind: Kind, account_id: str, trace: Trace) -> Account | None:
        """Return the account with that id (a group without members), or none if it is gone."""

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

    async def close(self) -> None:
        """Close connections; the target is not used afterwards."""


# --- the directory -----------------------------------------------------------


@dataclass(frozen=True, slots=True)
class UserEdit:
    """What should become true of one user; fields left at their default stay as they are.

    ``attributes`` maps names to new values, ``None`` removes one.
    ``manager_id``: an id sets, the empty string clears.
    """

    attributes: Mapping[str, Value | None] = field(default_factory=dict)
    enabled: bool | None = None
    manager_id: str | None = None


class Directory(Protocol):
    """The people, groups and assignments, and the feed of what changed.

    Each method that writes is one transaction: the edit, one feed entry per
    change, in commit order and without gaps, and one audit row with the
    actor. An edit that changes nothing writes nothing.
    """

    async def user(self, who: str) -> User:
        """Return a user by id, userName or mail (in this order, ignoring case).

        Raises ``NotFound``; also when several answer to that mail.
        """

    async def users(self, ids: Collection[str]) -> Mapping[str, User]:
        """Return those of ``ids`` that exist, soft-deleted ones included."""

    async def all_users(self, *, after: str = "", limit: int = 500) -> Sequence[User]:
        """Return a page of users in the order of ids, after ``after``."""

    async def create_user(self, edit: UserEdit, *, actor: str, user_id: str | None = None) -> User:
        """Create a user; ``userPrincipalName`` is required and unique ignoring case."""

    async def edit_user(self, user_id: str, edit: UserEdit, *, actor: str) -> User:
        """Carry out one edit. Raises ``InvalidValue`` and changes nothing on a bad value."""

    async def delete_user(self, user_id: str, *, actor: str, now: dt.datetime) -> None:
        """Soft-delete: kept for ``RECYCLE_DAYS``, not active, memberships kept for a restore."""

    async def restore_user(self, user_id: str, *, actor: str) -> None:
        """Bring a soft-deleted user back as they were."""

    async def purge_user(self, user_id: str, *, actor: str) -> None:
        """Hard-delete with memberships, assignments and as anybody's manager."""

    async def purge_expired(self, *, now: dt.datetime) -> int:
        """Purge users soft-deleted for more than ``RECYCLE_DAYS``; return how many."""

    async def reports_of(self, manager_id: str) -> Sequence[str]:
        """Return the ids of the people who have this manager."""

    async def group(self, who: str) -> Group:
        """Return a group by id or exact display name. Raises ``NotFound``."""

    async def groups(self, ids: Collection[str]) -> Mapping[str, Group]:
        """Return those of ``ids`` that exist."""

    async def all_groups(self, *, after: str = "", limit: int = 500) -> Sequence[Group]:
        """Return a page of groups in the order of ids, after ``after``."""

    async def create_group(
        self,
        display_name: str,
        *,
        actor: str,
        attributes: Values | None = None,
        group_id: str | None = None,
    ) -> Group:
        """Create a group; the display name is required, and unique."""

    async def edit_group(
        self, group_id: str, attributes: Mapping[str, Value | None], *, actor: str
    ) -> Group:
        """Change attributes (``displayName`` included); ``None`` removes one."""

    async def delete_group(self, group_id: str, *, actor: str) -> None:
        """Delete for good, with memberships and assignments (each is a change of its own)."""

    async def memberships(
        self, group_id: str, *, after: str = "", limit: int = 1000
    ) -> Sequence[Membership]:
        """Return a page of a group's direct members in the order of member ids."""

    async def groups_of(self, member_id: str) -> Sequence[Group]:
        """Return the groups somebody is a direct member of, by display name."""

    async def change_members(
        self, group_id: str, *, add: Sequence[str] = (), remove: Sequence[str] = (), actor: str
    ) -> None:
        """Add and remove direct members (user or group ids); doing it twice is doing it once."""

    async def assign(self, assignment: Assignment, *, actor: str) -> None:
        """Assign a principal to an application; a second time replaces the role and the reach.

        Raises ``InvalidValue`` for a person with ``nested``: only groups are.
        """

    async def unassign(self, app_id: str, principal_id: str, *, actor: str) -> None:
        """End an assignment; ending one that is not there changes nothing."""

    async def assignments(
        self, app_id: str, *, after: str = "", limit: int = 1000
    ) -> Sequence[Assignment]:
        """Return a page of an application's assignments in the order of principal ids."""

    async def changes(self, *, after: int, limit: int = 1000) -> Sequence[Change]:
        """Return committed changes with ``seq`` over ``after``, in the order of commits.

        Any number of readers may read; each keeps its own position. What is
        returned is never followed later by a smaller number.
        """

    async def last_change(self) -> int:
        """Return the newest committed ``seq``, 0 before the first change."""


# --- telling people ----------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Notice:
    """One mail to be sent: plain text, no attribute values, no secrets."""

    id: int
    recipient: str
    subject: str
    body: str


class Post(Protocol):
    """Delivers a notice; raises ``Unreachable`` or ``Refused`` when it could not."""

    async def deliver(self, notice: Notice) -> None:
        """Hand the notice to the mail server."""


# --- the engine's memory -----------------------------------------------------


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

    async def linked_record(self, app_id: str, kind: Kind, account_id: str) -> str | None:
        """Return the record that an account is linked to, or none."""

    async def healable(self, app_id: str, kind: Kind, *, limit: int = 500) -> Sequence[str]:
        """Return records with a waiting reference whose other end has an account now."""

    async def waiting_for(
        self, app_id: str, missing_ids: Collection[str]
    ) -> Mapping[Key, set[str]]:
        """Return linked records that wait until one of these has an account, with whom for."""

    async def linked_groups_of(
        self, app_id: str, member_ids: Collection[str]
    ) -> Mapping[str, set[str]]:
        """Return the groups with an account that these are direct members of, with whom."""

    async def member_difference(self, app_id: str, group_id: str) -> MemberDifference:
        """Compare a group's members in the directory with those last written."""

    async def escrow(self, app_id: str, kind: Kind, record_id: str) -> Escrow | None:
        """Return a record's escrow, or none."""

    async def due(self, app_id: str, now: dt.datetime, limit: int = 500) -> Sequence[Escrow]:
        """Return escrows that may be tried again, longest waiting first."""

    async def escrows(self, app_id: str, *, limit: int = 1000) -> Sequence[Escrow]:
        """Return all escrows of an app, newest first."""

    async def health(self, app_id: str) -> Health:
        """Return how the app is."""

    async def write(self, app_id: str, work: Work) -> None:
        """Make all of it true in one transaction, durable when this returns."""

    async def cycles(self, app_id: str, *, limit: int = 20) -> Sequence[Cycle]:
        """Return an app's cycles, newest first."""

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
        """Return orders that nobody has answered, oldest first."""

    async def reopen_orders(self) -> None:
        """Open the orders again that an engine took and died over."""

    async def order(self, order_id: int) -> Order:
        """Return one order with its answer so far. Raises ``NotFound``."""

    async def answer_order(
        self, order_id: int, state: str, answer: Mapping[str, object] | None
    ) -> None:
        """Note that an order is taken, done or failed."""

    async def unsent_notices(self, now: dt.datetime, *, limit: int = 50) -> Sequence[Notice]:
        """Return mails that are due to be sent."""

    async def notice_sent(self, notice_id: int, *, now: dt.datetime) -> None:
        """Note that a mail was handed over."""

    async def notice_failed(self, notice_id: int, error: str, *, now: dt.datetime) -> None:
        """Note that a mail could not be handed over; it is tried again later."""


# --- configuration, secrets, audit -------------------------------------------


@dataclass(frozen=True, slots=True)
class StoredApp:
    """One configured application: who it is and its settings document.

    ``settings`` is the plain-data document of ``configuration.settings``;
    ``version`` counts its saves from 1 and is the optimistic lock.
    """

    application: Application
    settings: Mapping[str, object]
    version: int
    has_secret: bool
    secret_last_four: str = ""


@dataclass(frozen=True, slots=True)
class SettingsVersion:
    """One save of an application's settings, and who made it when (none: not known any more)."""

    version: int
    settings: Mapping[str, object]
    actor: str
    at: dt.datetime | None


@dataclass(frozen=True, slots=True)
class KeptSchema:
    """The text of an imported schema document; settings refer to it by its ``digest``."""

    digest: str
    text: str


@dataclass(frozen=True, slots=True)
class AuditEntry:
    """Who did what, when; ``before`` and ``after`` are plain data without secrets."""

    seq: int
    at: dt.datetime
    actor: str
    action: str
    subject: str
    before: Mapping[str, object] | None
    after: Mapping[str, object] | None


class Configuration(Protocol):
    """The configured applications, their settings versions, secrets, and the audit trail."""

    async def apps(self) -> Sequence[StoredApp]:
        """Return all configured applications by id."""

    async def app(self, app_id: str) -> StoredApp:
        """Return one. Raises ``NotFound`` with the ids there are."""

    async def save_app(
        self,
        application: Application,
        settings: Mapping[str, object],
        *,
        actor: str,
        expected_version: int,
        secret: bytes | None = None,
        forget_secret: bool = False,
        schema: KeptSchema | None = None,
        action: str = "app.save",
    ) -> StoredApp:
        """Create (``expected_version`` 0) or change an application in one transaction.

        ``secret`` is the *plain* token, sealed by the store before it is
        written. Writes a feed change (subject ``APPLICATION``), an audit row
        with both documents ("changed" for a secret) under ``action``, and
        keeps the earlier version; ``schema`` is kept with it. Nothing is
        written when nothing differs. Raises ``InvalidValue`` when the version
        is not the current one.
        """

    async def history(self, app_id: str) -> Sequence[SettingsVersion]:
        """Return every version of the settings, newest (the present one) first.

        Raises ``NotFound``.
        """

    async def kept_schema(self, app_id: str, digest: str) -> KeptSchema | None:
        """Return the schema document of that digest, or none where there is no such."""

    async def remove_app(self, app_id: str, *, actor: str) -> None:
        """Remove an application with its assignments; accounts in the app are not touched."""

    async def reveal_secret(self, app_id: str) -> bytes:
        """Return the token in plain. Raises ``NotFound`` or ``KeyMissing``."""

    async def audit(self, *, before: int | None = None, limit: int = 100) -> Sequence[AuditEntry]:
        """Return audit entries, newest first."""

    async def record_decision(
        self, actor: str, action: str, subject: str, after: Mapping[str, object]
    ) -> None:
        """Write an audit row for a decision that is not a save (restart, consent)."""


# --- people files ------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class PersonRow:
    """One checked row of a people file.

    ``attributes``: ``None`` means the cell was there and empty (clear it);
    a column that the file lacks is not in the mapping and stays as it is.
    ``manager`` is a userName ("" clears, none leaves); ``groups`` display names
    that shall be exactly the person's groups, or none to leave them.
    """

    line: int
    user_name: str
    attributes: Mapping[str, Value | None]
    enabled: bool | None = None
    manager: str | None = None
    groups: tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True)
class ImportSummary:
    """What an import did. ``continued_from``: rows an earlier, interrupted run had applied."""

    rows: int
    created: int
    updated: int
    unchanged: int
    groups_created: int
    continued_from: int = 0


class PeopleImport(Protocol):
    """Applies checked rows in short transactions that a restart continues."""

    async def apply_rows(
        self, digest: str, rows: AsyncIterator[PersonRow], *, total: int, actor: str
    ) -> ImportSummary:
        """Apply all rows of the file with this SHA-256.

        Users are found by userName ignoring case; managers are set after all
        users exist. A file that was interrupted goes on after its last
        committed batch; a file that was finished may be applied again.
        """
