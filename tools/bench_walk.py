"""Measure the walk itself: one person's mapping, and planning everybody after a mapping edit.

    make bench                      100,000 people
    make bench PEOPLE=20000         fewer

No network. The first figure is a ratio to plain Python that does the same by hand; the second
plans people who all have an account, after an edit that changes nobody's value: nothing may be
sent, and the time is also given as a ratio to reading the same rows and doing nothing with them.
Then a cycle without any change, which shall take as long as in a company of a hundredth of that.
"""

import asyncio
import datetime as dt
import os
import random
import statistics
import tempfile
import time
import uuid
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import msgspec
from measuring import about_the_machine

from seatkeeper.bootstrap import Installation
from seatkeeper.cli import sample_company as sample
from seatkeeper.cli.main import settle_collector
from seatkeeper.configuration.applying import apply_document, settings_of
from seatkeeper.configuration.documents import AppDocument
from seatkeeper.configuration.rules import application_of, rules_for
from seatkeeper.configuration.settings import MappingChange, default_settings
from seatkeeper.connectors.memory import MemoryTarget
from seatkeeper.directory.model import Kind, User
from seatkeeper.engine.context import AppContext
from seatkeeper.engine.cycle_runner import Wish, run_cycle
from seatkeeper.errors import RecordError
from seatkeeper.gallery.capabilities import capabilities_of
from seatkeeper.gallery.schema import gallery_app
from seatkeeper.ports import PersonRow
from seatkeeper.provisioning.cycle import Cycle
from seatkeeper.provisioning.journal import Position, Work
from seatkeeper.provisioning.link import Link
from seatkeeper.provisioning.mapping.evaluate import Circumstances, want_user
from seatkeeper.provisioning.match import claims
from seatkeeper.provisioning.rules import Rules
from seatkeeper.provisioning.walk import NeedsMatch, decide
from seatkeeper.settings import Settings

APP = "15five"
IDLE = 9
"""Cycles without a change, of which the median counts."""

NOW = dt.datetime(2026, 3, 2, 9, 0, tzinfo=dt.UTC)
ENTERPRISE = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
FIFTEEN = "urn:ietf:params:scim:schemas:extension:15Five:2.0:User"
PLAIN = (
    ("userName", "userPrincipalName"),
    ("title", "jobTitle"),
    ('emails[type eq "work"].value', "mail"),
    ("name.givenName", "givenName"),
    ("name.familyName", "surname"),
    (f"{ENTERPRISE}:employeeNumber", "employeeId"),
    (f"{FIFTEEN}:location", "physicalDeliveryOfficeName"),
    (f"{FIFTEEN}:startDate", "extensionAttribute1"),
)


def by_hand(user: User, *, entitled: bool) -> tuple[dict[str, Any], dict[str, Any]]:
    """Do what the 15Five mapping does, as somebody would write it for this one app."""
    held = user.attributes
    wanted: dict[str, Any] = {
        path: value for path, name in PLAIN if (value := held.get(name)) is not None and value
    }
    wanted["externalId"] = user.id
    wanted["active"] = entitled and user.active
    references = {f"{ENTERPRISE}:manager": user.manager_id} if user.manager_id else {}
    return wanted, references


def mapping_ratio(rounds: int = 7, times: int = 20_000) -> tuple[float, float, float]:
    """Return the cost of one person's mapping over the same by hand: median, least, most."""
    app = gallery_app(APP)
    rules = rules_for(app, application_of(APP, app, "15Five"), default_settings(app), moment=NOW)
    row = next(iter(sample.sample_people(3)))
    attributes = {name: value for name, value in row.attributes.items() if value is not None}
    user = User(
        str(uuid.uuid4()), {"userPrincipalName": row.user_name, **attributes}, manager_id="m"
    )
    about = Circumstances(now=NOW)
    ours, theirs = want_user(user, rules.users, about), by_hand(user, entitled=True)
    assert (dict(ours.always), dict(ours.references)) == theirs, (ours, theirs)

    def spent(work: Callable[[], object]) -> float:
        started = time.process_time()
        for _ in range(times):
            work()
        return time.process_time() - started

    def mapped() -> object:
        return want_user(user, rules.users, about)

    def plain() -> object:
        return by_hand(user, entitled=True)

    ratios = [spent(mapped) / spent(plain) for _ in range(rounds)]
    return statistics.median(ratios), min(ratios), max(ratios)


async def _company(opened: Installation, people: int) -> None:
    async def rows() -> AsyncIterator[PersonRow]:
        for row in sample.sample_people(people):
            yield row

    await opened.people_import.apply_rows("bench", rows(), total=people, actor="bench")
    await _apply(opened, ())


async def _apply(opened: Installation, users: tuple[MappingChange, ...]) -> Rules:
    settings = msgspec.structs.replace(
        default_settings(gallery_app(APP)),
        tenant_url="http://127.0.0.1:9/scim/v2",
        allow_loopback=True,
        scope="all",
        groups_enabled=False,
        users=users,
    )
    await apply_document(
        opened.configuration,
        opened.directory,
        AppDocument(APP, settings),
        actor="bench",
        places=opened.secret_places(),
        typed_secret=b"bench",
    )
    stored = await opened.configuration.app(APP)
    return rules_for(gallery_app(APP), stored.application, settings_of(stored), moment=NOW)


