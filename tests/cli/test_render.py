"""What people see: narrow, without colours in a file, never in charge of the terminal."""

import io

import pytest
from rich.console import RenderableType

from seatkeeper.cli.render import (
    counted,
    duration,
    explain_view,
    logs_view,
    progress_line,
    show,
    status_view,
)
from seatkeeper.cli.render_plan import plan_view, steps_view

CHANGE = {"path": "title", "old": "Engineer", "new": "Lead"}
MOVER = {
    "at": "2026-11-24T09:15:02.123Z",
    "display_name": "Zoë van der Meer",
    "action": "update",
    "status": "success",
    "changes": [CHANGE],
    "code": "Success",
}
REFUSED = {
    "at": "2026-11-24T09:15:03Z",
    "record": "8f3c",
    "action": "create",
    "status": "failure",
    "code": "MissingValues",
    "reason": "No e-mail address.",
    "advice": "Give her one.",
}


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def shown(view: RenderableType) -> str:
    out = io.StringIO()
    show(view, out)
    return out.getvalue()


def test_a_log_says_who_what_how_it_ended_and_what_changed() -> None:
    text = shown(logs_view([MOVER, REFUSED]))

    assert "Zoë van der Meer" in text
    assert "title: Engineer → Lead" in text
    assert "8f3c" in text
    assert "MissingValues: No e-mail" in text
    assert "Success" not in text


def test_everything_fits_eighty_columns() -> None:
    long = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:" + "x" * 200
    entry = {**MOVER, "display_name": "N" * 90, "changes": [{**CHANGE, "path": long}]}

    views = [
        logs_view([entry]),
        plan_view({"causes": [{"cause": long, "records": [entry]}], "counts": {"created": 1}}),
        steps_view({"display_name": long, "steps": [{"text": long, "details": {long: long}}]}),
        explain_view({"answer": long, "checks": [{"name": long, "facts": [long]}]}),
        status_view([{"app": "a", "status": "on", "quarantine": long}]),
    ]

    assert all(len(line) <= 80 for view in views for line in shown(view).splitlines())


def test_colours_are_for_terminals(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.delenv("NO_COLOR", raising=False)
    terminal = Terminal()

    show(logs_view([REFUSED]), terminal)

    assert "\x1b[" in terminal.getvalue()
    assert "\x1b[" not in shown(logs_view([REFUSED]))


def test_a_name_can_neither_colour_nor_clear_the_terminal() -> None:
    text = shown(logs_view([{**MOVER, "display_name": "\x1b[2J[red]Bo[/]"}]))

    assert "\x1b" not in text
    assert "[red]Bo[/]" in text


def test_an_explanation_answers_first_and_then_shows_each_check() -> None:
    text = shown(
        explain_view(
            {
                "answer": "Not in 15Five, because Elif has no e-mail address.",
                "checks": [
                    {"name": "Is active", "state": "passed", "facts": {"accountEnabled": True}},
                    {"name": "Has all values", "state": "failed", "facts": ["mail is empty"]},
                    {"name": "Matches one account", "state": "not_reached"},
                ],
            }
        )
    )

    assert text.splitlines() == [
        "Not in 15Five, because Elif has no e-mail address.",
        "",
        "1 ✓ Is active",
        "    accountEnabled: true",
        "2 ✕ Has all values",
        "    mail is empty",
        "3 – Matches one account (not reached)",
    ]


def test_a_plan_without_records_says_that_nothing_would_be_sent() -> None:
    text = shown(plan_view({"causes": [], "counts": {}}))

    assert "Nothing would be sent: everything is in step." in text


def test_a_plan_that_sends_nothing_says_how_many_fail_and_wait() -> None:
    counts = {"fail": 2, "hold": 1, "unchanged": 3, "requests": 0}

    text = shown(plan_view({"causes": [], "counts": counts, "waiting": 1, "held": 1}))

    assert (
        "Nothing would be sent: 2 records fail, 1 record waits for approval, 1 record waits after "
        "a failure, 3 records are in step."
    ) in " ".join(text.split())


def test_whoever_failed_and_so_waits_is_counted_once() -> None:
    assert counted({"failed": 1, "waiting": 1}) == "1 failed"
    assert counted({"failed": 1, "waiting": 3}) == "1 failed, 2 waiting from before"


def test_a_plan_groups_people_by_cause_and_shows_values_and_requests() -> None:
    mover = {
        "display_name": "Zoe",
        "action": "update",
        "reason": "is assigned directly",
        "changes": [CHANGE],
        "requests": ["PATCH /Users/7"],
    }
    cause = {"cause": "jobTitle changed", "counts": {"update": 1}, "records": [mover]}

    text = shown(plan_view({"app": "15five", "causes": [cause], "changes_planned": True}))

    assert text.splitlines() == [
        "jobTitle changed: 1 update",
        "  update  Zoe (is assigned directly)",
        "      title: Engineer -> Lead",
        "      PATCH /Users/7",
        "",
        "Nothing has been sent.",
    ]


def test_a_name_cannot_repaint_the_terminal_from_within_a_plan() -> None:
    record = {"display_name": "\x1b[2J[red]Zoe", "action": "create"}

    text = shown(plan_view({"causes": [{"cause": "first cycle", "records": [record]}]}))

    assert "\x1b" not in text
    assert "[red]Zoe" in text


def test_status_shows_the_running_and_the_last_cycle() -> None:
    app = {
        "app": "15five",
        "name": "15Five",
        "status": "on",
        "users": 190,
        "progress": {"kind": "initial", "done": 50, "total": 200, "per_second": 25},
        "last_cycle": {"kind": "initial", "seconds": 65, "created": 190, "failed": 3},
    }

    text = shown(status_view([app]))

    assert "15Five (15five)  on" in text
    assert "initial [#####...............] 50 of 200 (25%), 25 a second" in text
    assert "took 1 min 5 s: 190 created, 3 failed" in text


def test_a_progress_line_names_rate_and_time_left() -> None:
    line = progress_line(
        {"kind": "initial", "done": 125, "total": 250, "per_second": 41.7, "seconds_left": 3}
    )

    assert line == "initial [##########..........] 125 of 250 (50%), 42 a second, 3 s left"


def test_a_cycle_that_plans_says_what_it_asked_or_how_much_of_the_app_it_has_read() -> None:
    plans = {"kind": "full", "state": "planning", "requests": 1_250}
    reads = {"kind": "reconcile", "state": "planning", "done": 60, "total": 120, "per_second": 6}

    assert progress_line(plans) == "full: planning, 1,250 questions asked"
    assert progress_line(reads) == ("reconcile [##########..........] 60 of 120 (50%), 6 a second")


def test_durations_are_told_in_the_units_people_use() -> None:
    assert [duration(s) for s in (0.4, 59, 60, 3_599, 3_840)] == [
        "0 s",
        "59 s",
        "1 min 0 s",
        "59 min 59 s",
        "1 h 4 min",
    ]
