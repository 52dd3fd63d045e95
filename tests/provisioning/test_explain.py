"""The answer to "why (not)?", word for word, for every way a record can stand with an app."""

import datetime as dt
from dataclasses import replace

import pytest
from tests.provisioning.builders import (
    DEFAULT_ROLE,
    MANAGER,
    NOW,
    SALES,
    SALES_LINK,
    USERS,
    ada,
    facts,
    group_facts,
    linked,
    rules,
)

from seatkeeper.directory.model import Kind
from seatkeeper.errors import RecordError
from seatkeeper.provisioning.explain import Remembered, Verdict, explain, standing
from seatkeeper.provisioning.journal import Escrow, Health, HealthState
from seatkeeper.provisioning.log import LogEntry, Status
from seatkeeper.provisioning.match import Claim
from seatkeeper.provisioning.membership import Membership, Missing, Some
from seatkeeper.provisioning.rules import Rules
from seatkeeper.provisioning.walk import Facts, decide

LEFT_ALONE = rules(skip_out_of_scope_deletions=True)
NO_UPDATE = rules(users=replace(USERS, update=False))
NO_CREATE = rules(users=replace(USERS, create=False))
NO_GROUPS = replace(rules(), groups=None)
SENTENCES = [
    (facts(ada(), link=linked()), rules(), "in step",
     "Ada is in The App, and the account is in step."),
    (facts(ada()), rules(), "to be created",
     "Ada is not in The App yet; the next cycle creates or links the account."),
    (facts(ada()), NO_CREATE, "to be created",
     "Ada is not in The App; creating is switched off, so the next cycle only links an account "
     "that is there."),
    (facts(ada(), grants=()), rules(), "out of scope",
     "Ada is not in The App, because Ada is not assigned to The App."),
    (facts(ada(), grants=(DEFAULT_ROLE,)), rules(), "out of scope",
     "Ada is not in The App, because Ada is assigned only with Default Access (directly, role "
     "Default Access), which The App excludes."),
    (facts(ada(enabled=False)), rules(), "out of scope",
     "Ada is not in The App, because Ada is disabled in the directory."),
    (facts(ada(deleted=True)), rules(), "out of scope",
     "Ada is not in The App, because Ada was deleted on 2026-03-02."),
    (facts(ada(), link=linked(title="Boss")), rules(), "to be updated",
     "Ada is in The App; the next cycle sends what differs."),
    (facts(ada(enabled=False), link=linked()), rules(), "to be deactivated",
     "Ada is in The App; the next cycle deactivates the account, because Ada is disabled in the "
     "directory."),
    (facts(ada(), grants=(), link=linked(active=False)), rules(), "inactive",
     "Ada has a deactivated account in The App, because Ada is not assigned to The App."),
    (facts(None, link=linked()), rules(hard_delete=True), "to be deleted",
     "Ada is in The App; the next cycle deletes the account."),
    (facts(None, link=linked(active=False)), rules(), "left alone",
     "Ada keeps the account in The App as it is. No longer exists in the directory. The App cannot "
     "delete accounts; it already is inactive."),
    (facts(ada(), grants=(), link=linked()), LEFT_ALONE, "left alone",
     "Ada keeps the account in The App as it is, although Ada is not assigned to The App: "
     "SkipOutOfScopeDeletions is on."),
    (facts(ada(), link=linked(title="Boss")), NO_UPDATE, "left alone",
     "Ada keeps the account in The App as it is. Updates are switched off for this app."),
    (facts(ada(mail=None)), rules(), "waits",
     "Ada is not in The App, and waits: mail is empty, and mail needs a value. Fill it in the "
     "directory, or map another attribute."),
    (facts(None), rules(), "unknown", "ada is not in the directory and has no account."),
    (group_facts(SALES, link=SALES_LINK), rules(), "in step",
     "Sales is in The App, and the account is in step."),
    (group_facts(SALES, link=SALES_LINK), NO_GROUPS, "out of scope",
     "Sales is not provisioned to The App: its groups are switched off in the mappings."),
]  # fmt: skip


@pytest.mark.parametrize(("given", "under", "verdict", "sentence"), SENTENCES)
def test_the_answer_is_a_sentence(given: Facts, under: Rules, verdict: str, sentence: str):
    answer = explain(given, under)

    assert (answer.verdict.value, answer.answer) == (verdict, sentence)


def escrow(code: str, *, given_up: bool = False) -> Escrow:
    again = None if given_up else NOW + dt.timedelta(hours=1)
    return Escrow(Kind.USER, "ada", "Ada", code, "The app said no.", "", 2, NOW, NOW, again)


def entry(status: Status, action: str) -> LogEntry:
    return LogEntry("e-1", "app", "c-1", NOW, Kind.USER, "ada", "Ada", action, status)


def test_whoever_waits_is_told_what_the_app_said_and_when_it_is_tried_again():
    answer = explain(facts(ada()), rules(), Remembered(escrow("MissingValues")))

    assert answer.verdict is Verdict.WAITS
    assert answer.answer == (
        "Ada is not in The App, and waits: The app said no. Tried 2 times; next try "
        "2026-03-02 10:00 UTC."
    )
    assert answer.code == "MissingValues"


