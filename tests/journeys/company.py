"""A company with an installation of its own and an app to provision, for journeys.

Everything is real: an SQLite file, sockets on loopback, the app's own journal of
what it was asked. ``requests_since`` speaks of accounts by name, so that tests
read like sentences.
"""

import asyncio
import json
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import httpx
import msgspec
from msgspec.structs import replace
from tests.databases import prepared_home
from tests.mail_server import MailServer
from tests.sandboxes import RunningSandbox, running_sandbox

from seatkeeper.bootstrap import Installation
from seatkeeper.cli.sample_company import (
    sample_digest,
    sample_direct_assignments,
    sample_groups,
    sample_people,
)
from seatkeeper.clock import utc_now
from seatkeeper.configuration.applying import apply_document
from seatkeeper.configuration.documents import read_documents
from seatkeeper.configuration.editing import edit_settings
from seatkeeper.directory.model import Group, User, Value
from seatkeeper.engine.cycle_runner import Wish
from seatkeeper.engine.runner import options_of
from seatkeeper.ports import PersonRow, UserEdit
from seatkeeper.provisioning.cycle import Cycle
from seatkeeper.provisioning.journal import Order, OrderVerb
from seatkeeper.provisioning.log import LogEntry
from seatkeeper.settings import Settings

ACTOR = "test"
DOMAIN = "larkspur.example"
ENTERPRISE = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
FIFTEEN = "urn:ietf:params:scim:schemas:extension:15Five:2.0:User"


@dataclass(frozen=True)
class Asked:
    """One request as the app received it: ``PATCH /Users/ana`` and its operations or body."""

    line: str
    sent: Any = None

    @property
    def method(self) -> str:
        return self.line.partition(" ")[0]


@dataclass
class Company:
    """One directory, one installation, one app."""

    opened: Installation
    app_id: str
    box: RunningSandbox
    options: str = ""
    names: dict[str, str] = field(default_factory=dict)
    seen: int = 0
    ids: dict[str, str] = field(default_factory=dict)

    async def restarted(self, **settings: str | int | bool) -> None:
        """Start anew with these settings instead, as whoever changes them must."""
        changed = msgspec.structs.replace(self.opened.settings, **settings)
        await self.opened.close()
        self.opened = Installation.open(changed)

    async def two_must_agree(self) -> None:
        """Let the app's settings ask for the word of two people about what is held."""
        stored = await self.opened.configuration.app(self.app_id)
        await edit_settings(
            self.opened.configuration,
            self.app_id,
            lambda before: replace(before, guard=replace(before.guard, four_eyes=True)),
            actor=ACTOR,
            expected_version=stored.version,
        )

    async def mails_go_to(self, server: MailServer) -> None:
        """Have mail sent by this server from now on."""
        await self.restarted(
            smtp_host=server.host,
            smtp_port=server.port,
            smtp_from="seatkeeper@larkspur.example",
            smtp_starttls=False,
        )

    # --- the directory ---

    async def person(
        self, name: str, *, enabled: bool = True, manager: str = "", **attributes: Value | None
    ) -> User:
        """Hire somebody; ``name`` is also their e-mail before the @."""
        filled: dict[str, Value | None] = {
            "userPrincipalName": f"{name}@{DOMAIN}",
            "mail": f"{name}@{DOMAIN}",
            "givenName": name.title(),
            "surname": "Larsen",
            "displayName": f"{name.title()} Larsen",
            **attributes,
        }
        made = await self.opened.directory.create_user(
            UserEdit(filled, enabled, self.ids[manager] if manager else None), actor=ACTOR
        )
        self.ids[name] = made.id
        return made

    async def change(
        self,
        name: str,
        *,
        enabled: bool | None = None,
        manager: str | None = None,
        **attributes: Value | None,
    ) -> None:
        above = self.ids[manager] if manager else manager
        await self.opened.directory.edit_user(
            self.ids[name], UserEdit(attributes, enabled, above), actor=ACTOR
        )

    async def group(self, name: str, *members: str) -> Group:
        made = await self.opened.directory.create_group(name, actor=ACTOR)
        self.ids[name] = made.id
        await self.join(name, *members)
        return made

    async def join(self, group: str, *members: str) -> None:
        added = [self.ids[one] for one in members]
        await self.opened.directory.change_members(self.ids[group], add=added, actor=ACTOR)

    async def leave(self, group: str, *members: str) -> None:
        left = [self.ids[one] for one in members]
        await self.opened.directory.change_members(self.ids[group], remove=left, actor=ACTOR)

    # --- the app ---

    async def connect(
        self,
        *,
        people: Iterable[str] = (),
        groups: Iterable[str] = (),
        default_access: Iterable[str] = (),
        base_url: str | None = None,
        token: str | None = None,
        more: str = "",
        on: bool = True,
    ) -> None:
        """Apply the app's document with exactly these assignments."""
        role = "User" if self.app_id == "15five" else "Default Access"
        rows = [f"  - {{user: {_name(one)}, role: {role}}}" for one in people]
        rows += [f"  - {{group: {json.dumps(one)}, role: {role}}}" for one in groups]
        rows += [f"  - {{user: {_name(one)}, role: Default Access}}" for one in default_access]
        text = "\n".join(
            [
                f"app: {self.app_id}",
                f"gallery: {self.app_id}",
                "connection:",
                f"  tenant_url: {base_url or self.box.base_url}",
                "  secret_token: stored",
                "  allow_loopback: true",
                "  requests_per_second: 5000",
                "mode: automatic",
                f"status: {'on' if on else 'off'}",
                *(["assignments:", *rows] if rows else []),
                more,
            ]
        )
        for document in read_documents("app.yaml", text):
            await apply_document(
                self.opened.configuration,
                self.opened.directory,
                document,
                actor=ACTOR,
                places=self.opened.secret_places(),
                typed_secret=(token or self.box.token).encode(),
            )

    async def run(self, wish: Wish | None = None) -> Cycle:
        """Run one cycle to its end."""
        cycle = await self.opened.running.run_app(
            self.app_id, wish or Wish(), lambda _: None, lambda: False
        )
        assert cycle.finished, cycle.note
        return cycle

    async def attempt(self) -> Cycle:
        """Run one cycle as far as it goes."""
        return await self.opened.running.run_app(self.app_id, Wish(), lambda _: None, lambda: False)

    async def ordered(self) -> Order:
        """Have the engine that is served beside run one cycle; two would carry out the same one."""
        number = await self.opened.ledger.place_order(
            self.app_id, OrderVerb.RUN, options_of(Wish()), actor=ACTOR, now=utc_now()
        )
        for _ in range(1200):
            order = await self.opened.ledger.order(number)
            if order.state not in ("open", "taken"):
                assert order.state == "done", order.answer
                return order
            await asyncio.sleep(0.05)
        raise AssertionError("The engine that is served did not answer within a minute.")

    async def requests_since(self) -> list[Asked]:
        """Return what the app was asked since the last time somebody looked."""
        rows = await self.box.requests(after=self.seen)
        await self._learn_names()
        self.seen = max((int(row["seq"]) for row in rows), default=self.seen)
        return [self._asked(row) for row in rows]

    async def account(self, name: str) -> dict[str, Any] | None:
        """Return the one account of a person in the app, or none."""
        found = [one for one in (await self.box.dump())["users"] if one["userName"] == _name(name)]
        assert len(found) < 2
        return found[0] if found else None

    async def members(self, group: str) -> list[str] | None:
        """Return who is in a group of the app, by name, or none if there is no such group."""
        await self._learn_names()
        for one in (await self.box.dump())["groups"]:
            if one["displayName"] == group:
                return sorted(self.names[member] for member in one["members"])
        return None

    async def last_entry(self, name: str) -> LogEntry:
        """Return the newest log entry of a person or group."""
        return (await self.log(name))[0]

    async def log(self, name: str) -> list[LogEntry]:
        rows = await self.opened.ledger.log(self.app_id, record_id=self.ids[name])
        return [entry for _, entry in rows]

    async def nothing_more(self) -> None:
        """Assert that the next cycle has nothing to send and nothing to log."""
        entries = len(await self.opened.ledger.log(self.app_id, limit=5000))
        cycle = await self.run()
        assert await self.requests_since() == []
        assert cycle.counters.requests == 0
        assert len(await self.opened.ledger.log(self.app_id, limit=5000)) == entries

    async def _learn_names(self) -> None:
        dump = await self.box.dump()
        self.names |= {one["id"]: one["userName"].partition("@")[0] for one in dump["users"]}
        self.names |= {one["id"]: one["displayName"] for one in dump["groups"]}

    def _asked(self, row: dict[str, Any]) -> Asked:
        path = str(row["path"]).removeprefix("/scim/v2")
        query = unquote(str(row["query"]))
        line = f"{row['method']} {path}" + (f"?{query}" if query else "")
        body = json.loads(row["request"]) if row["request"] else None
        sent = body.get("Operations", body) if isinstance(body, dict) else body
        return Asked(self._named(line), json.loads(self._named(json.dumps(sent))))

    def _named(self, text: str) -> str:
        for account_id, name in self.names.items():
            text = text.replace(account_id, name)
        return text


