"""Somebody who is erased is nowhere any more; that it happened is told, and others stay whole."""

import contextlib
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa
from tests.engine.world import World

from seatkeeper.directory.model import Kind
from seatkeeper.engine.cycle_runner import Wish
from seatkeeper.errors import NotFound, NotYet, Transient
from seatkeeper.ports import UserEdit
from seatkeeper.provisioning.cycle import CycleState
from seatkeeper.store.audit_chain import broken_audit
from seatkeeper.store.database import Database
from seatkeeper.store.erasing import SqlErasing
from seatkeeper.store.plans import SqlPlans
from seatkeeper.store.tables import metadata

pytestmark = pytest.mark.anyio

NAME = "Zebulon Quackenbush"
VALUES = (
    NAME,
    "zebulon@larkspur.example",
    "Chief Marmalade Officer",
    "zq-private@home.example",
    "+1 555 0198877",
)


DROP = {"sqlite": [("audit_no_update", "")], "postgresql": [("audit_loses_values", "ON audit")]}


@pytest.fixture
def company(database: Database, tmp_path: Path) -> World:
    """A company on each kind of database, with an app that deletes accounts."""
    return World(database, tmp_path, app="generic-scim")


async def with_a_past(world: World) -> None:
    """Zebulon was hired, led Bo, was changed, failed once, was planned, and left."""
    await world.connect()
    await world.hire("Bo")
    await world.hire(
        "Zebulon",
        displayName=NAME,
        jobTitle="Chief Marmalade Officer",
        otherMails=("zq-private@home.example",),
        mobile="+1 555 0198877",
    )
    await world.reports_to("Bo", "Zebulon")
    await world.found("Sales", "Bo", "Zebulon")
    await world.assign("Sales", "Bo", "Zebulon")
    await world.run()
    await world.change("Zebulon", jobTitle="Marmalade Adviser")
    world.plant("update", Transient("Zebulon Quackenbush cannot be changed now."), times=9)
    await world.run()
    await keep_plan(world)
    await world.change("Zebulon", jobTitle="Chief Marmalade Officer")
    await world.run(Wish(full=True))


async def gone(world: World) -> None:
    """The account goes with the person, and everybody else is told."""
    await world.directory.delete_user(world.ids["Zebulon"], actor="hr", now=world.now)
    await world.run()
    await world.directory.purge_user(world.ids["Zebulon"], actor="hr")
    await world.run()


async def keep_plan(world: World) -> None:
    plans = SqlPlans(world.database)
    plan = await plans.begin(world.app, actor="hr", version=1, now=world.now)
    await plans.finish(plan, await world.preview(Wish(full=True)))


def places(database: Database, *texts: str) -> set[str]:
    """Return the tables and columns in which any of these texts stands."""

    def work(connection: sa.Connection) -> Iterator[str]:
        for table in metadata.sorted_tables:
            columns = ", ".join(f'CAST("{one.name}" AS TEXT)' for one in table.columns)
            for row in connection.exec_driver_sql(f'SELECT {columns} FROM "{table.name}"'):
                for column, value in zip(table.columns, row, strict=True):
                    if any(one.casefold() in str(value).casefold() for one in texts):
                        yield f"{table.name}.{column.name}"

    return database.read_now(lambda c: set(work(c)))


async def test_nothing_of_somebody_who_was_erased_can_be_found(company: World) -> None:
    world = company
    await with_a_past(world)
    await gone(world)
    before = places(world.database, *VALUES)
    erasing = SqlErasing(world.database)

    done = await erasing.erase(world.ids["Zebulon"], actor="grace", now=world.now)

    assert {"log.modified", "journal.display_name", "audit.after", "plan_records.record"} <= before
    assert done.done
    assert done.removed["log"] > 1
    assert places(world.database, *VALUES) == set()
    assert places(world.database, world.ids["Zebulon"]) == {"audit.subject"}
    if world.database.file is not None:
        for file in world.database.file.parent.glob("seatkeeper.db*"):
            held = file.read_bytes()
            assert not [one for one in VALUES if one.encode() in held], file


async def test_that_it_happened_is_in_the_audit_trail_and_the_trail_is_whole(
    company: World,
) -> None:
    world = company
    await with_a_past(world)
    await gone(world)
    zebulon = world.ids["Zebulon"]

    await SqlErasing(world.database).erase(zebulon, actor="grace", now=world.now)
    await world.change("Bo", jobTitle="Head")

    assert await world.configuration.verify_audit() is None
    told = [one for one in await world.configuration.audit(limit=99) if one.subject == zebulon]
    assert [one.action for one in told][:2] == ["person.erase", "user.purge"]
    assert told[0].actor == "grace"
    assert {(one.before, one.after) for one in told[1:]} == {(None, None)}


@pytest.mark.parametrize("column", ["actor", "action", "after", "erased_by"])
async def test_a_row_that_somebody_else_emptied_breaks_the_trail(
    company: World, column: str
) -> None:
    world = company
    await with_a_past(world)
    await gone(world)
    await SqlErasing(world.database).erase(world.ids["Zebulon"], actor="grace", now=world.now)
    entry = "SELECT min(seq) FROM audit WHERE erased_by IS NOT NULL"
    forged = {"after": "'{}'", "erased_by": "NULL"}.get(column, "'somebody'")

    def forge(connection: sa.Connection) -> None:
        for trigger, on in DROP[connection.dialect.name]:
            connection.execute(sa.text(f"DROP TRIGGER {trigger} {on}"))
        change = f'UPDATE audit SET "{column}" = {forged} WHERE seq = ({entry})'
        connection.execute(sa.text(change))

    world.database.write_now(forge)

    assert world.database.read_now(broken_audit) is not None


