"""What every ledger promises of groups inside groups; run on each kind of database."""

import asyncio
from dataclasses import dataclass, field
from itertools import count

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection, event

from seatkeeper.directory.model import Application, Assignment, Kind
from seatkeeper.directory.nesting import Regrouped
from seatkeeper.ports import UserEdit
from seatkeeper.store import edits
from seatkeeper.store.configuration import SqlConfiguration
from seatkeeper.store.database import Database
from seatkeeper.store.directory import SqlDirectory
from seatkeeper.store.ledger import SqlLedger
from seatkeeper.store.news import News
from seatkeeper.store.secrets import MasterKey

NUMBERS = count()
Pair = tuple[int, int]


@dataclass
class Company:
    """One app, its groups g0, g1, ... and its people p0, p1, ..., in one database."""

    database: Database
    app: str = field(default_factory=lambda: f"app-{next(NUMBERS)}")

    def __post_init__(self) -> None:
        self.directory, self.ledger = SqlDirectory(self.database), SqlLedger(self.database)

    async def opens(self) -> None:
        configuration = SqlConfiguration(self.database, MasterKey(b"k" * 32))
        application = Application(self.app, "15five", "15Five")
        await configuration.save_app(application, {}, actor="it", expected_version=0)

    def person(self, number: int) -> str:
        return f"{self.app}-p{number}"

    def group(self, number: int) -> str:
        return f"{self.app}-g{number}"

    async def holds(self, groups: int, nestings: set[Pair], people: set[Pair]) -> None:
        """Make groups, ``nestings`` (group, group inside it) and ``people`` (group, person)."""

        def work(connection: Connection) -> None:
            news = News("hr")
            for number in {person for _, person in people}:
                name = {"userPrincipalName": self.person(number)}
                edits.create_user(connection, UserEdit(name), self.person(number), news)
            for number in range(groups):
                name = {"displayName": self.group(number)}
                edits.create_group(connection, name, self.group(number), news)
            for number in range(groups):
                inside = [self.group(b) for a, b in sorted(nestings) if a == number]
                members = [self.person(b) for a, b in sorted(people) if a == number]
                edits.change_members(connection, self.group(number), inside + members, (), news)
            news.write(connection)

        await self.database.write(work)

    async def assigns(self, number: int, *, nested: bool = True) -> None:
        assignment = Assignment(self.app, Kind.GROUP, self.group(number), nested=nested)
        await self.directory.assign(assignment, actor="hr")

    async def nests(self, group: int, inside: int, *, joins: bool = True) -> None:
        members = [self.group(inside)]
        add, remove = (members, []) if joins else ([], members)
        await self.directory.change_members(self.group(group), add=add, remove=remove, actor="hr")

    async def ways(self, number: int) -> list[str]:
        """Return the words of a person's grants, with the groups' short names."""
        [facts] = await self.ledger.facts(self.app, Kind.USER, [self.person(number)])
        return [grant.path.replace(f"{self.app}-", "") for grant in facts.grants]

    async def reached(self) -> set[str]:
        """Return who is a candidate, a few a page."""
        found: list[str] = []
        while page := await self.ledger.candidates(
            self.app, Kind.USER, everybody=False, after=found[-1] if found else "", limit=3
        ):
            found += page
        assert len(found) == len(set(found))
        return set(found)

    async def moved(self, after: int) -> set[str]:
        """Return the people whom the changes of groups concern, as a cycle would find them."""
        regrouped = await self.ledger.regrouped(self.app, after=after)
        groups = await self.ledger.groups_below({one.group_id for one in regrouped})
        return {*await self.ledger.member_users(groups)} if groups else set()


@pytest.fixture
async def company(database: Database) -> Company:
    """Return a company whose g0 holds g1, which holds g2; p0 is in g0, p1 in g1, p2 in g2."""
    made = Company(database)
    await made.opens()
    await made.holds(4, {(0, 1), (1, 2)}, {(0, 0), (1, 1), (2, 2), (3, 3)})
    return made


async def test_each_grant_says_the_way_down_to_the_persons_own_group(company: Company) -> None:
    await company.assigns(0)

    ways = [await company.ways(number) for number in range(4)]

    assert ways == [
        ["through group g0, role Default Access"],
        ["through group g0 > g1, role Default Access"],
        ["through group g0 > g1 > g2, role Default Access"],
        [],
    ]


async def test_a_direct_assignment_reaches_direct_members_alone(company: Company) -> None:
    await company.assigns(1, nested=False)

    assert await company.reached() == {company.person(1)}
    assert await company.ways(1) == ["through group g1, role Default Access"]
    assert await company.ways(2) == []


