"""Judge the changes an administrator makes to the mappings of one app.

Before the walk: what passes here can be compiled and fits the app and the
directory, so that at run time only a value can be wrong. Each fault names its
mapping, and in an expression the character.
"""

from collections.abc import Mapping as MappingType
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from seatkeeper.configuration.attributes import reserved
from seatkeeper.configuration.scim_attributes import scim_attribute, scim_names
from seatkeeper.configuration.settings import MappingChange, changed_mappings
from seatkeeper.directory.attributes import (
    GROUP_ATTRIBUTES,
    USER_ATTRIBUTES,
    Attribute,
    Type,
    user_attribute,
)
from seatkeeper.directory.people_row import closest, shown
from seatkeeper.errors import MappingFailed
from seatkeeper.gallery.paths import path_fault
from seatkeeper.gallery.schema import (
    AttributeType,
    DefaultMapping,
    ObjectType,
    TargetAttribute,
)
from seatkeeper.provisioning.expression.catalogue import MAKES_ANEW, Takes
from seatkeeper.provisioning.expression.check import (
    ROLES,
    SOFT_DELETED,
    attribute_faults,
    faults,
    gives,
    notes,
    value_faults,
)
from seatkeeper.provisioning.expression.parser import ExpressionFault, parse, spot
from seatkeeper.provisioning.expression.tree import (
    AttributeRef,
    Node,
    Text,
    attributes_read,
    functions_called,
)
from seatkeeper.provisioning.mapping.model import Constant, Mapping, ValueType
from seatkeeper.provisioning.mapping.typed import typed

COMPUTED: Final = (SOFT_DELETED, ROLES)
"""Attributes that only expressions can read: they are worked out, not kept."""

SCIM: Final = "scim "
"""Before ``users`` or ``groups``: what is read is SCIM, and what is written the directory."""

_KINDS: Final = {Type.STRING: Takes.TEXT, Type.STRINGS: Takes.LIST, Type.BOOLEAN: Takes.TRUTH}


@dataclass(frozen=True, slots=True)
class Flaw:
    """One fault in the settings: ``field`` as in ``AppSettings``, ``users.2`` for the third."""

    field: str
    text: str


def mapping_flaws(name: str, objects: ObjectType, changes: Sequence[MappingChange]) -> list[Flaw]:
    """Return every fault in the changes to the mappings of users or groups (``name``)."""
    defaults = {mapping.target: mapping for mapping in objects.mappings}
    flaws = []
    seen: set[str] = set()
    for number, change in enumerate(changes):
        texts = _change_faults(name, objects, defaults, change)
        if change.target in seen:
            texts.append(f"{change.target} is mapped twice.")
        seen.add(change.target)
        flaws += [Flaw(f"{name}.{number}", text) for text in texts]
    return flaws or _whole_flaws(name, objects, changes)


def mapping_notes(name: str, objects: ObjectType, changes: Sequence[MappingChange]) -> list[Flaw]:
    """Return what an administrator should know of the changed mappings; nothing is refused."""
    places = {change.target: number for number, change in enumerate(changes)}
    return [
        Flaw(f"{name}.{places[mapping.target]}", f"{mapping.target}: {note.text}")
        for mapping in changed_mappings(objects, changes)
        if mapping.target in places and mapping.expression is not None
        for note in notes(parse(mapping.expression))
    ]


def _whole_flaws(name: str, objects: ObjectType, changes: Sequence[MappingChange]) -> list[Flaw]:
    """Return what is wrong with all the mappings together, once each of them is right."""
    mappings = changed_mappings(objects, changes)
    mapped = {mapping.target for mapping in mappings}
    places = {change.target: f"{name}.{number}" for number, change in enumerate(changes)}
    by_path = {attribute.path: attribute for attribute in objects.attributes}
    flaws = [
        Flaw(name, f"{_writer(name)} requires {attribute.path}, and nothing is mapped onto it.")
        for attribute in objects.attributes
        if attribute.required and attribute.path not in mapped
    ]
    if not any(mapping.matching > 0 for mapping in mappings):
        flaws.append(Flaw(name, "No matching attribute is left, so no account could be found."))
    for mapping in mappings:
        texts = _together_faults(mapping, by_path[mapping.target])
        flaws += [Flaw(places.get(mapping.target, name), text) for text in texts]
    return flaws


