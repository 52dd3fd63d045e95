"""What would follow from a change, told from a plan."""

from tests.provisioning.builders import DEFAULT_ROLE, ada, facts, linked, rules

from seatkeeper.directory.model import Kind
from seatkeeper.provisioning.causes import TRIES_AGAIN
from seatkeeper.provisioning.preview import Outlook, PlannedRecord, Preview
from seatkeeper.provisioning.whatif import consequences, readers


def planned(record: str, verb: Outlook, cause: str = "left group Sales") -> PlannedRecord:
    return PlannedRecord(Kind.USER, record, record, verb, cause=cause, requests=("PATCH",))


def plan(*records: PlannedRecord) -> Preview:
    return Preview("app", "incremental", "digest", 0, 1, records)


def test_who_loses_access_is_named_and_everything_is_counted():
    found = consequences(
        plan(planned("bo", Outlook.DISABLE), planned("cy", Outlook.CREATE)), (), rules()
    )

    assert [one.record_id for one in found.lose] == ["bo"]
    assert found.open_ones
    assert found.sentence == "The next cycle would do this: 1 create, 1 disable; 2 requests."


def test_whoever_was_waiting_before_is_no_consequence():
    found = consequences(plan(planned("bo", Outlook.FAIL, TRIES_AGAIN)), (), rules())

    assert (found.affected, found.sentence) == ((), "Nothing would be sent.")
    assert not found.open_ones


def test_whoever_keeps_access_by_another_way_is_named_with_it():
    stays = facts(ada(), link=linked())
    nobody = facts(ada(), grants=(DEFAULT_ROLE,), link=linked())
    unlinked = facts(ada())

    [one] = consequences(plan(), (stays,), rules()).stays

    assert (one.name, one.reason) == ("Ada", "is assigned through group Sales, role User")
    assert consequences(plan(), (nobody, unlinked), rules()).stays == ()
    assert consequences(plan(planned("ada", Outlook.UPDATE)), (stays,), rules()).stays == ()


def test_which_values_are_made_of_an_attribute():
    assert readers(["jobTitle", "displayName"], rules()) == ["title", "displayName"]
    assert readers(["city"], rules()) == []
