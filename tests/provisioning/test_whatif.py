"""What would follow from a change, told from a plan."""

from dataclasses import replace

import pytest
from tests.provisioning.builders import (
    DEFAULT_ROLE,
    SALES,
    USER_ROLE,
    ada,
    facts,
    group_facts,
    linked,
    rules,
)

from seatkeeper.directory.model import Group, Kind, User
from seatkeeper.provisioning.causes import TRIES_AGAIN
from seatkeeper.provisioning.condition.model import All, Clause, Condition, MemberOf
from seatkeeper.provisioning.preview import Outlook, PlannedRecord, Preview
from seatkeeper.provisioning.scope import Grant
from seatkeeper.provisioning.whatif import Tried, consequences, hollow, readers


def planned(record: str, verb: Outlook, cause: str = "left group Sales") -> PlannedRecord:
    return PlannedRecord(Kind.USER, record, record, verb, cause=cause, requests=("PATCH",))


def plan(*records: PlannedRecord) -> Preview:
    return Preview("app", "incremental", "digest", 0, 1, records)


def test_who_loses_access_is_named_and_everything_is_counted():
    found = consequences(
        plan(planned("bo", Outlook.DISABLE), planned("cy", Outlook.CREATE)), plan(), (), rules()
    )

    assert [one.record_id for one in found.lose] == ["bo"]
    assert found.open_ones
    assert found.sentence == "The next cycle would do this: 1 create, 1 disable; 2 requests."


def test_what_would_be_done_anyway_is_no_consequence():
    anyway = plan(planned("bo", Outlook.FAIL, TRIES_AGAIN), planned("cy", Outlook.CREATE, "new"))
    both = plan(planned("bo", Outlook.FAIL, "left group Sales"), planned("cy", Outlook.CREATE))
    more = plan(planned("bo", Outlook.CREATE, TRIES_AGAIN), planned("cy", Outlook.CREATE))

    found = consequences(both, anyway, (), rules())

    assert (found.affected, found.sentence) == ((), "Nothing would be sent because of it.")
    assert not found.open_ones
    assert [one.record_id for one in consequences(more, anyway, (), rules()).affected] == ["bo"]


def test_whoever_keeps_access_by_another_way_is_named_with_it():
    stays = facts(ada(), link=linked())
    nobody = facts(ada(), grants=(DEFAULT_ROLE,), link=linked())
    unlinked = facts(ada())

    [one] = consequences(plan(), plan(), (stays,), rules()).stays

    assert (one.name, one.reason) == ("Ada", "is assigned through group Sales, role User")
    assert consequences(plan(), plan(), (nobody, unlinked), rules()).stays == ()
    assert consequences(plan(planned("ada", Outlook.UPDATE)), plan(), (stays,), rules()).stays == ()


def test_which_values_are_made_of_an_attribute():
    assert readers(["jobTitle", "displayName"], rules()) == ["title", "displayName"]
    assert readers(["city"], rules()) == []


def test_whoever_loses_an_account_or_access_comes_before_everybody_else():
    found = consequences(
        plan(
            planned("bo", Outlook.UPDATE),
            planned("cy", Outlook.DISABLE),
            planned("di", Outlook.CREATE),
            planned("ed", Outlook.DELETE),
        ),
        plan(),
        (),
        rules(),
    )

    assert [one.record_id for one in found.affected] == ["ed", "cy", "bo", "di"]


def said(
    tried: Tried,
    before: User | None = None,
    after: User | None = None,
    *,
    of: Condition | None = None,
) -> tuple[str, ...]:
    given = facts(before or ada())
    return hollow(tried, given, after or ada(), rules(user_filter=of), member_of={"g-sales"})


def test_an_attribute_that_nothing_reads_is_said_to_change_nothing():
    assert said(Tried(["city"]), after=ada(city="Oslo")) == (
        "No mapping, filter or matching rule of The App reads city: another value changes nothing "
        "there.",
    )


@pytest.mark.parametrize("name", ["jobTitle", "accountEnabled", "city"])
def test_what_a_mapping_the_scope_or_a_filter_reads_is_passed_over_in_silence(name: str):
    of = All((Clause("city", "EQUALS", ("Oslo",)),))

    assert said(Tried([name]), after=ada(enabled=False, jobTitle="Boss", city="Oslo"), of=of) == ()


def test_a_value_that_somebody_has_already_is_said_to_be_there():
    assert said(Tried(["jobTitle", "accountEnabled"])) == (
        "Ada has this jobTitle already.",
        "Ada has this accountEnabled already.",
    )


def test_who_is_in_a_group_cannot_join_it_and_who_is_not_cannot_leave_it():
    tried = Tried(
        joins={"g-sales": "Sales", "g-new": "New"}, leaves={"g-sales": "Sales", "g-old": "Old"}
    )

    assert said(tried) == (
        "Ada is a member of Sales already: joining it changes nothing.",
        "Ada is not a direct member of Old: leaving it changes nothing.",
    )


@pytest.mark.parametrize(
    ("grants", "sentences"),
    [
        ((Grant(),), ()),
        (
            (USER_ROLE,),
            (
                "Ada is assigned only through group Sales, role User: there is no direct "
                "assignment to end.",
            ),
        ),
        (
            (),
            ("Ada is not assigned to The App: there is no direct assignment to end.",),
        ),
    ],
)
def test_whoever_has_no_assignment_of_their_own_cannot_lose_it(grants, sentences):
    given = facts(ada(), grants=grants)

    assert hollow(Tried(unassigned=True), given, ada(), rules(), member_of=()) == sentences


def test_whoever_was_deleted_before_cannot_be_removed_again():
    assert said(Tried(removed=True), ada(deleted=True)) == (
        "Ada was deleted on 2026-03-02 already.",
    )
    assert said(Tried(removed=True)) == ()


def test_a_group_name_counts_where_a_filter_reads_it():
    given, renamed = group_facts(SALES), Group("g-sales", "Sellers")
    of = MemberOf("Sales")
    unmapped = replace(rules(), groups=None)

    [unread] = hollow(Tried(["displayName"]), given, renamed, unmapped, member_of=())
    read = hollow(
        Tried(["displayName"]), given, renamed, replace(unmapped, user_filter=of), member_of=()
    )

    assert unread.startswith("No mapping, filter or matching rule of The App reads displayName")
    assert read == ()
    assert hollow(Tried(["displayName"]), given, renamed, rules(), member_of=()) == ()


def test_a_record_that_is_gone_has_no_values_to_compare():
    gone = group_facts(None)

    assert hollow(Tried(["displayName"]), gone, None, rules(), member_of=()) == (
        "g-sales has this displayName already.",
    )
