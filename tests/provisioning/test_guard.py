"""The deletion guard decides alone: which removals leave, and which wait for a person."""

import datetime as dt
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seatkeeper.directory.model import Kind
from seatkeeper.provisioning.account import ValueChange
from seatkeeper.provisioning.expression.compile import compiled
from seatkeeper.provisioning.guard import (
    HELD_ADVICE,
    WINDOW,
    Hold,
    HoldState,
    Judgement,
    Limit,
    Limits,
    Numbers,
    Planned,
    hold_id,
    judge,
    judge_one,
    too_many,
)
from seatkeeper.provisioning.last_administrators import Administrators
from seatkeeper.provisioning.mapping.model import Direct, Mapping, ObjectMapping
from seatkeeper.provisioning.removal import Removal, has_arrived, removal_digest, taken_by
from seatkeeper.provisioning.shrinking import Of, Part, Shrunk, Went

NOW = dt.datetime(2026, 3, 2, 9, 0, tzinfo=dt.UTC)
LIMITS = Limits()


def leaver(number: int, what: Removal = Removal.ACCESS, **more: Any) -> Planned:
    kind = Kind.GROUP if what in {Removal.GROUP, Removal.MEMBERS} else Kind.USER
    one = Planned(kind, f"record-{number}", what, f"Person {number}", f"digest-{number}")
    return replace(one, **more)


def hold_of(planned: Planned, state: HoldState, **more: Any) -> Hold:
    hold = Hold(
        hold_id("app", planned),
        planned.kind,
        planned.record_id,
        planned.what,
        planned.display_name,
        planned.digest,
        "too many",
        "left",
        NOW,
        state=state,
    )
    return replace(hold, **more)


def judged(
    planned: list[Planned], *holds: Hold, total: int = 100, limits: Limits = LIMITS, left: int = 0
) -> Judgement:
    numbers = Numbers(
        dict.fromkeys(Removal, total),
        dict.fromkeys(Removal, left),
        dict.fromkeys(Removal, left),
    )
    return judge(planned, {one.key: one for one in holds}, numbers, limits, NOW)


@pytest.mark.parametrize(
    ("total", "allowed"), [(0, 3), (5, 3), (100, 3), (150, 3), (200, 4), (10_000, 200)]
)
def test_a_small_company_may_lose_three_and_a_large_one_two_percent(
    total: int, allowed: int
) -> None:
    numbers = Numbers({Removal.ACCESS: total})

    assert too_many(Removal.ACCESS, "", allowed, numbers, LIMITS) == ""
    assert too_many(Removal.ACCESS, "", allowed + 1, numbers, LIMITS) != ""


def test_what_left_before_counts_in_the_cycle_and_in_the_day() -> None:
    in_the_cycle = judged([leaver(1)], left=3)
    numbers = Numbers({Removal.ACCESS: 100}, {}, {Removal.ACCESS: 5})
    in_the_day = judge([leaver(1)], {}, numbers, LIMITS, NOW)

    assert in_the_cycle.held[0][1] == (
        "4 people of 100 lose access in one cycle; the guard lets 3 go by themselves "
        "(2 %, at least 3)."
    )
    assert in_the_day.held[0][1] == (
        "6 people of 100 lose access within a day; the guard lets 5 go by themselves "
        "(5 %, at least 3)."
    )


@pytest.mark.parametrize(
    ("what", "count", "words"),
    [
        (Removal.GROUP, 6, "6 groups of 100 would be deleted in one cycle"),
        (Removal.MEMBERS, 21, "21 memberships of 100 end in one cycle"),
        (Removal.VALUE, 11, "11 values of title, of 100, become empty in one cycle"),
    ],
)
def test_each_kind_of_removal_has_limits_and_words_of_its_own(
    what: Removal, count: int, words: str
) -> None:
    paths = ("title",) if what is Removal.VALUE else ()
    some = [leaver(n, what, paths=paths) for n in range(count)]

    assert judged(some[:-1]).held == ()
    assert judged(some).held[0][1].startswith(words)


@pytest.mark.parametrize(
    ("what", "words"),
    [
        (Removal.ACCESS, "1 person loses access"),
        (Removal.GROUP, "1 group would be deleted"),
        (Removal.MEMBERS, "1 membership ends"),
        (Removal.VALUE, "1 value of title becomes empty"),
    ],
)
def test_one_is_said_as_one(what: Removal, words: str) -> None:
    none = Limit(0, 0)
    limits = Limits(True, none, none, none, none, none)

    assert too_many(what, "title", 1, Numbers(), limits).startswith(words)


