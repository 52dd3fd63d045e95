"""Commands about configuration: gallery, apply, export-config, audit."""

from collections.abc import Sequence
from pathlib import Path

import cyclopts
from rich.console import Group as Stack
from rich.table import Table
from rich.text import Text

from seatkeeper.bootstrap import Installation
from seatkeeper.cli.out import DONE, FAILED, actor, installation, print_json, show, speak
from seatkeeper.cli.parameters import DryRun, Json, OnlyApp
from seatkeeper.cli.render import clean
from seatkeeper.configuration.applying import apply_document, document_of
from seatkeeper.configuration.deciding import begins_at_once
from seatkeeper.configuration.document_printing import print_document
from seatkeeper.configuration.documents import AppDocument, read_documents
from seatkeeper.configuration.secrets import secret_warnings
from seatkeeper.errors import BadInput
from seatkeeper.facts.audit import about_entry, records_of
from seatkeeper.gallery.schema import GalleryApp, gallery_app, load_gallery
from seatkeeper.ports import AuditEntry


def register(app: cyclopts.App) -> None:
    """Add these commands to the command line."""
    gallery = cyclopts.App(name="gallery", help="Apps that can be connected.")
    gallery.default(list_gallery)
    gallery.command(list_gallery, name="list")
    gallery.command(show_gallery, name="show")
    app.command(gallery)
    app.command(apply)
    app.command(export_config, name="export-config")
    audit = cyclopts.App(name="audit", help="Who changed what, and whether the trail is whole.")
    audit.default(list_audit)
    audit.command(list_audit, name="list")
    audit.command(verify_audit, name="verify")
    app.command(audit)


def list_gallery(*, json: Json = False) -> int:
    """List the apps of the gallery; shapes, which stand for a habit of many apps, come last."""
    apps = load_gallery()
    table = Table(box=None, pad_edge=False)
    for title in ("Id", "Name", "What it does"):
        table.add_column(title, overflow="fold")
    shapes_begun = False
    for one in apps.values():
        if one.kind == "shape" and not shapes_begun:
            table.add_row()
            table.add_row(Text("Shapes, to try a habit of many apps in the sandbox:"))
            shapes_begun = True
        table.add_row(Text(one.id), Text(one.name), Text(one.summary))
    plains = [
        {"id": a.id, "name": a.name, "summary": a.summary, "kind": a.kind} for a in apps.values()
    ]
    speak(plains, table, json=json)
    return DONE


def show_gallery(app_id: str, /, *, json: Json = False) -> int:
    """Show one app of the gallery: set-up steps, mappings, limits.

    Parameters
    ----------
    app_id
        Its id in the gallery.
    """
    app = gallery_app(app_id)
    if json:
        print_json(app)
        return DONE
    show(_card(app))
    return DONE


async def apply(*paths: Path, dry_run: DryRun = False, json: Json = False) -> int:
    """Make the configuration say what these YAML documents say; the difference is shown first.

    Parameters
    ----------
    paths
        Files, or folders whose .yaml files are read.
    """
    documents = [
        document for path in document_files(paths) for document in read_document_file(path)
    ]
    _refuse_twice(documents)
    async with installation() as opened:
        for document in documents:
            places = opened.secret_places()
            applied = await apply_document(
                opened.configuration,
                opened.directory,
                document,
                actor=actor(),
                places=places,
                dry_run=dry_run,
            )
            warnings = secret_warnings(document.secret_token, secrets_dir=places.folder)
            plain = {
                "app": applied.app_id,
                "changes": list(applied.lines),
                "warnings": warnings,
                "applied": not dry_run,
            }
            verb = "would change" if dry_run else "changed"
            head = f"{applied.app_id}: {verb if applied.lines else 'nothing to change'}"
            lines = [head, *(f"  {line}" for line in applied.lines)]
            lines += [f"  warning: {warning}" for warning in warnings]
            if not dry_run and begins_at_once(document.settings, applied.lines):
                lines.append(f"  {begun(applied.app_id)}")
            speak([plain], "\n".join(lines), json=json)
    return DONE


async def export_config(app_id: OnlyApp = None, /, *, json: Json = False) -> int:
    """Print the configuration as YAML documents that apply reads; secrets only by reference."""
    async with installation() as opened:
        ids = [one.application.id for one in await opened.configuration.apps()]
        if app_id is not None:
            ids = [(await opened.configuration.app(app_id)).application.id]
        for number, one in enumerate(ids):
            document = await document_of(opened.configuration, opened.directory, one)
            if document is None:
                continue
            if json:
                print_json(document)
                continue
            if number:
                print("---")
            print(print_document(document), end="")
    return DONE


