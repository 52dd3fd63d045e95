"""Find out whose account has the value for which the app refused somebody.

    source change -> scope -> map -> match -> plan -> [export] -> log

Shell: an app says that a value is taken, seldom which and never by whom. One
look-up for each unique value that was sent tells it; nothing is changed by it,
and where the app cannot be asked, its own words have to do.
"""

from dataclasses import dataclass
from functools import partial

from seatkeeper.engine.context import AppContext
from seatkeeper.errors import Conflict, ConnectorError
from seatkeeper.ports import Trace
from seatkeeper.provisioning.account import TargetValues
from seatkeeper.provisioning.match import Condition
from seatkeeper.provisioning.walk import Facts

_CHANGED_MEANWHILE = 412


@dataclass(frozen=True, slots=True)
class _Holder:
    condition: Condition
    account_id: str
    record_id: str | None


async def told_apart(
    context: AppContext, facts: Facts, values: TargetValues, error: Conflict, trace: Trace
) -> Conflict:
    """Return the app's refusal with the value, the account that has it, and whose that is."""
    if error.status == _CHANGED_MEANWHILE:
        return error
    try:
        holder = await _holder(context, facts, values, trace)
    except ConnectorError:
        holder = None
    if holder is None:
        return Conflict(
            f"{context.rules.app_name} says that a value which must be unique is taken, and shows "
            f"no account that has it: {error.message}",
            advice="Look in the app for an account with this user name or e-mail that is hidden or "
            "deactivated, and change or remove it there.",
            said=error.said,
            status=error.status,
        )
    whose, advice = (
        "which nobody in the directory is linked to",
        "If it is theirs, let a matching attribute find it; if not, change the value in the app "
        "or in the directory.",
    )
    if holder.record_id is not None:
        [other] = await context.facts(facts.kind, [holder.record_id])
        whose, advice = (
            f"which is {other.display_name}'s",
            f"Once {other.display_name}'s account has another value, this is tried again at once. "
            "If it shall keep it, give this record a value of its own in the directory.",
        )
    return Conflict(
        f"In {context.rules.app_name} {holder.condition.path} ({holder.condition.value}) belongs "
        f"to account {holder.account_id}, {whose}.",
        advice=advice,
        said=error.said,
        status=error.status,
    )


async def _holder(
    context: AppContext, facts: Facts, values: TargetValues, trace: Trace
) -> _Holder | None:
    """Return the first other account that is seen to have one of the unique values."""
    mapping = context.rules.mapping(facts.kind)
    own = facts.link.account_id if facts.link is not None else None
    for one in mapping.unique if mapping is not None else ():
        value = values.get(one.target)
        if not isinstance(value, str) or not value:
            continue
        condition = Condition(one.target, value, one.case_exact)
        found = await context.patiently(
            partial(context.target.find, facts.kind, one.target, value, trace)
        )
        for account in found:
            if account.id != own and condition.met_by(account):
                record = await context.ledger.linked_record(context.app_id, facts.kind, account.id)
                return _Holder(condition, account.id, record)
    return None