def test_values_of_one_path_do_not_count_against_another() -> None:
    some = [leaver(n, Removal.VALUE, paths=("title",)) for n in range(10)]
    others = [leaver(n + 10, Removal.VALUE, paths=("nickName",)) for n in range(10)]

    assert len(judged([*some, *others]).free) == 20


def test_one_who_loses_two_values_counts_for_both() -> None:
    both = [leaver(n, Removal.VALUE, paths=("nickName", "title")) for n in range(8)]
    titles = [leaver(n + 10, Removal.VALUE, paths=("title",)) for n in range(8)]
    names = [leaver(n + 20, Removal.VALUE, paths=("nickName",)) for n in range(2)]

    result = judged([*both, *titles, *names])

    assert {one.record_id for one in result.free} == {one.record_id for one in names}
    assert {why.split(",")[0] for _, why in result.held} == {"16 values of title"}


def test_a_word_counts_for_exactly_what_it_was_given_about() -> None:
    some = [leaver(n) for n in range(6)]
    words = [hold_of(one, HoldState.APPROVED) for one in some]

    approved = judged(some, *words)
    changed = judged([replace(one, digest="another") for one in some], *words)

    assert len(approved.approved) == 6
    assert len(changed.held) == 6


def test_who_is_kept_is_asked_about_once_it_is_another_removal() -> None:
    one = leaver(1)
    kept = hold_of(one, HoldState.KEPT, decided_by="grace", word="on leave")

    same, another = judged([one], kept), judged([replace(one, digest="another")], kept)

    assert [planned for planned, _ in same.kept] == [one]
    [(_, why)] = another.held
    assert why.startswith("grace kept something else of it (on leave)")
    assert hold_id("app", one) != hold_id("app", replace(one, digest="another"))


def test_one_who_was_approved_and_changed_leaves_if_they_are_not_too_many() -> None:
    one = leaver(1)

    result = judged([replace(one, digest="another")], hold_of(one, HoldState.APPROVED))

    assert [planned.record_id for planned in result.free] == ["record-1"]


def test_who_waits_goes_on_waiting_though_they_are_few_by_now() -> None:
    one = leaver(1)

    result = judged([one], hold_of(one, HoldState.OPEN))

    assert result.held == ((one, "too many"),)


def test_who_is_kept_is_kept_to_the_end_date_and_not_longer() -> None:
    one = leaver(1)
    for_ever = hold_of(one, HoldState.KEPT)
    until = hold_of(one, HoldState.KEPT, until=NOW + dt.timedelta(seconds=1))
    over = hold_of(one, HoldState.KEPT, until=NOW)

    assert judged([one], for_ever).kept == ((one, for_ever),)
    assert judged([one], until).kept == ((one, until),)
    assert judged([one], over).free == (one,)


def test_who_is_protected_waits_even_where_the_guard_is_off() -> None:
    off = replace(LIMITS, on=False)
    some = [leaver(n, protected=n == 0) for n in range(50)]

    result = judged(some, limits=off)

    assert [(planned.record_id, why) for planned, why in result.held] == [
        ("record-0", "Person 0 is protected.")
    ]
    assert len(result.free) == 49


def test_who_is_protected_leaves_with_a_word() -> None:
    one = leaver(1, protected=True)

    assert judged([one], hold_of(one, HoldState.APPROVED)).approved == (one,)


SALES = Part("hr", Of.DEPARTMENT, "sales", "Sales")
CREW = Part("hr", Of.GROUP, "record-9", "Crew")
SHORT = Shrunk(SALES, 10, 4, 7)


def counted(part: Part, now: int, *gone: str, before: int = 0) -> Numbers:
    return Numbers({}, parts=[Went(part, now, frozenset(gone), held_before=before)])


def test_whom_a_source_that_came_back_short_took_away_waits_however_few_they_are_in_the_app() -> (
    None
):
    taken, other = leaver(1), leaver(2)
    numbers = counted(SALES, 4, "record-1", "a", "b", "c", "d", "e")

    result = judge([taken, other], {}, numbers, LIMITS, NOW)

    assert [(one.record_id, why) for one, why in result.held] == [("record-1", str(SHORT))]
    assert result.shrunk == {taken.key: SHORT}
    assert result.free == (other,)
    assert judge_one(taken, {}, numbers, LIMITS, NOW, others=0) == str(SHORT)


