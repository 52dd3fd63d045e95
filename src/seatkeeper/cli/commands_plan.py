"""The command that shows a cycle before it runs: plan.

On top of everything. Computing is the engine's, wording the renderer's; this
page names the records, keeps the file and chooses the exit status.
"""

from pathlib import Path
from typing import Annotated

import cyclopts
from cyclopts import Parameter

from seatkeeper.bootstrap import Installation
from seatkeeper.cli.commands_config import document_files, read_document_file
from seatkeeper.cli.out import (
    CHANGES_PLANNED,
    DONE,
    FAILED,
    NEEDS_CONSENT,
    actor,
    installation,
    show,
    speak,
)
from seatkeeper.cli.parameters import AppId, Json, OnlyGroups, OnlyUsers
from seatkeeper.cli.render_plan import plan_view
from seatkeeper.clock import utc_now
from seatkeeper.configuration.documents import AppDocument
from seatkeeper.directory.model import Kind
from seatkeeper.engine.cycle_runner import Wish
from seatkeeper.errors import BadInput
from seatkeeper.facts.forecast import forecast_plan
from seatkeeper.facts.plan import plan_plain
from seatkeeper.provisioning.guard import HoldState
from seatkeeper.provisioning.preview import Outlook, Preview
from seatkeeper.store.plan_file import write_plan


def register(app: cyclopts.App) -> None:
    """Add this command to the command line."""
    app.command(plan)


async def plan(
    app_id: AppId,
    /,
    *,
    user: OnlyUsers = None,
    group: OnlyGroups = None,
    out: Path | None = None,
    with_: Annotated[Path | None, Parameter(name="--with")] = None,
    undo: str | None = None,
    json: Json = False,
) -> int:
    """Show what the next cycle would do; nothing is sent and nothing is written down.

    Parameters
    ----------
    out
        Keep the plan in this file, to be carried out with: run APP --plan FILE
    with_
        As if this document had been applied: what an edit would do, before anybody makes it.
    undo
        What taking back this cycle would do: its number or id.
    """
    if undo is not None and (user or group or out or with_):
        raise BadInput("--undo plans a whole cycle's reverse; it goes with no other option.")
    document = None if with_ is None else _document(with_, app_id, out)
    async with installation() as opened:
        wish = await wish_for(opened, user, group)
        if undo is not None:
            preview = await opened.preview_undo(app_id, undo)
        elif document is not None:
            preview = await opened.preview_with(document, wish, actor=actor(), steps=wish.on_demand)
        else:
            preview = await opened.preview(app_id, wish, steps=wish.on_demand)
        if out is not None:
            write_plan(out, preview, key=opened.key, installation=opened.id, now=utc_now())
        changes = [one for record in preview.records for one in record.changes]
        called = await opened.called(app_id, changes)
        kept_in = str(out) if out is not None else ""
        waiting = 0 if wish.on_demand else await _waiting(opened, preview)
        held = await _held(opened, preview, everybody=not wish.on_demand)
        settings = document.settings if document is not None else None
        takes = await forecast_plan(opened, preview, settings) if preview.to_do else None
        plain = plan_plain(
            preview, called, kept_in=kept_in, waiting=waiting, held=held, foretold=takes
        )
    speak([plain], plan_view(plain), json=json)
    if out is not None and not json:
        show(f"Kept. Carry it out with: seatkeeper run {app_id} --plan {out}")
    if any(one.verb is Outlook.HOLD for one in preview.records):
        return NEEDS_CONSENT
    if preview.to_do:
        return CHANGES_PLANNED
    return FAILED if preview.only_failures else DONE


async def _waiting(opened: Installation, preview: Preview) -> int:
    """Return how many wait after a failure whom this plan does not try again."""
    app_id, again = preview.app_id, 0
    for kind in Kind:
        planned = [one.record_id for one in preview.records if one.kind is kind]
        again += len(await opened.ledger.escrows_of(app_id, kind, planned))
    return sum(one.count for one in await opened.ledger.waiting_causes(app_id)) - again


async def _held(opened: Installation, preview: Preview, *, everybody: bool) -> int:
    """Return how many removals wait for a person: those of this plan, and those from before."""
    planned = {one.key: one.verb for one in preview.records}
    now = {key for key, verb in planned.items() if verb is Outlook.HOLD}
    if not everybody:
        return len(now)
    before = await opened.ledger.holds(preview.app_id, states=(HoldState.OPEN,))
    waiting = {(hold.kind, hold.record_id) for _, hold in before}
    return len(now | {key for key in waiting if key not in planned})


def _document(file: Path, app_id: str, out: Path | None) -> AppDocument:
    if out is not None:
        raise BadInput(
            "A plan is kept for the settings in force, not for those of a file.",
            advice="Look with --with; then apply the file, and keep a plan with --out.",
        )
    found = [one for path in document_files((file,)) for one in read_document_file(path)]
    mine = [one for one in found if one.app == app_id]
    if len(mine) != 1:
        there = ", ".join(sorted(one.app for one in found)) or "nothing"
        raise BadInput(
            f"{file} must hold one document of {app_id}; it holds {there}.",
            advice=f"Print one with: seatkeeper export-config {app_id}",
        )
    return mine[0]


async def wish_for(
    opened: Installation, user: list[str] | None, group: list[str] | None, *, full: bool = False
) -> Wish:
    """Return the wish for these people and groups, named as somebody types them."""
    users = [(await opened.known(Kind.USER, one))[0] for one in user or ()]
    groups = [(await opened.known(Kind.GROUP, one))[0] for one in group or ()]
    return Wish(full=full, users=tuple(users), groups=tuple(groups))
