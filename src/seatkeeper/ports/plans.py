"""The port to kept plans: what somebody looked at before it was carried out.

Beside the walk. A plan is kept record by record, so that a page of it costs a
page, however many people it concerns.
"""

import datetime as dt
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from seatkeeper.provisioning.forecast import Load
from seatkeeper.provisioning.preview import Outlook, PlannedRecord, Preview


class PlanState(StrEnum):
    """How far the making of a plan is."""

    MAKING = "making"
    READY = "ready"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class PlanCause:
    """One cause of a plan, how many it concerns by outlook, and at which place they begin."""

    cause: str
    counts: Mapping[str, int]
    place: int


@dataclass(frozen=True, slots=True)
class Proposal:
    """Settings of an app that somebody wants to save once they saw what that would do.

    ``lines`` say what differs from those in force, ``page`` is the app's page where it was
    asked for, ``restores`` the version whose settings come back by it (0: none does).
    """

    settings: Mapping[str, object]
    lines: Sequence[str]
    page: str
    restores: int = 0


@dataclass(frozen=True, slots=True)
class KeptPlan:
    """One kept plan without its records.

    ``kind`` is that of the cycle it plans, ``settings_version`` that of the app it was made
    under, ``digest`` the rules',
    ``to_seq`` the newest change of the directory it knew. ``message`` says why making it
    failed. ``order_id`` is the order by which it was carried out; none: it was not.
    ``undoes`` is the id of the cycle that it takes back, empty for any other plan. ``load`` is
    what it asks of the app (none: made by an earlier release). ``proposal`` is what it was made
    for, where nothing of it is saved yet.
    """

    app_id: str
    number: int
    at: dt.datetime
    actor: str
    state: PlanState
    settings_version: int
    kind: str = ""
    digest: str = ""
    to_seq: int = 0
    action_digest: str = ""
    counters: Mapping[str, int] | None = None
    causes: Sequence[PlanCause] = ()
    note: str = ""
    message: str = ""
    order_id: int | None = None
    undoes: str = ""
    load: Load | None = None
    proposal: Proposal | None = None


class Plans(Protocol):
    """Plans that were made in the console, the newest of each app."""

    async def begin(
        self,
        app_id: str,
        *,
        actor: str,
        version: int,
        now: dt.datetime,
        undoes: str = "",
        kind: str = "",
        proposal: Proposal | None = None,
    ) -> KeptPlan:
        """Keep that a plan is being made, under the app's next number; ``kind`` if it is known."""

    async def finish(self, plan: KeptPlan, preview: Preview, load: Load | None = None) -> None:
        """Keep what was planned and what it asks; older plans of the app than the newest go."""

    async def fail(self, plan: KeptPlan, message: str) -> None:
        """Keep why a plan could not be made."""

    async def plan(self, app_id: str, number: int) -> KeptPlan:
        """Return one. Raises ``NotFound``."""

    async def newest(self, app_id: str, *, undoes: str = "", limit: int = 20) -> Sequence[KeptPlan]:
        """Return an app's plans, newest first: those that take back this cycle, or no cycle.

        Plans for people who were named, and for settings that are not saved, are left out:
        neither says what the next cycle will do.
        """

    async def records(
        self,
        plan: KeptPlan,
        *,
        verbs: Collection[Outlook] = (),
        after: int = -1,
        limit: int,
        by_name: bool = False,
    ) -> Sequence[tuple[int, PlannedRecord]]:
        """Return a page of a plan's records, each with its place, after the one at a place.

        They are in the order of their causes, or ``by_name``; no ``verbs``: all.
        """

    async def record(self, plan: KeptPlan, place: int) -> PlannedRecord | None:
        """Return the record at a place, or none."""

    async def carried_out(self, plan: KeptPlan, order_id: int) -> bool:
        """Note by which order a plan is carried out; false where it already is by another."""
