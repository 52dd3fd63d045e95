"""Ask everything that an app's first page shows, once, and the mark by which news are seen.

Beside the pages. It asks and hands on; what is said of it is decided in
``views.overview``.
"""

import datetime as dt
from typing import Final

from seatkeeper.clock import utc_now
from seatkeeper.configuration.applying import settings_of
from seatkeeper.configuration.switching import Pause, pause_of
from seatkeeper.console.app_head import AppHead
from seatkeeper.console.desk import Desk
from seatkeeper.console.views.cycle_chart import MOST_CYCLES, since
from seatkeeper.console.views.overview import MOST_BEHIND, RECENT, AppFacts
from seatkeeper.errors import NotFound
from seatkeeper.provisioning.events import LogQuery
from seatkeeper.provisioning.journal import Order

EXAMPLES: Final = 3
"""Names beside each cause."""


async def app_facts(desk: Desk, head: AppHead, chosen: str, order: int | None) -> AppFacts:
    """Return what is known of an app now; ``order`` is the number of one that was left for it."""
    ledger, app_id, now = desk.work.ledger, head.id, utc_now()
    pause = pause_of(head.stored)
    events = (await ledger.events(LogQuery(app_id=app_id), limit=RECENT)).entries
    newest = await ledger.cycles(app_id, limit=2)
    drawn = newest
    if chosen != "month":
        drawn = await ledger.cycles(app_id, since=since(chosen, now), limit=MOST_CYCLES)
    behind, more = await _behind(desk, app_id, pause)
    return AppFacts(
        plain=head.plain,
        cycles=drawn or newest,
        running=await ledger.unfinished(app_id),
        days=await ledger.days(app_id, limit=30),
        events=events,
        called=await desk.work.called(app_id, [one for _n, e in events for one in e.modified[:1]]),
        causes=await ledger.waiting_causes(app_id, examples=EXAMPLES),
        waiting_people=await ledger.waiting_people(app_id),
        held=(await ledger.held_kinds()).get(app_id, ()),
        health=await ledger.health(app_id),
        interval=dt.timedelta(seconds=settings_of(head.stored).interval_seconds),
        pause=pause,
        behind=behind,
        behind_more=more,
        order=await _order(desk, app_id, order),
        ordered=any(one.app_id == app_id for one in await ledger.open_orders()),
    )


async def mark_of(desk: Desk, app_id: str) -> object:
    """Return something small that differs whenever a page of this app may show something else.

    It costs a few rows. What only time changes ("in 5 min") it does not see.
    """
    ledger = desk.work.ledger
    stored = await desk.work.configuration.app(app_id)
    newest = await ledger.cycles(app_id, limit=1)
    health = await ledger.health(app_id)
    events = await ledger.log(app_id, limit=1)
    orders = [(one.id, one.state) for one in await ledger.open_orders() if one.app_id == app_id]
    held = (await ledger.held_counts()).get(app_id, 0)
    changed = await ledger.last_change()
    return newest, stored.version, health, [n for n, _ in events], orders, held, changed


async def _behind(desk: Desk, app_id: str, pause: Pause | None) -> tuple[int, bool]:
    """Return how many records changed since the last cycle read the directory."""
    if pause is None:
        return 0, False
    position = await desk.work.ledger.position(app_id)
    newest = await desk.work.ledger.last_change()
    if position is None or newest <= position.seq:
        return 0, False
    touched = await desk.work.ledger.touched(
        app_id, after=position.seq, to=newest, limit=MOST_BEHIND
    )
    return len(touched.users | touched.groups), touched.read_to < newest


async def _order(desk: Desk, app_id: str, number: int | None) -> Order | None:
    if number is None:
        return None
    try:
        order = await desk.work.ledger.order(number)
    except NotFound:
        return None
    return order if order.app_id == app_id else None
