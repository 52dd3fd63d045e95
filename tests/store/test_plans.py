"""Plans are kept record by record, in their order, and the oldest go."""

import datetime as dt

import pytest

from seatkeeper.directory.model import Application, Kind
from seatkeeper.errors import NotFound
from seatkeeper.ports.plans import PlanState, Proposal
from seatkeeper.provisioning.forecast import Load
from seatkeeper.provisioning.log import Modified
from seatkeeper.provisioning.preview import Outlook, PlannedRecord, Preview
from seatkeeper.store.configuration import SqlConfiguration
from seatkeeper.store.database import Database
from seatkeeper.store.plans import KEPT, SqlPlans
from seatkeeper.store.secrets import MasterKey

NOON = dt.datetime(2026, 11, 5, 12, tzinfo=dt.UTC)


def planned(name: str, verb: Outlook = Outlook.UPDATE, cause: str = "a title") -> PlannedRecord:
    return PlannedRecord(
        Kind.USER,
        name,
        name.title(),
        verb,
        cause=cause,
        changes=(Modified("title", None, "Poet"),),
        requests=("PATCH /Users/1",),
        digests=("d1", "d2"),
        facts_digest="f",
    )


def preview(*records: PlannedRecord) -> Preview:
    return Preview("15five", "incremental", "rules", 3, 7, records, unchanged=2)


@pytest.fixture
async def plans(database: Database, tmp_path_factory: pytest.TempPathFactory) -> SqlPlans:
    """No plan was made yet; 15Five is configured."""
    key = MasterKey.at(tmp_path_factory.mktemp("key") / "master.key")
    await SqlConfiguration(database, key).save_app(
        Application("15five", "15five", "15Five"), {}, actor="test", expected_version=0
    )
    return SqlPlans(database)


async def test_a_plan_reads_back_as_it_was_made(plans: SqlPlans) -> None:
    records = [planned("ana"), planned("bo", Outlook.DISABLE, "left"), planned("cy")]

    begun = await plans.begin("15five", actor="ana", version=4, now=NOON)
    being_made = await plans.plan("15five", 1)
    load = Load({"GET users": 1}, {"PATCH users": 3}, levels=(2, 1), answer_ms=40)
    await plans.finish(begun, preview(*records), load)
    ready = await plans.plan("15five", 1)
    kept = await plans.records(ready, limit=50)

    assert (being_made.state, being_made.counters) == (PlanState.MAKING, None)
    assert (ready.state, ready.actor, ready.at, ready.settings_version) == (
        PlanState.READY,
        "ana",
        NOON,
        4,
    )
    assert ready.action_digest == preview(*records).action_digest
    assert ready.counters == {"update": 2, "disable": 1, "unchanged": 2, "requests": 3}
    assert ready.load == load
    assert [(one.cause, one.place) for one in ready.causes] == [("a title", 0), ("left", 2)]
    assert [one for _, one in kept] == [records[0], records[2], records[1]]


async def test_a_plan_of_settings_that_are_not_saved_keeps_them_and_is_not_the_newest(
    plans: SqlPlans,
) -> None:
    proposal = Proposal({"scope": "all"}, ["scope: assigned -> all"], "scope", restores=3)
    await plans.begin("15five", actor="ana", version=1, now=NOON)

    begun = await plans.begin("15five", actor="bo", version=1, now=NOON, proposal=proposal)
    await plans.finish(begun, preview(planned("ana")))

    assert (await plans.plan("15five", begun.number)).proposal == proposal
    assert [one.number for one in await plans.newest("15five")] == [1]


async def test_pages_of_one_outlook_follow_each_other(plans: SqlPlans) -> None:
    begun = await plans.begin("15five", actor="ana", version=1, now=NOON)
    people = [planned(f"p{n}", Outlook.CREATE if n % 2 else Outlook.UPDATE) for n in range(7)]
    await plans.finish(begun, preview(*people))
    ready = await plans.plan("15five", begun.number)

    first = await plans.records(ready, verbs=[Outlook.CREATE], limit=2)
    second = await plans.records(ready, verbs=[Outlook.CREATE], after=first[-1][0], limit=2)
    one = await plans.record(ready, first[0][0])

    assert [record.record_id for _, record in first] == ["p1", "p3"]
    assert [record.record_id for _, record in second] == ["p5"]
    assert one == first[0][1]
    assert await plans.record(ready, 99) is None