def test_a_group_that_came_back_short_keeps_its_members_and_itself() -> None:
    members, itself = leaver(9, Removal.MEMBERS), leaver(9, Removal.GROUP)
    value = leaver(1, Removal.VALUE)
    numbers = counted(CREW, 4, "record-1", "a", "b", "c", "d", "e")

    result = judge([members, itself, value], {}, numbers, LIMITS, NOW)

    assert [one for one, _ in result.held] == [members, itself]
    assert result.free == (value,)


def test_what_waits_for_a_source_is_let_go_when_it_is_full_again_and_not_before() -> None:
    one = leaver(1)
    hold = {one.key: hold_of(one, HoldState.OPEN, shrunk=SHORT)}

    nearly = judge([one], hold, counted(SALES, 6, before=10), LIMITS, NOW)
    full = judge([one], hold, counted(SALES, 7, before=10), LIMITS, NOW)

    assert nearly.held == ((one, str(replace(SHORT, now=6))),)
    assert full.free == (one,)


def test_a_source_that_came_back_short_is_no_matter_where_the_guard_is_off() -> None:
    one = leaver(1)
    numbers = counted(SALES, 4, "record-1", "a", "b", "c", "d", "e")

    result = judge([one], {}, numbers, replace(LIMITS, on=False), NOW)

    assert result.free == (one,)


def led_by(*people: str, group: str = "") -> Numbers:
    return Numbers({Removal.ACCESS: 100}, administrators=Administrators(frozenset(people), group))


@pytest.mark.parametrize("what", [Removal.ACCESS, Removal.RIGHTS])
@pytest.mark.parametrize("on", [True, False], ids=["on", "off"])
def test_the_last_administrator_waits_whatever_the_limits_say(what: Removal, on: bool) -> None:
    last, other = leaver(1, what), leaver(2)
    limits = replace(LIMITS, on=on)

    result = judge([last, other], {}, led_by("record-1"), limits, NOW)
    alone = judge_one(last, {}, led_by("record-1"), limits, NOW, others=5)

    assert [(one, why.partition(",")[0]) for one, why in result.held] == [
        (last, "The last active administrator of this app would go")
    ]
    assert result.free == (other,)
    assert alone == result.held[0][1]


def test_one_of_several_administrators_leaves_and_all_at_once_do_not() -> None:
    some = [leaver(1), leaver(2, Removal.RIGHTS)]
    three, two = led_by("record-1", "record-2", "record-3"), led_by("record-1", "record-2")

    assert judge(some, {}, three, LIMITS, NOW).free == tuple(some)
    assert [one for one, _ in judge(some, {}, two, LIMITS, NOW).held] == some


def test_the_second_of_two_waits_while_somebody_is_asked_about_the_first() -> None:
    first, second = leaver(1), leaver(2)
    asked = {first.key: hold_of(first, HoldState.OPEN)}

    result = judge([second], asked, led_by("record-1", "record-2"), LIMITS, NOW)

    assert [one for one, _ in result.held] == [second]


def test_the_last_administrator_leaves_with_a_word_and_the_other_then_waits() -> None:
    first, second = leaver(1), leaver(2)
    said = {first.key: hold_of(first, HoldState.APPROVED)}

    result = judge([first, second], said, led_by("record-1", "record-2"), LIMITS, NOW)

    assert result.approved == (first,)
    assert [one for one, _ in result.held] == [second]


@pytest.mark.parametrize(
    ("what", "group", "held"),
    [
        (Removal.GROUP, "record-9", True),
        (Removal.MEMBERS, "record-9", True),
        (Removal.MEMBERS, "another", False),
        (Removal.GROUP, "another", False),
    ],
)
def test_a_group_that_marks_administrators_keeps_the_last_of_them(
    what: Removal, group: str, held: bool
) -> None:
    one = leaver(9, what, members=frozenset({"ana", "bo"}))
    numbers = replace(led_by("ana", group=group), managed={what: 100})

    result = judge([one], {}, numbers, LIMITS, NOW)

    assert bool(result.held) is held


