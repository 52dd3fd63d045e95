"""Read a schema document as a view, and note everything that is wrong in its form.

Before the walk. Whether mappings fit the app and the directory is judged in
``importing``; here names must lead somewhere, words must be known, and nothing
may stand twice.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from seatkeeper.configuration.settings import ACTIONS as ALL_ACTIONS
from seatkeeper.configuration.settings import ActionWord, ReferencedWord
from seatkeeper.configuration.sync_schema.model import (
    DefinedObject,
    Definition,
    ObjectRow,
    Row,
    Side,
    View,
)
from seatkeeper.configuration.sync_schema.scopes import read_scope
from seatkeeper.configuration.sync_schema.sources import read_source, written_text
from seatkeeper.configuration.sync_schema.text import Plain
from seatkeeper.configuration.sync_schema.walk import Walk, unknown
from seatkeeper.configuration.sync_schema.words import (
    ACTIONS,
    FLOW_BEHAVIORS,
    FLOW_TYPES,
    MUTABILITIES,
    OWN_TYPE,
    TYPES,
    UNIQUE,
    WHEN_NULL,
)
from seatkeeper.directory.people_row import closest, shown
from seatkeeper.gallery.schema import AttributeType
from seatkeeper.provisioning.expression.tree import Comparison

SIDES: Final[Mapping[str, Side]] = {"user": "users", "group": "groups"}
_WHEN_NULL: Final = {"default": True}
_OWN_TYPES: Final = {"complex": AttributeType.COMPLEX}
_Directories = Mapping[str, Mapping[str, DefinedObject]]


def read_view(walk: Walk, plain: Plain) -> View:
    """Return what is understood of the document."""
    directories = _directories(walk, plain)
    rules = walk.items(plain, "synchronizationRules", "$")
    if not rules:
        walk.fault("$.synchronizationRules", "The schema has no synchronization rule.")
    ids: set[str] = set()
    for place, rule in rules:
        rule_id = walk.text(walk.fields(rule, place), "id", place, needed=True)
        if rule_id in ids:
            walk.fault(f"{place}.id", f"{shown(rule_id)} is the id of two rules.")
        ids.add(rule_id)
        for name in ("sourceDirectoryName", "targetDirectoryName"):
            _known_directory(walk, walk.fields(rule, place), name, place, directories)
    chosen = _chosen(walk, rules)
    if chosen is None:
        return View(None, {})
    place, rule = chosen
    ends = [
        directories.get(walk.text(rule, f"{end}DirectoryName", place))
        for end in ("source", "target")
    ]
    return View(rule, _sides(walk, rule, place, ends))


def _known_directory(
    walk: Walk, rule: Mapping[str, Any], name: str, place: str, directories: _Directories
) -> None:
    directory = walk.text(rule, name, place, needed=True)
    if directory and directory not in directories:
        hint = closest(directory, directories)
        walk.fault(f"{place}.{name}", f"There is no directory {shown(directory)}.{hint}")


def _chosen(walk: Walk, rules: Sequence[tuple[str, Any]]) -> tuple[str, Plain] | None:
    """Return the rule that is carried out: the first by priority that maps people."""
    mapping = [
        (walk.number(rule, "priority", place), at, place, rule)
        for at, (place, rule) in enumerate(rules)
        if isinstance(rule, dict)
        and any(
            isinstance(one, dict) and _side(one) == "users"
            for _, one in walk.items(rule, "objectMappings", place)
        )
    ]
    if not mapping:
        if rules:
            walk.fault(rules[0][0], "No rule maps people: sourceObjectName User is missing.")
        return None
    _, _, place, rule = min(mapping, key=lambda one: one[:2])
    for other, _ in rules:
        if other != place:
            walk.note(other, "this rule is kept, and not carried out.")
    return place, rule


def _side(fields: Mapping[str, Any]) -> Side | None:
    return SIDES.get(str(fields.get("sourceObjectName")).casefold())


def _sides(
    walk: Walk, rule: Plain, place: str, ends: Sequence[Mapping[str, DefinedObject] | None]
) -> dict[Side, ObjectRow]:
    found: dict[Side, ObjectRow] = {}
    for inner, one in walk.items(rule, "objectMappings", place):
        fields = walk.fields(one, inner)
        side = _side(fields)
        if side is None:
            walk.note(inner, "this object mapping is kept, and not carried out.")
            continue
        row = _object_row(walk, fields, inner, ends)
        earlier = found.get(side)
        if earlier is not None and earlier.enabled and row.enabled:
            walk.fault(inner, f"{side.capitalize()} are mapped a second time by this rule.")
        if earlier is None or (row.enabled and not earlier.enabled):
            found[side] = row
    return found


def _object_row(
    walk: Walk,
    fields: Plain,
    place: str,
    ends: Sequence[Mapping[str, DefinedObject] | None],
) -> ObjectRow:
    enabled = walk.truth(fields, "enabled", place, default=True)
    names = [
        walk.text(fields, f"{end}ObjectName", place, needed=True) for end in ("source", "target")
    ]
    for name, end, objects in zip(names, ("source", "target"), ends, strict=True):
        if enabled and name and objects is not None and name not in objects:
            hint = closest(name, objects)
            walk.fault(f"{place}.{end}ObjectName", f"Its directory defines no {shown(name)}.{hint}")
    rows: list[Row] = []
    targets: dict[str, str] = {}
    for inner, one in walk.items(fields, "attributeMappings", place):
        row = _row(walk, walk.fields(one, inner), inner)
        first = targets.setdefault(row.target.casefold(), inner)
        if row.target and first != inner:
            walk.fault(f"{inner}.targetAttributeName", f"{row.target} is mapped twice.")
            continue
        rows.append(row)
    return ObjectRow(
        place,
        fields,
        enabled,
        _actions(walk, fields, place),
        read_scope(walk, fields.get("scope"), f"{place}.scope"),
        tuple(rows),
        *(
            None if objects is None else objects.get(name)
            for name, objects in zip(names, ends, strict=True)
        ),
    )


def _actions(walk: Walk, fields: Mapping[str, Any], place: str) -> tuple[ActionWord, ...]:
    """Read ``Add, Update, Delete``; one text, as the reference writes it, or a list."""
    value = fields.get("flowTypes")
    if value is None:
        return ALL_ACTIONS
    words = value.split(",") if isinstance(value, str) else value
    if not isinstance(words, list) or not all(isinstance(one, str) for one in words):
        walk.fault(f"{place}.flowTypes", "A text such as Add, Update, Delete is expected here.")
        return ALL_ACTIONS
    by_folded = {word.casefold(): action for word, action in ACTIONS.items()}
    found: set[ActionWord] = set()
    for word in (one.strip() for one in words):
        if word.casefold() in by_folded:
            found.add(by_folded[word.casefold()])
        elif word.casefold() not in ("none", ""):
            walk.fault(f"{place}.flowTypes", unknown(word, [*ACTIONS, "None"]))
    return tuple(one for one in ALL_ACTIONS if one in found)


def _row(walk: Walk, fields: Plain, place: str) -> Row:
    source = fields.get("source")
    before = len(walk.faults)
    tree = None if source is None else read_source(walk, source, f"{place}.source")
    if isinstance(tree, Comparison):
        text = "A comparison is a condition and no value; IIF and CBool take one."
        walk.fault(f"{place}.source", text)
    broken = len(walk.faults) > before
    return Row(
        place,
        fields,
        walk.text(fields, "targetAttributeName", place, needed=True),
        tree,
        broken,
        "" if tree is None else written_text(source, tree),
        _default(walk, fields, place),
        walk.word(fields, "flowType", place, FLOW_TYPES, "always"),
        walk.number(fields, "matchingPriority", place),
        walk.word(fields, "flowBehavior", place, FLOW_BEHAVIORS, "when_changed"),
        walk.truth(fields, "flowNullValues", place, default=False),
        walk.word(fields, WHEN_NULL, place, _WHEN_NULL, default=False),
    )


def _default(walk: Walk, fields: Mapping[str, Any], place: str) -> str | None:
    value = fields.get("defaultValue")
    if isinstance(value, bool | int):
        return str(value)
    return walk.text(fields, "defaultValue", place) or None


# --- directories -------------------------------------------------------------


def _directories(walk: Walk, plain: Plain) -> dict[str, dict[str, DefinedObject]]:
    found: dict[str, dict[str, DefinedObject]] = {}
    for place, one in walk.items(plain, "directories", "$"):
        fields = walk.fields(one, place)
        name = walk.text(fields, "name", place, needed=True)
        if name in found:
            walk.fault(f"{place}.name", f"{shown(name)} is the name of two directories.")
        objects: dict[str, DefinedObject] = {}
        for inner, item in walk.items(fields, "objects", place):
            defined = _object(walk, walk.fields(item, inner), inner)
            if defined.name in objects:
                walk.fault(f"{inner}.name", f"{shown(defined.name)} is defined twice.")
            objects[defined.name] = defined
        found[name] = objects
    return found


def _object(walk: Walk, fields: Plain, place: str) -> DefinedObject:
    name = walk.text(fields, "name", place, needed=True)
    found: dict[str, Definition] = {}
    for inner, one in walk.items(fields, "attributes", place):
        definition = _definition(walk, walk.fields(one, inner), inner)
        if definition.name in found:
            walk.fault(f"{inner}.name", f"{shown(definition.name)} is defined twice.")
        found[definition.name] = definition
    anchors = [one.name for one in found.values() if one.anchor]
    if len(anchors) != 1:
        said = f"it has {', '.join(anchors)}" if anchors else "it has none"
        walk.fault(f"{place}.attributes", f"An object has exactly one anchor; {said}.")
    return DefinedObject(place, fields, name, found)


def _definition(walk: Walk, fields: Plain, place: str) -> Definition:
    walk.word(fields, "mutability", place, MUTABILITIES, "ReadWrite")
    kind = walk.word(fields, "type", place, TYPES, AttributeType.STRING)
    references: ReferencedWord | None = None
    for inner, one in walk.items(fields, "referencedObjects", place):
        name = walk.text(walk.fields(one, inner), "referencedObjectName", inner)
        side = SIDES.get(name.casefold())
        if references is None and side is not None:
            references = "User" if side == "users" else "Group"
    return Definition(
        place,
        fields,
        walk.text(fields, "name", place, needed=True),
        walk.word(fields, OWN_TYPE, place, _OWN_TYPES, kind),
        walk.truth(fields, "anchor", place, default=False),
        walk.truth(fields, "required", place, default=False),
        walk.truth(fields, UNIQUE, place, default=False),
        walk.truth(fields, "caseExact", place, default=False),
        walk.truth(fields, "multivalued", place, default=False),
        walk.truth(fields, "flowNullValues", place, default=False),
        references if kind is AttributeType.REFERENCE else None,
    )
