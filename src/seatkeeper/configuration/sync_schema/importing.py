"""Make settings of a schema document: what it says of one app, over the gallery's defaults.

Before the walk. Where the document says what the settings say already, the
settings keep their own way of saying it; so a document that says nothing new
changes nothing. What is wrong is named with its place in the document.
"""

from collections.abc import Mapping, Sequence
from typing import cast

from msgspec.structs import replace

from seatkeeper.configuration.attributes import path_fault
from seatkeeper.configuration.check_mappings import COMPUTED
from seatkeeper.configuration.settings import (
    AppSettings,
    AttributeChange,
    AttributeWord,
    MappingChange,
    changed_mappings,
)
from seatkeeper.configuration.sync_schema.judging import judge
from seatkeeper.configuration.sync_schema.model import (
    Definition,
    ObjectRow,
    ReadSchema,
    Row,
    Side,
)
from seatkeeper.configuration.sync_schema.reading import read_view
from seatkeeper.configuration.sync_schema.scopes import same_filter
from seatkeeper.configuration.sync_schema.sources import normal
from seatkeeper.configuration.sync_schema.text import Plain
from seatkeeper.configuration.sync_schema.walk import Walk
from seatkeeper.gallery.schema import (
    AttributeType,
    DefaultMapping,
    GalleryApp,
    ObjectType,
    TargetAttribute,
    WhenNullWord,
)
from seatkeeper.provisioning.condition.plain import to_plain
from seatkeeper.provisioning.expression.catalogue import FUNCTIONS, Takes
from seatkeeper.provisioning.expression.parser import parse
from seatkeeper.provisioning.expression.tree import (
    AttributeRef,
    Call,
    Node,
    Text,
    attributes_read,
)


def import_schema(walk: Walk, app: GalleryApp, base: AppSettings, plain: Plain) -> ReadSchema:
    """Return the settings that follow from a document; every fault is noted in ``walk``."""
    found = read_schema(walk, app, base, plain)
    if found.view.rule is not None:
        judge(walk, app, found)
    return found


def read_schema(walk: Walk, app: GalleryApp, base: AppSettings, plain: Plain) -> ReadSchema:
    """Return the settings that follow from a document, without judging whether they fit."""
    view = read_view(walk, plain)
    wanted: dict[Side, Mapping[str, DefaultMapping]] = {}
    settings = base
    users = view.sides.get("users")
    if users is not None:
        wanted["users"] = _wanted(app.users, base.users, users)
        settings = replace(
            settings,
            user_actions=users.actions,
            user_attributes=_attributes(walk, app.users, base.user_attributes, users),
            users=_changes(app.users, base.users, wanted["users"]),
            user_filter=_filter(base.user_filter, users),
        )
    groups = view.sides.get("groups")
    if app.groups is None:
        return ReadSchema(view, settings, wanted)
    off = () if base.groups_enabled else base.groups
    if groups is None:
        return ReadSchema(view, replace(settings, groups_enabled=False, groups=off), wanted)
    wanted["groups"] = _wanted(app.groups, base.groups, groups)
    changes = _changes(app.groups, base.groups, wanted["groups"]) if groups.enabled else off
    settings = replace(
        settings,
        groups_enabled=groups.enabled,
        group_actions=groups.actions,
        group_attributes=_attributes(walk, app.groups, base.group_attributes, groups),
        groups=changes,
        group_filter=_filter(base.group_filter, groups),
    )
    return ReadSchema(view, settings, wanted)


def same_mapping(one: DefaultMapping | None, other: DefaultMapping | None) -> bool:
    """Whether two mappings mean the same, however their expressions are written."""
    if one is None or other is None:
        return one is other
    return _meaning(one) == _meaning(other)


def source_tree(mapping: DefaultMapping) -> Node | None:
    """Return a mapping's source as a tree, or none where it has none."""
    if mapping.attribute is not None:
        return AttributeRef(mapping.attribute)
    if mapping.constant is not None:
        return Text(mapping.constant)
    return None if mapping.expression is None else parse(mapping.expression)


