"""Small facts about cycles, groups, apps and plans that people are shown."""

from dataclasses import replace

import pytest
from tests.provisioning.builders import GROUPS, NOW, SALES, ada, facts, group_facts, linked, rules

from seatkeeper.directory.model import Application, AppRole, Change, Kind, Subject, Verb
from seatkeeper.errors import PlanOutdated, Unreachable
from seatkeeper.provisioning.account import ValueChange
from seatkeeper.provisioning.causes import Causes, groups_named
from seatkeeper.provisioning.cycle import Counters, Cycle, CycleKind, CycleState
from seatkeeper.provisioning.journal import MemberDifference, MemberWrite
from seatkeeper.provisioning.outcome import stops_the_app
from seatkeeper.provisioning.plan import Update
from seatkeeper.provisioning.preview import Outlook, PlannedRecord, failing, shown_changes
from seatkeeper.provisioning.reviewed import check_planned, facts_digest


def test_counters_are_read_as_they_were_written_without_those_of_a_later_version():
    raised = Counters().plus(created=2)

    assert Counters.from_plain({**raised.to_plain(), "later": 7}) == raised


@pytest.mark.parametrize(
    ("counters", "only_failures"),
    [
        (Counters(failed=2), True),
        (Counters(failed=2, retried=1), True),
        (Counters(failed=2, retried=2), False),
        (Counters(failed=2, created=1), False),
        (Counters(failed=2, unchanged=1), False),
        (Counters(unchanged=3), False),
    ],
)
def test_a_cycle_in_which_everybody_fails_is_told_from_one_that_only_tries_again(
    counters, only_failures
):
    assert counters.only_failures is only_failures


@pytest.mark.parametrize(
    ("kind", "all_of_it"), [(CycleKind.FULL, True), (CycleKind.ON_DEMAND, False)]
)
def test_a_cycle_for_one_person_does_not_move_the_watermark(kind, all_of_it):
    cycle = Cycle("c", "app", 1, kind, CycleState.DONE, 0, 9, "digest", NOW)

    assert cycle.covers_all is all_of_it
    assert cycle.finished


def test_a_group_that_changed_is_named():
    edit = Change(1, NOW, "hr", Subject.GROUP, Verb.UPDATED, "g", detail={"attributes": ["mail"]})
    joins = replace(edit, subject=Subject.MEMBERSHIP)
    causes = Causes("app")

    causes.take([edit], {})

    assert causes.of((Kind.GROUP, "g")) == "mail changed"
    assert groups_named([edit]) == set()
    assert groups_named([joins]) == {"g"}


def test_a_group_by_another_name_is_another_fact():
    renamed = group_facts(replace(SALES, display_name="Trade"))

    assert facts_digest(renamed) != facts_digest(group_facts(SALES))


def test_an_app_has_roles_of_its_own_where_one_is_enabled():
    role = AppRole("r", "User", "user")
    app = Application("app", "plain", "The App", (role,))

    assert app.role("r") == role
    assert app.role("none") is None
    assert app.has_own_roles
    assert not replace(app, roles=()).has_own_roles


def test_members_that_nobody_moves_are_no_difference():
    assert MemberDifference().empty
    assert not MemberDifference(add=[MemberWrite("g", "ada", "t-1")]).empty


def test_the_day_begins_at_the_midnight_before():
    assert replace(rules(), moment=NOW).day == NOW.replace(hour=0)
    assert not rules().reads_memberships
    assert rules().mapping(Kind.GROUP) == GROUPS


def test_an_account_to_be_made_is_shown_by_its_persons_name():
    update = Update("t-1", (ValueChange("manager", None, "new"), ValueChange("title", "a", "b")))

    manager, title = shown_changes(update, {"new": "Bo"})

    assert "Bo" in (manager.new or "")
    assert title.new == "b"


def test_whoever_fails_is_shown_with_the_reason_and_an_app_that_is_away_stops():
    away = Unreachable("No answer.")

    told = failing(facts(ada(), link=linked()), away, "new", "digest")

    assert (told.verb, told.reason, told.account_id) == (Outlook.FAIL, "No answer.", "t-1")
    assert stops_the_app(away)


def test_an_account_that_was_to_be_deleted_and_is_unlinked_is_done():
    then = PlannedRecord(Kind.USER, "ada", "Ada", Outlook.DELETE)

    with pytest.raises(PlanOutdated, match="already done"):
        check_planned(then, None, rules(), facts(None))
    with pytest.raises(PlanOutdated, match="no longer planned"):
        check_planned(then, None, rules(), facts(None, link=linked()))


def test_somebody_without_a_sign_in_name_has_an_empty_one():
    assert ada().user_name == "ada@larkspur.example"
    assert ada(userPrincipalName=None).user_name == ""
