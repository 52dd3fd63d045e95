"""Walk through an app's list of accounts, and say where it cannot be believed.

    source change -> scope -> map -> [match] -> plan -> export -> log

Shell. A list ends early, repeats itself, counts wrong, or is refused (fault
T20). So it only ever says who is there; what it leaves open is said with why,
and whoever did not come up in it is looked up by the caller.
"""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Final

from seatkeeper.directory.model import Kind
from seatkeeper.engine.context import AppContext
from seatkeeper.errors import ConnectorError, Remedy
from seatkeeper.ports import Trace
from seatkeeper.provisioning.absence import Shown, is_worth_listing
from seatkeeper.provisioning.account import Account

_LONGER: Final = 3
"""Times the app's first count; a list that goes on for longer has no end."""


@dataclass(frozen=True, slots=True)
class Listed:
    """One page; or, with ``open``, why the list that came cannot be taken for all there is.

    ``total`` is how many the app says that it has.
    """

    accounts: Sequence[Account] = ()
    open: str = ""
    total: int = 0


async def list_for_matching(context: AppContext, kind: Kind, waiting: int) -> None:
    """Read the app's list once in a cycle, where ``waiting`` records make it worth while.

    ``context.shown`` then knows whom the app need not be asked about. Nothing is
    believed of an app that does not refuse duplicates, nor of a list that is not whole.
    Raises what stops the app as a whole.
    """
    mapping = context.rules.mapping(kind)
    if kind in context.shown or waiting < context.listed_from or mapping is None:
        return
    context.shown[kind] = None
    if not context.rules.capabilities.refuses_duplicates:
        return
    if not any(one.unique for one in mapping.by_matching):
        return
    shown: Shown | None = None
    async for listed in read_list(context, kind):
        if listed.open:
            return
        if shown is None:
            if not is_worth_listing(waiting, listed.total, len(listed.accounts)):
                return
            shown = Shown(mapping, listed.total)
        shown.add(listed.accounts)
    context.shown[kind] = shown or Shown(mapping, 0)


async def read_list(context: AppContext, kind: Kind) -> AsyncIterator[Listed]:
    """Yield the app's list page by page, and at its end why it may not be whole, if so.

    Raises what stops the app as a whole: it is away, or refuses the token.
    """
    met, total, start, most = 0, 0, 1, None
    before: frozenset[str] = frozenset()
    while most is None or start <= most:
        trace = Trace()
        try:
            page = await context.patiently(partial(context.target.page, kind, start, trace))
        except ConnectorError as error:
            if error.remedy is Remedy.AWAY or error.status == 401:
                raise
            yield Listed(open=f"The app did not give its list: {error.message}")
            return
        finally:
            context.asked(trace.exchanges)
        ids = frozenset(one.id for one in page.accounts)
        total = page.total
        most = most or _LONGER * max(total, len(ids))
        if ids <= before:  # the end, or a page that comes again
            break
        met, start, before = met + len(ids - before), start + len(page.accounts), ids
        yield Listed(page.accounts, total=total)
        if met >= total:
            break
    if met < total:
        yield Listed(open=f"The app says that it has {total:,}, and listed {met:,}.")