async def test_others_stay_as_they_are_and_the_next_cycle_has_nothing_to_do(
    company: World,
) -> None:
    world = company
    await with_a_past(world)
    await gone(world)
    position = await world.ledger.position(world.app)

    await SqlErasing(world.database).erase(world.ids["Zebulon"], actor="grace", now=world.now)
    world.asked()
    cycle = await world.run()

    assert position is not None
    assert cycle.to_seq >= position.seq
    assert cycle.state is CycleState.DONE
    assert not world.asked()
    assert world.account("Bo") is not None
    assert await world.log("Bo")


async def test_who_has_an_account_is_not_erased_and_what_to_do_is_said(company: World) -> None:
    world = company
    await with_a_past(world)
    before = places(world.database, *VALUES)

    with pytest.raises(NotYet, match="They have an account in") as refused:
        await SqlErasing(world.database).erase(world.ids["Zebulon"], actor="g", now=world.now)

    assert "seatkeeper reconcile generic-scim" in refused.value.advice
    assert places(world.database, *VALUES) == before


async def test_who_is_in_the_plan_of_a_cycle_that_has_not_ended_is_not_erased(
    company: World,
) -> None:
    world = company
    await world.connect()
    await world.hire("Zebulon", displayName=NAME)
    await world.assign("Zebulon")
    world.stopping = lambda: bool(world.target.journal)
    await world.run()

    with pytest.raises(NotYet, match=r"has them in its plan|have an account"):
        await SqlErasing(world.database).erase(world.ids["Zebulon"], actor="g", now=world.now)


async def test_who_was_never_provisioned_is_erased_from_the_directory(company: World) -> None:
    world = company
    await world.connect()
    await world.hire("Zebulon", displayName=NAME, jobTitle="Chief Marmalade Officer")

    done = await SqlErasing(world.database).erase(
        world.ids["Zebulon"], actor="grace", now=world.now
    )

    assert done.done
    assert places(world.database, *VALUES) == set()
    with pytest.raises(NotFound):
        await world.directory.former(Kind.USER, NAME)


async def test_a_second_time_is_harmless_and_says_when_it_happened(company: World) -> None:
    world = company
    await with_a_past(world)
    await gone(world)
    erasing = SqlErasing(world.database)
    first = await erasing.erase(world.ids["Zebulon"], actor="grace", now=world.now)

    second = await erasing.erase(world.ids["Zebulon"], actor="grace", now=world.now)

    assert (second.done, second.removed) == (True, first.removed)
    trail = await world.configuration.audit(limit=99, action="person.erase")
    assert len(trail) == 1
    with pytest.raises(NotFound):
        await erasing.erasable(NAME)


async def test_the_trail_loses_values_only_while_somebody_is_erased(company: World) -> None:
    world = company
    await with_a_past(world)
    change = 'UPDATE audit SET "after" = NULL, salt = NULL, erased_by = 0 WHERE seq = 2'

    with pytest.raises(sa.exc.DBAPIError, match="append-only"):
        world.database.write_now(lambda c: c.execute(sa.text(change)))


class Killed(BaseException):
    """The process ends here."""


@pytest.mark.parametrize("moment", range(1, 9))
async def test_whoever_is_killed_in_the_middle_goes_on_later(
    company: World, monkeypatch: pytest.MonkeyPatch, moment: int
) -> None:
    world = company
    await with_a_past(world)
    await gone(world)
    erasing, written = SqlErasing(world.database), list[object]()
    whole = Database.write

    async def write(database: Database, work: object) -> object:
        if len(written) == moment:
            raise Killed
        written.append(work)
        return await whole(database, work)  # type: ignore[arg-type]

    with monkeypatch.context() as patched:
        patched.setattr(Database, "write", write)
        with contextlib.suppress(Killed):
            await erasing.erase(world.ids["Zebulon"], actor="grace", now=world.now)

    await SqlErasing(world.database).go_on()

    done = await erasing.erased(world.ids["Zebulon"])
    assert done is not None
    assert done.done
    assert places(world.database, *VALUES) == set()
    assert await world.configuration.verify_audit() is None
    trail = await world.configuration.audit(limit=99, action="person.erase")
    assert len(trail) == 1


async def test_a_name_that_somebody_else_has_now_stays_in_their_rows(company: World) -> None:
    world = company
    await with_a_past(world)
    await gone(world)
    made = await world.directory.create_user(
        UserEdit({"userPrincipalName": "zebulon@larkspur.example", "displayName": NAME}),
        actor="hr",
    )
    world.ids["Zebulon the second"] = made.id
    await world.assign("Zebulon the second")
    await world.run()

    await SqlErasing(world.database).erase(world.ids["Zebulon"], actor="grace", now=world.now)

    [entry] = await world.log("Zebulon the second")
    assert entry.display_name == NAME
    assert any(one.new == "zebulon@larkspur.example" for one in entry.modified)
    assert places(world.database, world.ids["Zebulon"]) == {"audit.subject"}


async def test_a_cycle_that_began_before_is_waited_for(company: World) -> None:
    world = company
    await world.connect()
    await world.hire("Bo")
    await world.hire("Zebulon", displayName=NAME)
    await world.assign("Bo")
    world.stopping = lambda: bool(world.target.journal)
    await world.run()
    world.stopping = lambda: False
    erasing = SqlErasing(world.database)

    first = await erasing.erase(world.ids["Zebulon"], actor="grace", now=world.now)
    await world.run()
    [second] = await erasing.go_on()

    assert (first.done, list(first.waits)) == (False, ["Any SCIM 2.0 app"])
    assert second.done
    assert places(world.database, NAME) == set()
