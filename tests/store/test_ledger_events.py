"""The log as people look through it: filtered, page by page, and never all of it for one page."""

import datetime as dt
from collections.abc import Sequence

import pytest
import sqlalchemy as sa

from seatkeeper.directory.model import Application, Kind
from seatkeeper.provisioning.events import COUNTED, LogQuery, Outcome, outcome_of
from seatkeeper.provisioning.journal import Work
from seatkeeper.provisioning.log import LogEntry, Status
from seatkeeper.store import ledger_events
from seatkeeper.store.configuration import SqlConfiguration
from seatkeeper.store.database import Database
from seatkeeper.store.ledger import SqlLedger
from seatkeeper.store.secrets import MasterKey

NOON = dt.datetime(2026, 11, 5, 12, tzinfo=dt.UTC)
EVERYTHING = frozenset(Outcome)


def entry(
    number: int,
    name: str = "ana",
    action: str = "update",
    status: Status = Status.SUCCESS,
    code: str = "",
    app: str = "15five",
) -> LogEntry:
    return LogEntry(
        id=f"e{number:05}",
        app_id=app,
        cycle_id=f"c{number // 10}",
        at=NOON + dt.timedelta(minutes=number),
        kind=Kind.USER,
        record_id=name,
        display_name=name.title(),
        action=action,
        status=status,
        code=code,
    )


@pytest.fixture
async def ledger(database: Database, tmp_path_factory: pytest.TempPathFactory) -> SqlLedger:
    """A ledger whose apps are 15Five and Slack; nothing has happened yet."""
    key = MasterKey.at(tmp_path_factory.mktemp("key") / "master.key")
    for app in ("15five", "slack"):
        await SqlConfiguration(database, key).save_app(
            Application(app, app, app.title()), {}, actor="test", expected_version=0
        )
    return SqlLedger(database)


async def happened(ledger: SqlLedger, entries: Sequence[LogEntry]) -> None:
    for app in dict.fromkeys(one.app_id for one in entries):
        await ledger.write(app, Work(log=[one for one in entries if one.app_id == app]))


def ids(found: Sequence[tuple[int, LogEntry]]) -> list[str]:
    return [one.id for _, one in found]


async def test_what_needed_no_change_is_left_out_until_it_is_asked_for(ledger: SqlLedger) -> None:
    await happened(
        ledger,
        [
            entry(1),
            entry(2, status=Status.FAILURE, code="Timeout"),
            entry(3, action="other", status=Status.SKIPPED, code="RedundantExport"),
            entry(4, action="other", status=Status.SKIPPED, code="NotEffectivelyEntitled"),
            entry(5, action="disable", status=Status.SKIPPED, code="RemovalHeld"),
            entry(6, status=Status.WARNING, code="UnableToResolveReferenceAttributeValue"),
        ],
    )

    unasked = await ledger.events(LogQuery(), limit=50, counted=True)
    each = {
        one: ids((await ledger.events(LogQuery(outcomes=frozenset({one})), limit=50)).entries)
        for one in Outcome
    }

    assert ids(unasked.entries) == ["e00006", "e00005", "e00002", "e00001"]
    assert (unasked.count, unasked.more, unasked.looked_to, unasked.newer) == (
        4,
        False,
        None,
        False,
    )
    assert each == {
        Outcome.DONE: ["e00006", "e00001"],
        Outcome.FAILED: ["e00002"],
        Outcome.HELD: ["e00005"],
        Outcome.UNCHANGED: ["e00003"],
        Outcome.OUT_OF_SCOPE: ["e00004"],
    }
    every = await ledger.events(LogQuery(outcomes=EVERYTHING), limit=50)
    assert all(ids([one]) and one[1].id in each[outcome_of(one[1])] for one in every.entries)


async def test_pages_follow_each_other_without_gap_or_repetition_both_ways(
    ledger: SqlLedger,
) -> None:
    await happened(ledger, [entry(number) for number in range(1, 8)])

    first = await ledger.events(LogQuery(), limit=3)
    second = await ledger.events(LogQuery(), before=first.entries[-1][0], limit=3)
    third = await ledger.events(LogQuery(), before=second.entries[-1][0], limit=3)
    back = await ledger.events(LogQuery(), after=second.entries[0][0], limit=3)

    assert ids(first.entries) == ["e00007", "e00006", "e00005"]
    assert ids(second.entries) == ["e00004", "e00003", "e00002"]
    assert ids(third.entries) == ["e00001"]
    assert ids(back.entries) == ids(first.entries)
    assert [first.more, second.more, third.more] == [True, True, False]
    assert [first.newer, second.newer, third.newer, back.newer] == [False, True, True, False]


async def test_each_filter_finds_its_own(ledger: SqlLedger) -> None:
    await happened(
        ledger,
        [
            entry(1, "ana"),
            entry(12, "bo", action="create"),
            entry(23, "ana", status=Status.FAILURE, code="Timeout"),
            entry(34, "ana", app="slack"),
        ],
    )

    found = {
        name: ids((await ledger.events(query, limit=50)).entries)
        for name, query in {
            "app": LogQuery(app_id="slack"),
            "who": LogQuery(record_id="ana", app_id="15five"),
            "cycle": LogQuery(cycle_id="c1"),
            "action": LogQuery(action="create"),
            "code": LogQuery(code="Timeout"),
            "since": LogQuery(since=NOON + dt.timedelta(minutes=23)),
            "until": LogQuery(until=NOON + dt.timedelta(minutes=12)),
            "nobody": LogQuery(record_id="' OR 1=1 --"),
        }.items()
    }

    assert found == {
        "app": ["e00034"],
        "who": ["e00023", "e00001"],
        "cycle": ["e00012"],
        "action": ["e00012"],
        "code": ["e00023"],
        "since": ["e00034", "e00023"],
        "until": ["e00001"],
        "nobody": [],
    }


