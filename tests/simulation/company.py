"""A small company in trouble: few names, many changes, and an administrator who edits the rules.

What may be expected of the app is worked out here by naive code of its own (``World.differences``
and the hooks below), which calls nothing of the walk.
"""

import asyncio
import datetime as dt
import random
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

from tests.engine.world import START, World
from tests.simulation.sharing import REQUEST

from seatkeeper.directory.model import DEFAULT_ACCESS, Assignment, Kind, User
from seatkeeper.engine.context import AppContext
from seatkeeper.engine.unanswered import Unanswered
from seatkeeper.errors import SeatkeeperError
from seatkeeper.ports import Ledger, Target, UserEdit
from seatkeeper.ports.leases import MARGIN
from seatkeeper.provisioning.cycle import Cycle
from seatkeeper.provisioning.rules import Rules

NAMES = ("ada", "grace", "ken", "Ada", "joão", "joao", "eve", "mia", "leo", "zoe", "max", "ida")
TITLES = ("Engineer", "engineer", "Lead", "", None)
DEPARTMENTS = ("Sales", "sales", "Legal", None)
GROUPS = ("Alps", "Baltic", "Carpathia", "Danube")
MOST_WITHOUT_A_WORD = 1
"""People who may lose access in one cycle without a word: few, so that it matters often."""

MOST_IN_A_DAY = 2
"""People who may lose access within any 24 hours without a word."""

GUARD = """\
deletion_guard:
  access: {at_least: 1, percent: 0}
  access_in_a_day: {at_least: 2, percent: 0}
  members: {at_least: 2, percent: 0}
"""

PEOPLE_AT_MOST, GROUPS_AT_MOST = 24, 6

TITLES_BY_RULE: dict[str, Callable[[User], object]] = {
    "[]": lambda user: user.attributes.get("jobTitle"),
    "[{target: title, attribute: department}]": lambda user: user.attributes.get("department"),
    "[{target: title, expression: 'ToUpper([jobTitle])'}]": lambda user: (
        str(user.attributes["jobTitle"]).upper() if user.attributes.get("jobTitle") else None
    ),
}


@dataclass
class Company(World):
    """A world whose clock is the loop's, and whose people do something at each event."""

    chance: random.Random = field(default_factory=random.Random)
    clock: Callable[[], float] = lambda: 0.0
    users_rule: str = "[]"
    filtered: bool = False
    everybody: bool = False
    adopted: set[str] = field(default_factory=set)
    in_flight: dict[Any, tuple[float, Unanswered]] = field(default_factory=dict)
    """Of each of two engines, by its ledger: what it knows to be on its way."""
    began: float = float("-inf")
    """When the engine that is alone was started anew after it had died."""

    def __post_init__(self) -> None:
        super().__post_init__()
        self.unanswered = Unanswered(self.clock)

    def start_anew(self) -> None:
        """Know nothing more of what the engine that died had on its way, but that it had."""
        self.began, self.unanswered = self.clock(), Unanswered(self.clock)

    def moment(self) -> dt.datetime:
        """Return the time of day by the simulation's clock."""
        return START + dt.timedelta(seconds=self.clock())

    # --- hooks of the oracle ---

    def title_of(self, person: User) -> object:
        """Return the title that the app shall show."""
        return TITLES_BY_RULE[self.users_rule](person)

    def in_scope(self, person: User) -> bool:
        """Whether the scoping filter lets somebody pass."""
        return not self.filtered or person.attributes.get("department") == "Sales"

    def keeps_its_own(self, account_id: str) -> bool:
        """Whether the account was somebody else's before, who is gone."""
        return account_id in self.adopted

    # --- the administrator ---

    async def configure(self) -> None:
        """Apply the app's document as it is now wanted."""
        filters = "  users:\n    department EQUALS: Sales\n" if self.filtered else ""
        await self.connect(
            scope="all" if self.everybody else "assigned",
            users=self.users_rule,
            filters=filters,
            more=GUARD,
        )

    # --- the engine, with the simulation's clock ---

    def _beginning(
        self, rules: Rules, ledger: Ledger, target: Target
    ) -> Callable[[Cycle], AppContext]:
        begin = super()._beginning(rules, ledger, target)

        def timed(cycle: Cycle) -> AppContext:
            context = begin(cycle)
            context.now, context.jitter = self.moment, self.chance.random
            left = max(0.0, self.began + REQUEST + MARGIN - self.clock())
            known = self.in_flight.get(ledger, (left, self.unanswered))
            context.in_flight_for, context.unanswered = known
            return context

        return timed

    async def _sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)

    async def run(self, *args: Any, **named: Any) -> Cycle:
        """Run one cycle; it begins now."""
        self.now = self.moment()
        return await super().run(*args, **named)

    # --- what happens to people ---

    async def happen(self) -> str:
        """Let one thing happen, and return what; what the directory refuses has not happened."""
        event = self.chance.choice(RARE_EVENTS if self.chance.random() < 0.05 else EVENTS)
        try:
            done = await event(self)
        except SeatkeeperError as error:
            return f"{event.__name__} refused: {type(error).__name__}"
        return f"{event.__name__} {done}" if done else ""

    def name(self) -> str:
        """Draw a name; the pool is small so that names meet."""
        return self.chance.choice(NAMES)

    async def somebody(self) -> User | None:
        """Draw a person, a deleted one included."""
        people = await self.directory.all_users(limit=100)
        return self.chance.choice(people) if people else None

    async def some_group(self) -> str | None:
        """Draw a group."""
        groups = await self.directory.all_groups(limit=100)
        return self.chance.choice(groups).id if groups else None

    async def edit(self, attributes: dict[str, Any]) -> str:
        """Edit somebody's attributes."""
        person = await self.somebody()
        if person is None:
            return ""
        await self.directory.edit_user(person.id, UserEdit(attributes), actor="hr")
        return f"{person.id[:8]} {attributes}"


