"""Find out within one plan who asks for the same unique values.

    source change -> scope -> map -> match -> [plan] -> export -> log

Shell beside ``preview``: whoever is in the plan was just read, of everybody else
what ``rivals`` finds counts. What a cycle does in ``planner`` and
``shared_values`` is said here without writing anything down.
"""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence

from seatkeeper.directory.model import Kind, User
from seatkeeper.engine.preview_lines import Sketch
from seatkeeper.engine.rivals import by_name, rivals_now
from seatkeeper.errors import AmbiguousSource
from seatkeeper.provisioning.match import Claim, check_claims, claims, others_asking
from seatkeeper.provisioning.walk import takes


async def refuse_shared(at_work: Sketch, kind: Kind) -> None:
    """Say of whom an account has whether somebody else asks for a value that it would get."""
    mapping = at_work.context.rules.mapping(kind)
    if mapping is None:
        return
    changing = [
        (seen, taken)
        for (of, _), seen in at_work.seen.items()
        if of is kind and seen.decided is not None and (taken := takes(seen.decided, mapping))
    ]
    if not changing:
        return
    wanted = {claim for _, taken in changing for claim in taken}
    rivals = await rivals_of(at_work, kind, wanted, asked_for(at_work, kind))
    for seen, taken in changing:
        try:
            check_claims(taken, others_asking(taken, rivals, seen.facts.record_id))
        except AmbiguousSource as error:
            seen.problem, seen.answer = error, None


async def rivals_of(
    at_work: Sketch,
    kind: Kind,
    wanted: Collection[Claim],
    asked: Mapping[Claim, Sequence[tuple[str, str]]],
) -> dict[Claim, list[tuple[str, str]]]:
    """Return who asks for these values: as stored, but for those whose wishes were just read."""
    context = at_work.context
    found = {claim: list(asked.get(claim, ())) for claim in wanted}
    known = {
        record
        for (of, record), seen in at_work.seen.items()
        if of is kind and not (seen.problem is not None and seen.facts.link is not None)
    }
    stored = await rivals_now(context.ledger, context.rules, kind, wanted, fresh=known)
    for claim, others in stored.items():
        found[claim] += [one for one in others if one[0] not in known]
    return {claim: sorted(them, key=by_name) for claim, them in found.items()}


def asked_for(at_work: Sketch, kind: Kind) -> dict[Claim, list[tuple[str, str]]]:
    """Return which records of this plan ask for which unique value, by id and name."""
    found: dict[Claim, list[tuple[str, str]]] = defaultdict(list)
    mapping = at_work.context.rules.mapping(kind)
    for (of, record_id), seen in at_work.seen.items():
        source = seen.needs or seen.decided
        if of is not kind or source is None or source.desired is None or mapping is None:
            continue
        record = seen.facts.record
        name = record.user_name if isinstance(record, User) else seen.facts.display_name
        for claim in claims(source.desired, mapping):
            found[claim].append((record_id, name))
    return found
