"""What the engine writes down before, while and after it works.

Beside the walk: frozen values only. An entry is one record's place in one
cycle; a ``Work`` is everything that becomes true at the same moment, so that a
crash finds either all of it or nothing.
"""

import datetime as dt
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from seatkeeper.directory.model import Kind
from seatkeeper.provisioning.account import Account, ValueChange
from seatkeeper.provisioning.cycle import Cycle
from seatkeeper.provisioning.guard import Hold
from seatkeeper.provisioning.link import Link
from seatkeeper.provisioning.log import LogEntry
from seatkeeper.provisioning.match import Claim
from seatkeeper.provisioning.message import Message
from seatkeeper.provisioning.quarantine import LatestWrites
from seatkeeper.provisioning.reconcile import Finding, Reconciled
from seatkeeper.provisioning.removal import Removal
from seatkeeper.provisioning.undone import UndoneValue


class EntryState(StrEnum):
    """How far one record is in one cycle.

    ``MATCH`` waits for its look-up, ``PLANNED`` for its turn. ``INTENDED`` is
    durable before the request leaves: after a crash it is in doubt and looked
    up. ``HELD`` waits for consent. The rest has ended.
    """

    MATCH = "match"
    PLANNED = "planned"
    INTENDED = "intended"
    HELD = "held"
    DONE = "done"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Entry:
    """One record in one cycle, as the plan wrote it down.

    ``level`` is its place along the reporting line. ``verb`` and ``changes``
    are the plan as it was shown; what is sent is decided again from the present
    directory with the same functions. ``found`` is the account that matching
    found. ``retry``: it is here because its escrow was due, not by a change.
    ``in_doubt``: a create was sent and its answer never seen, so that an
    account found now may be our own. ``exchanges`` are the look-ups made so far.
    """

    kind: Kind
    record_id: str
    display_name: str
    state: EntryState
    verb: str = "other"
    level: int = 0
    changes: Sequence[ValueChange] = ()
    found: Account | None = None
    reason: str = ""
    retry: bool = False
    in_doubt: bool = False
    exchanges: Sequence[Mapping[str, object]] = ()


@dataclass(frozen=True, slots=True)
class Escrow:
    """One record waits: what failed, how often, and when it is tried again (none: given up).

    ``doubt`` is what a request said of which nobody knows whether it arrived: the next try
    looks at the account, or for it, before anything else.
    """

    kind: Kind
    record_id: str
    display_name: str
    code: str
    message: str
    advice: str
    attempts: int
    first_at: dt.datetime
    last_at: dt.datetime
    retry_at: dt.datetime | None
    doubt: Sequence[ValueChange] = ()


@dataclass(frozen=True, slots=True)
class WaitingCause:
    """Records that wait for one cause: how many, since when, and the newest of them.

    Those that are tried again by themselves and those that are not are two causes.
    """

    code: str
    count: int
    since: dt.datetime
    newest: tuple[Escrow, ...]


@dataclass(frozen=True, slots=True)
class Waiting:
    """A reference of a record that waits until ``missing_id`` has an account."""

    kind: Kind
    record_id: str
    path: str
    missing_id: str


@dataclass(frozen=True, slots=True)
class MemberWrite:
    """One membership as last written: record and account on both ends."""

    group_id: str
    member_id: str
    account_id: str


@dataclass(frozen=True, slots=True)
class MemberDifference:
    """What takes the members last written to those wanted; ``unresolved`` have no account.

    What somebody undid is not in it; ``undone_over`` are members of whom that is over.
    ``upto`` is the last member by id that was compared; none where nobody comes after.
    """

    add: Sequence[MemberWrite] = ()
    remove: Sequence[MemberWrite] = ()
    unresolved: Sequence[str] = ()
    undone_over: Sequence[str] = ()
    upto: str | None = None

    @property
    def empty(self) -> bool:
        """Whether nothing has to be sent."""
        return not self.add and not self.remove


@dataclass(frozen=True, slots=True)
class Position:
    """Where the next cycle starts reading, and under which rules everybody was planned."""

    seq: int
    digest: str


class HealthState(StrEnum):
    """Whether an app can be worked with. ``AWAY`` is probed, the others wait longer."""

    WELL = "well"
    AWAY = "away"
    QUARANTINED = "quarantined"


