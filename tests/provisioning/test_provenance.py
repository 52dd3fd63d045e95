"""Where a value comes from, and why it is (not) written, word for word."""

from dataclasses import replace
from typing import Any

import pytest
from tests.provisioning.builders import (
    GROUPS,
    MANAGER,
    SALES,
    SALES_LINK,
    USERS,
    ada,
    facts,
    group_facts,
    linked,
    rules,
)

from seatkeeper.errors import InvalidValue
from seatkeeper.provisioning.explain import Remembered, explain
from seatkeeper.provisioning.expression.compile import compiled
from seatkeeper.provisioning.mapping.model import (
    Applies,
    Constant,
    Direct,
    Mapping,
    Nothing,
    WhenNull,
)
from seatkeeper.provisioning.membership import Membership, Missing, Some, some_of
from seatkeeper.provisioning.naming import HIDDEN, new_account
from seatkeeper.provisioning.provenance import members_origin, names_members, origin
from seatkeeper.provisioning.rules import Rules

SOURCE = "jobTitle"
LEFT_ALONE = rules(skip_out_of_scope_deletions=True)


def titled(**how: Any) -> Rules:
    """Return the app's rules with another mapping onto the title."""
    source = how.pop("source", Direct(SOURCE))
    one = Mapping("title", source, **how)
    others = tuple(mapping for mapping in USERS.mappings if mapping.target != "title")
    return rules(users=replace(USERS, mappings=(*others, one)))


TOLD = [
    (facts(ada(), link=linked()), rules(),
     "title is Engineer, from jobTitle; the account is in step."),
    (facts(ada(), link=linked(title="Boss")), rules(),
     "title is to become Engineer, from jobTitle; the account has Boss."),
    (facts(ada(jobTitle=None), link=linked()), rules(),
     "title is to become empty, from jobTitle; the account has Engineer."),
    (facts(ada()), rules(), "title will be Engineer in the new account, from jobTitle."),
    (facts(ada(jobTitle=None)), rules(), "title will be empty in the new account, from jobTitle."),
    (facts(ada(), grants=()), rules(),
     "Ada has no account in The App, because Ada is not assigned to The App."),
    (facts(ada(), grants=(), link=linked()), rules(),
     "title is left as it is: Ada is not assigned to The App, so only access is written."),
    (facts(ada(mail=None)), rules(),
     "Nothing is written to The App for Ada: mail is empty, and mail needs a value. Fill it in the "
     "directory, or map another attribute."),
    (facts(ada(jobTitle=None), link=linked()), titled(when_null=WhenNull.SKIP),
     "title is left as it is: jobTitle is empty, and the mapping clears nothing."),
    (facts(ada(), link=linked(title="Boss")), titled(applies=Applies.ON_CREATE),
     "title is left as it is: it is written only when the account is made."),
    (facts(ada()), titled(applies=Applies.ON_CREATE),
     "title is set once, when the account is made: Engineer."),
    (facts(ada(), link=linked(title="Boss")), titled(applies=Applies.IF_EMPTY),
     "title stays as the account has it: it is written only where the account has no value."),
    (facts(ada(), link=linked(title="Boss")), rules(users=replace(USERS, update=False)),
     "title is not written: updates are switched off for The App."),
    (facts(ada(), link=linked(title="Boss")), titled(source=Constant("Keeper")),
     "title is to become Keeper, from The fixed text; the account has Boss."),
    (facts(ada(), link=linked(title="Boss")), titled(source=Nothing(), default="Keeper",
                                                     applies=Applies.IF_EMPTY),
     "title stays as the account has it: it is written only where the account has no value."),
]  # fmt: skip


@pytest.mark.parametrize(("given", "under", "sentence"), TOLD)
def test_where_the_title_comes_from_is_a_sentence(given, under, sentence):
    assert origin(given, under, "title").sentence == sentence


