"""Joins and leaves of a group as the least difference, whatever the client wrote."""

from collections.abc import Iterable

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.scim.people import GROUPS, message

from seatkeeper.scim.errors import ScimError
from seatkeeper.scim.filter import parse_filter
from seatkeeper.scim.members import (
    MOST_MEMBERS,
    MemberChange,
    MemberWrite,
    member_ids,
    merged_changes,
    split_members,
)
from seatkeeper.scim.messages import GROUP, Json, Resource
from seatkeeper.scim.operation import Operation, read_operations

ADD, REMOVE, REPLACE = MemberWrite
RENAME: Resource = {"op": "replace", "path": "displayName", "value": "New"}


def split(*operations: Resource) -> tuple[tuple[Operation, ...], tuple[MemberChange, ...]]:
    return split_members(read_operations(message(*operations), GROUPS))


@pytest.mark.parametrize(
    ("operation", "change"),
    [
        (
            {"op": "Add", "path": "members", "value": [{"$ref": None, "value": "a"}]},
            MemberChange(ADD, ("a",)),
        ),
        (
            {"op": "add", "path": f"{GROUP}:MEMBERS", "value": {"VALUE": "a"}},
            MemberChange(ADD, ("a",)),
        ),
        ({"op": "add", "value": {"members": ["a", "a"]}}, MemberChange(ADD, ("a",))),
        (
            {"op": "Remove", "path": "members", "value": [{"value": "a"}]},
            MemberChange(REMOVE, ("a",)),
        ),
        (
            {"op": "remove", "path": 'members[value eq "a" or VALUE eq "b"]'},
            MemberChange(REMOVE, ("a", "b")),
        ),
        ({"op": "remove", "path": "members"}, MemberChange(REPLACE, ())),
        ({"op": "remove", "path": "members", "value": []}, MemberChange(REPLACE, ())),
        ({"op": "replace", "path": "members", "value": None}, MemberChange(REPLACE, ())),
        (
            {"op": "replace", "path": "members", "value": [{"value": "b"}]},
            MemberChange(REPLACE, ("b",)),
        ),
        *(
            (
                {"op": "remove", "path": f"members[{text}]"},
                MemberChange(REMOVE, (), parse_filter(text)),
            )
            for text in (
                'type eq "User"',
                'value sw "a"',
                'value eq "a" and type eq "User"',
                "value eq 3",
                "value pr",
                'value eq "a" or display eq "b"',
                'value.x eq "a"',
            )
        ),
    ],
)
def test_joins_and_leaves_are_understood_in_each_shape(
    operation: Resource, change: MemberChange
) -> None:
    rest, changes = split(operation, RENAME)

    assert [str(one.path) for one in rest] == ["displayName"]
    assert changes == (change,)


def test_the_last_word_on_each_person_counts() -> None:
    _, changes = split(
        {"op": "add", "path": "members", "value": ["a", "b", "c"]},
        {"op": "remove", "path": 'members[value eq "b"]'},
        {"op": "remove", "path": 'members[value eq "d"]'},
        {"op": "add", "path": "members", "value": ["d"]},
    )

    assert changes == (MemberChange(REMOVE, ("b",)), MemberChange(ADD, ("a", "c", "d")))


def test_a_replacing_swallows_what_was_said_before_it() -> None:
    _, changes = split(
        {"op": "add", "path": "members", "value": ["a"]},
        {"op": "replace", "path": "members", "value": ["b", "c"]},
        {"op": "remove", "path": 'members[value eq "c"]'},
    )

    assert changes == (MemberChange(REPLACE, ("b",)),)


def test_nothing_crosses_a_filter_that_must_look_at_the_members() -> None:
    where = parse_filter('type eq "User"')
    wall = MemberChange(REMOVE, (), where)
    a, b = MemberChange(ADD, ("a",)), MemberChange(ADD, ("b",))

    assert merged_changes([a, wall, b, b]) == (a, wall, b)


@pytest.mark.parametrize(
    ("operation", "status", "scim_type"),
    [
        ({"op": "add", "path": "members.value", "value": "a"}, 400, "mutability"),
        ({"op": "add", "path": 'members[value eq "a"]', "value": "a"}, 400, "mutability"),
        ({"op": "remove", "path": 'members[value eq "a"].display'}, 400, "mutability"),
        ({"op": "add", "path": "members", "value": [{"display": "a"}]}, 400, "invalidValue"),
        ({"op": "add", "path": "members", "value": [{"value": 3}]}, 400, "invalidValue"),
        ({"op": "add", "path": "members", "value": [""]}, 400, "invalidValue"),
        ({"op": "add", "path": "members", "value": 3}, 400, "invalidValue"),
        ({"op": "add", "path": "members", "value": ["a"] * (MOST_MEMBERS + 1)}, 413, "tooMany"),
    ],
)
def test_a_change_of_members_that_means_nothing_is_refused(
    operation: Resource, status: int, scim_type: str
) -> None:
    with pytest.raises(ScimError) as caught:
        split(operation)

    assert (caught.value.status, caught.value.scim_type) == (status, scim_type)


@pytest.mark.parametrize("value", [None, [], [None]])
def test_a_group_without_members_names_none(value: Json) -> None:
    assert member_ids(value) == ()


def carried_out(held: Iterable[str], changes: Iterable[MemberChange]) -> set[str]:
    members = set(held)
    for change in changes:
        if change.write is REPLACE:
            members = set(change.ids)
        elif change.write is ADD:
            members |= set(change.ids)
        else:
            members -= set(change.ids)
    return members


IDS = st.sets(st.sampled_from("abcd"))
CHANGES = st.lists(st.builds(MemberChange, st.sampled_from(MemberWrite), IDS.map(tuple)))


@given(held=IDS, changes=CHANGES)
def test_the_least_difference_leaves_the_same_members(
    held: set[str], changes: list[MemberChange]
) -> None:
    fewer = merged_changes(changes)

    assert carried_out(held, fewer) == carried_out(held, changes)
    assert len(fewer) <= 2
