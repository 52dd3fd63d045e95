"""How entries of the log, checks of a connection and cycles are summed up in one word."""

import pytest
from tests.provisioning.test_four_eyes import NOW

from seatkeeper.directory.model import Kind
from seatkeeper.provisioning.connection import (
    CheckName,
    CheckResult,
    ConnectionCheck,
    not_reached,
    usable,
)
from seatkeeper.provisioning.cycle import Counters
from seatkeeper.provisioning.events import Outcome, outcome_of
from seatkeeper.provisioning.log import LogEntry, Status
from seatkeeper.provisioning.plan import Reason


@pytest.mark.parametrize(
    ("status", "code", "outcome"),
    [
        (Status.SUCCESS, "", Outcome.DONE),
        (Status.FAILURE, "UnprocessableEntity", Outcome.FAILED),
        (Status.SKIPPED, Reason.HELD, Outcome.HELD),
        (Status.SKIPPED, Reason.NOT_ENTITLED, Outcome.OUT_OF_SCOPE),
        (Status.SKIPPED, Reason.IN_SYNC, Outcome.UNCHANGED),
    ],
)
def test_an_entry_ended_in_one_of_five_ways(status: Status, code: str, outcome: Outcome) -> None:
    entry = LogEntry("1", "15five", "c", NOW, Kind.USER, "u", "Ada", "create", status, code=code)

    assert outcome_of(entry) is outcome


def test_after_the_address_fails_nothing_else_is_reached() -> None:
    failed = ConnectionCheck(CheckName.ADDRESS, CheckResult.FAILED)

    rest = not_reached(CheckName.ADDRESS)

    assert [one.name for one in rest] == list(CheckName)[1:]
    assert {one.result for one in rest} == {CheckResult.NOT_REACHED}
    assert not usable([failed, *rest])


def test_what_is_not_needed_may_fail_and_no_checks_prove_nothing() -> None:
    passed = ConnectionCheck(CheckName.TOKEN, CheckResult.PASSED)
    spare = ConnectionCheck(CheckName.GROUPS, CheckResult.FAILED, needed=False)

    assert (usable([passed, spare]), usable([])) == (True, False)


def test_everybody_failed_only_where_nobody_came_through() -> None:
    all_failed, some, nobody = Counters(failed=2), Counters(failed=2, created=1), Counters()

    assert (all_failed.all_failed, some.all_failed, nobody.all_failed) == (True, False, False)
    assert (all_failed.wrote, some.wrote) == (False, True)
