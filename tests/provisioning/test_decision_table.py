"""The rows of the decision table, one person at a time (docs/decision-table.md)."""

import pytest
from tests.provisioning.builders import (
    DEFAULT_ROLE,
    IN_STEP,
    MANAGER,
    SALES,
    SALES_LINK,
    USERS,
    account,
    ada,
    facts,
    group_facts,
    linked,
    rules,
)

from seatkeeper.directory.model import Group, Kind
from seatkeeper.errors import AmbiguousTarget, MatchingValueMissing
from seatkeeper.provisioning.account import ValueChange
from seatkeeper.provisioning.condition.model import Clause
from seatkeeper.provisioning.mapping.evaluate import MissingValues
from seatkeeper.provisioning.match import Question, the_one
from seatkeeper.provisioning.plan import (
    Adopt,
    Create,
    Delete,
    Disable,
    Reason,
    Skip,
    Update,
)
from seatkeeper.provisioning.walk import Decided, NeedsMatch, decide, decide_matched

OFF = (ValueChange("active", old=True, new=False),)


def needs(answer: object) -> NeedsMatch:
    assert isinstance(answer, NeedsMatch)
    return answer


def decided(answer: object) -> Decided:
    assert isinstance(answer, Decided)
    return answer


def test_row_1_a_joiner_whom_nobody_answers_to_is_created():
    joiner = facts(ada())

    asked = needs(decide(joiner, rules()))
    answer = decide_matched(joiner, asked, None, rules())

    assert list(asked.questions) == [Question("userName", "ada@larkspur.example")]
    assert answer.action == Create(IN_STEP)


def test_row_2_a_joiner_whose_account_exists_is_linked_and_updated_where_it_differs():
    joiner = facts(ada())
    found = account(title="Intern")

    answer = decide_matched(joiner, needs(decide(joiner, rules())), found, rules())

    assert answer.action == Update("t-1", (ValueChange("title", "Intern", "Engineer"),), found)


def test_row_2_a_joiner_whose_account_is_as_it_should_be_is_linked_without_a_write():
    joiner = facts(ada())

    answer = decide_matched(joiner, needs(decide(joiner, rules())), account(), rules())

    assert answer.action == Adopt("t-1", account())


def test_row_2_what_an_adopted_account_holds_beside_our_values_stays():
    joiner = facts(ada(jobTitle=None))
    found = account(title="Chosen in the app")

    answer = decide_matched(joiner, needs(decide(joiner, rules())), found, rules())

    assert answer.action == Adopt("t-1", found)


def test_row_3_nobody_is_chosen_among_several_accounts():
    question = Question("userName", "ada@larkspur.example")

    with pytest.raises(AmbiguousTarget) as caught:
        the_one(question, [account("t-1"), account("t-2")])

    assert caught.value.code == "DuplicateTargetEntries"
    assert "t-1, t-2" in caught.value.message


@pytest.mark.parametrize("leaver", [ada(enabled=False), ada(deleted=True)])
def test_row_4_somebody_disabled_or_deleted_never_gets_a_new_account(leaver):
    answer = decided(decide(facts(leaver), rules()))

    assert isinstance(answer.action, Skip)
    assert answer.action.reason is Reason.NOT_ENTITLED


def test_row_5_somebody_not_assigned_gets_no_account_and_the_reason_says_so():
    answer = decided(decide(facts(ada(), grants=()), rules()))

    assert answer.action == Skip(Reason.NOT_ENTITLED, "is not assigned to The App")


def test_row_5_default_access_alone_gives_no_account_where_the_app_has_roles_of_its_own():
    answer = decided(decide(facts(ada(), grants=(DEFAULT_ROLE,)), rules()))

    assert isinstance(answer.action, Skip)
    assert "only with Default Access" in answer.action.text


@pytest.mark.parametrize("ours", [rules(has_own_roles=False), rules(exclude_default_access=False)])
def test_row_5_default_access_counts_where_the_app_has_no_roles_or_the_switch_is_off(ours):
    answer = decide(facts(ada(), grants=(DEFAULT_ROLE,)), ours)

    assert isinstance(answer, NeedsMatch)


def test_row_6_a_mover_is_updated_only_where_the_last_known_state_differs():
    mover = facts(ada(jobTitle="Manager"), link=linked())

    answer = decided(decide(mover, rules()))

    assert answer.action == Update("t-1", (ValueChange("title", "Engineer", "Manager"),))


def test_row_7_somebody_unchanged_costs_nothing():
    answer = decided(decide(facts(ada(), link=linked()), rules()))

    assert isinstance(answer.action, Skip)
    assert answer.action.reason is Reason.IN_SYNC


def test_row_8_a_disabled_person_loses_access_together_with_whatever_else_changed():
    leaver = facts(ada(enabled=False, jobTitle="Former"), link=linked())

    answer = decided(decide(leaver, rules()))

    assert answer.action == Disable("t-1", (*OFF, ValueChange("title", "Engineer", "Former")))


def test_row_9_a_deleted_person_loses_access():
    answer = decided(decide(facts(ada(deleted=True), link=linked()), rules()))

    assert answer.action == Disable("t-1", OFF)


def test_row_10_somebody_unassigned_loses_access_and_no_other_value_is_sent_on():
    leaver = facts(ada(jobTitle="Secret project"), grants=(), link=linked())

    answer = decided(decide(leaver, rules()))

    assert answer.action == Disable("t-1", OFF)


