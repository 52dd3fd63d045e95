"""Hypothesis strategies for scoping filters, and for people and groups to judge by them."""

from hypothesis import strategies as st

from seatkeeper.provisioning.condition.model import All, Any, Clause, Condition, MemberOf, Not
from seatkeeper.provisioning.condition.operators import OPERATORS

TEXTS = st.sampled_from(["", "Lamps", "lamps", "Harbour", "12", "7", "2026-03-02", "true", "Zoë"])
VALUES = st.none() | TEXTS | st.booleans() | st.lists(TEXTS, max_size=3).map(tuple)
PEOPLE = st.dictionaries(st.sampled_from(["department", "city", "skills"]), VALUES)
GROUPS = st.dictionaries(st.sampled_from(["g-1", "g-2"]), st.sampled_from(["Lighthouse", "Sales"]))


@st.composite
def clauses(draw: st.DrawFn) -> Clause:
    operator = draw(st.sampled_from(list(OPERATORS.values())))
    wanted: tuple[str, ...] = ("2026-03-02",)
    if operator.unary:
        wanted = ()
    elif operator.name == "BETWEEN":
        wanted = ("7", "12")
    elif operator.name.startswith(("Greater", "Less")):
        wanted = tuple(draw(st.lists(st.sampled_from(["7", "12"]), min_size=1)))
    elif operator.name not in ("BEFORE", "AFTER"):
        wanted = tuple(draw(st.lists(TEXTS.filter(bool), min_size=1, max_size=3)))
    attribute = draw(st.sampled_from(["department", "city", "skills"]))
    return Clause(attribute, operator.name, wanted, draw(st.sampled_from([None, "any", "all"])))


MEMBERS = st.sampled_from(["Lighthouse", "g-1"]).map(MemberOf)
CONDITIONS: st.SearchStrategy[Condition] = st.recursive(
    clauses() | MEMBERS,
    lambda below: st.one_of(
        st.lists(below, min_size=1, max_size=3).map(tuple).map(All),
        st.lists(below, min_size=1, max_size=3).map(tuple).map(Any),
        below.map(Not),
    ),
    max_leaves=8,
)
