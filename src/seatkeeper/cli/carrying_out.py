"""Carry out a plan that was kept in a file, and name everybody who was refused.

On top of everything. Whether a record is still as reviewed is decided by
``provisioning.reviewed``; who was refused is read from the cycle's log, so that
it is the same whether this process or a running engine did the work.
"""

import sys
from collections.abc import Sequence
from pathlib import Path

from seatkeeper.bootstrap import Installation
from seatkeeper.cli.out import DONE, FAILED, NEEDS_CONSENT, installation, show, speak
from seatkeeper.cli.render import clean
from seatkeeper.cli.running import ProgressBar, run_somewhere, told
from seatkeeper.engine.cycle_runner import Wish
from seatkeeper.errors import AlreadyDone, PlanOutdated
from seatkeeper.facts.cycles import cycle_plain
from seatkeeper.facts.forecast import pacing_of
from seatkeeper.facts.plain import Plain
from seatkeeper.provisioning.cycle import Cycle
from seatkeeper.provisioning.log import Status
from seatkeeper.provisioning.membership import some_of
from seatkeeper.provisioning.plan import Reason
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
        bar = ProgressBar(quiet=json, pacing=await pacing_of(opened, app_id))
        cycle = await run_somewhere(opened, app_id, Wish(reviewed=kept.plan.to_do), bar)
        bar.end()
        refused = await _left_alone(opened, cycle, PlanOutdated.code)
        done = await _left_alone(opened, cycle, AlreadyDone.code)
    plain: Plain = {"app": app_id, "plan": str(file), **cycle_plain(cycle)}
    speak([{**plain, "refused": refused, "already_done": done}], told(app_id, cycle), json=json)
    if done and not json:
        names = some_of([clean(one["display_name"]) for one in done], {}).text
        show(f"Already as reviewed, so nothing was sent: {len(done)} ({names})")
    return _ended(cycle, "Refused, because it is not what was reviewed", refused, json=json)


async def take_back(app_id: str, name: str, *, json: bool) -> int:
    """Undo what that cycle wrote, and name what stays as it is; return the exit status.

    Raises ``NotFound`` for a cycle that there is not, ``BadInput`` for one that has not ended.
    """
    async with installation() as opened:
        await opened.configuration.app(app_id)
        undone = await opened.cycle_to_undo(app_id, name)
        bar = ProgressBar(quiet=json, pacing=await pacing_of(opened, app_id))
        cycle = await run_somewhere(opened, app_id, Wish(undo=undone.id), bar)
        bar.end()
        stays = await _left_alone(opened, cycle, Reason.CANNOT_UNDO)
    plain: Plain = {"app": app_id, "undone": undone.number, **cycle_plain(cycle)}
    speak([{**plain, "not_undone": stays}], told(app_id, cycle), json=json)
    return _ended(cycle, "Not undone", stays, json=json)


def _ended(cycle: Cycle, what: str, left: Sequence[Plain], *, json: bool) -> int:
    """Name whom the cycle left alone, and return its exit status."""
    if left and not json:
        lines = [f"{what}: {len(left)}"]
        lines += [f"  {clean(one['display_name'])}: {clean(one['reason'])}" for one in left]
        show("\n".join(lines), sys.stderr)
    if not cycle.finished or left or cycle.counters.failed:
        return FAILED
    return NEEDS_CONSENT if cycle.counters.held else DONE


async def _left_alone(opened: Installation, cycle: Cycle, code: str) -> list[Plain]:
    """Return whom a cycle left alone for this reason, by name, with what changed since."""
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
            if entry.cycle_id == cycle.id and entry.code == code
        ]
        after = page[-1][0]
    return found
