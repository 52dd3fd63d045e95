"""Judge whether what follows from a schema document fits the app and the directory.

Before the walk. The same checks as for settings that come another way, with
each fault at its place in the document; beside them what only a document can
get wrong, such as an attribute that is used and defined nowhere.
"""

from collections.abc import Mapping, Sequence
from typing import Final

from seatkeeper.configuration.check import settings_flaws
from seatkeeper.configuration.check_mappings import COMPUTED, source_attribute, source_names
from seatkeeper.configuration.settings import AttributeChange, MappingChange
from seatkeeper.configuration.sync_schema.model import Definition, ObjectRow, ReadSchema, Side
from seatkeeper.configuration.sync_schema.walk import Walk
from seatkeeper.directory.people_row import closest, shown
from seatkeeper.gallery.schema import GalleryApp
from seatkeeper.provisioning.condition.model import Clause, every_node
from seatkeeper.provisioning.expression.tree import attributes_read

_SINGULAR: Final[Mapping[Side, str]] = {"users": "user", "groups": "group"}


def judge(walk: Walk, app: GalleryApp, found: ReadSchema) -> None:
    """Note everything that does not fit, and what is kept and not carried out."""
    users, groups = found.view.sides["users"], found.view.sides.get("groups")
    if not users.enabled:
        walk.fault(
            f"{users.place}.enabled",
            "People are always mapped; flowTypes None lets no action through.",
        )
    _defined(walk, "users", users)
    if groups is not None and groups.enabled:
        if app.groups is None:
            walk.fault(f"{groups.place}.enabled", f"{app.name} has no groups to be mapped.")
        _defined(walk, "groups", groups)
    for side, row in found.view.sides.items():
        for one in row.rows:
            if one.flow_behavior == "always" and not one.inert:
                walk.note(
                    one.place,
                    f"FlowAlways of {one.target} of {side} is kept, and not carried out: a value "
                    "that the account has is never sent again.",
                )
    places = _places(found)
    for flaw in settings_flaws(app, found.settings):
        place = places.get(flaw.field) or places.get(flaw.field.partition(".")[0])
        if place is not None and (place == users.place or not walk.faulted(place)):
            walk.fault(place, flaw.text)


def _defined(walk: Walk, side: Side, row: ObjectRow) -> None:
    """Note the attributes that are used and not defined; unknown ones are judged with the rest."""
    targets = None if row.target is None else row.target.definitions
    sources = None if row.source is None else row.source.definitions
    for one in row.rows:
        if one.inert or not one.target:
            continue
        if targets is not None and one.target not in targets:
            hint = closest(one.target, targets)
            text = f"{shown(one.target)} is mapped, and defined in no directory.{hint}"
            if one.target != "id":
                walk.fault(f"{one.place}.targetAttributeName", text)
        for name in [] if one.tree is None else attributes_read(one.tree):
            _source_defined(walk, side, name, sources, f"{one.place}.source")
    for node in [] if row.scope.condition is None else every_node(row.scope.condition):
        if isinstance(node, Clause):
            _source_defined(walk, side, node.attribute, sources, row.scope.places[""])


def _source_defined(
    walk: Walk, side: Side, name: str, sources: Mapping[str, Definition] | None, place: str
) -> None:
    if sources is None or name in sources or name in COMPUTED:
        return
    if source_attribute(side, name) is not None:
        hint = closest(name, sources)
        walk.fault(place, f"{shown(name)} is read, and defined in no directory.{hint}")
    else:
        known = [*source_names(side), *COMPUTED]
        walk.fault(place, f"The directory has no attribute {shown(name)}.{closest(name, known)}")


def _places(found: ReadSchema) -> dict[str, str]:
    """Return where in the document each field of the settings comes from."""
    places: dict[str, str] = {}
    settings = found.settings
    by_side: tuple[tuple[Side, Sequence[MappingChange], Sequence[AttributeChange]], ...] = (
        ("users", settings.users, settings.user_attributes),
        ("groups", settings.groups, settings.group_attributes),
    )
    for side, changes, attributes in by_side:
        row = found.view.sides.get(side)
        if row is None:
            continue
        word = _SINGULAR[side]
        rows = {one.target: one.place for one in row.rows}
        places[side] = row.place
        for number, change in enumerate(changes):
            places[f"{side}.{number}"] = rows.get(change.target, row.place)
        definitions = {} if row.target is None else row.target.definitions
        for number, attribute in enumerate(attributes):
            defined = definitions.get(attribute.path)
            places[f"{word}_attributes.{number}"] = row.place if defined is None else defined.place
        for path, place in row.scope.places.items():
            places[f"{word}_filter.{path}" if path else f"{word}_filter"] = place
    return places
