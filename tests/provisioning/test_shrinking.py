"""A source that came back short is told apart from people who leave, and said in words."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seatkeeper.provisioning.guard import Limits
from seatkeeper.provisioning.shrinking import Of, Part, Shrunk, Went, shrinkage, shrunk

ALLOWED = Limits().source_in_a_day.of
EVERYBODY = Part("hr", Of.EVERYBODY)
SALES = Part("hr", Of.DEPARTMENT, "sales", "Sales")
CREW = Part("hr", Of.GROUP, "group-1", "Crew")


def went(part: Part, *, now: int, gone: int, came: int = 0, held_before: int = 0) -> Went:
    return Went(part, now, frozenset(f"p{n}" for n in range(gone)), came, held_before)


@pytest.mark.parametrize(
    ("part", "before", "gone", "holds"),
    [
        (SALES, 4, 1, False),  # somebody leaves a small team
        (SALES, 4, 3, False),
        (SALES, 4, 4, True),
        (SALES, 16, 3, False),
        (SALES, 16, 4, True),  # 75 % are left
        (SALES, 20, 4, False),  # exactly 80 % are left
        (SALES, 20, 5, True),
        (SALES, 3, 3, False),  # a team of three is dissolved
        (EVERYBODY, 1_000, 200, False),
        (EVERYBODY, 1_000, 201, True),
        (EVERYBODY, 2, 2, True),  # but a source that is empty is never believed
        (EVERYBODY, 1, 1, False),  # but for one that only had one
        (CREW, 50, 11, True),
    ],
)
def test_more_than_a_fifth_and_more_than_three_must_be_missing_or_all(
    part: Part, before: int, gone: int, holds: bool
) -> None:
    found = shrunk(went(part, now=before - gone, gone=gone), ALLOWED)

    assert (found is not None) is holds


def test_a_team_whose_people_are_all_replaced_has_not_shrunk() -> None:
    assert shrunk(went(SALES, now=6, gone=6, came=6), ALLOWED) is None
    assert shrunk(went(SALES, now=2, gone=6, came=2), ALLOWED) == Shrunk(SALES, 6, 2, 3)


def test_what_waits_is_compared_with_the_count_before_it_waited_for_days() -> None:
    slowly = went(SALES, now=9, gone=1, held_before=20)

    assert shrunk(slowly, ALLOWED) == Shrunk(SALES, 20, 9, 16)


def test_it_is_full_again_when_no_more_are_missing_than_may() -> None:
    held = Shrunk(SALES, 20, 9, 16)

    nearly = shrinkage([went(SALES, now=15, gone=0, held_before=20)], ALLOWED)
    full = shrinkage([went(SALES, now=16, gone=0, held_before=20)], ALLOWED)
    unknown = shrinkage([], ALLOWED)

    assert nearly.still(held) == Shrunk(SALES, 20, 15, 16)
    assert full.still(held) is None
    assert unknown.still(held) == held


def test_who_is_in_several_parts_waits_for_the_widest_and_a_group_for_itself() -> None:
    parts = [went(one, now=2, gone=8) for one in (CREW, SALES, EVERYBODY)]

    found = shrinkage(parts, ALLOWED)

    assert {one.part for one in found.people.values()} == {EVERYBODY}
    assert {group: one.part for group, one in found.groups.items()} == {"group-1": CREW}


@pytest.mark.parametrize(
    ("part", "words"),
    [
        (EVERYBODY, "The source hr told of 1,000 active people, and now of 12."),
        (SALES, "The source hr told of 1,000 active people in the department Sales, and now of 12"),
        (CREW, "The source hr told of 1,000 people in the group Crew, and now of 12."),
        (Part("", Of.EVERYBODY), "Imported files told of 1,000 active people, and now of 12."),
    ],
)
def test_the_message_gives_both_counts_whose_they_are_and_what_to_do(
    part: Part, words: str
) -> None:
    said = str(Shrunk(part, 1_000, 12, 800))

    assert said.startswith(words)
    assert said.endswith(
        "Perhaps only a part was delivered: wait, and the next full delivery lifts this; "
        "or approve, if they are really gone."
    )


@given(st.integers(0, 300), st.integers(0, 300), st.integers(0, 300), st.integers(0, 300))
def test_what_waits_stops_waiting_exactly_where_it_would_not_begin_to(
    now: int, gone: int, came: int, later: int
) -> None:
    found = shrunk(went(SALES, now=now, gone=gone, came=came), ALLOWED)

    if found is not None:
        again = went(SALES, now=later, gone=0, held_before=found.before)
        begins = shrunk(again, ALLOWED) is not None
        assert (shrinkage([again], ALLOWED).still(found) is not None) is begins
