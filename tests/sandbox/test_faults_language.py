"""The fault language, and what one request meets."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seatkeeper.sandbox.faults.decision import counted, decide, draw_of
from seatkeeper.sandbox.faults.grammar import InvalidFaults, read_faults
from seatkeeper.sandbox.faults.model import (
    Between,
    Counters,
    Drop,
    Fault,
    LogNormal,
    Lose,
    Refuse,
    RequestFacts,
    RetryAfter,
    Stale,
    Wait,
)
from seatkeeper.sandbox.faults.scenarios import SCENARIOS
from seatkeeper.sandbox.faults.words import KINDS, WINDOW_OPTIONS

PAGE = Path(__file__).parents[2] / "docs" / "sandbox-faults.md"
ENTERPRISE = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"


def met(text: str, requests: list[str], *, seed: int = 0, step: float = 0.0) -> list[str]:
    """Return the text of what each of these requests meets, ``step`` seconds apart."""
    rules, counters, found = read_faults(text), Counters(), []
    for number, line in enumerate(requests, 1):
        method, path, *token = line.split()
        facts = RequestFacts(
            number, method, tuple(path.strip("/").split("/")), token[0] if token else ""
        )
        now = number * step
        fault = decide(rules, facts, draw_of(seed, number), counters, now)
        counters = counted(rules, facts, fault, counters, now)
        found.append(fault.text if fault else "")
    return found


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("*: 500", Refuse(500)),
        ("*: 429 retry-after=3s", Refuse(429, RetryAfter(3))),
        ("*: 429 retry-after=date:1m", Refuse(429, RetryAfter(60, as_date=True))),
        ("*: 429 retry-after=nonsense", Refuse(429, RetryAfter(None))),
        ("*: 429 retry-after=none", Refuse(429)),
        ("*: latency 80ms", Wait(Between(0.08, 0.08))),
        ("*: latency 50ms..400ms", Wait(Between(0.05, 0.4))),
        ("*: latency p50=40ms p99=1s", Wait(LogNormal(0.04, 1.0))),
        ("*: lost", Lose()),
        ("*: drops name.givenName", Drop(("name", "givenName"))),
        (f"*: drops {ENTERPRISE}:manager", Drop((ENTERPRISE, "manager"))),
        ("*: stale age=2s", Stale(seconds=2.0)),
    ],
)
def test_a_fault_is_read_as_it_is_written(text: str, kind: object) -> None:
    (rule,) = read_faults(text)

    assert rule.kind == kind


@pytest.mark.parametrize(
    ("text", "at", "says"),
    [
        ("*: latancy 5ms", 4, "Did you mean latency?"),
        ("POTS: 500", 1, "Did you mean POST?"),
        ("*: 500; GET /Users: 5% 200", 24, "no error"),
        ("*: 101% 500", 4, "no chance"),
        ("*: 5%", 4, "After the chance"),
        ("*: 429 retry-after=soon", 8, "no time"),
        ("*: 429 retry-aftr=3s", 8, "Did you mean retry-after?"),
        ("*: 429 retry-after=1ms", 8, "whole seconds"),
        ("*: latency 9ms..5ms", 12, "before it begins"),
        ("*: latency p50=9ms", 4, "together"),
        ("*: latency 11m", 12, "too long"),
        ("*: stale", 4, "either"),
        ("*: stale writes=0", 10, "from 1"),
        ('*: drops emails[type="work"]', 10, "no option"),
        ("*: lost lost", 9, "takes no word"),
        ("*: 500 after=x", 8, "whole number"),
        ("*: 500 after=1 after=2", 16, "twice"),
        ("*: 500,", 8, "missing"),
        (": 500", 1, "Before the colon"),
        ("POST Users: 500", 6, 'slash: "/Users"'),
        ("*: outage", 4, "stands alone"),
        ("outrage", 1, "Did you mean outage?"),
        ("outage after=", 8, "no option"),
        ("outage for={rate}", 8, "no value"),
        ("*: ５００", 4, "no kind"),
        ("*: \x00", 4, "no kind"),
    ],
)
def test_what_cannot_be_read_is_named_with_its_place(text: str, at: int, says: str) -> None:
    with pytest.raises(InvalidFaults) as caught:
        read_faults(text)

    assert caught.value.at == at
    assert says in str(caught.value)


def test_a_mistake_in_a_later_line_is_found_there() -> None:
    with pytest.raises(InvalidFaults, match="Line 2, character 4"):
        read_faults("*: 500 # fine; really: yes\n*: lots\n")


@pytest.mark.parametrize("text", ["*: 500;" * 101, "#" * 20_001])
def test_far_too_much_is_refused(text: str) -> None:
    with pytest.raises(InvalidFaults):
        read_faults(text)


@given(st.text(st.sampled_from("*:;,%= /.GETPOSUsers500lostaferimx\n#")) | st.text())
def test_any_text_gives_rules_or_a_place(text: str) -> None:
    place = 1
    try:
        read_faults(text)
    except InvalidFaults as error:
        place = error.at

    assert 1 <= place <= len(text) + 1


@pytest.mark.parametrize("name", SCENARIOS)
def test_every_scenario_can_be_read(name: str) -> None:
    rules = read_faults(name)

    assert rules


def test_a_rule_meets_only_what_it_names() -> None:
    found = met(
        "POST,PUT /Users: 500; DELETE /Users/*: 503",
        ["POST /Users", "POST /Groups", "PUT /users/1", "DELETE /Users", "DELETE /Users/1"],
    )

    assert found == ["500", "", "", "", "503"]


def test_a_window_opens_and_closes() -> None:
    after = met("*: 500 after=2 for=1", ["GET /Users"] * 4)
    times = met("*: 500 times=1", ["GET /Users"] * 3)
    time = met("*: 503 after=1 for=20s", ["GET /Users"] * 5, step=10)

    assert after == ["", "", "500 after=2 for=1", ""]
    assert times == ["500 times=1", "", ""]
    assert [bool(one) for one in time] == [False, True, True, False, False]


def test_each_token_has_its_own_number_of_requests() -> None:
    found = met("token-expires after=1", ["GET /U a", "GET /U a", "GET /U b", "GET /U b"])

    assert [bool(one) for one in found] == [False, True, False, True]


def test_the_first_spoiled_answer_wins_and_waits_add_up() -> None:
    rules = read_faults("*: latency 1s, 500, 503, latency 2s, stale writes=1")

    fault = decide(rules, RequestFacts(1, "GET", ()), draw_of(0, 1), Counters(), 0.0)

    assert fault == Fault(
        (0, 1, 3, 4),
        "latency 1s, 500, latency 2s, stale writes=1",
        3.0,
        Refuse(500),
        (Stale(writes=1),),
    )


@given(st.integers(), st.lists(st.sampled_from(["GET /Users", "POST /Users"]), max_size=30))
def test_the_same_requests_meet_the_same_faults(seed: int, requests: list[str]) -> None:
    text = "flaky rate=20; rate-storm"

    once, again = met(text, requests, seed=seed), met(text, requests, seed=seed, step=7)

    assert once == again


def test_chance_is_about_what_was_asked_for_and_differs_by_seed() -> None:
    one, other = (met("*: 20% 500", ["GET /Users"] * 1_000, seed=seed) for seed in (1, 2))

    assert 150 < sum(map(bool, one)) < 250
    assert one != other


@given(st.integers(0, 10**6))
def test_a_wait_lies_within_its_bounds(number: int) -> None:
    rules = read_faults("*: latency 50ms..400ms; GET: latency p50=40ms p99=900ms")
    near, far = rules

    waits = [
        decide((rule,), RequestFacts(1, "GET", ()), draw_of(0, number), Counters(), 0.0)
        for rule in (near, far)
    ]

    assert waits[0] is not None
    assert 0.05 <= waits[0].wait <= 0.4
    assert waits[1] is not None
    assert 0 < waits[1].wait < 60


def test_half_of_the_waits_are_within_the_median() -> None:
    rules = read_faults("*: latency p50=40ms p99=900ms")
    faults = [
        decide(rules, RequestFacts(n, "GET", ()), draw_of(0, n), Counters(), 0.0)
        for n in range(2_000)
    ]

    waits = sorted(fault.wait for fault in faults if fault)

    assert 0.035 < waits[1_000] < 0.045
    assert 0.6 < waits[1_980] < 1.3


def rows_below(heading: str) -> list[list[str]]:
    """Return the cells of the tables in one section of the page on faults, without their heads."""
    text = PAGE.read_text(encoding="utf-8").partition(f"\n## {heading}\n")[2].partition("\n## ")[0]
    rows = [line.split("|")[1:-1] for line in text.splitlines() if line.startswith("| `")]
    return [[cell.strip() for cell in row] for row in rows]


def test_the_page_shows_every_kind_of_fault_with_every_option() -> None:
    texts = [row[0].strip("`") for row in rows_below("Kinds")]
    examples = [one for one in texts if not one.startswith(("after=", "for=", "times="))]
    windows = [one for one in texts if one not in examples]

    shown = {word.partition("=")[0] for one in examples for word in one.split()}
    options = {f"{name}" for kind in KINDS.values() for name in kind.options}

    assert all(len(read_faults(f"*: {one}")) == 1 for one in examples)
    assert all(len(read_faults(f"*: 500 {one}")) == 1 for one in windows)
    assert (set(KINDS) - {"STATUS"} | options) - shown == set()
    assert {one.partition("=")[0] for one in windows} == set(WINDOW_OPTIONS)


def test_the_page_shows_every_scenario_as_it_is() -> None:
    shown = {row[0].strip("`"): row[1:] for row in rows_below("Scenarios")}

    told = {
        name: [" ".join(f"{option}={value}" for option, value in one.defaults.items()), one.about]
        for name, one in SCENARIOS.items()
    }

    assert {name: [row[0].strip("`"), row[1]] for name, row in shown.items()} == told


def test_the_mistake_that_the_page_shows_is_answered_so() -> None:
    with pytest.raises(InvalidFaults) as caught:
        read_faults("*: latancy 5ms")

    assert str(caught.value).partition(" Write")[0] in PAGE.read_text(encoding="utf-8")
