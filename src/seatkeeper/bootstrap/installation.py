"""One database with everything that works on it, joined.

On top of the other modules of this room. It decides nothing: it opens, joins and
closes. What both doors ask (``facts.workplace.Workplace``) it hands to the part
that answers; everything else is asked of that part itself.
"""

import contextlib
import datetime as dt
import os
from collections.abc import AsyncIterator, Mapping, Sequence
from pathlib import Path
from typing import Final, Self

from seatkeeper.bootstrap.apps import Apps
from seatkeeper.bootstrap.housekeeping import Housekeeping, retention_of
from seatkeeper.bootstrap.messages import Messages, listeners_to_all
from seatkeeper.bootstrap.previews import Previews, preview_applied
from seatkeeper.bootstrap.questions import Questions
from seatkeeper.bootstrap.running import Running
from seatkeeper.bootstrap.sources import Sources
from seatkeeper.clock import uptime
from seatkeeper.configuration.applying import SecretPlaces
from seatkeeper.configuration.documents import AppDocument
from seatkeeper.configuration.settings import AppSettings
from seatkeeper.directory.model import Kind
from seatkeeper.directory.token_ends import TokenEnd
from seatkeeper.engine.cycle_runner import Wish
from seatkeeper.engine.holding import Holder
from seatkeeper.engine.posting import Audience, Told
from seatkeeper.facts.installed import StoreFacts
from seatkeeper.ports import Delivery, StoredApp
from seatkeeper.ports.leases import in_flight_seconds
from seatkeeper.ports.ledger_accounts import Accounts
from seatkeeper.provisioning.connection import ConnectionCheck
from seatkeeper.provisioning.cycle import Cycle
from seatkeeper.provisioning.explain import Explanation
from seatkeeper.provisioning.journal import Key
from seatkeeper.provisioning.log import Modified
from seatkeeper.provisioning.naming import Called
from seatkeeper.provisioning.preview import Preview
from seatkeeper.provisioning.provenance import Origin
from seatkeeper.provisioning.rules import Rules
from seatkeeper.provisioning.secret_ends import SecretEnd
from seatkeeper.provisioning.whatif import Consequences
from seatkeeper.settings import Settings
from seatkeeper.store.administrators import SqlAdministrators
from seatkeeper.store.code_entry import SqlCodeEntry
from seatkeeper.store.database import Database
from seatkeeper.store.engine_lock import EngineLock
from seatkeeper.store.erasing import SqlErasing
from seatkeeper.store.leases import SqlLeases
from seatkeeper.store.migration import present_revision
from seatkeeper.store.other_devices import SqlOtherDevices
from seatkeeper.store.people_import import SqlPeopleImport
from seatkeeper.store.plans import SqlPlans
from seatkeeper.store.second_factors import SqlSecondFactors
from seatkeeper.store.secrets import MasterKey
from seatkeeper.store.seen import SeenConfiguration, SeenDirectory, SeenLedger
from seatkeeper.store.sessions import process_name
from seatkeeper.store.sign_ins import SqlSignIns


