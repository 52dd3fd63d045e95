"""Which values a person's attributes may have."""

import pytest

from seatkeeper.directory.attributes import (
    LONGEST,
    MOST_VALUES,
    Attribute,
    Type,
    checked,
    user_attribute,
)
from seatkeeper.errors import InvalidValue

TITLE = Attribute("jobTitle", Type.STRING)
SKILLS = Attribute("skills", Type.STRINGS)
ENABLED = Attribute("accountEnabled", Type.BOOLEAN)


@pytest.mark.parametrize(
    ("attribute", "value", "held"),
    [
        (TITLE, "Engineer", "Engineer"),
        (TITLE, "x" * LONGEST, "x" * LONGEST),
        (TITLE, "", None),
        (SKILLS, ("sail", "", "sail", "row"), ("sail", "row")),
        (SKILLS, ("x",) * MOST_VALUES, ("x",)),
        (SKILLS, ("",), None),
        (ENABLED, False, False),
    ],
)
def test_a_value_is_held_as_it_is_and_an_empty_one_is_none(attribute, value, held):
    assert checked(attribute, value) == held


@pytest.mark.parametrize(
    ("attribute", "value", "said"),
    [
        (TITLE, ("Engineer",), "jobTitle takes one text"),
        (TITLE, "x" * (LONGEST + 1), "longer than 65536 characters"),
        (TITLE, "a\0", r"U\+0000"),
        (TITLE, "\ud800", r"U\+D800"),
        (SKILLS, "sail", "skills takes a list of texts"),
        (SKILLS, ("x",) * (MOST_VALUES + 1), "more than 1000 values"),
        (ENABLED, "yes", "accountEnabled takes true or false"),
    ],
)
def test_a_value_that_nobody_can_hold_is_refused(attribute, value, said):
    with pytest.raises(InvalidValue, match=said):
        checked(attribute, value)


def test_an_extension_attribute_is_text_and_an_unknown_name_is_nothing():
    assert user_attribute("extension_hr_badge") == Attribute("extension_hr_badge", Type.STRING)
    assert user_attribute("badge") is None
