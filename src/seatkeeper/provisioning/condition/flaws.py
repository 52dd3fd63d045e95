"""Find everything wrong with a filter before it is used.

    source change -> [scope] -> map -> match -> plan -> export -> log

A filter without flaws can be judged for anybody, and its judging is bounded.
Whether a group that is named exists is seen where a document is applied.
"""

from collections.abc import Iterator, Mapping
from typing import Final, TypeAlias

from seatkeeper.directory.attributes import (
    GROUP_ATTRIBUTES,
    LONGEST,
    USER_ATTRIBUTES,
    Attribute,
    Type,
    user_attribute,
)
from seatkeeper.directory.model import Kind
from seatkeeper.directory.people_row import LONGEST_GROUP_NAME, closest, shown
from seatkeeper.provisioning.condition.model import (
    DEEPEST,
    MOST_NODES,
    All,
    Any,
    Clause,
    Condition,
    MemberOf,
    Not,
    parts,
)
from seatkeeper.provisioning.condition.operators import OPERATORS, meant_by

Flaw: TypeAlias = tuple[str, str]
"""Where (``any.0.all.2``, empty for the whole) and what, as a sentence."""

LONGEST_NAME: Final = 256
_ANYTHING: Final = frozenset({"EQUALS", "NOT EQUALS", "IN", "NOT IN"})


def flaws(condition: Condition, kind: Kind = Kind.USER) -> list[Flaw]:
    """Return every fault in a filter on people or on groups."""
    found: list[Flaw] = []
    count = 0
    for path, depth, node in _walk(condition):
        count += _weight(node)
        if count > MOST_NODES:
            text = f"A filter has at most {MOST_NODES} parts and patterns."
            return [*found, ("", text)]
        if depth > DEEPEST:
            return [*found, (path, f"A filter is at most {DEEPEST} levels deep.")]
        found += [(path, text) for text in _node_faults(node, kind)]
    return found


def _weight(node: Condition) -> int:
    """How much a node costs: patterns hold memory, so each counts like a part."""
    is_pattern = isinstance(node, Clause) and "REGEX" in node.operator
    return max(1, len(node.values)) if is_pattern and isinstance(node, Clause) else 1


def _walk(condition: Condition) -> Iterator[tuple[str, int, Condition]]:
    """Yield path, depth and node of the whole tree, without recursion: it may be too deep."""
    waiting: list[tuple[str, int, Condition]] = [("", 1, condition)]
    while waiting:
        path, depth, node = waiting.pop()
        yield path, depth, node
        word = {All: "all", Any: "any", Not: "not"}.get(type(node), "")
        below = parts(node)
        names = [word] if isinstance(node, Not) else [f"{word}.{n}" for n in range(len(below))]
        waiting.extend(
            (f"{path}.{name}" if path else name, depth + 1, part)
            for name, part in reversed(list(zip(names, below, strict=True)))
        )


def _node_faults(node: Condition, kind: Kind) -> list[str]:
    match node:
        case Clause():
            return _clause_faults(node, kind)
        case MemberOf(group):
            return _member_faults(group, kind)
        case All(nodes, name) | Any(nodes, name):
            word = "all" if isinstance(node, All) else "any"
            texts = [] if nodes else [f"{word} names nothing; it needs at least one part."]
            if len(name) > LONGEST_NAME or not (name == "" or name.isprintable()):
                texts.append(f"A name has at most {LONGEST_NAME} visible characters.")
            return texts
        case Not():  # pragma: no branch
            return []


def _member_faults(group: str, kind: Kind) -> list[str]:
    if kind is Kind.GROUP:
        return ["member_of is for people; which groups a group is in is not read."]
    if not group.strip():
        return ["member_of needs the name or the id of a group."]
    if len(group) > LONGEST_GROUP_NAME:
        return [f"No group's name is longer than {LONGEST_GROUP_NAME} characters."]
    return []


def _clause_faults(clause: Clause, kind: Kind) -> list[str]:
    texts = []
    known: Mapping[str, Attribute] = USER_ATTRIBUTES if kind is Kind.USER else GROUP_ATTRIBUTES
    name = clause.attribute
    attribute = user_attribute(name) if kind is Kind.USER else known.get(name)
    if attribute is None:
        texts.append(f"The directory has no attribute {shown(name)}.{closest(name, known)}")
    elif name == "members":
        texts.append("A filter cannot read the members of a group.")
    elif attribute.type is Type.BOOLEAN and clause.operator in _ANYTHING:
        wrong = [one for one in clause.values if one not in ("True", "False")]
        texts += [f"{name} is True or False, never {shown(one)}." for one in wrong[:1]]
    if clause.kind is None:
        texts.append(f"There is no operator {shown(clause.operator)}.{_hint(clause.operator)}")
    elif clause.fault:
        texts.append(f"{name} {clause.operator}: {clause.fault}.")
    if any(len(one) > LONGEST for one in clause.values):
        texts.append(f"{name} {clause.operator}: a value has over {LONGEST:,} characters.")
    return texts


def _hint(operator: str) -> str:
    if "memberof" in operator.casefold().replace("_", "").replace(" ", ""):
        return " A group is asked for with member_of."
    meant = meant_by(operator)
    return f" Did you mean {meant}?" if meant else closest(operator, OPERATORS)
