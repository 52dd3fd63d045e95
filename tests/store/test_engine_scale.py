"""What the engine asks of its own database goes along an index, on both kinds of database.

The databases are asked for their plans; no clock is looked at. What a cycle costs by numbers of
rows is in tests/engine/test_cost_of_a_change.py.
"""

import asyncio
import re
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass
from typing import Any, Final

import pytest
import sqlalchemy as sa
from tests.databases import kinds, prepared_postgresql, prepared_sqlite
from tests.engine.world import World
from tests.large_company import EVERYBODY, Asked, asked_of, copied, small_company

from seatkeeper.directory.finding import PeopleQuery
from seatkeeper.directory.model import DEFAULT_ACCESS, Assignment, Kind
from seatkeeper.engine.cycle_runner import Wish
from seatkeeper.store.database import Database
from seatkeeper.store.tables import metadata

COPIES: Final = 60
_WHOLE: Final = re.compile(r"(?:^SCAN|Seq Scan on) (\w+)(?: USING|  \(|$)")
_ALONG: Final = re.compile(r"Index (?:Only )?Scan using \w+ on (\w+)")

_WHOLE_PLAN: Final = re.compile(r"journal USING .*INDEX \w+ \(cycle_id=\?\)$")
"""SQLite knows not how many are in a plan, and takes all of it for a few rows."""

FEW_ROWS: Final = 1_000
"""A table with fewer may be read whole: that is quicker than its index."""


@dataclass
class Large:
    """A company of 2,400 people who were copied, and which of its tables are large."""

    world: World
    tables: frozenset[str]

    def plans(self, asked: Asked) -> Iterator[tuple[str, str]]:
        """Yield each step of how the database carries out what was asked, with the question."""
        once: dict[str, Any] = {}
        for text, bound in asked.statements:
            if text.startswith(("SELECT", "WITH", "UPDATE", "DELETE")):
                once.setdefault(text, bound[0] if isinstance(bound, list) else bound)
        how = "EXPLAIN QUERY PLAN " if self.world.database.is_sqlite else "EXPLAIN "

        def work(db: sa.Connection) -> list[tuple[str, str]]:
            if not self.world.database.is_sqlite:
                # These tables are not so large that PostgreSQL would never read one whole. Now it
                # does that only where there is no index to go along.
                db.exec_driver_sql("SET LOCAL enable_seqscan = off")
            return [
                (str(row[-1]).strip(), text)
                for text, bound in once.items()
                for row in db.exec_driver_sql(how + text, bound)
            ]

        yield from self.world.database.write_now(work)

    def scans(self, asked: Asked) -> list[str]:
        """Return the steps that go through a whole large table, each with its question."""
        steps = list(self.plans(asked))
        found = []
        for number, (step, text) in enumerate(steps):
            if _WHOLE_PLAN.search(step) and not ("count(" in text or "LIMIT" in text):
                found.append(f"{step} for {text}")
            named = _WHOLE.search(step)
            if named is None and (along := _ALONG.search(step)) is not None:
                below = steps[number + 1][0] if number + 1 < len(steps) else ""
                named = None if below.startswith("Index Cond") else along
            if named and named[1] in self.tables:
                found.append(f"{step} for {text}")
        return found


@pytest.fixture(scope="module", params=kinds())
def large(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Large]:
    """Provision a small company, look the app over, and copy all that is known then."""
    folder = tmp_path_factory.mktemp("large")
    if request.param == "sqlite":
        url = prepared_sqlite(folder / "seatkeeper.db")
    else:
        url = prepared_postgresql(request.getfixturevalue("postgresql_server"))
    opened = Database.open(url)
    world = World(opened, folder, app="generic-scim")

    async def founded() -> None:
        await small_company(world)
        await world.hire("strange", mail="")  # waits: somebody is in escrow
        world.target.held[Kind.USER]["a-stranger"] = {"userName": "stranger"}
        await world.run()
        await world.run(Wish(reconcile=True))

    asyncio.run(founded())
    copied(opened, COPIES)
    names = [table.name for table in metadata.sorted_tables]

    def work(db: sa.Connection) -> frozenset[str]:
        counts = {
            name: db.exec_driver_sql(f"SELECT count(*) FROM {name}").scalar_one() for name in names
        }
        return frozenset(name for name, count in counts.items() if count >= FEW_ROWS)

    yield Large(world, opened.read_now(work))
    opened.close()


