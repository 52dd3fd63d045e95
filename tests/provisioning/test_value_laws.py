"""Laws of one account's values, over every way of flowing and every kind of attribute."""

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from seatkeeper.directory.model import Kind, User, Value
from seatkeeper.provisioning.account import TargetValue
from seatkeeper.provisioning.mapping.evaluate import Circumstances, Desired, want_user
from seatkeeper.provisioning.mapping.model import (
    Applies,
    Direct,
    Mapping,
    ObjectMapping,
    ValueType,
    WhenNull,
)
from seatkeeper.provisioning.plan import differences, known_after, same
from seatkeeper.scim.element_text import element_text

WORDS = st.sampled_from(["ada", "Ada", "Zoë", "b"])
LISTS = st.lists(WORDS, min_size=1, max_size=4).map(tuple)
ELEMENTS = st.lists(
    st.sampled_from(['{"value": "ada"}', element_text({"value": "Ada"}), '{"value": "b"}']),
    min_size=1,
).map(tuple)
MAPPINGS = st.builds(
    Mapping,
    st.just("target"),
    st.just(Direct("source")),
    type=st.sampled_from([ValueType.STRING, ValueType.COMPLEX]),
    applies=st.sampled_from(Applies),
    default=st.none() | WORDS,
    case_exact=st.booleans(),
    multi_valued=st.booleans(),
    when_null=st.sampled_from(WhenNull),
).filter(lambda one: one.multi_valued or one.type is ValueType.STRING)
SOURCES = st.none() | WORDS | LISTS


@st.composite
def cases(draw: st.DrawFn) -> tuple[Mapping, ObjectMapping, User, dict[str, TargetValue]]:
    mapping = draw(MAPPINGS)
    held: Any = ELEMENTS if mapping.type is ValueType.COMPLEX else LISTS
    known = draw(st.none() | (held if mapping.multi_valued else WORDS))
    source = draw(st.none() | (LISTS if mapping.multi_valued else WORDS))
    attributes: dict[str, Value] = {}
    if source is not None:
        attributes["source"] = source if isinstance(source, str) else tuple(source)
    values = {} if known is None else {"target": known}
    return mapping, ObjectMapping(Kind.USER, (mapping,)), User("ada", attributes), values


def wanted(person: User, whole: ObjectMapping) -> Desired:
    return want_user(person, whole, Circumstances(creating=False))


@settings(deadline=None, max_examples=500)
@given(case=cases(), adopting=st.booleans())
def test_values_that_were_written_leave_nothing_to_write(case: Any, adopting: bool) -> None:
    _, whole, person, known = case
    desired = wanted(person, whole)

    changes = differences(known, desired, whole, adopting=adopting)
    after = known_after(known, changes)

    assert differences(after, desired, whole, adopting=adopting) == ()


@settings(deadline=None, max_examples=500)
@given(case=cases())
def test_what_is_always_wanted_is_what_the_account_has_afterwards(case: Any) -> None:
    mapping, whole, person, known = case
    desired = wanted(person, whole)

    after = known_after(known, differences(known, desired, whole))

    if mapping.applies is Applies.ALWAYS and "target" in desired.always:
        assert same(mapping, after.get("target"), desired.always["target"])


@settings(deadline=None, max_examples=500)
@given(case=cases())
def test_a_list_whose_values_are_all_gone_is_always_written(case: Any) -> None:
    mapping, whole, _, known = case
    emptied = wanted(User("ada", {}), whole)

    changes = differences(known, emptied, whole)

    clears = (
        mapping.applies is Applies.ALWAYS
        and mapping.when_null is not WhenNull.SKIP
        and mapping.default is None
    )
    if clears:
        assert bool(changes) is bool(known)


@settings(deadline=None, max_examples=500)
@given(case=cases())
def test_a_mapping_that_only_adds_never_takes_a_value_away(case: Any) -> None:
    mapping, whole, person, known = case
    adds = (Applies.VALUE_ADD, Applies.MULTI_VALUE_ADD, Applies.IF_EMPTY, Applies.ON_CREATE)

    for change in differences(known, wanted(person, whole), whole):
        if mapping.applies in adds and isinstance(change.old, tuple):
            assert isinstance(change.new, tuple)
            assert all(any(same(mapping, one, other) for other in change.new) for one in change.old)
