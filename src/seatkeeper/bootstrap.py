"""The only room that knows every concrete class; doors and shells get theirs from here.

An ``Installation`` is one database with everything around it. It decides
nothing: it opens, joins and closes.
"""

import asyncio
import contextlib
import datetime as dt
import os
import random
import socket
import uuid
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Self

from starlette.types import ASGIApp

from seatkeeper.clock import uptime, utc_now
from seatkeeper.configuration.applying import (
    SecretPlaces,
    apply_document,
    check_connectable,
    settings_of,
)
from seatkeeper.configuration.attributes import customized
from seatkeeper.configuration.deciding import rules_changed
from seatkeeper.configuration.differences import differences
from seatkeeper.configuration.documents import AppDocument
from seatkeeper.configuration.inbound import inbound_mappings
from seatkeeper.configuration.rules import rules_for
from seatkeeper.configuration.timing import schedule_of
from seatkeeper.connectors.memory import MemoryTarget
from seatkeeper.connectors.scim_target import scim_target
from seatkeeper.directory.model import Kind
from seatkeeper.directory.token_ends import TokenEnd, token_ends
from seatkeeper.engine.answers import Answers, called
from seatkeeper.engine.changes import read_causes
from seatkeeper.engine.context import AppContext
from seatkeeper.engine.cycle_runner import Wish, cycle_to_be, run_cycle
from seatkeeper.engine.holding import Holder
from seatkeeper.engine.notices import token_notices
from seatkeeper.engine.planner import touched_ids
from seatkeeper.engine.preview import Asking, preview_cycle
from seatkeeper.engine.runner import AT_ONCE, EngineRunner
from seatkeeper.gallery.schema import gallery_app
from seatkeeper.notify.mail import mail_post
from seatkeeper.ports import Post, StoredApp, Target
from seatkeeper.provisioning.causes import RULES_CHANGED
from seatkeeper.provisioning.cycle import Cycle, CycleKind
from seatkeeper.provisioning.explain import Explanation, standing
from seatkeeper.provisioning.journal import Position
from seatkeeper.provisioning.log import Modified
from seatkeeper.provisioning.naming import Called
from seatkeeper.provisioning.preview import Preview
from seatkeeper.provisioning.provenance import Origin
from seatkeeper.provisioning.rules import Rules
from seatkeeper.provisioning.schedule import Schedule
from seatkeeper.provisioning.whatif import Consequences, consequences
from seatkeeper.service_provider.inbound import inbound_app
from seatkeeper.service_provider.profile import directory_profile
from seatkeeper.settings import Settings
from seatkeeper.store.configuration import SqlConfiguration
from seatkeeper.store.database import Database
from seatkeeper.store.directory import SqlDirectory
from seatkeeper.store.engine_lock import EngineLock
from seatkeeper.store.inbound import SqlInbound
from seatkeeper.store.inbound_rules import SourceRules
from seatkeeper.store.inbound_source import Source
from seatkeeper.store.inbound_tokens import SourceTokens
from seatkeeper.store.leases import FencedDatabase, SqlLeases
from seatkeeper.store.ledger import SqlLedger
from seatkeeper.store.people_import import SqlPeopleImport
from seatkeeper.store.records import folded
from seatkeeper.store.secrets import MasterKey

NOT_ASKED = "The app was not asked: an account that is there already would be linked, not created."

PURGE_EVERY = dt.timedelta(hours=1)


