"""Ask the app about many records at once, and say of each what it answered.

    source change -> scope -> map -> [match] -> plan -> export -> log

Shell around ``matching``: questions only, and nothing is written down. Plans,
previews and cycles ask through here, so that they say the same.
"""

import asyncio
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace

from seatkeeper.engine.context import AppContext, AppStopped
from seatkeeper.engine.matching import look_up
from seatkeeper.errors import ConnectorError, SeatkeeperError
from seatkeeper.ports import Trace
from seatkeeper.provisioning.account import Account
from seatkeeper.provisioning.link import Link
from seatkeeper.provisioning.match import Claim, check_claims, check_only_asker, others_asking
from seatkeeper.provisioning.outcome import stops_the_app
from seatkeeper.provisioning.walk import Facts, NeedsMatch


def shared(context: AppContext, facts: Facts, found: Account) -> SeatkeeperError | None:
    """Return the fault of somebody whose account another one found, too, a moment later."""
    try:
        check_only_asker(
            found, context.asked_by(facts.kind, found.id, facts.record_id), facts.record_id
        )
    except SeatkeeperError as error:
        return error
    return None


@dataclass(frozen=True, slots=True)
class Answered:
    """What the app said about one record: an account, none, or why that cannot be said.

    ``owner`` is the purged record that the account passes on from.
    """

    found: Account | None
    trace: Trace
    problem: SeatkeeperError | AppStopped | None
    owner: Facts | None = None


def inheriting(facts: Facts, found: Account, owner: Facts, context: AppContext) -> Facts:
    """Return the facts of a record once the account of a purged one is its own.

    The values known stay known, but for what the app was just seen to hold.
    """
    assert owner.link is not None  # noqa: S101 - it was found by the link
    known = {
        **owner.link.known,
        **{p: found.values[p] for p in owner.link.known if p in found.values},
    }
    link = Link(facts.kind, facts.record_id, found.id, known, facts.display_name, context.now())
    return replace(facts, link=link)


async def ask_app(
    context: AppContext,
    asked: Sequence[tuple[Facts, NeedsMatch]],
    rivals: Mapping[Claim, Sequence[tuple[str, str]]],
    *,
    again: Collection[str] = (),
) -> list[Answered]:
    """Look these records up in the app, all at once; questions only, and nothing written down.

    ``rivals`` says which records (id and name) ask for which unique value. An
    account that two of these found belongs to neither. Whom the app's list does not show is
    not asked about, but for those tried ``again``: what became of them may be younger than it.
    """
    answers = await asyncio.gather(
        *(
            _ask(context, facts, needs, rivals, listed=facts.record_id not in again)
            for facts, needs in asked
        )
    )
    return [
        replace(answer, problem=shared(context, facts, answer.found))
        if answer.problem is None and answer.found is not None
        else answer
        for (facts, _), answer in zip(asked, answers, strict=True)
    ]


async def _ask(
    context: AppContext,
    facts: Facts,
    needs: NeedsMatch,
    rivals: Mapping[Claim, Sequence[tuple[str, str]]],
    *,
    listed: bool,
) -> Answered:
    trace = Trace()
    shown = context.shown.get(facts.kind) if listed else None
    try:
        check_claims(needs.claims, others_asking(needs.claims, rivals, facts.record_id))
        if shown is not None and shown.has_nobody_for(needs.questions):
            return Answered(None, trace, None)
        match = await look_up(context, facts.kind, facts.record_id, needs, trace)
    except AppStopped as stopped:
        return Answered(None, trace, stopped)
    except SeatkeeperError as error:
        if isinstance(error, ConnectorError) and stops_the_app(error):
            context.stop(error)
        return Answered(None, trace, error)
    if match is None:
        return Answered(None, trace, None)
    return Answered(match.account, trace, None, match.inherited_from)
