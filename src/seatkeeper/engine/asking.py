"""Ask for a cycle, or for another try, from any door: once for all of them.

Beside the runner, which follows the orders. What a door asks for twice while
the first still waits is asked for once: an impatient second click changes nothing.
"""

import datetime as dt
from collections.abc import Sequence

from seatkeeper.engine.cycle_runner import Wish
from seatkeeper.engine.runner import options_of
from seatkeeper.ports import Configuration, Ledger
from seatkeeper.provisioning.journal import Key, OrderVerb


async def ask_to_run(
    ledger: Ledger, app_id: str, wish: Wish, *, actor: str, now: dt.datetime
) -> int:
    """Leave an order for a cycle; return its number, or that of the same one that still waits."""
    options = options_of(wish)
    for order in await ledger.open_orders():
        same = order.app_id == app_id and dict(order.options) == options
        if same and order.state == "open":
            return order.id
    return await ledger.place_order(app_id, OrderVerb.RUN, options, actor=actor, now=now)


async def try_again(
    ledger: Ledger,
    configuration: Configuration,
    app_id: str,
    records: Sequence[Key] | None = None,
    *,
    code: str = "",
    actor: str,
    now: dt.datetime,
) -> int:
    """Make due at once who waits after a failure, also those who were given up.

    These ``records``; none: everybody, or everybody who waits for the cause ``code``.
    Returns how many wait and are due now; that somebody asked is in the audit trail.
    """
    count = await ledger.retry_now(app_id, records, now, code=code)
    if count:
        asked: dict[str, object] = {"records": "all"}
        if records is not None:
            asked = {"records": [one for _, one in records]}
        elif code:
            asked = {"cause": code}
        await configuration.record_decision(actor, "retry", app_id, asked)
    return count
