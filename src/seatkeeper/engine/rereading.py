"""Look at an account whose change the app refused as conflicting, and say what is left to change.

    source change -> scope -> map -> match -> plan -> [export] -> log

Shell. Somebody else may have changed the account between our knowing it and our
writing it. It is read once, and what differs from what shall be there is sent
once more; a second refusal is the record's (fault T10). What would be the same
request again is not sent, unless the app spoke of a version (412) and not of a
value.
"""

from collections.abc import Sequence
from functools import partial
from typing import Final

from seatkeeper.directory.model import Kind
from seatkeeper.engine.context import AppContext
from seatkeeper.errors import Conflict
from seatkeeper.ports import Trace
from seatkeeper.provisioning.account import TargetValues, ValueChange
from seatkeeper.provisioning.plan import known_there

VERSION_REFUSED: Final = 412


async def left_to_change(
    context: AppContext,
    kind: Kind,
    account_id: str,
    *,
    before: TargetValues,
    changes: Sequence[ValueChange],
    refusal: Conflict,
    trace: Trace,
) -> tuple[Sequence[ValueChange], TargetValues]:
    """Return the changes that the account as it is now still needs, and what is known of it.

    None are left where somebody else has done the same. Raises ``refusal`` where the account is
    gone, or where asking again would be asking the same.
    """
    account = await context.patiently(partial(context.target.read, kind, account_id, trace))
    if account is None:
        raise refusal
    there = {one.path: account.values.get(one.path) for one in changes}
    left = tuple(
        ValueChange(one.path, there[one.path], one.new)
        for one in changes
        if there[one.path] != one.new
    )
    if left and refusal.status != VERSION_REFUSED and len(left) == len(changes):
        raise refusal
    return left, known_there(account, before, changes)
