"""Scoping filters in a document: two ways to write one, one way to print it.

Before the walk. A filter is written with ``all``, ``any``, ``not``,
``member_of`` and clauses such as ``department EQUALS: [Lamps]``, or pasted in
the reference's own JSON. It is kept as the plain tree of
``provisioning.condition.plain``; what is wrong with it says ``check``.
"""

from collections.abc import Mapping
from typing import Any, Final

import yaml

from seatkeeper.configuration.reading import Reading
from seatkeeper.directory.model import Kind
from seatkeeper.errors import InvalidValue
from seatkeeper.provisioning.condition import model
from seatkeeper.provisioning.condition.flaws import flaws
from seatkeeper.provisioning.condition.model import (
    DEEPEST,
    MOST_NODES,
    Clause,
    Condition,
    MemberOf,
    Not,
)
from seatkeeper.provisioning.condition.plain import from_plain, to_plain

_FORMS: Final = ("all", "any", "not", "member_of", "attribute")
_FIELDS: Final = (*_FORMS, "name", "operator", "values", "over")
_BESIDE: Final[Mapping[str, frozenset[str]]] = {
    "all": frozenset({"name"}),
    "any": frozenset({"name"}),
    "not": frozenset(),
    "member_of": frozenset(),
    "attribute": frozenset({"operator", "values", "over"}),
}
_REFERENCE: Final = ("groups", "inputFilterGroups", "categoryFilterGroups")
_ADVICE: Final = "Give all, any, not, member_of, or a clause such as department EQUALS: [Sales]."


def stored_filter(plain: Mapping[str, object] | None) -> Condition | None:
    """Return the filter that settings hold. Raises ``InvalidValue`` for another shape."""
    return None if plain is None else from_plain(plain)


def usable_filter(plain: Mapping[str, object] | None, kind: Kind) -> Condition | None:
    """Return a filter that can be judged. Raises ``InvalidValue`` with its first fault."""
    condition = stored_filter(plain)
    for path, text in [] if condition is None else flaws(condition, kind):
        place = f" at {path}" if path else ""
        raise InvalidValue(f"The scoping filter of {kind}s cannot be used{place}: {text}")
    return condition


def groups_named(plain: Mapping[str, object] | None) -> list[str]:
    """Return the names and ids of the groups whose members a filter asks for."""
    condition = stored_filter(plain)
    nodes = () if condition is None else model.every_node(condition)
    return list(dict.fromkeys(node.group for node in nodes if isinstance(node, MemberOf)))


def in_words(plain: Mapping[str, object] | None) -> str:
    """Return a filter in one line, for the list of what changes; empty where there is none."""
    condition = stored_filter(plain)
    said = "" if condition is None else _said(condition)
    return said[1:-1] if isinstance(condition, model.All | model.Any) else said


def _said(condition: Condition) -> str:
    match condition:
        case model.All(nodes, name) | model.Any(nodes, name):
            word = " and " if isinstance(condition, model.All) else " or "
            title = f"{name}: " if name else ""
            return f"({title}{word.join(_said(node) for node in nodes)})"
        case Not(node):
            return f"not {_said(node)}"
        case MemberOf(group):
            return f"member of {group}"
        case Clause(attribute, operator, values, over):
            several = f" ({over} of its values)" if over else ""
            return f"{attribute} {operator} {' or '.join(values)}".rstrip() + several


# --- printing ----------------------------------------------------------------


def printed_filter(plain: Mapping[str, object]) -> object:
    """Return a filter as the document shows it: clauses in their short form."""
    return _printed(from_plain(plain))


def _printed(condition: Condition) -> object:
    match condition:
        case model.All(nodes, name) | model.Any(nodes, name):
            word = "all" if isinstance(condition, model.All) else "any"
            title = {"name": name} if name else {}
            return {**title, word: [_printed(node) for node in nodes]}
        case Not(node):
            return {"not": _printed(node)}
        case Clause(attribute, operator, values, None) if _splits(attribute, operator):
            key = f"{attribute} {operator}"
            return {key: values[0] if len(values) == 1 else list(values)} if values else key
        case _:
            return to_plain(condition)


def _splits(attribute: str, operator: str) -> bool:
    """Whether the short form reads as the same attribute and operator again."""
    return f"{attribute} {operator}".split(None, 1) == [attribute, operator]


# --- reading -----------------------------------------------------------------


def read_filter(
    reading: Reading, node: yaml.Node | None, field: str, places: dict[str, yaml.Node]
) -> dict[str, Any] | None:
    """Return a filter as the plain tree that settings keep, or none where there is none.

    The place of each part is noted under ``field`` and its path, for ``check``.
    Faults of form are noted in ``reading``; then there is no filter to judge.
    """
    if node is None:
        return None
    before = len(reading.faults)
    tree = _FilterReader(reading, field, places).root(node)
    if tree is None or len(reading.faults) > before:
        return None
    return to_plain(from_plain(tree))


class _TooLarge(Exception):
    """The filter is beyond its limits, perhaps without end by aliases; it was said."""