async def test_a_plan_that_failed_says_why(plans: SqlPlans) -> None:
    begun = await plans.begin("15five", actor="ana", version=1, now=NOON)

    await plans.fail(begun, "15Five does not answer.")

    [kept] = await plans.newest("15five")
    assert (kept.state, kept.message) == (PlanState.FAILED, "15Five does not answer.")


async def test_a_plan_is_carried_out_once(plans: SqlPlans) -> None:
    begun = await plans.begin("15five", actor="ana", version=1, now=NOON)
    await plans.finish(begun, preview(planned("ana")))

    first = await plans.carried_out(begun, 11)
    second = await plans.carried_out(begun, 12)

    assert (first, second) == (True, False)
    assert (await plans.plan("15five", 1)).order_id == 11


async def test_the_newest_stay_and_older_ones_go_with_their_records(plans: SqlPlans) -> None:
    for _ in range(KEPT + 2):
        begun = await plans.begin("15five", actor="ana", version=1, now=NOON)
        await plans.finish(begun, preview(planned("ana")))

    kept = await plans.newest("15five", limit=50)

    assert [one.number for one in kept] == list(range(KEPT + 2, 2, -1))
    with pytest.raises(NotFound, match="no plan 1, or it is not kept"):
        await plans.plan("15five", 1)


async def test_plans_that_take_a_cycle_back_stand_beside_the_others(plans: SqlPlans) -> None:
    plain = await plans.begin("15five", actor="ana", version=1, now=NOON)
    undo = await plans.begin("15five", actor="ana", version=1, now=NOON, undoes="c2")
    other = await plans.begin("15five", actor="ana", version=1, now=NOON, undoes="c1")
    await plans.finish(undo, preview(planned("ana")))

    found = [await plans.newest("15five", undoes=of) for of in ("", "c2", "c1", "c9")]

    assert [[one.number for one in some] for some in found] == [
        [plain.number],
        [undo.number],
        [other.number],
        [],
    ]
    assert (await plans.plan("15five", undo.number)).undoes == "c2"


async def test_a_plan_is_also_read_by_name_a_page_at_a_time(plans: SqlPlans) -> None:
    begun = await plans.begin("15five", actor="ana", version=1, now=NOON)
    records = [planned("zoe"), planned("Ämil"), planned("bo", cause="left"), planned("cy")]
    await plans.finish(begun, preview(*records))
    ready = await plans.plan("15five", begun.number)

    first = await plans.records(ready, by_name=True, limit=2)
    second = await plans.records(ready, by_name=True, after=first[-1][0], limit=5)
    gone = await plans.records(ready, by_name=True, after=99, limit=5)

    names = [[record.record_id for _, record in some] for some in (first, second, gone)]
    assert names == [["Ämil", "bo"], ["cy", "zoe"], []]


async def test_several_outlooks_are_read_together(plans: SqlPlans) -> None:
    begun = await plans.begin("15five", actor="ana", version=1, now=NOON)
    away = [planned("ana", Outlook.DISABLE), planned("bo", Outlook.DELETE), planned("cy")]
    await plans.finish(begun, preview(*away))
    ready = await plans.plan("15five", begun.number)

    found = await plans.records(ready, verbs=[Outlook.DISABLE, Outlook.DELETE], limit=5)

    assert [record.record_id for _, record in found] == ["ana", "bo"]


async def test_a_plan_for_people_who_were_named_is_never_the_newest_of_the_app(
    plans: SqlPlans,
) -> None:
    whole = await plans.begin("15five", actor="ana", version=1, now=NOON)
    named = await plans.begin("15five", actor="ana", version=1, now=NOON, kind="on demand")

    kept = await plans.newest("15five")

    assert [one.number for one in kept] == [whole.number]
    assert (await plans.plan("15five", named.number)).kind == "on demand"
