"""The command that shows a cycle before it runs: plan.

On top of everything. Computing is the engine's, wording the renderer's; this
page names the records, keeps the file and chooses the exit status.
"""

from pathlib import Path
from typing import Annotated

import cyclopts
from cyclopts import Parameter

from seatkeeper.bootstrap import Installation
from seatkeeper.cli.commands_config import Json, document_files, read_document_file
from seatkeeper.cli.out import (
    CHANGES_PLANNED,
    DONE,
    NEEDS_CONSENT,
    actor,
    installation,
    show,
    speak,
)
from seatkeeper.cli.render_plan import plan_view
from seatkeeper.cli.views_plan import plan_plain
from seatkeeper.clock import utc_now
from seatkeeper.configuration.documents import AppDocument
from seatkeeper.engine.cycle_runner import Wish
from seatkeeper.errors import BadInput
from seatkeeper.provisioning.preview import Outlook
from seatkeeper.store.plan_file import write_plan


def register(app: cyclopts.App) -> None:
    """Add this command to the command line."""
    app.command(plan)


async def plan(
    app_id: str,
    /,
    *,
    user: list[str] | None = None,
    group: list[str] | None = None,
    out: Path | None = None,
    with_: Annotated[Path | None, Parameter(name="--with")] = None,
    json: Json = False,
) -> int:
    """Show what the next cycle would do; nothing is sent and nothing is written down.

    Parameters
    ----------
    app_id
        The configured app.
    user
        Only this person (userName, e-mail or id); may be given several times.
    group
        Only this group (display name or id); may be given several times.
    out
        Keep the plan in this file, to be carried out with: run APP --plan FILE
    with_
        As if this document had been applied: what an edit would do, before anybody makes it.
    """
    document = None if with_ is None else _document(with_, app_id, out)
    async with installation() as opened:
        wish = await wish_for(opened, user, group)
        if document is not None:
            preview = await opened.preview_with(document, wish, actor=actor(), steps=wish.on_demand)
        else:
            preview = await opened.preview(app_id, wish, steps=wish.on_demand)
        if out is not None:
            write_plan(out, preview, key=opened.key, installation=opened.id, now=utc_now())
        changes = [one for record in preview.records for one in record.changes]
        called = await opened.called(app_id, changes)
        plain = plan_plain(preview, called, kept_in=str(out) if out is not None else "")
    speak([plain], plan_view(plain), json=json)
    if out is not None and not json:
        show(f"Kept. Carry it out with: seatkeeper run {app_id} --plan {out}")
    if any(one.verb is Outlook.HOLD for one in preview.records):
        return NEEDS_CONSENT
    return CHANGES_PLANNED if preview.to_do else DONE


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
    users = [(await opened.directory.user(one)).id for one in user or ()]
    groups = [(await opened.directory.group(one)).id for one in group or ()]
    return Wish(full=full, users=tuple(users), groups=tuple(groups))
