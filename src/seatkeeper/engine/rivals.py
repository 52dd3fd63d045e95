"""Find out who asks for the same unique values, as the directory is now.

    source change -> scope -> map -> [match] -> plan -> export -> log

Shell beside the plan half, the preview and the answers: what is stored of a
record's wishes may be older than its last edit. Nothing is written, nobody is
asked but the ledger; whether a clash stops somebody is ``match``'s decision.
"""

import asyncio
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from typing import Final

from seatkeeper.directory.model import Kind, User
from seatkeeper.errors import SeatkeeperError
from seatkeeper.ports import Ledger
from seatkeeper.provisioning.match import Claim, claims
from seatkeeper.provisioning.rules import Rules
from seatkeeper.provisioning.walk import Answer, Facts, decide

AT_A_TIME: Final = 50
"""Records that are decided before others may work."""


async def _nobody_waits() -> None:
    """Go on."""


async def walk_records(
    ledger: Ledger,
    rules: Rules,
    kind: Kind,
    ids: Collection[str],
    *,
    between: Callable[[], Awaitable[None]] = _nobody_waits,
) -> list[tuple[Facts, Answer | SeatkeeperError]]:
    """Walk these records as far as it goes without asking the app; nothing is written down.

    Nobody's fault stops the others: it stands where the answer would. A cycle
    and a preview both start here. ``between`` is awaited after every ``AT_A_TIME`` of them.
    """
    walked: list[tuple[Facts, Answer | SeatkeeperError]] = []
    if not ids:
        return walked
    found = await ledger.facts(rules.app_id, kind, ids, memberships=rules.reads_memberships)
    for number, facts in enumerate(found, 1):
        if number % AT_A_TIME == 0:
            await asyncio.sleep(0)  # deciding takes long enough for other apps to notice
            await between()
        try:
            walked.append((facts, decide(facts, rules)))
        except SeatkeeperError as error:
            walked.append((facts, error))
    return walked


async def rivals_now(
    ledger: Ledger,
    rules: Rules,
    kind: Kind,
    wanted: Collection[Claim],
    *,
    fresh: Collection[str] = (),
    edited: Collection[str] = (),
) -> dict[Claim, list[tuple[str, str]]]:
    """Return who asks for these values in the directory as it is now, by id and name.

    In the order of names.

    ``fresh`` are records that were looked at since their last edit: what is
    stored of them is true. ``edited`` are records that may have begun to ask
    for a value since they were looked at.
    """
    stored = await ledger.rivals(rules.app_id, kind, wanted)
    others = {one for them in stored.values() for one, _ in them}
    found = {claim: [one for one in stored.get(claim, ()) if one[0] in fresh] for claim in wanted}
    for facts, answer in await walk_records(ledger, rules, kind, (others | {*edited}) - {*fresh}):
        for claim in _asked(rules, facts, answer, stored):
            if claim in found:
                found[claim].append((facts.record_id, _name(facts)))
    return {claim: sorted(them, key=by_name) for claim, them in found.items()}


def by_name(asking: tuple[str, str]) -> tuple[str, str]:
    """Return the key that orders those who ask for a value as people read them."""
    record_id, name = asking
    return name, record_id


def _asked(
    rules: Rules,
    facts: Facts,
    answer: Answer | SeatkeeperError,
    stored: Mapping[Claim, Sequence[tuple[str, str]]],
) -> Collection[Claim]:
    mapping = rules.mapping(facts.kind)
    if isinstance(answer, SeatkeeperError):
        if facts.link is None:
            return ()
        mine = facts.record_id  # values that cannot be made: the account holds on to the old ones
        return [claim for claim, them in stored.items() if any(one == mine for one, _ in them)]
    if answer.desired is None or mapping is None:
        return ()
    return claims(answer.desired, mapping)


def _name(facts: Facts) -> str:
    return facts.record.user_name if isinstance(facts.record, User) else facts.display_name