@dataclass
class Installation:
    """One database and everything that works on it. Close it when done."""

    settings: Settings
    database: Database
    directory: SqlDirectory
    configuration: SqlConfiguration
    ledger: SqlLedger
    people_import: SqlPeopleImport
    key: MasterKey
    holder: Holder
    _targets: dict[str, tuple[int, Target]] = field(default_factory=dict)
    _purged_at: dt.datetime | None = None

    @classmethod
    def open(cls, settings: Settings) -> Self:
        """Open the database (made where it is missing) and the master key.

        Raises ``StoreUnusable`` or ``BadInput`` in words for the person who started it.
        """
        settings.home.mkdir(parents=True, exist_ok=True, mode=0o700)
        database = Database.open(settings.database)
        key = MasterKey.at(settings.master_key_file)
        return cls(
            settings,
            database,
            SqlDirectory(database),
            SqlConfiguration(database, key),
            SqlLedger(database),
            SqlPeopleImport(database),
            key,
            Holder(_leases(database, settings), uptime),
        )

    async def close(self) -> None:
        """Close connections to apps and the database."""
        for _, target in self._targets.values():
            await target.close()
        self.database.close()

    def _ledger(self, app_id: str) -> SqlLedger:
        """Return the ledger for a cycle: where work is shared, one that the app's lease guards."""
        lease = self.holder.lease(app_id)
        return self.ledger if lease is None else SqlLedger(FencedDatabase(self.database, lease))

    def lock(self) -> EngineLock:
        """Return the lock that belongs to the engine's role on this database."""
        return EngineLock(self.database)

    @property
    def source_tokens(self) -> SourceTokens:
        """The tokens of sources that push people in."""
        return SourceTokens(self.database)

    def token_ends(self, now: dt.datetime) -> Sequence[TokenEnd]:
        """Return which tokens of sources end soon or have ended, the most urgent first."""
        return token_ends(self.source_tokens.tokens(), now)

    @property
    def source_rules(self) -> SourceRules:
        """What administrators decided for sources that push people in."""
        return SourceRules(self.database)

    def inbound_source(self, name: str) -> Source:
        """Return a source with the rules in force for it."""
        administrators = frozenset(folded(one) for one in self.settings.administrator_names)
        rules = self.source_rules.current(name)
        mappings, keys_of = inbound_mappings(rules.settings), directory_profile().keys_of
        return Source(
            name, mappings, keys_of, administrators, rules.settings.matching, rules.version
        )

    def inbound_keeper(self, source: str) -> SqlInbound:
        """Return the resources that a source has pushed into the directory."""
        return SqlInbound(self.database, self.inbound_source(source))

    def inbound(self) -> ASGIApp:
        """Return the SCIM service at which sources push people in."""
        return inbound_app(self.source_tokens.holder, self.inbound_keeper, directory_profile())

    def secret_places(self) -> SecretPlaces:
        """Return where secrets named in documents may lie."""
        folder = self.settings.secrets_dir
        return SecretPlaces(os.environ, Path(folder).expanduser() if folder else None)

    def post(self) -> Post | None:
        """Return the mail door, or none where no mail server is set."""
        return mail_post(self.settings)

    async def rules(self, app_id: str) -> Rules:
        """Return the compiled rules of a configured app."""
        return self._rules(await self.configuration.app(app_id))

    async def target(self, app_id: str) -> Target:
        """Return the connector of an app, kept open between cycles.

        Raises ``BadInput`` where the app has no tenant URL or no token yet.
        """
        stored = await self.configuration.app(app_id)
        known = self._targets.get(app_id)
        if known is not None:
            if known[0] == stored.version:
                return known[1]
            await known[1].close()
            del self._targets[app_id]
        target = await self._connect(stored)
        self._targets[app_id] = (stored.version, target)
        return target

    async def test_connection(self, app_id: str) -> str:
        """Prove address and token with one harmless read; return what was proven, in words."""
        rules = await self.rules(app_id)
        return await (await self.target(app_id)).probe(rules.users.by_matching[0].target)

    @property
    def id(self) -> str:
        """What names this installation in files that leave it; it follows from the master key."""
        return self.key.derive("installation-id")[:16].hex()

    async def run_app(
        self,
        app_id: str,
        wish: Wish,
        watch: Callable[[Cycle], None],
        stopping: Callable[[], bool],
    ) -> Cycle:
        """Run one cycle of an app, or go on with the one that is open."""
        stored = await self.configuration.app(app_id)
        rules = self._rules(stored)
        begin = await self._beginning(stored, rules, watch, stopping)
        return await run_cycle(self._ledger(app_id), rules, wish, begin, now=utc_now())

    async def preview(
        self, app_id: str, wish: Wish, *, steps: bool = False, asked: bool = True
    ) -> Preview:
        """Return what such a cycle would do; the app is only asked, and nothing is written.

        Not ``asked``: not even that, so that whoever has no link seems to have no account.
        Raises ``ConnectorError`` when the app cannot be asked.
        """
        stored = await self.configuration.app(app_id)
        rules = self._rules(stored)
        target = await self.target(app_id) if asked else MemoryTarget(rules.capabilities)
        position = await self.ledger.position(app_id)
        cycle = cycle_to_be(wish, position, rules, await self.ledger.last_change(), utc_now())
        causes = await read_causes(
            self.directory, self.ledger, app_id, after=cycle.from_seq, to=cycle.to_seq
        )
        changed = position is not None and position.digest != rules.digest
        asking = Asking(
            wish.users,
            wish.groups,
            causes,
            await self._rules_cause(stored, position) if changed and position else "",
            steps,
        )
        opened = await self.ledger.unfinished(app_id)
        note = ""
        if opened is not None:
            note = f"Cycle {opened.number} is still open; it is finished first."
        if not asked:
            note = f"{note} {NOT_ASKED}".strip()
        return await preview_cycle(self._context(stored, rules, target, cycle), asking, note=note)

    async def preview_with(
        self, document: AppDocument, wish: Wish, *, actor: str, steps: bool = False
    ) -> Preview:
        """Return what the next cycle would do once this document was applied; nothing stays.

        It is applied where everything is rolled back, so that what ``apply`` refuses is refused
        here, too. Other writers wait meanwhile, which is why the app is not asked.
        """
        async with self.rehearsal() as staged:
            await apply_document(
                staged.configuration,
                staged.directory,
                document,
                actor=actor,
                places=staged.secret_places(),
            )
            return await staged.preview(document.app, wish, steps=steps, asked=False)

    async def _rules_cause(self, stored: StoredApp, position: Position) -> str:
        """Say which settings changed since the last cycle, as far as earlier versions are kept."""
        after = settings_of(stored)
        for _, plain in await self.configuration.versions(stored.application.id):
            earlier = replace(stored, settings=plain)
            if self._rules(earlier).digest == position.digest:
                lines = differences(
                    AppDocument(stored.application.id, settings_of(earlier)),
                    AppDocument(stored.application.id, after),
                )
                return rules_changed(lines) or RULES_CHANGED
        return RULES_CHANGED

    async def _beginning(
        self,
        stored: StoredApp,
        rules: Rules,
        watch: Callable[[Cycle], None],
        stopping: Callable[[], bool],
    ) -> Callable[[Cycle], AppContext]:
        target = await self.target(stored.application.id)

        def begin(cycle: Cycle) -> AppContext:
            context = self._context(stored, rules, target, cycle)
            return replace(
                context,
                ledger=self._ledger(cycle.app_id),
                progress=watch,
                stopping=stopping,
                in_flight_for=self.holder.in_flight_for(cycle.app_id),
            )

        return begin

    def _context(self, stored: StoredApp, rules: Rules, target: Target, cycle: Cycle) -> AppContext:
        settings = settings_of(stored)
        notify = settings.notification
        return AppContext(
            rules,
            target,
            self.ledger,
            now=utc_now,
            new_id=lambda: str(uuid.uuid4()),
            jitter=random.random,
            sleep=asyncio.sleep,
            cycle=cycle,
            concurrency=gallery_app(settings.gallery).concurrency,
            recipient=notify.email if notify.on_failure else "",
        )

    def runner(self, *, at_once: int = AT_ONCE) -> EngineRunner:
        """Return the engine for this database; the caller holds its lock."""
        return EngineRunner(
            self.ledger,
            schedules=self._schedules,
            run_app=self.run_app,
            stirred=self.database.stirred,
            housekeeping=self._housekeeping,
            post=self.post(),
            now=utc_now,
            holder=self.holder,
            at_once=at_once,
        )

    @contextlib.asynccontextmanager
    async def rehearsal(self) -> AsyncIterator["Installation"]:
        """Yield this installation as a place to try things out; nothing of it stays."""
        async with self.database.rehearsal() as database:
            yield Installation(
                self.settings,
                database,
                SqlDirectory(database),
                SqlConfiguration(database, self.key),
                SqlLedger(database),
                SqlPeopleImport(database),
                self.key,
                Holder(None, uptime),
            )

    async def expected(self, app_id: str, *, after: int) -> Preview:
        """Return what a cycle over the changes since ``after`` would do; the app is not asked."""
        stored = await self.configuration.app(app_id)
        rules = self._rules(stored)
        to = await self.ledger.last_change()
        imagined = cycle_to_be(Wish(), None, rules, to, utc_now())
        cycle = replace(imagined, kind=CycleKind.INCREMENTAL, from_seq=after)
        context = self._context(stored, rules, MemoryTarget(rules.capabilities), cycle)
        causes = await read_causes(self.directory, self.ledger, app_id, after=after, to=to)
        return await preview_cycle(context, Asking(causes=causes, guarded=False))

    async def consequences(self, app_id: str, anyway: Preview) -> Consequences:
        """Say what the changes that came after the plan ``anyway`` lead to in its app."""
        rules, after = await self.rules(app_id), anyway.to_seq
        plan = await self.expected(app_id, after=after)
        touched, _ = await touched_ids(self.ledger, rules, after=after, to=plan.to_seq)
        facts = await self.ledger.facts(
            app_id, Kind.USER, touched, memberships=rules.reads_memberships
        )
        return consequences(plan, anyway, facts, rules)

    async def explain(self, app_id: str, who: str, kind: Kind = Kind.USER) -> Explanation:
        """Say why a person or group has (not) an account in an app."""
        rules = await self.rules(app_id)
        if kind is Kind.USER:
            record_id = (await self.directory.user(who)).id
        else:
            record_id = (await self.directory.group(who)).id
        return await self._answers(rules).explain(kind, record_id)

    async def origin(self, app_id: str, kind: Kind, record_id: str, path: str) -> Origin:
        """Say where one value of somebody's account comes from."""
        return await self._answers(await self.rules(app_id)).origin(kind, record_id, path)

    async def called(self, app_id: str, changes: Sequence[Modified]) -> Called:
        """Return the names of managers and members whose accounts these changes mention."""
        return await called(self.ledger, await self.rules(app_id), changes)

    def _answers(self, rules: Rules) -> Answers:
        return Answers(self.ledger, rules, utc_now())

    async def standing(self, app_id: str) -> str:
        """Say why nothing is sent to an app just now, or nothing where something is."""
        stored = await self.configuration.app(app_id)
        settings = settings_of(stored)
        health = await self.ledger.health(app_id)
        return standing(
            settings.name,
            on=settings.mode == "automatic" and settings.status == "on",
            ran=await self.ledger.position(app_id) is not None,
            health=health,
        )

    async def _connect(self, stored: StoredApp) -> Target:
        settings = settings_of(stored)
        check_connectable(stored)
        token = await self.configuration.reveal_secret(stored.application.id)
        app = customized(gallery_app(settings.gallery), settings)
        return scim_target(
            app,
            settings.tenant_url,
            token,
            allow_loopback=settings.allow_loopback,
            requests_per_second=settings.requests_per_second,
            request_seconds=self.settings.request_seconds,
        )

    def _rules(self, stored: StoredApp) -> Rules:
        settings = settings_of(stored)
        return rules_for(
            gallery_app(settings.gallery),
            stored.application,
            settings,
            moment=utc_now(),
            default_domain=self.settings.default_domain,
        )

    async def _schedules(self) -> Sequence[Schedule]:
        return [
            schedule_of(stored.application.id, settings_of(stored), stored.version)
            for stored in await self.configuration.apps()
        ]

    async def _housekeeping(self) -> None:
        now = utc_now()
        if self._purged_at is None or now - self._purged_at >= PURGE_EVERY:
            self._purged_at = now
            await self.directory.purge_expired(now=now)
            await self._warn_of_tokens(now)

    async def _warn_of_tokens(self, now: dt.datetime) -> None:
        """Tell whoever is told of failures of an app which sources need a new token."""
        ends = await asyncio.to_thread(self.token_ends, now)
        told = [settings_of(one).notification for one in await self.configuration.apps()]
        recipients = [one.email for one in told if one.on_failure]
        await self.ledger.add_notices(token_notices(ends, recipients))


def _leases(database: Database, settings: Settings) -> SqlLeases | None:
    if database.is_sqlite:
        return None
    return SqlLeases(
        database,
        holder=f"{os.getpid()}@{socket.gethostname()}",
        seconds=settings.lease_seconds,
        request_seconds=settings.request_seconds,
    )
