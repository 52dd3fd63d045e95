"""The answer to "why (not)?", word for word, for every way a record can stand with an app."""

import datetime as dt
from dataclasses import replace

import pytest
from tests.provisioning.builders import (
    DEFAULT_ROLE,
    GROUPS,
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
from seatkeeper.provisioning.explain import Remembered, Verdict, explain
from seatkeeper.provisioning.expression.compile import compiled
from seatkeeper.provisioning.guard import Hold, HoldState
from seatkeeper.provisioning.journal import Escrow, Health, HealthState
from seatkeeper.provisioning.log import LogEntry, Status
from seatkeeper.provisioning.mapping.model import Mapping
from seatkeeper.provisioning.match import Claim
from seatkeeper.provisioning.membership import Membership, Missing, Some
from seatkeeper.provisioning.naming import new_account
from seatkeeper.provisioning.removal import Removal
from seatkeeper.provisioning.rules import Rules
from seatkeeper.provisioning.standing import standing
from seatkeeper.provisioning.walk import Facts, decide

LEFT_ALONE = rules(skip_out_of_scope_deletions=True)
NO_UPDATE = rules(users=replace(USERS, update=False))
NO_CREATE = rules(users=replace(USERS, create=False))
NO_CREATE_GROUPS = replace(rules(), groups=replace(GROUPS, create=False))
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
     "Ada is in The App; the next cycle sends what differs: title."),
    (facts(ada(enabled=False), link=linked(active=False, title="Boss")), rules(),
     "to be updated",
     "Ada has a deactivated account in The App, because Ada is disabled in the directory; the next "
     "cycle sends what differs: title."),
    (facts(ada(enabled=False), link=linked()), rules(), "to be deactivated",
     "Ada is in The App; the next cycle deactivates the account, because Ada is disabled in the "
     "directory."),
    (facts(ada(), grants=(), link=linked(active=False)), rules(), "inactive",
     "Ada has a deactivated account in The App, because Ada is not assigned to The App."),
    (facts(None, link=linked()), rules(hard_delete=True), "to be deleted",
     "Ada is in The App; the next cycle deletes the account there, because Ada no longer exists in "
     "the directory."),
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
    (facts(None), rules(), "unknown",
     "ada is not in the directory, and no account in The App is linked to that name."),
    (group_facts(SALES, link=SALES_LINK), rules(), "in step",
     "Sales is in The App, and the group is in step."),
    (group_facts(SALES, grants=(), link=SALES_LINK), rules(), "to be deleted",
     "Sales is in The App; the next cycle deletes the group there, because Sales is not assigned "
     "to The App."),
    (group_facts(SALES), NO_CREATE_GROUPS, "to be created",
     "Sales is not in The App; creating is switched off, so the next cycle only links a group that "
     "is there."),
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
    assert (
        "userName (ada@larkspur.example) would be the same as for bob@larkspur.example"
        in answer.answer
    )


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


@pytest.mark.parametrize("tried_again", [True, False])
def test_somebody_who_left_is_not_said_to_wait_for_what_failed_before(tried_again):
    known = Remembered(escrow("MissingValues"), tried_again)

    answer = explain(facts(ada(), grants=()), rules(), known)

    assert answer.verdict is Verdict.OUT_OF_SCOPE
    write = answer.checks[-1]
    assert (write.passed, write.reached) == (None, False)
    assert write.text.endswith("it is not tried again, for there is nothing to write any more")
    assert answer.answer.endswith("The last try failed on 2026-03-02 09:00 UTC: The app said no.")


HOLD = Hold(
    "h-1", Kind.USER, "ada", Removal.ACCESS, "Ada", "d", "7 of 9 would lose access.", "", NOW
)
KEPT = replace(HOLD, state=HoldState.KEPT, decided_by="grace", word="on leave")


