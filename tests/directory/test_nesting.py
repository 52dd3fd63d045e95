"""Ways from a group down to the groups inside it, and back up to where they begin."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from seatkeeper.directory.nesting import inside, roots_above, ways_down

NAMES = {"a": "Alps", "b": "Baltic", "c": "Celtic", "d": "Danube"}
PAIRS = st.sets(st.tuples(st.sampled_from("abcdef"), st.sampled_from("abcdef")), max_size=14)


def test_the_shortest_way_is_told_and_of_two_the_first_by_name() -> None:
    diamond = inside([("a", "c"), ("a", "b"), ("c", "d"), ("b", "d"), ("d", "e")])

    ways = ways_down("a", diamond, {**NAMES, "b": "Zaire"}, "de")

    assert ways["d"] == ("a", "c", "d")
    assert ways["e"] == ("a", "c", "d", "e")


def test_a_group_that_nothing_is_inside_leads_only_to_itself() -> None:
    assert ways_down("a", inside([("b", "a")]), NAMES, "ab") == {"a": ("a",)}


def test_a_chain_of_thousands_is_no_deeper_than_two() -> None:
    chain = inside((str(number), str(number + 1)) for number in range(5_000))

    assert len(ways_down("0", chain, {}, ["5000"])["5000"]) == 5_001
    assert roots_above(["0"], chain)["5000"] == "0"


@given(pairs=PAIRS, root=st.sampled_from("abcdef"))
def test_each_way_is_made_of_real_steps_and_none_is_shorter_than_the_one_told(
    pairs: set[tuple[str, str]], root: str
) -> None:
    ways = ways_down(root, inside(pairs), NAMES, "abcdef")

    for group, way in ways.items():
        assert (way[0], way[-1]) == (root, group)
        assert set(pairwise(way)) <= pairs
        assert len(set(way)) == len(way)
    for group, member in pairs:
        if group in ways:
            assert len(ways[member]) <= len(ways[group]) + 1


@given(pairs=PAIRS, roots=st.sets(st.sampled_from("abcdef"), max_size=3))
def test_a_group_has_a_root_above_it_exactly_where_a_way_leads_down_from_one(
    pairs: set[tuple[str, str]], roots: set[str]
) -> None:
    members = inside(pairs)

    above = roots_above(roots, members)

    down = {root: ways_down(root, members, NAMES, "abcdef") for root in roots}
    assert above.keys() == {one for ways in down.values() for one in ways}
    assert all(group in down[root] for group, root in above.items())
