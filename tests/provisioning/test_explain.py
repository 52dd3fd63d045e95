"""The answer to "why (not)?", word for word, for every way a record can stand with an app."""

import datetime as dt
from dataclasses import replace

import pytest
from tests.provisioning.builders import (
    DEFAULT_ROLE,
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
from seatkeeper.provisioning.explain import Verdict, explain, standing
from seatkeeper.provisioning.journal import Escrow, Health, HealthState
from seatkeeper.provisioning.log import LogEntry, Status
from seatkeeper.provisioning.match import Claim
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
    answer = explain(facts(ada()), rules(), escrow=escrow("MissingValues"))

    assert answer.verdict is Verdict.WAITS
    assert answer.answer == (
        "Ada is not in The App, and waits: The app said no. Tried 2 times; next try "
        "2026-03-02 10:00 UTC"
    )
    assert answer.code == "MissingValues"


def test_an_update_that_was_refused_waits_until_somebody_acts():
    person = facts(ada(), link=linked(title="Boss"))

    answer = explain(person, rules(), escrow=escrow("InvalidValue", given_up=True))

    assert answer.answer.startswith("Ada is in The App, and waits: The app said no.")
    assert answer.answer.endswith("next try not by itself")


def test_two_who_ask_for_one_name_are_both_named():
    claim = Claim("userName", "ada@larkspur.example")

    answer = explain(facts(ada()), rules(), rivals={claim: ["bob@larkspur.example"]})

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
    answer = explain(facts(ada(), link=linked()), rules(), last=entry(status, action))

    assert (answer.checks[-1].passed, answer.checks[-1].text) == (passed, text)


def test_what_comes_after_the_first_failure_was_not_reached():
    answer = explain(facts(ada(enabled=False), grants=()), rules())

    states = {check.name: check.passed for check in answer.checks}
    assert states["active"] is False
    assert states["filters"] is None


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
