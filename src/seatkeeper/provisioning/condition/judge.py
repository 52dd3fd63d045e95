"""Judge one record by a filter, and say of every part why.

    source change -> [scope] -> map -> match -> plan -> export -> log

The answer is a tree like the filter's, with the actual value at each clause.
It decides nothing about accounts: what follows from a filter that fails is
``scope`` and ``plan``.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from seatkeeper.directory.model import Group, User, Value, Values
from seatkeeper.directory.people_row import shown
from seatkeeper.provisioning.condition.model import (
    All,
    Any,
    Clause,
    Condition,
    MemberOf,
    Not,
    texts,
)

_SHOWN_PARTS: Final = 3
_SHOWN_VALUES: Final = 5
_SHOWN_CLAUSES: Final = 50
_SHORT: Final = 60


@dataclass(frozen=True, slots=True)
class Judged:
    """What became of one part of a filter, and of the parts below it (``reasons``).

    ``actual`` is what the record has: an attribute's value, or the names of
    the groups it is in.
    """

    condition: Condition
    verdict: bool
    reasons: "tuple[Judged, ...]" = ()
    actual: Value | None = None

    @property
    def sentence(self) -> str:
        """The first thing that fails, for people; what passes where nothing fails."""
        return _title(self) + _sentence(self)

    def clauses(self) -> "list[Judged]":
        """Return the clauses and memberships, in the order of the filter."""
        return [one for one, _ in _ends(self)]

    def facts(self) -> dict[str, object]:
        """Return the verdict and the clauses with their actual values, for log and explain.

        A clause below an odd number of ``not`` is ``negated``: it speaks for
        the record where it is false.
        """
        ends = _ends(self)[:_SHOWN_CLAUSES]
        return {
            "FilterPass": str(self.verdict),
            "clauses": [_plain(one, negated=negated) for one, negated in ends],
        }


_NOBODY: Final[Mapping[str, str]] = {}


def values_of(record: User | Group) -> Values:
    """Return every attribute of a record that a filter can read."""
    if isinstance(record, User):
        found: dict[str, Value] = {
            **record.attributes,
            "objectId": record.id,
            "accountEnabled": record.enabled,
        }
        if record.manager_id is not None:
            found["manager"] = record.manager_id
        return found
    return {**record.attributes, "objectId": record.id, "displayName": record.display_name}


def judge(
    condition: Condition,
    values: Mapping[str, Value | None],
    member_of: Mapping[str, str] = _NOBODY,
) -> Judged:
    """Judge a record by its attributes and its direct groups (name by id).

    Every part is looked at, so that the answer is complete. Raises
    ``ValueError`` for a clause that ``flaws`` would have refused.
    """
    match condition:
        case All(nodes):
            reasons = tuple(judge(node, values, member_of) for node in nodes)
            return Judged(condition, all(one.verdict for one in reasons), reasons)
        case Any(nodes):
            reasons = tuple(judge(node, values, member_of) for node in nodes)
            return Judged(condition, any(one.verdict for one in reasons), reasons)
        case Not(node):
            below = judge(node, values, member_of)
            return Judged(condition, not below.verdict, (below,))
        case Clause(attribute):
            actual = values.get(attribute)
            return Judged(condition, condition.passes(actual), (), actual)
        case MemberOf(group):  # pragma: no branch
            names = tuple(sorted(member_of.values()))
            return Judged(condition, is_member(group, member_of), (), names)


def is_member(group: str, member_of: Mapping[str, str]) -> bool:
    """Whether ``group`` is the id or the name of one of these groups.

    An id wins: nobody joins a group by giving another one its id as a name.
    """
    return group in member_of or (not _like_an_id(group) and group in member_of.values())


def _like_an_id(text: str) -> bool:
    """Whether it has the shape of a directory id (UUID)."""
    pieces = text.split("-")
    return [len(piece) for piece in pieces] == [8, 4, 4, 4, 12]


def _ends(judged: Judged, *, negated: bool = False) -> list[tuple[Judged, bool]]:
    """Return the ends of the tree, and whether each is below an odd number of ``not``."""
    if isinstance(judged.condition, Clause | MemberOf):
        return [(judged, negated)]
    below = negated is not isinstance(judged.condition, Not)
    return [end for reason in judged.reasons for end in _ends(reason, negated=below)]


# --- in words -----------------------------------------------------------------


def _sentence(judged: Judged, *, bare: bool = False) -> str:
    """Say what decided; ``bare`` leaves out what a value should have been."""
    match judged.condition:
        case Clause():
            return _clause_sentence(judged.condition, judged, bare=bare)
        case MemberOf(group):
            return _member_sentence(group, judged)
        case Not():
            [below] = judged.reasons
            ruled = "" if judged.verdict else ", which is ruled out"
            return f"{_sentence(below, bare=bare or judged.verdict)}{ruled}"
        case All() | Any():  # pragma: no branch
            return _joined(judged, bare=bare)


def _joined(judged: Judged, *, bare: bool) -> str:
    """Name the parts that decided: the first that did alone, else the first few."""
    deciding = [one for one in judged.reasons if one.verdict is judged.verdict]
    alone = isinstance(judged.condition, All) is not judged.verdict
    some = deciding[:1] if alone else deciding[:_SHOWN_PARTS]
    said = [f"{_title(one)}{_sentence(one, bare=bare)}" for one in some]
    more = 0 if alone else len(deciding) - len(some)
    return "; and ".join([*said, *([f"{more} more"] if more else [])])


def _title(judged: Judged) -> str:
    condition = judged.condition
    name = condition.name if isinstance(condition, All | Any) else ""
    return f"{name}: " if name else ""


def _clause_sentence(clause: Clause, judged: Judged, *, bare: bool) -> str:
    said = f"{clause.attribute} is {_value(judged.actual)}"
    if judged.verdict or bare or clause.kind is None:
        return said
    wanted = _choices(clause.values)
    if clause.kind.name in ("EQUALS", "IN"):
        return f"{said}, not {wanted}"
    if clause.kind.name == "BETWEEN":
        wanted = " to ".join(_short(one) for one in clause.values)
    must = clause.kind.expects.format(wanted)
    if texts(judged.actual):
        return f"{said}, and must {must}"
    if clause.kind.unary:
        return said
    return f"{said}, and empty never passes {clause.operator}; it must {must}"


def _member_sentence(group: str, judged: Judged) -> str:
    if judged.verdict:
        return f"is a member of {_short(group)}"
    return f"is not a member of {_short(group)} (groups: {_value(judged.actual, none='none')})"


def _value(value: Value | None, *, none: str = "empty") -> str:
    if isinstance(value, str) and value:
        return _short(value)
    found = texts(value)
    if not found:
        return none
    more = f" and {len(found) - _SHOWN_VALUES} more" if len(found) > _SHOWN_VALUES else ""
    return ", ".join(_short(one) for one in found[:_SHOWN_VALUES]) + more


def _choices(values: tuple[str, ...]) -> str:
    if len(values) == 1:
        return _short(values[0])
    more = [f"{len(values) - _SHOWN_VALUES} more"] if len(values) > _SHOWN_VALUES else []
    return " or ".join([*(_short(one) for one in values[:_SHOWN_VALUES]), *more])


def _short(text: str) -> str:
    return text if len(text) <= _SHORT and text.isprintable() else shown(text)[1:-1]


def _plain(judged: Judged, *, negated: bool) -> dict[str, object]:
    said: dict[str, object] = {"passed": judged.verdict, "actual": _value(judged.actual)}
    if negated:
        said["negated"] = True
    condition = judged.condition
    if isinstance(condition, Clause):
        return {
            "attribute": condition.attribute,
            "operator": condition.operator,
            "wanted": [_short(one) for one in condition.values[:_SHOWN_VALUES]],
            **said,
        }
    assert isinstance(condition, MemberOf)  # noqa: S101 - only the ends of a tree are shown
    return {"member_of": condition.group, **said}
