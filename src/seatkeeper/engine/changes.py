"""Read why records are in a plan from the directory's feed.

    [source change] -> scope -> map -> match -> plan -> export -> log

Shell around ``provisioning.causes``: it pages through the feed and fetches the
names of groups. Only a preview does this; a cycle needs no reasons to be right.
"""

from collections.abc import AsyncIterator, Collection, Mapping, Sequence

from seatkeeper.ports import Directory, Ledger
from seatkeeper.provisioning.causes import Causes, groups_named

PAGE = 1000


async def read_causes(
    directory: Directory, ledger: Ledger, app_id: str, *, after: int, to: int
) -> Causes:
    """Return what the changes over ``after`` up to ``to`` say of each record."""
    causes, start = Causes(app_id), after
    while after < to:
        page = [one for one in await directory.changes(after=after, limit=PAGE) if one.seq <= to]
        if not page:
            break
        names, gone = await group_names(directory, groups_named(page), after=start)
        causes.take(page, names, gone)
        after = page[-1].seq
    for group in causes.assigned_groups:
        reached = {group}
        if group in causes.opened_groups:
            reached.update(await ledger.groups_below([group]))
        async for found in _people(ledger, reached):
            causes.members(group, found)
    moved = [one for one in await ledger.regrouped(app_id, after=start) if one.parent_id]
    told = {one for each in moved for one in (each.group_id, each.parent_id, each.root_id) if one}
    names, _ = await group_names(directory, told, after=start)
    for one in moved:
        async for found in _people(ledger, await ledger.groups_below([one.group_id])):
            causes.moved(one, names, found)
    return causes


async def group_names(
    directory: Directory, ids: Collection[str], *, after: int
) -> tuple[Mapping[str, str], Collection[str]]:
    """Return how these groups are or were called, and which of them are gone."""
    present = await directory.groups(sorted(ids))
    gone = await directory.former_names(sorted(set(ids) - present.keys()), after=after)
    return {**gone, **{key: group.display_name for key, group in present.items()}}, gone.keys()


async def _people(ledger: Ledger, groups: Collection[str]) -> AsyncIterator[Sequence[str]]:
    """Yield pages of the people who are direct members of these groups."""
    member = ""
    while found := await ledger.member_users(groups, after=member, limit=PAGE):
        yield found
        member = found[-1]
