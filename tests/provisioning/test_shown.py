"""What a reader agreed to holds as long as nothing more is taken away than they saw."""

from dataclasses import replace

import pytest

from seatkeeper.directory.model import Kind
from seatkeeper.provisioning.log import Modified, shown
from seatkeeper.provisioning.preview import Outlook, PlannedRecord
from seatkeeper.provisioning.shown import taken_unseen


def person(name: str, verb: Outlook) -> PlannedRecord:
    return PlannedRecord(Kind.USER, name, name.title(), verb)


SALES = PlannedRecord(Kind.GROUP, "sales", "", Outlook.UPDATE, remove=("bo",))
ENDS = (Modified("active", shown(True), shown(False)),)
BACK = (Modified("active", shown(False), shown(True)),)
SEEN = [person("bo", Outlook.DISABLE), person("cy", Outlook.DELETE), SALES]


@pytest.mark.parametrize(
    "now",
    [
        pytest.param([], id="nothing is left to do"),
        pytest.param(SEEN, id="the same"),
        pytest.param([*SEEN, person("di", Outlook.CREATE)], id="somebody gets an account"),
        pytest.param([*SEEN, person("ed", Outlook.UPDATE)], id="somebody's values change"),
        pytest.param([replace(person("ed", Outlook.UPDATE), changes=BACK)], id="access comes back"),
        pytest.param(
            [replace(person("bo", Outlook.UPDATE), changes=ENDS)], id="the same by a value"
        ),
        pytest.param([person("cy", Outlook.DISABLE)], id="deactivated instead of deleted"),
        pytest.param([person("bo", Outlook.HOLD)], id="held instead of sent"),
        pytest.param([replace(SALES, remove=())], id="a member stays"),
    ],
)
def test_what_takes_no_more_away_than_was_shown_holds(now: list[PlannedRecord]) -> None:
    assert taken_unseen(SEEN, now) == []


@pytest.mark.parametrize(
    ("now", "who"),
    [
        (person("di", Outlook.DISABLE), "Di"),
        (person("di", Outlook.UNLINK), "Di"),
        (person("di", Outlook.HOLD), "Di"),
        (person("bo", Outlook.DELETE), "Bo"),
        (replace(person("di", Outlook.UPDATE), held="the last administrator"), "Di"),
        (replace(SALES, remove=("bo", "di")), "sales"),
        (replace(person("di", Outlook.UPDATE), changes=ENDS), "Di"),
    ],
)
def test_who_loses_more_than_was_shown_is_named(now: PlannedRecord, who: str) -> None:
    assert taken_unseen(SEEN, [*SEEN, now]) == [who]
