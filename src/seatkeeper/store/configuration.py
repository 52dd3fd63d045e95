"""The configured applications on SQL, with their versions, secrets and audit trail.

Before the walk. Decides which save counts (the one made on the current
version) and that a secret never leaves its table but through ``reveal_secret`` and
``app_and_secret``.
What a settings document may say is decided by ``configuration``.
"""

import datetime as dt
import uuid
from collections.abc import Collection, Mapping, Sequence
from typing import Any, Final

import msgspec
from sqlalchemy import Connection, bindparam, delete, func, insert, select, update
from sqlalchemy.exc import IntegrityError

from seatkeeper.clock import utc_now
from seatkeeper.directory.model import Application, Kind, Subject, Verb
from seatkeeper.errors import InvalidValue, KeyMissing, NotFound
from seatkeeper.ports import AuditEntry, KeptSchema, SettingsVersion, StoredApp
from seatkeeper.provisioning.four_eyes import LOOSENED, SWITCHED_OFF, four_eyes_subject, loosened
from seatkeeper.provisioning.guard import HoldState
from seatkeeper.store.asked import Asked
from seatkeeper.store.audit_chain import broken_audit
from seatkeeper.store.former_secrets import SqlFormerSecrets, forget_former, set_aside
from seatkeeper.store.ledger_tables import holds
from seatkeeper.store.news import News, audit_entries, entries_about
from seatkeeper.store.records import application_of
from seatkeeper.store.secrets import Sealed, Secret
from seatkeeper.store.tables import (
    application_versions,
    applications,
    assignments,
    audit,
    canonical,
    schema_documents,
    sealed_secrets,
)
from seatkeeper.words import number_of


