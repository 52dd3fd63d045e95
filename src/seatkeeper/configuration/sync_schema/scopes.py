"""Scoping filters between the schema document and our tree of conditions.

Before the walk. The document has three sets of groups: a set is true if any of
its groups is, a group if all its clauses are. What our trees can say beyond
that travels as one clause with an operator of our own, so that a service which
does not know it refuses the filter instead of letting everybody in.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, TypeAlias

from seatkeeper.configuration.sync_schema.text import Plain
from seatkeeper.configuration.sync_schema.walk import Walk
from seatkeeper.errors import InvalidValue
from seatkeeper.provisioning.condition import model
from seatkeeper.provisioning.condition.model import Clause, Condition
from seatkeeper.provisioning.condition.plain import from_plain, to_plain

SETS: Final = ("groups", "inputFilterGroups", "categoryFilterGroups")
CARRIER: Final = "SEATKEEPER FILTER"
"""The operator of the one clause that carries a whole filter of ours, as JSON."""

_Group: TypeAlias = tuple[str, tuple[Clause, ...]]
"""The title of a group and its clauses."""


@dataclass(frozen=True, slots=True)
class ReadScope:
    """A filter that was read, and where its parts stand, by the paths of ``condition.flaws``."""

    condition: Condition | None
    places: Mapping[str, str]


def read_scope(walk: Walk, value: object, place: str) -> ReadScope:
    """Return the filter of an object mapping; none restricts nothing."""
    fields = walk.fields(value, place)
    carried = _carried(walk, fields, place)
    if carried is not None:
        return ReadScope(carried, {"": place})
    places: dict[str, str] = {"": place}
    sets: list[tuple[str, list[tuple[str, model.All, list[str]]]]] = []
    for name in SETS:
        groups = [_group(walk, one, inner) for inner, one in walk.items(fields, name, place)]
        if groups:
            sets.append((name, groups))
    only = [name for name, _ in sets] in ([], ["groups"])
    if not only:
        walk.note(
            place,
            "who no longer meets inputFilterGroups or categoryFilterGroups leaves the "
            "scope here, and is deprovisioned like anybody who does.",
        )
    parts = []
    for number, (name, groups) in enumerate(sets):
        before = "" if only else f"all.{number}."
        for nth, (inner, _, clauses) in enumerate(groups):
            places[f"{before}any.{nth}"] = inner
            places |= {f"{before}any.{nth}.all.{at}": clause for at, clause in enumerate(clauses)}
        title = "" if name == "groups" else name
        parts.append(model.Any(tuple(group for _, group, _ in groups), title))
    if not parts:
        return ReadScope(None, places)
    return ReadScope(parts[0] if only else model.All(tuple(parts)), places)


def same_filter(one: Mapping[str, object] | None, other: Condition | None) -> bool:
    """Whether settings hold the filter that a document says."""
    held = None if one is None else from_plain(one)
    if held is None or other is None:
        return held is other
    ours, theirs = _sets(held), _sets(other)
    return held == other if ours is None or theirs is None else ours == theirs


def scope_plain(condition: Condition | None, old: object) -> Plain | None:
    """Return the filter for a document; what stood there and says the same keeps its fields."""
    kept: Plain = dict(old) if isinstance(old, dict) else {}
    if condition is None:
        return {**kept, **{name: [] for name in SETS}} if kept else None
    sets = _sets(condition)
    if sets is None:
        values = [json.dumps(to_plain(condition), ensure_ascii=False, sort_keys=True)]
        clause = _clause_plain("objectId", CARRIER, values)
        groups = {"groups": [{"name": "Seatkeeper", "clauses": [clause]}]}
        return {**kept, **{name: groups.get(name, []) for name in SETS}}
    held = [one for name in SETS for one in _list(kept.get(name)) if isinstance(one, dict)]
    written = {name: [_group_plain(one, held) for one in sets.get(name, ())] for name in SETS}
    return {**kept, **written}


def _carried(walk: Walk, fields: Mapping[str, Any], place: str) -> Condition | None:
    """Return the filter that our own operator carries, or none where there is no such clause."""
    found = [
        (f"{place}.{name}[{at}].clauses[{nth}]", clause)
        for name in SETS
        for at, group in enumerate(_list(fields.get(name)))
        for nth, clause in enumerate(_list(group.get("clauses") if isinstance(group, dict) else ()))
        if isinstance(clause, dict) and clause.get("operatorName") == CARRIER
    ]
    if not found:
        return None
    inner, clause = found[0]
    groups = [one for name in SETS for one in _list(fields.get(name))]
    if len(groups) > 1 or len(_list(groups[0].get("clauses"))) > 1:
        walk.fault(inner, f"{CARRIER} carries a whole filter; nothing can stand beside it.")
    operand = clause.get("targetOperand")
    values = _list(operand.get("values")) if isinstance(operand, dict) else []
    try:
        return from_plain(json.loads(values[0]) if values else None)
    except (TypeError, ValueError, RecursionError) as error:
        walk.fault(inner, f"{CARRIER} carries no filter: {error}.")
    except InvalidValue as error:
        walk.fault(inner, str(error))
    return model.All(())


def _group(walk: Walk, value: object, place: str) -> tuple[str, model.All, list[str]]:
    fields = walk.fields(value, place)
    clauses = walk.items(fields, "clauses", place)
    read = tuple(_clause(walk, one, inner) for inner, one in clauses)
    return place, model.All(read, walk.text(fields, "name", place)), [one for one, _ in clauses]


def _clause(walk: Walk, value: object, place: str) -> Clause:
    fields = walk.fields(value, place)
    operand = walk.fields(fields.get("targetOperand"), f"{place}.targetOperand")
    values = []
    for inner, one in walk.items(operand, "values", f"{place}.targetOperand"):
        if isinstance(one, str):
            values.append(one)
        else:
            walk.fault(inner, "A text is expected here.")
    return Clause(
        walk.text(fields, "sourceOperandName", place, needed=True),
        walk.text(fields, "operatorName", place, needed=True),
        tuple(values),
    )


def _sets(condition: Condition) -> dict[str, list[_Group]] | None:
    """Return a filter as the document's sets of groups, or none where they cannot say it."""
    if isinstance(condition, model.All) and not condition.name:
        names = [one.name for one in condition.nodes if isinstance(one, model.Any)]
        ordered = [name for name in ("", *SETS[1:]) if name in names]
        if names == ordered and len(names) == len(condition.nodes) and names not in ([], [""]):
            sets = {
                one.name or SETS[0]: _groups(one.nodes)
                for one in condition.nodes
                if isinstance(one, model.Any)
            }
            found = {name: groups for name, groups in sets.items() if groups is not None}
            return found if len(found) == len(sets) else None
    nodes = condition.nodes if isinstance(condition, model.Any) else (condition,)
    if isinstance(condition, model.Any) and condition.name:
        return None
    groups = _groups(nodes)
    return None if groups is None else {SETS[0]: groups}


def _groups(nodes: Sequence[Condition]) -> list[_Group] | None:
    found: list[_Group] = []
    for node in nodes:
        inner = node.nodes if isinstance(node, model.All) else (node,)
        clauses = tuple(one for one in inner if isinstance(one, Clause) and one.over is None)
        if len(clauses) < len(inner):
            return None
        found.append((node.name if isinstance(node, model.All) else "", clauses))
    return found


def _group_plain(group: _Group, held: Sequence[Plain]) -> Plain:
    """Return a group for the document, the one that stood there if it says the same."""
    name, clauses = group
    for one in held:
        walk = Walk()
        _, read, _ = _group(walk, one, "")
        if not walk.faults and (read.name, read.nodes) == (name, clauses):
            return one
    return {
        "name": name,
        "clauses": [_clause_plain(one.attribute, one.operator, one.values) for one in clauses],
    }


def _clause_plain(attribute: str, operator: str, values: Sequence[str]) -> Plain:
    return {
        "operatorName": operator,
        "sourceOperandName": attribute,
        "targetOperand": {"values": list(values)},
    }


def _list(value: object) -> list[Any]:
    return value if isinstance(value, list) else []
