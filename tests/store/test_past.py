"""What happened to one person, found without going through what happened to everybody."""

import pytest
import sqlalchemy as sa

from seatkeeper.directory.model import Application, Assignment, Kind, User, Verb
from seatkeeper.ports import UserEdit
from seatkeeper.store import news, past
from seatkeeper.store.configuration import SqlConfiguration
from seatkeeper.store.database import Database
from seatkeeper.store.directory import SqlDirectory
from seatkeeper.store.secrets import MasterKey


@pytest.fixture
def configuration(database: Database) -> SqlConfiguration:
    return SqlConfiguration(database, MasterKey(b"k" * 32))


@pytest.fixture
async def directory(database: Database, configuration: SqlConfiguration) -> SqlDirectory:
    """A directory with two apps, 15Five and Slack."""
    for app in ("15five", "slack"):
        await configuration.save_app(
            Application(app, app, app.title()), {}, actor="grace", expected_version=0
        )
    return SqlDirectory(database)


async def person(directory: SqlDirectory, name: str) -> User:
    attributes = {"userPrincipalName": f"{name}@larkspur.example", "displayName": name.title()}
    return await directory.create_user(UserEdit(attributes), actor="hr")


async def test_the_past_of_a_person_is_their_own_newest_first(directory: SqlDirectory) -> None:
    ana, bo = await person(directory, "ana"), await person(directory, "bo")
    sales = await directory.create_group("Sales", actor="grace")
    await directory.change_members(sales.id, add=[ana.id, bo.id], actor="grace")
    await directory.assign(Assignment("15five", Kind.GROUP, sales.id), actor="grace")
    await directory.assign(Assignment("slack", Kind.USER, ana.id), actor="grace")
    await directory.edit_user(ana.id, UserEdit({"jobTitle": "Chief"}), actor="hr")
    await directory.edit_user(bo.id, UserEdit({"jobTitle": "Clerk"}), actor="hr")

    everywhere = await directory.past(ana.id, limit=50)
    in_15five = await directory.past(ana.id, app_id="15five", limit=50)

    told = [(one.subject.value, one.verb.value, one.app_id) for one in everywhere]
    assert told == [
        ("user", "updated", None),
        ("assignment", "created", "slack"),
        ("assignment", "created", "15five"),
        ("membership", "created", None),
        ("user", "created", None),
    ]
    assert [one for one in everywhere if one.app_id != "slack"] == list(in_15five)


async def test_pages_of_the_past_follow_each_other(directory: SqlDirectory) -> None:
    ana = await person(directory, "ana")
    for title in ("a", "b", "c", "d"):
        await directory.edit_user(ana.id, UserEdit({"jobTitle": title}), actor="hr")

    first = await directory.past(ana.id, limit=2)
    second = await directory.past(ana.id, before=first[-1].seq, limit=2)
    third = await directory.past(ana.id, before=second[-1].seq, limit=2)

    seqs = [one.seq for one in (*first, *second, *third)]
    assert seqs == sorted(seqs, reverse=True)
    assert len(set(seqs)) == 5


async def test_a_way_began_when_the_later_of_joining_and_assigning_happened(
    directory: SqlDirectory,
) -> None:
    ana = await person(directory, "ana")
    early = await directory.create_group("Assigned before she came", actor="grace")
    late = await directory.create_group("Assigned afterwards", actor="grace")
    await directory.assign(Assignment("15five", Kind.GROUP, early.id), actor="grace")
    await directory.change_members(early.id, add=[ana.id], actor="hr")
    await directory.change_members(late.id, add=[ana.id], actor="hr")
    await directory.assign(Assignment("15five", Kind.GROUP, late.id), actor="grace")
    await directory.assign(Assignment("15five", Kind.USER, ana.id), actor="lee")

    began = await directory.ways_began("15five", ana.id, [early.id, late.id, "never"])

    assert {way: (one.subject.value, one.actor) for way, one in began.items()} == {
        early.id: ("membership", "hr"),
        late.id: ("assignment", "grace"),
        ana.id: ("assignment", "lee"),
    }


async def test_a_way_that_opened_again_began_the_last_time(directory: SqlDirectory) -> None:
    ana = await person(directory, "ana")
    await directory.assign(Assignment("15five", Kind.USER, ana.id), actor="first")
    await directory.unassign("15five", ana.id, actor="first")
    await directory.assign(Assignment("15five", Kind.USER, ana.id), actor="second")

    began = await directory.ways_began("15five", ana.id, [])

    assert (began[ana.id].actor, began[ana.id].verb) == ("second", Verb.CREATED)


async def test_the_audit_trail_tells_of_one_subject(
    directory: SqlDirectory, configuration: SqlConfiguration
) -> None:
    ana, bo = await person(directory, "ana"), await person(directory, "bo")
    await directory.assign(Assignment("15five", Kind.USER, ana.id), actor="grace")
    await directory.edit_user(ana.id, UserEdit({"jobTitle": "Chief"}), actor="hr")
    await directory.edit_user(bo.id, UserEdit({"jobTitle": "Clerk"}), actor="hr")

    found = await configuration.audit_about([ana.id, f"15five/{ana.id}"], limit=50)
    older = await configuration.audit_about([ana.id], before=found[0].seq, limit=50)

    assert [one.action for one in found] == ["user.edit", "assignment.set", "user.create"]
    assert [one.action for one in older] == ["user.create"]


async def test_no_part_of_the_past_goes_through_everybodys(
    directory: SqlDirectory, database: Database
) -> None:
    ana = await person(directory, "ana")
    asked = [
        *past.queries(ana.id, "15five"),
        *past.queries(ana.id, None),
        *past.way_queries("15five", ana.id, "some group"),
        news.about(ana.id, 100, 51),
    ]
    how = "EXPLAIN QUERY PLAN " if database.is_sqlite else "EXPLAIN "

    def plan(connection: sa.Connection) -> list[str]:
        if not database.is_sqlite:
            connection.exec_driver_sql("SET LOCAL enable_seqscan = off")
        texts = [
            str(one.compile(connection, compile_kwargs={"literal_binds": True})) for one in asked
        ]
        return [str(row[-1]) for text in texts for row in connection.exec_driver_sql(how + text)]

    lines = await database.read(plan)

    assert [line for line in lines if "Seq Scan" in line or line.startswith("SCAN changes")] == []
    for index in ("record", "other", "app"):
        assert any(f"ix_changes_{index}" in line for line in lines)
    assert any("ix_audit_subject" in line for line in lines)
