"""Say of accounts that belong to nobody what they are.

    source change -> scope -> map -> [match] -> plan -> export -> log

Beside the walk. Shell around ``provisioning.reconcile``: it finds who asks for
the values of such an account. Nothing is ever written to one.
"""

import asyncio
from collections.abc import Collection, Sequence

from seatkeeper.directory.model import Kind
from seatkeeper.engine.context import AppContext
from seatkeeper.errors import ConnectorError
from seatkeeper.ports import Trace
from seatkeeper.provisioning.account import Account
from seatkeeper.provisioning.mapping.evaluate import Desired
from seatkeeper.provisioning.mapping.model import ObjectMapping
from seatkeeper.provisioning.match import claims
from seatkeeper.provisioning.outcome import stops_the_app
from seatkeeper.provisioning.reconcile import Finding, stranger


async def strangers_among(
    context: AppContext, kind: Kind, mapping: ObjectMapping, accounts: Sequence[Account]
) -> list[Finding]:
    """Say of accounts that belong to nobody what they are; a new one is read before it counts."""
    if not accounts:
        return []
    now = context.now()
    earlier = await earlier_findings(context, kind, [one.id for one in accounts])
    asked = {one.id: claims(Desired(dict(one.values)), mapping) for one in accounts}
    rivals = await context.ledger.rivals(
        context.app_id, kind, {claim for some in asked.values() for claim in some}
    )
    ids = {record for them in rivals.values() for record, _ in them}
    owners = {one.record_id: one for one in await context.facts(kind, ids)}
    new = [one.id for one in accounts if one.id not in earlier]
    there = await asyncio.gather(*(_is_there(context, kind, one) for one in new))
    ghosts = {one for one, is_there in zip(new, there, strict=True) if not is_there}
    found = []
    for account in accounts:
        if account.id in ghosts:
            continue
        mine = [record for claim in asked[account.id] for record, _ in rivals.get(claim, ())]
        theirs = [owners[record] for record in dict.fromkeys(mine) if record in owners]
        found.append(stranger(kind, account, theirs, now, earlier.get(account.id)))
    return found


async def _is_there(context: AppContext, kind: Kind, account_id: str) -> bool:
    """Whether an account that a list shows is there; believed where the app cannot tell."""
    trace = Trace()
    try:
        account = await context.patiently(lambda: context.target.read(kind, account_id, trace))
    except ConnectorError as error:
        if stops_the_app(error):
            raise
        return True
    finally:
        context.asked(trace.exchanges)
    return account is not None


async def earlier_findings(
    context: AppContext, kind: Kind, accounts: Collection[str]
) -> dict[str, Finding]:
    """Return what was found before about these accounts, by their ids."""
    found = await context.ledger.findings(
        context.app_id, accounts=(kind, accounts), limit=max(1, len(accounts))
    )
    return {one.account_id: one for one in found}
