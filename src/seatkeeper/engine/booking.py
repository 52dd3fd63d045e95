"""Gather what became true, and write it down at once.

    source change -> scope -> map -> match -> plan -> export -> [log]

Shell: turns results into one ``Work``: entries, links, log, escrow, counters.
It decides nothing; what a failure means is ``provisioning.outcome``.
"""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from seatkeeper.directory.model import Kind, User
from seatkeeper.engine.context import AppContext
from seatkeeper.errors import PlanOutdated, SeatkeeperError
from seatkeeper.ports import Exchange, Trace
from seatkeeper.provisioning.account import TargetValues, ValueChange
from seatkeeper.provisioning.cycle import counted
from seatkeeper.provisioning.guard import Hold
from seatkeeper.provisioning.journal import (
    Entry,
    EntryState,
    Escrow,
    Health,
    Key,
    MemberWrite,
    Waiting,
    Work,
)
from seatkeeper.provisioning.link import Link
from seatkeeper.provisioning.log import (
    LogEntry,
    Modified,
    Status,
    held_reason,
    modified,
    remark,
    steps,
    verb,
)
from seatkeeper.provisioning.match import Claim
from seatkeeper.provisioning.outcome import log_code, next_retry
from seatkeeper.provisioning.plan import Action, Create, Disable, Reason, Skip, Update
from seatkeeper.provisioning.removal import Removal
from seatkeeper.provisioning.scope import Scope
from seatkeeper.provisioning.walk import Decided, Facts


def plain_exchanges(exchanges: Sequence[Exchange]) -> tuple[Mapping[str, object], ...]:
    """Return exchanges as the log keeps them."""
    return tuple(
        {
            "method": one.method,
            "path": one.path,
            "status": one.status,
            "request_id": one.request_id,
            "milliseconds": one.milliseconds,
            **{
                name: body
                for name, body in (("sent", one.sent), ("answered", one.answered))
                if body is not None
            },
            **({"operation": one.operation} if one.operation else {}),
        }
        for one in exchanges
    )


def intent_of(entry: Entry, action: Action) -> Entry:
    """Return the entry that is durable before the request leaves, with what it will say."""
    match action:
        case Create(values):
            changes = tuple(ValueChange(path, None, value) for path, value in values.items())
        case Update(_, changes) | Disable(_, changes):
            pass
        case _:
            changes = ()
    word = entry.verb if isinstance(action, Skip) else verb(action)
    return replace(entry, state=EntryState.INTENDED, verb=word, changes=changes)


