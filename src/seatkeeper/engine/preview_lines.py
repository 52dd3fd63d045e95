"""Word one record of a plan: verb, reason, cause, values, requests.

    source change -> scope -> map -> match -> [plan] -> export -> log

Shell beside ``preview``, which walks the records: here each becomes one line.
It reads members and names from the ledger; it decides and sends nothing.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace

from seatkeeper.directory.model import Kind, User
from seatkeeper.engine.answers import called
from seatkeeper.engine.context import AppContext
from seatkeeper.engine.lookups import Answered
from seatkeeper.errors import SeatkeeperError
from seatkeeper.provisioning.account import ValueChange
from seatkeeper.provisioning.causes import (
    APPROVED,
    FIRST_CYCLE,
    NO_CHANGE,
    NOTHING,
    RULES_CHANGED,
    TRIES_AGAIN,
    Causes,
    rules_edited,
)
from seatkeeper.provisioning.cycle import CycleKind
from seatkeeper.provisioning.four_steps import action_step, import_step, match_step, scope_step
from seatkeeper.provisioning.guard import HELD_ADVICE
from seatkeeper.provisioning.journal import Key
from seatkeeper.provisioning.log import Step
from seatkeeper.provisioning.membership import SHOWN, some_of
from seatkeeper.provisioning.naming import by_name
from seatkeeper.provisioning.plan import Action, Delete, Disable, Reason, Skip, Update
from seatkeeper.provisioning.preview import (
    Members,
    Outlook,
    PlannedRecord,
    account_of,
    failing,
    outlook,
    requests_of,
    shown_changes,
)
from seatkeeper.provisioning.reference import waits
from seatkeeper.provisioning.removal import Removal
from seatkeeper.provisioning.reviewed import (
    action_digest,
    facts_digest,
    in_sync_digest,
    part_digests,
)
from seatkeeper.provisioning.walk import Answer, Decided, Facts, NeedsMatch, scope_of


@dataclass(frozen=True, slots=True)
class Asking:
    """What a preview is asked for.

    ``users`` and ``groups`` are those named in a cycle on demand. ``causes``
    explains records by what changed; ``rules_edits`` are the lines of an edit of
    the settings since the last cycle. ``steps``: show each record's four steps.
    ``guarded``: say what the deletion guard would hold, not only what the rules say.
    """

    users: Sequence[str] = ()
    groups: Sequence[str] = ()
    causes: Causes | None = None
    rules_edits: Sequence[str] = ()
    steps: bool = False
    guarded: bool = True


@dataclass
class Seen:
    """One record on its way: its facts, how far the walk came, and what the app said."""

    facts: Facts
    answer: Answer | None
    problem: SeatkeeperError | None = None
    needs: NeedsMatch | None = None
    answered: Answered | None = None
    retry: bool = False
    cause: str = ""
    first: Decided | None = None
    later: bool = False

    @property
    def decided(self) -> Decided | None:
        """The walk's answer, once it needs nothing more."""
        return self.answer if isinstance(self.answer, Decided) else None

    @property
    def action(self) -> Action | None:
        """The action, where there is one."""
        return self.decided.action if self.decided is not None else None


@dataclass
class Sketch:
    """A whole plan while it is computed.

    ``made`` maps who gets an account in this plan to its id, or to the sign
    that stands for it, ``names`` such a sign to the name. ``back`` are
    people who get their access back, ``back_in`` their groups. ``freed`` are
    values that change hands in a ring, and are freed for a moment. ``deleted``
    are records whose accounts this plan deletes, so that no group has them any more.
    ``inherited`` maps purged records to those that their accounts pass on to.
    ``line`` is who is written at which level of the reporting line.
    ``held`` says why a removal waits for a person; ``approved`` are those of whom
    somebody said that they may leave.
    """

    context: AppContext
    asking: Asking
    seen: dict[Key, Seen] = field(default_factory=dict)
    made: dict[Key, str] = field(default_factory=dict)
    made_records: set[str] = field(default_factory=set)
    names: dict[str, str] = field(default_factory=dict)
    back: set[str] = field(default_factory=set)
    back_in: Mapping[str, set[str]] = field(default_factory=dict)
    freed: dict[Key, tuple[ValueChange, ...]] = field(default_factory=dict)
    deleted: set[str] = field(default_factory=set)
    inherited: dict[str, str] = field(default_factory=dict)
    line: Mapping[str, int] = field(default_factory=dict)
    held: dict[tuple[Kind, str, Removal], str] = field(default_factory=dict)
    approved: set[Key] = field(default_factory=set)
    unchanged: int = 0


