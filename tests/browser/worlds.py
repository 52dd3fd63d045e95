"""The companies that the browser visits, made before anything is served.

A process of its own (``python -m tests.browser.worlds NAME FOLDER``): it runs
the stand-ins, fills an installation in ``FOLDER/home``, prints one line of
facts and keeps the stand-ins running until it is ended. ``seatkeeper serve``
runs beside it. Tests and ``tools/screenshots.py`` start both.
"""

import asyncio
import datetime as dt
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import msgspec
from tests.browser.hostile_people import GROUPS, HOSTILE, LEAVERS, NAMELESS, SCRIPT
from tests.console_visitor import ANA, PASSPHRASE
from tests.journeys.company import ACTOR, Company, import_larkspur, settle_larkspur
from tests.sandboxes import RunningSandbox, running_sandbox, unhurried

from seatkeeper.bootstrap import Installation
from seatkeeper.cli.sample_company import sample_edits, sample_people
from seatkeeper.clock import utc_now
from seatkeeper.configuration.applying import apply_document
from seatkeeper.configuration.documents import read_documents
from seatkeeper.directory.model import Value
from seatkeeper.engine.cycle_runner import Wish
from seatkeeper.facts.forecast import load_of_plan
from seatkeeper.ports import PersonRow, UserEdit
from seatkeeper.settings import Settings

APP: Final = "15five"
OFF: Final = "desk-booker"
QUARANTINED: Final = "shop-floor"
FAILING: Final = "jan.kristensen"
TOKEN: Final = "larkspur-sandbox-token-of-30-c"
MANY: Final = 2_000
AUDITED: Final = 60
"""So many entries more than a page of the audit trail holds."""


SIGN_INS: Final[Mapping[str, str]] = {
    "administrator": ANA,
    "app admin": "abe@larkspur.example",
    "operator": "omar@larkspur.example",
    "viewer": "vera@larkspur.example",
}
"""Who may sign in to each company's console, all with the same passphrase."""


class Facts(msgspec.Struct, frozen=True):
    """What tests know of a company: its stand-in, and what fills the blanks of routes."""

    sandbox: str = ""
    token: str = ""
    blanks: Mapping[str, str] = {}
    ids: Mapping[str, str] = {}


@dataclass(frozen=True, slots=True)
class StandIns:
    """The two running apps."""

    fifteen: RunningSandbox
    generic: RunningSandbox


async def larkspur(opened: Installation, apps: StandIns) -> Facts:
    """250 people in 15Five, three fail, removals wait; another app is off, one is quarantined."""
    company = Company(opened, APP, apps.fifteen)
    await settle_larkspur(company)
    await company.run()
    await _everyday(company)
    await _planned(opened)
    await company.run()
    await _everybody_leaves(company, "Marketing")
    await company.run()
    soon = (utc_now() + dt.timedelta(days=5)).date().isoformat()
    await _connect(opened, apps.generic, OFF, "Desk Booker", status="off", expires=soon)
    await _connect(opened, apps.generic, QUARANTINED, "Shop Floor", token="no-longer")
    await _attempt(opened, QUARANTINED)
    opened.sources.tokens.issue(
        "hr", (), utc_now() + dt.timedelta(days=3), actor=ACTOR, now=utc_now()
    )
    _let_in(opened)
    return await _facts(company, person=FAILING, group="Everyone in Sales")


async def showcase(opened: Installation, apps: StandIns) -> Facts:
    """What a picture of the product shows: three apps, few troubles, nothing staged otherwise."""
    company = Company(opened, APP, apps.fifteen)
    await settle_larkspur(company)
    await company.run()
    await _everyday(company)
    await _planned(opened)
    await company.run()
    await _connect(opened, apps.generic, OFF, "Desk Booker", group="All of Larkspur")
    await _attempt(opened, OFF)
    await _connect(opened, apps.generic, QUARANTINED, "Shop Floor", status="off")
    _let_in(opened)
    return await _facts(company, person=FAILING, group="Everyone in Sales")


