"""Read an app again, and write down what is not there as it was written.

    source change -> scope -> map -> match -> plan -> export -> log

Beside the walk. Shell around ``provisioning.reconcile``: the list of the app is
walked page by page for whoever is as they should be and for accounts that
nobody manages; everybody else is read by id. It sends questions only; what a
repair sends is planned by ``repairing``.
"""

import asyncio
from collections import Counter, defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Final

from seatkeeper.directory.model import Kind
from seatkeeper.engine.booking import plain_exchanges
from seatkeeper.engine.context import AppContext
from seatkeeper.engine.listing import read_list
from seatkeeper.engine.looking import Reread, read_again, read_one
from seatkeeper.engine.strangers import earlier_findings, strangers_among
from seatkeeper.ports import Trace
from seatkeeper.provisioning.account import Account
from seatkeeper.provisioning.journal import Work
from seatkeeper.provisioning.link import Link
from seatkeeper.provisioning.log import LogEntry, Modified, Status, shown
from seatkeeper.provisioning.mapping.model import ObjectMapping
from seatkeeper.provisioning.reconcile import (
    STRANGERS,
    WORDS,
    Difference,
    Finding,
    Found,
    Reconciled,
    Unchecked,
    agrees,
    beside,
    carried_on,
    compare,
    compare_members,
    never_shown,
    wanted_now,
    worst,
)
from seatkeeper.provisioning.walk import Facts

_EVIDENCE: Final = 5
"""Other accounts that are read to learn whether an app ever shows a value."""

_LOG_READ: Final = 100


@dataclass
class Look:
    """One look at an app: what it was seen to show, and what could not be looked at.

    ``expected`` counts the accounts that should hold each path, ``seen`` are the
    paths that any account held. ``alike`` are groups whose own values agree, so
    that only their members are to be read.
    """

    began: datetime
    expected: dict[Kind, Counter[str]] = field(default_factory=lambda: defaultdict(Counter))
    seen: dict[Kind, set[str]] = field(default_factory=lambda: defaultdict(set))
    alike: set[str] = field(default_factory=set)
    unchecked: list[Unchecked] = field(default_factory=list)

    def leave_open(self, kind: Kind, what: str, why: str) -> None:
        """Note once that something cannot be checked."""
        if not any((one.kind, one.what) == (kind, what) for one in self.unchecked):
            self.unchecked.append(Unchecked(kind, what, why))

    def met(self, kind: Kind, account: Account) -> None:
        """Note what the app showed."""
        self.seen[kind].update(account.values)


async def look_at_everybody(context: AppContext) -> bool:
    """Compare all that the app holds with what is known; return false when asked to stop.

    Asked again in the same cycle it goes on where it was. Raises what stops the app.
    """
    look = Look(context.cycle.started)
    linked = await context.ledger.link_counts(context.app_id)
    context.moved(replace(context.cycle, total=sum(linked.values())))
    for kind in Kind:
        if context.rules.mapping(kind) is None:
            continue
        if not await _walk_list(context, look, kind):
            return False
        after = ""
        while page := await context.ledger.unchecked_links(
            context.app_id, kind, look.began, after=after, limit=context.batch
        ):
            if context.stopping():
                return False
            after = page[-1].record_id
            await _look_closer(context, look, kind, page)
    done = Reconciled(context.cycle.id, look.began, context.now(), tuple(look.unchecked))
    await context.ledger.write(context.app_id, Work(reconciled=done, at=context.now()))
    return True


async def look_at(context: AppContext, users: Collection[str], groups: Collection[str]) -> None:
    """Compare only these records' accounts with what is known of them."""
    look = Look(context.cycle.started)
    for kind, ids in ((Kind.USER, users), (Kind.GROUP, groups)):
        links = [one.link for one in await context.facts(kind, ids) if one.link is not None]
        if links and context.rules.mapping(kind) is not None:
            await _gather_evidence(context, look, kind, links)
            await _look_closer(context, look, kind, links)


async def _walk_list(context: AppContext, look: Look, kind: Kind) -> bool:
    """Go through the app's list; who is as known needs no request of their own."""
    mapping = context.rules.mapping(kind)
    assert mapping is not None  # noqa: S101 - the caller looked
    async for page in read_list(context, kind):
        if page.open:
            look.leave_open(kind, STRANGERS, page.open)
            continue
        if context.stopping():
            return False
        accounts = {one.id: one for one in page.accounts}
        owners = await context.ledger.records_of(context.app_id, kind, accounts)
        facts = {
            one.link.account_id: one
            for one in await context.facts(kind, set(owners.values()))
            if one.link is not None
        }
        alike = []
        for account_id, account in accounts.items():
            look.met(kind, account)
            if account_id in facts and (link := facts[account_id].link) is not None:
                look.expected[kind].update(link.known.keys())
                if agrees(link, account, mapping) and not beside(link, account, mapping):
                    alike.append(link)
        if kind is Kind.GROUP:
            look.alike |= {link.record_id for link in alike}
            alike = []
        unknown = [one for one in accounts.values() if one.id not in owners]
        found = await strangers_among(context, kind, mapping, unknown)
        await _write(context, alike, found, [])
    return True


async def _gather_evidence(
    context: AppContext, look: Look, kind: Kind, named: Sequence[Link]
) -> None:
    """Look at some others, to tell a value that is missing from one that the app never shows."""
    names = {link.record_id for link in named}
    some = await context.ledger.some_links(context.app_id, kind, _EVIDENCE + len(names))
    others = [link for link in some if link.record_id not in names][:_EVIDENCE]
    for read in await asyncio.gather(*(read_one(context, link, Kind.USER) for link in others)):
        context.asked(read.trace.exchanges)
        if read.account is not None:
            look.met(kind, read.account)
            look.expected[kind].update(read.link.known.keys())
    context.raise_if_stopped()


