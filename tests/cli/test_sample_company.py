"""The sample company is what the demo says it is, at every size."""

from collections import Counter
from pathlib import Path

import pytest

from seatkeeper.cli.sample_company import (
    SAMPLE_SIZE,
    sample_digest,
    sample_direct_assignments,
    sample_edits,
    sample_expectations,
    sample_file,
    sample_groups,
    sample_people,
)
from seatkeeper.connectors.people_files import check_people_file
from seatkeeper.errors import InvalidValue

AWKWARD = {"MissingValues", "DuplicateSourceEntries"}


def line_of(managers: dict[str, str | None], name: str) -> list[str]:
    line = [name]
    while (above := managers[line[-1]]) and above not in line:
        line.append(above)
    return line


def test_larkspur_has_250_people_and_14_groups_nine_of_them_assigned() -> None:
    groups = sample_groups()

    assert len(list(sample_people())) == SAMPLE_SIZE
    assert len(groups) == 14
    assert sum(group.assigned for group in groups) == 9
    assert len(next(g for g in groups if g.display_name == "Everyone in Sales").members) == 12


def test_between_185_and_200_people_are_in_scope_and_at_most_8_are_awkward() -> None:
    expected = sample_expectations()
    outcomes = Counter(one.outcome for one in expected.values())

    assert len(expected) == SAMPLE_SIZE
    assert 185 <= outcomes["provisioned"] + outcomes["failed"] <= 200
    assert outcomes["failed"] == outcomes["skipped"] == 3


def test_everybody_reports_to_one_chief_over_at_most_six_levels_but_for_one_loop() -> None:
    managers = {row.user_name: row.manager for row in sample_people()}
    lines = {name: line_of(managers, name) for name in managers}
    looped = [name for name, line in lines.items() if managers[line[-1]]]

    assert [name for name, manager in managers.items() if not manager] == [next(iter(managers))]
    assert len(looped) == 2
    assert 5 <= max(len(line) for line in lines.values()) <= 6


def test_the_awkward_people_are_awkward_in_the_way_that_is_written_down() -> None:
    people = {row.user_name: row for row in sample_people()}
    expected = sample_expectations()
    mails = Counter(row.attributes.get("mail") for row in people.values())

    for name, row in people.items():
        outcome = expected[name]
        mail = row.attributes.get("mail")
        assert (mail is None) == (outcome.code == "MissingValues")
        assert (mail is not None and mails[mail] > 1) == (outcome.code == "DuplicateSourceEntries")
        assert row.enabled or outcome.outcome == "skipped"
    assert sum("'" in name for name in people) == 1
    assert sum(str(row.attributes["employeeHireDate"]) > "2029" for row in people.values()) == 1


def test_somebody_in_scope_has_a_manager_who_is_not() -> None:
    expected = sample_expectations()

    missing = [
        row.user_name
        for row in sample_people()
        if row.manager
        and expected[row.user_name].outcome == "provisioned"
        and expected[row.manager].outcome == "not assigned"
    ]

    assert len(missing) == 1


def test_one_person_is_assigned_with_default_access_only() -> None:
    [default] = [one for one in sample_direct_assignments() if one.role is None]

    assert sample_expectations()[default.user_principal_name].outcome == "skipped"


@pytest.mark.parametrize("size", [1, 7, 100, 249, 250, 251, 500, 2_003])
def test_a_company_of_any_size_hangs_together(size: int, tmp_path: Path) -> None:
    path = tmp_path / "people.jsonl"
    path.write_text("".join(sample_file(size)), encoding="utf-8")
    people = list(sample_people(size))
    names = {row.user_name for row in people}

    assert check_people_file(path).rows == size == len(names)
    assert {row.manager for row in people if row.manager} <= names
    assert {member for group in sample_groups(size) for member in group.members} <= names
    assert sample_expectations(size).keys() == names
    assert Counter(group for row in people for group in row.groups or ()) == Counter(
        {g.display_name: len(g.members) for g in sample_groups(size) if g.members}
    )


def test_a_larger_company_has_no_more_awkward_people() -> None:
    outcomes = Counter(one.outcome for one in sample_expectations(5_000).values())
    mails = Counter(row.attributes.get("mail") for row in sample_people(5_000))

    assert outcomes["failed"] == outcomes["skipped"] == 3
    assert [count for mail, count in mails.items() if mail and count > 1] == [2]


def test_of_two_who_share_an_address_the_first_is_fine_while_the_second_is_absent() -> None:
    everybody = list(sample_expectations())
    sharing = [
        everybody.index(name)
        for name, one in sample_expectations().items()
        if one.code == "DuplicateSourceEntries"
    ]

    few = sample_expectations(max(sharing))

    assert few[everybody[min(sharing)]].outcome == "provisioned"


def test_the_demo_edits_touch_different_everyday_people() -> None:
    edits = sample_edits()
    expected = sample_expectations()
    touched = [edits.title_of, edits.joiner, edits.leaver, edits.disabled, edits.report]

    assert len({*touched, edits.new_manager}) == 6
    assert expected[edits.joiner].outcome == "not assigned"
    for name in {*touched, edits.new_manager} - {edits.joiner}:
        assert expected[name].outcome == "provisioned"


@pytest.mark.parametrize("size", [100, 150, 250, 1_000])
def test_who_leaves_was_in_one_assigned_group_only(size: int) -> None:
    edits = sample_edits(size)
    assigned = [
        g.display_name for g in sample_groups(size) if g.assigned and edits.leaver in g.members
    ]

    assert assigned == [edits.left_group]
    assert edits.leaver not in {o.user_principal_name for o in sample_direct_assignments()}


def test_a_tiny_company_is_too_small_for_the_edits() -> None:
    with pytest.raises(InvalidValue, match="too small"):
        sample_edits(10)


def test_imports_of_different_sizes_are_told_apart() -> None:
    assert sample_digest(250) == sample_digest() != sample_digest(251)
