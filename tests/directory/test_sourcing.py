"""Whose a record is, and what a source may do with it: the whole table."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seatkeeper.configuration.inbound import inbound_mappings
from seatkeeper.directory.model import Kind
from seatkeeper.directory.sourcing import (
    MATCHING,
    REFUSALS,
    Holder,
    Own,
    Ruling,
    arrival,
    changing,
    may_write,
    recognised,
)

SOURCES = st.sampled_from(["hr", "okta"])
HOLDERS = st.builds(Holder, st.none() | SOURCES, shown=st.booleans(), administrator=st.booleans())


@pytest.mark.parametrize(
    ("holder", "on_arrival", "on_change"),
    [
        (Holder("hr"), Ruling.EXISTS, Ruling.CHANGE),
        (Holder("hr", shown=False), Ruling.RESTORE, Ruling.CHANGE),
        (Holder("okta"), Ruling.NOT_THEIRS, Ruling.NOT_THEIRS),
        (Holder("okta", shown=False), Ruling.NOT_THEIRS, Ruling.NOT_THEIRS),
        (Holder(None), Ruling.BY_HAND, Ruling.BY_HAND),
        (Holder("hr", administrator=True), Ruling.ADMINISTRATOR, Ruling.ADMINISTRATOR),
        (Holder(None, administrator=True), Ruling.ADMINISTRATOR, Ruling.ADMINISTRATOR),
    ],
)
def test_what_hr_may_do_follows_from_whose_it_is(
    holder: Holder, on_arrival: Ruling, on_change: Ruling
) -> None:
    assert (arrival("hr", holder), changing("hr", holder)) == (on_arrival, on_change)


def test_a_free_name_is_created() -> None:
    assert arrival("hr", None) is Ruling.CREATE


@given(source=SOURCES, holder=HOLDERS)
def test_a_source_touches_nothing_but_its_own(source: str, holder: Holder) -> None:
    touched = {Ruling.CHANGE, Ruling.RESTORE, Ruling.CREATE}

    rulings = {arrival(source, holder), changing(source, holder)}

    own = holder.source == source and not holder.administrator
    assert bool(rulings & touched) is own
    assert rulings - touched <= REFUSALS.keys()


@given(source=SOURCES, holder=HOLDERS, name=st.sampled_from(["jobTitle", "objectId", "skills"]))
def test_an_attribute_is_written_by_its_owner_where_it_is_mapped(
    source: str, holder: Holder, name: str
) -> None:
    mapped = {one.target for one in inbound_mappings().users.mappings} | {"objectId"}

    allowed = may_write(source, holder, Kind.USER, name, mapped)

    assert allowed is (changing(source, holder) is Ruling.CHANGE and name == "jobTitle")


def test_every_mapped_attribute_can_be_written_by_its_owner() -> None:
    found = inbound_mappings()

    refused = [
        one.target
        for mapping in (found.users, found.groups)
        for one in mapping.mappings
        if not may_write("hr", Holder("hr"), mapping.kind, one.target, {one.target})
    ]

    assert refused == []


@pytest.mark.parametrize(
    ("own", "named", "matching", "found"),
    [
        ([], None, MATCHING, None),
        ([], "n", MATCHING, "n"),
        ([Own("a", shown=True)], None, MATCHING, "a"),
        ([Own("a", shown=False)], "n", MATCHING, "a"),
        ([Own("a", shown=False), Own("b", shown=True)], "n", MATCHING, "b"),
        ([Own("a", shown=False), Own("b", shown=False)], "n", MATCHING, "n"),
        ([Own("a", shown=False), Own("b", shown=False)], None, MATCHING, None),
        ([Own("a", shown=True)], "n", ("userName", "externalId"), "n"),
        ([Own("a", shown=True)], None, ("userName",), None),
    ],
)
def test_the_first_rule_that_finds_somebody_decides_who_it_is(
    own: list[Own], named: str | None, matching: tuple[str, ...], found: str | None
) -> None:
    assert recognised(own, named, matching) == found
