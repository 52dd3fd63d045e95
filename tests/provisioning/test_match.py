"""Whose account it is: questions, answers, owners, and values that change hands."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seatkeeper.directory.model import Kind
from seatkeeper.errors import AmbiguousSource, AmbiguousTarget, MatchingValueMissing
from seatkeeper.provisioning.account import Account, ValueChange
from seatkeeper.provisioning.handover import after, freed, renames, rings
from seatkeeper.provisioning.mapping.evaluate import Desired
from seatkeeper.provisioning.mapping.model import Direct, Mapping, ObjectMapping
from seatkeeper.provisioning.match import (
    Claim,
    Condition,
    Owner,
    Question,
    RehireNeedsConsent,
    WeakMatch,
    Whose,
    check_claims,
    check_only_asker,
    claims,
    claims_of_changes,
    judge_owner,
    others_asking,
    questions,
    the_one,
)
from seatkeeper.provisioning.reference import levels

ASKED = Question("userName", "ada")
FOUND = Account("a-1", {"userName": "ada", "employee": "7"})


def mapped(*more: Mapping) -> ObjectMapping:
    by_name = Mapping("userName", Direct("userPrincipalName"), matching=1)
    return ObjectMapping(Kind.USER, (by_name, *more))


def test_a_name_is_asked_for_by_the_rule_of_its_case():
    exact = mapped(Mapping("externalId", Direct("objectId"), matching=2, case_exact=True))
    wanted = Desired({"userName": "Ada", "externalId": "X"})

    first, second = questions(wanted, exact)

    assert the_one(first, [Account("a-1", {"userName": "ADA"})]) is not None
    assert second.stronger[0].met_by(Account("a-1", {"userName": "ADA"}))


def test_attributes_of_one_place_must_all_answer():
    together = ObjectMapping(
        Kind.USER,
        (
            Mapping("name", Direct("a"), matching=1),
            Mapping("birthday", Direct("b"), matching=1, case_exact=True),
        ),
    )
    [question] = questions(Desired({"name": "Ada", "birthday": "1815"}), together)

    assert question.text == 'name eq "Ada" and birthday eq "1815"'
    assert the_one(question, [Account("a", {"name": "ada", "birthday": "1816"})]) is None
    assert the_one(question, [Account("a", {"name": "ada", "birthday": "1815"})]) is not None
    assert the_one(question, [Account("a", {"name": "ada"})]) is None
    assert the_one(question, [Account("a", {"name": "ada", "birthday": ("1815",)})]) is None


def test_a_place_with_one_empty_value_is_not_asked_for():
    together = mapped(
        Mapping("name", Direct("a"), matching=2), Mapping("birthday", Direct("b"), matching=2)
    )

    asked = questions(Desired({"userName": "ada", "name": "Ada"}), together)

    assert [one.path for one in asked] == ["userName"]


@pytest.mark.parametrize("value", ["", True, ("ada",)])
def test_what_is_no_text_finds_nobody(value):
    with pytest.raises(MatchingValueMissing, match="userName"):
        questions(Desired({"userName": value}), mapped())


def test_a_value_only_given_at_creation_is_asked_for_too():
    [question] = questions(Desired({}, {"userName": "ada"}), mapped())

    assert question.value == "ada"


@pytest.mark.fault("T23")
def test_nobody_is_chosen_among_several():
    with pytest.raises(AmbiguousTarget, match="2 accounts"):
        the_one(ASKED, [FOUND, Account("a-2", {"userName": "ada"})])


def test_whoever_a_stronger_attribute_contradicts_is_not_taken():
    [_, weaker] = questions(
        Desired({"userName": "ada", "mail": "ada@x"}),
        mapped(Mapping("mail", Direct("m"), matching=2)),
    )

    with pytest.raises(WeakMatch, match="userName is bob, not ada"):
        the_one(weaker, [Account("a-1", {"userName": "bob", "mail": "ada@x"})])
    assert the_one(weaker, [Account("a-1", {"userName": "", "mail": "ada@x"})]) is not None
    assert the_one(weaker, [Account("a-1", {"userName": "ADA", "mail": "ada@x"})]) is not None


def test_an_account_without_another_owner_is_theirs():
    mine = Owner("me", "Ada")

    assert judge_owner(FOUND, ASKED, None, "me", passes_on=False) is Whose.THEIRS
    assert judge_owner(FOUND, ASKED, mine, "me", passes_on=False) is Whose.THEIRS


def test_the_account_of_somebody_purged_passes_on_where_settings_say_so():
    owner = Owner("old", "Ada", purged=True)

    assert judge_owner(FOUND, ASKED, owner, "new", passes_on=True) is Whose.PASSES_ON
    with pytest.raises(RehireNeedsConsent, match="belongs to Ada, who is no longer"):
        judge_owner(FOUND, ASKED, owner, "new", passes_on=False)


def test_somebody_who_can_come_back_keeps_the_account():
    owner = Owner("old", "Ada", "was deleted on 2026-03-01 and can still be restored")

    with pytest.raises(AmbiguousSource, match="belongs to Ada, who was deleted on 2026-03-01"):
        judge_owner(FOUND, ASKED, owner, "new", passes_on=True)


@pytest.mark.parametrize(
    ("path", "new", "whose"),
    [
        ("userName", "countess", Whose.SOMEBODY_ELSES),
        ("userName", None, Whose.SOMEBODY_ELSES),
        ("employee", "8", Whose.SOMEBODY_ELSES),
    ],
)
def test_whoever_gives_the_value_up_is_somebody_else(path, new, whose):
    question = Question("userName", "ada", also=(Condition("employee", "7"),))
    owner = Owner("bob", "Bob", changes=(ValueChange(path, "x", new),))

    assert judge_owner(FOUND, question, owner, "me", passes_on=True) is whose


@pytest.mark.parametrize(("path", "new"), [("userName", "ADA"), ("title", "Countess")])
def test_whoever_keeps_the_value_keeps_the_account(path, new):
    owner = Owner("bob", "Bob", changes=(ValueChange(path, "x", new),))

    with pytest.raises(AmbiguousSource, match=r"another record, too \(Bob\)"):
        judge_owner(FOUND, ASKED, owner, "me", passes_on=True)


@pytest.mark.parametrize(
    ("held", "exact", "met"),
    [
        ({}, False, False),
        ({"userName": None}, False, False),
        ({"userName": ("ada",)}, False, False),
        ({"userName": "ADA"}, False, True),
        ({"userName": "ADA"}, True, False),
        ({"userName": "ada"}, True, True),
    ],
)
def test_an_account_meets_a_condition_with_one_value_by_the_case_rule(held, exact, met):
    assert Condition("userName", "ada", exact).met_by(Account("a", held)) is met


def test_two_who_find_one_account_both_wait():
    check_only_asker(FOUND, {"me"}, "me")

    with pytest.raises(AmbiguousSource, match="another record, too"):
        check_only_asker(FOUND, {"me", "you"}, "me")


def test_two_who_ask_for_one_value_both_wait_and_are_named():
    wish = mapped(Mapping("externalId", Direct("id"), unique=True, case_exact=True))
    asked = claims(Desired({"userName": "Ada", "externalId": "X", "title": "T"}), wish)

    assert asked == [Claim("userName", "ada"), Claim("externalId", "X")]
    check_claims(asked, {})
    with pytest.raises(AmbiguousSource, match=r"userName \(ada\) would be the same as for bob, cy"):
        check_claims(asked, {asked[0]: ["cy", "bob"]})


def test_changes_ask_for_the_unique_values_that_they_bring():
    wish = mapped(Mapping("externalId", Direct("id"), unique=True, case_exact=True))
    changes = (
        ValueChange("userName", "ada", "Countess"),
        ValueChange("externalId", "x", "X"),
        ValueChange("title", "a", "b"),
    )

    assert claims_of_changes(changes, wish) == [
        Claim("userName", "countess"),
        Claim("externalId", "X"),
    ]
    assert claims_of_changes((ValueChange("userName", "ada", "ADA"),), wish) == []
    assert claims_of_changes((ValueChange("userName", "ada", None),), wish) == []


def test_who_else_asks_for_a_value_is_named_without_oneself():
    claim = Claim("userName", "info")
    many = [(str(number), f"p{number}") for number in range(9)]

    assert others_asking([claim], {claim: [("me", "ada"), ("you", "bo")]}, "me") == {claim: ["bo"]}
    assert others_asking([claim], {}, "me") == {claim: []}
    assert len(others_asking([claim], {claim: many}, "me")[claim]) == 6


def test_only_values_that_others_could_take_are_given_up():
    mapping = mapped(Mapping("title", Direct("t")), Mapping("id2", Direct("i"), unique=True))
    changes = (
        ValueChange("userName", "ada", "ADA"),
        ValueChange("title", "Engineer", "Countess"),
        ValueChange("id2", "7", None),
        ValueChange("nobody knows it", "a", "b"),
        ValueChange("userName", None, "ada"),
        ValueChange("userName", True, "ada"),
    )

    [found] = renames("p", changes, mapping)

    assert (found.gives, found.takes) == (Claim("id2", "7"), None)


def rename(record: str, old: str, new: str):
    [found] = renames(record, (ValueChange("userName", old, new),), mapped())
    return found


def test_whoever_takes_comes_after_whoever_gives():
    givers = [rename("a", "ada", "countess")]

    waits = after(givers, {Claim("userName", "ada"): ["a", "b"]})

    assert waits == {"b": {"a"}}
    assert levels({"b": None}, waits) == {"a": 0, "b": 1}


def test_a_value_for_a_moment_stays_an_address_and_is_always_the_same():
    ring = rings(
        [rename("a", "x@l.example", "y@l.example"), rename("b", "y@l.example", "x@l.example")]
    )

    [change] = freed(ring)["a"]

    assert str(change.new).startswith("x.moving-")
    assert str(change.new).endswith("@l.example")
    assert freed(ring) == freed(ring)
    assert freed([]) == {}


PEOPLE = ("a", "b", "c", "d", "e")


@given(st.permutations(PEOPLE))
def test_once_every_ring_is_open_everybody_can_be_written_in_some_order(order):
    found = [rename(who, who, new) for who, new in zip(PEOPLE, order, strict=True) if who != new]
    circles = rings(found)
    free = set(freed(circles))
    givers = [one for one in found if one.record_id not in free]
    waits = after(givers, {one.takes: [one.record_id] for one in found if one.takes})
    place = levels(dict.fromkeys(PEOPLE), waits)

    held = {who: None if who in free else who for who in PEOPLE}
    for one in sorted(found, key=lambda one: (place[one.record_id], one.record_id)):
        wanted = str(one.change.new)
        assert wanted not in held.values(), f"{one.record_id} is refused"
        held[one.record_id] = wanted

    assert held == dict(zip(PEOPLE, order, strict=True))


@given(
    st.dictionaries(st.sampled_from(PEOPLE), st.none() | st.sampled_from(PEOPLE)),
    st.dictionaries(st.sampled_from(PEOPLE), st.sets(st.sampled_from(PEOPLE))),
)
def test_however_people_wait_for_each_other_everybody_has_a_place(managers, waits):
    place = levels(managers, waits)

    assert set(managers) | set(waits) <= set(place)


def test_somebody_without_the_value_asks_for_none():
    wish = mapped(Mapping("externalId", Direct("id"), unique=True))

    assert claims(Desired({"userName": "ada"}), wish) == [Claim("userName", "ada")]


def test_whoever_takes_a_name_that_nobody_gives_up_is_in_no_ring():
    assert rings([rename("a", "ada", "countess")]) == []


def test_of_many_rivals_and_many_accounts_five_are_named():
    asked = claims(Desired({"userName": "ada"}), mapped())

    with pytest.raises(AmbiguousSource, match=r"for a, b, c, d, e and others\. "):
        check_claims(asked, {asked[0]: list("fedcba")})
    with pytest.raises(AmbiguousSource, match=r"for a, b, c, d, e\. "):
        check_claims(asked, {asked[0]: list("edcba")})
    with pytest.raises(AmbiguousTarget, match=r"\(ids a, b, c, d, e\)"):
        the_one(ASKED, [Account(one, {"userName": "ada"}) for one in "abcdef"])


def test_of_several_stronger_attributes_that_contradict_the_first_is_told():
    stronger = (Condition("userName", "ada"), Condition("employee", "7"))
    weaker = Question("mail", "ada@x", stronger=stronger)
    other = Account("a-1", {"mail": "ada@x", "userName": "bob", "employee": "8"})

    with pytest.raises(WeakMatch, match="userName is bob, not ada"):
        the_one(weaker, [other])
