"""Compute a whole cycle without carrying anything out.

    source change -> [scope -> map -> match -> plan] -> export -> log

Shell: the plan half with its results kept in memory instead of the ledger. The
app is asked only questions, the ledger is only read. What a live cycle learns
while it sends (accounts of managers and members that it makes itself) stands
here as a sign in place of the account's id.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace

from seatkeeper.directory.model import Kind, User
from seatkeeper.engine.context import AppContext, AppStopped
from seatkeeper.engine.planner import Answered, ask_app, chosen, shared, walk_records
from seatkeeper.errors import SeatkeeperError
from seatkeeper.provisioning.causes import FIRST_CYCLE, NO_CHANGE, TRIES_AGAIN, Causes
from seatkeeper.provisioning.cycle import CycleKind
from seatkeeper.provisioning.four_steps import action_step, import_step, match_step, scope_step
from seatkeeper.provisioning.journal import Key
from seatkeeper.provisioning.log import Step
from seatkeeper.provisioning.match import Claim, claims
from seatkeeper.provisioning.outcome import stops_the_app
from seatkeeper.provisioning.plan import (
    Action,
    Adopt,
    Create,
    Delete,
    Disable,
    Reason,
    Skip,
    Update,
    gives_access_back,
)
from seatkeeper.provisioning.preview import (
    Members,
    Outlook,
    PlannedRecord,
    Preview,
    account_of,
    failing,
    outlook,
    requests_of,
    shown_changes,
)
from seatkeeper.provisioning.reference import levels
from seatkeeper.provisioning.reviewed import (
    action_digest,
    facts_digest,
    in_sync_digest,
    part_digests,
)
from seatkeeper.provisioning.walk import (
    Answer,
    Decided,
    Facts,
    NeedsMatch,
    decide,
    decide_matched,
    scope_of,
)


@dataclass(frozen=True, slots=True)
class Asking:
    """What a preview is asked for.

    ``users`` and ``groups`` are those named in a cycle on demand. ``causes``
    explains records by what changed; ``rules_cause`` is what is said of those
    that did not. ``steps``: show each record's four steps.
    """

    users: Sequence[str] = ()
    groups: Sequence[str] = ()
    causes: Causes | None = None
    rules_cause: str = ""
    steps: bool = False


@dataclass
class _Seen:
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
class _Preview:
    context: AppContext
    asking: Asking
    seen: dict[Key, _Seen] = field(default_factory=dict)
    made: dict[Key, str] = field(default_factory=dict)
    back: set[str] = field(default_factory=set)
    unchanged: int = 0


async def preview_cycle(context: AppContext, asking: Asking, *, note: str = "") -> Preview:
    """Return what a cycle like ``context.cycle`` would do, in the order of ids.

    The cycle is only a description; it is not in the ledger. Raises
    ``ConnectorError`` when the app cannot be asked.
    """
    at_work = _Preview(context, asking)
    async for kind, page, retries in chosen(context, asking.users, asking.groups):
        await _walk(at_work, kind, page, retries)
    try:
        await _match(at_work, Kind.USER)
        _resolve_managers(at_work)
        await _heal_reports(at_work)
        _note_returned(at_work)
        await _match(at_work, Kind.GROUP)
        await _heal_groups(at_work)
    except AppStopped as stopped:
        raise stopped.error from stopped
    records = [
        line
        for key in sorted(at_work.seen, key=lambda key: (key[0] is not Kind.USER, key[1]))
        if (line := await _line(at_work, at_work.seen[key])) is not None
    ]
    cycle = context.cycle
    return Preview(
        context.app_id,
        cycle.kind.value,
        context.rules.digest,
        cycle.from_seq,
        cycle.to_seq,
        tuple(records),
        at_work.unchanged,
        context.cycle.counters.requests,
        note,
    )


async def _walk(
    at_work: _Preview,
    kind: Kind,
    ids: Collection[str],
    retries: Collection[str] = (),
    cause: str = "",
) -> None:
    for facts, answer in await walk_records(at_work.context, kind, ids):
        seen = _Seen(facts, None, retry=facts.record_id in retries, cause=cause)
        if isinstance(answer, SeatkeeperError):
            seen.problem = answer
        else:
            seen.answer = answer
            if isinstance(answer, NeedsMatch):
                seen.needs = answer
        at_work.seen[kind, facts.record_id] = seen


async def _match(at_work: _Preview, kind: Kind) -> None:
    """Look up everybody of one kind who has no account yet, and note who gets one."""
    context = at_work.context
    waiting = [
        (seen, seen.needs)
        for key, seen in sorted(at_work.seen.items())
        if key[0] is kind and seen.needs is not None
    ]
    for start in range(0, len(waiting), context.batch):
        page = waiting[start : start + context.batch]
        wanted = {claim for _, needs in page for claim in needs.claims}
        rivals = await _rivals(at_work, kind, wanted)
        asked = [(seen.facts, needs) for seen, needs in page]
        for (seen, _), answered in zip(page, await ask_app(context, asked, rivals), strict=True):
            context.count(requests=len(answered.trace.exchanges))
            seen.answered = answered
        context.raise_if_stopped()
    for seen, needs in waiting:
        _take_answer(at_work, seen, needs)


def _take_answer(at_work: _Preview, seen: _Seen, needs: NeedsMatch) -> None:
    answered = seen.answered
    if answered is None:
        return
    problem = answered.problem
    if problem is None and answered.found is not None:  # a later page may have found it, too
        problem = shared(at_work.context, seen.facts, answered.found)
    if isinstance(problem, AppStopped):
        raise problem
    if problem is not None:
        if stops_the_app(problem):
            raise problem
        seen.problem, seen.answer = problem, None
        return
    decided = decide_matched(seen.facts, needs, answered.found, at_work.context.rules)
    seen.answer = decided
    key = (seen.facts.kind, seen.facts.record_id)
    if isinstance(decided.action, Create):
        at_work.made[key] = _sign(seen.facts.record_id)
    elif isinstance(decided.action, Update | Adopt):
        at_work.made[key] = decided.action.account_id


def _sign(record_id: str) -> str:
    """Return what stands for the id of an account that does not exist yet."""
    return f"\0new account of {record_id}"


async def _rivals(
    at_work: _Preview, kind: Kind, wanted: Collection[Claim]
) -> dict[Claim, list[tuple[str, str]]]:
    """Return who asks for these values: as stored, but for those whose wishes were just read."""
    found: dict[Claim, list[tuple[str, str]]] = {claim: [] for claim in wanted}
    stored = await at_work.context.ledger.rivals(at_work.context.app_id, kind, wanted)
    for claim, others in stored.items():
        for record_id, name in others:
            seen = at_work.seen.get((kind, record_id))
            if seen is None or (seen.problem is not None and seen.facts.link is not None):
                found.setdefault(claim, []).append((record_id, name))
    mapping = at_work.context.rules.mapping(kind)
    for (of, record_id), seen in at_work.seen.items():
        source = seen.needs or seen.decided
        if of is not kind or source is None or source.desired is None or mapping is None:
            continue
        record = seen.facts.record
        name = record.user_name if isinstance(record, User) else seen.facts.display_name
        for claim in claims(source.desired, mapping):
            if claim in found:
                found[claim].append((record_id, name))
    return found


def _resolve_managers(at_work: _Preview) -> None:
    """Write references to accounts of this very plan, in the order of the reporting line."""
    accounts = {record: sign for (kind, record), sign in at_work.made.items() if kind is Kind.USER}
    line = {
        record: seen.facts.record.manager_id
        for (kind, record), seen in at_work.seen.items()
        if kind is Kind.USER
        and isinstance(seen.facts.record, User)
        and not isinstance(seen.action, Skip | Disable | Delete | None)
    }
    order = levels(line)
    for (kind, record), seen in at_work.seen.items():
        if kind is not Kind.USER or seen.decided is None or not seen.decided.waiting:
            continue
        missing = set(seen.decided.waiting.values()) & set(accounts)
        if not missing:
            continue
        _resolve(at_work, seen, accounts)
        first = seen.first.action if seen.first is not None else None
        if isinstance(first, Disable):  # access goes first, without waiting for anybody's turn
            seen.later = seen.action != first
        elif isinstance(first, Create | Update | Adopt):
            turn = order.get(record, len(order))
            seen.later = any(order.get(one, -1) >= turn for one in missing)


def _resolve(at_work: _Preview, seen: _Seen, accounts: Mapping[str, str]) -> None:
    """Decide a record again as if these accounts were there."""
    rules = at_work.context.rules
    seen.first = seen.decided
    facts = replace(seen.facts, accounts={**seen.facts.accounts, **accounts})
    again = decide(facts, rules)
    if isinstance(again, NeedsMatch):
        found = seen.answered.found if seen.answered is not None else None
        again = decide_matched(facts, again, found, rules)
    seen.facts, seen.answer = facts, again


async def _heal_reports(at_work: _Preview) -> None:
    """Take in people who waited for an account that this plan makes."""
    context = at_work.context
    names = {one: at_work.seen[Kind.USER, one].facts.display_name for _, one in at_work.made}
    accounts = {record: sign for (kind, record), sign in at_work.made.items() if kind is Kind.USER}
    waiting = await context.ledger.waiting_for(context.app_id, list(accounts))
    for (kind, record), missing in sorted(waiting.items()):
        if kind is not Kind.USER or (kind, record) in at_work.seen:
            continue
        cause = f"waited for {', '.join(sorted(names[one] for one in missing))}"
        await _walk(at_work, kind, [record], cause=cause)
        seen = at_work.seen[kind, record]
        if seen.decided is not None:
            _resolve(at_work, seen, {one: accounts[one] for one in missing})


def _note_returned(at_work: _Preview) -> None:
    """Note whose accounts are re-activated: their memberships are written again."""
    for (kind, record), seen in at_work.seen.items():
        action = seen.action
        if (
            kind is Kind.USER
            and isinstance(action, Update)
            and gives_access_back(action.changes, at_work.context.rules.users)
        ):
            at_work.back.add(record)


async def _heal_groups(at_work: _Preview) -> None:
    """Take in groups that miss somebody who gets an account, or access back, in this plan."""
    context = at_work.context
    if context.rules.groups is None:
        return
    missing = await context.ledger.waiting_for(context.app_id, [one for _, one in at_work.made])
    touched = {group for kind, group in missing if kind is Kind.GROUP}
    touched |= set(await context.ledger.linked_groups_of(context.app_id, at_work.back))
    for group in sorted(touched):
        if (Kind.GROUP, group) not in at_work.seen:
            await _walk(at_work, Kind.GROUP, [group], cause="a member gets an account")


async def _members(at_work: _Preview, seen: _Seen) -> Members:
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
    made = {record for _, record in at_work.made}
    add = [one.member_id for one in difference.add]
    add += [one for one in difference.unresolved if one in made]
    if at_work.back:
        groups = await context.ledger.linked_groups_of(context.app_id, at_work.back)
        add += sorted(groups.get(facts.record_id, set()) - set(add))
    remove = [one.member_id for one in difference.remove]
    abilities = context.rules.capabilities.groups
    return Members(
        tuple(dict.fromkeys(add)),
        tuple(remove),
        tuple(one for one in difference.unresolved if one not in made),
        await _names(at_work, [*add, *remove]),
        abilities.members_per_patch if abilities is not None else 100,
    )


async def _names(at_work: _Preview, ids: Sequence[str]) -> dict[str, str]:
    names: dict[str, str] = {}
    unknown: list[str] = []
    for one in ids:
        seen = at_work.seen.get((Kind.USER, one)) or at_work.seen.get((Kind.GROUP, one))
        if seen is not None:
            names[one] = seen.facts.display_name
        else:
            unknown.append(one)
    for kind in Kind:
        for facts in await at_work.context.ledger.facts(at_work.context.app_id, kind, unknown):
            if facts.record is not None or facts.link is not None:
                names[facts.record_id] = facts.display_name
    return names


async def _line(at_work: _Preview, seen: _Seen) -> PlannedRecord | None:
    """Return a record's line in the plan; none for one about which there is nothing to say."""
    facts, decided, rules = seen.facts, seen.decided, at_work.context.rules
    cause = _cause(at_work, seen)
    if seen.problem is not None or decided is None:
        error = seen.problem or SeatkeeperError("The record was not looked up.")
        steps = _steps(at_work, seen, None, error) if at_work.asking.steps else ()
        return failing(facts, error, cause, facts_digest(facts), steps)
    members = await _members(at_work, seen)
    action = decided.action
    word = outlook(action)
    if isinstance(action, Skip) and not members.empty:
        word = Outlook.UPDATE
    if word is Outlook.SKIP and not at_work.asking.steps and _says_nothing(facts, action):
        at_work.unchanged += 1
        return None
    first = seen.first.action if seen.first is not None else action
    names = {sign: at_work.seen[key].facts.display_name for key, sign in at_work.made.items()}
    account = account_of(action) or (facts.link.account_id if facts.link else None)
    writes = requests_of(facts.kind, action, members, later=seen.later)
    if isinstance(action, Skip) and account is not None:
        writes = tuple(one.replace("(new account)", account) for one in writes)
    digests = [action_digest(facts, action, rules)]
    if seen.first is not None:
        digests += part_digests(facts, first, action, rules)
    if facts.kind is Kind.GROUP and not members.empty:
        digests.append(in_sync_digest())
    waiting = tuple(f"{path} waits until {one} has an account" for path, one in _missing(seen))
    if members.missing:
        waiting += (f"{len(members.missing)} members have no account and are left out",)
    line = PlannedRecord(
        facts.kind,
        facts.record_id,
        facts.display_name,
        word,
        reason=action.text
        if word is Outlook.SKIP and isinstance(action, Skip)
        else (decided.scope.reason),
        cause=cause,
        changes=(*shown_changes(action, names), *members.changes),
        requests=writes,
        waiting=waiting,
        code=action.reason.value if word is Outlook.SKIP and isinstance(action, Skip) else "",
        account_id=account,
        add=members.add,
        remove=members.remove,
        facts_digest=facts_digest(facts),
        digests=tuple(dict.fromkeys(digests)),
    )
    return replace(line, steps=_steps(at_work, seen, line)) if at_work.asking.steps else line


def _missing(seen: _Seen) -> Sequence[tuple[str, str]]:
    decided = seen.decided
    return list(decided.waiting.items()) if decided is not None else []


def _says_nothing(facts: Facts, action: Action) -> bool:
    """Whether a cycle would not even log the record: in step, or nothing speaks for it."""
    if not isinstance(action, Skip):
        return False
    return action.reason is Reason.IN_SYNC or (facts.link is None and not facts.grants)


def _steps(
    at_work: _Preview,
    seen: _Seen,
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


def _cause(at_work: _Preview, seen: _Seen) -> str:
    asking, facts = at_work.asking, seen.facts
    if seen.cause:
        return seen.cause
    if at_work.context.cycle.kind is CycleKind.INITIAL:
        return FIRST_CYCLE
    changed = asking.causes.of((facts.kind, facts.record_id)) if asking.causes is not None else ""
    said = [one for one in (changed, asking.rules_cause) if one]
    if said:
        return "; ".join(said)
    return TRIES_AGAIN if seen.retry else NO_CHANGE