async def test_a_rare_event_far_back_is_reached_in_bounded_steps(
    ledger: SqlLedger, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ledger_events, "LOOKED_AT", 10)
    await happened(ledger, [entry(1, action="delete"), *(entry(n) for n in range(2, 30))])
    query, before, steps = LogQuery(action="delete"), None, 0

    while True:
        page = await ledger.events(query, before=before, limit=50)
        if page.looked_to is None:
            break
        before, steps = page.looked_to, steps + 1

    assert ids(page.entries) == ["e00001"]
    assert steps == 2
    assert (await ledger.events(query, limit=50, counted=True)).count is None


async def test_a_count_stops_at_ten_thousand(
    ledger: SqlLedger, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ledger_events, "COUNTED", 3)
    await happened(ledger, [entry(number) for number in range(6)])

    page = await ledger.events(LogQuery(), limit=2, counted=True)
    uncounted = await ledger.events(LogQuery(), limit=2)

    assert COUNTED == 10_000
    assert (page.count, uncounted.count) == (4, None)


async def test_who_waits_for_news_is_told_how_many_there_are(ledger: SqlLedger) -> None:
    await happened(ledger, [entry(1), entry(2)])
    newest = (await ledger.events(LogQuery(), limit=1)).entries[0][0]
    await happened(ledger, [entry(3), entry(4, status=Status.SKIPPED), entry(5)])

    assert await ledger.newer_events(LogQuery(), newest) == 2
    assert await ledger.newer_events(LogQuery(), newest, most=1) == 1


async def test_one_event_is_found_by_its_id_or_not_at_all(ledger: SqlLedger) -> None:
    await happened(ledger, [entry(1)])

    found = await ledger.event("e00001")

    assert found is not None
    assert found[1].display_name == "Ana"
    assert await ledger.event("never") is None


@pytest.mark.parametrize(
    "query",
    [
        LogQuery(),
        LogQuery(app_id="15five"),
        LogQuery(outcomes=frozenset({Outcome.FAILED})),
        LogQuery(app_id="15five", outcomes=frozenset({Outcome.FAILED})),
        LogQuery(record_id="ana"),
        LogQuery(cycle_id="c1"),
    ],
    ids=["all", "app", "failed", "app and failed", "person", "cycle"],
)
async def test_no_page_goes_through_the_whole_log(ledger: SqlLedger, query: LogQuery) -> None:
    await happened(ledger, [entry(number) for number in range(200)])
    asked = ledger_events._fits(query).order_by(sa.text("seq desc")).limit(51)
    if not ledger_events._by_index(query):
        asked = asked.where(sa.text("seq < 100 AND seq >= 10"))
    database = ledger._database
    how = "EXPLAIN QUERY PLAN " if database.is_sqlite else "EXPLAIN "

    def explained(connection: sa.Connection) -> str:
        if not database.is_sqlite:
            connection.exec_driver_sql("SET LOCAL enable_seqscan = off")
        text = str(asked.compile(connection, compile_kwargs={"literal_binds": True}))
        return "\n".join(str(row[-1]) for row in connection.exec_driver_sql(how + text))

    plan = await database.read(explained)

    assert "Seq Scan" not in plan
    assert "SCAN log" not in plan or "USING INDEX" in plan
    assert "TEMP B-TREE" not in plan or query.record_id  # the few entries of one person


@pytest.mark.parametrize(("done", "counted"), [(4, 4), (5, 6), (6, 6)])
async def test_a_count_is_right_whether_or_not_what_surely_fits_is_enough(
    ledger: SqlLedger, monkeypatch: pytest.MonkeyPatch, *, done: int, counted: int
) -> None:
    monkeypatch.setattr(ledger_events, "COUNTED", 5)
    held = entry(90, status=Status.SKIPPED, code="RemovalHeld")
    unchanged = [entry(n, status=Status.SKIPPED, code="RedundantExport") for n in range(50, 60)]
    others = [held] if done > 4 else []
    await happened(ledger, [*(entry(n) for n in range(done)), *unchanged, *others])

    for query in (LogQuery(), LogQuery(app_id="15five")):
        assert (await ledger.events(query, limit=2, counted=True)).count == counted
    assert (await ledger.events(LogQuery(app_id="slack"), limit=2, counted=True)).count == 0


async def test_the_failures_of_one_cycle_are_found_among_those_of_others(
    ledger: SqlLedger,
) -> None:
    await happened(
        ledger, [entry(n, status=Status.FAILURE, code="Timeout") for n in (3, 11, 12, 13, 25)]
    )
    failed = LogQuery(cycle_id="c1", outcomes=frozenset({Outcome.FAILED}))

    first = await ledger.events(failed, limit=2)
    second = await ledger.events(failed, before=first.entries[-1][0], limit=2)
    none = await ledger.events(LogQuery(cycle_id="c9"), limit=2)

    assert (ids(first.entries), first.more, first.newer) == (["e00013", "e00012"], True, False)
    assert (ids(second.entries), second.more, second.newer) == (["e00011"], False, True)
    assert (none.entries, none.more, none.newer) == ([], False, False)