async def _link_everybody(opened: Installation, rules: Rules) -> int:
    """Leave the ledger as an initial cycle leaves it: everybody linked, values known."""
    after, linked = "", 0
    accounts: Mapping[str, str] = {}
    while page := await opened.ledger.candidates(
        APP, Kind.USER, everybody=True, after=after, limit=500
    ):
        links, claimed = [], {}
        for facts in await opened.ledger.facts(APP, Kind.USER, page, memberships=False):
            managers = {facts.record.manager_id} if isinstance(facts.record, User) else set()
            accounts = {one: f"a-{one}" for one in managers if one}
            try:
                answer = decide(replace(facts, accounts=accounts), rules)
            except RecordError:
                continue  # the sample has people who wait
            if not isinstance(answer, NeedsMatch):
                continue  # disabled: nobody has an account to be linked to
            known = dict(answer.desired.always)
            links.append(Link(Kind.USER, facts.record_id, f"a-{facts.record_id}", known, since=NOW))
            claimed[Kind.USER, facts.record_id] = claims(answer.desired, rules.users)
        await opened.ledger.write(APP, Work(links=links, claims=claimed))
        linked += len(links)
        after = page[-1]
    last = await opened.ledger.last_change()
    await opened.ledger.write(APP, Work(position=Position(last, rules.digest)))
    return linked


async def _read_only(opened: Installation) -> float:
    """Read the facts of everybody, as the plan half does, and do nothing with them."""
    started, after = time.process_time(), ""
    while page := await opened.ledger.candidates(
        APP, Kind.USER, everybody=True, after=after, limit=500
    ):
        await opened.ledger.facts(APP, Kind.USER, page, memberships=False)
        after = page[-1]
    return time.process_time() - started


async def replanned(folder: Path, people: int) -> dict[str, float]:
    """Plan everybody after an edit of nobody's value; then run cycles without a change."""
    opened = Installation.open(Settings(home=folder))
    await _company(opened, people)
    linked = await _link_everybody(opened, await _apply(opened, ()))
    rules = await _apply(
        opened, (MappingChange("title", expression="Coalesce([jobTitle], [department])"),)
    )
    target = MemoryTarget(capabilities=capabilities_of(gallery_app(APP)))
    chance = random.Random(1)

    def begin(cycle: Cycle) -> AppContext:
        return AppContext(
            rules,
            target,
            opened.ledger,
            now=lambda: NOW,
            new_id=lambda: str(uuid.uuid4()),
            jitter=chance.random,
            sleep=asyncio.sleep,
            began=cycle,
        )

    async def ran() -> tuple[Cycle, float, float]:
        started, on_cpu = time.perf_counter(), time.process_time()
        cycle = await run_cycle(opened.ledger, rules, Wish(), begin, now=NOW)
        assert cycle.finished, cycle
        return cycle, time.perf_counter() - started, time.process_time() - on_cpu

    cycle, seconds, cpu = await ran()
    reading = await _read_only(opened)
    idle = [await ran() for _ in range(IDLE)]
    await opened.close()
    if asked := [one.counters.requests for one, _, _ in idle if one.counters.requests]:
        raise SystemExit(f"nothing changed, and requests were sent: {asked}")
    return {
        "linked": linked,
        "unchanged": cycle.counters.unchanged,
        "updated": cycle.counters.updated,
        "requests": cycle.counters.requests,
        "seconds": seconds,
        "cpu": cpu,
        "over_reading": cpu / reading,
        "idle": statistics.median(used for _, _, used in idle),
    }


def main() -> None:
    """Print both figures."""
    settle_collector()
    print(about_the_machine())
    median, least, most = mapping_ratio()
    print(f"mapping of one person : by hand     {median:.1f} (from {least:.1f} to {most:.1f})")
    people = int(os.environ.get("PEOPLE", "100000"))
    with tempfile.TemporaryDirectory() as folder:
        found = asyncio.run(replanned(Path(folder), people))
    with tempfile.TemporaryDirectory() as folder:
        small = asyncio.run(replanned(Path(folder), max(people // 100, 50)))
    print(f"people linked                       {found['linked']:.0f}")
    print(f"planned after a mapping edit        {found['unchanged']:.0f} unchanged, "
          f"{found['updated']:.0f} updated, {found['requests']:.0f} requests")  # fmt: skip
    print(f"seconds, of them on the processor   {found['seconds']:.1f}, {found['cpu']:.1f}")
    print(f"planning : only reading the rows    {found['over_reading']:.1f}")
    print(f"a cycle without a change            {1000 * found['idle']:.1f} ms of the processor; "
          f"among {small['linked']:.0f} people {1000 * small['idle']:.1f} ms")  # fmt: skip


if __name__ == "__main__":
    main()