async def members_of(at_work: Sketch, seen: Seen) -> Members:
    """Return what a group's members would become, with the accounts that this plan makes."""
    context, facts = at_work.context, seen.facts
    decided = seen.decided
    if facts.kind is not Kind.GROUP or decided is None or not decided.scope.entitled:
        return Members()
    if isinstance(decided.action, Skip) and decided.action.reason is not Reason.IN_SYNC:
        return Members()
    if isinstance(decided.action, Delete):
        return Members()
    difference = await context.ledger.member_difference(context.app_id, facts.record_id)
    made = at_work.made_records
    add = [one.member_id for one in difference.add]
    add += [one for one in difference.unresolved if one in made]
    add += sorted(at_work.back_in.get(facts.record_id, set()) - set(add))
    remove = [one.member_id for one in difference.remove if one.member_id not in at_work.deleted]
    missing = [one for one in difference.unresolved if one not in made]
    for owner, heir in at_work.inherited.items():
        if owner in remove and heir in add:  # one account: it is in the group, and stays in it
            add.remove(heir)
            remove.remove(owner)
    held = (facts.kind, facts.record_id, Removal.MEMBERS) in at_work.held
    abilities = context.rules.capabilities.groups
    return Members(
        tuple(dict.fromkeys(add)),
        () if held else tuple(remove),
        tuple(missing),
        await _names(at_work, [*add, *remove, *missing[:SHOWN]]),
        abilities.members_per_patch if abilities is not None else 100,
    )


async def _names(at_work: Sketch, ids: Sequence[str]) -> dict[str, str]:
    names: dict[str, str] = {}
    unknown: list[str] = []
    for one in ids:
        seen = at_work.seen.get((Kind.USER, one)) or at_work.seen.get((Kind.GROUP, one))
        if seen is not None:
            names[one] = seen.facts.display_name
        else:
            unknown.append(one)
    for kind in Kind:
        for facts in await at_work.context.facts(kind, unknown):
            if facts.record is not None or facts.link is not None:
                names[facts.record_id] = facts.display_name
    return names


async def line_of(at_work: Sketch, seen: Seen) -> PlannedRecord | None:
    """Return a record's line in the plan; none for one about which there is nothing to say."""
    if at_work.asking.steps:
        await _name_manager(at_work, seen)
    facts, decided, rules = seen.facts, seen.decided, at_work.context.rules
    cause = _cause(at_work, seen)
    if seen.problem is not None or decided is None:
        error = seen.problem or SeatkeeperError("The record was not looked up.")
        steps = _steps(at_work, seen, None, error) if at_work.asking.steps else ()
        return failing(facts, error, cause, facts_digest(facts), steps)
    members = await members_of(at_work, seen)
    action = decided.action
    word = outlook(action)
    if isinstance(action, Skip) and not members.empty:
        word = Outlook.UPDATE
    if word is Outlook.SKIP and not at_work.asking.steps and _says_nothing(facts, action):
        at_work.unchanged += 1
        return None
    first = seen.first.action if seen.first is not None else action
    account = account_of(action) or (facts.link.account_id if facts.link else None)
    writes = requests_of(facts.kind, action, members, later=seen.later)
    if isinstance(action, Skip) and account is not None:
        writes = tuple(one.replace("(new account)", account) for one in writes)
    freed = at_work.freed.get((facts.kind, facts.record_id))
    if freed is not None and account is not None:
        [first_write] = requests_of(facts.kind, Update(account, freed))
        said = ", ".join(f"{one.path} for a moment: {one.new}" for one in freed)
        writes = (f"{first_write} ({said})", *writes)
    digests = [action_digest(facts, action, rules)]
    if seen.first is not None:
        digests += part_digests(facts, first, action, rules)
    if facts.kind is Kind.GROUP and not members.empty:
        digests.append(in_sync_digest())
    waiting = tuple(waits(path, name) for path, name in _missing(seen))
    if members.missing:
        names = some_of(members.missing, members.names).text
        waiting += (f"members without account are left out: {names}",)
    line = PlannedRecord(
        facts.kind,
        facts.record_id,
        facts.display_name,
        word,
        reason=action.text
        if word in {Outlook.SKIP, Outlook.UNLINK} and isinstance(action, Skip)
        else decided.scope.reason,
        cause=cause,
        changes=(*shown_changes(action, at_work.names), *members.changes),
        requests=writes,
        waiting=waiting,
        code=action.reason.value if word is Outlook.SKIP and isinstance(action, Skip) else "",
        account_id=account,
        add=members.add,
        remove=members.remove,
        facts_digest=facts_digest(facts),
        digests=tuple(dict.fromkeys(digests)),
    )
    line = _held_back(at_work, line)
    if not at_work.asking.steps:
        return line
    theirs = await called(at_work.context.ledger, rules, line.changes)
    told = replace(line, changes=tuple(by_name(one, theirs) for one in line.changes))
    return replace(line, steps=_steps(at_work, seen, told))