@pytest.mark.parametrize(
    ("given", "under", "sentence"),
    [
        (facts(ada(), grants=(), link=linked()), rules(),
         "active is to become False: it follows who may use the account, and Ada is not assigned "
         "to The App."),
        (facts(ada(), grants=(), link=linked(active=False)), rules(),
         "active is False: it follows who may use the account, and Ada is not assigned to The "
         "App."),
        (facts(ada(), grants=(), link=linked()), LEFT_ALONE,
         "active is left as it is: is not assigned to The App; SkipOutOfScopeDeletions leaves it "
         "alone."),
        (facts(None, link=linked()), rules(hard_delete=True),
         "active goes with the account, which the next cycle deletes: Ada no longer exists in the "
         "directory."),
    ],
)  # fmt: skip
def test_access_follows_who_may_use_the_account(given, under, sentence):
    assert origin(given, under, "active").sentence == sentence


def test_whether_somebody_may_use_the_account_is_computed():
    answer = origin(facts(ada(), grants=(), link=linked()), rules(), "active")

    assert dict(answer.inputs) == {"IsSoftDeleted": True}


def test_every_part_of_an_expression_says_what_it_gave():
    under = titled(source=compiled('Join(" ", ToUpper([jobTitle]), [department])'))

    answer = origin(facts(ada(), link=linked()), under, "title")

    assert dict(answer.inputs) == {"jobTitle": "Engineer", "department": None}
    assert [(one.text, one.result) for one in answer.steps if one.level <= 1] == [
        ("ToUpper([jobTitle])", "ENGINEER"),
        ("[department]", None),
        ('Join(" ", ToUpper([jobTitle]), [department])', "ENGINEER"),
    ]
    assert (answer.wanted, answer.known) == ("ENGINEER", "Engineer")


def test_a_value_that_the_log_hides_is_hidden_here():
    under = titled(source=compiled("Redact([jobTitle])"))

    answer = origin(facts(ada(), link=linked(title="Old secret")), under, "title")

    assert (answer.wanted, answer.known, answer.inputs, answer.steps) == (HIDDEN, HIDDEN, (), ())
    assert "Engineer" not in answer.sentence
    assert "Old secret" not in answer.sentence


def test_a_hidden_value_that_is_in_step_or_new_is_hidden_too():
    under = titled(source=compiled("Redact([jobTitle])"))

    same = origin(facts(ada(), link=linked()), under, "title")
    new = origin(facts(ada()), under, "title")

    assert "Engineer" not in f"{same} {new}"


def test_a_manager_without_account_is_waited_for_by_name():
    given = replace(facts(ada(manager="bo"), link=linked()), names={"bo": "Bo Larsen"})

    answer = origin(given, rules(), "manager", {"bo": "is not assigned to The App"})
    unexplained = origin(given, rules(), "manager")

    assert answer.path == MANAGER
    assert answer.inputs == (("manager", "Bo Larsen"),)
    assert answer.sentence == (
        "manager waits until Bo Larsen has an account (is not assigned to The App)."
    )
    assert unexplained.sentence == "manager waits until Bo Larsen has an account."


def test_a_manager_is_told_by_name_whether_new_or_as_the_account_has_it():
    given = facts(
        ada(manager="bo"), link=linked(**{MANAGER: "t-9"}), accounts={"bo": "t-2", "cy": "t-9"}
    )

    answer = origin(replace(given, names={"bo": "Bo", "cy": "Cy"}), rules(), "manager")

    assert (answer.wanted, answer.known) == ("Bo (account t-2)", "Cy (account t-9)")
    assert "is to become Bo (account t-2)" in answer.sentence
    assert "the account has Cy (account t-9)" in answer.sentence


def test_a_manager_whose_account_the_same_cycle_makes_is_told_by_name():
    given = facts(ada(manager="bo"), link=linked(), accounts={"bo": new_account("bo")})

    answer = origin(replace(given, names={"bo": "Bo"}), rules(), "manager")

    assert answer.sentence == (
        "manager is to become Bo (account made in the same cycle), from manager; the account "
        "has none."
    )


def test_a_reference_to_nobody_we_know_is_told_by_its_account():
    given = facts(ada(manager="bo"), link=linked(), accounts={"bo": "t-2"})

    assert origin(given, rules(), "manager").wanted == "t-2"


def members(path: str = "members") -> bool:
    return names_members(group_facts(SALES, link=SALES_LINK), rules(), path)


def test_only_members_are_compared_as_a_set():
    assert members()
    assert not members("displayName")
    with pytest.raises(InvalidValue, match="Mapped are: displayName, externalId, members"):
        members("owner")


