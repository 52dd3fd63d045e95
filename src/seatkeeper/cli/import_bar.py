"""Show on a terminal how far an import of people is, without a word where nobody looks on.

On top of everything. Rows are counted as they are taken, so that the import itself knows
nothing of it; the rate is reckoned as that of a cycle is.
"""

import datetime as dt
import sys
from collections.abc import AsyncIterator, Callable
from typing import Final, TextIO

from seatkeeper.cli.render import progress_line
from seatkeeper.clock import utc_now
from seatkeeper.facts.cycles import counted_plain
from seatkeeper.ports import PersonRow
from seatkeeper.provisioning.pace import Pace

_EACH: Final = 100
"""The line is written anew after so many rows."""


async def rows_shown(
    rows: AsyncIterator[PersonRow],
    total: int,
    *,
    quiet: bool,
    out: TextIO | None = None,
    now: Callable[[], dt.datetime] = utc_now,
) -> AsyncIterator[PersonRow]:
    """Hand the rows on, and say on standard error how many of ``total`` were taken.

    ``quiet``, and where standard error is no terminal, nothing is said.
    """
    shown = out or sys.stderr
    if quiet or not shown.isatty():
        async for row in rows:
            yield row
        return
    done, pace = 0, Pace().marked("import", 0, now())
    async for row in rows:
        yield row
        done += 1
        if done % _EACH == 0 or done == total:
            at = now()
            pace = pace.marked("import", done, at)
            told = counted_plain(done, total, pace, at)
            shown.write(f"\r\x1b[K{progress_line({'kind': 'import', **told})}")
            shown.flush()
    shown.write("\r\x1b[K")
    shown.flush()
