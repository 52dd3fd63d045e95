"""What the engine writes down before, while and after it works.

Beside the walk: frozen values only. An entry is one record's place in one
cycle; a ``Work`` is everything that becomes true at the same moment, so that a
crash finds either all of it or nothing.
"""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from seatkeeper.directory.model import Kind
from seatkeeper.provisioning.account import Account, ValueChange
from seatkeeper.provisioning.cycle import Cycle
from seatkeeper.provisioning.guard import Hold, Removal
from seatkeeper.provisioning.link import Link
from seatkeeper.provisioning.log import LogEntry
from seatkeeper.provisioning.match import Claim


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
    """One record waits: what failed, how often, and when it is tried again (none: given up)."""

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

    ``wanted`` and ``held`` are how many there should be, and surely are.
    """

    add: Sequence[MemberWrite] = ()
    remove: Sequence[MemberWrite] = ()
    unresolved: Sequence[str] = ()
    wanted: int = 0
    held: int = 0

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
    """A mail to be sent once for its cause; the same open cause is never told again."""

    app_id: str
    cause: str
    recipient: str
    subject: str
    body: str


Key = tuple[Kind, str]


@dataclass(frozen=True, slots=True)
class Work:
    """Everything that becomes true in one transaction of one app.

    ``members_intended`` are membership changes about to be sent: doubtful until
    ``members_added`` and ``members_removed`` say that they are made.
    ``waiting`` and ``claims`` replace what the record had. ``forgotten`` are
    records whose memberships and reports must be written again (a new or
    re-activated account). ``inherited`` maps purged people to the records that
    have their accounts, and so their memberships, now. ``removed`` counts what
    was taken away without anybody's word, ``at`` says when. ``open_causes``, where
    given, are the causes that still hold; every other one has ended and may be
    told again. ``address`` is where the app is now: links that were made
    elsewhere are held from here on.
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
    inherited: Mapping[str, str] = field(default_factory=dict)
    holds: Sequence[Hold] = ()
    ended_holds: Sequence[tuple[Kind, str, Removal]] = ()
    removed: Mapping[Removal, int] = field(default_factory=dict)
    at: dt.datetime | None = None
    cycle: Cycle | None = None
    position: Position | None = None
    health: Health | None = None
    notices: Sequence[NewNotice] = ()
    open_causes: frozenset[str] | None = None
    address: str | None = None


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
