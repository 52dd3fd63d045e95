"""What a cycle wrote is taken back as far as it still stands, and left alone from then on."""

import datetime as dt
from dataclasses import replace

import pytest
from tests.provisioning.builders import (
    IN_STEP,
    MANAGER,
    NOW,
    SALES_LINK,
    USERS,
    account,
    ada,
    facts,
    linked,
    rules,
)

from seatkeeper.directory.model import Kind
from seatkeeper.provisioning.account import Account, TargetValue, UserAbilities, ValueChange
from seatkeeper.provisioning.explain import Remembered, Verdict, explain
from seatkeeper.provisioning.expression.compile import compiled
from seatkeeper.provisioning.log import LogEntry, Modified, Status
from seatkeeper.provisioning.mapping.model import Mapping, ObjectMapping
from seatkeeper.provisioning.plan import Disable, Reason, Skip, Update
from seatkeeper.provisioning.reconcile import Finding, Found
from seatkeeper.provisioning.undo import (
    Now,
    Undoing,
    Written,
    takes_access,
    undoing,
    undone_of,
    written,
)
from seatkeeper.provisioning.undone import spared
from seatkeeper.provisioning.walk import Decided, decide

RULES = rules()
TITLE = ValueChange("title", "Mate", "Engineer")


def entry(
    action: str = "update",
    *changes: ValueChange,
    members: tuple[Modified, ...] = (),
    status: Status = Status.SUCCESS,
    account_id: str | None = "t-1",
    modified: tuple[Modified, ...] = (),
) -> LogEntry:
    return LogEntry(
        "l",
        "app",
        "c",
        NOW,
        Kind.USER,
        "ada",
        "Ada",
        action,
        status,
        account_id,
        modified=(*modified, *members),
        changes=changes,
    )


def now(**more: object) -> Now:
    return replace(Now(linked(), account()), **more)  # type: ignore[arg-type]


def back(done: Written, there: Now | None = None, kind: Kind = Kind.USER) -> Undoing:
    return undoing("ada", done, there or now(), RULES, kind)


# --- what a cycle wrote ---


def test_several_writes_of_one_value_are_one_way_from_the_first_to_the_last():
    first, second = ValueChange("title", "Mate", "Cook"), ValueChange("title", "Cook", "Engineer")

    assert written([entry("update", first), entry("update", second)]) == Written(
        "t-1", changes=(TITLE,), members={}
    )


def test_a_value_that_was_freed_for_a_moment_and_came_back_is_no_change():
    there = [ValueChange("title", "Mate", "x"), ValueChange("title", "x", "Mate")]

    folded = written([entry("update", one) for one in there])

    assert folded is not None
    assert folded.changes == ()


def test_what_an_account_was_made_with_is_not_kept_since_it_only_loses_its_access():
    later = ValueChange("mail", None, "ada@larkspur.example")

    folded = written([entry("create", TITLE), entry("update", later)])

    assert folded == Written("t-1", made=True, members={})


def test_what_failed_or_only_linked_wrote_nothing():
    assert written([entry("update", TITLE, status=Status.FAILURE)]) is None
    assert written([entry("other")]) is None


def test_members_who_came_and_went_in_one_cycle_are_as_before():
    rows = (Modified("members", None, "a"), Modified("members", "b", None))

    folded = written(
        [entry(members=rows), entry(members=(Modified("members", "a", None),), account_id=None)]
    )

    assert folded == Written("", members={"b": False})
    odd = written([entry(members=(Modified("members", None, None),))])
    assert odd is not None
    assert odd.members == {}


def test_an_entry_of_an_earlier_release_holds_no_values():
    folded = written([entry(modified=(Modified("title", "Mate", "Engineer"),))])

    assert folded is not None
    assert folded.lost
    assert "does not hold" in back(folded).stays[0]


def test_making_and_deleting_are_told_apart():
    made, deleted = written([entry("create")]), written([entry("delete")])

    assert made is not None
    assert (made.made, made.deleted, made.lost) == (True, False, False)
    assert deleted is not None
    assert (deleted.made, deleted.deleted) == (False, True)


# --- going back ---


def test_a_value_that_still_stands_goes_back():
    assert back(Written("t-1", changes=(TITLE,))) == Undoing(
        (ValueChange("title", "Engineer", "Mate"),)
    )


