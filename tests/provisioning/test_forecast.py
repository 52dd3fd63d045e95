"""How long a plan takes follows from counts and limits alone."""

import datetime as dt
from collections.abc import Sequence

import pytest

from seatkeeper.directory.model import Kind
from seatkeeper.gallery.rates import Meter, RateWindow, limits_of
from seatkeeper.provisioning.cycle import Counters, Cycle, CycleKind, CycleState
from seatkeeper.provisioning.forecast import (
    ANSWERS,
    Load,
    Pacing,
    forecast,
    load_of,
    load_of_plain,
    rest_of,
    rough,
    unasked_questions,
)
from seatkeeper.provisioning.preview import Outlook, PlannedRecord, Preview

SLACK = RateWindow("writes", 180, 60, burst=20)
MIRO_GROUPS = RateWindow("PATCH", 5, 30, resources="groups")
CREATE = ("POST /Users",)


def person(name: str, *requests: str, verb: Outlook = Outlook.CREATE) -> PlannedRecord:
    return PlannedRecord(Kind.USER, name, name, verb, requests=requests)


def group(name: str, *requests: str, verb: Outlook = Outlook.UPDATE) -> PlannedRecord:
    return PlannedRecord(Kind.GROUP, name, name, verb, requests=requests)


def plan(*records: PlannedRecord, lookups: int = 0, levels: tuple[int, ...] = ()) -> Preview:
    return Preview("app", "initial", "", 0, 1, records, lookups=lookups, levels=levels)


def paced(*limits: RateWindow, lanes: int = 8, answer: float = 0.0, share: float = 1.0) -> Pacing:
    return Pacing([(one, share) for one in limits], lanes, answer)


def sent_by_the_meter(load: Load, limits: Sequence[RateWindow]) -> float:
    """Send a load one by one as the connector would, to an app that answers at once."""
    meter, now = Meter(limits), 0.0
    for requests in (load.match, load.people, load.groups):
        for kind, number in requests.items():
            method, about = kind.split(" ")
            for _ in range(number):
                while (held := meter.admit(method, about.removesuffix("s"), now)) is not None:
                    now = held[0]
    return now


def test_a_bucket_lets_its_burst_go_at_once_and_the_rest_evenly() -> None:
    load = Load(people={"POST users": 200})

    said = forecast(load, paced(SLACK))

    assert said.seconds == pytest.approx(60)
    assert (said.requests, said.bound_by) == (200, "180 writes a minute")


def test_a_burst_that_one_station_used_is_not_there_for_the_next() -> None:
    load = Load(people={"POST users": 200}, groups={"PATCH groups": 60})

    said = forecast(load, paced(SLACK))

    assert [round(one.seconds) for one in said.stations] == [60, 20]


def test_a_full_window_is_waited_for_and_the_next_one_goes_on_from_it() -> None:
    twelve = Load(groups={"PATCH groups": 12})
    after_others = Load(people={"POST users": 100}, groups={"PATCH groups": 3})

    assert forecast(twelve, paced(MIRO_GROUPS)).seconds == 60
    assert forecast(after_others, paced(*limits_of(1), MIRO_GROUPS)).bound_by == (
        "1 requests a second"
    )


def test_what_one_station_left_of_a_window_is_used_by_the_next() -> None:
    all_writes = RateWindow("writes", 10, 30)
    load = Load(people={"POST users": 7}, groups={"PATCH groups": 7})

    said = forecast(load, paced(all_writes))

    assert [one.seconds for one in said.stations] == [0, 30]


def test_an_app_that_was_slowed_down_takes_as_much_longer() -> None:
    load = Load(people={"POST users": 380})

    whole, half = (forecast(load, paced(SLACK, share=one)).seconds for one in (1.0, 0.5))

    assert half > 1.9 * whole


@pytest.mark.parametrize(
    "limits",
    [
        limits_of(2.9, [SLACK, RateWindow("reads", 1000, 60)]),
        limits_of(25, [SLACK]),
        limits_of(
            25,
            [
                RateWindow("POST", 200, 30),
                RateWindow("PATCH", 100, 30, resources="users"),
                MIRO_GROUPS,
            ],
        ),
        limits_of(10),
        limits_of(4.5, [RateWindow("all", 5, 1, burst=5)]),
        limits_of(50, [RateWindow("all", 1000, 86_400)]),
    ],
    ids=["Slack", "Slack, its own limit", "Miro", "AWS", "five a second", "so many a day"],
)
@pytest.mark.parametrize(
    "load",
    [
        Load(match={"GET users": 60}, people={"POST users": 60}, groups={"PATCH groups": 12}),
        Load(match={"GET users": 5}, people={"POST users": 450}),
        Load(people={"PATCH users": 130}),
        Load(match={"GET users": 2_000}, people={"POST users": 2_000}),
    ],
    ids=["60 joiners", "450 joiners", "130 movers", "2,000 joiners"],
)
def test_it_is_what_the_connector_s_own_meter_takes(
    load: Load, limits: Sequence[RateWindow]
) -> None:
    said = forecast(load, paced(*limits))

    assert said.seconds == pytest.approx(sent_by_the_meter(load, limits), rel=0.15, abs=1.5)