async def is_hired(company: Company) -> str:
    """Hire somebody, mostly assigned at once; names and mails may be others' already."""
    if len(await company.directory.all_users(limit=100)) >= PEOPLE_AT_MOST:
        return ""
    name = company.name()
    attributes: dict[str, Any] = {
        "userPrincipalName": f"{name}@larkspur.example",
        "displayName": name,
        "mail": f"{company.name()}@larkspur.example",
        "department": company.chance.choice(DEPARTMENTS),
        "jobTitle": company.chance.choice(TITLES),
    }
    boss = await company.somebody() if company.chance.random() < 0.6 else None
    manager = boss.id if boss else None
    made = await company.directory.create_user(
        UserEdit({k: v for k, v in attributes.items() if v}, manager_id=manager), actor="hr"
    )
    if company.chance.random() < 0.7:
        await _assign(company, Kind.USER, made.id)
    group = await company.some_group()
    if group and company.chance.random() < 0.5:
        await company.directory.change_members(group, add=[made.id], actor="hr")
    return f"{made.id[:8]} {name}"


async def _assign(company: Company, kind: Kind, record_id: str, *, nested: bool = False) -> None:
    application = (await company.configuration.app(company.app)).application
    roles = [one.id for one in application.roles]
    role = company.chance.choice(roles) if roles else DEFAULT_ACCESS
    await company.directory.assign(
        Assignment(company.app, kind, record_id, role, nested), actor="hr"
    )


async def is_renamed(company: Company) -> str:
    """Give somebody another user name."""
    return await company.edit({"userPrincipalName": f"{company.name()}@larkspur.example"})


async def change_names_with_each_other(company: Company) -> str:
    """Let two people swap their user names."""
    one, other = await company.somebody(), await company.somebody()
    if one is None or other is None or one.id == other.id:
        return ""
    edit = company.directory.edit_user
    mine, theirs = one.user_name, other.user_name
    moment = f"between-{company.chance.randrange(10**6)}@larkspur.example"
    await edit(one.id, UserEdit({"userPrincipalName": moment}), actor="hr")
    await edit(other.id, UserEdit({"userPrincipalName": mine}), actor="hr")
    await edit(one.id, UserEdit({"userPrincipalName": theirs}), actor="hr")
    return f"{one.id[:8]} {other.id[:8]}"


async def gets_another_title(company: Company) -> str:
    """Change or empty a title."""
    return await company.edit({"jobTitle": company.chance.choice(TITLES) or None})


async def gets_another_mail(company: Company) -> str:
    """Change or empty a mail address; somebody else may have it."""
    mail = f"{company.name()}@larkspur.example" if company.chance.random() < 0.9 else None
    return await company.edit({"mail": mail})


async def moves(company: Company) -> str:
    """Change the department, which a filter may read."""
    return await company.edit({"department": company.chance.choice(DEPARTMENTS)})


async def gets_another_manager(company: Company) -> str:
    """Report to somebody else, in rings too, or to nobody."""
    one, boss = await company.somebody(), await company.somebody()
    if one is None or boss is None:
        return ""
    manager = boss.id if company.chance.random() < 0.8 else ""
    await company.directory.edit_user(one.id, UserEdit(manager_id=manager), actor="hr")
    return f"{one.id[:8]} to {manager[:8]}"


async def is_switched(company: Company) -> str:
    """Disable or enable somebody."""
    one = await company.somebody()
    if one is None:
        return ""
    await company.directory.edit_user(one.id, UserEdit(enabled=not one.enabled), actor="hr")
    return f"{one.id[:8]} {not one.enabled}"


async def leaves(company: Company) -> str:
    """Delete somebody, who can be restored."""
    one = await company.somebody()
    if one is None:
        return ""
    await company.directory.delete_user(one.id, actor="hr", now=company.moment())
    return one.id[:8]


