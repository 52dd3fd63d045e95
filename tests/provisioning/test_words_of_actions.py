"""What plan, log, counters and the four steps call what happens to somebody's account."""

from dataclasses import replace

import msgspec
import pytest
from tests.provisioning.builders import NOW, SALES, account, ada, facts, group_facts, linked, rules

from seatkeeper.directory.model import Kind
from seatkeeper.provisioning.account import ValueChange
from seatkeeper.provisioning.cycle import counted
from seatkeeper.provisioning.four_steps import (
    action_step,
    import_step,
    match_step,
    scope_step,
    steps_after,
)
from seatkeeper.provisioning.log import (
    LogEntry,
    Modified,
    Status,
    Step,
    modified,
    remark,
    shown,
    steps,
    verb,
)
from seatkeeper.provisioning.match import Question, WeakMatch
from seatkeeper.provisioning.plan import Adopt, Create, Delete, Disable, Reason, Skip, Update
from seatkeeper.provisioning.preview import Members, Outlook, account_of, outlook, requests_of
from seatkeeper.provisioning.walk import scope_of

TITLE = ValueChange("title", "Engineer", "Countess")
REFUSED = WeakMatch("It is somebody else's.", advice="Correct it.")
WORDS = [
    (Create({"title": "Countess"}), "create", "created", Outlook.CREATE, ("POST /Users",)),
    (Update("t-1", (TITLE,)), "update", "updated", Outlook.UPDATE, ("PATCH /Users/t-1",)),
    (Disable("t-1", (TITLE,)), "disable", "disabled", Outlook.DISABLE, ("PATCH /Users/t-1",)),
    (Delete("t-1"), "delete", "deleted", Outlook.DELETE, ("DELETE /Users/t-1",)),
    (Adopt("t-1", account()), "other", "linked", Outlook.LINK, ()),
    (Skip(Reason.IN_SYNC, "In step."), "other", "skipped", Outlook.SKIP, ()),
    (Skip(Reason.CANNOT_DELETE, "Gone.", release=True), "other", "skipped", Outlook.UNLINK, ()),
]


@pytest.mark.parametrize(("action", "word", "counter", "look", "sent"), WORDS)
def test_each_action_has_its_word_its_counter_and_its_requests(action, word, counter, look, sent):
    assert verb(action) == word
    assert counted(action) == {counter: 1}
    assert outlook(action) is look
    assert requests_of(Kind.USER, action) == sent
    assert account_of(action) == (None if isinstance(action, Create | Skip) else "t-1")


def test_a_value_is_told_as_it_was_and_as_it_becomes():
    told = Modified("title", "Engineer", "Countess")

    assert modified(Update("t-1", (TITLE,))) == (told,)
    assert modified(Disable("t-1", (TITLE,))) == (told,)
    assert modified(Create({"title": "Countess"})) == (Modified("title", None, "Countess"),)
    assert modified(Delete("t-1")) == ()
    assert [shown(one) for one in (None, True, False, 7, ("a", "b"))] == [
        None, "True", "False", "7", "a, b",
    ]  # fmt: skip


def test_a_reference_that_comes_later_is_a_request_of_its_own():
    assert requests_of(Kind.USER, Create({}), later=True) == (
        "POST /Users",
        "PATCH /Users/(new account)",
    )


def test_members_who_come_and_go_are_named():
    members = Members(add=("ada",), remove=("bo",), names={"ada": "Ada"})

    assert members.changes == (Modified("members", None, "Ada"), Modified("members", "bo", None))
    assert not members.empty
    assert Members().empty


@pytest.mark.parametrize(
    ("action", "error", "status", "text"),
    [
        (Update("t-1", (TITLE,)), None, Status.SUCCESS, "the differences were sent"),
        (Skip(Reason.IN_SYNC, "In step."), None, Status.SKIPPED, "In step."),
        (None, REFUSED, Status.FAILURE, "It is somebody else's."),
    ],
)
def test_the_log_ends_with_what_became_of_it(action, error, status, text):
    scope = scope_of(facts(ada()), rules())

    told = steps(action, scope, matched="is Ada", waiting={"manager": "bo"}, error=error)

    assert [one.type for one in told] == [
        "import", "scoping", "matching", "referenceResolution", "export",
    ]  # fmt: skip
    assert (told[-1].status, told[-1].text) == (status, text)


def test_what_was_not_looked_at_is_no_step():
    told = steps(None, None, matched="", waiting={})

    assert [one.type for one in told] == ["import", "export"]


def test_what_was_read_of_people_and_groups_is_told():
    left = import_step(facts(ada(manager="bo", deleted=True, skills=("sail", "row"))))

    assert left.details["manager"] == "bo"
    assert left.details["deletedAt"] == NOW.isoformat()
    assert left.details["skills"] == "sail, row"
    assert "manager" not in import_step(facts(ada())).details
    assert import_step(group_facts(SALES)).details["displayName"] == "Sales"
    assert import_step(facts(None)).status is Status.SKIPPED


