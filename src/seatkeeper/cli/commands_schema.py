"""Commands about the reference service's schema JSON: schema export, schema import."""

from pathlib import Path

import cyclopts

from seatkeeper.cli.out import DONE, actor, installation, print_json, show, speak
from seatkeeper.cli.parameters import AppId, DryRun, Json
from seatkeeper.configuration.schemas import import_app_schema, schema_of
from seatkeeper.configuration.sync_schema.text import MOST_BYTES, print_schema, stored_text
from seatkeeper.errors import BadInput


def register(app: cyclopts.App) -> None:
    """Add these commands to the command line."""
    schema = cyclopts.App(name="schema", help="An app's mappings as the reference's schema JSON.")
    schema.command(export_schema, name="export")
    schema.command(import_schema, name="import")
    app.command(schema)


async def export_schema(app_id: AppId, /, *, out: Path | None = None, json: Json = False) -> int:
    """Print the schema JSON of an app, or write it to a file.

    Parameters
    ----------
    out
        The file; one that is there is replaced.
    """
    async with installation() as opened:
        plain = await schema_of(opened.configuration, app_id)
    if out is None:
        print(stored_text(plain) if json else print_schema(plain).rstrip())
        return DONE
    _write(out, print_schema(plain))
    speak([{"app": app_id, "file": str(out)}], f"{app_id}: written to {out}", json=json)
    return DONE


async def import_schema(
    app_id: AppId,
    file: Path,
    /,
    *,
    dry_run: DryRun = False,
    json: Json = False,
) -> int:
    """Make mappings, attributes and filters of an app say what a schema JSON says.

    Parameters
    ----------
    file
        A file of schema export, or one that the reference service exported.
    """
    content = _content(file)
    async with installation() as opened:
        found = await import_app_schema(
            opened.configuration,
            opened.directory,
            app_id,
            name=file.name,
            content=content,
            actor=actor(),
            dry_run=dry_run,
        )
    lines = found.applied.lines
    if json:
        plain = {"app": app_id, "changes": list(lines), "notes": list(found.notes)}
        print_json({**plain, "applied": not dry_run})
        return DONE
    verb = "would change" if dry_run else "changed"
    show(
        "\n".join(
            [
                f"{app_id}: {verb if lines else 'nothing to change'}",
                *(f"  {line}" for line in lines),
                *(f"  note: {note}" for note in found.notes),
            ]
        )
    )
    return DONE


def _write(out: Path, text: str) -> None:
    try:
        out.write_text(text, encoding="utf-8")
    except OSError as error:
        raise BadInput(f"{out} cannot be written: {error.strerror or error}.") from error


def _content(file: Path) -> bytes:
    try:
        with file.open("rb") as opened:
            return opened.read(MOST_BYTES + 1)
    except OSError as error:
        raise BadInput(f"{file} cannot be read: {error.strerror or error}.") from error