@pytest.mark.parametrize(
    ("held", "sentence"),
    [
        (Membership(18, 18), "members: The App should hold all 18 members, and holds 18; in step."),
        (Membership(), "members: the group has no members, and The App holds none; in step."),
        (
            Membership(0, 2, remove=Some(2, ("Ada", "Bo"))),
            "members: the group has no members, and The App holds 2; to be removed: Ada, Bo.",
        ),
        (
            Membership(
                9, 2, Some(7, ("Ada", "Bo")), Some(1, ("Cy",)), Some(), 2,
                (Missing("members", "di", "Di", "is not assigned to The App"),),
            ),
            "members: The App should hold 9 of 11 members, and holds 2; to be added: Ada, Bo and 5 "
            "more; to be removed: Cy; without account, and so left out: Di (is not assigned to The "
            "App) and 1 more.",
        ),
        (
            Membership(3, 2, coming=Some(1, ("Ken",))),
            "members: The App should hold all 3 members, and holds 2; to be added with the "
            "accounts that the same cycle makes: Ken.",
        ),
    ],
)  # fmt: skip
def test_a_group_tells_whom_the_app_should_hold_whom_it_holds_and_who_waits(held, sentence):
    given = group_facts(SALES, link=SALES_LINK)

    answer = members_origin(given, rules(), explain(given, rules(), Remembered(members=held)))

    assert answer.sentence == sentence
    assert (answer.wanted, answer.known) == (f"{held.wanted} members", f"{held.held} members")
    assert answer.members == held


def test_a_group_whose_members_no_cycle_compares_says_why():
    given = group_facts(SALES, grants=())
    there = replace(given, link=SALES_LINK)

    absent = members_origin(given, rules(), explain(given, rules()))
    kept = members_origin(there, LEFT_ALONE, explain(there, LEFT_ALONE))
    going = members_origin(there, rules(), explain(there, rules()))

    assert absent.sentence == "Sales is not in The App, because Sales is not assigned to The App."
    assert kept.sentence == (
        "Sales keeps the group in The App as it is, although Sales is not assigned to The App: "
        "SkipOutOfScopeDeletions is on. Its members there are left as they are."
    )
    assert going.sentence == (
        "Sales is in The App; the next cycle deletes the group there, because Sales is not "
        "assigned to The App. Its members there go with it; nobody's account does."
    )


def test_a_path_is_found_by_its_end_and_by_the_source_attribute_too():
    given = facts(ada(), link=linked())

    assert origin(given, rules(), "MANAGER").path == MANAGER
    assert origin(given, rules(), "userPrincipalName").path == "userName"


def test_a_path_that_nothing_is_mapped_onto_is_refused_with_those_there_are():
    with pytest.raises(InvalidValue, match="Nothing is mapped onto nick"):
        origin(facts(ada()), rules(), "nick")
    with pytest.raises(InvalidValue, match="Nothing is mapped"):
        origin(group_facts(SALES), replace(rules(), groups=None), "displayName")


def test_a_group_has_its_values_from_somewhere_too():
    answer = origin(group_facts(SALES, link=SALES_LINK), rules(), "displayName")

    assert answer.sentence == "displayName is Sales, from displayName; the account is in step."
    assert dict(answer.inputs) == {"displayName": "Sales"}


def test_somebody_purged_has_no_values_any_more():
    answer = origin(facts(None, link=linked()), rules(), "title")

    assert "only access is written" in answer.sentence
    assert dict(answer.inputs) == {"jobTitle": None}


def test_one_text_for_two_spellings_stays_as_the_account_has_it():
    under = titled(multi_valued=True)
    given = facts(ada(), link=linked(title=("Engineer", "Boss")))

    answer = origin(given, titled(multi_valued=True, applies=Applies.VALUE_ADD), "title")

    assert answer.sentence == "title stays as the account has it: values are only added."
    assert "is to become" in origin(given, under, "title").sentence


def test_of_many_only_the_first_are_named():
    names = {str(number): f"P{number}" for number in range(7)}

    assert some_of(list(names), names).text == "P0, P1, P2, P3, P4 and 2 more"
    assert some_of(["1", "unknown"], names).text == "P1, unknown"


def test_a_manager_is_a_reference_and_members_are_a_set():
    assert USERS.reference_paths == {MANAGER}
    assert GROUPS.reference_paths == set()