def test_whether_somebody_takes_part_is_a_step():
    assert scope_step(scope_of(facts(ada()), rules())).status is Status.SUCCESS
    assert scope_step(scope_of(facts(ada(), grants=()), rules())).status is Status.SKIPPED


def test_which_account_is_theirs_is_told_with_what_was_asked():
    asked = (Question("userName", "ada"),)
    undated = replace(linked(), since=None)

    assert match_step(facts(link=linked())).text == (
        "is linked to account t-1 since 2026-03-02 09:00 UTC"
    )
    assert match_step(facts(link=undated)).text == "is linked to account t-1"
    assert match_step(facts(), asked, error=REFUSED).details["code"] == "MatchNeedsConsent"
    assert match_step(facts()).text == "no account was looked for"
    assert match_step(facts(), asked).text == "no account matched"
    assert match_step(facts(), asked, account()).text == "found account t-1"


@pytest.mark.parametrize(
    ("action", "name", "text"),
    [
        (Create({}), "EntryExportAdd", "the account would be created"),
        (Delete("t-1"), "EntryExportDelete", "the account would be deleted"),
        (Update("t-1", ()), "EntryExportUpdate", "the differences would be sent"),
        (Disable("t-1", ()), "EntryExportUpdate", "access would be taken away"),
        (Skip(Reason.IN_SYNC, "In step."), "EntrySynchronizationSkip", "In step."),
        (
            Adopt("t-1", account()),
            "EntrySynchronizationSkip",
            "the account would be linked; it already is as it should be",
        ),
    ],
)
def test_what_would_be_done_is_told(action, name, text):
    step = action_step(action, (), ())

    assert (step.name, step.text) == (name, text)


def test_members_requests_and_who_is_waited_for_are_told_with_a_failure():
    joins = Modified("members", None, "Ada")

    step = action_step(None, (joins,), ("PATCH /Groups/g",), REFUSED, ("bo",))

    assert step.details == {
        "members": ["added Ada"],
        "requests": ["PATCH /Groups/g"],
        "waiting": ["bo"],
        "code": "MatchNeedsConsent",
        "advice": "Correct it.",
    }


LEFT = Modified("members", "Cy", None)
ENTRY = LogEntry("e", "app", "c", NOW, Kind.USER, "ada", "Ada", "update", Status.SUCCESS)


def after(entry: LogEntry | None) -> tuple[Step, ...]:
    person = facts(ada(), link=linked())
    return steps_after(person, scope_of(person, rules()), entry)


def test_after_a_cycle_the_four_steps_tell_what_was_done():
    full = msgspec.structs.replace(
        ENTRY,
        code="InvalidValue",
        steps=(
            Step("M", "matching", Status.SUCCESS, "found by name"),
            Step("EntryExportUpdate", "export", Status.SUCCESS, "sent", {"more": 1}),
        ),
        modified=(Modified("title", "a", "b"), Modified("members", None, "Bo"), LEFT),
        exchanges=({"method": "PATCH", "path": "/Users/t-1", "status": 200},),
    )

    told = after(full)

    assert (told[2].text, told[3].text) == ("found by name", "sent")
    assert (
        after(msgspec.structs.replace(full, reason="Is not assigned."))[3].text
        == "sent. Is not assigned."
    )
    refused = msgspec.structs.replace(full, status=Status.FAILURE, reason="The app said no.")
    assert after(refused)[3].text == "The app said no."
    assert told[3].details == {
        "title": "a -> b",
        "members": ["added Bo", "removed Cy"],
        "requests": ["PATCH /Users/t-1: 200"],
        "code": "InvalidValue",
        "more": 1,
    }


def test_after_a_cycle_that_had_nothing_to_tell_there_are_four_steps_too():
    assert after(None)[3].text == "nothing had to be done"
    assert (after(ENTRY)[3].name, after(ENTRY)[3].text) == ("EntryExportUpdate", "update")


GONE = scope_of(facts(ada(enabled=False)), rules())


@pytest.mark.parametrize(
    ("said", "text"),
    [
        (remark(Disable("t-1", ()), GONE, {}), "Is disabled in the directory."),
        (remark(Delete("t-1"), GONE, {}), "Is disabled in the directory."),
        (remark(Update("t-1", (TITLE,)), GONE, {}), ""),
        (
            remark(Disable("t-1", ()), GONE, {"manager": "Bo"}),
            "Is disabled in the directory. manager waits until Bo has an account.",
        ),
        (
            remark(Update("t-1", (TITLE,)), GONE, {}, unresolved=1),
            "1 member has no account in the app and is left out.",
        ),
        (
            remark(Update("t-1", (TITLE,)), GONE, {}, unresolved=2),
            "2 members have no account in the app and are left out.",
        ),
        (
            remark(Update("t-1", (TITLE,)), GONE, {}, interim=True),
            "For a moment only: the value passes on to somebody who waits for it.",
        ),
    ],
)
def test_the_log_says_why_access_went_and_who_waits(said: str, text: str):
    assert said == text
