"""Read why records are in a plan from the directory's feed.

    [source change] -> scope -> map -> match -> plan -> export -> log

Shell around ``provisioning.causes``: it pages through the feed and fetches the
names of groups. Only a preview does this; a cycle needs no reasons to be right.
"""

from seatkeeper.ports import Directory, Ledger
from seatkeeper.provisioning.causes import Causes, groups_named

PAGE = 1000


async def read_causes(
    directory: Directory, ledger: Ledger, app_id: str, *, after: int, to: int
) -> Causes:
    """Return what the changes over ``after`` up to ``to`` say of each record."""
    causes = Causes(app_id)
    while after < to:
        page = [one for one in await directory.changes(after=after, limit=PAGE) if one.seq <= to]
        if not page:
            break
        named = await directory.groups(sorted(groups_named(page)))
        causes.take(page, {group: one.display_name for group, one in named.items()})
        after = page[-1].seq
    for group in causes.assigned_groups:
        member = ""
        while found := await ledger.member_users([group], after=member, limit=PAGE):
            causes.members(group, found)
            member = found[-1]
    return causes
