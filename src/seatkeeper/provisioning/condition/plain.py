"""Filters as plain data, as they are stored and as interfaces exchange them.

Beside the walk. A tree is read and printed without a judgement of its own:
what is wrong in it is said by ``flaws``. Only what has no shape of a filter at
all is refused here, with its path.
"""

from collections.abc import Mapping, Sequence

from seatkeeper.errors import InvalidValue
from seatkeeper.provisioning.condition.model import (
    DEEPEST,
    MOST_NODES,
    All,
    Any,
    Clause,
    Condition,
    MemberOf,
    Not,
)


def to_plain(condition: Condition) -> dict[str, object]:
    """Return a filter as plain data that ``from_plain`` reads as the same."""
    match condition:
        case All(nodes, name):
            return {**_named(name), "all": [to_plain(node) for node in nodes]}
        case Any(nodes, name):
            return {**_named(name), "any": [to_plain(node) for node in nodes]}
        case Not(node):
            return {"not": to_plain(node)}
        case MemberOf(group):
            return {"member_of": group}
        case Clause(attribute, operator, values, over):  # pragma: no branch
            plain: dict[str, object] = {"attribute": attribute, "operator": operator}
            if values:
                plain["values"] = list(values)
            return {**plain, "over": over} if over else plain


def from_plain(plain: object) -> Condition:
    """Return the filter that plain data describes.

    Raises ``InvalidValue`` that names the part which is no filter.
    """
    return _Reader().node(plain, "", 1)


def from_reference(plain: object) -> Condition | None:
    """Return the filter in the reference's JSON: any of its groups, each all of its clauses.

    None where it restricts nothing. Raises ``InvalidValue`` for another shape,
    and for the reference's experimental groups, which are not understood.
    """
    groups = _list(_mapping(plain, "the filter"), "groups")
    count = 0
    for other in ("inputFilterGroups", "categoryFilterGroups"):
        if _mapping(plain, "the filter").get(other):
            raise InvalidValue(f"The scoping filter uses {other}, which is not understood.")
    found = []
    for group in groups:
        fields = _mapping(group, "a group")
        count += 1 + len(_list(fields, "clauses"))
        if count > MOST_NODES:
            raise InvalidValue(f"A filter has at most {MOST_NODES} parts.")
        clauses = tuple(_reference_clause(one) for one in _list(fields, "clauses"))
        found.append(All(clauses, _text(fields, "name", "groups.")))
    return Any(tuple(found)) if found else None


def _reference_clause(plain: object) -> Clause:
    fields = _mapping(plain, "a clause")
    operand = fields.get("targetOperand")
    operand = {} if operand is None else _mapping(operand, "targetOperand")
    return _clause(
        {
            "attribute": fields.get("sourceOperandName", ""),
            "operator": fields.get("operatorName", ""),
            "values": _list(operand, "values"),
        },
        "targetOperand.",
    )


def _mapping(plain: object, what: str) -> Mapping[str, object]:
    if not isinstance(plain, Mapping):
        raise InvalidValue(f"The scoping filter needs fields in {what}.")
    return plain


def _list(fields: Mapping[str, object], name: str) -> Sequence[object]:
    value = fields.get(name)
    if value is None:
        return ()
    if not isinstance(value, Sequence) or isinstance(value, str):
        raise InvalidValue(f"The scoping filter needs a list at {name}.")
    return value


def _named(name: str) -> dict[str, object]:
    return {"name": name} if name else {}


class _Reader:
    """Reads a tree within its limits: what is too large is not built first."""

    def __init__(self) -> None:
        self.count = 0

    def node(self, plain: object, path: str, depth: int) -> Condition:
        self.count += 1
        if self.count > MOST_NODES:
            raise InvalidValue(f"A filter has at most {MOST_NODES} parts.")
        if depth > DEEPEST:
            raise InvalidValue(f"A filter is at most {DEEPEST} levels deep.")
        if not isinstance(plain, Mapping):
            raise _no_filter(path)
        fields = set(plain)
        if fields <= {"all", "name"} and "all" in fields:
            return All(self._nodes(plain["all"], f"{path}all", depth), _text(plain, "name", path))
        if fields <= {"any", "name"} and "any" in fields:
            return Any(self._nodes(plain["any"], f"{path}any", depth), _text(plain, "name", path))
        if fields == {"not"}:
            return Not(self.node(plain["not"], f"{path}not.", depth + 1))
        if fields == {"member_of"}:
            return MemberOf(_text(plain, "member_of", path))
        if fields <= {"attribute", "operator", "values", "over"} and "attribute" in fields:
            return _clause(plain, path)
        raise _no_filter(path)

    def _nodes(self, plain: object, path: str, depth: int) -> tuple[Condition, ...]:
        if not isinstance(plain, Sequence) or isinstance(plain, str):
            raise InvalidValue(f"The scoping filter needs a list at {path}.")
        return tuple(
            self.node(one, f"{path}.{number}.", depth + 1) for number, one in enumerate(plain)
        )


def _clause(plain: Mapping[str, object], path: str) -> Clause:
    values = plain.get("values", [])
    if not isinstance(values, Sequence) or isinstance(values, str):
        raise InvalidValue(f"The scoping filter needs a list of texts at {path}values.")
    if not all(isinstance(one, str) for one in values):
        raise InvalidValue(f"The scoping filter needs a list of texts at {path}values.")
    over = plain.get("over")
    if over not in (None, "any", "all"):
        raise InvalidValue(f"over is any or all at {path}over of the scoping filter.")
    return Clause(
        _text(plain, "attribute", path),
        _text(plain, "operator", path),
        tuple(values),
        over,
    )


def _text(plain: Mapping[str, object], name: str, path: str) -> str:
    value = plain.get(name)
    if value is None:
        return ""
    if not isinstance(value, str):
        raise InvalidValue(f"The scoping filter needs a text at {path}{name}.")
    return value


def _no_filter(path: str) -> InvalidValue:
    place = f" at {path.rstrip('.')}" if path else ""
    return InvalidValue(
        f"The scoping filter has something{place} that is no part of one.",
        advice="A part is all, any, not, member_of, or attribute with operator and values.",
    )
