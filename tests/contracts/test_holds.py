"""What the ledger promises of removals that wait: the first decision stands, on each store."""

import asyncio
import datetime as dt
from dataclasses import replace
from typing import Any

import pytest
import sqlalchemy as sa

from seatkeeper.directory.model import Application, Kind
from seatkeeper.errors import AlreadyDecided, NotFound
from seatkeeper.provisioning.guard import Hold, HoldState
from seatkeeper.provisioning.held import HeldKind, HeldPlace
from seatkeeper.provisioning.journal import Work
from seatkeeper.provisioning.removal import Removal
from seatkeeper.store.configuration import SqlConfiguration
from seatkeeper.store.database import Database
from seatkeeper.store.ledger import SqlLedger
from seatkeeper.store.ledger_held_counts import counts_query, kinds_query
from seatkeeper.store.secrets import MasterKey

NOON = dt.datetime(2026, 11, 5, 12, tzinfo=dt.UTC)
LATER = NOON + dt.timedelta(minutes=5)


def held(name: str, **other: object) -> Hold:
    hold = Hold(
        f"h-{name}",
        Kind.USER,
        name,
        Removal.ACCESS,
        name.title(),
        f"digest of {name}",
        "too many at once",
        "left Sales",
        NOON,
    )
    return replace(hold, **other)  # type: ignore[arg-type]


@pytest.fixture
async def ledger(database: Database) -> SqlLedger:
    """Access of Ana, Bo and Cy waits for a word."""
    await SqlConfiguration(database, MasterKey(b"k" * 32)).save_app(
        Application("15five", "15five", "15Five"), {}, actor="test", expected_version=0
    )
    made = SqlLedger(database)
    await made.write("15five", Work(holds=[held(name) for name in ("ana", "bo", "cy")]))
    return made


async def said(
    ledger: SqlLedger,
    who: str,
    state: HoldState,
    *names: str,
    at: dt.datetime = NOON,
    instead: bool = False,
) -> None:
    ids = [f"h-{name}" for name in names]
    await ledger.decide(
        ids, state, word=f"{who} says so", until=None, actor=who, now=at, instead=instead
    )


async def words(ledger: SqlLedger) -> dict[str, tuple[str, str]]:
    found = await ledger.holds("15five")
    return {one.record_id: (one.state.value, one.decided_by) for _, one in found}


async def test_the_first_decision_stands_and_the_second_is_told_of_it(ledger: SqlLedger) -> None:
    await said(ledger, "ana", HoldState.KEPT, "bo")

    with pytest.raises(AlreadyDecided) as told:
        await said(ledger, "ben", HoldState.APPROVED, "bo", "cy", at=LATER)

    assert "ana" in str(told.value)
    assert "2026-11-05 12:00 UTC" in str(told.value)
    assert "ana says so" in str(told.value)
    assert (told.value.state, told.value.by, told.value.at) == ("kept", "ana", NOON)
    assert told.value.names == ("Bo",)
    assert await words(ledger) == {"ana": ("open", ""), "bo": ("kept", "ana"), "cy": ("open", "")}


async def test_of_two_at_the_same_moment_one_decides(ledger: SqlLedger, database: Database) -> None:
    other = SqlLedger(database)

    answers = await asyncio.gather(
        said(ledger, "ana", HoldState.KEPT, "ana", "bo", "cy"),
        said(other, "ben", HoldState.APPROVED, "cy", "bo", "ana"),
        return_exceptions=True,
    )

    refused = [one for one in answers if one is not None]
    assert [type(one) for one in refused] == [AlreadyDecided]
    assert len(set((await words(ledger)).values())) == 1


async def test_whoever_says_so_puts_a_decision_in_the_place_of_another(ledger: SqlLedger) -> None:
    await said(ledger, "ana", HoldState.KEPT, "bo")

    await said(ledger, "ben", HoldState.APPROVED, "bo", at=LATER, instead=True)

    assert (await words(ledger))["bo"] == ("approved", "ben")


async def test_what_never_waited_is_not_decided(ledger: SqlLedger) -> None:
    with pytest.raises(NotFound, match="h-zoe"):
        await said(ledger, "ana", HoldState.KEPT, "bo", "zoe")

    assert (await words(ledger))["bo"] == ("open", "")


@pytest.mark.parametrize("state", [HoldState.KEPT, HoldState.APPROVED])
async def test_a_cycle_that_read_before_the_decision_does_not_forget_it(
    ledger: SqlLedger, state: HoldState
) -> None:
    await said(ledger, "ana", state, "bo")

    await ledger.write("15five", Work(holds=[held("bo"), held("cy", why="even more")]))

    assert (await words(ledger))["bo"] == (state.value, "ana")