@dataclass(frozen=True, slots=True)
class Health:
    """How an app is, since when, why, and when it is tried again."""

    state: HealthState = HealthState.WELL
    code: str = ""
    message: str = ""
    advice: str = ""
    since: dt.datetime | None = None
    attempts: int = 0
    next_try: dt.datetime | None = None


@dataclass(frozen=True, slots=True)
class NewNotice:
    """A cause that people are told of; the same open cause is told once.

    ``ends``: it is no cause of its own but says that this one holds no longer.
    """

    app_id: str
    cause: str
    message: Message
    ends: str = ""


Key = tuple[Kind, str]


@dataclass(frozen=True, slots=True)
class Work:
    """Everything that becomes true in one transaction of one app.

    ``members_intended`` are membership changes about to be sent: doubtful until
    ``members_added`` and ``members_removed`` say that they are made.
    ``waiting`` and ``claims`` replace what the record had. ``forgotten`` are
    records whose memberships and reports must be written again (a new or
    re-activated account); of those who are ``unsure`` the account is still there, and may
    hold what it held. ``freed`` are unique values that an account in the app
    has no more: whom the app refused for one is due at once. ``inherited`` maps
    purged people to the records that have their accounts, and so their
    memberships, now. ``removed`` counts what was taken away without anybody's
    word. ``at`` says when, of them and of ``notices``. ``open_causes``, where given,
    are the causes that still hold; every other one has ended and may be told again.
    ``address`` is where the app is now: links that were made elsewhere are held from
    here on. ``ended``: the cycle has ended with this, and its day counts it. ``checked`` are
    links whose accounts were looked at (``at``), ``findings`` what was found, of these and
    of accounts that nobody manages. ``reconciled`` ends a look at everybody: what it did
    not find again is over. ``undone`` is held back from now on, until it is ``undone_over``
    (path and member). ``nobody_leaves``: groups of which no member is to be removed any more, so
    that no word about it is left. ``failing`` are the latest writes, for the next cycle to judge
    the app by.
    """

    entries: Sequence[tuple[str, Entry]] = ()
    links: Sequence[Link] = ()
    unlinked: Sequence[Key] = ()
    log: Sequence[LogEntry] = ()
    escrows: Sequence[Escrow] = ()
    cleared: Sequence[Key] = ()
    waiting: Mapping[Key, Sequence[Waiting]] = field(default_factory=dict)
    claims: Mapping[Key, Sequence[Claim]] = field(default_factory=dict)
    members_intended: MemberDifference = field(default_factory=MemberDifference)
    members_added: Sequence[MemberWrite] = ()
    members_removed: Sequence[MemberWrite] = ()
    forgotten: Sequence[str] = ()
    unsure: Sequence[str] = ()
    freed: Sequence[tuple[Kind, Claim]] = ()
    inherited: Mapping[str, str] = field(default_factory=dict)
    holds: Sequence[Hold] = ()
    ended_holds: Sequence[tuple[Kind, str, Removal]] = ()
    nobody_leaves: Sequence[str] = ()
    removed: Mapping[Removal, int] = field(default_factory=dict)
    at: dt.datetime | None = None
    cycle: Cycle | None = None
    position: Position | None = None
    health: Health | None = None
    notices: Sequence[NewNotice] = ()
    open_causes: frozenset[str] | None = None
    address: str | None = None
    ended: bool = False
    checked: Sequence[Link] = ()
    findings: Sequence[Finding] = ()
    reconciled: Reconciled | None = None
    undone: Sequence[UndoneValue] = ()
    undone_over: Mapping[Key, Collection[tuple[str, str]]] = field(default_factory=dict)
    failing: LatestWrites | None = None


@dataclass(frozen=True, slots=True)
class Whereabouts:
    """What there is of one record in one app; what is empty is not there.

    ``failure`` is the code of what it waits for, ``hold_id`` the removal that waits for a word.
    """

    account_id: str = ""
    failure: str = ""
    hold_id: str = ""


class OrderVerb(StrEnum):
    """What a door asks of the engine."""

    RUN = "run"


@dataclass(frozen=True, slots=True)
class Order:
    """A door's wish, left for the running engine and followed until it is answered."""

    id: int
    app_id: str
    verb: OrderVerb
    options: Mapping[str, object]
    actor: str
    state: str
    answer: Mapping[str, object] | None = None
