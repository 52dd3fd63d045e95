"""What it means that an app is not as it was written."""

import datetime as dt
from dataclasses import replace

import pytest
from tests.provisioning.builders import (
    GROUPS,
    IN_STEP,
    NOW,
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

from seatkeeper.directory.model import Kind
from seatkeeper.provisioning.account import Account, TargetValue
from seatkeeper.provisioning.guard import Limits
from seatkeeper.provisioning.link import Link
from seatkeeper.provisioning.log import Modified
from seatkeeper.provisioning.mapping.model import Applies, Direct, Mapping, ObjectMapping
from seatkeeper.provisioning.reconcile import (
    Difference,
    Finding,
    Found,
    agrees,
    beside,
    carried_on,
    compare,
    compare_members,
    in_a_sentence,
    learned,
    never_shown,
    repaired,
    stranger,
    too_many,
    wanted_now,
    worst,
)

LATER = NOW + dt.timedelta(days=7)


def finding(*differences: Difference, found: Found = Found.DRIFT, why: str = "") -> Finding:
    return Finding(Kind.USER, "t-1", found, NOW, NOW, "ada", "Ada", why, differences)


def title(found: str | None, cause: Found = Found.DRIFT, repairs: int = 0) -> Difference:
    return Difference("title", "Engineer", found, "Engineer", cause, repairs=repairs)


def test_an_account_as_it_was_written_agrees_whatever_else_it_holds():
    assert agrees(linked(), account(nickName="Addy"), USERS)
    assert agrees(linked(), account(title="engineer"), USERS)
    assert not agrees(linked(), account(title="Queen"), USERS)
    assert not agrees(linked(), Account("t-1", {}), USERS)


def test_what_is_beside_ours_is_named_only_where_something_is_mapped():
    link = Link(Kind.USER, "ada", "t-1", {"userName": "ada@larkspur.example"})

    assert beside(link, account(nickName="Addy"), USERS) == {"active", "title", "mail"}


def test_a_change_by_hand_is_drift_and_says_what_is_wanted_now():
    found = compare(linked(), account(title="Queen"), USERS, {"title": "Director"}, {})

    assert found == (Difference("title", "Engineer", "Queen", "Director"),)


def test_what_holds_what_was_there_before_our_last_write_was_not_applied():
    wrote = {"title": Modified("title", "Mate", "Engineer")}

    [found] = compare(linked(), account(title="Mate"), USERS, IN_STEP, wrote)
    [changed] = compare(linked(), account(title="Queen"), USERS, IN_STEP, wrote)

    assert found.cause is Found.NOT_APPLIED
    assert changed.cause is Found.DRIFT


@pytest.mark.parametrize(
    ("wrote", "names"),
    [
        ({}, []),
        ({"title": Modified("title", "Engineer", None)}, ["title"]),
        ({"title": Modified("title", None, "Engineer")}, []),
        ({"title": Modified("title", None, None)}, []),
    ],
)
def test_a_value_where_none_is_known_counts_only_if_we_cleared_it(wrote, names):
    known = {path: value for path, value in IN_STEP.items() if path != "title"}
    link = replace(linked(), known=known)

    found = compare(link, account(), USERS, known, wrote)

    assert [one.path for one in found] == names


def test_a_value_that_we_cleared_and_that_is_gone_is_no_difference():
    known = {path: value for path, value in IN_STEP.items() if path != "title"}
    wrote = {"title": Modified("title", "Engineer", None)}

    assert compare(replace(linked(), known=known), Account("t-1", known), USERS, {}, wrote) == ()


def test_what_is_set_once_or_only_where_empty_may_be_changed_in_the_app():
    mapping = ObjectMapping(
        Kind.USER,
        (
            Mapping("nick", Direct("nick"), applies=Applies.ON_CREATE),
            Mapping("city", Direct("city"), applies=Applies.IF_EMPTY),
            Mapping("roles", Direct("r"), applies=Applies.MULTI_VALUE_ADD, multi_valued=True),
            Mapping("tags", Direct("t"), applies=Applies.VALUE_ADD, multi_valued=True),
        ),
    )
    link = Link(
        Kind.USER, "a", "t", {"nick": "A", "city": "Ulm", "roles": ("x",), "tags": ("u", "v")}
    )

    theirs: dict[str, TargetValue] = {
        "nick": "B",
        "city": "Bonn",
        "roles": ("x", "y"),
        "tags": ("u", "v", "w"),
    }
    without: dict[str, TargetValue] = {"nick": "B", "roles": "y", "tags": ("u",)}

    assert compare(link, Account("t", theirs), mapping, {}, {}) == ()
    assert [one.path for one in compare(link, Account("t", without), mapping, {}, {})] == [
        "city",
        "roles",
        "tags",
    ]


def test_members_are_compared_by_what_was_written_and_not_by_what_waits():
    found = compare_members(
        {"a": "ada", "b": "bo"}, {"a", "c", "d", "s"}, {"a", "b", "d"}, {"c": "cy", "d": "dee"}
    )

    assert found == (
        Difference("members", "b", None, "b", record="bo"),
        Difference("members", None, "c", None, record="cy"),
        Difference("members", None, "s", None),
    )
    assert compare_members({"b": "bo"}, set(), (), {})[0].wanted is None


def test_who_is_in_scope_should_hold_what_the_mappings_say_now():
    wanted = wanted_now(facts(ada(jobTitle="Director"), link=linked()), rules())

    assert wanted["title"] == "Director"
    assert wanted["active"] is True


def test_of_somebody_who_left_only_access_is_wanted():
    wanted = wanted_now(facts(ada(jobTitle="Director"), grants=(), link=linked()), rules())

    assert wanted == {**IN_STEP, "active": False}


def test_of_a_group_out_of_scope_everything_stays_as_known():
    assert wanted_now(group_facts(SALES, grants=(), link=SALES_LINK), rules()) == SALES_LINK.known


def test_what_cannot_be_made_leaves_the_wish_as_it_is_known():
    assert wanted_now(facts(ada(mail=None), link=linked()), rules()) == linked().known
    assert wanted_now(facts(ada(mail=None)), rules()) == {}


def test_values_that_the_mapping_skips_are_wanted_as_they_are():
    mapping = replace(
        USERS,
        mappings=tuple(
            Mapping("userName", Direct("nothing"), matching=1) if one.target == "userName" else one
            for one in USERS.mappings
        ),
    )

    wanted = wanted_now(facts(ada(), link=linked()), rules(users=mapping))

    assert wanted["userName"] == IN_STEP["userName"]


def test_the_same_difference_after_two_repairs_is_how_the_app_keeps_it():
    once = carried_on([title("Queen")], finding(title("Queen", repairs=1)))
    twice = carried_on([title("Queen")], finding(title("Queen", repairs=2)))
    another = carried_on([title("King")], finding(title("Queen", repairs=2)))
    first = carried_on([title("Queen")], None)

    assert [(one.repairs, one.cause) for one in (*once, *twice, *another, *first)] == [
        (1, Found.DRIFT),
        (2, Found.KEPT_OTHERWISE),
        (0, Found.DRIFT),
        (0, Found.DRIFT),
    ]


def test_a_value_missing_everywhere_cannot_be_told_from_one_never_shown():
    gone = [title(None), Difference("members", "a", None, "a", record="ada")]

    assert never_shown({"title": 2}, set(), gone) == {"title"}
    assert never_shown({"title": 1}, set(), gone) == frozenset()
    assert never_shown({"title": 2}, {"title"}, gone) == frozenset()
    assert never_shown({"title": 2}, set(), [title("Queen")]) == frozenset()
    assert never_shown({}, set(), gone) == frozenset()


def test_drift_stands_before_what_was_not_applied():
    assert worst([title("Mate", Found.NOT_APPLIED), title("Queen")]) is Found.DRIFT
    assert worst([title("Mate", Found.NOT_APPLIED)]) is Found.NOT_APPLIED


def test_what_was_found_becomes_what_is_known():
    gone = Difference("mail", "ada@larkspur.example", None, "ada@larkspur.example")
    kept = Difference("active", True, False, True, Found.KEPT_OTHERWISE)
    member = Difference("members", "a", None, "a", record="x")

    link = learned(linked(), finding(title("Queen"), gone, kept, member))

    assert link.known == {"userName": IN_STEP["userName"], "active": True, "title": "Queen"}
    assert learned(linked(), finding(found=Found.VANISHED)).known == {}


def test_a_repair_is_counted_only_for_what_it_sends():
    before = finding(title("Queen"), title("Mate", Found.KEPT_OTHERWISE, repairs=2))

    assert [one.repairs for one in repaired(before).differences] == [1, 2]


def test_only_what_is_ours_can_be_repaired():
    stranger_in_it = Difference("members", None, "s-1", None)

    assert finding(title("Queen")).repairable
    assert finding(found=Found.VANISHED).repairable
    assert not finding(title("Queen", Found.KEPT_OTHERWISE)).repairable
    assert not finding(stranger_in_it).repairable
    assert not finding(found=Found.UNCHECKED).repairable


def test_very_many_differences_wait_for_a_word_unless_the_guard_is_off():
    assert too_many(3, 10, Limits()) == ""
    assert too_many(4, 10, Limits()) == ("4 of 10 accounts differ; by itself a cycle repairs 3.")
    assert too_many(400, 400, Limits(on=False)) == ""


def test_an_account_that_answers_to_nobody_is_named_by_what_it_shows():
    named = stranger(Kind.USER, Account("s-1", {"displayName": "Zoe"}), [], NOW)
    by_user_name = stranger(Kind.USER, Account("s-1", {"userName": "zoe"}), [], NOW)
    nameless = stranger(Kind.USER, Account("s-1"), [], LATER, named)

    assert [one.display_name for one in (named, by_user_name, nameless)] == ["Zoe", "zoe", "s-1"]
    assert {one.found for one in (named, nameless)} == {Found.UNMANAGED}
    assert (nameless.since, nameless.at) == (NOW, LATER)


def test_an_account_that_answers_to_somebody_is_a_double_or_waits_to_be_linked():
    double = stranger(Kind.USER, account("s-1"), [facts(ada(), link=linked())], NOW)
    waiting = stranger(Kind.USER, account("s-1"), [facts(ada())], NOW)
    held = stranger(Kind.USER, account("s-1"), [facts(ada(), link=linked().hold())], NOW)

    assert (double.found, double.record_id, double.why) == (
        Found.DOUBLE,
        "ada",
        "Ada has account t-1.",
    )
    assert (waiting.found, held.found) == (Found.UNMANAGED, Found.UNMANAGED)
    assert waiting.why == "Ada answers to it and is not linked yet."


def test_people_read_what_was_there_and_never_a_hidden_value():
    cleared = Difference("urn:x:User:department", None, "Sales", None, Found.NOT_APPLIED)
    members = Difference("members", "a", None, "a", record="x")

    said = in_a_sentence(finding(title(None), cleared, members, members))

    assert said == (
        "title was empty where Engineer was written (changed in the app); department was Sales "
        "where nothing was written (accepted, but not applied); 2 memberships not as written."
    )
    assert in_a_sentence(finding(title("Queen")), {"title"}) == (
        "title is not as written (changed in the app)."
    )
    assert in_a_sentence(finding(found=Found.UNCHECKED, why="It failed.")) == (
        "cannot be checked. It failed."
    )


def test_groups_have_no_value_called_members():
    assert agrees(SALES_LINK, Account("tg-1", dict(SALES_LINK.known)), GROUPS)
