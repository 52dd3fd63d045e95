"""Laws of planning that hold for everybody, not only for the examples."""

from hypothesis import given, settings
from hypothesis import strategies as st
from tests.provisioning.builders import DEFAULT_ROLE, NOW, USER_ROLE, ada, facts, rules

from seatkeeper.directory.model import User
from seatkeeper.errors import MappingFailed
from seatkeeper.provisioning.account import Account
from seatkeeper.provisioning.link import Link
from seatkeeper.provisioning.plan import (
    Action,
    Adopt,
    Create,
    Delete,
    Disable,
    Skip,
    Update,
    known_after,
    known_of_adopted,
)
from seatkeeper.provisioning.walk import Decided, Facts, NeedsMatch, decide, decide_matched

TEXTS = st.sampled_from(["", "ada", "Ada", "Zoë"])
PEOPLE = st.builds(
    ada,
    enabled=st.booleans(),
    deleted=st.booleans(),
    manager=st.none() | st.just("grace"),
    jobTitle=st.none() | TEXTS.filter(bool),
)
GRANTS = st.sampled_from([(), (USER_ROLE,), (DEFAULT_ROLE,), (USER_ROLE, DEFAULT_ROLE)])
KNOWN = st.dictionaries(st.sampled_from(["userName", "title", "mail"]), TEXTS.filter(bool))
ACTIVE = st.booleans()


def link_of(known: dict[str, str], active: bool) -> Link:
    return Link(facts().kind, "ada", "t-1", {**known, "active": active}, "Ada", NOW)


def carried_out(action: Action, before: Facts, decided: Decided) -> Facts:
    """Return the facts once the simplest app that could obey has obeyed."""
    link: Link | None
    match action:
        case Create(values):
            link = Link(before.kind, "ada", "t-1", values)
        case Update(account_id, changes, found):
            assert decided.desired is not None
            known = (
                known_of_adopted(found, decided.desired)
                if found
                else (before.link.known if before.link else {})
            )
            link = Link(before.kind, "ada", account_id, known_after(known, changes))
        case Disable(account_id, changes, release):
            assert before.link is not None
            known = known_after(before.link.known, changes)
            link = None if release else Link(before.kind, "ada", account_id, known)
        case Adopt(account_id, found):
            assert decided.desired is not None
            link = Link(before.kind, "ada", account_id, known_of_adopted(found, decided.desired))
        case Delete():
            link = None
        case Skip(release=release):
            link = None if release else before.link
    return Facts(before.kind, "ada", before.record, before.grants, link, before.accounts)


def walked(start: Facts, found: Account | None, hard_delete: bool) -> Decided:
    ours = rules(hard_delete=hard_delete)
    answer = decide(start, ours)
    if isinstance(answer, NeedsMatch):
        answer = decide_matched(start, answer, found, ours)
    return answer


@settings(deadline=None)
@given(
    person=st.none() | PEOPLE,
    grants=GRANTS,
    known=st.none() | KNOWN,
    active=ACTIVE,
    found=st.none() | KNOWN,
    hard_delete=st.booleans(),
    manager_there=st.booleans(),
)
def test_a_plan_that_was_carried_out_leaves_nothing_to_do(
    person: User | None,
    grants: tuple[object, ...],
    known: dict[str, str] | None,
    active: bool,
    found: dict[str, str] | None,
    hard_delete: bool,
    manager_there: bool,
):
    link = link_of(known, active) if known is not None else None
    accounts = {"grace": "t-9"} if manager_there else {}
    before = Facts(facts().kind, "ada", person, grants, link, accounts)  # type: ignore[arg-type]
    there = Account("t-1", {**found, "active": active}) if found is not None else None

    first = walked(before, there, hard_delete)
    after = carried_out(first.action, before, first)
    second = walked(after, there, hard_delete)

    assert isinstance(second.action, Skip)


@settings(deadline=None)
@given(person=PEOPLE, grants=GRANTS, known=KNOWN, active=ACTIVE)
def test_whoever_is_not_entitled_and_active_is_left_without_access(person, grants, known, active):
    before = facts(person, grants=grants, link=link_of(known, active))

    decision = walked(before, None, hard_delete=False)
    after = carried_out(decision.action, before, decision)

    assert after.link is not None
    if not decision.scope.usable:
        assert after.link.known["active"] is False


@settings(deadline=None)
@given(person=PEOPLE)
def test_the_scope_reasons_agree_with_the_verdict(person):
    for grants in ((), (USER_ROLE,), (DEFAULT_ROLE,)):
        try:
            answer = decide(facts(person, grants=grants), rules())
        except MappingFailed:
            continue

        assert answer.scope.usable == all(check.passed for check in answer.scope.checks)
