"""What a list showed is never called absent, and nothing is said of what two may share."""

from hypothesis import given
from hypothesis import strategies as st

from seatkeeper.directory.model import Kind
from seatkeeper.provisioning.absence import Shown, is_worth_listing
from seatkeeper.provisioning.account import Account
from seatkeeper.provisioning.mapping.model import Direct, Mapping, ObjectMapping
from seatkeeper.provisioning.match import Condition, Question

MAPPING = ObjectMapping(
    Kind.USER,
    (
        Mapping("userName", Direct("userPrincipalName"), unique=True, matching=1),
        Mapping("externalId", Direct("objectId"), unique=True, case_exact=True),
        Mapping("title", Direct("jobTitle")),
    ),
)
TEXTS = st.text(max_size=12)


@given(shown=st.lists(TEXTS, max_size=60), room=st.integers(0, 80), others=st.lists(TEXTS))
def test_no_value_that_was_shown_is_ever_called_absent(
    shown: list[str], room: int, others: list[str]
) -> None:
    seen = Shown(MAPPING, room)

    seen.add(Account(str(at), {"userName": one, "title": "x"}) for at, one in enumerate(shown))

    folded = {one.casefold() for one in shown}
    for value in [*shown, *others]:
        absent = seen.has_nobody_for([Question("userName", value.upper())])
        assert not (absent and value.upper().casefold() in folded)


def test_nothing_is_said_of_what_two_accounts_may_share() -> None:
    seen = Shown(MAPPING, 0)

    title = seen.has_nobody_for([Question("title", "Engineer")])
    either = seen.has_nobody_for([Question("userName", "ada"), Question("title", "Engineer")])
    both = seen.has_nobody_for([Question("title", "Engineer", (Condition("userName", "ada"),))])

    assert (title, either, both) == (False, False, True)


def test_a_list_is_read_only_where_it_is_cheaper() -> None:
    empty, short = is_worth_listing(100, 0, 0), is_worth_listing(100, 1_200, 100)
    large, small = is_worth_listing(1_000, 1_000_000, 100), is_worth_listing(1_000, 20_000, 100)

    assert (empty, short, large, small) == (True, True, False, True)


def test_case_counts_where_the_attribute_says_so_and_lists_have_no_one_value() -> None:
    seen = Shown(MAPPING, 4)

    seen.add([Account("1", {"userName": "Ada", "externalId": "Ab"})])
    seen.add([Account("2", {"externalId": ("x", "y")})])

    asked = [Question("userName", "ADA"), Question("externalId", "ab"), Question("externalId", "x")]
    assert [seen.has_nobody_for([one]) for one in asked] == [False, True, True]
