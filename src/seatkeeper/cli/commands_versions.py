"""Commands about versions of an app's settings: versions list, diff, restore."""

import cyclopts
from rich.table import Table
from rich.text import Text

from seatkeeper.cli.commands_config import begun
from seatkeeper.cli.out import DONE, actor, installation, print_json, show, speak
from seatkeeper.cli.parameters import AppId, DryRun, Flag, Json
from seatkeeper.configuration.applying import settings_of
from seatkeeper.configuration.deciding import begins_at_once
from seatkeeper.configuration.versions import (
    ListedVersion,
    compare_versions,
    list_versions,
    restore_defaults,
    restore_version,
)
from seatkeeper.errors import BadInput
from seatkeeper.facts.versions import version_plain


def register(app: cyclopts.App) -> None:
    """Add these commands to the command line."""
    versions = cyclopts.App(name="versions", help="Earlier settings of an app, and their return.")
    versions.command(listed, name="list")
    versions.command(diff)
    versions.command(restore)
    app.command(versions)


async def listed(app_id: AppId, /, *, json: Json = False) -> int:
    """List every version of an app's settings, newest first."""
    async with installation() as opened:
        found = await list_versions(opened.configuration, app_id)
    table = Table(box=None, pad_edge=False)
    for title in ("Version", "When", "Who", "What it changed"):
        table.add_column(title, overflow="fold")
    for one in found:
        table.add_row(*(Text(cell) for cell in _cells(one)))
    speak((version_plain(one) for one in found), table, json=json)
    return DONE


async def diff(
    app_id: AppId, earlier: int, later: int | None = None, /, *, json: Json = False
) -> int:
    """Show what differs between two versions, or between one and the present settings.

    Parameters
    ----------
    earlier
        The number of a version.
    later
        The number of another; the present settings if it is left out.
    """
    async with installation() as opened:
        lines = await compare_versions(opened.configuration, app_id, earlier, later)
    plain = {"app": app_id, "from": earlier, "to": later, "changes": list(lines)}
    speak([plain], "\n".join(lines) if lines else "Nothing differs.", json=json)
    return DONE


async def restore(
    app_id: AppId,
    version: int | None = None,
    /,
    *,
    default_mappings: Flag = False,
    dry_run: DryRun = False,
    json: Json = False,
) -> int:
    """Give an app the settings of an earlier version; the difference is shown first.

    Parameters
    ----------
    version
        The number of the version. Assignments and the token are not part of it.
    default_mappings
        Instead: the mappings, attributes and filters of the gallery.
    """
    if default_mappings is (version is not None):
        raise BadInput("Name one of a version and --default-mappings.")
    async with installation() as opened:
        if version is None:
            found = await restore_defaults(
                opened.configuration, opened.directory, app_id, actor=actor(), dry_run=dry_run
            )
        else:
            found = await restore_version(
                opened.configuration,
                opened.directory,
                app_id,
                version,
                actor=actor(),
                dry_run=dry_run,
            )
        settings = settings_of(await opened.configuration.app(app_id))
        at_once = not dry_run and begins_at_once(settings, found.lines)
    if json:
        print_json({"app": app_id, "changes": list(found.lines), "applied": not dry_run})
        return DONE
    verb = "would change" if dry_run else "changed"
    head = f"{app_id}: {verb if found.lines else 'nothing to change'}"
    said = [f"  {line}" for line in found.lines] + ([f"  {begun(app_id)}"] if at_once else [])
    show("\n".join([head, *said]))
    return DONE


def _cells(one: ListedVersion) -> tuple[str, str, str, str]:
    more = f" (and {len(one.lines) - 1} more)" if len(one.lines) > 1 else ""
    what = f"{one.lines[0]}{more}" if one.lines else "the secret"
    if one.lines and one.same_as is not None:
        what = f"restored from {one.same_as}: {what}"
    at = one.version.at
    number = f"{one.version.version}{' (now)' if one.present else ''}"
    return number, f"{at:%Y-%m-%d %H:%M:%S}" if at else "", one.version.actor, what
