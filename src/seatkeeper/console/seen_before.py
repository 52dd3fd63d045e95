"""Look again before an assignment begins or ends: what was shown must still be all it takes away.

Beside the pages of assignments. It asks their own question once more and compares the names;
that the configuration is the one that was seen is for the page to check.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Protocol

from seatkeeper.clock import utc_now
from seatkeeper.console.language import _, ngettext
from seatkeeper.console.proposing import LOOKS_AGAIN, NAMED
from seatkeeper.console.views.plan import STALE_AFTER
from seatkeeper.console.words import number
from seatkeeper.errors import InvalidValue


class TakesAway(Protocol):
    """What saving would do."""

    def unseen(self, carried: str) -> Sequence[str]:
        """Return the names of those who lose something and are not in what a form remembered."""


async def check_seen(at: str, carried: str, look: Callable[[], Awaitable[TakesAway]]) -> None:
    """Raise ``InvalidValue`` where saving takes something away that a form did not show.

    ``at`` is when it was shown, in seconds since 1970, ``carried`` what it remembers.
    """
    shown = int(at) if at.isascii() and at.isdigit() and len(at) < 12 else 0
    if utc_now().timestamp() - shown > STALE_AFTER.total_seconds():
        raise InvalidValue(
            _("Nothing was saved: what you saw is older than 15 minutes."), advice=_again()
        )
    try:
        async with asyncio.timeout(LOOKS_AGAIN):
            unseen = (await look()).unseen(carried)
    except TimeoutError:
        raise InvalidValue(
            _("Nothing was saved: looking again took too long."), advice=_("Try it again.")
        ) from None
    if unseen:
        raise InvalidValue(
            ngettext(
                "Nothing was saved: by now it would also take something away from %(who)s.",
                "Nothing was saved: by now it would also take something away from "
                "%(count)s others: %(who)s.",
                len(unseen),
            )
            % {"count": number(len(unseen)), "who": ", ".join(unseen[:NAMED])},
            advice=_again(),
        )


def _again() -> str:
    return _("Look at what it does now, then save.")