def _together_faults(mapping: DefaultMapping, target: TargetAttribute) -> list[str]:
    """Return where the parts of one mapping do not go together."""
    faults_found = []
    always = mapping.applies != "on_create"
    if mapping.expression is not None:
        anew = sorted(functions_called(parse(mapping.expression)) & MAKES_ANEW)
        if anew and (always or mapping.matching > 0):
            why = "accounts are matched by it" if mapping.matching > 0 else "it applies always"
            faults_found.append(
                f"{anew[0]} makes another value each time, and {why}: {mapping.target} would "
                "change in every cycle. Let the mapping apply on_create, without matching."
            )
    if mapping.applies == "multi_value_add" and not target.multi_valued:
        faults_found.append(f"{target.path} holds one value; multi_value_add is for lists.")
    if mapping.when_null == "default" and mapping.default is None:
        faults_found.append(f"{target.path} has no default to write when its source is empty.")
    return faults_found


def _change_faults(
    name: str,
    objects: ObjectType,
    defaults: MappingType[str, DefaultMapping],
    change: MappingChange,
) -> list[str]:
    target = next((one for one in objects.attributes if one.path == change.target), None)
    if target is None or reserved(change.target) is not None:
        return [_target_fault(name, objects, change.target)]
    if change.remove:
        return _removal_faults(defaults, change)
    found = []
    alone = change.sources == 0 and change.target not in defaults and not change.default
    if change.sources > 1 or alone:
        found.append(
            f"{change.target} needs exactly one of attribute, constant and expression, or a "
            "default alone."
        )
    elif change.no_source and not _default_of(defaults, change):
        found.append(f"{change.target} without a source needs a default.")
    if change.matching is not None and not 0 <= change.matching <= 100:
        found.append(f"The matching order of {change.target} is 0 (none) to 100.")
    for text in (change.constant, change.default):
        if text:
            found += _text_faults(text, target)
    if change.attribute is not None:
        found += _source_faults(name, change.attribute, target)
    elif change.sources and not change.no_source and target.type is AttributeType.REFERENCE:
        found.append(f"{change.target} is a reference; only an attribute can be mapped onto it.")
    elif change.expression is not None:
        found += expression_faults(name, change.expression, target)
    return found


def _target_fault(name: str, objects: ObjectType, path: str) -> str:
    """Return why nothing can be mapped onto a path: it is reserved, no path, or not there."""
    why = reserved(path) or path_fault(path, AttributeType.STRING.value)
    if why:
        return why
    hint = closest(path, [one.path for one in objects.attributes])
    return f"{_writer(name)} has no attribute {shown(path)}.{hint}"


def _writer(name: str) -> str:
    return "The directory" if name.startswith(SCIM) else "The app"


def _default_of(defaults: MappingType[str, DefaultMapping], change: MappingChange) -> str | None:
    """Return the default value that the mapping has after the change."""
    if change.default is not None or change.target not in defaults:
        return change.default
    return defaults[change.target].default


def _removal_faults(defaults: MappingType[str, DefaultMapping], change: MappingChange) -> list[str]:
    if change != MappingChange(change.target, remove=True):
        return [f"The mapping onto {change.target} is removed; nothing else can be said of it."]
    if change.target not in defaults:
        return [f"{change.target} is not mapped by default, so there is nothing to remove."]
    return []


def _text_faults(text: str, target: TargetAttribute) -> list[str]:
    """Return why a fixed text can be nobody's value there."""
    kind = ValueType(target.type.value)
    if kind is ValueType.REFERENCE:
        return [f"{target.path} is a reference; a fixed text names nobody."]
    try:
        typed(Mapping(target.path, Constant(text), kind, multi_valued=target.multi_valued), text)
    except MappingFailed:
        return [f"{shown(text)} is no {kind.value}, and {target.path} needs one."]
    return []


