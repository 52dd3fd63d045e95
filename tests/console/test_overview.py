"""The first page of an app says how it is, whatever happened and whatever people are called."""

import datetime as dt
from dataclasses import replace

from seatkeeper.configuration.switching import Pause
from seatkeeper.console.views.app_card import app_card
from seatkeeper.console.views.cycle_chart import cycle_chart, day_strip
from seatkeeper.console.views.overview import AppFacts, OverviewPage, overview_page
from seatkeeper.directory.model import Kind
from seatkeeper.provisioning.cycle import Counters, Cycle, CycleKind, CycleState
from seatkeeper.provisioning.held import HeldKind
from seatkeeper.provisioning.history import Day
from seatkeeper.provisioning.journal import (
    Escrow,
    Health,
    HealthState,
    Order,
    OrderVerb,
    WaitingCause,
)
from seatkeeper.provisioning.removal import Removal

NOW = dt.datetime(2026, 3, 4, 12, 0, tzinfo=dt.UTC)
HOUR = dt.timedelta(hours=1)
EVERY = dt.timedelta(minutes=40)
PLAIN: dict[str, object] = {
    "app": "15five",
    "name": "15Five",
    "status": "on",
    "every": "40m",
    "users": 10,
    "deactivated": 1,
    "has_secret": True,
}
WELL = AppFacts(
    plain=PLAIN,
    cycles=(),
    running=None,
    days=(),
    events=(),
    called={},
    causes=(),
    waiting_people=(0, 0),
    held=(),
    health=Health(),
    interval=EVERY,
)


def page_of(facts: AppFacts) -> OverviewPage:
    return overview_page(facts, app_card(facts.plain, NOW), NOW, "day")


def cycle(number: int, ended: dt.datetime | None, **counted: int) -> Cycle:
    state = CycleState.DONE if ended else CycleState.EXPORTING
    started = (ended or NOW) - dt.timedelta(seconds=6)
    return Cycle(
        f"c{number}", "15five", number, CycleKind.INCREMENTAL, state, 0, 0, "", started, ended,
        Counters(**counted), total=214, done=157,
    )  # fmt: skip


def waits(
    *names: str, code: str = "MissingValues", retry: dt.datetime | None = None
) -> WaitingCause:
    newest = tuple(
        Escrow(Kind.USER, one, one, code, "No e-mail.", "Fill it in.", 1, NOW, NOW, retry)
        for one in names
    )
    return WaitingCause(code, len(names), NOW, newest)


def held(count: int = 1, what: Removal = Removal.ACCESS) -> HeldKind:
    return HeldKind(what, count, NOW - HOUR)


def test_a_hundred_per_cent_is_said_only_where_nobody_is_missing() -> None:
    people = {**PLAIN, "users": 100_001, "deactivated": 0}

    everybody = page_of(replace(WELL, plain=people))
    one_waits = page_of(replace(WELL, plain=people, waiting_people=(1, 0), causes=(waits("elif"),)))

    assert everybody.numbers[1].beside == "100 %"
    assert (one_waits.numbers[1].value, one_waits.numbers[1].beside) == ("100,000", "99.9 %")


def test_who_has_no_account_yet_is_in_scope_and_who_shall_lose_it_is_not() -> None:
    facts = replace(WELL, waiting_people=(2, 2), causes=(waits("elif", "yat"),), held=(held(),))

    scope, step, need, _late = page_of(facts).numbers

    assert (scope.value, step.value) == ("10", "8")  # 9 active, less one, and two without account
    assert (need.value, need.beside) == ("3", "2 causes")


def test_a_cycle_that_reads_the_app_says_how_much_of_it_and_one_that_plans_says_so() -> None:
    told = {"kind": "reconcile", "state": "planning", "done": 60, "total": 120, "per_second": 6}
    reads = replace(WELL, running=cycle(7, None), plain={**PLAIN, "progress": told})
    plans = replace(reads, plain={**PLAIN, "progress": {**told, "done": 0, "total": 0}})

    texts = [shown.progress.text for one in (reads, plans) if (shown := page_of(one).running)]

    assert texts == ["60 of 120 people and groups · 6/s", "Reading what changed"]


def test_a_running_cycle_counts_people_by_what_became_of_them() -> None:
    running = cycle(7, None, created=100, failed=7, unchanged=50)
    progress = {"kind": "full", "state": "exporting", "done": 157, "total": 214, "per_second": 34.0,
                "seconds_left": 2}  # fmt: skip
    facts = replace(WELL, running=running, plain={**PLAIN, "progress": progress})

    shown = page_of(facts).running

    assert shown is not None
    assert shown.progress.text == "157 of 214 people and groups · 34/s · 2 s left"
    assert [(one.tone, one.width) for one in shown.parts] == [
        ("create", "46.73%"), ("danger", "3.27%"), ("quiet", "23.36%"),
    ]  # fmt: skip
    assert shown.said == "70 % done"