def own_attribute(change: AttributeChange) -> tuple[TargetAttribute, str | None]:
    """Return an attribute of one's own with what it refers to, however it is written."""
    kind = AttributeType(change.type or "string")
    refers = (change.references or "User") if kind is AttributeType.REFERENCE else None
    made = TargetAttribute(
        change.path,
        kind,
        required=bool(change.required),
        unique=bool(change.unique),
        case_exact=bool(change.case_exact),
        multi_valued=bool(change.multi_valued),
    )
    return made, refers


def _meaning(mapping: DefaultMapping) -> tuple[object, ...]:
    tree = source_tree(mapping)
    asked = tree is not None and not isinstance(tree, Text)  # only these can be empty
    return (
        mapping.target,
        mapping.expression if tree is None else normal(tree),
        mapping.default or None,
        mapping.applies,
        mapping.matching,
        mapping.when_null if asked else None,
        mapping.flow_behavior,
    )


# --- mappings ----------------------------------------------------------------


def _wanted(
    objects: ObjectType, changes: Sequence[MappingChange], side: ObjectRow
) -> dict[str, DefaultMapping]:
    """Return the document's mappings; one that cannot be read is taken to be as it was."""
    held = {one.target: one for one in changed_mappings(objects, changes)}
    found: dict[str, DefaultMapping] = {}
    for row in side.rows:
        if row.broken:
            if row.target in held:
                found[row.target] = held[row.target]
        elif not row.inert and row.target:
            found[row.target] = _mapping(row, side)
    return found


def _mapping(row: Row, side: ObjectRow) -> DefaultMapping:
    made = DefaultMapping(
        row.target,
        default=row.default,
        applies=row.applies,
        matching=row.matching,
        when_null=_when_null(row, side),
        flow_behavior=row.flow_behavior,
    )
    match row.tree:
        case None:
            return made
        case AttributeRef(name) if name not in COMPUTED:
            return replace(made, attribute=name)
        case Text(value):
            return replace(made, constant=value)
        case _:
            return replace(made, expression=row.text)


def _when_null(row: Row, side: ObjectRow) -> WhenNullWord:
    """Both gates must be open for an empty source to clear: the mapping's and the source's."""
    if row.writes_default:
        return "default"
    if not row.flows_null or row.tree is None:
        return "skip"
    return "clear" if gates_open(row.tree, side) else "skip"


def gates_open(tree: Node, side: ObjectRow) -> bool:
    """Whether the definitions of all attributes that are read let empty values flow."""
    known = {} if side.source is None else side.source.definitions
    return all(name in known and known[name].flows_null for name in gated(tree))


def gated(tree: Node) -> list[str]:
    """Return the attributes whose definitions have a gate: those that are not computed."""
    return [name for name in attributes_read(tree) if name not in COMPUTED]


def _changes(
    objects: ObjectType,
    changes: Sequence[MappingChange],
    wanted: Mapping[str, DefaultMapping],
) -> tuple[MappingChange, ...]:
    """Return the changes that lead from the gallery's mappings to those wanted."""
    held = {one.target: one for one in changed_mappings(objects, changes)}
    defaults = {one.target: one for one in objects.mappings}
    by_target = {one.target: one for one in changes}
    found = []
    for target in dict.fromkeys([*by_target, *defaults, *wanted]):
        if same_mapping(held.get(target), wanted.get(target)):
            made = by_target.get(target)
        else:
            made = _change(defaults.get(target), wanted.get(target), target)
        if made is not None:
            found.append(made)
    return tuple(found)