async def returns(company: Company) -> str:
    """Restore somebody who was deleted."""
    one = await company.somebody()
    if one is None:
        return ""
    await company.directory.restore_user(one.id, actor="hr")
    return one.id[:8]


async def is_purged(company: Company) -> str:
    """Delete somebody for good."""
    one = await company.somebody()
    if one is None:
        return ""
    if one.deleted_at is None:
        await company.directory.delete_user(one.id, actor="hr", now=company.moment())
    await company.directory.purge_user(one.id, actor="hr")
    return one.id[:8]


async def group_is_founded(company: Company) -> str:
    """Create a group with some members, assigned or not, with the groups in it or not."""
    if len(await company.directory.all_groups(limit=100)) >= GROUPS_AT_MOST:
        return ""
    made = await company.directory.create_group(company.chance.choice(GROUPS), actor="hr")
    for _ in range(company.chance.randrange(4)):
        one = await company.somebody()
        if one is not None:
            await company.directory.change_members(made.id, add=[one.id], actor="hr")
    if company.chance.random() < 0.7:
        await _assign(company, Kind.GROUP, made.id, nested=company.chance.random() < 0.4)
    return made.id[:8]


async def group_is_renamed(company: Company) -> str:
    """Give a group another name."""
    group = await company.some_group()
    if group is None:
        return ""
    name = f"{company.chance.choice(GROUPS)} {company.chance.randrange(3)}"
    await company.directory.edit_group(group, {"displayName": name}, actor="hr")
    return f"{group[:8]} {name}"


async def group_ends(company: Company) -> str:
    """Delete a group."""
    group = await company.some_group()
    if group is None:
        return ""
    await company.directory.delete_group(group, actor="hr")
    return group[:8]


async def joins_a_group(company: Company) -> str:
    """Add up to three people to a group."""
    group = await company.some_group()
    people = [one for one in [await company.somebody() for _ in range(3)] if one]
    if group is None or not people:
        return ""
    ids = sorted({one.id for one in people})
    await company.directory.change_members(group, add=ids, actor="hr")
    return f"{group[:8]} {len(ids)}"


async def leaves_a_group(company: Company) -> str:
    """Take up to two members out of a group."""
    group = await company.some_group()
    if group is None:
        return ""
    members = [one.member_id for one in await company.directory.memberships(group, limit=100)]
    gone = company.chance.sample(members, min(2, len(members)))
    if not gone:
        return ""
    await company.directory.change_members(group, remove=gone, actor="hr")
    return f"{group[:8]} {len(gone)}"


async def group_joins_a_group(company: Company) -> str:
    """Nest a group in another, in rings too."""
    outer, inner = await company.some_group(), await company.some_group()
    if outer is None or inner is None or outer == inner:
        return ""
    await company.directory.change_members(outer, add=[inner], actor="hr")
    return f"{outer[:8]} {inner[:8]}"


async def is_assigned(company: Company) -> str:
    """Assign somebody."""
    one = await company.somebody()
    if one is None:
        return ""
    await _assign(company, Kind.USER, one.id)
    return one.id[:8]


async def group_is_assigned(company: Company) -> str:
    """Assign a group, with the groups inside it or without."""
    group = await company.some_group()
    if group is None:
        return ""
    await _assign(company, Kind.GROUP, group, nested=company.chance.random() < 0.4)
    return group[:8]


async def assignment_ends(company: Company) -> str:
    """End one of the assignments."""
    every = await company.directory.assignments(company.app, limit=1000)
    if not every:
        return ""
    one = company.chance.choice(every)
    await company.directory.unassign(company.app, one.principal_id, actor="hr")
    return one.principal_id[:8]


async def mapping_is_edited(company: Company) -> str:
    """Let the title come from somewhere else."""
    company.users_rule = company.chance.choice(list(TITLES_BY_RULE))
    await company.configure()
    return company.users_rule


async def filter_is_edited(company: Company) -> str:
    """Let a scoping filter begin or end."""
    company.filtered = not company.filtered
    await company.configure()
    return str(company.filtered)


async def scope_is_edited(company: Company) -> str:
    """Provision everybody, or only who is assigned."""
    company.everybody = not company.everybody
    await company.configure()
    return str(company.everybody)


EVENTS: tuple[Callable[[Company], Awaitable[str]], ...] = (
    is_hired,
    is_hired,
    is_hired,
    is_renamed,
    change_names_with_each_other,
    gets_another_title,
    gets_another_mail,
    moves,
    gets_another_manager,
    is_switched,
    leaves,
    returns,
    is_purged,
    group_is_founded,
    group_is_renamed,
    group_ends,
    joins_a_group,
    joins_a_group,
    leaves_a_group,
    group_joins_a_group,
    is_assigned,
    is_assigned,
    group_is_assigned,
    assignment_ends,
)

RARE_EVENTS: tuple[Callable[[Company], Awaitable[str]], ...] = (
    mapping_is_edited,
    filter_is_edited,
    scope_is_edited,
)