def _source_faults(name: str, attribute: str, target: TargetAttribute) -> list[str]:
    if attribute in COMPUTED:
        return [f"{attribute} is computed; write it in an expression, such as [{attribute}]."]
    source = source_attribute(name, attribute)
    if source is None:
        known = source_names(name)
        reader = "SCIM" if name.startswith(SCIM) else "The directory"
        return [f"{reader} has no attribute {shown(attribute)}.{closest(attribute, known)}"]
    if (source.type is Type.REFERENCE) != (target.type is AttributeType.REFERENCE):
        return [
            f"{attribute} cannot be mapped onto {target.path}: only one of them is a reference."
        ]
    if source.type is Type.STRINGS and not target.multi_valued:
        return [
            f"{attribute} is a list, and {target.path} holds one value. "
            f"Take one of them: Item([{attribute}], 1)."
        ]
    return []


def expression_faults(name: str, text: str, target: TargetAttribute) -> list[str]:
    """Return what is wrong with an expression for this target, each with its place."""
    try:
        tree = parse(text)
    except ExpressionFault as fault:
        return [_placed(target.path, text, fault)]
    found = faults(tree) or [
        *value_faults(tree),
        *attribute_faults(
            tree, lambda one: attribute_kind(name, one), [*source_names(name), *COMPUTED]
        ),
    ]
    if not found:
        found = _result_faults(name, tree, target)
    if not found and isinstance(tree, Text) and tree.value:  # a fixed text, however it is written
        found = [ExpressionFault(one, tree.at) for one in _text_faults(tree.value, target)]
    return [_placed(target.path, text, fault) for fault in found]


def _result_faults(name: str, tree: Node, target: TargetAttribute) -> list[ExpressionFault]:
    references = [
        ExpressionFault(
            f"[{one}] is a reference.", 0, advice="Map the attribute itself onto a reference."
        )
        for one in attributes_read(tree)
        if (source := source_attribute(name, one)) is not None and source.type is Type.REFERENCE
    ]
    given = attribute_kind(name, tree.name) if isinstance(tree, AttributeRef) else gives(tree)
    if given in {Takes.LIST, Takes.ROLES} and not target.multi_valued:
        references.append(
            ExpressionFault(f"This gives a list, and {target.path} holds one value.", tree.at)
        )
    if given is Takes.ROLES and target.type is not AttributeType.COMPLEX:
        references.append(
            ExpressionFault(f"This gives role elements, and {target.path} holds texts.", tree.at)
        )
    return references


def _placed(path: str, text: str, fault: ExpressionFault) -> str:
    where = spot(text, fault.at)
    line = f"line {where.line}, " if "\n" in text else ""
    return f"The expression for {path}, {line}character {where.column}: {fault}"


def attribute_kind(name: str, attribute: str) -> Takes | None:
    """Return what an attribute of users or groups (``name``) gives, or none: there is none."""
    if attribute == SOFT_DELETED:
        return Takes.TRUTH
    if attribute == ROLES:
        return Takes.LIST
    source = source_attribute(name, attribute)
    return None if source is None else _KINDS.get(source.type, Takes.ANY)


def source_attribute(name: str, attribute: str) -> Attribute | None:
    """Return the attribute of users or groups (``name``) that is read, or none."""
    if name.startswith(SCIM):
        return scim_attribute(name.removeprefix(SCIM), attribute)
    return user_attribute(attribute) if name == "users" else GROUP_ATTRIBUTES.get(attribute)


def source_names(name: str) -> list[str]:
    """Return the names of attributes that can be read, to suggest one."""
    if name.startswith(SCIM):
        return scim_names(name.removeprefix(SCIM))
    return list(USER_ATTRIBUTES if name == "users" else GROUP_ATTRIBUTES)
