"""Leave alone what the app has filled itself, where a value is written only if none is there.

    source change -> scope -> map -> match -> plan -> [export] -> log

Shell: one look at an account just before such a value would be sent.
"""

from collections.abc import Sequence
from dataclasses import replace
from functools import partial

from seatkeeper.directory.model import Kind
from seatkeeper.engine.context import AppContext
from seatkeeper.engine.sent import Sent
from seatkeeper.provisioning.account import TargetValues, ValueChange
from seatkeeper.provisioning.mapping.model import Applies
from seatkeeper.provisioning.plan import Disable, Update


def gaps_of(context: AppContext, kind: Kind, changes: Sequence[ValueChange]) -> frozenset[str]:
    """Return the paths that are written only because nothing is known to be there."""
    mapping = context.rules.mapping(kind)
    assert mapping is not None  # noqa: S101 - nothing is planned of a kind that is off
    only = {one.target for one in mapping.mappings if one.applies is Applies.IF_EMPTY}
    return frozenset(one.path for one in changes if one.old is None) & only


async def without_filled(
    context: AppContext,
    sent: Sent,
    account_id: str,
    gaps: frozenset[str],
    changes: Sequence[ValueChange],
    before: TargetValues,
) -> tuple[Sequence[ValueChange], TargetValues]:
    """Look whether the app has filled a gap itself; then its value stays, and is known."""
    account = await context.patiently(
        partial(context.target.read, sent.facts.kind, account_id, sent.trace)
    )
    filled = {path: account.values[path] for path in gaps if account and path in account.values}
    kept = tuple(one for one in changes if one.path not in filled)
    if isinstance(sent.action, Update | Disable):
        sent.action = replace(sent.action, changes=kept)
    return kept, {**before, **filled}