async def title(world: World) -> None:
    await world.change("p3", jobTitle="Manager")


async def other_name(world: World) -> None:
    await world.change("p4", userPrincipalName="new@larkspur.example", mail="new@larkspur.example")


async def joins(world: World) -> None:
    await world.leave("Team 1", "p15")
    await world.join("Team 2", "p15")


async def is_disabled(world: World) -> None:
    await world.enable("p16", enabled=False)


async def is_deleted(world: World) -> None:
    await world.directory.delete_user(world.ids["p17"], actor="hr", now=world.now)


async def is_hired(world: World) -> None:
    await world.hire("newcomer", manager="p3", groups=[EVERYBODY])


async def a_line_is_hired(world: World) -> None:
    await world.hire("chief", manager="p3")
    await world.hire("lead", manager="chief")
    await world.hire("engineer", manager="lead")


async def a_small_group_is_assigned(world: World) -> None:
    await world.found("Small", "p18", "p19")
    one = Assignment(world.app, Kind.GROUP, world.ids["Small"], DEFAULT_ACCESS)
    await world.directory.assign(one, actor="hr")


@pytest.mark.parametrize(
    "change",
    [
        title,
        other_name,
        joins,
        is_disabled,
        is_deleted,
        is_hired,
        a_line_is_hired,
        a_small_group_is_assigned,
    ],
)
async def test_a_change_and_its_cycle_go_through_no_table(
    large: Large, change: Callable[[World], Awaitable[None]]
) -> None:
    with asked_of(large.world.database) as asked:
        await change(large.world)
        cycle = await large.world.run()

    assert cycle.finished
    assert len(asked.statements) > 50
    assert large.scans(asked) == []


async def test_the_questions_of_pages_and_commands_go_through_no_table(large: Large) -> None:
    world, ids = large.world, large.world.ids
    directory, ledger, app = world.directory, world.ledger, world.app

    with asked_of(world.database) as asked:
        await directory.user("p3@larkspur.example")
        await directory.find_people(PeopleQuery("p3"), after=None, limit=20)
        await directory.groups_of(ids["p3"])
        await directory.memberships(ids[EVERYBODY], limit=100)
        await directory.reports_of(ids["p1"])
        await directory.hint(Kind.USER, "P3")
        await directory.changes(after=0)
        await directory.all_users(limit=100)
        await ledger.escrows(app, kind=Kind.USER)
        await ledger.due(app, world.now)
        await ledger.waiting_causes(app)
        await ledger.holds(app)
        await ledger.log(app, record_id=ids["p3"])
        await ledger.log(app, status="failure")
        await ledger.findings(app, record=(Kind.USER, ids["p3"]))
        await ledger.held_links(app)
        await world.explain("p3")
        await world.explain(EVERYBODY)
        await world.preview()

    assert large.scans(asked) == []


async def test_a_page_of_everybody_reads_a_page(large: Large) -> None:
    after, world = sorted(large.world.ids.values())[10], large.world

    with asked_of(world.database) as asked:
        for kind in Kind:
            await world.ledger.candidates(world.app, kind, everybody=True, after=after, limit=100)
        await world.ledger.member_users([world.ids[EVERYBODY]], after=after, limit=100)

    assert large.scans(asked) == []
    assert not [step for step, _ in large.plans(asked) if "memberships" in step and "TEMP" in step]


def test_a_question_that_goes_through_a_table_is_seen(large: Large) -> None:
    with asked_of(large.world.database) as asked:
        large.world.database.read_now(
            lambda db: db.execute(sa.text("SELECT id FROM users WHERE created_at > '2'")).all()
        )

    [seen] = large.scans(asked)
    assert seen.endswith(asked.statements[-1][0])