class SqlConfiguration(SqlFormerSecrets):
    """``ports.Configuration`` on SQLite and PostgreSQL."""

    async def apps(self) -> Sequence[StoredApp]:
        """Return all configured applications by id."""
        return await self._database.read(lambda c: [_stored(row) for row in _EVERY.all(c)])

    async def app(self, app_id: str) -> StoredApp:
        """Return one. Raises ``NotFound`` with the ids there are."""
        return await self._database.read(lambda c: _known(c, app_id))

    async def save_app(
        self,
        application: Application,
        settings: Mapping[str, object],
        *,
        actor: str,
        expected_version: int,
        secret: bytes | None = None,
        forget_secret: bool = False,
        keep_old: tuple[str, str] | None = None,
        schema: KeptSchema | None = None,
        action: str = "app.save",
    ) -> StoredApp:
        """Create or change an application in one transaction."""
        document = msgspec.json.decode(canonical(dict(settings)))

        def work(connection: Connection) -> StoredApp:
            news = News(actor)
            present = _locked(connection, application.id)
            _check_version(application.id, present, expected_version)
            said = self._secret_news(connection, present, application.id, secret, forget_secret)
            before = None if present is None else _document(present.application, present.settings)
            after = _document(application, document)
            if before == after and said is None:
                return _known(connection, application.id)
            _write_app(connection, application, document, present, actor)
            if schema is not None:
                _keep_schema(connection, application.id, schema)
            if said is not None:
                kept = None if secret is None else keep_old
                self._write_secret(connection, application.id, secret, kept)
                after = {**after, "secret": said} | ({"old_secret": "kept"} if kept else {})
            verb = Verb.CREATED if present is None else Verb.UPDATED
            news.change(Subject.APPLICATION, verb, application.id, app_id=application.id)
            news.audit(action, application.id, before, after)
            how = "" if present is None else loosened(present.settings, document)
            if how == SWITCHED_OFF:
                _require_nothing_waits(connection, application.id)
            if how:
                news.audit(LOOSENED, four_eyes_subject(application.id), None, {"how": how})
            news.write(connection)
            return _known(connection, application.id)

        try:
            return await self._database.write(work)
        except IntegrityError as error:
            raise InvalidValue(f"Somebody else created {application.id} just now.") from error

    async def remove_app(self, app_id: str, *, actor: str) -> None:
        """Remove an application with its assignments, versions and secret."""

        def work(connection: Connection) -> None:
            news = News(actor)
            present = _locked(connection, app_id) or _known(connection, app_id)
            gone = delete(assignments).where(assignments.c.app_id == app_id).returning(assignments)
            ended = connection.execute(gone).all()
            for row in sorted(ended, key=lambda row: str(row.principal_id)):
                kind = Kind(row.principal_kind)
                news.change(
                    Subject.ASSIGNMENT,
                    Verb.DELETED,
                    row.principal_id,
                    other_kind=kind,
                    app_id=app_id,
                    detail={"role": row.role_id},
                )
            forget_former(connection, app_id)
            connection.execute(delete(sealed_secrets).where(sealed_secrets.c.owner_id == app_id))
            connection.execute(delete(schema_documents).where(schema_documents.c.app_id == app_id))
            connection.execute(
                delete(application_versions).where(application_versions.c.app_id == app_id)
            )
            connection.execute(delete(applications).where(applications.c.id == app_id))
            news.change(Subject.APPLICATION, Verb.DELETED, app_id, app_id=app_id)
            news.audit("app.remove", app_id, _document(present.application, present.settings), None)
            news.write(connection)

        await self._database.write(work)

    async def reveal_secret(self, app_id: str) -> bytes:
        """Return the token in plain. Raises ``NotFound`` or ``KeyMissing``."""
        secret = await self._database.read(lambda c: self._revealed(c, app_id))
        if secret is None:
            raise NotFound(f"No secret is stored for {app_id}.", advice="Enter it first.")
        return secret.reveal()

    async def app_and_secret(self, app_id: str) -> tuple[StoredApp, bytes]:
        """Return one with its token in plain, both out of one transaction."""

        def work(connection: Connection) -> tuple[StoredApp, bytes]:
            stored = _known(connection, app_id)
            secret = self._revealed(connection, app_id)
            return stored, b"" if secret is None else secret.reveal()

        return await self._database.read(work)

    async def versions(self, app_id: str) -> Sequence[tuple[int, Mapping[str, object]]]:
        """Return the earlier settings of an application with their versions, newest first."""
        asked = (
            select(application_versions)
            .where(application_versions.c.app_id == app_id)
            .order_by(application_versions.c.version.desc())
        )
        return await self._database.read(
            lambda c: [(row.version, row.settings) for row in c.execute(asked)]
        )

    async def history(self, app_id: str) -> Sequence[SettingsVersion]:
        """Return every version of the settings, newest first."""
        return await self._database.read(lambda c: _history(c, app_id))

    async def kept_schema(self, app_id: str, digest: str) -> KeptSchema | None:
        """Return the schema document of that digest, or none."""
        asked = select(schema_documents.c.document).where(
            schema_documents.c.app_id == app_id, schema_documents.c.digest == digest
        )
        text = await self._database.read(lambda c: c.scalar(asked))
        return None if text is None else KeptSchema(digest, text)

    async def audit(
        self, *, before: int | None = None, limit: int = 100, actor: str = "", action: str = ""
    ) -> Sequence[AuditEntry]:
        """Return audit entries, newest first; of one actor, or whose action begins so."""
        return await self._database.read(
            lambda c: audit_entries(c, before, limit, actor=actor, action=action)
        )

    async def audit_about(
        self, subjects: Collection[str], *, before: int | None = None, limit: int = 100
    ) -> Sequence[AuditEntry]:
        """Return audit entries about exactly these subjects, newest first."""
        return await self._database.read(lambda c: entries_about(c, subjects, before, limit))

    async def verify_audit(self) -> int | None:
        """Walk the audit chain; return the first number that is wrong or missing, or none."""
        return await self._database.read(broken_audit)

    async def record_decision(
        self, actor: str, action: str, subject: str, after: Mapping[str, object]
    ) -> None:
        """Write an audit row for a decision that is not a save."""

        def work(connection: Connection) -> None:
            news = News(actor)
            news.audit(action, subject, None, dict(after))
            news.write(connection)

        await self._database.write(work)

    def _revealed(self, connection: Connection, app_id: str) -> Secret | None:
        asked = select(sealed_secrets).where(sealed_secrets.c.owner_id == app_id)
        row = connection.execute(asked).first()
        if row is None:
            return None
        sealed = Sealed(row.key_id, row.wrapped_key, row.sealed)
        return self._key.unseal(sealed, secret_id=row.id, owner_id=app_id)

    def _secret_news(
        self,
        connection: Connection,
        present: StoredApp | None,
        app_id: str,
        secret: bytes | None,
        forget: bool,
    ) -> str | None:
        """Return what the audit trail says of the secret, or none where it stays as it is."""
        if secret is None:
            return "forgotten" if forget and present is not None and present.has_secret else None
        try:
            held = self._revealed(connection, app_id)
        except KeyMissing:
            return "changed"  # entering a secret again is the way out of a lost key
        return None if held is not None and held.reveal() == secret else "changed"

    def _write_secret(
        self,
        connection: Connection,
        app_id: str,
        secret: bytes | None,
        keep_old: tuple[str, str] | None,
    ) -> None:
        if keep_old is None:
            forget_former(connection, app_id)
        else:
            set_aside(connection, app_id, *keep_old, utc_now())
        connection.execute(delete(sealed_secrets).where(sealed_secrets.c.owner_id == app_id))
        if secret is None:
            return
        plain, secret_id = Secret(secret), str(uuid.uuid4())
        sealed = self._key.seal(plain, secret_id=secret_id, owner_id=app_id)
        row = {
            "id": secret_id,
            "owner_id": app_id,
            "key_id": sealed.key_id,
            "wrapped_key": sealed.wrapped_key,
            "sealed": sealed.sealed,
            "last_four": plain.last_four,
            "sealed_at": utc_now(),
        }
        connection.execute(insert(sealed_secrets), [row])


