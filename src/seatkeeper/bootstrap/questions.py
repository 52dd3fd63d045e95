"""Questions about one person, one value, one app: why, from where, what follows.

Joins directory, ledger and the engine's answers; the words come from the walk.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from seatkeeper.bootstrap.apps import Apps
from seatkeeper.bootstrap.previews import Previews
from seatkeeper.clock import utc_now
from seatkeeper.configuration.applying import settings_of
from seatkeeper.directory.model import Kind
from seatkeeper.engine.answers import Answers, called
from seatkeeper.engine.choosing import touched_ids
from seatkeeper.engine.history import with_history
from seatkeeper.errors import NotFound
from seatkeeper.ports import Directory, Ledger, StoredApp
from seatkeeper.ports.ledger_accounts import Accounts
from seatkeeper.provisioning.explain import Explanation
from seatkeeper.provisioning.log import Modified
from seatkeeper.provisioning.mapping.evaluate import access_without_record
from seatkeeper.provisioning.naming import Called
from seatkeeper.provisioning.preview import Preview
from seatkeeper.provisioning.provenance import Origin
from seatkeeper.provisioning.rules import Rules
from seatkeeper.provisioning.standing import standing
from seatkeeper.provisioning.whatif import Consequences, consequences


@dataclass(frozen=True)
class Questions:
    """Answers from what is known; no app is asked and nothing is written."""

    directory: Directory
    ledger: Ledger
    apps: Apps
    previews: Previews

    async def known(self, kind: Kind, who: str) -> tuple[str, str]:
        """Return id and name of a person or group, also of one that is gone, by the last name.

        Raises ``NotFound``.
        """
        try:
            if kind is Kind.USER:
                person = await self.directory.user(who)
                return person.id, person.display_name
            group = await self.directory.group(who)
        except NotFound as unknown:
            try:
                return await self.directory.former(kind, who)
            except NotFound:
                unknown.advice = unknown.advice or await self.directory.hint(kind, who)
                raise unknown from None
        return group.id, group.display_name

    async def explain(
        self, app_id: str, who: str, kind: Kind, *, quickly: bool = False
    ) -> Explanation:
        """Say why a person or group has (not) an account in an app."""
        rules = await self.apps.rules(app_id)
        record_id, name = await self.known(kind, who)
        told = await self._answers(rules).explain(kind, record_id, name=name, quickly=quickly)
        told = await with_history(self.directory, app_id, kind, record_id, told)
        if not told.removes:
            return told
        held = await self.previews.held_back_alone(app_id, kind, record_id)
        return told.held_back(held) if held else told

    async def origin(self, app_id: str, kind: Kind, record_id: str, path: str) -> Origin:
        """Say where one value of somebody's account comes from."""
        return await self._answers(await self.apps.rules(app_id)).origin(kind, record_id, path)

    async def called(self, app_id: str, changes: Sequence[Modified]) -> Called:
        """Return the names of managers and members whose accounts these changes mention."""
        return await called(self.ledger, await self.apps.rules(app_id), changes)

    async def consequences(self, app_id: str, anyway: Preview) -> Consequences:
        """Say what the changes that came after the plan ``anyway`` lead to in its app."""
        rules, after = await self.apps.rules(app_id), anyway.to_seq
        plan = await self.previews.expected(app_id, after=after)
        touched, _ = await touched_ids(self.ledger, rules, after=after, to=plan.to_seq)
        facts = await self.ledger.facts(
            app_id, Kind.USER, touched, memberships=rules.reads_memberships
        )
        return consequences(plan, anyway, facts, rules)

    async def accounts(self, stored: StoredApp) -> Accounts:
        """Return how many accounts an app has, and how many of people have lost access."""
        access = access_without_record(self.apps.rules_of(stored).users)
        return await self.ledger.accounts(stored.application.id, access)

    async def standing(self, app_id: str) -> str:
        """Say why nothing is sent to an app just now, or nothing where something is."""
        stored = await self.apps.configuration.app(app_id)
        settings = settings_of(stored)
        health = await self.ledger.health(app_id)
        return standing(
            settings.name,
            on=settings.mode == "automatic" and settings.status == "on",
            ran=await self.ledger.position(app_id) is not None,
            health=health,
        )

    def _answers(self, rules: Rules) -> Answers:
        return Answers(self.ledger, rules, utc_now())
