"""What the console writes to be copied into a shell means what it says, whatever names are like."""

import re
import shlex
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seatkeeper.console.words import command, typeable, visible


@given(st.text(), st.text())
def test_a_command_reaches_the_program_word_by_word(group: str, person: str) -> None:
    written = command("groups", "remove", group, person)

    assert shlex.split(written) == ["seatkeeper", "groups", "remove", group, person]


@given(st.text(max_size=100))
def test_of_foreign_text_only_what_cannot_be_seen_is_shown_as_a_sign(text: str) -> None:
    shown = visible(text)

    seen = "".join("." if unseen(char) else char for char in text)
    assert re.sub("[\u2400-\u241f]|⟨U\\+[0-9A-F]{4,6}⟩", ".", shown) == re.sub(
        "[\u2400-\u241f]|⟨U\\+[0-9A-F]{4,6}⟩", ".", seen
    )


def unseen(char: str) -> bool:
    """Whether a character is a control, a mark of formatting or half of one."""
    return (
        unicodedata.category(char) in {"Cc", "Cf", "Zl", "Zp", "Cs"} and char not in "\u200c\u200d"
    )


@pytest.mark.parametrize("name", ["Engineering", "Café “Nord”", "$(reboot)", "הנדסה"])
def test_somebody_is_called_by_name(name: str) -> None:
    assert typeable(name, "7") == name


@pytest.mark.parametrize("name", ["", "--help", "a\u202egpj", "two\nlines", "x" * 500, "\x1b[2J"])
def test_a_name_that_misleads_is_not_copied(name: str) -> None:
    assert typeable(name, "7") == "7"
