"""What a plan says of people, and when what was reviewed still holds."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.provisioning.builders import MANAGER, NOW, ada, rules

from seatkeeper.directory.model import Change, Kind, Subject, Verb
from seatkeeper.directory.nesting import Regrouped
from seatkeeper.errors import PlanOutdated
from seatkeeper.provisioning.account import ValueChange
from seatkeeper.provisioning.causes import TRIES_AGAIN, Causes, rules_edited
from seatkeeper.provisioning.journal import MemberDifference, MemberWrite
from seatkeeper.provisioning.link import Link
from seatkeeper.provisioning.log import Modified
from seatkeeper.provisioning.plan import Create, Disable, Reason, Skip, Update
from seatkeeper.provisioning.preview import (
    Members,
    Outlook,
    PlannedRecord,
    Preview,
    by_cause,
    requests_of,
)
from seatkeeper.provisioning.reviewed import (
    action_digest,
    check_planned,
    check_sending,
    facts_digest,
    in_sync_digest,
    later_digest,
    part_digests,
    reviewed_members,
)
from seatkeeper.provisioning.scope import Grant
from seatkeeper.provisioning.walk import Decided, Facts, scope_of

LINK = Link(Kind.USER, "ada", "a-1", {"title": "Engineer", "userName": "ada@larkspur.example"})

ANEW = r"Make the plan anew and review it again\."


def facts(**more: Any) -> Facts:
    return replace(Facts(Kind.USER, "ada", ada(), (Grant(),), LINK), **more)


def line(
    name: str, *, verb: Outlook = Outlook.UPDATE, cause: str = "", **more: Any
) -> PlannedRecord:
    return replace(PlannedRecord(Kind.USER, name, name, verb, cause=cause), **more)


def title(old: str, new: str, account: str = "a-1") -> Update:
    return Update(account, (ValueChange("title", old, new),))


def plan(records: Sequence[PlannedRecord]) -> Preview:
    return Preview("app", "incremental", "digest", 0, 9, tuple(records))


def test_who_was_named_and_is_in_step_counts_as_unchanged() -> None:
    named = line("Ada", verb=Outlook.SKIP, code="RedundantExport")
    left_out = line("Bo", verb=Outlook.SKIP, code="NotEffectivelyEntitled")

    found = plan([named, left_out])

    assert dict(found.counters) == {"skip": 1, "unchanged": 1, "requests": 0}
    assert [dict(one.counts) for one in by_cause([named])] == [{"unchanged": 1}]


@pytest.mark.parametrize(
    ("records", "only_failures"),
    [
        ([line("Ada", verb=Outlook.FAIL), line("Bo", verb=Outlook.FAIL)], True),
        ([line("Ada", verb=Outlook.FAIL, cause=TRIES_AGAIN)], False),
        ([line("Ada", verb=Outlook.FAIL), line("Bo", verb=Outlook.SKIP)], False),
        ([line("Ada")], False),
        ([], False),
    ],
)
def test_a_plan_in_which_everybody_fails_is_told_from_one_that_only_tries_again(
    records: list[PlannedRecord], only_failures: bool
) -> None:
    assert plan(records).only_failures is only_failures
    assert not replace(plan(records), unchanged=1).only_failures


# --- grouping ---


def test_people_are_grouped_by_cause_and_the_largest_group_comes_first() -> None:
    groups = by_cause(
        [
            line("Ada", cause="jobTitle changed"),
            line("Zoe", verb=Outlook.CREATE, cause="joined group Sales"),
            line("Ken", verb=Outlook.UPDATE, cause="joined group Sales"),
        ]
    )

    assert [(one.cause, dict(one.counts)) for one in groups] == [
        ("joined group Sales", {"create": 1, "update": 1}),
        ("jobTitle changed", {"update": 1}),
    ]


@given(st.permutations(["Ada", "Bo", "Eve", "Ken", "Zoe"]))
def test_the_order_in_which_people_were_found_changes_neither_groups_nor_digest(
    names: list[str],
) -> None:
    found = [line(one, cause="x" if one < "D" else "y", digests=(one,)) for one in names]

    settled = sorted(found, key=lambda one: one.record_id)

    assert by_cause(found) == by_cause(settled)
    assert plan(found).action_digest == plan(settled).action_digest


def test_who_fails_or_is_left_out_is_not_work_to_do() -> None:
    made = plan([line("Ada", verb=Outlook.FAIL), line("Ken", verb=Outlook.SKIP)])

    assert made.to_do == ()
    assert made.counters == {"skip": 1, "fail": 1, "unchanged": 0, "requests": 0}


def test_requests_are_what_the_app_will_see() -> None:
    members = Members(add=tuple("abcde"), batch=2)

    assert requests_of(Kind.USER, Create({"userName": "ada"})) == ("POST /Users",)
    assert requests_of(Kind.USER, title("a", "b")) == ("PATCH /Users/a-1",)
    assert requests_of(Kind.GROUP, Create({}), members) == (
        "POST /Groups",
        *["PATCH /Groups/(new account)"] * 3,
    )


# --- causes ---


def change(subject: Subject, verb: Verb, record: str, **more: Any) -> Change:
    return replace(Change(1, NOW, "hr", subject, verb, record), **more)


def cause(*changes: Change) -> str:
    causes = Causes("app")
    causes.take(changes, {"g": "Sales"})
    return causes.of((Kind.USER, "ada"))


def test_attributes_that_changed_are_named_once() -> None:
    edit = change(Subject.USER, Verb.UPDATED, "ada", detail={"attributes": ["jobTitle"]})
    both = replace(edit, detail={"attributes": ["mail", "jobTitle"]})

    assert cause(edit, both) == "jobTitle, mail changed"


def test_who_left_a_group_and_came_back_joined_it() -> None:
    more: dict[str, Any] = {"other_id": "ada", "other_kind": Kind.USER}
    left = change(Subject.MEMBERSHIP, Verb.DELETED, "g", **more)
    joined = change(Subject.MEMBERSHIP, Verb.CREATED, "g", **more)

    assert cause(left) == "left group Sales"
    assert cause(left, joined) == "joined group Sales"


def test_somebody_new_is_new_whatever_was_edited_afterwards() -> None:
    new = change(Subject.USER, Verb.CREATED, "ada", detail={"attributes": ["mail"]})
    edit = change(Subject.USER, Verb.UPDATED, "ada", detail={"attributes": ["jobTitle"]})

    assert cause(new, edit) == "new in the directory"


def test_a_group_that_was_deleted_is_called_by_its_last_name_and_said_to_be_deleted() -> None:
    left = change(Subject.MEMBERSHIP, Verb.DELETED, "g", other_id="ada", other_kind=Kind.USER)
    ended = change(Subject.ASSIGNMENT, Verb.DELETED, "g", app_id="app", other_kind=Kind.GROUP)
    deleted = change(Subject.GROUP, Verb.DELETED, "g", detail={"display_name": "Sales"})
    causes = Causes("app")

    causes.take([left, ended, deleted], {"g": "Sales"}, {"g"})

    assert causes.of((Kind.USER, "ada")) == "group Sales was deleted"
    assert causes.of((Kind.GROUP, "g")) == "deleted in the directory"
    assert causes.assigned_groups == {"g": "group Sales was deleted"}


EDITS = (
    "mapping of users: title: as in the gallery -> attribute department",
    "mapping of groups: displayName: as in the gallery -> attribute mail",
    "actions of groups: create, update -> create",
    "scope: assigned -> all",
    "groups: on -> off",
)


@pytest.mark.parametrize(
    ("kind", "paths", "lines"),
    [
        (Kind.USER, ["title"], [0, 3]),
        (Kind.USER, ["active"], [3]),
        (Kind.USER, None, [0, 3]),
        (Kind.GROUP, ["displayName"], [1, 2, 3]),
        (Kind.GROUP, [], [2, 3, 4]),
    ],
)
def test_an_edit_of_the_settings_is_the_cause_only_where_it_concerns_the_record(
    kind: Kind, paths: list[str] | None, lines: list[int]
) -> None:
    assert rules_edited(EDITS, kind, paths) == "; ".join(EDITS[one] for one in lines)


def test_another_apps_assignments_are_no_cause_here() -> None:
    ours = change(Subject.ASSIGNMENT, Verb.DELETED, "ada", app_id="app", other_kind=Kind.USER)

    assert cause(replace(ours, app_id="other")) == ""
    assert cause(ours) == "unassigned"


def test_members_of_a_group_that_was_assigned_know_it() -> None:
    given_group = change(Subject.ASSIGNMENT, Verb.CREATED, "g", app_id="app", other_kind=Kind.GROUP)
    causes = Causes("app")
    causes.take([given_group], {"g": "Sales"})

    causes.members("g", ["ada"])

    assert causes.of((Kind.USER, "ada")) == "group Sales assigned"


@pytest.mark.parametrize(
    ("verb", "detail", "said"),
    [
        (Verb.CREATED, {"nested": True}, "assigned with its nested groups"),
        (Verb.DELETED, {"nested": True}, "unassigned"),
        (Verb.UPDATED, {"attributes": ["role"], "nested": True}, "assigned in another role"),
        (Verb.UPDATED, {"attributes": ["nested"]}, "assigned without its nested groups"),
        (
            Verb.UPDATED,
            {"attributes": ["role", "nested"], "nested": True},
            "assigned in another role, with its nested groups",
        ),
        (Verb.UPDATED, {"role": "r"}, "assigned in another role"),
    ],
)
def test_the_cause_says_how_far_an_assignment_reaches(
    verb: Verb, detail: dict[str, Any], said: str
) -> None:
    given_group = change(
        Subject.ASSIGNMENT, verb, "g", app_id="app", other_kind=Kind.GROUP, detail=detail
    )
    causes = Causes("app")

    causes.take([given_group], {"g": "Sales"})

    assert causes.assigned_groups == {"g": f"group Sales {said}"}


@pytest.mark.parametrize(
    ("moved", "said"),
    [
        (Regrouped("a", "g", "g"), "group Alps joined group Sales, which is assigned"),
        (Regrouped("a", "g", "g", joined=False), "group Alps left group Sales, which is assigned"),
        (
            Regrouped("a", "g", "gone", joined=False),
            "group Alps left group gone, inside group Sales, which is assigned",
        ),
    ],
)
def test_people_below_a_group_that_moved_know_which_and_where(moved: Regrouped, said: str) -> None:
    causes = Causes("app")

    causes.moved(moved, {"a": "Alps", "g": "Sales"}, ["ada"])

    assert causes.of((Kind.USER, "ada")) == f"{said} with its nested groups"


# --- digests ---


def test_a_digest_is_the_same_for_the_same_facts_in_another_order() -> None:
    one = ada(jobTitle="Keeper", department="Sales")
    other = replace(one, attributes=dict(reversed(list(one.attributes.items()))))
    grants = (Grant("r", "R", "g", "G"), Grant())

    assert facts_digest(facts(record=one, grants=grants)) == facts_digest(
        facts(record=other, grants=tuple(reversed(grants)))
    )


@pytest.mark.parametrize(
    "other",
    [
        facts(record=ada(jobTitle="Keeper")),
        facts(record=ada(enabled=False)),
        facts(record=ada(manager="bo")),
        facts(grants=()),
        facts(link=None),
        facts(link=replace(LINK, account_id="a-2")),
        facts(link=replace(LINK, known={})),
        facts(record=None),
    ],
)
def test_every_fact_that_changes_changes_the_digest(other: Facts) -> None:
    assert facts_digest(other) != facts_digest(facts())


def test_the_order_of_changes_and_of_several_values_does_not_matter() -> None:
    one, two = ValueChange("title", "a", "b"), ValueChange("roles", None, ("x", "y"))
    again = ValueChange("roles", None, ("y", "x"))

    first = action_digest(facts(), Update("a-1", (one, two)), rules())

    assert first == action_digest(facts(), Update("a-1", (again, one)), rules())


@pytest.mark.parametrize(
    "other",
    [
        title("Engineer", "Captain"),
        title("Seller", "Keeper"),
        title("Engineer", "Keeper", account="a-2"),
        Disable("a-1", (ValueChange("title", "Engineer", "Keeper"),)),
        Create({"title": "Keeper"}),
    ],
)
def test_every_other_action_has_another_digest(other: Update | Disable | Create) -> None:
    reviewed = action_digest(facts(), title("Engineer", "Keeper"), rules())

    assert action_digest(facts(), other, rules()) != reviewed


def test_a_reference_is_known_by_its_person_before_and_after_the_account_exists() -> None:
    before, after = facts(accounts={"bo": "to be made"}), facts(accounts={"bo": "b-7"})

    planned = action_digest(before, Create({MANAGER: "to be made"}), rules())

    assert planned == action_digest(after, Create({MANAGER: "b-7"}), rules())
    assert planned != action_digest(after, Create({MANAGER: "b-8"}), rules())


def test_taking_the_old_manager_away_is_no_part_of_writing_the_new_one() -> None:
    known = facts(accounts={"bo": "b-7"})
    whole = Update("a-1", (ValueChange(MANAGER, "old", "b-7"),))
    removal = Update("a-1", (ValueChange(MANAGER, "old", None),))

    parts = part_digests(known, removal, whole, rules())

    assert action_digest(known, removal, rules()) not in parts


# --- what was reviewed ---


def reviewed(action: Update | Create | Disable, **more: Any) -> PlannedRecord:
    verb = {Update: Outlook.UPDATE, Create: Outlook.CREATE, Disable: Outlook.DISABLE}[type(action)]
    made = line(
        "ada",
        verb=verb,
        account_id=getattr(action, "account_id", None),
        changes=tuple(
            Modified(one.path, str(one.old), str(one.new)) for one in getattr(action, "changes", ())
        ),
        digests=(action_digest(facts(), action, rules()),),
    )
    return replace(made, **more)


KEEPER = reviewed(title("Engineer", "Keeper"))


def test_what_is_the_same_goes_through() -> None:
    decided = Decided(scope_of(facts(), rules()), title("Engineer", "Keeper"))

    check_planned(KEEPER, KEEPER, rules(), facts())
    check_sending(KEEPER, facts(), decided, rules())


@pytest.mark.parametrize(
    ("now", "said"),
    [
        (
            title("Engineer", "Captain"),
            "jobTitle was Keeper when the plan was made and is Captain now.",
        ),
        (
            title("Seller", "Keeper"),
            "The app's title was Engineer when the plan was made and is Seller now.",
        ),
        (
            title("Engineer", "Keeper", account="a-2"),
            "The app's account changed: it was a-1 when the plan was made and is a-2 now.",
        ),
        (
            Disable("a-1", (ValueChange("active", old=True, new=False),)),
            "It was to be updated when the plan was made, and now deactivated",
        ),
    ],
)
def test_what_changed_since_is_said_at_planning_and_at_sending(
    now: Update | Disable, said: str
) -> None:
    with pytest.raises(PlanOutdated) as planning:
        check_planned(KEEPER, reviewed(now), rules(), facts())
    with pytest.raises(PlanOutdated) as sending:
        check_sending(KEEPER, facts(), Decided(scope_of(facts(), rules()), now), rules())

    assert planning.value.message.startswith(said)
    assert sending.value.message.startswith(said)


def test_what_nobody_plans_any_more_is_told_from_what_is_done() -> None:
    done = facts(link=replace(LINK, known={"title": "Keeper"}))

    with pytest.raises(
        PlanOutdated,
        match=rf"^It is no longer planned; nothing would be done now\. {ANEW}$",
    ):
        check_planned(KEEPER, None, rules(), facts())
    with pytest.raises(
        PlanOutdated,
        match=r"^It is already done: the account is as it was to become\.$",
    ):
        check_planned(KEEPER, None, rules(), done)


@pytest.mark.parametrize(
    ("verb", "word"),
    [
        (Outlook.CREATE, "created"),
        (Outlook.DISABLE, "deactivated"),
        (Outlook.DELETE, "deleted"),
        (Outlook.LINK, "linked"),
        (Outlook.UNLINK, "let go"),
        (Outlook.HOLD, "held for approval"),
        (Outlook.SKIP, "left as it is"),
    ],
)
def test_what_becomes_of_somebody_else_than_was_reviewed_is_told_by_both_words(
    verb: Outlook, word: str
) -> None:
    now = replace(KEEPER, digests=("other",))

    with pytest.raises(PlanOutdated) as caught:
        check_planned(replace(KEEPER, verb=verb), now, rules(), facts())
    with pytest.raises(PlanOutdated) as told:
        check_planned(
            replace(KEEPER, verb=verb), replace(now, reason="is assigned"), rules(), facts()
        )

    said = f"It was to be {word} when the plan was made, and now updated"
    assert (caught.value.message, told.value.message) == (f"{said}.", f"{said} (is assigned).")


@pytest.mark.parametrize(
    ("verb", "linked", "done"),
    [
        (Outlook.DELETE, False, True),
        (Outlook.UNLINK, False, True),
        (Outlook.DELETE, True, False),
        (Outlook.UPDATE, False, False),
    ],
)
def test_a_removal_is_done_once_nobody_is_linked_and_an_update_is_not(
    verb: Outlook, linked: bool, done: bool
) -> None:
    there = facts() if linked else facts(link=None)

    with pytest.raises(PlanOutdated) as caught:
        check_planned(replace(KEEPER, verb=verb, changes=()), None, rules(), there)

    assert ("already done" in caught.value.message) is done


def test_a_value_that_an_expression_makes_is_told_by_its_target_and_several_in_a_row() -> None:
    then = replace(
        KEEPER, changes=(Modified("active", "True", "False"), Modified("title", "a", "Keeper"))
    )
    now = replace(
        KEEPER, changes=(Modified("active", "True", "True"), Modified("title", "a", "Boss"))
    )

    with pytest.raises(PlanOutdated) as caught:
        check_planned(then, replace(now, digests=("other",)), rules(), facts())

    assert caught.value.message == (
        "active was False when the plan was made and is True now; "
        "jobTitle was Keeper when the plan was made and is Boss now."
    )


def test_members_who_came_since_are_refused_and_fewer_are_not() -> None:
    then = line("Sales", add=("ada", "zoe"), digests=("same",))
    ken = (Modified("members", None, "Ken"),)
    came = line("Sales", add=("ada", "ken"), digests=("same",), changes=ken)

    check_planned(then, replace(then, add=("zoe",)), rules(), facts())
    with pytest.raises(PlanOutdated, match=r"now they are Ken\. Make"):
        check_planned(then, came, rules(), facts())


def test_only_reviewed_memberships_are_sent() -> None:
    wanted = MemberDifference(
        add=[MemberWrite("g", "ada", "a-1"), MemberWrite("g", "ken", "k-1")],
        remove=[MemberWrite("g", "bo", "b-1")],
    )

    left = reviewed_members(line("Sales", add=("ada",)), wanted)

    assert [one.member_id for one in left.add] == ["ada"]
    assert left.remove == []


def test_who_cannot_be_carried_out_now_is_told_why() -> None:
    fails = line("ada", verb=Outlook.FAIL, reason="Mail is empty.")

    with pytest.raises(PlanOutdated, match="cannot be carried out now: Mail is empty"):
        check_planned(KEEPER, fails, rules(), facts())


def test_who_is_in_step_when_sending_is_no_longer_planned() -> None:
    in_step = Decided(scope_of(facts(), rules()), Skip(Reason.IN_SYNC, "In step."))

    with pytest.raises(
        PlanOutdated,
        match=rf"nothing would be done now \(In step\.\)\. {ANEW}$",
    ):
        check_sending(KEEPER, facts(), in_step, rules())


def test_a_request_that_differs_in_what_no_line_shows_is_refused() -> None:
    with pytest.raises(PlanOutdated, match="What would be sent is not what was reviewed"):
        check_planned(KEEPER, replace(KEEPER, digests=("other",)), rules(), facts())


def test_what_is_the_whole_has_no_later_part_and_a_part_is_followed_by_the_rest() -> None:
    job, mail = ValueChange("title", "a", "b"), ValueChange("mail", "c", "d")
    part, whole = Update("a-1", (job,)), Update("a-1", (job, mail))

    assert part_digests(facts(), whole, whole, rules()) == (action_digest(facts(), whole, rules()),)
    assert part_digests(facts(), part, whole, rules()) == (
        action_digest(facts(), part, rules()),
        later_digest(facts(), Update("a-1", (mail,)), rules()),
    )


def test_a_group_that_differs_in_its_members_only_is_in_step_itself() -> None:
    in_step = Skip(Reason.IN_SYNC, "In step.")

    assert action_digest(facts(), in_step, rules()) == in_sync_digest()


def test_the_groups_of_a_person_are_among_the_facts() -> None:
    assert facts_digest(facts(member_of={"g": "Sales"})) != facts_digest(facts())


def test_a_change_that_names_nothing_and_nobody_is_no_cause() -> None:
    nothing = change(Subject.USER, Verb.UPDATED, "ada", detail={"attributes": ["accountEnabled"]})
    nobody = change(Subject.MEMBERSHIP, Verb.CREATED, "g")

    assert cause(nothing, nobody) == ""


def test_an_assignment_that_changed_itself_moves_nobody_and_a_nested_one_opens_its_group() -> None:
    opened = change(
        Subject.ASSIGNMENT,
        Verb.CREATED,
        "g",
        app_id="app",
        other_kind=Kind.GROUP,
        nested=True,
    )
    causes = Causes("app")

    causes.moved(Regrouped("a", "a"), {}, ["ada"])
    causes.take([opened], {})

    assert causes.of((Kind.USER, "ada")) == ""
    assert causes.opened_groups == {"g"}