async def hostile(opened: Installation, apps: StandIns) -> Facts:
    """A dozen people and three groups whose names are meant to break pages."""
    company = Company(opened, APP, apps.fifteen)
    for name, shown in HOSTILE.items():
        await company.person(
            name, displayName=shown, givenName=shown, surname=shown, jobTitle=shown
        )
    await company.person(NAMELESS, displayName=None, givenName=None, surname=None)
    for group in GROUPS:
        await company.group(group, *HOSTILE, NAMELESS)
    await company.connect(groups=GROUPS)
    await company.attempt()
    for group in GROUPS:
        await company.leave(group, *LEAVERS)
    await _planned(opened)
    await company.attempt()
    await _connect(opened, apps.generic, OFF, SCRIPT, status="off", group=GROUPS[0])
    _let_in(opened)
    return await _facts(company, person="markup", group=GROUPS[0])


async def unconnected(opened: Installation, _apps: StandIns) -> Facts:
    """250 people whose administrators have not connected any app yet."""
    await import_larkspur(opened)
    _let_in(opened)
    return Facts(blanks={"connector": APP})


async def many(opened: Installation, apps: StandIns) -> Facts:
    """2,000 people, all of whom get an account as soon as an app is turned on."""
    await opened.people_import.apply_rows("many", _of(sample_people(MANY)), total=MANY, actor=ACTOR)
    await _connect(opened, apps.generic, OFF, "Desk Booker", status="off", group="All of Larkspur")
    _let_in(opened)
    return Facts(blanks={"app": OFF})


async def _of(rows: Iterable[PersonRow]) -> AsyncIterator[PersonRow]:
    for one in rows:
        yield one


async def empty(_opened: Installation, _apps: StandIns) -> Facts:
    """Nobody, nothing, and no administrator yet."""
    return Facts()


WORLDS: Final[Mapping[str, Callable[[Installation, StandIns], Awaitable[Facts]]]] = {
    "larkspur": larkspur,
    "showcase": showcase,
    "hostile": hostile,
    "unconnected": unconnected,
    "many": many,
    "empty": empty,
}


async def run_world(name: str, folder: Path) -> None:
    """Make a company, say so on standard output, and keep its apps running until cancelled."""
    async with (
        running_sandbox(unhurried(APP), folder / "15five.db", TOKEN) as fifteen,
        running_sandbox(unhurried("generic-scim"), folder / "generic.db") as generic,
    ):
        opened = Installation.open(Settings(home=folder / "home"))
        try:
            facts = await WORLDS[name](opened, StandIns(fifteen, generic))
        finally:
            await opened.close()
        facts = msgspec.structs.replace(facts, sandbox=fifteen.site, token=fifteen.token)
        sys.stdout.buffer.write(msgspec.json.encode(facts) + b"\n")
        sys.stdout.buffer.flush()
        await asyncio.get_running_loop().create_future()


async def changed(home: Path, person: str, **attributes: Value | None) -> None:
    """Change somebody in the directory of a company that is served already, as HR would."""
    opened = Installation.open(Settings(home=home))
    try:
        await opened.directory.edit_user(person, UserEdit(attributes), actor="hr")
    finally:
        await opened.close()


async def promoted(home: Path, many: int, title: str = "Principal Engineer") -> None:
    """Give so many engineers another title, as HR would in one night."""
    opened = Installation.open(Settings(home=home))
    try:
        group = await opened.directory.group("Engineering")
        members = await opened.directory.memberships(group.id)
        for one in members[:many]:
            await opened.directory.edit_user(
                one.member_id, UserEdit({"jobTitle": title}), actor="hr"
            )
    finally:
        await opened.close()


async def _everyday(company: Company) -> None:
    """What happens on any day: a title, somebody who joins, leaves, is disabled."""
    edits = sample_edits()
    await company.change(_local(edits.title_of), jobTitle=edits.new_title)
    await company.join(edits.joined_group, _local(edits.joiner))
    await company.leave(edits.left_group, _local(edits.leaver))
    await company.change(_local(edits.disabled), enabled=False)
    await company.change(_local(edits.report), manager=_local(edits.new_manager))