def test_who_may_leave_beside_all_other_administrators_needs_the_whole_plan() -> None:
    two, by_group = led_by("record-1", "record-2"), led_by("record-1", "x", group="record-9")

    answers = [
        judge_one(leaver(1), {}, two, LIMITS, NOW, others=1),
        judge_one(leaver(1), {}, two, LIMITS, NOW, others=0),
        judge_one(leaver(1), {}, by_group, LIMITS, NOW, others=0),
        judge_one(leaver(3), {}, two, LIMITS, NOW, others=1),
    ]

    assert answers == [None, "", None, ""]


def test_a_guard_that_was_switched_off_lets_go_of_what_it_held() -> None:
    one = leaver(1)

    result = judged([one], hold_of(one, HoldState.OPEN), limits=replace(LIMITS, on=False))

    assert result.free == (one,)


@given(
    count=st.integers(0, 60),
    total=st.integers(0, 500),
    left=st.integers(0, 30),
    spoken=st.sets(st.integers(0, 59)),
)
def test_never_more_than_the_limit_leaves_without_a_word(
    count: int, total: int, left: int, spoken: set[int]
) -> None:
    some = [leaver(n) for n in range(count)]
    words = [hold_of(some[n], HoldState.APPROVED) for n in spoken if n < count]

    result = judged(some, *words, total=total, left=left)

    assert len(result.free) == 0 or len(result.free) + left <= LIMITS.access.of(total)
    assert {one.record_id for one in result.approved} == {one.record_id for one in words}
    assert len(result.held) + len(result.free) + len(result.approved) == count


@given(st.permutations([leaver(n, Removal(what)) for n, what in enumerate(list(Removal) * 6)]))
def test_the_order_in_which_removals_are_found_does_not_matter(some: list[Planned]) -> None:
    result = judged(list(some), total=20)

    assert {one.key for one, _ in result.held} == {
        one.key for one in some if one.what in {Removal.ACCESS, Removal.GROUP}
    }


TITLE = Mapping("title", Direct("jobTitle"))
ACTIVE = Mapping("active", Direct("IsSoftDeleted"))
STATUS = Mapping(
    "status",
    compiled('Switch([IsSoftDeleted], "on", "True", "off", "False", "on")'),
)
MAPPED = ObjectMapping(Kind.USER, [TITLE, ACTIVE, STATUS])


@pytest.mark.parametrize(
    ("changes", "found"),
    [
        ([], ((), False)),
        ([ValueChange("title", "Lead", "Boss")], ((), False)),
        ([ValueChange("title", None, None)], ((), False)),
        ([ValueChange("title", "Lead", None)], (("title",), False)),
        ([ValueChange("active", "True", None)], (("active",), True)),
        ([ValueChange("active", "True", "False")], (("active",), True)),
        ([ValueChange("active", "False", "True")], ((), False)),
        ([ValueChange("active", "False", None)], (("active",), False)),
        ([ValueChange("active", None, "False")], ((), False)),
        ([ValueChange("status", "on", "off")], (("status",), True)),
        ([ValueChange("status", "off", "on")], ((), False)),
        ([ValueChange("status", "on", "away")], ((), False)),
        (
            [ValueChange("title", "Lead", None), ValueChange("active", "True", None)],
            (("active",), True),
        ),
        (
            [ValueChange("title", "Lead", None), ValueChange("nickName", "A", None)],
            (("title", "nickName"), False),
        ),
    ],
)
def test_a_value_that_becomes_empty_is_found_and_access_is_known(
    changes: list[ValueChange], found: tuple[tuple[str, ...], bool]
) -> None:
    assert taken_by(changes, MAPPED) == found


GOES = ValueChange("active", "True", "False")
MOVES = ValueChange("title", "Lead", "Boss")
LOSES = ValueChange("title", "Lead", None)


@pytest.mark.parametrize(
    ("what", "changes", "known", "arrived"),
    [
        (Removal.ACCESS, [GOES, MOVES], {"active": "False", "title": "Lead"}, True),
        (Removal.ACCESS, [GOES, MOVES], {"active": "True", "title": "Boss"}, False),
        (Removal.ACCESS, [MOVES], {"title": "Boss"}, True),
        (Removal.ACCESS, [], {"active": "False"}, False),
        (Removal.VALUE, [LOSES, GOES], {"active": "True"}, True),
        (Removal.VALUE, [LOSES, GOES], {"active": "False", "title": "Lead"}, False),
    ],
)
def test_what_a_removal_took_is_seen_in_the_account_that_is_read_back(
    what: Removal, changes: list[ValueChange], known: dict[str, str], arrived: bool
) -> None:
    assert has_arrived(what, changes, known, MAPPED) is arrived


