"""Read one account again, as closely as its app allows.

    source change -> scope -> map -> match -> plan -> export -> log

Beside the walk. Shell: it asks and compares nothing but what decides whether to
ask once more. A failure belongs to the one account, unless it stops the app.
"""

import asyncio
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial
from typing import Final

from seatkeeper.directory.model import Kind
from seatkeeper.engine.context import AppContext, AppStopped
from seatkeeper.errors import ConnectorError, RecordError, SeatkeeperError
from seatkeeper.ports import Trace
from seatkeeper.provisioning.account import Account
from seatkeeper.provisioning.confirm import asked_of
from seatkeeper.provisioning.link import Link
from seatkeeper.provisioning.match import the_one
from seatkeeper.provisioning.outcome import stops_the_app
from seatkeeper.provisioning.reconcile import agrees

READ_LAG: Final = timedelta(seconds=3)
"""So long after a write an app may still answer with what was there before it."""


@dataclass
class Reread:
    """One account as it was read: none where it is gone, or ``problem`` where that is not known."""

    link: Link
    account: Account | None = None
    members: frozenset[str] | None = None
    problem: SeatkeeperError | None = None
    elsewhere: str = ""
    trace: Trace = field(default_factory=Trace)


async def read_again(
    context: AppContext, kind: Kind, links: Sequence[Link], alike: Collection[str] = ()
) -> Sequence[Reread]:
    """Read these accounts, and once more later what differs and was written a moment ago.

    ``alike`` are records whose own values are known to agree, so that only members are
    read. Raises what stops the app.
    """
    reads = await asyncio.gather(
        *(read_one(context, link, kind, skip=link.record_id in alike) for link in links)
    )
    context.raise_if_stopped()
    settled = await _settled(context, kind, reads)
    for read in settled:
        context.asked(read.trace.exchanges)
    return settled


async def read_one(context: AppContext, link: Link, kind: Kind, *, skip: bool = False) -> Reread:
    """Read one account, and the members of a group; ``skip``: its own values are known to agree."""
    read = Reread(link)
    if link.held:
        read.problem = RecordError("The link is held; nobody's account is known to be theirs.")
        return read
    try:
        if skip:
            read.account = Account(link.account_id, link.known)
        else:
            read.account = await context.patiently(
                partial(context.target.read, link.kind, link.account_id, read.trace)
            )
        if read.account is None:
            read.elsewhere = await _elsewhere(context, link, read.trace)
        elif kind is Kind.GROUP:
            read.members = await context.patiently(
                partial(context.target.members, link.account_id, read.trace)
            )
    except AppStopped:
        pass
    except SeatkeeperError as error:
        if isinstance(error, ConnectorError) and stops_the_app(error):
            context.stop(error)
        read.problem = error
    return read


async def _elsewhere(context: AppContext, link: Link, trace: Trace) -> str:
    """Return the id of an account that answers to what was known of one that is gone."""
    mapping = context.rules.mapping(link.kind)
    for question in asked_of(link, mapping) if mapping is not None else ():
        ask = partial(context.target.find, link.kind, question.path, question.value, trace)
        account = the_one(question, await context.patiently(ask))
        if account is not None:
            return account.id
    return ""


async def _settled(context: AppContext, kind: Kind, reads: Sequence[Reread]) -> list[Reread]:
    """Read once more what differs and was written a moment ago: a read may be older than that."""
    mapping = context.rules.mapping(kind)
    assert mapping is not None  # noqa: S101 - the callers looked
    fresh = []
    for read in reads:
        account = read.account
        off = account is None or not agrees(read.link, account, mapping)
        if (off or read.members is not None) and await _just_written(context, read.link):
            fresh.append(read.link.record_id)
    if not fresh:
        return list(reads)
    await context.sleep(READ_LAG.total_seconds())
    again = await asyncio.gather(
        *(read_one(context, one.link, kind) for one in reads if one.link.record_id in fresh)
    )
    context.raise_if_stopped()
    for old, new in zip([r for r in reads if r.link.record_id in fresh], again, strict=True):
        new.trace.exchanges[:0] = old.trace.exchanges
    later = {one.link.record_id: one for one in again}
    return [later.get(one.link.record_id, one) for one in reads]


async def _just_written(context: AppContext, link: Link) -> bool:
    logged = await context.ledger.log(context.app_id, record_id=link.record_id, limit=1)
    return bool(logged) and context.now() - logged[0][1].at < READ_LAG
