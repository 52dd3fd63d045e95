"""Versions of an app's settings: what each changed, and how an earlier one comes back.

Before the walk. Restoring makes a new version with the content of an old one;
nothing is ever rewritten. Assignments and the secret are no part of a version:
who is assigned stays, and a token never follows a URL to another host.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from msgspec.structs import replace

from seatkeeper.configuration.address import forgets_secret
from seatkeeper.configuration.applying import (
    SCHEMA,
    Applied,
    beside_settings,
    settings_in,
    settings_of,
)
from seatkeeper.configuration.check import checked_settings
from seatkeeper.configuration.differences import differences
from seatkeeper.configuration.documents import AppDocument
from seatkeeper.configuration.filters import groups_named
from seatkeeper.configuration.rules import application_of
from seatkeeper.configuration.settings import AppSettings, to_plain
from seatkeeper.errors import InvalidValue, NotFound
from seatkeeper.gallery.schema import gallery_app
from seatkeeper.ports import Configuration, Directory, SettingsVersion, StoredApp

_UNREADABLE = "settings that this program cannot read"
_SCHEMA_LINE = "schema document: another one is kept"


@dataclass(frozen=True, slots=True)
class ListedVersion:
    """One version, with what it changed over the one before.

    ``same_as`` is the newest earlier version with the very same content, as one has
    that was restored.
    """

    version: SettingsVersion
    lines: tuple[str, ...]
    present: bool
    same_as: int | None = None


async def list_versions(configuration: Configuration, app_id: str) -> list[ListedVersion]:
    """Return every version of an app's settings, newest first. Raises ``NotFound``."""
    history = await configuration.history(app_id)
    older: list[SettingsVersion | None] = [*history[1:], None]
    return [
        ListedVersion(
            one,
            _changed(app_id, before, one),
            present=one is history[0],
            same_as=next(
                (e.version for e in history[n + 1 :] if not _changed(app_id, e, one)), None
            ),
        )
        for n, (one, before) in enumerate(zip(history, older, strict=True))
    ]


async def compare_versions(
    configuration: Configuration, app_id: str, earlier: int, later: int | None = None
) -> tuple[str, ...]:
    """Return what differs between two versions; without ``later`` from the present one."""
    history = await configuration.history(app_id)
    before = _numbered(app_id, history, earlier)
    after = history[0] if later is None else _numbered(app_id, history, later)
    return _changed(app_id, before, after)


async def settings_at(configuration: Configuration, app_id: str, version: int) -> AppSettings:
    """Return the settings that an app had in a version. Raises ``NotFound``."""
    return settings_in(_numbered(app_id, await configuration.history(app_id), version).settings)


async def restore_version(
    configuration: Configuration,
    directory: Directory,
    app_id: str,
    version: int,
    *,
    actor: str,
    dry_run: bool = False,
) -> Applied:
    """Give an app the settings it had in a version.

    Raises ``NotFound`` where there is no such version, ``InvalidValue`` where
    it does not fit any more; then nothing is written.
    """
    stored = await configuration.app(app_id)
    found = _numbered(app_id, await configuration.history(app_id), version)
    schema = found.settings.get(SCHEMA)
    return await _restored(
        configuration,
        directory,
        stored,
        settings_in(found.settings),
        str(schema) if schema else "",
        actor=actor,
        dry_run=dry_run,
    )


async def restore_defaults(
    configuration: Configuration,
    directory: Directory,
    app_id: str,
    *,
    actor: str,
    dry_run: bool = False,
) -> Applied:
    """Give an app the mappings, attributes and filters of the gallery.

    Actions that were taken away stay away, and groups that are off stay off:
    both keep changes from the app, and nobody asks for them back by this.
    """
    stored = await configuration.app(app_id)
    settings = replace(
        settings_of(stored),
        users=(),
        groups=(),
        user_attributes=(),
        group_attributes=(),
        user_filter=None,
        group_filter=None,
    )
    return await _restored(
        configuration, directory, stored, settings, "", actor=actor, dry_run=dry_run
    )


async def _restored(
    configuration: Configuration,
    directory: Directory,
    stored: StoredApp,
    settings: AppSettings,
    schema: str,
    *,
    actor: str,
    dry_run: bool,
) -> Applied:
    app_id, before = stored.application.id, settings_of(stored)
    app = gallery_app(settings.gallery)
    checked_settings(app, settings)
    for group in groups_named(settings.user_filter):
        await directory.group(group)  # one that is gone would take everybody's access away
    lines = differences(AppDocument(app_id, before), AppDocument(app_id, settings))
    if not stored.has_secret:
        lines = _without_secret(lines)
    beside = beside_settings(stored, settings)
    if schema != beside.get(SCHEMA, ""):
        lines.append(_SCHEMA_LINE)
    if lines and not dry_run:
        forgets = bool(before.tenant_url) and forgets_secret(before.tenant_url, settings.tenant_url)
        await configuration.save_app(
            application_of(app_id, app, settings.name),
            {**to_plain(settings), **beside, SCHEMA: schema},
            actor=actor,
            expected_version=stored.version,
            forget_secret=forgets,
            action="app.restore",
        )
    return Applied(app_id, tuple(lines))


def _changed(
    app_id: str, before: SettingsVersion | None, after: SettingsVersion
) -> tuple[str, ...]:
    try:
        now = AppDocument(app_id, settings_in(after.settings))
        if before is None:
            return (f"new app: {app_id} ({now.settings.name})",)
        then = AppDocument(app_id, settings_in(before.settings))
        lines = _without_secret(differences(then, now))
    except InvalidValue:
        return (_UNREADABLE,)
    if (before.settings.get(SCHEMA) or "") != (after.settings.get(SCHEMA) or ""):
        lines.append(_SCHEMA_LINE)
    return tuple(lines)


def _without_secret(lines: Sequence[str]) -> list[str]:
    """Leave out what becomes of a secret: versions hold none."""
    return [line for line in lines if not line.startswith("secret:")]


def _numbered(app_id: str, history: Sequence[SettingsVersion], version: int) -> SettingsVersion:
    for one in history:
        if one.version == version:
            return one
    raise NotFound(
        f"{app_id} has no version {version}.", advice=f"It has 1 to {history[0].version}."
    )