def test_row_10_somebody_unassigned_whose_values_cannot_be_made_loses_access_all_the_same():
    answer = decided(decide(facts(ada(mail=None), grants=(), link=linked()), rules()))

    assert answer.action == Disable("t-1", OFF)


def test_row_11_somebody_whom_the_filter_leaves_out_loses_access():
    lamps = Clause("jobTitle", "EQUALS", ("Keeper",))

    answer = decided(decide(facts(ada(), link=linked()), rules(user_filter=lamps)))

    assert answer.action == Disable("t-1", OFF)
    assert answer.scope.reason == "fails the scoping filter: jobTitle is Engineer, not Keeper"


def test_row_11_a_group_whom_the_filter_leaves_out_is_deleted():
    lamps = Clause("displayName", "STARTS_WITH", ("App",))

    answer = decided(decide(group_facts(SALES, link=SALES_LINK), rules(group_filter=lamps)))

    assert answer.action == Delete("tg-1")


@pytest.mark.parametrize("kind", [Kind.USER, Kind.GROUP])
def test_row_12_whoever_merely_left_the_scope_is_left_alone_where_that_is_wanted(kind):
    user = facts(ada(), grants=(), link=linked())
    group = group_facts(SALES, grants=(), link=SALES_LINK)

    ours = rules(skip_out_of_scope_deletions=True)
    answer = decided(decide(user if kind is Kind.USER else group, ours))

    assert isinstance(answer.action, Skip)
    assert answer.action.reason is Reason.LEFT_ALONE
    assert answer.action.text.startswith("is not assigned to The App; ")


@pytest.mark.parametrize("leaver", [ada(enabled=False), ada(deleted=True)])
def test_row_12_whoever_is_disabled_or_deleted_as_well_still_loses_access(leaver):
    gone = facts(leaver, grants=(), link=linked())

    answer = decided(decide(gone, rules(skip_out_of_scope_deletions=True)))

    assert answer.action == Disable("t-1", OFF)


def test_row_13_a_purged_person_is_deleted_where_the_app_can():
    answer = decided(decide(facts(None, link=linked()), rules(hard_delete=True)))

    assert answer.action == Delete("t-1")


def test_row_13_a_purged_person_is_disabled_where_the_app_cannot_delete():
    answer = decided(decide(facts(None, link=linked()), rules()))

    assert answer.action == Disable("t-1", OFF, release=True)


def test_row_13_a_purged_person_already_inactive_is_left_and_the_log_says_why():
    answer = decided(decide(facts(None, link=linked(active=False)), rules()))

    assert isinstance(answer.action, Skip)
    assert answer.action.reason is Reason.CANNOT_DELETE
    assert answer.action.release
    assert "already is inactive" in answer.action.text


def test_row_14_somebody_enabled_again_gets_access_back_with_one_write():
    answer = decided(decide(facts(ada(), link=linked(active=False)), rules()))

    assert answer.action == Update("t-1", (ValueChange("active", old=False, new=True),))


def test_row_15_somebody_assigned_again_keeps_the_old_account():
    returning = facts(ada(jobTitle="Lead"), link=linked(active=False))

    answer = decided(decide(returning, rules()))

    assert isinstance(answer.action, Update)
    assert answer.action.account_id == "t-1"
    assert {change.path for change in answer.action.changes} == {"active", "title"}


def test_row_17_without_a_matching_value_nobody_can_be_found_or_told_apart():
    by_title = type(USERS)(
        USERS.kind, [m for m in USERS.mappings if m.target in {"active", "mail"}]
    )

    with pytest.raises(MatchingValueMissing) as caught:
        decide(facts(ada()), rules(users=by_title))

    assert caught.value.code == "ImportSkipped"


def test_somebody_without_a_value_the_app_requires_waits_and_the_message_names_it():
    with pytest.raises(MissingValues) as caught:
        decide(facts(ada(mail=None)), rules())

    assert "mail is empty" in caught.value.message
    assert caught.value.advice


def test_row_18_a_group_no_longer_assigned_is_deleted():
    answer = decided(decide(group_facts(SALES, grants=(), link=SALES_LINK), rules()))

    assert answer.action == Delete("tg-1")


def test_row_18_a_group_gone_from_the_directory_is_deleted():
    answer = decided(decide(group_facts(None, grants=(), link=SALES_LINK), rules()))

    assert answer.action == Delete("tg-1")


def test_a_renamed_group_is_found_by_its_link_never_by_matching_again():
    renamed = group_facts(Group("g-sales", "Revenue"), link=SALES_LINK)

    answer = decided(decide(renamed, rules()))

    assert answer.action == Update("tg-1", (ValueChange("displayName", "Sales", "Revenue"),))


def test_row_21_a_manager_without_account_is_left_out_and_remembered():
    answer = needs(decide(facts(ada(manager="grace")), rules()))

    assert MANAGER not in answer.desired.always
    assert answer.waiting == {MANAGER: "grace"}


def test_row_21_a_manager_who_got_an_account_later_is_written_then():
    healed = facts(ada(manager="grace"), link=linked(), accounts={"grace": "t-9"})

    answer = decided(decide(healed, rules()))

    assert answer.action == Update("t-1", (ValueChange(MANAGER, None, "t-9"),))


def test_row_22_a_removed_manager_is_cleared():
    orphan = facts(ada(), link=linked(**{MANAGER: "t-9"}))

    answer = decided(decide(orphan, rules()))

    assert answer.action == Update("t-1", (ValueChange(MANAGER, "t-9", None),))