@dataclass
class Booking:
    """What one page or batch makes true; ``write`` makes it durable."""

    context: AppContext
    entries: list[Entry] = field(default_factory=list)
    links: list[Link] = field(default_factory=list)
    unlinked: list[Key] = field(default_factory=list)
    log: list[LogEntry] = field(default_factory=list)
    escrows: list[Escrow] = field(default_factory=list)
    cleared: list[Key] = field(default_factory=list)
    waiting: dict[Key, Sequence[Waiting]] = field(default_factory=dict)
    claims: dict[Key, Sequence[Claim]] = field(default_factory=dict)
    members_added: list[MemberWrite] = field(default_factory=list)
    members_removed: list[MemberWrite] = field(default_factory=list)
    forgotten: list[str] = field(default_factory=list)
    unsure: list[str] = field(default_factory=list)
    freed: list[tuple[Kind, Claim]] = field(default_factory=list)
    inherited: dict[str, str] = field(default_factory=dict)
    holds: list[Hold] = field(default_factory=list)
    ended_holds: list[tuple[Kind, str, Removal]] = field(default_factory=list)
    nobody_leaves: list[str] = field(default_factory=list)
    removed: Counter[Removal] = field(default_factory=Counter)
    undone_over: dict[Key, list[tuple[str, str]]] = field(default_factory=lambda: defaultdict(list))
    unchanged: int = 0

    def entry(self, entry: Entry) -> None:
        """Put one record's entry into the journal, or move it on."""
        self.entries.append(entry)

    def link(self, facts: Facts, account_id: str, known: TargetValues) -> None:
        """Remember that the record is this account, with the values known there."""
        if facts.link is None or facts.link.account_id != account_id:
            self.context.linked_now += 1
        since = facts.link.since if facts.link else self.context.now()
        self.links.append(
            Link(facts.kind, facts.record_id, account_id, known, facts.display_name, since)
        )

    def held(self, hold: Hold) -> None:
        """Log that a removal waits for a person."""
        self.log.append(
            LogEntry(
                id=self.context.new_id(),
                app_id=self.context.app_id,
                cycle_id=self.context.cycle.id,
                at=self.context.now(),
                kind=hold.kind,
                record_id=hold.record_id,
                display_name=hold.display_name,
                action="other",
                status=Status.SKIPPED,
                code=Reason.HELD,
                reason=held_reason(hold.id, hold.why),
            )
        )

    def unlink(self, facts: Facts) -> None:
        """Forget the link and the unique values of a record that is gone."""
        key = (facts.kind, facts.record_id)
        self.unlinked.append(key)
        self.claims[key] = []
        self.waiting[key] = []

    def passed_on(self, owner: Facts, heir: Facts) -> None:
        """Let the account of a purged record be the heir's; whatever was planned for it ends."""
        assert heir.link is not None  # noqa: S101 - the caller made it
        key = (owner.kind, owner.record_id)
        self.unlink(owner)
        self.cleared.append(key)
        self.inherited[owner.record_id] = heir.record_id
        self.context.linked_now += 1
        self.link(heir, heir.link.account_id, heir.link.known)
        name = owner.display_name
        text = f"The account passes on to {heir.display_name}, who answers to it."
        self.entry(Entry(owner.kind, owner.record_id, name, EntryState.DONE, reason=text))
        self._row(
            owner,
            None,
            Skip(Reason.PASSED_ON, text, release=True),
            Status.SUCCESS,
            code=Reason.PASSED_ON,
            reason=text,
        )

    def skipped(self, facts: Facts, decided: Decided) -> None:
        """Log that a rule leaves the record out; end the link where the action says so."""
        action = decided.action
        assert isinstance(action, Skip)  # noqa: S101 - the caller looked
        self.context.count(skipped=1)
        self.cleared.append((facts.kind, facts.record_id))
        if action.release:
            self.unlink(facts)
        self._row(
            facts,
            decided.scope,
            action,
            Status.SKIPPED,
            code=action.reason,
            reason=action.text,
        )

    def succeeded(
        self,
        facts: Facts,
        decided: Decided,
        action: Action,
        entry: Entry,
        *,
        account_id: str | None,
        exchanges: Sequence[Mapping[str, object]],
        matched: str,
        unresolved: int = 0,
        word: str | None = None,
        members: Sequence[Modified] = (),
        state: EntryState = EntryState.DONE,
        interim: bool = False,
        counts: bool = True,
        left_out: SeatkeeperError | None = None,
    ) -> None:
        """Log and count what was carried out; the record's escrow ends.

        ``state`` is where its entry stands now: one half may be done, the other wait.
        What is only a step on the way (``interim``) is logged and not counted, nor is what was
        counted before (``counts``).
        ``left_out`` is why the app has nothing but the loss of access.
        """
        self.cleared.append((facts.kind, facts.record_id))
        raised = {"created": 1} if word == "create" else counted(action)
        if counts and not interim:
            self.context.count(**({"updated": 1} if isinstance(action, Skip) else raised))
        warning = bool(decided.waiting) or unresolved > 0
        code = "UnableToResolveReferenceAttributeValue" if warning else ""
        reason = remark(
            action,
            decided.scope,
            facts.named(decided.waiting),
            unresolved=unresolved,
            interim=interim,
        )
        if left_out is not None:
            warning, code = True, log_code(left_out)
            refused = f"Only access was taken away; the other values were refused: {left_out}"
            reason = f"{reason} {refused}"
        self._row(
            facts,
            decided.scope,
            action,
            Status.WARNING if warning else Status.SUCCESS,
            code=code,
            reason=reason,
            account_id=account_id,
            exchanges=[*entry.exchanges, *exchanges],
            matched=matched,
            waiting=facts.named(decided.waiting),
            word=word or ("update" if isinstance(action, Skip) else None),
            members=members,
        )
        self.entry(replace(entry, state=state))

    async def failed(
        self,
        facts: Facts,
        error: SeatkeeperError,
        *,
        entry: Entry | None = None,
        decided: Decided | None = None,
        trace: Trace | None = None,
        retry: bool = False,
        doubt: Sequence[ValueChange] = (),
    ) -> None:
        """Put the record into escrow and log why; everybody else goes on.

        What was only refused because a reviewed plan says otherwise waits for no retry.
        ``doubt`` is what was sent and nobody could look up.
        """
        if isinstance(error, PlanOutdated):
            self.refused(facts, error, entry=entry, trace=trace)
            return
        await self.waits(facts, error, doubt=doubt)
        self.context.count(failed=1)
        earlier = list(entry.exchanges) if entry else []
        self._row(
            facts,
            decided.scope if decided else None,
            decided.action if decided else None,
            Status.FAILURE,
            code=log_code(error),
            reason=str(error),
            exchanges=[*earlier, *plain_exchanges(trace.exchanges if trace else [])],
            error=error,
            word=None if decided else ("update" if facts.link else "create"),
        )
        made = entry or Entry(
            facts.kind, facts.record_id, facts.display_name, EntryState.FAILED, retry=retry
        )
        self.entry(replace(made, state=EntryState.FAILED, reason=error.message))

    async def waits(
        self, facts: Facts, error: SeatkeeperError, *, doubt: Sequence[ValueChange] = ()
    ) -> None:
        """Put the record into escrow with what was refused; its entry is somebody else's."""
        context = self.context
        now = context.now()
        known = await context.ledger.escrow(context.app_id, facts.kind, facts.record_id)
        same_cause = known is not None and known.code == log_code(error)
        attempts = known.attempts + 1 if known is not None and same_cause else 1
        first = known.first_at if known is not None and same_cause else now
        self.escrows.append(
            Escrow(
                facts.kind,
                facts.record_id,
                facts.display_name,
                log_code(error),
                error.message,
                error.advice,
                attempts,
                first,
                now,
                next_retry(error, attempts, first, now, context.rules.profile),
                doubt,
            )
        )

    def refused(
        self,
        facts: Facts,
        error: PlanOutdated,
        *,
        entry: Entry | None = None,
        trace: Trace | None = None,
    ) -> None:
        """Log that a reviewed record is left alone, and have an ordinary cycle look at it."""
        kept = (self.context.reviewed or {}).get((facts.kind, facts.record_id))
        earlier = list(entry.exchanges) if entry else []
        self.context.count(skipped=1)
        self._row(
            facts,
            None,
            None,
            Status.SKIPPED,
            code=error.code,
            reason=str(error),
            exchanges=[*earlier, *plain_exchanges(trace.exchanges if trace else [])],
            error=error,
            word=kept.verb.value if kept else None,
        )
        if entry is None:
            return
        self.entry(replace(entry, state=EntryState.DONE, reason=error.message))
        ends = kept.add if kept is not None else ()
        path = "members"
        if isinstance(facts.record, User):
            ends, path = (facts.record.manager_id,) if facts.record.manager_id else (), "manager"
        self.waiting[facts.kind, facts.record_id] = [
            Waiting(facts.kind, facts.record_id, path, one) for one in ends
        ]

    def work(self) -> Work:
        """Return everything gathered as one write, with the cycle's numbers so far."""
        context = self.context
        context.count(unchanged=self.unchanged)
        self.unchanged = 0
        ended = sum(
            e.state in {EntryState.DONE, EntryState.FAILED, EntryState.HELD} for e in self.entries
        )
        done = context.cycle.done + ended
        total = max(context.cycle.total, done) if context.cycle.total else 0
        statistics = context.tally.so_far()
        cycle = context.moved(replace(context.cycle, done=done, total=total, statistics=statistics))
        return Work(
            entries=[(cycle.id, entry) for entry in self.entries],
            links=self.links,
            unlinked=self.unlinked,
            log=self.log,
            escrows=self.escrows,
            cleared=self.cleared,
            waiting=self.waiting,
            claims=self.claims,
            members_added=self.members_added,
            members_removed=self.members_removed,
            forgotten=self.forgotten,
            unsure=self.unsure,
            freed=self.freed,
            holds=self.holds,
            ended_holds=self.ended_holds,
            nobody_leaves=self.nobody_leaves,
            removed=self.removed,
            at=context.now(),
            inherited=self.inherited,
            undone_over=self.undone_over,
            cycle=cycle,
            health=Health() if context.is_well_again() else None,
            failing=context.failing.kept(cycle.digest) if self.log else None,
        )

    async def write(self) -> None:
        """Make it durable; in turns, so that the counters kept beside it never go back."""
        await self.context.give_way()
        async with self.context.writing:
            await self.context.ledger.write(self.context.app_id, self.work())

    def _row(
        self,
        facts: Facts,
        scope: Scope | None,
        action: Action | None,
        status: Status,
        *,
        code: str = "",
        reason: str = "",
        account_id: str | None = None,
        exchanges: Sequence[Mapping[str, object]] = (),
        matched: str = "",
        waiting: Mapping[str, str] | None = None,
        error: SeatkeeperError | None = None,
        word: str | None = None,
        members: Sequence[Modified] = (),
    ) -> None:
        context = self.context
        account = account_id or (facts.link.last_id if facts.link else None)
        took = sum(int(str(one["milliseconds"])) for one in exchanges)
        self.log.append(
            LogEntry(
                id=context.new_id(),
                app_id=context.app_id,
                cycle_id=context.cycle.id,
                at=context.now(),
                kind=facts.kind,
                record_id=facts.record_id,
                display_name=facts.display_name,
                action=word or (verb(action) if action is not None else "other"),
                status=status,
                account_id=account,
                code=code,
                reason=reason,
                steps=steps(
                    action,
                    scope,
                    matched=matched,
                    waiting=waiting or {},
                    members=members,
                    error=error,
                ),
                modified=(*(modified(action) if action is not None else ()), *members),
                exchanges=exchanges,
                milliseconds=took,
                changes=action.changes if isinstance(action, Update | Disable) else (),
            )
        )