async def list_audit(*, limit: int = 50, json: Json = False) -> int:
    """List changes of configuration and decisions, newest first."""
    async with installation() as opened:
        entries = await opened.configuration.audit(limit=limit)
        names = await _names(opened, entries)
    table = Table(box=None, pad_edge=False)
    for title in ("When", "Who", "What", "About"):
        table.add_column(title, overflow="fold")
    for entry in entries:
        moment = f"{entry.at:%Y-%m-%d %H:%M:%S}"
        about = about_entry(entry, names)
        table.add_row(*(Text(clean(x)) for x in (moment, entry.actor, entry.action, about)))
    plains = [
        {
            "seq": entry.seq,
            "at": entry.at.isoformat(),
            "actor": entry.actor,
            "action": entry.action,
            "subject": entry.subject,
            "about": about_entry(entry, names),
            "before": entry.before,
            "after": entry.after,
        }
        for entry in entries
    ]
    speak(plains, table if entries else "Nothing was changed yet.", json=json)
    return DONE


async def _names(opened: Installation, entries: Sequence[AuditEntry]) -> dict[str, str]:
    """Return how the people and groups are or were called that these entries are about."""
    ids = {one for entry in entries for one in records_of(entry)}
    people, groups = await opened.directory.users(ids), await opened.directory.groups(ids)
    names = {one.id: one.display_name for one in people.values()}
    names |= {one.id: one.display_name for one in groups.values()}
    gone = ids - names.keys()
    return {**names, **(await opened.directory.former_names(gone) if gone else {})}


async def verify_audit(*, json: Json = False) -> int:
    """Walk the chain of the audit trail and name the first entry that does not fit."""
    async with installation() as opened:
        broken = await opened.configuration.verify_audit()
    whole = broken is None
    text = "The audit trail is whole." if whole else f"Entry {broken} does not fit the one before."
    speak([{"whole": whole, "broken": broken}], text, json=json)
    return DONE if whole else FAILED


def begun(app_id: str) -> str:
    """Say that the engine acts on an edit without being asked, and how to look first next time."""
    return (
        f"{app_id} is on: a running server begins at once. To see what an edit does before it is "
        f"made: seatkeeper plan {app_id} --with FILE"
    )


def document_files(paths: tuple[Path, ...]) -> list[Path]:
    """Return the files that are named, and the .yaml files of folders. Raises ``BadInput``."""
    if not paths:
        raise BadInput("Nothing to apply.", advice="Name a YAML file or a folder of them.")
    found: list[Path] = []
    for path in paths:
        if path.is_dir():
            found += sorted(path.glob("*.yaml"))
        elif path.exists():
            found.append(path)
        else:
            raise BadInput(f"There is no file {path}.")
    return found


def read_document_file(path: Path) -> list[AppDocument]:
    """Return the documents of one file. Raises ``BadInput`` or ``InvalidFile``."""
    return read_documents(path.name, text_of(path))


def text_of(path: Path) -> str:
    """Return the text of a file. Raises ``BadInput`` where it cannot be read or is no UTF-8."""
    try:
        return path.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise BadInput(f"{path} is not UTF-8 (byte {error.start}).") from error
    except OSError as error:
        raise BadInput(f"{path} cannot be read: {error.strerror}.") from error


def _refuse_twice(documents: list[AppDocument]) -> None:
    ids = [document.app for document in documents]
    twice = sorted({one for one in ids if ids.count(one) > 1})
    if twice:
        raise BadInput(f"{', '.join(twice)} stands in several documents; nothing was changed.")


def _card(app: GalleryApp) -> Stack:
    mappings = Table(box=None, pad_edge=False)
    for title in ("Onto", "From"):
        mappings.add_column(title, overflow="fold")
    for mapping in app.users.mappings:
        source = mapping.attribute or mapping.expression or repr(mapping.constant)
        matching = "  (matching)" if mapping.matching else ""
        mappings.add_row(Text(mapping.target), Text(source + matching))
    steps = [f"{n}. {step.title}: {step.text}" for n, step in enumerate(app.setup_steps, start=1)]
    return Stack(
        Text(f"{app.name} ({app.id})", style="bold"),
        Text(app.summary),
        Text(""),
        Text("Inside the app", style="bold"),
        *(Text(step) for step in steps),
        Text(f"Tenant URL: {app.base_url.pattern}"),
        Text(""),
        Text("People's attributes", style="bold"),
        mappings,
        Text(""),
        Text(f"Roles: {', '.join(role.value for role in app.roles) or 'Default Access only'}"),
        *(Text(limit) for limit in app.limitations),
    )
