"""Find out whose accounts are whose again, before anything is written to them.

    source change -> scope -> map -> [match] -> plan -> export -> log

Shell around ``provisioning.confirm``. At the start of a cycle the links that
are held are looked up by the values last known; those that answer are links
again, the others stay held and are told as failures by whoever plans them.
"""

import asyncio
from collections import Counter
from collections.abc import Collection, Sequence
from functools import partial

from seatkeeper.engine.context import AppContext, AppStopped, away
from seatkeeper.errors import ConnectorError, InDoubt, SeatkeeperError, Throttled, Transient
from seatkeeper.ports import Trace
from seatkeeper.provisioning.account import Account
from seatkeeper.provisioning.confirm import (
    LOOKED_AT,
    asked_of,
    confirmed,
    many_may_be_gone,
    too_many_gone,
)
from seatkeeper.provisioning.cycle import CycleKind
from seatkeeper.provisioning.journal import Key, Work
from seatkeeper.provisioning.link import Link
from seatkeeper.provisioning.match import the_one
from seatkeeper.provisioning.outcome import stops_the_app
from seatkeeper.provisioning.walk import Facts


async def confirm_links(
    context: AppContext, *, continued: bool, named: Collection[str] = ()
) -> None:
    """Take the app's address, and confirm links that are held: all, or those ``named``.

    An ordinary cycle of changes asks only when the address just changed, so that
    what stays held costs nothing. Raises what stops the app.
    """
    moved = await _take_address(context)
    if context.cycle.kind is CycleKind.INCREMENTAL and not moved and not continued:
        return
    only = frozenset(named) if context.cycle.kind is CycleKind.ON_DEMAND and not moved else None
    after: Key | None = None
    while page := await context.ledger.held_links(context.app_id, after=after, limit=context.batch):
        after = (page[-1].kind, page[-1].record_id)
        await _confirm(context, [link for link in page if only is None or link.record_id in only])


async def may_be_made_anew(context: AppContext, facts: Facts) -> bool:
    """Say of an account that is gone whether this cycle makes it again by itself.

    The first time in a cycle some others are looked at: where accounts vanish
    one by one, as changes come to them, counting alone would see too late that
    somebody emptied the app. While any link is held, nothing is made again.
    """
    context.vanished += 1
    linked = (await context.ledger.link_counts(context.app_id)).get(facts.kind, 0)
    if await context.ledger.held_links(context.app_id, limit=1):
        return False
    if too_many_gone(context.vanished, max(linked, context.linked_before)):
        return False
    async with context.looking:
        if facts.kind not in context.many_gone:
            context.many_gone[facts.kind] = await _many_are_gone(context, facts, linked)
    return not context.many_gone[facts.kind]


async def _many_are_gone(context: AppContext, facts: Facts, linked: int) -> bool:
    some = await context.ledger.some_links(context.app_id, facts.kind, LOOKED_AT + 1)
    others = [link for link in some if link.record_id != facts.record_id][:LOOKED_AT]
    trace, gone = Trace(), 0
    for link in others:
        gone += await _read(context, link, trace) is None
    context.asked(trace.exchanges)
    return many_may_be_gone(gone, len(others), linked)


async def _read(context: AppContext, link: Link, trace: Trace) -> Account | None:
    return await context.patiently(lambda: context.target.read(link.kind, link.account_id, trace))


async def _take_address(context: AppContext) -> bool:
    address = context.rules.address
    if not address or await context.ledger.address(context.app_id) == address:
        return False
    await context.ledger.write(context.app_id, Work(address=address))
    return True


async def _confirm(context: AppContext, links: Sequence[Link]) -> None:
    found = await asyncio.gather(*(_look_up(context, link) for link in links))
    context.raise_if_stopped()
    often = Counter((one.kind, one.account_id) for one in found if one is not None)
    again: list[Link] = []
    unlinked: list[Key] = []
    forgotten: list[str] = []
    for before, link in zip(links, found, strict=True):
        if link is None or often[link.kind, link.account_id] > 1:
            continue
        owner = await context.ledger.linked_record(context.app_id, link.kind, link.account_id)
        if owner not in {None, link.record_id}:
            continue
        again.append(link)
        if link.account_id != before.former_id:  # who is in which group is known of the old one
            unlinked.append((link.kind, link.record_id))
            forgotten.append(link.record_id)
    if again:
        context.linked_now += len(again)
        await context.ledger.write(
            context.app_id, Work(links=again, unlinked=unlinked, forgotten=forgotten)
        )


async def _look_up(context: AppContext, held: Link) -> Link | None:
    """Return the link to the one account that answers, or none; notes what stops the app."""
    mapping = context.rules.mapping(held.kind)
    trace = Trace()
    try:
        for question in asked_of(held, mapping) if mapping is not None else ():
            ask = partial(context.target.find, held.kind, question.path, question.value, trace)
            account = the_one(question, await context.patiently(ask))
            if account is not None:
                return confirmed(held, account)
    except AppStopped:
        return None
    except SeatkeeperError as error:
        if isinstance(error, InDoubt | Transient | Throttled):
            context.stop(away("Accounts cannot be confirmed", error))
        elif isinstance(error, ConnectorError) and stops_the_app(error):
            context.stop(error)
    finally:
        context.asked(trace.exchanges)
    return None
