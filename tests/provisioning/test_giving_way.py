"""A large cycle stands aside for one that somebody waits for, and gets on all the same."""

import pytest

from seatkeeper.provisioning.cycle import CycleKind
from seatkeeper.provisioning.giving_way import FEW, LONGEST, Patience, is_awaited

OF_FEW = {CycleKind.INCREMENTAL, CycleKind.ON_DEMAND}


@pytest.mark.parametrize("kind", sorted(OF_FEW))
def test_somebody_waits_for_a_change_and_for_what_was_asked_for_by_name(kind: CycleKind) -> None:
    assert is_awaited(kind, 0)
    assert is_awaited(kind, FEW)


def test_a_change_that_turns_out_to_be_many_is_large_like_any_other() -> None:
    assert not is_awaited(CycleKind.INCREMENTAL, FEW + 1)


@pytest.mark.parametrize(
    "kind", sorted({*CycleKind} - {CycleKind.INCREMENTAL, CycleKind.ON_DEMAND})
)
def test_nobody_gives_way_to_a_cycle_over_everybody(kind: CycleKind) -> None:
    assert not is_awaited(kind, 0)


def test_a_cycle_stands_aside_for_a_moment_and_no_longer() -> None:
    fresh = Patience(at=100)

    after_a_while = fresh.stood_aside(100.25)
    in_the_end = after_a_while.stood_aside(100 + 5 * LONGEST)

    assert after_a_while.left == LONGEST - 0.25
    assert in_the_end.left == 0


def test_what_it_works_it_may_stand_aside_for_later() -> None:
    spent = Patience(at=100).stood_aside(100 + LONGEST)

    worked = spent.worked(100 + LONGEST + 0.5)

    assert worked.left == 0.5


def test_a_day_of_work_buys_no_long_wait() -> None:
    assert Patience(at=0).worked(86_400).left == LONGEST


def test_however_much_comes_it_works_for_half_of_the_time() -> None:
    patience, now, worked, stood = Patience(at=0), 0.0, 0.0, 0.0

    for _ in range(1_000):  # a page of a tenth of a second, then whatever patience it has
        now += 0.1
        worked += 0.1
        patience = patience.worked(now)
        stood += patience.left
        now += patience.left
        patience = patience.stood_aside(now)

    assert stood <= worked + LONGEST + 1e-6


def test_a_clock_that_stands_still_costs_and_earns_nothing() -> None:
    before = Patience(at=100, left=0.5)

    assert before.worked(100) == before.stood_aside(100) == before
    assert before.worked(99).left == before.stood_aside(99).left == 0.5
