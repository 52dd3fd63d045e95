"""Say whether the deletion guard would hold the removal of one record in the next cycle.

    source change -> scope -> map -> match -> [plan] -> export -> log

Shell beside ``guarding``, for whoever asks about one person. It reads that record
and counts whom the cycle would look at, and plans nobody else; where so many may be
too many, it says that the whole plan has to be made.
"""

import datetime as dt
from typing import Final

from seatkeeper.directory.model import Kind
from seatkeeper.engine.guarding import guard_numbers, removals_decided
from seatkeeper.errors import RecordError
from seatkeeper.ports import Ledger
from seatkeeper.provisioning.cycle import Cycle, CycleKind
from seatkeeper.provisioning.guard import Numbers, Planned, judge_one, too_many
from seatkeeper.provisioning.removal import Removal
from seatkeeper.provisioning.rules import Rules
from seatkeeper.provisioning.walk import Decided, decide

_PAGE: Final = 1_000
_OF_RECORDS: Final = {Kind.USER: Removal.ACCESS, Kind.GROUP: Removal.GROUP}


async def held_alone(
    ledger: Ledger, rules: Rules, cycle: Cycle, kind: Kind, record_id: str, now: dt.datetime
) -> str | None:
    """Return why the removal of one record would wait, empty where it would not.

    ``cycle`` is the next one. None: it depends on how many others leave in it.
    """
    [facts] = await ledger.facts(
        rules.app_id, kind, [record_id], memberships=rules.reads_memberships
    )
    try:
        decided = decide(facts, rules)
    except RecordError:
        return ""
    if not isinstance(decided, Decided):
        return ""
    found = [
        one for one in removals_decided(rules, facts, decided) if one.what is _OF_RECORDS[kind]
    ]
    if not found:
        return ""
    [planned] = found
    holds = {hold.key: hold for _, hold in await ledger.holds(rules.app_id)}
    numbers = await guard_numbers(ledger, rules, cycle, now)
    others = await _others_at_most(ledger, rules, cycle, planned, numbers)
    return judge_one(planned, holds, numbers, rules.limits, now, others=others)


async def _others_at_most(
    ledger: Ledger, rules: Rules, cycle: Cycle, planned: Planned, numbers: Numbers
) -> int:
    """Return how many others of the kind the cycle looks at, counted no further than matters."""
    everybody = numbers.managed.get(planned.what, 0)
    if cycle.kind is not CycleKind.INCREMENTAL:
        return everybody
    app_id, kind = rules.app_id, planned.kind
    found: set[str] = set()

    def enough() -> bool:
        count = planned.count + len(found)
        return any(too_many(*each, count, numbers, rules.limits) for each in planned.counts_for)

    found |= {one.record_id for one in await ledger.escrows(app_id, kind=kind, limit=_PAGE)}
    if len(found) == _PAGE:  # there may be more of them
        return everybody
    found |= {
        record for of, record in await ledger.spoken_about(app_id, cycle.started) if of is kind
    }
    groups: set[str] = set()
    read_to = cycle.from_seq
    while read_to < cycle.to_seq and not enough():
        touched = await ledger.touched(app_id, after=read_to, to=cycle.to_seq, limit=_PAGE)
        found |= touched.users if kind is Kind.USER else touched.groups
        groups |= touched.member_groups
        groups |= touched.edited_groups if rules.reads_memberships else set()
        read_to = touched.read_to
    if kind is Kind.USER and not enough():
        moved = await ledger.regrouped(app_id, after=cycle.from_seq)
        groups |= {*await ledger.groups_below({one.group_id for one in moved})} if moved else set()
        member = ""
        while groups and not enough():
            page = await ledger.member_users(groups, after=member, limit=_PAGE)
            if not page:
                break
            found.update(page)
            member = page[-1]
    return len(found - {planned.record_id})