def test_an_update_that_was_refused_waits_until_somebody_acts():
    person = facts(ada(), link=linked(title="Boss"))

    answer = explain(person, rules(), Remembered(escrow("InvalidValue", given_up=True)))

    assert answer.answer.startswith("Ada is in The App, and waits: The app said no.")
    assert answer.answer.endswith("next try not by itself.")


def test_two_who_ask_for_one_name_are_both_named():
    claim = Claim("userName", "ada@larkspur.example")

    answer = explain(facts(ada()), rules(), Remembered(rivals={claim: ["bob@larkspur.example"]}))

    assert answer.verdict is Verdict.WAITS
    assert "userName would be the same as for bob@larkspur.example" in answer.answer


@pytest.mark.parametrize(
    ("status", "action", "passed", "text"),
    [
        (Status.SUCCESS, "update", True, "last update on 2026-03-02 09:00 UTC: success"),
        (Status.SKIPPED, "other", None, "last look on 2026-03-02 09:00 UTC: skipped"),
        (Status.FAILURE, "create", False, "last create on 2026-03-02 09:00 UTC: failure"),
    ],
)
def test_the_last_write_is_said(status, action, passed, text):
    answer = explain(facts(ada(), link=linked()), rules(), Remembered(last=entry(status, action)))

    assert (answer.checks[-1].passed, answer.checks[-1].text) == (passed, text)


def test_what_comes_after_the_first_failure_was_not_reached():
    answer = explain(facts(ada(enabled=False), grants=()), rules())

    assert [(one.name, one.passed, one.reached) for one in answer.checks] == [
        ("active", False, True),
        ("assigned", None, False),
        ("filters", None, False),
        ("values", None, False),
        ("match", None, False),
        ("write", None, False),
    ]
    assert answer.checks[1].text == "would fail, too: is not assigned to The App"
    assert {one.text for one in answer.checks[2:]} == {""}


def test_what_is_known_stays_said_after_the_first_failure():
    person = facts(ada(enabled=False), link=linked())

    answer = explain(person, rules(), Remembered(last=entry(Status.SUCCESS, "update")))

    known = {one.name: one.text for one in answer.checks if not one.reached}
    assert known == {
        "assigned": "is assigned through group Sales, role User",
        "filters": "",
        "values": "has all required values",
        "match": "is account t-1 since 2026-03-02 09:00 UTC",
        "write": "last update on 2026-03-02 09:00 UTC: success",
    }


def test_every_check_is_listed_also_of_somebody_whom_no_cycle_looks_at():
    unknown = explain(facts(None), rules())
    switched_off = explain(group_facts(SALES), NO_GROUPS)

    assert [one.name for one in unknown.checks] == ["active", "values", "match", "write"]
    assert [one.name for one in switched_off.checks] == [
        "assigned", "filters", "values", "match", "write",
    ]  # fmt: skip


def test_a_failure_whose_cause_is_mended_is_history_and_the_verdict_says_what_comes():
    mended = Remembered(escrow("MissingValues"), tried_again=True)

    answer = explain(facts(ada()), rules(), mended)

    assert answer.verdict is Verdict.TO_CREATE
    assert answer.answer == (
        "Ada is not in The App yet; the next cycle creates or links the account. The last try "
        "failed on 2026-03-02 09:00 UTC: The app said no."
    )
    assert (answer.code, answer.next_try) == ("", None)
    assert answer.checks[-1].text == (
        "The last try failed on 2026-03-02 09:00 UTC: The app said no. Tried 2 times; the next "
        "cycle tries again"
    )
    assert answer.checks[-1].passed is None


def test_what_stands_in_the_way_now_is_said_and_when_it_is_tried_again():
    once = replace(escrow("UnprocessableEntity"), attempts=1)

    answer = explain(facts(ada(mail=None)), rules(), Remembered(once))

    assert answer.verdict is Verdict.WAITS
    assert answer.answer == (
        "Ada is not in The App, and waits: mail is empty, and mail needs a value. Fill it in the "
        "directory, or map another attribute. Tried once; next try 2026-03-02 10:00 UTC."
    )
    assert answer.code == "MissingValues"
    assert answer.next_try == NOW + dt.timedelta(hours=1)
    assert answer.history == "The last try failed on 2026-03-02 09:00 UTC: The app said no."


def test_somebody_whose_access_could_not_be_taken_away_waits_with_what_the_app_said():
    person = facts(ada(enabled=False), link=linked())

    answer = explain(person, rules(), Remembered(escrow("UnprocessableEntity")))

    assert answer.verdict is Verdict.WAITS
    assert answer.answer.startswith("Ada is in The App, and waits: The app said no.")
    assert answer.code == "UnprocessableEntity"


def test_somebody_who_left_is_not_said_to_wait_for_what_failed_before():
    answer = explain(facts(ada(), grants=()), rules(), Remembered(escrow("MissingValues")))

    assert answer.verdict is Verdict.OUT_OF_SCOPE
    assert answer.answer.endswith("The last try failed on 2026-03-02 09:00 UTC: The app said no.")