def test_what_is_as_before_already_needs_nothing():
    there = now(link=linked(title="Mate"), account=account(title="Mate"))

    assert back(Written("t-1", changes=(TITLE,)), there) == Undoing()
    assert back(Written("t-1", changes=(TITLE,)), there).empty


@pytest.mark.parametrize(
    ("there", "why"),
    [
        (now(account=account(title="Queen")), "title was changed since; it is Queen now."),
        (now(link=linked(title="Cook")), "title was changed since; it is Engineer now."),
        (
            now(account=Account("t-1", {}), link=linked()),
            "title was changed since; it is empty now.",
        ),
        (now(account=None), "The account is gone from the app."),
        (now(link=None), "The record has no account any more."),
        (now(link=linked().hold()), "The link is held; nobody's account is known to be theirs."),
        (
            now(link=replace(linked(), account_id="t-9")),
            "The record has another account now (t-9).",
        ),
    ],
)
def test_what_does_not_stand_any_more_stays_and_says_why(there, why):
    assert back(Written("t-1", changes=(TITLE,)), there) == Undoing(stays=(why,))


def test_a_deleted_account_and_a_path_without_mapping_stay():
    gone = ValueChange("nickName", None, "Addy")

    assert back(Written("t-1", deleted=True)).stays == ("The account was deleted for good.",)
    assert back(Written("t-1", changes=(gone,))).stays == ("nickName is not mapped any more.",)
    without_groups = replace(RULES, groups=None)
    off = undoing("g-sales", Written("tg-1"), Now(SALES_LINK, None), without_groups, Kind.GROUP)
    assert off.stays == ("The record has no account any more.",)


def test_what_was_there_before_is_empty_only_where_we_know_so():
    new = Written("t-1", changes=(ValueChange("title", None, "Engineer"),))

    ours = back(new)
    strange = back(new, now(began_here=False))
    seen = back(new, now(began_here=False, seen={"title"}))

    assert ours.changes == seen.changes == (ValueChange("title", "Engineer", None),)
    assert strange == Undoing(stays=("What title was before was never known.",))


def test_a_hidden_value_is_not_said():
    hidden = Mapping("title", compiled("Redact([jobTitle])"))
    mapping = ObjectMapping(Kind.USER, (hidden,))
    secretive = replace(RULES, users=mapping)
    there = now(account=account(title="Queen"))

    said = undoing("ada", Written("t-1", changes=(TITLE,)), there, secretive, Kind.USER)

    assert said.stays == ("title was changed since; it is something else now.",)


def test_an_account_that_was_made_loses_access_and_is_never_deleted():
    made = Written("t-1", made=True, changes=(TITLE,))
    rude = replace(
        RULES, capabilities=replace(RULES.capabilities, users=UserAbilities(disable=False))
    )

    assert back(made).changes == (ValueChange("active", old=True, new=False),)
    assert back(made, now(account=account(active=False))) == Undoing()
    assert undoing("ada", made, now(), rude, Kind.USER).stays == (
        "The account was made by this cycle, and the app cannot deactivate it.",
    )
    group = Written("tg-1", made=True)
    there = Now(SALES_LINK, Account("tg-1", dict(SALES_LINK.known)))
    assert back(group, there, Kind.GROUP).stays == (
        "The group was made by this cycle; it is not deleted.",
    )


def test_members_go_back_where_they_still_are_as_the_cycle_left_them():
    done = Written(
        "tg-1", members={"a": True, "b": False, "c": True, "d": False, "e": True, "f": False}
    )
    there = Now(
        SALES_LINK,
        Account("tg-1", dict(SALES_LINK.known)),
        members={"a", "c", "d"},
        written={"a": "ada", "d": "dee", "e": "eve"},
        owners={"b": "bo"},
    )

    plan = back(done, there, Kind.GROUP)

    assert [one.member_id for one in plan.remove] == ["ada"]
    assert [one.member_id for one in plan.add] == ["bo"]
    assert plan.stays == ("Memberships that were changed since, or whose account is gone: 3.",)


def test_where_members_are_not_shown_what_was_written_counts():
    done = Written("tg-1", members={"a": True, "b": False})
    there = Now(
        SALES_LINK,
        Account("tg-1", dict(SALES_LINK.known)),
        written={"a": "ada"},
        owners={"b": "bo"},
    )

    plan = back(done, there, Kind.GROUP)

    assert (len(plan.add), len(plan.remove), plan.stays) == (1, 1, ())
    assert back(Written("tg-1"), replace(there, written=None, owners=None), Kind.GROUP).empty


