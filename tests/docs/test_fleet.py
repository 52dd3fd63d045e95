"""The simulation of a fleet, whose figures docs/scaling.md has, keeps to what is real in it."""

from dataclasses import replace

from tools.simulate_fleet import AT_ONCE, PROFILES, SETTLES, Fleet, Told, simulate

QUIET = Fleet(
    apps=len(PROFILES), people=50_000, workers=2, seconds=300, changes_a_day=0.2, joining=0
)


def waits(told: Told, profile: str) -> float:
    """Return the longest wait in an app of that profile."""
    [found] = [one.longest for one in told.waits if one.profile == profile]
    return found


def test_the_same_seed_tells_the_same_and_another_one_something_else() -> None:
    assert simulate(QUIET) == simulate(QUIET)
    assert simulate(QUIET) != simulate(replace(QUIET, seed=2))


def test_where_nothing_is_short_a_change_waits_for_its_burst_its_cycle_and_its_answer() -> None:
    told = simulate(QUIET)

    least = SETTLES + QUIET.cycle_cost + QUIET.answer
    assert all(least <= one.median <= least + 0.1 for one in told.waits)


def test_a_whole_department_takes_as_long_as_the_app_s_published_limit_says() -> None:
    department = replace(QUIET, people=500_000, changes_a_day=1e-9, joining=1.0, joiners=500)

    told = simulate(department)

    assert waits(told, "shape-slow") >= (500 - 5) / 5
    assert waits(told, "shape-miro") >= 4 * 30
    assert told.left > 0, "180 writes a minute do not take 500 in the time that was left"


def test_too_few_workers_let_changes_wait_and_more_of_them_do_not() -> None:
    busy = replace(QUIET, apps=60, changes_a_day=10.0, cycle_cost=2.0, workers=1)

    one, many = simulate(busy), simulate(replace(busy, workers=30))

    assert one.busy > 0.9 > many.busy
    assert min(wait.median for wait in one.waits) > 5 * max(wait.median for wait in many.waits)
    assert one.changes == many.changes


def test_every_change_has_arrived_or_is_told_as_left() -> None:
    told = simulate(replace(QUIET, apps=3 * AT_ONCE, workers=1, cycle_cost=1.0))

    assert sum(one.changes for one in told.waits) + told.left == told.changes