@asynccontextmanager
async def company_with(app_id: str, folder: Path, **settings: Any) -> AsyncIterator[Company]:
    """Open an installation in ``folder`` beside a stand-in for an app."""
    async with running_sandbox(app_id, folder / "app.db") as box:
        opened = Installation.open(Settings(home=prepared_home(folder / "home"), **settings))
        company = Company(opened, app_id, box)
        try:
            yield company
        finally:
            await company.opened.close()


async def complaints(company: Company) -> list[str]:
    """Return what the app says of its client."""
    async with httpx.AsyncClient(base_url=company.box.site) as visitor:
        report = (await visitor.get("/report.json")).json()
    assert report["requests"] > 0
    return [f"{one['kind']}: {one['count']}, {one['examples']}" for one in report["remarks"]]


async def settle_larkspur(company: Company) -> None:
    """Bring the 250 people of Larkspur Robotics into the directory, and assign the app."""
    await import_larkspur(company.opened)
    direct = sample_direct_assignments()
    await company.connect(
        people=[one.user_principal_name for one in direct if one.role],
        groups=[one.display_name for one in sample_groups() if one.assigned],
        default_access=[one.user_principal_name for one in direct if not one.role],
    )
    company.ids |= await ids_by_name(company.opened)


async def import_larkspur(opened: Installation) -> None:
    await opened.people_import.apply_rows(sample_digest(), _rows(), total=250, actor=ACTOR)


async def ids_by_name(opened: Installation) -> dict[str, str]:
    """Return the directory id of everybody and of every group, by name."""
    users = await opened.directory.all_users(limit=10_000)
    groups = await opened.directory.all_groups(limit=10_000)
    return {
        **{user.user_name.partition("@")[0]: user.id for user in users},
        **{group.display_name: group.id for group in groups},
    }


async def _rows() -> AsyncIterator[PersonRow]:
    for row in sample_people():
        yield row


def _name(one: str) -> str:
    return one if "@" in one else f"{one}@{DOMAIN}"