class _FilterReader:
    def __init__(self, reading: Reading, field: str, places: dict[str, yaml.Node]) -> None:
        self.reading = reading
        self.field = field
        self.places = places
        self.count = 0

    def root(self, node: yaml.Node) -> dict[str, object] | None:
        try:
            if isinstance(node, yaml.MappingNode) and any(
                key.value == "groups" for key, _ in node.value
            ):
                return self._reference(node)
            return self._node(node, "", 1)
        except _TooLarge:
            return None

    def _node(self, node: yaml.Node, path: str, depth: int) -> dict[str, object]:
        self._enter(node, path, depth)
        if isinstance(node, yaml.ScalarNode):
            return self._short(node, self.reading.text(node), None)
        if isinstance(node, yaml.MappingNode) and len(node.value) == 1:
            [(key, value)] = node.value
            if isinstance(key, yaml.ScalarNode) and " " in key.value.strip():
                return self._short(key, key.value, value)
        fields = self.reading.fields(node, _FIELDS)
        forms = [form for form in _FORMS if form in fields]
        if len(forms) != 1:
            self.reading.fault(node, f"This is no part of a filter. {_ADVICE}")
            return {}
        [form] = forms
        for name in fields.keys() - {form} - _BESIDE[form]:
            self.reading.fault(fields[name], f"{name} cannot stand beside {form}.")
        return self._form(form, fields, path, depth)

    def _form(
        self, form: str, fields: Mapping[str, yaml.Node], path: str, depth: int
    ) -> dict[str, object]:
        inner = f"{path}.{form}" if path else form
        match form:
            case "not":
                return {"not": self._node(fields["not"], inner, depth + 1)}
            case "member_of":
                return {"member_of": self.reading.text(fields["member_of"])}
            case "attribute":
                return self._clause(fields)
            case _:
                parts = [
                    self._node(item, f"{inner}.{number}", depth + 1)
                    for number, item in enumerate(self.reading.items(fields[form]))
                ]
                return {form: parts, "name": self.reading.text(fields.get("name"))}

    def _clause(self, fields: Mapping[str, yaml.Node]) -> dict[str, object]:
        over = self.reading.word(fields.get("over"), ("any", "all"), "")
        return {
            "attribute": self.reading.text(fields["attribute"]),
            "operator": self.reading.text(fields.get("operator")),
            "values": self._values(fields.get("values")),
            **({"over": over} if over else {}),
        }

    def _short(self, node: yaml.Node, text: str, values: yaml.Node | None) -> dict[str, object]:
        """Read ``department EQUALS`` with its values; the first word is the attribute."""
        words = text.split(None, 1)
        if len(words) != 2:
            self.reading.fault(node, f"A clause needs an attribute and an operator. {_ADVICE}")
            return {}
        return {"attribute": words[0], "operator": words[1], "values": self._values(values)}

    def _values(self, node: yaml.Node | None) -> list[str]:
        """Read one value, a list of values, or nothing at all; numbers are texts, too."""
        if node is None or (isinstance(node, yaml.ScalarNode) and _is_nothing(node)):
            return []
        if isinstance(node, yaml.ScalarNode):
            return [self.reading.text(node)]
        return [self.reading.text(item) for item in self.reading.items(node)]

    def _reference(self, node: yaml.Node) -> dict[str, object] | None:
        """Read the reference's JSON: any of the groups, each all of its clauses."""
        self._enter(node, "", 1)
        fields = self.reading.fields(node, _REFERENCE)
        for name in _REFERENCE[1:]:
            if self.reading.items(fields.get(name)):
                self.reading.fault(fields[name], f"{name} is not understood; use groups.")
        groups: list[dict[str, object]] = []
        for number, item in enumerate(self.reading.items(fields.get("groups"))):
            self._enter(item, f"any.{number}", 2)
            of_group = self.reading.fields(item, ("name", "clauses"))
            clauses = []
            for place, clause in enumerate(self.reading.items(of_group.get("clauses"))):
                self._enter(clause, f"any.{number}.all.{place}", 3)
                clauses.append(self._reference_clause(clause))
            groups.append({"all": clauses, "name": self.reading.text(of_group.get("name"))})
        return {"any": groups} if groups else None

    def _reference_clause(self, node: yaml.Node) -> dict[str, object]:
        fields = self.reading.fields(node, ("operatorName", "sourceOperandName", "targetOperand"))
        operand = fields.get("targetOperand")
        values = {} if operand is None else self.reading.fields(operand, ("values",))
        return {
            "attribute": self.reading.text(fields.get("sourceOperandName")),
            "operator": self.reading.text(fields.get("operatorName")),
            "values": self._values(values.get("values")),
        }

    def _enter(self, node: yaml.Node, path: str, depth: int) -> None:
        """Note where a part stands, and stop at the limits: aliases may lead anywhere."""
        self.count += 1
        if self.count > MOST_NODES:
            self.reading.fault(node, f"A filter has at most {MOST_NODES} parts.")
            raise _TooLarge
        if depth > DEEPEST:
            self.reading.fault(node, f"A filter is at most {DEEPEST} levels deep.")
            raise _TooLarge
        self.places[f"{self.field}.{path}" if path else self.field] = node


def _is_nothing(node: yaml.ScalarNode) -> bool:
    """Whether nothing stands there, as after ``jobTitle IS NULL:``."""
    return node.value == "" and node.tag == "tag:yaml.org,2002:null"