def test_going_back_to_inactive_takes_access_and_to_active_gives_it():
    assert takes_access((ValueChange("active", old=True, new=False),), USERS)
    assert not takes_access((ValueChange("active", old=False, new=True), TITLE), USERS)


def test_what_is_taken_back_is_what_is_held():
    later = NOW + dt.timedelta(1)
    done = Written("tg-1", members={"a": True, "b": False})
    there = Now(
        SALES_LINK,
        Account("tg-1", dict(SALES_LINK.known)),
        written={"a": "ada"},
        owners={"b": "bo"},
    )

    values = undone_of(Kind.USER, "ada", back(Written("t-1", changes=(TITLE,))), "u", later)
    members = undone_of(Kind.GROUP, "g", back(done, there, Kind.GROUP), "u", later)

    assert [(one.path, one.value, one.cycle_id, one.at) for one in values] == [
        ("title", "Engineer", "u", later)
    ]
    assert [(one.member_id, one.value) for one in members] == [("bo", False), ("ada", True)]


# --- what an ordinary cycle does then ---


def test_just_the_value_that_was_taken_back_is_left_alone():
    undone: dict[str, TargetValue | None] = {
        "title": "Engineer",
        "mail": "x",
        "gone": "y",
        "active": True,
    }
    known = {**IN_STEP, "title": "Mate"}

    left = spared(undone, known, IN_STEP, USERS)

    assert left.kept == {"title"}
    assert left.over == {"mail", "gone", "active"}


def test_somebody_whose_only_difference_was_undone_is_skipped_and_explained():
    known = replace(facts(ada(), link=linked(title="Mate")), undone={"title": "Engineer"})

    answer = decide(known, RULES)
    said = explain(known, RULES)

    assert isinstance(answer, Decided)
    assert isinstance(answer.action, Skip)
    assert answer.action.reason is Reason.UNDONE
    assert said.verdict is Verdict.LEFT_ALONE
    assert "What was written to title was undone" in said.answer


def test_a_group_says_how_many_of_its_memberships_were_undone():
    said = explain(facts(ada(), link=linked()), RULES, Remembered(undone_members=1))

    assert said.answer.endswith("left alone until the directory changes there: 1 membership.")


def test_other_values_are_written_all_the_same():
    somebody = facts(ada(mail="new@larkspur.example"), link=linked(title="Mate"))

    answer = decide(replace(somebody, undone={"title": "Engineer"}), RULES)

    assert isinstance(answer, Decided)
    assert isinstance(answer.action, Update)
    assert [one.path for one in answer.action.changes] == ["mail"]


def test_access_that_was_given_back_stays_until_the_person_is_in_scope_again():
    left = replace(facts(ada(), grants=(), link=linked()), undone={"active": False})
    again = replace(facts(ada(), link=linked()), undone={"active": False})

    kept, over = decide(left, RULES), decide(again, RULES)

    assert isinstance(kept, Decided)
    assert isinstance(kept.action, Skip)
    assert kept.action.reason is Reason.UNDONE
    assert isinstance(over, Decided)
    assert over.spared.over == {"active"}


def test_whose_values_cannot_be_made_loses_access_unless_that_was_undone():
    wrong = facts(ada(mail=None), grants=(), link=linked())

    lost = decide(replace(wrong, undone={"title": "Engineer"}), RULES)
    kept = decide(replace(wrong, undone={"active": False}), RULES)

    assert isinstance(lost, Decided)
    assert isinstance(lost.action, Disable)
    assert isinstance(kept, Decided)
    assert isinstance(kept.action, Skip)


def test_what_the_app_held_is_told_with_its_date():
    drift = Finding(Kind.USER, "t-1", Found.UNCHECKED, NOW, NOW, "ada", "Ada", "It failed.")
    somebody = facts(ada(), link=linked())

    clean = explain(somebody, RULES, Remembered(checked_at=NOW))
    found = explain(somebody, RULES, Remembered(checked_at=NOW, found=drift))

    assert clean.checks[-1].text == "was as written when it was read on 2026-03-02 09:00 UTC"
    assert found.answer.endswith("When the app was last read, cannot be checked. It failed.")
    assert MANAGER not in found.answer
