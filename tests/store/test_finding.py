"""People and groups are found by how their names begin, along an index."""

import pytest
import sqlalchemy as sa

from seatkeeper.clock import utc_now
from seatkeeper.directory.finding import PeopleQuery, PersonState, Spot
from seatkeeper.directory.model import Application, Kind
from seatkeeper.ports import UserEdit
from seatkeeper.provisioning.journal import Escrow, Work
from seatkeeper.store import finding
from seatkeeper.store.configuration import SqlConfiguration
from seatkeeper.store.database import Database
from seatkeeper.store.directory import SqlDirectory
from seatkeeper.store.ledger import SqlLedger
from seatkeeper.store.secrets import MasterKey


@pytest.fixture
def directory(database: Database) -> SqlDirectory:
    return SqlDirectory(database)


async def person(directory: SqlDirectory, name: str, shown: str = "", **values: str) -> str:
    attributes = {
        "userPrincipalName": f"{name}@larkspur.example",
        "displayName": shown or name.title(),
        **values,
    }
    return (await directory.create_user(UserEdit(attributes), actor="hr")).id


async def names(directory: SqlDirectory, query: PeopleQuery) -> list[str]:
    """Return everybody who fits, by user name, over pages of two."""
    found: list[str] = []
    spot: Spot | None = None
    for _ in range(20):
        page = await directory.find_people(query, after=spot, limit=2)
        found += [one.user_name.partition("@")[0] for one in page.people]
        spot = page.next
        if spot is None:
            return found
    raise AssertionError("the list does not end")


async def test_somebody_is_found_by_the_beginning_of_any_of_their_names(
    directory: SqlDirectory,
) -> None:
    await person(directory, "olivia", "Olivia Velázquez", surname="Velázquez", mail="ov@x.example")
    await person(directory, "jan", "Jan Kristensen")
    await person(directory, "zed-77", "Someone Else")

    found = {
        text: await names(directory, PeopleQuery(text))
        for text in ("OLI", "velaz", "Veláz", "ov@", "jan kr", "kris", "zed-77@lark", "livia", "%")
    }

    assert found == {
        "OLI": ["olivia"],
        "velaz": ["olivia"],
        "Veláz": ["olivia"],
        "ov@": ["olivia"],
        "jan kr": ["jan"],
        "kris": ["jan"],
        "zed-77@lark": ["zed-77"],
        "livia": [],
        "%": [],
    }


async def test_nobody_comes_twice_and_display_names_come_first(directory: SqlDirectory) -> None:
    await person(directory, "sam-1", "Sam Berg", surname="Berg", mail="sam@x.example")
    await person(directory, "lee", "Lee Samson", surname="Samson")
    await person(directory, "sam-2", "Sami Aho", surname="Aho", mail="samu@x.example")
    await person(directory, "kim", "Kim Low", surname="Low", mail="samba@x.example")
    await person(directory, "samx", "Who Else", surname="Else")

    found = await names(directory, PeopleQuery("sam"))
    page = await directory.find_people(PeopleQuery("sam"), limit=50, counted=True)

    assert found == ["sam-1", "sam-2", "lee", "kim", "samx"]
    assert (page.count, page.next) == (5, None)


async def test_people_of_one_name_are_told_apart_across_pages(directory: SqlDirectory) -> None:
    every = {f"n{number}" for number in range(7)}
    for name in every:
        await person(directory, name, "Same Name")

    found = await names(directory, PeopleQuery())

    assert set(found) == every
    assert len(found) == 7


async def test_a_renamed_person_is_found_by_the_new_name_only(directory: SqlDirectory) -> None:
    ana = await person(directory, "ana", "Ana Reyes", surname="Reyes")

    await directory.edit_user(
        ana, UserEdit({"displayName": "Ana Sol", "surname": "Sol"}), actor="hr"
    )

    assert await names(directory, PeopleQuery("sol")) == ["ana"]
    assert await names(directory, PeopleQuery("rey")) == []