LED = replace(facts(ada(manager="bo"), link=linked()), names={"bo": "Bo Larsen"})


def test_whoever_misses_a_manager_is_only_partly_in_step():
    why = Remembered(missing={"bo": "is not assigned to The App"})

    answer = explain(LED, rules(), why)

    assert answer.verdict is Verdict.PARTLY
    assert answer.answer == (
        "Ada is in The App, and the account is only partly in step. Manager waits until Bo Larsen "
        "has an account (is not assigned to The App)."
    )
    assert answer.missing == (Missing(MANAGER, "bo", "Bo Larsen", "is not assigned to The App"),)


def test_a_manager_who_waits_is_named_beside_what_the_next_cycle_does():
    changed = explain(replace(LED, link=linked(title="Boss")), rules())
    disabled = explain(replace(LED, record=ada(enabled=False, manager="bo")), rules())

    assert changed.verdict is Verdict.TO_UPDATE
    assert changed.answer.endswith("Manager waits until Bo Larsen has an account (has no account).")
    assert disabled.verdict is Verdict.TO_DISABLE
    assert "Bo Larsen" not in disabled.answer


DI = Missing("members", "di", "Di", "is not assigned to The App")


@pytest.mark.parametrize(
    ("members", "verdict", "told"),
    [
        (Membership(3, 3), "in step", "the account is in step."),
        (
            Membership(3, 2, add=Some(1, ("Cy",))),
            "to be updated",
            "The App should hold all 3 members, and holds 2; to be added: Cy.",
        ),
        (
            Membership(2, 3, remove=Some(1, ("Ed",))),
            "to be updated",
            "The App should hold all 2 members, and holds 3; to be removed: Ed.",
        ),
        (
            Membership(3, 3, again=Some(1, ("Flo",))),
            "to be updated",
            "The App should hold all 3 members, and holds 3; to be written again with their "
            "access: Flo.",
        ),
        (
            Membership(3, 3, waiting=1, missing=(DI,)),
            "partly in step",
            "The App should hold 3 of 4 members, and holds 3; without account, and so left out: Di "
            "(is not assigned to The App).",
        ),
    ],
)
def test_a_group_is_in_step_only_with_its_members(members, verdict, told):
    answer = explain(group_facts(SALES, link=SALES_LINK), rules(), Remembered(members=members))

    assert answer.verdict.value == verdict
    assert answer.answer.endswith(told)
    assert answer.missing == members.missing


@pytest.mark.parametrize(
    ("given", "known", "why"),
    [
        (facts(ada()), Remembered(), "the next cycle makes or links the account"),
        (facts(ada(), grants=()), Remembered(), "is not assigned to The App"),
        (facts(None), Remembered(), "no longer exists in the directory"),
        (
            facts(ada()),
            Remembered(escrow("UnprocessableEntity")),
            "The app said no. Tried 2 times; next try 2026-03-02 10:00 UTC",
        ),
        (
            facts(ada(mail=None)),
            Remembered(escrow("MissingValues")),
            "mail is empty, and mail needs a value. Fill it in the directory, or map another "
            "attribute; next try 2026-03-02 10:00 UTC",
        ),
        (facts(ada(), link=linked()), Remembered(),
         "Ada is in The App, and the account is in step."),
    ],
)  # fmt: skip
def test_why_somebody_has_no_account_in_a_few_words(given: Facts, known: Remembered, why: str):
    assert explain(given, rules(), known).why_no_account == why


def test_somebody_whose_values_cannot_be_made_and_who_leaves_still_loses_access():
    answer = explain(facts(ada(mail=None, enabled=False), link=linked()), rules())

    assert answer.verdict is Verdict.TO_DISABLE


def test_an_account_without_a_date_is_told_without_one():
    link = replace(linked(), since=None)

    answer = explain(facts(ada(), link=link), rules())

    assert answer.checks[-2].text == "is account t-1"


@pytest.mark.parametrize(
    ("health", "on", "ran", "text"),
    [
        (Health(), True, True, ""),
        (Health(), False, True, "Provisioning to The App is off: nothing is sent but by hand."),
        (Health(), False, False,
         "Provisioning to The App is off, and no cycle has run yet: nothing is sent but by hand."),
        (Health(HealthState.AWAY, message="No answer.", next_try=NOW), True, True,
         "The App cannot be reached (No answer.); next try 2026-03-02 09:00 UTC. Until then "
         "nothing is sent."),
        (Health(HealthState.QUARANTINED, message="Wrong token."), True, True,
         "The App is in quarantine (Wrong token.). Until then nothing is sent."),
    ],
)  # fmt: skip
def test_why_nothing_is_sent_just_now(health: Health, on: bool, ran: bool, text: str):
    assert standing("The App", on=on, ran=ran, health=health) == text


def test_somebody_in_scope_whose_values_cannot_be_made_is_not_decided():
    with pytest.raises(RecordError, match="mail is empty"):
        decide(facts(ada(mail=None), link=linked()), rules())


def test_a_group_whose_mapping_is_off_is_never_walked():
    with pytest.raises(ValueError, match="group mapping of app is off"):
        decide(group_facts(SALES), NO_GROUPS)
