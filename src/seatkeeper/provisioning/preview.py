"""Say what a cycle would do, before it does anything.

    source change -> scope -> map -> match -> [plan] -> export -> log

Pure values: the engine walks the records with the very functions of a live
cycle and hands the answers over; this page turns each into one line that can
be read, compared and kept. It asks nothing, sends nothing, and does not decide
what is done; whether a kept line still holds is ``reviewed``'s question.
"""

import hashlib
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from seatkeeper.directory.model import Kind
from seatkeeper.errors import SeatkeeperError
from seatkeeper.provisioning.causes import TRIES_AGAIN
from seatkeeper.provisioning.log import Modified, Step, modified
from seatkeeper.provisioning.outcome import log_code
from seatkeeper.provisioning.plan import (
    Action,
    Adopt,
    Create,
    Delete,
    Disable,
    Reason,
    Skip,
    Update,
)
from seatkeeper.provisioning.walk import Facts

MADE_HERE = "the account of {name}, made in the same plan"
"""How a reference to an account that does not exist yet is written."""


class Outlook(StrEnum):
    """What the cycle would do with a record. The last three send nothing."""

    CREATE = "create"
    UPDATE = "update"
    DISABLE = "disable"
    DELETE = "delete"
    LINK = "link"
    UNLINK = "unlink"
    HOLD = "hold"
    SKIP = "skip"
    FAIL = "fail"

    @property
    def does_something(self) -> bool:
        """Whether the app, or what we know of it, would be other than before."""
        return self not in {Outlook.HOLD, Outlook.SKIP, Outlook.FAIL}


@dataclass(frozen=True, slots=True)
class PlannedRecord:
    """One record of a plan, readable and comparable.

    ``changes`` and ``requests`` are texts for people. ``add`` and ``remove``
    are a group's members by record id. ``held`` says why a removal would wait for
    a person. ``digests`` stand for the action: the
    first is the whole of it, the others what may come of it in parts while the
    other end of a reference has no account. ``facts_digest`` stands for what it
    was decided from. ``steps`` are there when the record was asked for by name.
    """

    kind: Kind
    record_id: str
    display_name: str
    verb: Outlook
    reason: str = ""
    cause: str = ""
    changes: tuple[Modified, ...] = ()
    requests: tuple[str, ...] = ()
    waiting: tuple[str, ...] = ()
    code: str = ""
    advice: str = ""
    account_id: str | None = None
    held: str = ""
    add: tuple[str, ...] = ()
    remove: tuple[str, ...] = ()
    facts_digest: str = ""
    digests: tuple[str, ...] = ()
    steps: tuple[Step, ...] = ()

    @property
    def in_step(self) -> bool:
        """Whether it is here only because somebody named it: nothing differs."""
        return self.verb is Outlook.SKIP and self.code == Reason.IN_SYNC

    @property
    def key(self) -> tuple[Kind, str]:
        """What names the record."""
        return self.kind, self.record_id


@dataclass(frozen=True, slots=True)
class Preview:
    """A whole cycle before it runs. ``digest`` is that of the rules it was made under.

    ``lookups`` is how many questions the app was asked for it, ``answer_ms`` how long it took
    to answer one; ``note`` says what people should know of the cycle as a whole. ``levels`` is
    how many people are written at each level of the reporting line.
    """

    app_id: str
    kind: str
    digest: str
    from_seq: int
    to_seq: int
    records: tuple[PlannedRecord, ...]
    unchanged: int = 0
    lookups: int = 0
    note: str = ""
    levels: tuple[int, ...] = ()
    answer_ms: int = 0

    @property
    def to_do(self) -> tuple[PlannedRecord, ...]:
        """The records for which something would be done."""
        return tuple(one for one in self.records if one.verb.does_something)

    @property
    def only_failures(self) -> bool:
        """Whether everybody that was looked at would fail, and not only those tried again."""
        fresh = any(one.cause != TRIES_AGAIN for one in self.records)
        return fresh and not self.unchanged and {one.verb for one in self.records} == {Outlook.FAIL}

    @property
    def counters(self) -> Mapping[str, int]:
        """How many records each outlook has, and the requests that would be sent."""
        found = Counter(one.verb for one in self.records if not one.in_step)
        counts = {verb.value: found[verb] for verb in Outlook if found[verb]}
        in_step = sum(one.in_step for one in self.records)
        requests = sum(len(one.requests) for one in self.records)
        return {**counts, "unchanged": self.unchanged + in_step, "requests": requests}

    @property
    def action_digest(self) -> str:
        """One digest of everything that would be done, whatever the order it was found in."""
        every = sorted(f"{one.kind}/{one.record_id}/{','.join(one.digests)}" for one in self.to_do)
        return hashlib.sha256("\n".join(every).encode("utf-8", "surrogatepass")).hexdigest()