async def test_each_state_has_its_own(directory: SqlDirectory) -> None:
    await person(directory, "active")
    await directory.edit_user(await person(directory, "off"), UserEdit(enabled=False), actor="hr")
    await directory.delete_user(await person(directory, "gone"), actor="hr", now=utc_now())

    found = {
        state: await names(directory, PeopleQuery(state=state)) for state in (None, *PersonState)
    }

    assert found == {
        None: ["active", "gone", "off"],
        PersonState.ACTIVE: ["active"],
        PersonState.DISABLED: ["off"],
        PersonState.DELETED: ["gone"],
    }


async def test_whoever_waits_in_an_app_is_found_by_it(
    directory: SqlDirectory, database: Database
) -> None:
    await SqlConfiguration(database, MasterKey(b"k" * 32)).save_app(
        Application("15five", "15five", "15Five"), {}, actor="grace", expected_version=0
    )
    ana = await person(directory, "ana")
    await person(directory, "bo")
    now = utc_now()
    waits = Escrow(Kind.USER, ana, "Ana", "Timeout", "It took too long.", "", 1, now, now, None)
    await SqlLedger(database).write("15five", Work(escrows=[waits]))

    assert await names(directory, PeopleQuery(trouble_in="15five")) == ["ana"]
    assert await names(directory, PeopleQuery("b", trouble_in="15five")) == []
    assert await names(directory, PeopleQuery(trouble_in="nowhere")) == []


async def test_groups_are_found_by_how_their_names_begin(directory: SqlDirectory) -> None:
    for name in ("Größe", "Everyone in Sales", "everyone in Support"):
        await directory.create_group(name, actor="grace")

    first = await directory.find_groups("EVERY", limit=1, counted=True)
    second = await directory.find_groups("EVERY", after=first.next, limit=1)
    accents = await directory.find_groups("grosse", limit=5)

    assert [one.display_name for one in first.groups] == ["Everyone in Sales"]
    assert [one.display_name for one in second.groups] == ["everyone in Support"]
    assert (first.count, second.next) == (2, None)
    assert [one.display_name for one in accents.groups] == ["Größe"]


async def test_a_count_stops_at_ten_thousand(
    directory: SqlDirectory, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(finding, "COUNTED", 2)
    for name in ("a", "b", "c", "d"):
        await person(directory, name)

    page = await directory.find_people(PeopleQuery(), limit=1, counted=True)

    assert page.count == 3


@pytest.mark.parametrize(
    "query",
    [
        PeopleQuery(),
        PeopleQuery("ana"),
        PeopleQuery(state=PersonState.ACTIVE),
        PeopleQuery(state=PersonState.DISABLED),
        PeopleQuery(state=PersonState.DELETED),
        PeopleQuery("ana", PersonState.DELETED),
        PeopleQuery("ana", trouble_in="15five"),
    ],
    ids=["all", "text", "active", "disabled", "deleted", "text and state", "text and app"],
)
async def test_no_page_of_people_goes_through_all_of_them(
    query: PeopleQuery, directory: SqlDirectory, database: Database
) -> None:
    for number in range(30):
        await person(directory, f"n{number}")
    after = Spot(0, "ana", "some id")
    asked = [finding._page(column, fits, after, 51) for column, fits in finding.ways(query, after)]
    asked.append(finding.group_page(query.text, after, 51))
    how = "EXPLAIN QUERY PLAN " if database.is_sqlite else "EXPLAIN "

    def plan(connection: sa.Connection) -> list[str]:
        if not database.is_sqlite:
            connection.exec_driver_sql("SET LOCAL enable_seqscan = off")
            connection.exec_driver_sql("SET LOCAL enable_bitmapscan = off")
        texts = [
            str(one.compile(connection, compile_kwargs={"literal_binds": True})) for one in asked
        ]
        return [str(row[-1]) for text in texts for row in connection.exec_driver_sql(how + text)]

    lines = await database.read(plan)

    whole = [one for one in lines if "Seq Scan" in one or one in ("SCAN users", "SCAN groups")]
    assert whole == []
    if database.is_sqlite:
        assert sum(one.startswith("SEARCH users USING") for one in lines) >= len(asked) - 1
        assert sum("ix_groups_name" in one for one in lines) == 1
        if not query.trouble_in:  # read in the order in which they are shown, so it can stop early
            assert "USE TEMP B-TREE FOR ORDER BY" not in lines