async def _look_closer(context: AppContext, look: Look, kind: Kind, links: Sequence[Link]) -> None:
    """Read these accounts one by one, and write down what is not as it is known."""
    reads = await read_again(context, kind, links, look.alike)
    for read in reads:
        if read.account is not None:
            look.met(kind, read.account)
            look.expected[kind].update(read.link.known.keys())
    facts = {
        one.record_id: one for one in await context.facts(kind, [one.record_id for one in links])
    }
    earlier = await earlier_findings(context, kind, [link.account_id for link in links])
    found, entries = [], []
    for read in reads:
        record = facts[read.link.record_id]
        finding = await _judge(context, look, read, record, earlier.get(read.link.account_id))
        if finding is None:
            continue
        found.append(finding)
        before = earlier.get(read.link.account_id)
        if before is None or _told(before) != _told(finding):
            entries.append(_entry(context, finding, read.trace))
    await _write(context, links, found, entries)


async def _judge(
    context: AppContext, look: Look, read: Reread, facts: Facts, earlier: Finding | None
) -> Finding | None:
    link, now = read.link, context.now()
    since = earlier.since if earlier is not None else now
    mapping = context.rules.mapping(link.kind)
    assert mapping is not None  # noqa: S101 - the callers looked

    def made(found: Found, why: str = "", differences: Sequence[Difference] = ()) -> Finding:
        return Finding(
            link.kind,
            link.account_id,
            found,
            now,
            since,
            link.record_id,
            facts.display_name,
            why,
            tuple(differences),
        )

    if read.problem is not None:
        return made(Found.UNCHECKED, read.problem.message)
    if read.account is None:
        why = f"Account {read.elsewhere} answers in its place." if read.elsewhere else ""
        return made(Found.VANISHED, why)
    wanted, wrote = wanted_now(facts, context.rules), await _wrote(context, read, mapping)
    differences = compare(link, read.account, mapping, wanted, wrote)
    hidden = never_shown(look.expected[link.kind], look.seen[link.kind], differences)
    for path in sorted(hidden):
        look.leave_open(link.kind, path, "The app shows it of no account.")
    differences = tuple(one for one in differences if one.path not in hidden)
    if link.kind is Kind.GROUP:
        differences += await _members(context, look, read, facts)
    differences = carried_on(differences, earlier)
    return made(worst(differences), "", differences) if differences else None


async def _wrote(
    context: AppContext, read: Reread, mapping: ObjectMapping
) -> Mapping[str, Modified]:
    """Return our last write of each path, where it matters what it was."""
    account = read.account
    assert account is not None  # noqa: S101 - the caller looked
    if agrees(read.link, account, mapping) and not beside(read.link, account, mapping):
        return {}
    logged = await context.ledger.log(
        context.app_id, record_id=read.link.record_id, limit=_LOG_READ
    )
    found: dict[str, Modified] = {}
    for _, entry in logged:
        if entry.status in {Status.SUCCESS, Status.WARNING} and entry.action != "other":
            for change in entry.modified:
                found.setdefault(change.path, change)
    return found


async def _members(
    context: AppContext, look: Look, read: Reread, facts: Facts
) -> tuple[Difference, ...]:
    if read.members is None:
        look.leave_open(Kind.GROUP, "members", "The app does not show who is in a group.")
        return ()
    app_id, group = context.app_id, read.link.record_id
    written = await context.ledger.members_written(app_id, group)
    difference = await context.ledger.member_difference(app_id, group)
    intended = {one.account_id for one in (*difference.add, *difference.remove)}
    leaving = {one.account_id for one in difference.remove}
    wanted = (written.keys() - leaving) | {one.account_id for one in difference.add}
    beside_us = sorted(read.members - written.keys())
    managed = {
        account: record
        for kind in Kind
        for account, record in (await context.ledger.records_of(app_id, kind, beside_us)).items()
    }
    found = compare_members(written, read.members, wanted, managed)
    # What is on its way anyway, either way, is no news.
    return tuple(one for one in found if one.written is not None or one.found not in intended)


def _told(finding: Finding) -> tuple[object, ...]:
    """What of a finding is worth a new entry in the log."""
    return finding.found, finding.why, tuple(one.is_same_as for one in finding.differences)


def _entry(context: AppContext, finding: Finding, trace: Trace) -> LogEntry:
    exchanges = plain_exchanges(trace.exchanges)
    words = WORDS[finding.found]
    return LogEntry(
        id=context.new_id(),
        app_id=context.app_id,
        cycle_id=context.cycle.id,
        at=context.now(),
        kind=finding.kind,
        record_id=finding.record_id,
        display_name=finding.display_name,
        action="other",
        status=Status.WARNING,
        account_id=finding.account_id,
        code=finding.found,
        reason=f"{words[:1].upper()}{words[1:]}. {finding.why}".strip(),
        modified=tuple(
            Modified(one.path, shown(one.written), shown(one.found)) for one in finding.differences
        ),
        exchanges=exchanges,
        milliseconds=sum(one.milliseconds for one in trace.exchanges),
    )


async def _write(
    context: AppContext,
    checked: Sequence[Link],
    found: Sequence[Finding],
    entries: Sequence[LogEntry],
) -> None:
    context.count(checked=len(checked), differing=len(found))
    cycle = context.moved(replace(context.cycle, done=context.cycle.done + len(checked)))
    work = Work(checked=checked, findings=found, log=entries, at=context.now(), cycle=cycle)
    await context.ledger.write(context.app_id, work)