async def test_a_diamond_is_one_grant_by_the_shortest_way_and_then_the_first_by_name(
    company: Company,
) -> None:
    await company.nests(0, 3)
    await company.nests(3, 2)
    await company.assigns(0)
    assert await company.ways(2) == ["through group g0 > g1 > g2, role Default Access"]

    await company.nests(0, 2)

    assert await company.ways(2) == ["through group g0 > g2, role Default Access"]


async def test_groups_in_a_loop_end_and_each_is_named_once(company: Company) -> None:
    await company.nests(2, 0)
    await company.assigns(1)

    assert await company.reached() == {company.person(number) for number in range(3)}
    assert await company.ways(0) == ["through group g1 > g2 > g0, role Default Access"]
    assert {*await company.ledger.groups_below([company.group(2)])} == {
        company.group(number) for number in range(3)
    }


async def test_a_chain_of_hundreds_of_groups_is_walked_to_its_end(database: Database) -> None:
    company = Company(database)
    await company.opens()
    await company.holds(300, {(a, a + 1) for a in range(299)}, {(299, 0)})
    await company.assigns(0)

    [way] = await company.ways(0)

    assert way == (
        "through group g0 > g1 > g2 > g3 > g4 > (290 more) > g295 > g296 > g297 > g298 > g299,"
        " role Default Access"
    )
    assert await company.reached() == {company.person(0)}


async def test_the_few_whom_an_app_concerns_are_found_among_many(database: Database) -> None:
    company = Company(database)
    await company.opens()
    crowd = {(1, number) for number in range(100, 300)}
    await company.holds(3, {(0, 2)}, {(0, 100), (2, 203), (2, 204), (0, 299), *crowd})
    await company.assigns(0)

    assert await company.reached() == {company.person(one) for one in (100, 203, 204, 299)}


async def test_each_nested_assignment_is_a_grant_of_its_own(company: Company) -> None:
    await company.assigns(0)
    await company.assigns(1)
    await company.assigns(2, nested=False)

    assert await company.ways(2) == [
        "through group g2, role Default Access",
        "through group g0 > g1 > g2, role Default Access",
        "through group g1 > g2, role Default Access",
    ]


async def test_a_nested_assignment_gives_the_groups_inside_no_grant(company: Company) -> None:
    await company.assigns(0)

    facts = await company.ledger.facts(
        company.app, Kind.GROUP, [company.group(0), company.group(1)]
    )

    assert [len(one.grants) for one in facts] == [1, 0]
    found = await company.ledger.candidates(company.app, Kind.GROUP, everybody=False)
    assert found == [company.group(0)]


@pytest.mark.parametrize("joins", [True, False])
async def test_a_group_that_moves_below_a_nested_assignment_moves_all_below_it(
    joins: bool, company: Company
) -> None:
    await company.assigns(0)
    if joins:
        await company.nests(0, 1, joins=False)
    before = await company.ledger.last_change()

    await company.nests(0, 1, joins=joins)

    g0, g1 = company.group(0), company.group(1)
    assert await company.ledger.regrouped(company.app, after=before) == [
        Regrouped(g1, g0, g0, joins)
    ]
    assert await company.moved(before) == {company.person(1), company.person(2)}


async def test_a_group_that_moves_elsewhere_or_below_a_direct_assignment_moves_nobody(
    company: Company,
) -> None:
    await company.assigns(0, nested=False)
    await company.assigns(1)
    before = await company.ledger.last_change()

    await company.nests(0, 3)
    await company.nests(0, 1, joins=False)

    assert await company.ledger.regrouped(company.app, after=before) == []


async def test_the_end_of_a_nested_assignment_concerns_all_that_it_reached(
    company: Company,
) -> None:
    await company.assigns(0)
    before = await company.ledger.last_change()

    await company.directory.unassign(company.app, company.group(0), actor="hr")

    assert await company.moved(before) == {company.person(number) for number in range(3)}


async def test_another_apps_nested_assignment_concerns_nobody_here(company: Company) -> None:
    other = Company(company.database)
    await other.opens()
    await other.holds(1, set(), {(0, 0)})
    await company.assigns(0)
    before = await company.ledger.last_change()

    await company.nests(1, 3)

    assert await other.ledger.regrouped(other.app, after=before) == []
    assert await company.moved(before) == {company.person(3)}


