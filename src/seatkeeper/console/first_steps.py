"""Look how far somebody is with the first steps, and what the next one works with.

Beside the pages of the first steps. Nothing is kept of the wizard itself: all of
it is read from what is there, and the one thing written is an assignment.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from seatkeeper.configuration.applying import settings_of
from seatkeeper.console.desk import Desk
from seatkeeper.console.views.order import OrderBand, order_band
from seatkeeper.console.views.welcome import Begun
from seatkeeper.console.words import visible
from seatkeeper.directory.model import DEFAULT_ACCESS, Assignment, Group, Kind, User
from seatkeeper.ports import StoredApp
from seatkeeper.provisioning.cycle import Cycle, CycleKind

FIRST_APP: Final = "15five"
COUNTED: Final = 500
MOST_GROUPS: Final = 500
MOST_MEMBERS: Final = 200


@dataclass(frozen=True, slots=True)
class Place:
    """Where somebody is: how far, and the app that this is about."""

    begun: Begun
    stored: StoredApp | None


class FirstSteps:
    """Answers what the pages of the first steps ask."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._work = desk.work

    async def place(self) -> Place:
        """Look how far somebody is."""
        directory = self._work.directory
        people = len(await directory.all_users(limit=COUNTED))
        apps = await self._work.configuration.apps()
        if not apps:
            return Place(Begun(people), None)
        stored = next((one for one in apps if one.application.id == FIRST_APP), apps[0])
        app_id, settings = stored.application.id, settings_of(stored)
        accounts = await self._work.accounts(stored)
        begun = Begun(
            people,
            app_id,
            visible(settings.name, 60),
            connected=bool(settings.tenant_url) and stored.has_secret,
            assigned=bool(await directory.assignments(app_id, limit=1)),
            created=accounts.people > 0,
            on=settings.status == "on" and settings.mode == "automatic",
        )
        return Place(begun, stored)

    async def proposed(self, groups: Sequence[Group], asked: str, app_id: str) -> Group | None:
        """Return the group that was chosen, else the assigned one, the sample's, or any."""
        by_id = {one.id: one for one in groups}
        if asked in by_id:
            return by_id[asked]
        assigned = await self.assigned_group(app_id)
        if assigned is not None:
            return assigned
        named = "" if self._desk.starter is None else self._desk.starter.sample.group
        found = [one for one in groups if one.display_name == named]
        return next(iter([*found, *groups]), None)

    async def members(self, group: Group) -> Sequence[User]:
        """Return the active members of a group by name, at most ``MOST_MEMBERS``."""
        found = await self._work.directory.memberships(group.id, limit=MOST_MEMBERS)
        people = await self._work.directory.users([one.member_id for one in found])
        active = [one for one in people.values() if one.enabled and one.deleted_at is None]
        return sorted(active, key=lambda one: one.display_name.casefold())

    async def count(self, group: Group) -> int:
        """Return how many members a group has, counted up to a thousand."""
        return len(await self._work.directory.memberships(group.id, limit=1000))

    async def assign(self, stored: StoredApp, group: Group, *, actor: str) -> None:
        """Assign the group, in the place of another one while nobody has an account yet."""
        app_id, directory = stored.application.id, self._work.directory
        roles = [one.id for one in stored.application.roles if one.enabled]
        if not (await self.place()).begun.created:
            for one in await directory.assignments(app_id):
                if one.principal_id != group.id:
                    await directory.unassign(app_id, one.principal_id, actor=actor)
        assignment = Assignment(
            app_id, Kind.GROUP, group.id, roles[0] if roles else DEFAULT_ACCESS, nested=False
        )
        await directory.assign(assignment, actor=actor)

    async def assigned_group(self, app_id: str) -> Group | None:
        """Return a group that is assigned to the app, or none."""
        found = await self._work.directory.assignments(app_id, limit=MOST_GROUPS)
        ids = [one.principal_id for one in found if one.principal_kind is Kind.GROUP]
        groups = await self._work.directory.groups(ids)
        return next((groups[one] for one in ids if one in groups), None)

    async def trial_person(self, asked: str, app_id: str) -> User | None:
        """Return who was chosen; else somebody with an account, else the first of the group."""
        if asked:
            return await self._work.directory.user(asked)
        group = await self.assigned_group(app_id)
        members = [] if group is None else await self.members(group)
        linked = await self._work.ledger.facts(
            app_id, Kind.USER, [one.id for one in members], memberships=False
        )
        with_account = {one.record_id for one in linked if one.link is not None}
        return next((one for one in members if one.id in with_account), None) or next(
            iter(members), None
        )

    async def account_of(self, app_id: str, person: User) -> str:
        """Return the id of the person's account; nothing where there is none."""
        [facts] = await self._work.ledger.facts(app_id, Kind.USER, [person.id])
        return "" if facts.link is None else facts.link.account_id

    async def order(self, number: str, app_id: str) -> OrderBand | None:
        """Return how far the order is that an address names, if it is about this app."""
        if not (number.isascii() and number.isdigit() and len(number) < 18):
            return None
        order = await self._work.ledger.order(int(number))
        if order.app_id != app_id:
            return None
        entry = None
        users = order.options.get("users")
        if order.state == "done" and order.answer is not None and isinstance(users, list):
            logged = await self._work.ledger.log(app_id, record_id=str(users[0]), limit=1)
            mine = [one for _n, one in logged if one.cycle_id == order.answer.get("cycle")]
            entry = mine[0] if mine else None
        return order_band(order, entry)

    async def first_cycle(self, app_id: str) -> Cycle | None:
        """Return the newest cycle over everybody."""
        found = await self._work.ledger.cycles(app_id)
        return next((one for one in found if one.kind is not CycleKind.ON_DEMAND), None)
