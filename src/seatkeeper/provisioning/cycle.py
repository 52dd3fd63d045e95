"""What a cycle is, what it counts, and how far it is.

Beside the walk: the engine runs cycles, the store keeps them, doors show them.
"""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

import msgspec

from seatkeeper.provisioning.pace import Pace
from seatkeeper.provisioning.plan import Action, Adopt, Create, Delete, Disable, Skip, Update
from seatkeeper.provisioning.statistics import Statistics


class CycleKind(StrEnum):
    """Why a cycle runs. ``REVIEWED`` carries out a plan that somebody kept and looked at.

    ``RECONCILE`` reads the app again and only reports, ``REPAIR`` sends what is missing, too.
    ``UNDO`` takes back what another cycle wrote.
    """

    INITIAL = "initial"
    INCREMENTAL = "incremental"
    FULL = "full"
    ON_DEMAND = "on demand"
    REVIEWED = "reviewed plan"
    RECONCILE = "reconcile"
    REPAIR = "reconcile and repair"
    UNDO = "undo"


class CycleState(StrEnum):
    """How far a cycle is. ``SUSPENDED`` keeps its plan and goes on when the app is back."""

    PLANNING = "planning"
    EXPORTING = "exporting"
    SUSPENDED = "suspended"
    DONE = "done"


class Counters(msgspec.Struct, frozen=True):
    """What a cycle did, in records; ``requests`` in requests.

    ``skipped`` counts people that an assignment reaches and a rule leaves out;
    ``failed`` records whose attempt failed in this cycle; ``waiting`` records
    in escrow when it ended; ``retried`` records that were tried again because
    they were due, apart from what changed, and ``retry_requests`` the requests
    that this took (they are among ``requests`` too).
    """

    created: int = 0
    updated: int = 0
    disabled: int = 0
    deleted: int = 0
    skipped: int = 0
    failed: int = 0
    waiting: int = 0
    held: int = 0
    linked: int = 0
    unchanged: int = 0
    retried: int = 0
    requests: int = 0
    retry_requests: int = 0
    checked: int = 0
    differing: int = 0

    def plus(self, **more: int) -> "Counters":
        """Return these counters with some raised."""
        raised = {name: getattr(self, name) + n for name, n in more.items()}
        return msgspec.structs.replace(self, **raised)

    @property
    def only_failures(self) -> bool:
        """Whether everybody that was looked at failed; who waited and fails again does not count.

        A cycle that only tries again is no failure of its own: some wait, and that is known.
        """
        return self.failed > self.retried and self.all_failed

    @property
    def all_failed(self) -> bool:
        """Whether everybody that was looked at failed, whoever waited and fails again too.

        Who asks for them to be tried again wants to know just that.
        """
        done = self.created + self.updated + self.disabled + self.deleted + self.linked
        others = self.skipped + self.held + self.unchanged
        return bool(self.failed) and not done and not others

    @property
    def wrote(self) -> bool:
        """Whether anything was written, so that there is something to take back."""
        return bool(self.created + self.updated + self.disabled + self.deleted)

    def to_plain(self) -> dict[str, int]:
        """Return them as plain data."""
        return msgspec.structs.asdict(self)

    @staticmethod
    def from_plain(plain: Mapping[str, int]) -> "Counters":
        """Read them back; counters of a later version are left out."""
        known = {name: n for name, n in plain.items() if name in Counters.__struct_fields__}
        return Counters(**known)


@dataclass(frozen=True, slots=True)
class Cycle:
    """One run over all records of an app, or over what changed since the watermark.

    ``pace`` is how fast the station that it is at gets on.
    """

    id: str
    app_id: str
    number: int
    kind: CycleKind
    state: CycleState
    from_seq: int
    to_seq: int
    digest: str
    started: dt.datetime
    ended: dt.datetime | None = None
    counters: Counters = field(default_factory=Counters)
    total: int = 0
    done: int = 0
    note: str = ""
    statistics: Statistics = field(default_factory=Statistics)
    pace: Pace = field(default_factory=Pace)

    @property
    def covers_all(self) -> bool:
        """Whether it looks at everything that changed, so that the watermark moves with it."""
        return self.kind in {CycleKind.INITIAL, CycleKind.INCREMENTAL, CycleKind.FULL}

    @property
    def finished(self) -> bool:
        """Whether its watermark has moved."""
        return self.state is CycleState.DONE


def counted(action: Action) -> dict[str, int]:
    """Return which counter an action raises once it was carried out."""
    match action:
        case Create():
            return {"created": 1}
        case Update():
            return {"updated": 1}
        case Disable():
            return {"disabled": 1}
        case Delete():
            return {"deleted": 1}
        case Adopt():
            return {"linked": 1}
        case Skip():
            return {"skipped": 1}