def test_recent_activity_has_always_as_many_rows() -> None:
    assert page_of(WELL).recent == [None] * 9


def test_an_app_that_is_quarantined_says_what_failed_since_when_and_when_it_is_tried() -> None:
    refused = Health(HealthState.QUARANTINED, "Unauthorized", "It refused the token.", "Paste one.",
                     NOW - 2 * HOUR, 3, NOW + HOUR)  # fmt: skip

    [trouble] = page_of(replace(WELL, health=refused)).troubles

    assert (trouble.kind, trouble.tone) == ("stopped", "danger")
    assert trouble.words == "It refused the token."
    assert [one.text for one in (trouble.since, trouble.next_try) if one is not None] == [
        "10:00 UTC",
        "13:00 UTC",
    ]


def test_a_paused_app_says_who_paused_it_why_and_how_many_wait() -> None:
    paused = Pause("ana@larkspur.example", NOW - HOUR, "They move \u202eoffice")
    some = replace(WELL, pause=paused, behind=12)

    [trouble] = page_of(some).troubles
    [very_many] = page_of(replace(some, behind=900, behind_more=True)).troubles

    assert trouble.title == "Paused by ana@larkspur.example"
    assert list(trouble.lines) == [
        "They move ⟨U+202E⟩office",
        "12 people and groups changed since and wait.",
    ]
    assert "900+" in very_many.lines[1]


def test_an_order_that_could_not_be_carried_out_says_why() -> None:
    told = {"message": "It has no token.", "advice": "Set one."}
    order = Order(4, "15five", OrderVerb.RUN, {}, "ana", "failed", told)

    [trouble] = page_of(replace(WELL, order=order)).troubles

    assert list(trouble.lines) == ["It has no token.", "Set one."]


def test_who_waits_is_named_by_cause_with_what_to_do_and_when_it_is_tried() -> None:
    causes = (waits("Elif", "Yat", "Jan", "Bo", "Kim", retry=NOW + HOUR), waits("Xu", code="Odd"))

    first, second = page_of(replace(WELL, causes=causes)).needs

    assert (first.count, first.who, first.names) == ("5", "people", "Elif, Yat, Jan and 2 more")
    assert (first.text, first.advice) == ("A value that the app needs is missing", "Fill it in.")
    assert first.next_try is not None
    assert (second.who, second.text, second.timed) == ("person", "No e-mail.", False)


def test_a_day_without_cycle_is_a_gap_only_after_the_first_one() -> None:
    cycles = [cycle(2, NOW - HOUR, created=3), cycle(1, NOW - 5 * HOUR)]

    chart = cycle_chart("day", cycles, (), NOW, EVERY)

    drawn = [(bar.gap, [part.tone for part in bar.parts]) for bar in chart.chart.bars]
    assert len(drawn) == 36
    assert drawn[:28] == [(False, [])] * 28
    assert drawn[28] == (False, ["quiet"])  # a cycle that had nothing to do
    assert drawn[29:34] == [(True, [])] * 5
    assert drawn[34] == (False, ["create"])


def test_the_table_behind_a_chart_says_the_same_as_its_bars() -> None:
    cycles = [cycle(2, NOW - HOUR, updated=2, failed=1), cycle(1, NOW - HOUR, created=3)]

    chart = cycle_chart("week", cycles, (), NOW, EVERY)

    [row] = [one for one in chart.rows if one.cycles]
    assert (row.created, row.updated, row.failed, row.cycles) == (3, 2, 1, 2)
    assert chart.description.startswith("3 created, 2 updated, 0 deactivated or deleted, 1 failed")
    assert len(chart.chart.bars) == len(chart.rows) == 84


def test_a_day_of_the_strip_is_as_bad_as_its_worst_cycle() -> None:
    today = Day("15five", NOW.date(), cycles=36, counters=Counters(created=400, failed=1))
    before = Day("15five", NOW.date() - dt.timedelta(days=1), cycles=36)

    strip = day_strip([today, before], NOW)

    assert [bar.parts[0].tone for bar in strip.bars[-3:]] == ["quiet", "create", "disable"]
    assert strip.rows[0] == ("2026-03-04", "1 failed, 0 held")


def test_a_page_without_scripts_looks_again_while_a_cycle_is_about_to_begin() -> None:
    soon = page_of(replace(WELL, plain={**PLAIN, "next_cycle": "as soon as the engine runs"}))
    later = page_of(replace(WELL, plain={**PLAIN, "next_cycle": (NOW + EVERY).isoformat()}))

    assert (soon.soon, later.soon, page_of(WELL).soon) == (True, False, False)