def _change(
    default: DefaultMapping | None, wanted: DefaultMapping | None, target: str
) -> MappingChange | None:
    if wanted is None:
        return None if default is None else MappingChange(target, remove=True)
    if same_mapping(default, wanted):
        return None
    base = default or DefaultMapping(target)
    change = MappingChange(target)
    if _source(base) != _source(wanted):
        change = replace(
            change,
            attribute=wanted.attribute,
            constant=wanted.constant,
            expression=wanted.expression,
            no_source=source_tree(wanted) is None and default is not None,
        )
    if (base.default or None) != (wanted.default or None):
        change = replace(change, default=wanted.default or "")
    if source_tree(wanted) is None or wanted.constant is not None:  # can never be empty
        wanted = replace(wanted, when_null=base.when_null)
    for name in ("applies", "matching", "when_null", "flow_behavior"):
        if getattr(base, name) != getattr(wanted, name):
            change = replace(change, **{name: getattr(wanted, name)})
    return change


def _source(mapping: DefaultMapping) -> Node | None:
    tree = source_tree(mapping)
    return None if tree is None else normal(tree)


def _filter(base: dict[str, object] | None, side: ObjectRow) -> dict[str, object] | None:
    condition = side.scope.condition
    if same_filter(base, condition):
        return base
    return None if condition is None else to_plain(condition)


# --- attributes --------------------------------------------------------------


def _attributes(
    walk: Walk, objects: ObjectType, base: Sequence[AttributeChange], side: ObjectRow
) -> tuple[AttributeChange, ...]:
    """Return the changes to the gallery's attribute list that the definitions make."""
    if side.target is None:
        return tuple(base) if not side.enabled else ()
    gallery = {one.path: one for one in objects.attributes}
    held = {one.path: one for one in base}
    defined = side.target.definitions
    made = {path: one for path, one in held.items() if path in gallery and path not in defined}
    for name, definition in defined.items():
        if name in gallery:
            change = _override(walk, gallery[name], held.get(name), definition)
        else:
            change = _own(held.get(name), definition, _trees(side, name))
        if change is not None:
            made[name] = change
    order = dict.fromkeys([*(path for path in held if path in made), *made])
    return tuple(made[path] for path in order)


def _override(
    walk: Walk, gallery: TargetAttribute, held: AttributeChange | None, definition: Definition
) -> AttributeChange | None:
    if not _same_type(gallery, definition):
        walk.note(definition.place, f"the app's {gallery.path} keeps its type, {gallery.type}.")
    now = (
        gallery.required if held is None or held.required is None else held.required,
        gallery.case_exact if held is None or held.case_exact is None else held.case_exact,
    )
    if now == (definition.required, definition.case_exact):
        return held
    change = AttributeChange(gallery.path)
    if definition.required != gallery.required:
        change = replace(change, required=definition.required)
    if definition.case_exact != gallery.case_exact:
        change = replace(change, case_exact=definition.case_exact)
    return None if change == AttributeChange(gallery.path) else change


def _same_type(gallery: TargetAttribute, definition: Definition) -> bool:
    is_text = {gallery.type, definition.type} == {AttributeType.STRING, AttributeType.COMPLEX}
    return gallery.type is definition.type or is_text


def _own(
    held: AttributeChange | None, definition: Definition, trees: Sequence[Node]
) -> AttributeChange | None:
    """Return an attribute of one's own, or none for what nobody could map onto anyway."""
    mapped = bool(trees) or held is not None
    if definition.anchor or (path_fault(definition.name) is not None and not mapped):
        return None
    kind = definition.type
    if any(_gives_roles(tree) for tree in trees) and definition.multi_valued:
        kind = AttributeType.COMPLEX
    change = AttributeChange(
        definition.name,
        type=None if kind is AttributeType.STRING else cast("AttributeWord", kind.value),
        required=definition.required or None,
        unique=definition.unique or None,
        case_exact=definition.case_exact or None,
        multi_valued=definition.multi_valued or None,
        references=definition.references if kind is AttributeType.REFERENCE else None,
    )
    if held is not None and own_attribute(held) == own_attribute(change):
        return held
    return change


def _trees(side: ObjectRow, target: str) -> list[Node]:
    return [row.tree for row in side.rows if row.target == target and row.tree is not None]


def _gives_roles(tree: Node) -> bool:
    return isinstance(tree, Call) and FUNCTIONS[tree.name].gives is Takes.ROLES
