"""What a scoping filter is: a tree of clauses over one record's attributes.

    source change -> [scope] -> map -> match -> plan -> export -> log

One shape for both the reference's filter (any of its groups, each all of its
clauses) and for richer ones. Patterns, numbers and dates of a clause are made
ready when the clause is, so never once per person. Whether a tree can be used
says ``flaws``; what it says of somebody, ``judge``.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final, Literal, TypeAlias

from seatkeeper.directory.model import Value
from seatkeeper.provisioning.condition.operators import Operator, Predicate, operator_named

DEEPEST: Final = 32
MOST_NODES: Final = 200

Over: TypeAlias = Literal["any", "all"]
"""How many values of an attribute with several must pass."""


@dataclass(frozen=True, slots=True)
class All:
    """Every part is true. ``name`` is the title an administrator gave it."""

    nodes: "tuple[Condition, ...]"
    name: str = ""


@dataclass(frozen=True, slots=True)
class Any:
    """At least one part is true."""

    nodes: "tuple[Condition, ...]"
    name: str = ""


@dataclass(frozen=True, slots=True)
class Not:
    """The part is false."""

    node: "Condition"


@dataclass(frozen=True, slots=True)
class MemberOf:
    """The record is a direct member of the group with this id or name."""

    group: str


@dataclass(frozen=True, slots=True)
class Clause:
    """One attribute compared with the wanted values.

    An empty attribute makes every clause false, negative ones too, but for
    ``IS NULL``. Of several values of the attribute any must pass for positive
    operators, all for negative ones, unless ``over`` says otherwise. The
    operator's name is read in any spelling and kept in the documented one.
    ``fault`` says why a clause cannot be used; then ``test`` is none.
    """

    attribute: str
    operator: str
    values: tuple[str, ...] = ()
    over: Over | None = None
    kind: Operator | None = field(init=False, repr=False, compare=False)
    test: Predicate | None = field(init=False, repr=False, compare=False)
    fault: str = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        kind = operator_named(self.operator)
        test, fault = None, ""
        if kind is not None:
            object.__setattr__(self, "operator", kind.name)
            try:
                test = kind.predicate(self.values)
            except ValueError as error:
                fault = str(error)
        object.__setattr__(self, "kind", kind)
        object.__setattr__(self, "test", test)
        object.__setattr__(self, "fault", fault)

    def passes(self, value: Value | None) -> bool:
        """Whether the attribute's value passes. Raises ``ValueError`` for an unusable clause."""
        if self.kind is None or self.test is None:
            raise ValueError(f"{self.attribute} {self.operator} cannot be judged: {self.fault}")
        found = texts(value)
        if not found:
            return self.kind.true_when_empty
        if len(found) == 1:
            return self.test(found[0])
        over = self.over or ("all" if self.kind.negative else "any")
        return (all if over == "all" else any)(self.test(one) for one in found)


Condition: TypeAlias = All | Any | Not | Clause | MemberOf


def texts(value: Value | None) -> tuple[str, ...]:
    """Return an attribute's values as the texts that operators see; none where it is empty."""
    if isinstance(value, str):
        return (value,) if value else ()
    if value is None:
        return ()
    if isinstance(value, bool):
        return (str(value),)
    return tuple(one for one in value if one != "")


def parts(condition: Condition) -> tuple[Condition, ...]:
    """Return the parts directly below a node."""
    match condition:
        case All(nodes) | Any(nodes):
            return nodes
        case Not(node):
            return (node,)
        case Clause() | MemberOf():  # pragma: no branch
            return ()


def every_node(condition: Condition) -> Iterator[Condition]:
    """Yield the node and all nodes below it, without recursion: it may be too deep."""
    waiting = [condition]
    while waiting:
        node = waiting.pop()
        yield node
        waiting.extend(reversed(parts(node)))


def reads_memberships(condition: Condition | None) -> bool:
    """Whether who is in which group decides anything, so that such a change concerns people."""
    return condition is not None and any(
        isinstance(node, MemberOf) for node in every_node(condition)
    )