def test_where_no_limit_binds_it_takes_what_the_answers_take() -> None:
    load = Load(people={"POST users": 80})

    said = forecast(load, paced(*limits_of(1_000), lanes=8, answer=0.5))

    assert (said.seconds, said.bound_by) == (5.0, ANSWERS)


def test_each_level_of_the_reporting_line_waits_for_the_one_before() -> None:
    load = Load(people={"POST users": 10, "PATCH users": 2}, levels=(1, 1, 8))

    said = forecast(load, paced(lanes=8, answer=1))

    assert said.seconds == 4


def test_the_members_of_one_group_go_one_request_after_the_other() -> None:
    load = Load(groups={"PATCH groups": 40}, longest=30)

    assert forecast(load, paced(lanes=8, answer=1)).seconds == 30


def test_where_nothing_is_asked_it_takes_no_time() -> None:
    said = forecast(Load(), paced(SLACK))

    assert (said.stations, said.requests, said.seconds, said.bound_by) == ([], 0, 0, "")


def test_a_plan_is_counted_request_by_request() -> None:
    made = plan(
        person("ana", *CREATE, "PATCH /Users/(new account)"),
        person("ben", "DELETE /Users/7", verb=Outlook.DELETE),
        group("team", "POST /Groups", "PATCH /Groups/(new account)", verb=Outlook.CREATE),
        group("staff", "PATCH /Groups/9"),
        lookups=3,
        levels=(1,),
    )

    load = load_of(made)

    assert load == Load(
        {"GET users": 2, "GET groups": 1},
        {"POST users": 1, "PATCH users": 1, "DELETE users": 1},
        {"POST groups": 1, "PATCH groups": 2},
        (1,),
        longest=2,
    )
    assert load_of_plain(load.to_plain()) == load


def test_an_app_that_cannot_patch_is_read_before_each_change() -> None:
    made = plan(person("ana", "PATCH /Users/3", verb=Outlook.UPDATE), person("ben", *CREATE))

    load = load_of(made, patches=False, questions=1)

    assert load.people == {"GET users": 1, "PUT users": 1, "POST users": 1}
    assert load.match == {"GET users": 1}


@pytest.mark.parametrize(
    ("joiners", "accounts", "refuses", "questions"),
    [(50, 0, True, 50), (150, 0, True, 1), (150, 900, True, 9), (150, 9_000, True, 150),
     (150, 0, False, 150)],
)  # fmt: skip
def test_a_plan_that_asked_nothing_says_what_will_be_asked(
    joiners: int, accounts: int, refuses: bool, questions: int
) -> None:
    records = [person(f"p{one}") for one in range(joiners)]

    asked = unasked_questions(records, accounts, 100, refuses_duplicates=refuses)

    assert asked == questions


def running(
    kind: CycleKind = CycleKind.INITIAL, state: CycleState = CycleState.EXPORTING, **counted: int
) -> Cycle:
    """A cycle that has done 20 of 120 records."""
    at = dt.datetime(2026, 3, 2, tzinfo=dt.UTC)
    counters = Counters(**counted)
    return Cycle("c", "app", 1, kind, state, 0, 1, "", at, counters=counters, total=120, done=20)


def test_what_is_left_of_a_cycle_is_of_the_kinds_that_it_sent_so_far() -> None:
    sent = running(created=10, updated=4, disabled=4, deleted=2)

    assert rest_of(sent).people == {"POST users": 50, "PATCH users": 40, "DELETE users": 10}


def test_before_the_first_write_it_is_what_such_a_cycle_mostly_sends() -> None:
    first, changes = running(), running(CycleKind.INCREMENTAL)
    reading = running(CycleKind.RECONCILE, CycleState.PLANNING)

    assert rest_of(first).people == {"POST users": 100}
    assert rest_of(changes).people == {"PATCH users": 100}
    assert rest_of(reading).match == {"GET users": 100}


@pytest.mark.parametrize(
    ("seconds", "said"),
    [(0.1, 1), (12.4, 12), (43.2, 43), (83, 85), (144, 140), (1_640, 1_620), (7_300, 7_200)],
)
def test_seconds_are_said_roughly(seconds: float, said: int) -> None:
    assert rough(seconds) == said