_WITH_SECRET = select(
    applications,
    sealed_secrets.c.id.label("secret_id"),
    sealed_secrets.c.last_four,
    sealed_secrets.c.sealed_at,
).outerjoin_from(applications, sealed_secrets, sealed_secrets.c.owner_id == applications.c.id)


_EVERY: Final = Asked(_WITH_SECRET.order_by(applications.c.id))
_BY_ID: Final = Asked(_WITH_SECRET.where(applications.c.id == bindparam("app_id")))


def _stored(row: Any) -> StoredApp:
    return StoredApp(
        application=application_of(row),
        settings=row.settings,
        version=row.version,
        has_secret=row.secret_id is not None,
        secret_last_four=row.last_four or "",
        secret_since=row.sealed_at,
    )


def _known(connection: Connection, app_id: str) -> StoredApp:
    row = _BY_ID.first(connection, app_id=app_id)
    if row is None:
        ids = connection.scalars(select(applications.c.id).order_by(applications.c.id)).all()
        there = f"There are: {', '.join(ids)}." if ids else "None is configured yet."
        raise NotFound(f"No application {app_id!r} is configured.", advice=there)
    return _stored(row)


def _locked(connection: Connection, app_id: str) -> StoredApp | None:
    """Return the application with its row locked, so that no other save comes between."""
    asked = select(applications.c.id).where(applications.c.id == app_id).with_for_update()
    return None if connection.scalar(asked) is None else _known(connection, app_id)


def _check_version(app_id: str, present: StoredApp | None, expected: int) -> None:
    version = 0 if present is None else present.version
    if version != expected:
        raise InvalidValue(
            f"{app_id} is at version {version}, not {expected}: somebody else saved it.",
            advice="Look at the present settings, then save again.",
        )


def _write_app(
    connection: Connection,
    application: Application,
    settings: Mapping[str, object],
    present: StoredApp | None,
    actor: str,
) -> None:
    row = {
        "gallery_id": application.gallery_id,
        "display_name": application.display_name,
        "roles": msgspec.to_builtins(application.roles),
        "settings": settings,
    }
    if present is None:
        connection.execute(insert(applications), [{"id": application.id, "version": 1, **row}])
        return
    kept = {
        "app_id": application.id,
        "version": present.version,
        "settings": present.settings,
        "actor": actor,
        "at": utc_now(),
    }
    connection.execute(insert(application_versions), [kept])
    connection.execute(
        update(applications)
        .where(applications.c.id == application.id)
        .values(version=present.version + 1, **row)
    )


def _history(connection: Connection, app_id: str) -> list[SettingsVersion]:
    """Return the versions; the row that keeps one says who made the one after it, and when."""
    present = _known(connection, app_id)
    asked = select(application_versions).where(application_versions.c.app_id == app_id)
    rows = connection.execute(asked.order_by(application_versions.c.version)).all()
    first = connection.execute(
        select(audit.c.actor, audit.c.at)
        .where(audit.c.subject == app_id, audit.c.action == "app.save", audit.c.before.is_(None))
        .order_by(audit.c.seq.desc())
        .limit(1)
    ).first()
    made: dict[int, tuple[str, dt.datetime | None]] = {
        row.version + 1: (row.actor, row.at) for row in rows
    }
    if first is not None:
        made[1] = (first.actor, first.at)
    found = [(row.version, row.settings) for row in rows]
    found.append((present.version, present.settings))
    return [
        SettingsVersion(version, settings, *made.get(version, ("", None)))
        for version, settings in reversed(found)
    ]


def _keep_schema(connection: Connection, app_id: str, schema: KeptSchema) -> None:
    key = (schema_documents.c.app_id == app_id) & (schema_documents.c.digest == schema.digest)
    if connection.scalar(select(schema_documents.c.digest).where(key)) is None:
        row = {"app_id": app_id, "digest": schema.digest, "document": schema.text}
        connection.execute(insert(schema_documents), [row])


def _require_nothing_waits(connection: Connection, app_id: str) -> None:
    """Raise ``InvalidValue`` where removals wait: nobody frees them by changing the rule."""
    waits = connection.scalar(
        select(func.count())
        .select_from(holds)
        .where(holds.c.app_id == app_id, holds.c.state == HoldState.OPEN)
    )
    if waits:
        raise InvalidValue(
            f"{number_of(int(waits), 'removal')} of {app_id} held for the word of two people; the "
            "rule cannot be switched off meanwhile. Nothing was changed.",
            advice="Decide about them first: approve them with somebody else, or keep them.",
        )


def _document(application: Application, settings: Mapping[str, object]) -> dict[str, object]:
    """Return what the audit trail shows of an application, and what a save is compared by."""
    plain: dict[str, object] = msgspec.to_builtins(application)
    return msgspec.json.decode(canonical({**plain, "settings": dict(settings)}), type=dict)