def test_the_guard_begins_with_these_limits() -> None:
    assert Limits() == Limits(
        on=True,
        access=Limit(3, 2),
        access_in_a_day=Limit(3, 5),
        groups=Limit(1, 5),
        members=Limit(20, 10),
        values=Limit(10, 10),
        protected=frozenset(),
        source_in_a_day=Limit(3, 20),
    )


def test_a_day_counts_from_nothing_where_nobody_left_before() -> None:
    wide = replace(LIMITS, access=Limit(100, 100))
    numbers = Numbers({Removal.ACCESS: 100})

    assert too_many(Removal.ACCESS, "", 5, numbers, wide) == ""
    assert too_many(Removal.ACCESS, "", 6, numbers, wide).startswith("6 people of 100 lose access")


def test_a_hold_is_of_one_removal_and_says_by_whose_word_access_stays() -> None:
    waits = hold_of(leaver(1), HoldState.OPEN)
    kept = replace(waits, state=HoldState.KEPT, decided_by="grace", word="on leave")

    assert waits.count == 1
    assert waits.sentence("Ada", "The App") == (
        "Ada keeps access to The App, although not entitled any more: the removal waits for "
        f"approval {waits.id}. too many"
    )
    assert kept.sentence("Ada", "The App") == (
        "Ada keeps access to The App, although not entitled any more: grace decided so (on leave)."
    )
    assert [one.value for one in HoldState] == ["open", "approved", "kept"]


def test_a_day_has_24_hours_and_whoever_waits_is_told_where_to_decide() -> None:
    assert dt.timedelta(hours=24) == WINDOW
    assert HELD_ADVICE == "Decide with: seatkeeper approvals"


def test_another_removal_has_another_digest_and_name() -> None:
    one, other = leaver(1), leaver(2)

    assert removal_digest(Removal.ACCESS, "a") != removal_digest(Removal.ACCESS, "b")
    assert removal_digest(Removal.MEMBERS, "a", ["x", "y"]) == removal_digest(
        Removal.MEMBERS, "a", ["y", "x"]
    )
    assert len(hold_id("app", one)) == 8
    assert hold_id("app", one) != hold_id("app", other)


@given(
    st.lists(st.tuples(st.sampled_from([*HoldState, None]), st.booleans()), max_size=8),
    st.integers(0, 60),
    st.integers(0, 4),
    st.integers(0, 3),
    st.booleans(),
    st.sets(st.integers(0, 9)),
)
def test_one_removal_is_judged_as_in_the_whole_plan_or_the_plan_has_to_be_made(
    people: list[tuple[HoldState | None, bool]],
    total: int,
    left: int,
    more: int,
    on: bool,
    leads: set[int],
) -> None:
    planned = [leaver(n, protected=protected) for n, (_, protected) in enumerate(people)]
    known = {
        one.key: hold_of(one, state)
        for one, (state, _) in zip(planned, people, strict=True)
        if state is not None
    }
    numbers = Numbers(
        {Removal.ACCESS: total},
        {Removal.ACCESS: left},
        {Removal.ACCESS: left},
        administrators=Administrators(frozenset(f"record-{n}" for n in leads)),
    )
    limits = replace(LIMITS, on=on)

    whole = judge(planned, known, numbers, limits, NOW)
    held = {one.key: why for one, why in whole.held}
    held |= {one.key: f"Kept: {hold.word}" for one, hold in whole.kept}

    others = len(planned) - 1 + more
    for one in planned:
        alone = judge_one(one, known, numbers, limits, NOW, others=others)
        assert alone is None or alone == held.get(one.key, "")


def test_one_who_leaves_alone_is_judged_without_the_plan() -> None:
    numbers = Numbers({Removal.ACCESS: 100})

    answers = [
        judge_one(leaver(1), {}, numbers, LIMITS, NOW, others=others) for others in (0, 2, 3)
    ]

    assert answers == ["", "", None]
