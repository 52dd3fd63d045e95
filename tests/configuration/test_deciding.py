"""Which edits of an app that is on are looked at before they are saved."""

import pytest

from seatkeeper.configuration.deciding import needs_a_look
from seatkeeper.configuration.settings import AppSettings

ON = AppSettings(gallery="15five", name="15Five", exclude_default_access=True, status="on")
OFF = AppSettings(gallery="15five", name="15Five", exclude_default_access=True, status="off")


@pytest.mark.parametrize(
    "line",
    [
        "mapping of users: title: jobTitle -> department",
        "actions of groups: create, update -> create",
        "groups: on -> off",
        "scope: assigned -> all",
        "scoping filter of users: none -> department EQUALS Sales",
        "skip out-of-scope deletions: no -> yes",
        "deletion guard: on -> off",
    ],
)
def test_what_decides_who_gets_what_or_what_is_held_is_seen_first(line: str) -> None:
    assert needs_a_look(ON, ["name: 15Five -> Fifteen", line])
    assert not needs_a_look(OFF, [line])


@pytest.mark.parametrize("lines", [[], ["name: 15Five -> Fifteen", "every: 40m -> 2h"]])
def test_what_reaches_nobody_is_saved_at_once(lines: list[str]) -> None:
    assert not needs_a_look(ON, lines)
