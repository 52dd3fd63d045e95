"""A small company, one app in memory, and an engine that can be run, killed and run again.

Everything between is the real thing: the directory, the configuration and the
ledger on SQL, the document that an administrator would apply. Only the clock,
the waiting and the app are the test's own.
"""

import datetime as dt
import random
import uuid
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from seatkeeper.clock import uptime
from seatkeeper.configuration.applying import SecretPlaces, apply_document, settings_of
from seatkeeper.configuration.documents import read_documents
from seatkeeper.configuration.rules import rules_for
from seatkeeper.connectors.memory import MemoryTarget, Planted
from seatkeeper.directory.model import DEFAULT_ACCESS, Assignment, Kind, User, Value
from seatkeeper.engine.answers import Answers
from seatkeeper.engine.changes import read_causes
from seatkeeper.engine.context import AppContext
from seatkeeper.engine.cycle_runner import Wish, cycle_to_be, run_cycle
from seatkeeper.engine.giving_way import GivingWay, Turn
from seatkeeper.engine.posting import Audience, Posting
from seatkeeper.engine.preview import Asking, preview_cycle
from seatkeeper.engine.unanswered import Unanswered
from seatkeeper.engine.undo_preview import preview_undo
from seatkeeper.errors import ConnectorError
from seatkeeper.gallery.capabilities import capabilities_of
from seatkeeper.gallery.schema import gallery_app, load_gallery
from seatkeeper.ports import Ledger, Post, Target, UserEdit
from seatkeeper.provisioning.absence import FEWEST
from seatkeeper.provisioning.causes import RULES_CHANGED
from seatkeeper.provisioning.cycle import Cycle
from seatkeeper.provisioning.explain import Explanation
from seatkeeper.provisioning.log import LogEntry
from seatkeeper.provisioning.preview import Preview
from seatkeeper.provisioning.rules import Rules
from seatkeeper.provisioning.telling import (
    DAY,
    Channel,
    Listener,
    Notice,
    Past,
    Telling,
    to_tell,
)
from seatkeeper.store.configuration import SqlConfiguration
from seatkeeper.store.database import Database
from seatkeeper.store.directory import SqlDirectory
from seatkeeper.store.ledger import SqlLedger
from seatkeeper.store.secrets import MasterKey

START = dt.datetime(2026, 3, 2, 9, 0, tzinfo=dt.UTC)
WRITES = frozenset({"create", "update", "members", "delete"})
MAIL = 'emails[type eq "work"].value'
MANAGER = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:manager"
DOCUMENT = """\
app: {app}
gallery: {app}
name: {name}
connection:
  tenant_url: {address}
  secret_token: stored
  allow_loopback: true
mode: automatic
status: on
scope: {scope}
notification:
  email: it@larkspur.example
  on_failure: true
mappings:
  users: {users}
  groups: {groups}
scoping_filters:
{filters}
{more}
"""


