"""What the console writes to be copied into a shell means what it says, whatever names are like."""

import shlex

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seatkeeper.console.words import command, typeable


@given(st.text(), st.text())
def test_a_command_reaches_the_program_word_by_word(group: str, person: str) -> None:
    written = command("groups", "remove", group, person)

    assert shlex.split(written) == ["seatkeeper", "groups", "remove", group, person]


@pytest.mark.parametrize("name", ["Engineering", "Café “Nord”", "$(reboot)", "הנדסה"])
def test_somebody_is_called_by_name(name: str) -> None:
    assert typeable(name, "7") == name


@pytest.mark.parametrize("name", ["", "--help", "a\u202egpj", "two\nlines", "x" * 500, "\x1b[2J"])
def test_a_name_that_misleads_is_not_copied(name: str) -> None:
    assert typeable(name, "7") == "7"
