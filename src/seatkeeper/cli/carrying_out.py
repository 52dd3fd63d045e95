"""Carry out a plan that was kept in a file, and name everybody who was refused.

On top of everything. Whether a record is still as reviewed is decided by
``provisioning.reviewed``; who was refused is read from the cycle's log, so that
it is the same whether this process or a running engine did the work.
"""

import sys
from pathlib import Path

from seatkeeper.bootstrap import Installation
from seatkeeper.cli.out import DONE, FAILED, NEEDS_CONSENT, installation, show, speak
from seatkeeper.cli.render import clean
from seatkeeper.cli.running import ProgressBar, run_somewhere, told
from seatkeeper.cli.views import Plain, cycle_plain
from seatkeeper.engine.cycle_runner import Wish
from seatkeeper.errors import PlanOutdated
from seatkeeper.provisioning.cycle import Cycle
from seatkeeper.provisioning.log import Status
from seatkeeper.store.plan_file import read_plan

_PAGE = 1000


async def carry_out(app_id: str, file: Path, *, json: bool) -> int:
    """Do what the file says, and only that; return the exit status.

    Raises ``BadInput`` where the file is not one to be trusted.
    """
    async with installation() as opened:
        await opened.configuration.app(app_id)
        kept = read_plan(file, key=opened.key, installation=opened.id, app_id=app_id)
        if not kept.plan.to_do:
            speak(
                [{"app": app_id, "plan": str(file), "refused": []}],
                f"{file} plans nothing; nothing was done.",
                json=json,
            )
            return DONE
        bar = ProgressBar(quiet=json)
        cycle = await run_somewhere(opened, app_id, Wish(reviewed=kept.plan.to_do), bar)
        bar.end()
        refused = await _refused(opened, cycle)
    speak(
        [{"app": app_id, "plan": str(file), **cycle_plain(cycle), "refused": refused}],
        told(app_id, cycle),
        json=json,
    )
    if refused and not json:
        lines = [f"Refused, because it is not what was reviewed: {len(refused)}"]
        lines += [f"  {clean(one['display_name'])}: {clean(one['reason'])}" for one in refused]
        show("\n".join(lines), sys.stderr)
    if not cycle.finished or refused or cycle.counters.failed:
        return FAILED
    return NEEDS_CONSENT if cycle.counters.held else DONE


async def _refused(opened: Installation, cycle: Cycle) -> list[Plain]:
    """Return who was refused in a cycle, by name, with what changed since."""
    found: list[Plain] = []
    after = 0
    while page := await opened.ledger.log(
        cycle.app_id,
        status=Status.SKIPPED,
        since=cycle.started,
        after=after,
        newest_first=False,
        limit=_PAGE,
    ):
        found += [
            {
                "kind": entry.kind.value,
                "record": entry.record_id,
                "display_name": entry.display_name,
                "action": entry.action,
                "reason": entry.reason,
            }
            for _, entry in page
            if entry.cycle_id == cycle.id and entry.code == PlanOutdated.code
        ]
        after = page[-1][0]
    return found