async def test_another_removal_of_the_same_person_is_asked_anew(ledger: SqlLedger) -> None:
    await said(ledger, "ana", HoldState.APPROVED, "bo")

    await ledger.write("15five", Work(holds=[held("bo", digest="something else", since=LATER)]))

    assert (await words(ledger))["bo"] == ("open", "")


async def test_what_waits_is_counted_by_app(ledger: SqlLedger) -> None:
    before = await ledger.held_counts()
    await said(ledger, "ana", HoldState.KEPT, "bo")

    assert (before, await ledger.held_counts()) == ({"15five": 3}, {"15five": 2})


async def test_what_waits_for_one_reason_is_told_together(ledger: SqlLedger) -> None:
    group = held("sales", what=Removal.MEMBERS, kind=Kind.GROUP, since=LATER, why="members")
    await ledger.write("15five", Work(holds=[group]))
    await said(ledger, "ana", HoldState.KEPT, "bo")

    people, members = await ledger.held_together(limit=5)
    first = await ledger.held_together(limit=1)

    assert (people.why, dict(people.counts), people.since) == (
        "too many at once",
        {Removal.ACCESS: 2},
        NOON,
    )
    assert people.id in {"h-ana", "h-cy"}
    assert (members.why, dict(members.counts)) == ("members", {Removal.MEMBERS: 1})
    assert first == [people]


async def test_the_holds_of_one_person_or_one_reason_are_read_without_all_the_others(
    ledger: SqlLedger,
) -> None:
    await ledger.write("15five", Work(holds=[held("dee", why="Sales is short")]))
    await said(ledger, "grace", HoldState.KEPT, "bo")

    of_bo = await ledger.holds("15five", record=(Kind.USER, "bo"))
    open_of_bo = await ledger.holds(
        "15five", states=(HoldState.OPEN,), record=(Kind.USER, "bo"), limit=1
    )
    of_a_group = await ledger.holds("15five", record=(Kind.GROUP, "bo"))
    many = await ledger.holds("15five", states=(HoldState.OPEN,), why="too many at once")

    assert [one.record_id for _app, one in of_bo] == ["bo"]
    assert (list(open_of_bo), list(of_a_group)) == ([], [])
    assert [one.record_id for _app, one in many] == ["ana", "cy"]


async def test_what_waits_is_counted_by_kind_and_since_when(ledger: SqlLedger) -> None:
    group = held("sales", kind=Kind.GROUP, what=Removal.GROUP, since=LATER)
    await ledger.write("15five", Work(holds=[group]))
    await said(ledger, "ana", HoldState.KEPT, "bo")

    kinds = await ledger.held_kinds()

    assert kinds == {
        "15five": [HeldKind(Removal.ACCESS, 2, NOON), HeldKind(Removal.GROUP, 1, LATER)]
    }
    assert await ledger.held_counts() == {"15five": 3}


async def test_counting_what_waits_reads_an_index_and_no_removal(ledger: SqlLedger) -> None:
    def explained(connection: sa.Connection, asked: sa.Select[Any]) -> str:
        on_file = connection.dialect.name == "sqlite"
        if not on_file:
            connection.exec_driver_sql("SET LOCAL enable_seqscan = off")
            connection.exec_driver_sql("SET LOCAL enable_bitmapscan = off")
        text = str(asked.compile(connection, compile_kwargs={"literal_binds": True}))
        how = "EXPLAIN QUERY PLAN " if on_file else "EXPLAIN "
        return "\n".join(str(row[-1]) for row in connection.exec_driver_sql(how + text))

    counts = await ledger._database.read(lambda c: explained(c, counts_query()))
    kinds = await ledger._database.read(lambda c: explained(c, kinds_query()))

    for plan in (counts, kinds):
        assert "ix_holds_open" in plan
        assert "COVERING INDEX" in plan or "Index Only Scan" in plan
        assert "TEMP B-TREE" not in plan


async def test_the_list_of_what_waits_goes_on_where_it_was_left(ledger: SqlLedger) -> None:
    reasons = [
        held(f"p{number}", why=f"reason {number}", since=NOON + dt.timedelta(minutes=number // 2))
        for number in range(1, 6)
    ]
    await ledger.write("15five", Work(holds=reasons))
    first = await ledger.held_together(limit=3)
    place = HeldPlace(first[-1].since, first[-1].id)

    rest = await ledger.held_together(after=place, limit=10)

    assert [one.why for one in (*first, *rest)] == [
        "too many at once", *(f"reason {number}" for number in range(1, 6)),
    ]  # fmt: skip
    assert await ledger.held_together(after=HeldPlace(rest[-1].since, rest[-1].id), limit=9) == []