class Installation:
    """One database and everything that works on it. Close it when done."""

    def __init__(
        self, settings: Settings, database: Database, key: MasterKey, holder: Holder
    ) -> None:
        self.settings: Final = settings  # the parts were made with them: others need a new start
        self.database, self.key, self.holder = database, key, holder
        self.directory = SeenDirectory(database)
        self.configuration = SeenConfiguration(database, key)
        self.ledger = SeenLedger(database)
        self.people_import = SqlPeopleImport(database)
        self.plans = SqlPlans(database)
        self.erasing = SqlErasing(database)
        self.administrators = SqlAdministrators(database)
        self.sign_ins = SqlSignIns(database)
        self.codes = SqlCodeEntry(database, key)
        self.second_factors = SqlSecondFactors(database, key)
        self.other_devices = SqlOtherDevices(database, key)
        self.sources = Sources(settings, database)
        self.source_tokens, self.source_rules = self.sources.tokens, self.sources.rules
        self.apps = Apps(settings, self.configuration, self.ledger)
        self.previews = Previews(self.directory, self.configuration, self.ledger, self.apps)
        self.questions = Questions(self.directory, self.ledger, self.apps, self.previews)
        self.messages = Messages(settings, self.configuration, self.ledger, key)
        self.housekeeping = Housekeeping(
            settings, self.directory, self.ledger, self.apps, self.sources, self.erasing
        )
        self.running = Running(
            database, self.ledger, holder, self.apps, self.messages, self.housekeeping
        )

    @classmethod
    def open(cls, settings: Settings) -> Self:
        """Open the database (made where it is missing) and the master key.

        Raises ``StoreUnusable`` or ``BadInput`` in words for the person who started it.
        """
        listeners_to_all(settings)
        retention_of(settings)
        settings.home.mkdir(parents=True, exist_ok=True, mode=0o700)
        database = Database.open(settings.database)
        key = MasterKey.at(settings.master_key_file)
        lost = in_flight_seconds(settings.request_seconds)
        holder = Holder(_leases(database, settings), uptime, lost)
        return cls(settings, database, key, holder)

    async def close(self) -> None:
        """Close connections to apps and the database."""
        await self.apps.close()
        self.database.close()

    @contextlib.asynccontextmanager
    async def rehearsal(self) -> AsyncIterator["Installation"]:
        """Yield this installation as a place to try things out; nothing of it stays."""
        async with self.database.rehearsal() as database:
            yield Installation(self.settings, database, self.key, Holder(None, uptime))

    def lock(self) -> EngineLock:
        """Return the lock that belongs to the engine's role on this database."""
        return EngineLock(self.database)

    @property
    def id(self) -> str:
        """What names this installation in files that leave it; it follows from the master key."""
        return self.key.derive("installation-id")[:16].hex()

    def link_url(self, link: str, at: str = "") -> str:
        """Return the address that opens a one-time link, at the public URL unless said where."""
        return f"{(at or self.settings.public_url).rstrip('/')}/links/{link}"

    def secret_places(self) -> SecretPlaces:
        """Return where secrets named in documents may lie."""
        folder = self.settings.secrets_dir
        return SecretPlaces(os.environ, Path(folder).expanduser() if folder else None)

    def store_facts(self) -> StoreFacts:
        """Return where the data lie; blocks."""
        file, url = self.database.file, self.database.url
        return StoreFacts(
            kind="SQLite" if file else "PostgreSQL",
            place=str(file) if file else url.render_as_string(hide_password=True),
            revision=self.database.read_now(present_revision) or "",
            key_id=self.key.id,
            size=file.stat().st_size if file and file.exists() else None,
        )

    async def audience(self) -> Audience:
        """Ask ``messages`` who listens."""
        return await self.messages.audience()

    async def tell_test(self, *, by: str) -> Sequence[Told]:
        """Have ``messages`` tell everybody who listens that this is a test."""
        return await self.messages.test(None, by=by)

    async def deliveries(self, *, limit: int) -> Sequence[Delivery]:
        """Ask the ledger what was told to whom."""
        return await self.ledger.deliveries(limit=limit)

    def webhook_key(self, url: str) -> bytes:
        """Ask ``messages`` for the key that signs what a webhook receives."""
        return self.messages.webhook_key(url)

    def token_ends(self, now: dt.datetime) -> Sequence[TokenEnd]:
        """Ask ``sources`` whose tokens end soon or have ended."""
        return self.sources.token_ends(now)

    async def secret_ends(self, now: dt.datetime) -> Sequence[SecretEnd]:
        """Ask ``apps`` whose tokens end soon."""
        return await self.apps.secret_ends(now)

    async def rules(self, app_id: str) -> Rules:
        """Ask ``apps`` for the compiled rules of one."""
        return await self.apps.rules(app_id)

    async def test_connection(self, app_id: str) -> str:
        """Ask ``apps`` to prove address and token of one."""
        return await self.apps.test_connection(app_id)

    def check_connection(
        self, stored: StoredApp, token: bytes | None = None
    ) -> AsyncIterator[ConnectionCheck]:
        """Ask ``apps`` to test the connection of one, line by line."""
        return self.apps.check_connection(stored, token)

    async def preview(
        self,
        app_id: str,
        wish: Wish,
        *,
        steps: bool = False,
        asked: bool = True,
        settings: AppSettings | None = None,
    ) -> Preview:
        """Ask ``previews`` what such a cycle would do."""
        return await self.previews.cycle(app_id, wish, steps=steps, asked=asked, settings=settings)

    async def preview_with(
        self, document: AppDocument, wish: Wish, *, actor: str, steps: bool = False
    ) -> Preview:
        """Return what the next cycle would do once this document was applied; nothing stays."""
        async with self.rehearsal() as staged:
            return await preview_applied(staged, document, wish, actor=actor, steps=steps)

    async def cycle_to_undo(self, app_id: str, name: str) -> Cycle:
        """Ask ``previews`` for a cycle that can be undone."""
        return await self.previews.cycle_to_undo(app_id, name)

    async def preview_undo(self, app_id: str, name: str) -> Preview:
        """Ask ``previews`` what undoing a cycle would do."""
        return await self.previews.undo(app_id, name)

    async def expected(self, app_id: str, *, after: int) -> Preview:
        """Ask ``previews`` what a cycle over the changes since ``after`` would do."""
        return await self.previews.expected(app_id, after=after)

    async def held_back(self, app_id: str) -> Mapping[Key, str]:
        """Ask ``previews`` which removals the deletion guard would hold."""
        return await self.previews.held_back(app_id)

    async def consequences(self, app_id: str, anyway: Preview) -> Consequences:
        """Ask ``questions`` what follows from the changes after a plan."""
        return await self.questions.consequences(app_id, anyway)

    async def known(self, kind: Kind, who: str) -> tuple[str, str]:
        """Ask ``questions`` for id and name of a person or group."""
        return await self.questions.known(kind, who)

    async def explain(
        self, app_id: str, who: str, kind: Kind = Kind.USER, *, quickly: bool = False
    ) -> Explanation:
        """Ask ``questions`` why a person or group has (not) an account."""
        return await self.questions.explain(app_id, who, kind, quickly=quickly)

    async def origin(self, app_id: str, kind: Kind, record_id: str, path: str) -> Origin:
        """Ask ``questions`` where one value comes from."""
        return await self.questions.origin(app_id, kind, record_id, path)

    async def called(self, app_id: str, changes: Sequence[Modified]) -> Called:
        """Ask ``questions`` for the names behind accounts."""
        return await self.questions.called(app_id, changes)

    async def accounts(self, stored: StoredApp) -> Accounts:
        """Ask ``questions`` how many accounts there are."""
        return await self.questions.accounts(stored)

    async def standing(self, app_id: str) -> str:
        """Ask ``questions`` why nothing is sent to an app just now."""
        return await self.questions.standing(app_id)


def _leases(database: Database, settings: Settings) -> SqlLeases | None:
    if database.is_sqlite:
        return None
    return SqlLeases(
        database,
        holder=process_name(),
        seconds=settings.lease_seconds,
        request_seconds=settings.request_seconds,
    )
