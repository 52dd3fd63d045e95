"""What the ledger promises of a plan that is put in order and dropped, on each store."""

import datetime as dt
from collections.abc import Mapping

import pytest

from seatkeeper.directory.model import Application, Kind
from seatkeeper.ports import UserEdit
from seatkeeper.provisioning.cycle import Cycle, CycleKind
from seatkeeper.provisioning.journal import Entry, EntryState, Work
from seatkeeper.store import ledger_cycles
from seatkeeper.store.configuration import SqlConfiguration
from seatkeeper.store.database import Database
from seatkeeper.store.directory import SqlDirectory
from seatkeeper.store.ledger import SqlLedger
from seatkeeper.store.secrets import MasterKey

NOON = dt.datetime(2026, 11, 5, 12, tzinfo=dt.UTC)
PEOPLE = ("ana", "bo", "cy", "di")


@pytest.fixture
async def ledger(database: Database) -> SqlLedger:
    """One app whose cycles can be opened."""
    await SqlConfiguration(database, MasterKey(b"k" * 32)).save_app(
        Application("15five", "15five", "15Five"), {}, actor="test", expected_version=0
    )
    return SqlLedger(database)


async def planned(ledger: SqlLedger, states: Mapping[str, EntryState] | None = None) -> Cycle:
    """Plan four people and a group that is called like one of them."""
    cycle = await ledger.open_cycle(
        "15five", CycleKind.INITIAL, from_seq=0, to_seq=1, digest="d", now=NOON
    )
    entries = [
        Entry(Kind.USER, one, one.title(), (states or {}).get(one, EntryState.PLANNED))
        for one in PEOPLE
    ]
    entries.append(Entry(Kind.GROUP, "ana", "Ana's group", EntryState.PLANNED))
    await ledger.write("15five", Work(entries=[(cycle.id, one) for one in entries]))
    return cycle


async def test_people_come_in_the_order_of_their_places_and_groups_keep_theirs(
    ledger: SqlLedger,
) -> None:
    cycle = await planned(ledger)

    await ledger.set_levels(cycle.id, Kind.USER, {"ana": 2, "bo": 1})
    await ledger.set_levels(cycle.id, Kind.USER, {"di": 1, "nobody": 3})

    found = await ledger.entries(cycle.id, states={EntryState.PLANNED})
    assert [(one.kind, one.record_id, one.level) for one in found] == [
        (Kind.USER, "cy", 0),
        (Kind.USER, "bo", 1),
        (Kind.USER, "di", 1),
        (Kind.USER, "ana", 2),
        (Kind.GROUP, "ana", 0),
    ]


async def test_places_are_told_of_those_who_are_still_planned_and_not_first(
    ledger: SqlLedger,
) -> None:
    cycle = await planned(ledger, {"bo": EntryState.DONE, "di": EntryState.MATCH})

    await ledger.set_levels(cycle.id, Kind.USER, {"ana": 2, "bo": 1, "cy": 0, "di": 3})

    assert await ledger.levels_of_planned(cycle.id, Kind.USER, PEOPLE) == {"ana": 2}
    assert await ledger.levels_of_planned(cycle.id, Kind.USER, ["bo", "cy"]) == {}
    assert await ledger.levels_of_planned(cycle.id, Kind.GROUP, PEOPLE) == {}


async def test_of_a_reporting_line_only_those_with_reports_are_told_and_the_others_page_by_page(
    ledger: SqlLedger, database: Database
) -> None:
    directory = SqlDirectory(database)
    for one, manager in (("ana", None), ("bo", "ana"), ("cy", "bo"), ("di", "bo"), ("ed", "di")):
        edit = UserEdit({"userPrincipalName": f"{one}@larkspur.example"}, manager_id=manager)
        await directory.create_user(edit, user_id=one, actor="test")
    cycle = await planned(ledger, {"di": EntryState.DONE})
    await ledger.set_levels(cycle.id, Kind.USER, {"bo": 1, "cy": 2})

    heads = await ledger.managers_of_planned(cycle.id)
    and_more = await ledger.managers_of_planned(cycle.id, ["cy", "di", "ed"])
    first = await ledger.reports_of_planned(cycle.id, ["ana", "bo", "di"], limit=1)
    then = await ledger.reports_of_planned(cycle.id, ["ana", "bo", "di"], after="bo", limit=9)
    gone = await ledger.reports_of_planned(cycle.id, ["di"], limit=1)

    assert heads == {"ana": (None, 0), "bo": ("ana", 1)}
    assert and_more == {**heads, "cy": ("bo", 2)}
    assert first == ([("bo", "ana", 1)], "bo")
    assert then == ([("cy", "bo", 2)], None)
    assert gone == ([], "ed")


@pytest.mark.parametrize("piece", [1, 2, 5, 6])
async def test_a_plan_is_dropped_whole_however_large_its_pieces_and_no_other_is(
    ledger: SqlLedger, monkeypatch: pytest.MonkeyPatch, piece: int
) -> None:
    monkeypatch.setattr(ledger_cycles, "PIECE", piece)
    kept, dropped = await planned(ledger), await planned(ledger)

    await ledger.drop_plan(dropped)

    assert await ledger.entry_counts(dropped.id) == {}
    assert await ledger.entry_counts(kept.id) == {EntryState.PLANNED: 5}