@dataclass(frozen=True, slots=True)
class CauseGroup:
    """Everybody in a plan for one and the same cause."""

    cause: str
    counts: Mapping[str, int]
    records: tuple[PlannedRecord, ...]


def by_cause(records: Iterable[PlannedRecord]) -> list[CauseGroup]:
    """Group a plan by cause, the one that concerns most people first."""
    found: dict[str, list[PlannedRecord]] = {}
    for one in records:
        found.setdefault(one.cause, []).append(one)
    groups = [
        CauseGroup(
            cause,
            _counts(some),
            tuple(sorted(some, key=lambda one: (one.kind != Kind.USER, one.display_name, one.key))),
        )
        for cause, some in found.items()
    ]
    return sorted(groups, key=lambda one: (-len(one.records), one.cause))


def _counts(records: Iterable[PlannedRecord]) -> dict[str, int]:
    """Return how many records each outlook has; who is in step is unchanged."""
    found = Counter("unchanged" if one.in_step else one.verb.value for one in records)
    return {word: found[word] for word in (*Outlook, "unchanged") if found[word]}


@dataclass(frozen=True, slots=True)
class Members:
    """What a group's members would become; ``names`` are what people know the records by."""

    add: tuple[str, ...] = ()
    remove: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()
    names: Mapping[str, str] = field(default_factory=dict)
    batch: int = 100

    @property
    def empty(self) -> bool:
        """Whether nothing would be sent."""
        return not self.add and not self.remove

    @property
    def changes(self) -> tuple[Modified, ...]:
        """One line for each member, as the log has it."""
        return (
            *(Modified("members", None, self.names.get(one, one)) for one in self.add),
            *(Modified("members", self.names.get(one, one), None) for one in self.remove),
        )

    @property
    def requests(self) -> int:
        """How many requests the app's batches make of it."""
        return -(-(len(self.add) + len(self.remove)) // max(1, self.batch))


def outlook(action: Action) -> Outlook:
    """Return the word for an action."""
    match action:
        case Create():
            return Outlook.CREATE
        case Update():
            return Outlook.UPDATE
        case Disable():
            return Outlook.DISABLE
        case Delete():
            return Outlook.DELETE
        case Adopt():
            return Outlook.LINK
        case Skip(release=True):
            return Outlook.UNLINK
        case Skip():
            return Outlook.SKIP


def requests_of(
    kind: Kind,
    action: Action,
    members: Members | None = None,
    *,
    later: bool = False,
    linked: str | None = None,
) -> tuple[str, ...]:
    """Return the writes an action sends, as ``PATCH /Users/ID``.

    ``later``: a reference goes in a request of its own, once its other end exists.
    ``linked`` is the account, where the action alone does not tell it.
    """
    place = "/Users" if kind is Kind.USER else "/Groups"
    account = account_of(action) or linked or "(new account)"
    sent: list[str] = []
    match action:
        case Create():
            sent.append(f"POST {place}")
        case Update(account_id) | Disable(account_id):
            sent.append(f"PATCH {place}/{account_id}")
        case Delete(account_id):
            sent.append(f"DELETE {place}/{account_id}")
        case Adopt() | Skip():
            pass
    if later:
        sent.append(f"PATCH {place}/{account}")
    if members is not None:
        sent += [f"PATCH {place}/{account}"] * members.requests
    return tuple(sent)


def account_of(action: Action) -> str | None:
    """Return the account that an action is about, or none."""
    match action:
        case Update(account_id) | Disable(account_id) | Delete(account_id) | Adopt(account_id):
            return account_id
        case Create() | Skip():
            return None


def shown_changes(action: Action, names: Mapping[str, str]) -> tuple[Modified, ...]:
    """Return an action's changes as text, accounts that do not exist yet by their person's name.

    ``names`` maps what stands for such an account to the name.
    """
    return tuple(
        Modified(one.path, one.old, MADE_HERE.format(name=names[one.new]))
        if one.new is not None and one.new in names
        else one
        for one in modified(action)
    )


def failing(
    facts: Facts, error: SeatkeeperError, cause: str, facts_digest: str, steps: Sequence[Step] = ()
) -> PlannedRecord:
    """Return the line of a record that could not be provisioned as it is."""
    return PlannedRecord(
        facts.kind,
        facts.record_id,
        facts.display_name,
        Outlook.FAIL,
        reason=error.message,
        cause=cause,
        code=log_code(error),
        advice=error.advice,
        account_id=facts.link.account_id if facts.link else None,
        facts_digest=facts_digest,
        steps=tuple(steps),
    )
