"""Ask the app whose account answers to a record.

    source change -> scope -> map -> [match] -> plan -> export -> log

Shell around ``provisioning.match``: it sends the questions in order and hands
the answers over. Used by the plan half, and again wherever an answer was lost
or an account is gone.
"""

from functools import partial

from seatkeeper.directory.model import Kind
from seatkeeper.engine.context import AppContext
from seatkeeper.ports import Trace
from seatkeeper.provisioning.account import Account
from seatkeeper.provisioning.match import check_only_asker, check_unclaimed, the_one
from seatkeeper.provisioning.walk import NeedsMatch


async def look_up(
    context: AppContext, kind: Kind, record_id: str, needs: NeedsMatch, trace: Trace
) -> Account | None:
    """Return the one account that is this record's, or none.

    Raises ``RecordError`` for several accounts or one that belongs to another
    record or is asked for by one, ``ConnectorError`` where the app does not answer.
    """
    for question in needs.questions:
        found = await context.patiently(
            partial(context.target.find, kind, question.path, question.value, trace)
        )
        account = the_one(question, found)
        if account is not None:
            askers = context.asked_by(kind, account.id, record_id)
            owner = await context.ledger.linked_record(context.app_id, kind, account.id)
            if owner is not None and (kind, owner) in context.released:
                owner = None
            check_unclaimed(account, owner, record_id)
            check_only_asker(account, askers, record_id)
            return account
    return None
