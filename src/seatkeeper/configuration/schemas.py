"""Import and export the schema document of a configured app.

Before the walk. The document is compared first, as ``applying`` does it: what
says nothing new writes nothing. What was imported is kept with the settings
that followed from it, so that an export can give it back.
"""

import hashlib
from dataclasses import dataclass

from seatkeeper.configuration.applying import SCHEMA, Applied, beside_settings, settings_of
from seatkeeper.configuration.differences import differences
from seatkeeper.configuration.documents import AppDocument
from seatkeeper.configuration.filters import groups_named
from seatkeeper.configuration.settings import to_plain
from seatkeeper.configuration.sync_schema.exporting import export_schema
from seatkeeper.configuration.sync_schema.importing import import_schema
from seatkeeper.configuration.sync_schema.text import (
    Plain,
    from_stored,
    parse_schema,
    stored_text,
)
from seatkeeper.configuration.sync_schema.walk import Walk
from seatkeeper.gallery.schema import gallery_app
from seatkeeper.ports import Configuration, Directory, KeptSchema, StoredApp


@dataclass(frozen=True, slots=True)
class ImportedSchema:
    """What importing a schema changed, or would change, and what an administrator should know."""

    applied: Applied
    notes: tuple[str, ...]


async def schema_of(configuration: Configuration, app_id: str) -> Plain:
    """Return the schema document of a configured app. Raises ``NotFound``."""
    stored = await configuration.app(app_id)
    return await _exported(configuration, stored)


async def import_app_schema(
    configuration: Configuration,
    directory: Directory,
    app_id: str,
    *,
    name: str,
    content: bytes,
    actor: str,
    dry_run: bool = False,
) -> ImportedSchema:
    """Make an app's mappings, filters and attributes say what a schema document says.

    Everything else of the app stays. Raises ``InvalidFile`` with the path of
    every fault, and ``NotFound`` for an app or group nobody knows, before
    anything is written.
    """
    stored = await configuration.app(app_id)
    before = settings_of(stored)
    app = gallery_app(before.gallery)
    walk = Walk()
    plain = parse_schema(walk, content)
    walk.finish(name)
    assert plain is not None  # noqa: S101 - without a document there was a fault
    after = import_schema(walk, app, before, plain).settings
    walk.finish(name)
    for group in groups_named(after.user_filter):
        await directory.group(group)  # a misspelt one would take everybody's access away
    lines = differences(AppDocument(app_id, before), AppDocument(app_id, after))
    text = stored_text(plain)
    if not lines and text != stored_text(await _exported(configuration, stored)):
        lines = ["schema document: fields that decide nothing here"]
    found = ImportedSchema(Applied(app_id, tuple(lines)), tuple(walk.notes))
    if lines and not dry_run:
        kept = KeptSchema(hashlib.sha256(text.encode()).hexdigest(), text)
        await configuration.save_app(
            stored.application,
            {**to_plain(after), **beside_settings(stored), SCHEMA: kept.digest},
            actor=actor,
            expected_version=stored.version,
            schema=kept,
            action="app.import-schema",
        )
    return found


async def _exported(configuration: Configuration, stored: StoredApp) -> Plain:
    app_id, settings = stored.application.id, settings_of(stored)
    digest = stored.settings.get(SCHEMA)
    kept = await configuration.kept_schema(app_id, str(digest)) if digest else None
    plain = None if kept is None else from_stored(kept.text)
    return export_schema(gallery_app(settings.gallery), app_id, settings, plain)