def _held_back(at_work: Sketch, line: PlannedRecord) -> PlannedRecord:
    """Return the line as the guard leaves it: a removal that waits sends nothing."""
    for what in Removal:
        why = at_work.held.get((line.kind, line.record_id, what))
        if why and what is Removal.MEMBERS:
            return replace(line, waiting=(*line.waiting, f"members wait for approval: {why}"))
        if why:
            code = Reason.HELD.value
            said = replace(line, verb=Outlook.HOLD, held=why, code=code, advice=HELD_ADVICE)
            return replace(said, requests=())
    return line


async def _name_manager(at_work: Sketch, seen: Seen) -> None:
    """Have the manager's name at hand, also of one who has an account."""
    record = seen.facts.record
    manager = record.manager_id if isinstance(record, User) else None
    if manager is not None:
        names = {**seen.facts.names, **await _names(at_work, [manager])}
        seen.facts = replace(seen.facts, names=names)


def _missing(seen: Seen) -> Sequence[tuple[str, str]]:
    decided = seen.decided
    return list(seen.facts.named(decided.waiting).items()) if decided is not None else []


def _says_nothing(facts: Facts, action: Action) -> bool:
    """Whether a cycle would not even log the record: in step, or nothing speaks for it."""
    if not isinstance(action, Skip):
        return False
    return action.reason is Reason.IN_SYNC or (facts.link is None and not facts.grants)


def _steps(
    at_work: Sketch,
    seen: Seen,
    line: PlannedRecord | None,
    error: SeatkeeperError | None = None,
) -> tuple[Step, ...]:
    facts = seen.facts
    asked = seen.needs.questions if seen.needs is not None else ()
    found = seen.answered.found if seen.answered is not None else None
    unmatched = error if seen.needs is not None else None
    changes, requests = (line.changes, line.requests) if line is not None else ((), ())
    return (
        import_step(facts),
        scope_step(scope_of(facts, at_work.context.rules)),
        match_step(facts, asked, found, unmatched),
        action_step(
            seen.action, changes, requests, error, line.waiting if line is not None else ()
        ),
    )


def _paths(action: Action | None) -> Collection[str] | None:
    """Return the paths that an action writes; none where any may matter, as for a new account."""
    if isinstance(action, Update | Disable):
        return [one.path for one in action.changes]
    return () if isinstance(action, Delete | Skip) else None


def _cause(at_work: Sketch, seen: Seen) -> str:
    asking, facts = at_work.asking, seen.facts
    if seen.cause:
        return seen.cause
    if at_work.context.cycle.kind is CycleKind.INITIAL:
        return FIRST_CYCLE
    changed = asking.causes.of((facts.kind, facts.record_id)) if asking.causes is not None else ""
    edited = rules_edited(asking.rules_edits, facts.kind, _paths(seen.action))
    said = [one for one in (changed, edited) if one]
    if said:
        return "; ".join(said)
    if isinstance(seen.action, Skip) and seen.action.reason is Reason.IN_SYNC:
        return NOTHING
    if (facts.kind, facts.record_id) in at_work.approved:
        return APPROVED
    if asking.rules_edits and not seen.retry:
        return RULES_CHANGED
    return TRIES_AGAIN if seen.retry else NO_CHANGE
