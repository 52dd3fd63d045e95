"""Hypothesis strategies for expressions: trees, texts, and people to evaluate them for."""

import string

from hypothesis import strategies as st

from seatkeeper.provisioning.expression.catalogue import FUNCTIONS, Function, Takes
from seatkeeper.provisioning.expression.tree import (
    AttributeRef,
    Call,
    Comparison,
    Node,
    Number,
    Text,
    Word,
)

NAMES = st.text(string.ascii_letters + "._ ", min_size=1, max_size=8).map(str.strip).filter(bool)
KNOWN = st.sampled_from(["name", "day", "count", "flag", "skills", "gone"])
TEXTS = st.text(alphabet='ab"\\ ,)[]\n&ø', max_size=8)
LIKELY = st.sampled_from(
    ["", "a", "Zoë", "7", "-1", "0", "True", "2031-03-09", "3/9/2031 2:00 PM", "yyyy-MM-dd", "d",
     "ww", "tr", "(?<g>a)", "[a-z]+", "g", "$1", "${g}", ",", " ", "99999999999999999999"]
)  # fmt: skip
WORDS = st.builds(Word, st.sampled_from(["vbTextCompare", "vbBinaryCompare"]))
OPERATORS = st.sampled_from(["=", "<>", ">", ">=", "<", "<="])
NUMBERS = st.one_of(
    st.builds(Number, st.integers(-99, 99).map(str)),
    st.builds(Number, st.sampled_from(["0", "-9223372036854775807", "9223372036854775807"])),
    st.builds(Number, st.integers(0, 255).map(lambda number: f"&H{number:X}")),
)
LEAVES: st.SearchStrategy[Node] = st.one_of(
    st.builds(AttributeRef, NAMES), st.builds(Text, TEXTS), NUMBERS, WORDS
)
SOUND_LEAVES: st.SearchStrategy[Node] = st.one_of(
    st.builds(AttributeRef, KNOWN), st.builds(Text, LIKELY), NUMBERS
)


def _any_call(inner: st.SearchStrategy[Node]) -> st.SearchStrategy[Node]:
    argument = st.one_of(st.none(), inner, st.builds(Comparison, OPERATORS, inner, inner))
    arguments = st.lists(argument, max_size=4).filter(lambda made: made != [None])
    return st.builds(Call, st.sampled_from(sorted(FUNCTIONS)), arguments.map(tuple))


def _sound_call(inner: st.SearchStrategy[Node]) -> st.SearchStrategy[Node]:
    return st.sampled_from(sorted(FUNCTIONS)).flatmap(lambda name: _calls(FUNCTIONS[name], inner))


def _calls(function: Function, inner: st.SearchStrategy[Node]) -> st.SearchStrategy[Node]:
    """Return calls with as many arguments as the function takes, of any kind."""
    rounds = max(function.least, 1) if function.repeated else 0
    places = len(function.parameters) + rounds * len(function.repeated)
    arguments = []
    for place in range(places):
        parameter = function.parameter(place)
        assert parameter is not None
        made = inner
        if parameter.takes is Takes.CONDITION:
            made = st.one_of(inner, st.builds(Comparison, OPERATORS, inner, inner))
        elif parameter.takes is Takes.COMPARE:
            made = WORDS
        arguments.append(st.one_of(st.none(), made) if parameter.optional else made)
    return st.tuples(*arguments).map(lambda made: Call(function.name, made))


TREES = st.recursive(LEAVES, _any_call, max_leaves=12)
"""Any tree that the grammar knows, whether it makes sense or not."""

SOUND_TREES = st.recursive(SOUND_LEAVES, _sound_call, max_leaves=10)
"""Trees whose functions get as many arguments as they take."""

PEOPLE = st.fixed_dictionaries(
    {},
    optional={
        "name": st.sampled_from(["Ida", "", "Zoë", "aa", "\U0001f600a"]),
        "day": st.sampled_from(["2031-03-09", "9999-12-31", "0001-01-01", "soon", ""]),
        "count": st.one_of(st.integers(-3, 99), st.sampled_from(["7", "many", ""])),
        "flag": st.booleans(),
        "skills": st.sampled_from([(), ("knots",), ("knots", "", "lamps")]),
    },
)

SCRAPS = st.lists(
    st.one_of(
        st.sampled_from(
            [*sorted(FUNCTIONS), *"()[],=-7 \n\\\"'é", "<>", ">=", "&H", "[name]", "[skills]",
             '"a"', '"2031-03-09"', "vbTextCompare", "AND", "\x00", "\ud800"]
        ),
        st.text(max_size=3),
    ),
    max_size=14,
).map("".join)  # fmt: skip
"""What somebody types who has seen expressions, or has not."""
