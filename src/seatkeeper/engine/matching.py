"""Ask the app whose account answers to a record.

    source change -> scope -> map -> [match] -> plan -> export -> log

Shell around ``provisioning.match``: it sends the questions in order and hands
the answers over. Used by the plan half, and again wherever an answer was lost
or an account is gone.
"""

from dataclasses import dataclass
from functools import partial

from seatkeeper.directory.model import Kind, User
from seatkeeper.engine.context import AppContext
from seatkeeper.errors import AmbiguousSource, RecordError
from seatkeeper.ports import Trace
from seatkeeper.provisioning.account import Account
from seatkeeper.provisioning.match import (
    Owner,
    Whose,
    check_only_asker,
    judge_owner,
    the_one,
)
from seatkeeper.provisioning.plan import Update
from seatkeeper.provisioning.rules import Rehire
from seatkeeper.provisioning.walk import Decided, Facts, NeedsMatch, decide


@dataclass(frozen=True, slots=True)
class Match:
    """The account that is a record's; ``inherited_from`` is the purged record that had it."""

    account: Account
    inherited_from: Facts | None = None


async def look_up(
    context: AppContext, kind: Kind, record_id: str, needs: NeedsMatch, trace: Trace
) -> Match | None:
    """Return the one account that is this record's, or none.

    Raises ``RecordError`` for several accounts or one that belongs to another
    record or is asked for by one, ``ConnectorError`` where the app does not answer.
    """
    for question in needs.questions:
        found = await context.patiently(
            partial(context.target.find, kind, question.path, question.value, trace)
        )
        account = the_one(question, found)
        if account is None:
            continue
        owner = await owner_of(context, kind, account, record_id)
        whose = judge_owner(
            account,
            question,
            _shown(context, owner),
            record_id,
            passes_on=context.rules.rehire is Rehire.LINK,
        )
        if whose is Whose.SOMEBODY_ELSES:
            continue
        askers = context.asked_by(kind, account.id, record_id)
        check_only_asker(account, askers, record_id)
        return Match(account, owner if whose is Whose.PASSES_ON else None)
    return None


async def look_up_own(
    context: AppContext, kind: Kind, record_id: str, needs: NeedsMatch, trace: Trace
) -> Account | None:
    """Look an account up in the middle of sending, where nobody's link can move any more.

    Raises ``AmbiguousSource`` for one that only the next plan can pass on.
    """
    found = await look_up(context, kind, record_id, needs, trace)
    if found is not None and found.inherited_from is not None:
        raise AmbiguousSource(
            f"The account {found.account.id} belonged to {found.inherited_from.display_name}, who "
            "was purged a moment ago.",
            advice="The next try gives it to this record.",
        )
    return found.account if found is not None else None


async def owner_of(
    context: AppContext, kind: Kind, account: Account, record_id: str
) -> Facts | None:
    """Return the facts of another record whose account this is, or that is about to get it.

    Whose link was not yet written when the ledger was asked is still in ``context.askers``.
    """
    while True:
        seen = context.links_written
        owner = await _owner_of(context, kind, account, record_id)
        if seen == context.links_written:
            return owner


async def _owner_of(
    context: AppContext, kind: Kind, account: Account, record_id: str
) -> Facts | None:
    owner = await context.ledger.linked_record(context.app_id, kind, account.id)
    if owner is None or owner == record_id or (kind, owner) in context.released:
        return None
    return (await context.facts(kind, [owner]))[0]


def _shown(context: AppContext, facts: Facts | None) -> Owner | None:
    if facts is None:
        return None
    record = facts.record
    state = ""
    if isinstance(record, User) and record.deleted_at is not None:
        state = f"was deleted on {record.deleted_at:%Y-%m-%d} and can still be restored"
    elif isinstance(record, User) and not record.enabled:
        state = "is disabled in the directory"
    try:
        answer = decide(facts, context.rules)
    except RecordError:
        answer = None
    action = answer.action if isinstance(answer, Decided) else None
    changes = action.changes if isinstance(action, Update) else ()
    gone = record is None and facts.link is not None
    return Owner(facts.record_id, facts.display_name, state, gone, changes)
