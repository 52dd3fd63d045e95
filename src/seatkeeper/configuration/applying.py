"""Carry configuration documents into the store, and print the store as documents.

Before the walk. ``apply`` compares first and says what differs; what does not
differ is not written, so a second time changes nothing. Secrets come in by
reference and never go out.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from seatkeeper.configuration.address import forgets_secret
from seatkeeper.configuration.differences import differences
from seatkeeper.configuration.documents import AppDocument, DocumentAssignment
from seatkeeper.configuration.filters import groups_named
from seatkeeper.configuration.rules import application_of, rules_for
from seatkeeper.configuration.secrets import STORED, resolve_secret
from seatkeeper.configuration.settings import AppSettings, from_plain, to_plain
from seatkeeper.directory.model import DEFAULT_ACCESS, Application, Assignment, Kind
from seatkeeper.errors import BadInput, InvalidValue, NotFound
from seatkeeper.gallery.schema import gallery_app
from seatkeeper.ports import Configuration, Directory, StoredApp

REFERENCE: Final = "secret_token"
SCHEMA: Final = "schema"
PAUSE: Final = "pause"
_BESIDE: Final = (REFERENCE, SCHEMA, PAUSE)
"""What is stored beside the settings: where the secret lies, which schema document is kept,
and who paused the app."""


@dataclass(frozen=True, slots=True)
class Applied:
    """What applying one document changed, or would change."""

    app_id: str
    lines: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class SecretPlaces:
    """Where secrets may lie: variables, and files below one folder."""

    environment: Mapping[str, str]
    folder: Path | None


def settings_of(stored: StoredApp) -> AppSettings:
    """Return the settings of a configured app."""
    return settings_in(stored.settings)


def settings_in(plain: Mapping[str, object]) -> AppSettings:
    """Return the settings in a stored document, which says more than these."""
    return from_plain({k: v for k, v in plain.items() if k not in _BESIDE})


def beside_settings(stored: StoredApp, after: AppSettings | None = None) -> dict[str, object]:
    """Return what is stored beside the settings, and stays when they become those ``after``.

    A pause ends where the app is on afterwards.
    """
    ends = (PAUSE,) if after is not None and after.status == "on" else ()
    return {k: v for k, v in stored.settings.items() if k in _BESIDE and k not in ends}


def check_connectable(stored: StoredApp) -> None:
    """Refuse an app that has no tenant URL or no token yet. Raises ``BadInput``."""
    app_id = stored.application.id
    if not settings_of(stored).tenant_url:
        raise BadInput(
            f"{app_id} has no tenant URL.",
            advice="Set connection.tenant_url in its document and apply it.",
        )
    if not stored.has_secret:
        raise BadInput(
            f"{app_id} has no secret token, or it was forgotten when the address changed.",
            advice="Set connection.secret_token in its document (env: or file:) and apply it.",
        )


async def document_of(
    configuration: Configuration, directory: Directory, app_id: str
) -> AppDocument | None:
    """Return a configured app as its document, or none where there is no such app."""
    try:
        stored = await configuration.app(app_id)
    except NotFound:
        return None
    assignments = await _assignments(directory, stored.application)
    reference = str(stored.settings.get(REFERENCE, STORED))
    return AppDocument(app_id, settings_of(stored), reference, assignments)


async def apply_document(
    configuration: Configuration,
    directory: Directory,
    document: AppDocument,
    *,
    actor: str,
    places: SecretPlaces,
    typed_secret: bytes | None = None,
    dry_run: bool = False,
) -> Applied:
    """Make the store say what the document says; return what that changed.

    ``typed_secret`` is a token that came by hand; the document then says ``stored``.

    Raises ``InvalidValue`` or ``NotFound`` before anything is written, for a
    secret that is not there and for people, groups or roles nobody knows.
    """
    before = await document_of(configuration, directory, document.app)
    lines = differences(before, document)
    app = gallery_app(document.settings.gallery)
    application = application_of(document.app, app, document.settings.name)
    rules_for(app, application, document.settings)
    secret = typed_secret or resolve_secret(
        document.secret_token, environment=places.environment, secrets_dir=places.folder
    )
    for group in groups_named(document.settings.user_filter):
        await directory.group(group)  # a misspelt one would take everybody's access away
    wanted = [await _resolved(directory, application, one) for one in document.assignments]
    if before is not None and secret is not None and "secret: changed" not in lines:
        stored = await configuration.app(document.app)
        known = await configuration.reveal_secret(document.app) if stored.has_secret else b""
        if known != secret:
            lines = [*lines, "secret: changed"]
    if not lines or dry_run:
        return Applied(document.app, tuple(lines))
    forgets = (
        before is not None
        and secret is None
        and bool(before.settings.tenant_url)
        and forgets_secret(before.settings.tenant_url, document.settings.tenant_url)
    )
    present = None if before is None else await configuration.app(document.app)
    beside = {} if present is None else beside_settings(present, document.settings)
    await configuration.save_app(
        application,
        {**to_plain(document.settings), **beside, REFERENCE: document.secret_token},
        actor=actor,
        expected_version=0 if present is None else present.version,
        secret=secret,
        forget_secret=forgets,
    )
    await _assign(directory, document.app, wanted, actor=actor)
    return Applied(document.app, tuple(lines))


async def change_settings(
    configuration: Configuration, app_id: str, *, actor: str, **fields: object
) -> StoredApp:
    """Change single settings of an app, such as ``status="on"``."""
    stored = await configuration.app(app_id)
    changed = from_plain({**to_plain(settings_of(stored)), **fields})
    return await configuration.save_app(
        stored.application,
        {**to_plain(changed), **beside_settings(stored, changed)},
        actor=actor,
        expected_version=stored.version,
    )


async def _assign(
    directory: Directory, app_id: str, wanted: list[Assignment], *, actor: str
) -> None:
    present = {one.principal_id: one for one in await _all_assignments(directory, app_id)}
    for assignment in wanted:
        if present.get(assignment.principal_id) != assignment:
            await directory.assign(assignment, actor=actor)
    kept = {one.principal_id for one in wanted}
    for principal_id in present:
        if principal_id not in kept:
            await directory.unassign(app_id, principal_id, actor=actor)


async def _resolved(
    directory: Directory, application: Application, one: DocumentAssignment
) -> Assignment:
    if one.kind == "user":
        kind, principal = Kind.USER, (await directory.user(one.name)).id
    else:
        kind, principal = Kind.GROUP, (await directory.group(one.name)).id
    if one.role is None:
        return Assignment(application.id, kind, principal, DEFAULT_ACCESS, one.nested)
    for role in application.roles:
        if role.enabled and one.role in (role.value, role.display_name):
            return Assignment(application.id, kind, principal, role.id, one.nested)
    offered = ", ".join(role.value for role in application.roles) or "none of its own"
    raise InvalidValue(
        f"{application.display_name} has no role {one.role!r}.", advice=f"It offers: {offered}."
    )


async def _all_assignments(directory: Directory, app_id: str) -> list[Assignment]:
    found: list[Assignment] = []
    while True:
        after = found[-1].principal_id if found else ""
        page = await directory.assignments(app_id, after=after)
        if not page:
            return found
        found.extend(page)


async def _assignments(
    directory: Directory, application: Application
) -> tuple[DocumentAssignment, ...]:
    found = await _all_assignments(directory, application.id)
    users = await directory.users([a.principal_id for a in found if a.principal_kind is Kind.USER])
    groups = await directory.groups(
        [a.principal_id for a in found if a.principal_kind is Kind.GROUP]
    )
    named = []
    for one in found:
        role = application.role(one.role_id)
        value = role.value if role is not None else None
        if one.principal_kind is Kind.USER and one.principal_id in users:
            name = users[one.principal_id].user_name
            named.append(DocumentAssignment("user", name, value))
        elif one.principal_kind is Kind.GROUP and one.principal_id in groups:
            name = groups[one.principal_id].display_name
            named.append(DocumentAssignment("group", name, value, one.nested))
    return tuple(sorted(named, key=lambda one: (one.kind, one.name)))