async def _planned(opened: Installation) -> None:
    """Make a plan that has something to say."""
    stored = await opened.configuration.app(APP)
    plan = await opened.plans.begin(APP, actor=ACTOR, version=stored.version, now=utc_now())
    preview = await opened.preview(APP, Wish())
    await opened.plans.finish(plan, preview, await load_of_plan(opened, preview))


async def _everybody_leaves(company: Company, group: str) -> None:
    found = await company.opened.directory.group(group)
    members = await company.opened.directory.memberships(found.id)
    gone = [one.member_id for one in members]
    await company.opened.directory.change_members(found.id, remove=gone, actor="hr")


async def _connect(
    opened: Installation,
    box: RunningSandbox,
    app_id: str,
    name: str,
    *,
    status: str = "on",
    token: str = "",
    group: str = "Leadership",
    expires: str = "",
) -> None:
    plain = {
        "app": app_id,
        "gallery": "generic-scim",
        "name": name,
        "connection": {
            "tenant_url": box.base_url,
            "secret_token": "stored",
            "allow_loopback": True,
            "requests_per_second": 5000,
            **({"secret_expires": expires} if expires else {}),
        },
        "mode": "automatic",
        "status": status,
        "assignments": [{"group": group, "role": "Default Access"}],
    }
    for document in read_documents("app.yaml", msgspec.json.encode(plain).decode()):
        await apply_document(
            opened.configuration,
            opened.directory,
            document,
            actor=ACTOR,
            places=opened.secret_places(),
            typed_secret=(token or box.token).encode(),
        )


def _local(user_name: str) -> str:
    return user_name.partition("@")[0]


async def _attempt(opened: Installation, app_id: str) -> None:
    await opened.running.run_app(app_id, Wish(), lambda _: None, lambda: False)


def _let_in(opened: Installation) -> None:
    """Let one person of each role choose a passphrase."""
    for role, email in SIGN_INS.items():
        link = opened.administrators.first_link(utc_now())
        if link is None:
            apps = [APP] if role == "app admin" else []
            link = opened.administrators.invite(email, role, apps, actor=ACTOR, now=utc_now())[1]
        name = email.partition("@")[0].title()
        opened.administrators.use_link(
            link, name=f"{name} Lovelace", email=email, passphrase=PASSPHRASE, now=utc_now()
        )


async def _facts(company: Company, *, person: str, group: str) -> Facts:
    """Fill every blank that a route may have. A new page with a new blank adds it here."""
    opened = company.opened
    link = ""
    given = await opened.directory.assignments(APP)
    cycles = await opened.ledger.cycles(APP)
    events = await opened.ledger.log(APP)
    holds = await opened.ledger.holds(APP)
    for _ in range(AUDITED):
        link = opened.administrators.invite(
            "newcomer@larkspur.example",
            "viewer",
            actor=ACTOR,
            now=utc_now(),
        )[1]
    [plan] = await opened.plans.newest(APP, limit=1)
    wrote = next((one for one in cycles if one.counters.wrote), cycles[0])
    undo = await opened.plans.begin(APP, actor=ACTOR, version=1, now=utc_now(), undoes=wrote.id)
    back = await opened.preview_undo(APP, wrote.id)
    await opened.plans.finish(undo, back, await load_of_plan(opened, back))
    blanks = {
        "app": APP,
        "person": company.ids[person],
        "principal": given[0].principal_id,
        "group": company.ids[group],
        "cycle": str(wrote.number),
        "event": events[0][1].id,
        "approval": holds[0][1].id if holds else "",
        "connector": APP,
        "plan": str(plan.number),
        "object": "users",
        "target": "title",
        "link": link,
    }
    return Facts(blanks=blanks, ids=company.ids)


if __name__ == "__main__":
    with suppress(KeyboardInterrupt):
        asyncio.run(run_world(sys.argv[1], Path(sys.argv[2])))