@dataclass
class World:
    """One database, one app; people are known by their first names."""

    database: Database
    folder: Path
    app: str = "15five"
    address: str = "http://127.0.0.1:9009/scim/v2"
    now: dt.datetime = START
    target: MemoryTarget = field(default_factory=MemoryTarget)
    ids: dict[str, str] = field(default_factory=dict)
    slept: list[float] = field(default_factory=list)
    batch: int = 100
    listed_from: int = FEWEST
    members_at_once: int = 5_000
    concurrency: int = 8
    most_at_once: int = 0
    stopping: Callable[[], bool] = lambda: False
    progress: Callable[[Cycle], None] = lambda _: None
    in_flight_for: float = 0.0
    unanswered: Unanswered = field(default_factory=lambda: Unanswered(uptime))
    way: GivingWay | None = None
    turn: Turn | None = None

    def __post_init__(self) -> None:
        self.directory = SqlDirectory(self.database)
        key = MasterKey.at(self.folder / "master.key")
        self.configuration = SqlConfiguration(self.database, key)
        self.ledger = SqlLedger(self.database)
        self.target.capabilities = capabilities_of(gallery_app(self.app))

    # --- what administrators do ---

    async def connect(
        self,
        *,
        scope: str = "assigned",
        users: str = "[]",
        groups: str = "[]",
        filters: str = "",
        more: str = "",
    ) -> None:
        """Apply the app's document; assignments that are there stay.

        ``filters`` is what stands below scoping_filters, ``more`` other fields.
        """
        present = (
            await self.directory.assignments(self.app) if self.app in await self._apps() else ()
        )
        text = DOCUMENT.format(
            app=self.app,
            name=gallery_app(self.app).name,
            address=self.address,
            scope=scope,
            users=users,
            groups=groups,
            filters=filters,
            more=more,
        )
        [document] = read_documents("app.yaml", text, gallery=load_gallery())
        await apply_document(
            self.configuration,
            self.directory,
            document,
            actor="test",
            places=SecretPlaces({}, None),
        )
        for one in present:
            await self.directory.assign(one, actor="test")

    async def hire(
        self, name: str, *, manager: str | None = None, groups: Sequence[str] = (), **more: Value
    ) -> str:
        """Create a person with user name and e-mail made of their first name."""
        attributes: dict[str, Value | None] = {
            "userPrincipalName": f"{name.lower()}@larkspur.example",
            "displayName": name,
            "mail": f"{name.lower()}@larkspur.example",
            "jobTitle": "Engineer",
            **more,
        }
        attributes = {key: value for key, value in attributes.items() if value != ""}
        boss = self.ids[manager] if manager else None
        made = await self.directory.create_user(UserEdit(attributes, manager_id=boss), actor="hr")
        self.ids[name] = made.id
        for group in groups:
            await self.join(group, name)
        return made.id

    async def change(self, name: str, **attributes: Value | None) -> None:
        await self.directory.edit_user(self.ids[name], UserEdit(attributes), actor="hr")

    async def enable(self, name: str, enabled: bool = True) -> None:
        await self.directory.edit_user(self.ids[name], UserEdit(enabled=enabled), actor="hr")

    async def reports_to(self, name: str, manager: str | None) -> None:
        boss = self.ids[manager] if manager else ""
        await self.directory.edit_user(self.ids[name], UserEdit(manager_id=boss), actor="hr")

    async def found(self, group: str, *members: str) -> None:
        """Create a group with these members."""
        self.ids[group] = (await self.directory.create_group(group, actor="hr")).id
        await self.join(group, *members)

    async def join(self, group: str, *names: str) -> None:
        members = [self.ids[name] for name in names]
        await self.directory.change_members(self.ids[group], add=members, actor="hr")

    async def leave(self, group: str, *names: str) -> None:
        members = [self.ids[name] for name in names]
        await self.directory.change_members(self.ids[group], remove=members, actor="hr")

    async def disband(self, group: str) -> None:
        """Delete a group for good."""
        await self.directory.delete_group(self.ids.pop(group), actor="hr")

    async def assign(self, *names: str, default: bool = False, nested: bool = False) -> None:
        """Assign people or groups in the app's first role, or with Default Access.

        ``nested``: with the groups inside these groups.
        """
        application = (await self.configuration.app(self.app)).application
        role = application.roles[0].id if application.roles and not default else DEFAULT_ACCESS
        for name in names:
            known = await self.directory.groups([self.ids[name]])
            kind = Kind.GROUP if known else Kind.USER
            assignment = Assignment(self.app, kind, self.ids[name], role, nested)
            await self.directory.assign(assignment, actor="hr")

    async def unassign(self, name: str) -> None:
        await self.directory.unassign(self.app, self.ids[name], actor="hr")

    # --- what the engine does ---

    async def rules(self) -> Rules:
        stored = await self.configuration.app(self.app)
        settings = settings_of(stored)
        return rules_for(gallery_app(settings.gallery), stored.application, settings)

    async def run(
        self,
        wish: Wish | None = None,
        *,
        ledger: Ledger | None = None,
        target: Target | None = None,
    ) -> Cycle:
        """Run one cycle, or go on with the one that is open; then a minute passes."""
        rules = await self.rules()
        used = ledger or self.ledger
        begin = self._beginning(rules, used, target or self.target)
        cycle = await run_cycle(used, rules, wish or Wish(), begin, now=self.now)
        self.now += dt.timedelta(minutes=1)
        return cycle

    async def preview(self, wish: Wish | None = None, *, steps: bool = False) -> Preview:
        """Say what such a cycle would do, as ``seatkeeper plan`` does."""
        rules, position = await self.rules(), await self.ledger.position(self.app)
        last = await self.ledger.last_change()
        cycle = cycle_to_be(wish or Wish(), position, rules, last, self.now)
        causes = await read_causes(
            self.directory, self.ledger, self.app, after=cycle.from_seq, to=cycle.to_seq
        )
        changed = position is not None and position.digest != rules.digest
        named = wish or Wish()
        edits = (RULES_CHANGED,) if changed else ()
        asking = Asking(named.users, named.groups, causes, edits, steps)
        return await preview_cycle(self._beginning(rules, self.ledger, self.target)(cycle), asking)

    async def preview_undo(self, undone: Cycle) -> Preview:
        """Say what undoing that cycle would do, as ``seatkeeper plan --undo`` does."""
        rules, position = await self.rules(), await self.ledger.position(self.app)
        last = await self.ledger.last_change()
        cycle = cycle_to_be(Wish(undo=undone.id), position, rules, last, self.now)
        return await preview_undo(self._beginning(rules, self.ledger, self.target)(cycle), undone)

    def _beginning(
        self, rules: Rules, ledger: Ledger, target: Target
    ) -> Callable[[Cycle], AppContext]:
        def begin(cycle: Cycle) -> AppContext:
            return AppContext(
                rules,
                target,
                ledger,
                now=lambda: self.now,
                new_id=lambda: str(uuid.uuid4()),
                jitter=random.Random(1).random,
                sleep=self._sleep,
                began=cycle,
                batch=self.batch,
                listed_from=self.listed_from,
                members_at_once=self.members_at_once,
                concurrency=self.concurrency,
                most_at_once=self.most_at_once,
                stopping=lambda: self.stopping(),
                progress=lambda cycle: self.progress(cycle),
                in_flight_for=self.in_flight_for,
                unanswered=self.unanswered,
                turn=self._turn(cycle),
            )

        return begin

    def _turn(self, cycle: Cycle) -> Turn | None:
        self.turn = None if self.way is None else Turn(self.way, self.app, cycle.kind)
        return self.turn

    def plant(self, verb: str, error: ConnectorError, *, times: int = 1, skip: int = 0) -> None:
        """Have the app answer the next requests of that kind with an error, before it acts."""
        self.target = FaultyTarget.over(self.target)
        self.target.planted_by_verb.append([verb, error, skip, times, "before"])

    def plant_after(self, verb: str, error: ConnectorError, *, times: int = 1) -> None:
        """Have the app act, and its answer get lost."""
        self.target = FaultyTarget.over(self.target)
        self.target.planted_by_verb.append([verb, error, 0, times, "after"])

    # --- what can be seen ---

    def asked(self) -> Counter[str]:
        """Return what the app was asked since the last look, by verb."""
        seen = Counter(one.verb for one in self.target.journal)
        self.target.journal.clear()
        return seen

    def account(self, name: str) -> Any:
        """Return the person's or group's account in the app, or none."""
        found = [values for _, values in self._accounts(name)]
        assert len(found) <= 1, f"{name} has {len(found)} accounts"
        return found[0] if found else None

    def account_id(self, name: str) -> str:
        [(account_id, _)] = self._accounts(name)
        return account_id

    def members(self, group: str) -> set[str]:
        """Return the names of a group's members as the app has them."""
        names = {v: k for k, v in self.ids.items()}
        held = self.target.held[Kind.USER]
        return {
            names[str(held[one]["externalId"])] if one in held else f"?{one}"
            for one in self.target.memberships.get(self.account_id(group), set())
        }

    async def log(
        self, name: str | None = None, *, status: str | None = None
    ) -> Sequence[LogEntry]:
        """Return log entries, oldest first."""
        record_id = self.ids[name] if name else None
        found = await self.ledger.log(
            self.app, record_id=record_id, newest_first=False, limit=10_000, status=status
        )
        return [entry for _, entry in found]

    async def waits(self) -> dict[str, str]:
        """Return who is in escrow, and the code that says why."""
        names = {v: k for k, v in self.ids.items()}
        found = await self.ledger.escrows(self.app)
        return {names.get(one.record_id, one.record_id): one.code for one in found}

    async def mails(self) -> list[str]:
        """Return the subjects of all that people are told of now or were told of before."""
        it = Listener(Channel.MAIL, "it@larkspur.example")

        def decide(notices: Sequence[Notice], past: Mapping[str, Past]) -> Telling:
            return to_tell(notices, [it], past, [self.app], self.now)

        await self.ledger.pack(decide, self.now)
        sent = await self.ledger.deliveries(limit=1000)
        return [
            f"Seatkeeper: {one.title}" for each in reversed(sent) for one in each.parcel.messages
        ]

    def posting(self, post: Post, *listeners: Listener) -> Posting:
        """Return what tells these people, on the world's clock."""

        async def audience() -> Audience:
            return Audience(listeners, [self.app], DAY)

        return Posting(self.ledger, post, audience, lambda: self.now)

    async def explain(self, name: str) -> Explanation:
        """Ask why, as ``seatkeeper explain`` does."""
        kind = Kind.GROUP if await self.directory.groups([self.ids[name]]) else Kind.USER
        return await self.answers(await self.rules()).explain(kind, self.ids[name])

    def answers(self, rules: Rules) -> Answers:
        """Whom to ask at this moment."""
        return Answers(self.ledger, rules, self.now)

    async def assert_in_step(self) -> None:
        """Compare the app with the directory by other means than the walk's."""
        assert await self.differences() == []

    def title_of(self, person: User) -> object:
        """Return the title that the app shall show; who edits the mapping says so here."""
        return person.attributes.get("jobTitle")

    def in_scope(self, person: User) -> bool:
        """Whether the scoping filter lets somebody pass; who writes one says so here."""
        return True

    def keeps_its_own(self, account_id: str) -> bool:
        """Whether the account was there before us, so that values of its own may stay."""
        return False

    async def differences(self) -> list[str]:  # noqa: C901 - naive on purpose
        """Say what the app has that it should not have, and the other way round."""
        stored = await self.configuration.app(self.app)
        everybody = settings_of(stored).scope == "all"
        roles = {one.id for one in stored.application.roles}
        counting = [
            one
            for one in await self.directory.assignments(self.app, limit=100_000)
            if not roles or one.role_id in roles
        ]
        given = {one.principal_id for one in counting}
        people = {one.id: one for one in await self.directory.all_users(limit=100_000)}
        groups = {one.id: one for one in await self.directory.all_groups(limit=100_000)}
        member_of: dict[str, set[str]] = {group: set() for group in groups}
        for group in groups:
            for membership in await self.directory.memberships(group, limit=100_000):
                member_of[group].add(membership.member_id)
        opened = {one.principal_id for one in counting if one.nested}
        deeper = [member for group in opened for member in member_of[group]]
        while deeper:
            group = deeper.pop()
            if group in groups and group not in opened:
                opened.add(group)
                deeper += member_of[group]
        reaching = (given | opened) & set(groups)
        entitled = {
            one
            for one, person in people.items()
            if (everybody or one in given or any(one in member_of[g] for g in reaching))
            and self.in_scope(person)
        }
        waiting = {one.record_id for one in await self.ledger.escrows(self.app)}
        wrong: list[str] = []
        held = {
            key: values
            for key, values in self.target.held[Kind.USER].items()
            if "externalId" in values  # the others are nobody of ours
        }
        by_record = {str(values["externalId"]): key for key, values in held.items()}
        if len(by_record) != len(held):
            wrong.append("somebody has two accounts")
        for one, person in people.items():
            account = held.get(by_record.get(one, ""))
            if one in waiting:
                continue
            usable = one in entitled and person.active
            if account is None:
                wrong += [f"{person.user_name} has no account"] if usable else []
                continue
            if account.get("active") is not usable:
                wrong.append(f"{person.user_name} is active: {account.get('active')}")
            if one not in entitled or person.deleted_at is not None:
                continue  # who has left is disabled, and keeps what was known
            mails = [str(other.attributes.get("mail")).casefold() for other in people.values()]
            mail = person.attributes.get("mail")
            if not usable and (mail is None or mails.count(str(mail).casefold()) > 1):
                continue  # to disable somebody no other value has to be right
            boss = by_record.get(person.manager_id or "")
            pairs = {
                "userName": person.user_name,
                "title": self.title_of(person),
                MAIL: person.attributes.get("mail"),
                MANAGER: boss,
            }
            for path, value in pairs.items():
                if value is None and self.keeps_its_own(by_record[one]):
                    continue
                if str(account.get(path)).casefold() != str(value).casefold():
                    wrong.append(f"{person.user_name}: {path} {account.get(path)} not {value}")
        for record, account_id in by_record.items():
            if record not in people and held[account_id].get("active") is not False:
                wrong.append(f"{held[account_id]['userName']} is gone but active")
        wrong += self._group_differences(groups, member_of, given, everybody, by_record, waiting)
        return wrong

    def _group_differences(self, groups, member_of, given, everybody, by_record, waiting):
        wrong = []
        held = self.target.held[Kind.GROUP]
        named = {str(values.get("externalId")): key for key, values in held.items()}
        for group in groups:
            if group in waiting:
                continue
            if not (everybody or group in given):
                wrong += [f"group {groups[group].display_name} is left"] if group in named else []
            elif group not in named:
                wrong.append(f"group {groups[group].display_name} is missing")
            else:
                if held[named[group]]["displayName"] != groups[group].display_name:
                    wrong.append(f"group {groups[group].display_name} has another name")
                ends = {**by_record, **named}
                wanted = {ends[one] for one in member_of[group] if one in ends}
                if self.target.memberships.get(named[group], set()) != wanted:
                    wrong.append(f"group {groups[group].display_name} has other members")
        return wrong + [f"group {one} is left" for one in named if one not in groups]

    def _accounts(self, name: str) -> list[tuple[str, Mapping[str, object]]]:
        return [
            (key, values)
            for kind in Kind
            for key, values in self.target.held[kind].items()
            if values.get("externalId") == self.ids[name]
        ]

    async def _apps(self) -> list[str]:
        return [one.application.id for one in await self.configuration.apps()]

    async def _sleep(self, seconds: float) -> None:
        self.slept.append(seconds)


class FaultyTarget(MemoryTarget):
    """An app in memory whose faults are planted by the kind of request."""

    planted_by_verb: list[list[Any]]

    @classmethod
    def over(cls, before: MemoryTarget) -> "FaultyTarget":
        if isinstance(before, FaultyTarget):
            return before
        made = cls(before.capabilities, before.faults, before.exact, before.journal, before.held)
        made.memberships = before.memberships
        made.planted_by_verb = []
        return made

    def _fail(self, when: str) -> None:
        super()._fail(when)
        verb = self.journal[-1].verb
        for fault in self.planted_by_verb:
            of, error, skip, times, moment = fault
            if of not in (verb, "any") or moment != when or times == 0:
                continue
            if skip:
                fault[2] -= 1
            else:
                fault[3] -= 1
                raise error


__all__ = ["MAIL", "MANAGER", "START", "WRITES", "FaultyTarget", "Planted", "Wish", "World"]
