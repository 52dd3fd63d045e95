"""Who is written first, so that a manager is there before the people who report to them."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from seatkeeper.provisioning import reference
from seatkeeper.provisioning.mapping.evaluate import Desired
from seatkeeper.provisioning.reference import behind, levels, placed, resolve

PEOPLE = [f"p{n}" for n in range(12)]
LINES = st.dictionaries(
    st.sampled_from(PEOPLE), st.none() | st.sampled_from([*PEOPLE, "outside"]), min_size=1
)


def test_a_chain_of_managers_is_written_from_the_top():
    order = levels({"engineer": "lead", "lead": "boss", "boss": None})

    assert order["boss"] < order["lead"] < order["engineer"]


def test_somebody_whose_manager_is_there_already_waits_for_nobody():
    assert levels({"engineer": "already in the app"}) == {"engineer": 0}


def test_two_people_who_manage_each_other_are_both_written():
    order = levels({"a": "b", "b": "a"})

    assert sorted(order) == ["a", "b"]
    assert order["a"] != order["b"]


@settings(deadline=None)
@given(LINES)
def test_everybody_has_a_place_and_comes_after_their_manager_unless_they_are_in_a_loop(line):
    order = levels(line)

    assert set(order) == set(line)
    for person, manager in line.items():
        if manager in line and not _in_a_loop(person, line):
            assert order[person] > order[manager]


@settings(deadline=None)
@given(LINES, st.dictionaries(st.sampled_from(PEOPLE), st.integers(1, 20)))
def test_nobody_comes_earlier_than_their_place_and_who_has_one_in_order_keeps_it(line, held):
    [first] = placed(line, held=held)

    assert all(place >= held.get(one, 0) for one, place in first.items())
    assert list(placed(line, held=first)) == [first]


@settings(deadline=None)
@given(LINES, st.data())
def test_a_line_that_was_half_stored_is_in_order_once_it_is_placed_again(line, data):
    whole = levels(line)
    stored = data.draw(st.sets(st.sampled_from(sorted(whole))), label="stored")

    [again] = placed(line, held={one: whole[one] for one in stored})

    assert again == whole


@settings(deadline=None)
@given(LINES)
def test_whom_nobody_waits_for_comes_right_behind_their_manager(line):
    heads = {one: line[one] for one in line if one in line.values()}

    places = levels(heads)
    last = behind(
        [(one, line[one], 0) for one in line if one not in heads and line[one] in heads], places
    )

    order = {**dict.fromkeys(line, 0), **places, **last}
    for person, manager in line.items():
        if manager in line and not _in_a_loop(person, line):
            assert order[person] > order[manager]
    if not any(_in_a_loop(one, line) for one in line):
        assert order == levels(line)


def test_a_long_line_comes_in_pages_and_who_is_written_already_moves_nobody(
    monkeypatch: pytest.MonkeyPatch,
):
    monkeypatch.setattr(reference, "PAGE", 2)
    line = {"a": None, "b": "a", "c": "b", "d": "c", "e": "d"}

    pages = list(placed(line))
    rest = list(placed({"d": "c", "e": "d"}, held={"d": 3, "e": 4}))

    assert pages == [{"a": 0, "b": 1}, {"c": 2, "d": 3}, {"e": 4}]
    assert rest == [{"d": 3, "e": 4}]


def _in_a_loop(person: str, line: dict[str, str | None]) -> bool:
    at = line.get(person)
    for _ in PEOPLE:
        if at == person:
            return True
        at = line.get(at) if at is not None else None
    return False


def test_a_reference_without_account_is_left_out_and_named():
    wanted = Desired({"title": "Engineer"}, references={"manager": "grace"})

    resolved = resolve(wanted, {})

    assert resolved.desired.always == {"title": "Engineer"}
    assert resolved.waiting == {"manager": "grace"}