async def test_an_app_without_nested_assignments_is_asked_one_more_short_question(
    company: Company,
) -> None:
    await company.assigns(0, nested=False)
    person = company.person(1)

    said = await statements(company, Kind.USER, [person])

    assert [one for one in said if "RECURSIVE" in one.upper()] == []


async def test_finding_the_ways_of_a_page_reads_no_more_for_more_groups(company: Company) -> None:
    await company.assigns(0)
    few = await statements(company, Kind.USER, [company.person(2)])
    crowd = Company(company.database, app=company.app + "-x")
    await crowd.holds(40, {(a, a + 1) for a in range(39)}, {(a, a) for a in range(40)})

    many = await statements(company, Kind.USER, [company.person(2)])

    assert many == few


async def statements(company: Company, kind: Kind, ids: list[str]) -> list[str]:
    """Return the statements that reading these facts sends."""
    said: list[str] = []

    def note(_connection, _cursor, statement, *_more):
        said.append(statement)

    engine = company.database._reading
    event.listen(engine, "before_cursor_execute", note)
    try:
        await company.ledger.facts(company.app, kind, ids)
    finally:
        event.remove(engine, "before_cursor_execute", note)
    return said


GROUPS, PEOPLE = 6, 5
PAIRS = st.tuples(st.integers(0, GROUPS - 1), st.integers(0, GROUPS - 1)).filter(
    lambda pair: pair[0] != pair[1]
)
MEMBERS = st.tuples(st.integers(0, GROUPS - 1), st.integers(0, PEOPLE - 1))
ASSIGNED = st.dictionaries(st.integers(0, GROUPS - 1), st.booleans(), max_size=3)


def naive(assigned: dict[int, bool], nestings: set[Pair], people: set[Pair]) -> set[int]:
    """Return whom the assignments reach, by asking everything again until nothing is new."""
    opened = {group for group, nested in assigned.items() if nested}
    while more := {b for a, b in nestings if a in opened} - opened:
        opened |= more
    return {person for group, person in people if group in opened | assigned.keys()}


@settings(
    max_examples=40,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    nestings=st.sets(PAIRS, max_size=10),
    people=st.sets(MEMBERS, min_size=1, max_size=8),
    assigned=ASSIGNED,
)
def test_the_people_found_are_those_of_a_naive_walk_whatever_the_groups_look_like(
    database: Database, nestings: set[Pair], people: set[Pair], assigned: dict[int, bool]
) -> None:
    company = Company(database)

    async def ask() -> tuple[set[str], list[set[int]]]:
        await company.opens()
        await company.holds(GROUPS, nestings, people)
        for group, nested in assigned.items():
            await company.assigns(group, nested=nested)
        granted = {number for number in range(PEOPLE) if await company.ways(number)}
        below = {
            group: await company.ledger.groups_below([company.group(group)])
            for group in range(GROUPS)
        }
        found = [naive({group: True}, nestings, people) for group in range(GROUPS)]
        told = [
            {b for a, b in people if company.group(a) in below[group]} for group in range(GROUPS)
        ]
        assert told == found
        return await company.reached(), [granted]

    reached, [granted] = asyncio.run(ask())

    expected = naive(assigned, nestings, people)
    assert reached == {company.person(number) for number in expected}
    assert granted == expected


@settings(
    max_examples=40,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    before=st.sets(PAIRS, max_size=8),
    after=st.sets(PAIRS, max_size=8),
    people=st.sets(MEMBERS, min_size=1, max_size=6),
    was=ASSIGNED,
    becomes=ASSIGNED,
)
def test_whoever_enters_or_leaves_is_among_those_whom_the_changes_concern(
    database: Database,
    before: set[Pair],
    after: set[Pair],
    people: set[Pair],
    was: dict[int, bool],
    becomes: dict[int, bool],
) -> None:
    company = Company(database)

    async def change() -> set[str]:
        await company.opens()
        await company.holds(GROUPS, before, people)
        for group, nested in was.items():
            await company.assigns(group, nested=nested)
        seen = await company.ledger.last_change()
        for group in was.keys() - becomes.keys():
            await company.directory.unassign(company.app, company.group(group), actor="hr")
        for group, nested in becomes.items():
            await company.assigns(group, nested=nested)
        for pair in before ^ after:
            await company.nests(*pair, joins=pair in after)
        last = await company.ledger.last_change()
        touched = await company.ledger.touched(company.app, after=seen, to=last)
        direct = await company.ledger.member_users(touched.member_groups)
        return await company.moved(seen) | {*direct}

    concerned = asyncio.run(change())

    moved = naive(was, before, people) ^ naive(becomes, after, people)
    assert {company.person(number) for number in moved} <= concerned
