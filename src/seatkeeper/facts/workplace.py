"""What both doors, command line and console, ask an installation for.

Between the doors and what they show: a door sees this protocol, never the
concrete classes that ``bootstrap`` joins. ``bootstrap.Installation`` is the one
that fulfils it; nothing here decides anything.
"""

import datetime as dt
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from typing import Protocol

from seatkeeper.configuration.applying import SecretPlaces
from seatkeeper.configuration.documents import AppDocument
from seatkeeper.configuration.settings import AppSettings
from seatkeeper.directory.model import Kind
from seatkeeper.directory.token_ends import TokenEnd
from seatkeeper.engine.cycle_runner import Wish
from seatkeeper.engine.posting import Audience, Told
from seatkeeper.facts.installed import StoreFacts
from seatkeeper.ports import (
    Configuration,
    Delivery,
    Directory,
    Erasing,
    Ledger,
    PeopleImport,
    StoredApp,
)
from seatkeeper.ports.ledger_accounts import Accounts
from seatkeeper.ports.plans import Plans
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
from seatkeeper.store.inbound_rules import SourceRules
from seatkeeper.store.inbound_tokens import SourceTokens


class Workplace(Protocol):
    """One installation, as the doors see it. What each method answers is said at ``bootstrap``."""

    @property
    def settings(self) -> Settings:
        """The settings of the process."""

    @property
    def directory(self) -> Directory:
        """People, groups, assignments."""

    @property
    def configuration(self) -> Configuration:
        """Apps, their settings and versions, the audit trail."""

    @property
    def ledger(self) -> Ledger:
        """What the engine knows and wrote down."""

    @property
    def plans(self) -> Plans:
        """Plans that are kept to be looked at and carried out."""

    @property
    def erasing(self) -> Erasing:
        """What erases people."""

    def store_facts(self) -> StoreFacts:
        """Return where the data lie, read from the database itself. Raises ``StoreUnusable``."""

    async def audience(self) -> Audience:
        """Return who listens, and how often what still holds is told again."""

    async def tell_test(self, *, by: str) -> Sequence[Told]:
        """Tell everybody who listens that this is a test; return what became of it."""

    async def deliveries(self, *, limit: int) -> Sequence[Delivery]:
        """Return what was told to whom, and what waits, newest first."""

    def webhook_key(self, url: str) -> bytes:
        """Return the key that signs what this webhook receives."""

    @property
    def source_tokens(self) -> SourceTokens:
        """Tokens with which sources push people in."""

    @property
    def source_rules(self) -> SourceRules:
        """What counts of what sources say."""

    @property
    def people_import(self) -> PeopleImport:
        """The door by which a file of people comes in."""

    def secret_places(self) -> SecretPlaces:
        """Return where secrets named in documents may lie."""

    def token_ends(self, now: dt.datetime) -> Sequence[TokenEnd]:
        """Return which tokens of sources end soon or have ended, the most urgent first."""

    async def secret_ends(self, now: dt.datetime) -> Sequence[SecretEnd]:
        """Return which apps' tokens end soon."""

    async def rules(self, app_id: str) -> Rules:
        """Return the compiled rules of a configured app."""

    async def test_connection(self, app_id: str) -> str:
        """Prove address and token with one harmless read; return what was proven, in words."""

    def check_connection(
        self, stored: StoredApp, token: bytes | None = None
    ) -> AsyncIterator[ConnectionCheck]:
        """Test an app's connection as read, line by line; ``token``: another than is stored."""

    async def preview(
        self,
        app_id: str,
        wish: Wish,
        *,
        steps: bool = False,
        asked: bool = True,
        settings: AppSettings | None = None,
    ) -> Preview:
        """Return what such a cycle would do, by other ``settings`` if given; nothing is written."""

    async def preview_with(
        self, document: AppDocument, wish: Wish, *, actor: str, steps: bool = False
    ) -> Preview:
        """Return what the next cycle would do once this document was applied; nothing stays."""

    async def cycle_to_undo(self, app_id: str, name: str) -> Cycle:
        """Return the cycle of that number or id, if it can be undone."""

    async def preview_undo(self, app_id: str, name: str) -> Preview:
        """Return what undoing that cycle would do."""

    async def expected(self, app_id: str, *, after: int) -> Preview:
        """Return what a cycle over the changes since ``after`` would do; the app is not asked."""

    async def consequences(self, app_id: str, anyway: Preview) -> Consequences:
        """Say what the changes that came after the plan ``anyway`` lead to in its app."""

    def rehearsal(self) -> "AbstractAsyncContextManager[Workplace]":
        """Yield this installation as a place to try things out; nothing of it stays."""

    async def known(self, kind: Kind, who: str) -> tuple[str, str]:
        """Return id and name of a person or group, also of one that is gone."""

    async def explain(
        self, app_id: str, who: str, kind: Kind = Kind.USER, *, quickly: bool = False
    ) -> Explanation:
        """Say why a person or group has (not) an account in an app.

        ``quickly``: of a large group only some members are compared, and the answer says so.
        """

    async def held_back(self, app_id: str) -> Mapping[Key, str]:
        """Return which removals of the next cycle the deletion guard would hold, and why."""

    async def origin(self, app_id: str, kind: Kind, record_id: str, path: str) -> Origin:
        """Say where one value of somebody's account comes from."""

    async def called(self, app_id: str, changes: Sequence[Modified]) -> Called:
        """Return the names of managers and members whose accounts these changes mention."""

    async def accounts(self, stored: StoredApp) -> Accounts:
        """Return how many accounts an app has, and how many of people have lost access."""

    async def standing(self, app_id: str) -> str:
        """Say why nothing is sent to an app just now, or nothing where something is."""
