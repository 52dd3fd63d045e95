"""Which records a cycle looks at: those that changed, whom that touches, who is due, or all.

    source change -> [scope] -> map -> match -> plan -> export -> log

Shell: it reads the change feed and the ledger, page by page, and decides about
nobody. What is done with a record is the walk's answer (``planner``).
"""

import asyncio
import datetime as dt
from collections.abc import AsyncIterator, Collection, Iterator, Sequence
from typing import Final

from seatkeeper.directory.model import Kind
from seatkeeper.engine.context import AppContext
from seatkeeper.ports import Ledger
from seatkeeper.provisioning.cycle import CycleKind
from seatkeeper.provisioning.rules import Rules

PAGE = 500

MEASURED: Final = 10_000
"""Records whose way from change to app is measured in one cycle; memory stays bounded."""

_MOST_DUE: Final = 100_000
"""Most records that one cycle tries again; whoever is left is first in the next one."""


async def chosen(
    context: AppContext, users: Collection[str], groups: Collection[str]
) -> AsyncIterator[tuple[Kind, Sequence[str], Collection[str]]]:
    """Yield the records that a cycle of this kind looks at, page by page.

    ``users`` and ``groups`` are those named in a cycle that looks only at
    these. The third value holds those that are tried again and did not change.
    """
    kinds = [kind for kind in Kind if context.rules.mapping(kind) is not None]
    if not context.cycle.covers_all:
        named = {Kind.USER: users, Kind.GROUP: groups}
        for kind in kinds:
            for page in _pages(named[kind]):
                yield kind, page, ()
    elif context.cycle.kind is CycleKind.INCREMENTAL:
        window = await touched_ids(
            context.ledger,
            context.rules,
            after=context.cycle.from_seq,
            to=context.cycle.to_seq,
            changed_at=context.changed_at,
        )
        touched = dict(zip(Kind, window, strict=True))
        for kind in kinds:
            for page in _pages(touched[kind]):
                yield kind, page, ()
        due, spoken = await asyncio.gather(
            context.ledger.due(context.app_id, context.now(), limit=_MOST_DUE),
            context.ledger.spoken_about(context.app_id, context.now()),
        )
        for kind in kinds:
            again = {one.record_id for one in due if one.kind is kind}
            again |= {record for of, record in spoken if of is kind}
            again -= touched[kind]
            for page in _pages(again):
                yield kind, page, page
    else:
        for kind in kinds:
            async for found in all_ids(context, kind):
                yield kind, found, ()


def _pages(ids: Collection[str]) -> Iterator[Sequence[str]]:
    ordered = sorted(ids)
    for start in range(0, len(ordered), PAGE):
        yield ordered[start : start + PAGE]


async def all_ids(context: AppContext, kind: Kind) -> AsyncIterator[Sequence[str]]:
    """Yield pages of every record that the app may concern."""
    after = ""
    everybody = context.rules.scope == "all"
    while True:
        page = await context.ledger.candidates(
            context.app_id, kind, everybody=everybody, after=after, limit=PAGE
        )
        if not page:
            return
        yield page
        after = page[-1]


async def touched_ids(
    ledger: Ledger,
    rules: Rules,
    *,
    after: int,
    to: int,
    changed_at: dict[str, dt.datetime] | None = None,
) -> tuple[set[str], set[str]]:
    """Return the users and groups that the changes over ``after`` up to ``to`` concern.

    ``changed_at`` learns since when they differ, of the first ``MEASURED`` that changed themselves.
    """
    app_id = rules.app_id
    users: set[str] = set()
    groups: set[str] = set()
    member_groups: set[str] = set()
    read_to = after
    while read_to < to:
        touched = await ledger.touched(app_id, after=read_to, to=to)
        users |= touched.users
        groups |= touched.groups
        member_groups |= touched.member_groups
        if rules.reads_memberships:  # a filter may name a group that has another name now
            member_groups |= touched.edited_groups
        read_to = touched.read_to
        if changed_at is not None and len(changed_at) < MEASURED:
            for record_id, at in touched.first_at.items():
                changed_at.setdefault(record_id, at)
    regrouped = await ledger.regrouped(app_id, after=after)
    if regrouped:
        member_groups |= {*await ledger.groups_below({one.group_id for one in regrouped})}
    member, limit = "", PAGE
    while member_groups:
        page = await ledger.member_users(member_groups, after=member, limit=limit)
        if not page:
            break
        users.update(page)
        member = page[-1]
        limit *= 2  # all who are left are sorted for each page: a few large ones, not many small
    return users, groups