@pytest.mark.parametrize(
    ("hold", "ends"),
    [
        (HOLD, "the removal waits for approval h-1. 7 of 9 would lose access."),
        (KEPT, "grace decided so (on leave)."),
        (
            replace(KEPT, until=NOW + dt.timedelta(days=7)),
            "grace decided so until 2026-03-09 (on leave).",
        ),
    ],
)
def test_somebody_who_should_lose_access_and_keeps_it_is_told_whose_word_that_is(
    hold: Hold, ends: str
):
    answer = explain(facts(ada(), grants=(), link=linked()), rules(), Remembered(hold=hold))

    assert (answer.verdict, answer.code) == (Verdict.HELD, "RemovalHeld")
    assert answer.answer == (f"Ada keeps access to The App, although not entitled any more: {ends}")


def test_somebody_with_an_account_who_asks_for_anothers_name_waits_and_keeps_the_account():
    person = facts(ada(), link=linked(userName="countess@larkspur.example"))
    claim = Claim("userName", "ada@larkspur.example")

    answer = explain(person, rules(), Remembered(rivals={claim: ["bo@larkspur.example"]}))

    [match] = [check for check in answer.checks if check.name == "match"]
    assert (answer.verdict, answer.code) == (Verdict.WAITS, "DuplicateSourceEntries")
    assert "is in The App, and waits: userName (ada@larkspur.example)" in answer.answer
    assert match.text.startswith("is account t-1; userName (ada@larkspur.example) would be")


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


def test_a_manager_who_gets_an_account_in_the_same_cycle_is_what_differs():
    led = replace(LED, accounts={"bo": new_account("bo")})

    answer = explain(led, rules(), Remembered(coming={MANAGER: "Bo Larsen"}))

    assert answer.verdict is Verdict.TO_UPDATE
    assert answer.answer == (
        "Ada is in The App; the next cycle sends what differs: manager. Manager becomes Bo Larsen, "
        "whose account the same cycle makes or links."
    )
    assert answer.missing == ()


DI = Missing("members", "di", "Di", "is not assigned to The App")


@pytest.mark.parametrize(
    ("members", "verdict", "told"),
    [
        (Membership(3, 3), "in step", "the group is in step."),
        (
            Membership(3, 2, coming=Some(1, ("Cy",))),
            "to be updated",
            "The App should hold all 3 members, and holds 2; to be added with the accounts that "
            "the same cycle makes: Cy.",
        ),
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


def test_a_write_that_failed_long_ago_does_not_fail_below_checks_that_were_not_reached():
    failed = Remembered(last=entry(Status.FAILURE, "create"))

    answer = explain(facts(ada(deleted=True)), rules(), failed)

    assert (answer.checks[-1].passed, answer.checks[-1].reached) == (None, False)
    assert answer.checks[-1].text == "last create on 2026-03-02 09:00 UTC: failure"


def test_somebody_gone_is_called_as_somebody_called_them():
    gone = replace(facts(None), names={"ada": "Ada Larsen"})

    answer = explain(gone, rules())

    assert answer.answer == (
        "Ada Larsen is not in the directory, and no account in The App is linked to that name."
    )


def test_a_removal_that_the_guard_would_hold_is_held_and_says_why():
    leaves = explain(facts(ada(), grants=(), link=linked()), rules())

    held = leaves.held_back("10 people of 10 lose access.")

    assert leaves.removes
    assert not held.removes
    assert (held.verdict, held.code) == (Verdict.HELD, "RemovalHeld")
    assert held.answer == (
        f"{leaves.answer} But the deletion guard holds it until somebody approves: 10 people of 10 "
        "lose access."
    )


def test_what_is_only_imagined_tells_no_change_that_took_access():
    leaves = explain(facts(ada(), grants=(), link=linked()), rules())
    told = replace(leaves, since="Since today: left group Sales.", answer=f"{leaves.answer} Since "
                   "today: left group Sales.")  # fmt: skip

    assert told.without_since() == leaves
    assert leaves.without_since() == leaves


def test_a_value_that_the_log_hides_is_hidden_among_the_facts_too() -> None:
    hiding = Mapping("title", compiled("Redact([jobTitle])"))
    others = tuple(one for one in USERS.mappings if one.target != "title")
    under = rules(users=replace(USERS, mappings=(*others, hiding)))

    answer = explain(facts(ada(), link=linked()), under)

    assert "Engineer" not in str(answer.checks)
    [values] = [one.facts["values"] for one in answer.checks if one.name == "values"]
    assert isinstance(values, dict)
    assert values["title"] == "[Redact]"
