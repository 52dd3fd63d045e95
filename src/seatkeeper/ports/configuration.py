"""The port to the configured apps, the versions of their settings, and the audit trail.

Before the walk. The contract suite is ``tests/contracts/test_configuration.py``.
"""

import datetime as dt
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from seatkeeper.directory.model import (
    Application,
)


@dataclass(frozen=True, slots=True)
class StoredApp:
    """One configured application: who it is and its settings document.

    ``settings`` is the plain-data document of ``configuration.settings``;
    ``version`` counts its saves from 1 and is the optimistic lock; ``secret_since``
    is when the secret was sealed.
    """

    application: Application
    settings: Mapping[str, object]
    version: int
    has_secret: bool
    secret_last_four: str = ""
    secret_since: dt.datetime | None = None


@dataclass(frozen=True, slots=True)
class FormerSecret:
    """What is known of the token before the last rotation: for which URL, until when, since when.

    ``since`` is when the new one took its place; ``expires`` its last day as somebody told it.
    """

    last_four: str
    tenant_url: str
    expires: str
    since: dt.datetime


@dataclass(frozen=True, slots=True)
class SettingsVersion:
    """One save of an application's settings, and who made it when (none: not known any more)."""

    version: int
    settings: Mapping[str, object]
    actor: str
    at: dt.datetime | None


@dataclass(frozen=True, slots=True)
class KeptSchema:
    """The text of an imported schema document; settings refer to it by its ``digest``."""

    digest: str
    text: str


@dataclass(frozen=True, slots=True)
class AuditEntry:
    """Who did what, when; ``before`` and ``after`` are plain data without secrets."""

    seq: int
    at: dt.datetime
    actor: str
    action: str
    subject: str
    before: Mapping[str, object] | None
    after: Mapping[str, object] | None


class Configuration(Protocol):
    """The configured applications, their settings versions, secrets, and the audit trail."""

    async def apps(self) -> Sequence[StoredApp]:
        """Return all configured applications by id."""

    async def app(self, app_id: str) -> StoredApp:
        """Return one. Raises ``NotFound`` with the ids there are."""

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
        """Create (``expected_version`` 0) or change an application in one transaction.

        ``secret`` is the *plain* token, sealed by the store before it is
        written. Writes a feed change (subject ``APPLICATION``), an audit row
        with both documents ("changed" for a secret) under ``action``, and
        keeps the earlier version; ``schema`` is kept with it. With ``keep_old`` (its
        URL and last day) the secret that is replaced becomes the former one; any other
        change of the secret forgets that. Nothing is
        written when nothing differs. Raises ``InvalidValue`` when the version
        is not the current one.
        """

    async def history(self, app_id: str) -> Sequence[SettingsVersion]:
        """Return every version of the settings, newest (the present one) first.

        Raises ``NotFound``.
        """

    async def kept_schema(self, app_id: str, digest: str) -> KeptSchema | None:
        """Return the schema document of that digest, or none where there is no such."""

    async def remove_app(self, app_id: str, *, actor: str) -> None:
        """Remove an application with its assignments; accounts in the app are not touched."""

    async def reveal_secret(self, app_id: str) -> bytes:
        """Return the token in plain. Raises ``NotFound`` or ``KeyMissing``."""

    async def app_and_secret(self, app_id: str) -> tuple[StoredApp, bytes]:
        """Return one with its token in plain, both of one moment; no token is empty.

        Whoever sends a token asks for both together: one that is stored between two questions
        may be for another host. Raises ``NotFound`` or ``KeyMissing``.
        """

    async def former_secret(self, app_id: str) -> FormerSecret | None:
        """Return what is known of the token before the last rotation, or none."""

    async def reveal_former_secret(self, app_id: str) -> bytes:
        """Return that token in plain. Raises ``NotFound`` or ``KeyMissing``."""

    async def forget_former_secret(self, app_id: str, *, actor: str) -> None:
        """Forget that token, with an audit row; nothing happens where there is none."""

    async def forget_former_secrets(self, before: dt.datetime) -> int:
        """Forget those set aside before that moment; return how many."""

    async def audit(
        self, *, before: int | None = None, limit: int = 100, actor: str = "", action: str = ""
    ) -> Sequence[AuditEntry]:
        """Return audit entries, newest first; of one actor, or whose action begins so."""

    async def audit_about(
        self, subjects: Collection[str], *, before: int | None = None, limit: int = 100
    ) -> Sequence[AuditEntry]:
        """Return audit entries about exactly these subjects, newest first."""

    async def verify_audit(self) -> int | None:
        """Walk the audit chain; return the first number that is wrong or missing, or none."""

    async def record_decision(
        self, actor: str, action: str, subject: str, after: Mapping[str, object]
    ) -> None:
        """Write an audit row for a decision that is not a save (restart, consent)."""
