"""Look at everybody whom assignments of an app reach, as far as one page may look.

Beside the pages of assignments: the one that begins an assignment and the one that ends it
walk through the same people in the same way, and judge them each with a question of its own.
"""

from collections.abc import Callable, Collection, Sequence
from typing import Final

from seatkeeper.directory.model import Kind
from seatkeeper.facts.workplace import Workplace
from seatkeeper.provisioning.rules import Rules
from seatkeeper.provisioning.walk import Facts

_PIECE: Final = 250
_LARGEST_PAGE: Final = 4_000


async def look_at(
    work: Workplace,
    rules: Rules,
    judge: Callable[[Facts], None],
    *,
    people: Sequence[str] = (),
    groups: Collection[str] = (),
    members_of: Collection[str] = (),
    most: int,
    memberships: bool = False,
) -> bool:
    """Judge these people, these groups, and ``most`` members of some groups, nobody twice.

    Returns whether these were all members. ``memberships``: the facts also say of which groups
    people are direct members. Groups are left out where the app has none.
    """
    app_id, ledger = rules.app_id, work.ledger

    async def those(kind: Kind, ids: Sequence[str]) -> None:
        # Each piece gives way to other pages: its facts are read elsewhere, and take a moment.
        for start in range(0, len(ids), _PIECE):
            some = ids[start : start + _PIECE]
            for facts in await ledger.facts(app_id, kind, some, memberships=with_groups):
                judge(facts)

    with_groups = memberships or rules.reads_memberships
    if rules.groups is not None:
        await those(Kind.GROUP, sorted(groups))
    await those(Kind.USER, people)
    if not members_of:
        return True
    after, looked_at, page = "", 0, min(_PIECE, most)
    while ids := await ledger.member_users(members_of, after=after, limit=page):
        await those(Kind.USER, [one for one in ids if one not in people])
        after, looked_at = ids[-1], looked_at + len(ids)
        if looked_at >= most and len(ids) == page:
            return False
        page = max(1, min(2 * page, most - looked_at, _LARGEST_PAGE))
    return True
