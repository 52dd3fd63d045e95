"""Write the settings of an app as a schema document: the kept one with what differs, or a new one.

Before the walk. Only what means something else than the settings is rewritten;
spellings, unknown fields and order stay. So a document that was imported comes
back as it was, and after an edit shows that edit alone.
"""

import copy
from collections.abc import Mapping, Sequence
from typing import Final

from seatkeeper.configuration.attributes import customized
from seatkeeper.configuration.check_mappings import source_attribute
from seatkeeper.configuration.settings import AppSettings, AttributeChange, changed_mappings
from seatkeeper.configuration.sync_schema.importing import (
    gated,
    own_attribute,
    read_schema,
    same_mapping,
    source_tree,
)
from seatkeeper.configuration.sync_schema.model import ObjectRow, ReadSchema, Row, Side
from seatkeeper.configuration.sync_schema.scopes import scope_plain
from seatkeeper.configuration.sync_schema.skeleton import (
    new_schema,
    source_definition,
    target_definition,
)
from seatkeeper.configuration.sync_schema.sources import normal, source_plain
from seatkeeper.configuration.sync_schema.text import Plain
from seatkeeper.configuration.sync_schema.walk import Walk
from seatkeeper.configuration.sync_schema.words import (
    ACTIONS,
    FLOW_BEHAVIORS,
    FLOW_TYPES,
    OWN_TYPE,
    UNIQUE,
    WHEN_NULL,
    spelled,
)
from seatkeeper.gallery.schema import DefaultMapping, GalleryApp, ObjectType
from seatkeeper.provisioning.condition.model import Clause, every_node
from seatkeeper.provisioning.condition.plain import from_plain
from seatkeeper.provisioning.expression.tree import Text, attributes_read

_PLURALS: Final[Sequence[Side]] = ("users", "groups")


def export_schema(
    app: GalleryApp, app_id: str, settings: AppSettings, kept: Plain | None = None
) -> Plain:
    """Return the schema document of an app; ``kept`` is the one imported last, if any was."""
    plain = new_schema(app, app_id, settings.name) if kept is None else copy.deepcopy(kept)
    found = read_schema(Walk(), app, settings, plain)
    if found.view.rule is None:
        return plain
    changed = customized(app, settings)
    sides: dict[Side, ObjectType | None] = {"users": changed.users, "groups": changed.groups}
    for side in _PLURALS:
        objects, row = sides[side], found.view.sides.get(side)
        if objects is None:
            continue
        whole = row is not None and row.source is not None and row.target is not None
        if _is_on(settings, side) and not whole:
            model = new_schema(app, app_id, settings.name)
            if _completed(plain, found.view.rule, row, model, side):
                return export_schema(app, app_id, settings, plain)
        if row is not None:
            _Merge(app, settings, found, side, objects, row).carry_out()
    return plain


def _is_on(settings: AppSettings, side: Side) -> bool:
    return side == "users" or settings.groups_enabled


def _completed(plain: Plain, rule: Plain, row: ObjectRow | None, model: Plain, side: Side) -> bool:
    """Add the object mapping and the objects that a mapping which is on needs; say if any was."""
    at = _PLURALS.index(side)
    mapping = model["synchronizationRules"][0]["objectMappings"][at]
    if row is None:
        rule["objectMappings"].append(mapping)
    else:
        mapping = row.plain
    added = row is None
    for end, directory in zip(("source", "target"), model["directories"], strict=True):
        name = mapping[f"{end}ObjectName"]
        for one in plain.get("directories") or []:
            objects = one.setdefault("objects", [])
            known = any(held["name"] == name for held in objects)
            if one["name"] == rule[f"{end}DirectoryName"] and not known:
                objects.append({**directory["objects"][at], "name": name})
                added = True
    return added


class _Merge:
    """Brings one object mapping and its definitions to what the settings say."""

    def __init__(
        self,
        app: GalleryApp,
        settings: AppSettings,
        found: ReadSchema,
        side: Side,
        objects: ObjectType,
        row: ObjectRow,
    ) -> None:
        self.side = side
        self.row = row
        self.objects = objects
        self.before = found.settings
        self.after = settings
        self.held = found.wanted.get(side, {})
        gallery = app.users if side == "users" else app.groups
        self.gallery = {one.path for one in gallery.attributes} if gallery is not None else set()
        changes = settings.users if side == "users" else settings.groups
        self.wanted = {one.target: one for one in changed_mappings(objects, changes)}

    def carry_out(self) -> None:
        """Change the plain objects of the document in place."""
        plain = self.row.plain
        if self.row.enabled is not _is_on(self.after, self.side):
            plain["enabled"] = _is_on(self.after, self.side)
        self._actions()
        self._scope()
        self._target_definitions()
        if _is_on(self.after, self.side):
            self._mappings()
            self._source_definitions()

    def _actions(self) -> None:
        is_users = self.side == "users"
        now = self.after.user_actions if is_users else self.after.group_actions
        if set(now) != set(self.row.actions):
            words = [word for word, action in ACTIONS.items() if action in now]
            self.row.plain["flowTypes"] = ", ".join(words) or "None"

    def _scope(self) -> None:
        is_users = self.side == "users"
        before = self.before.user_filter if is_users else self.before.group_filter
        after = self.after.user_filter if is_users else self.after.group_filter
        if before != after:
            condition = None if after is None else from_plain(after)
            self.row.plain["scope"] = scope_plain(condition, self.row.plain.get("scope"))

    # --- attribute mappings ---

    def _mappings(self) -> None:
        rows = {row.target: row for row in self.row.rows}
        listed = self.row.plain.get("attributeMappings") or []
        kept = []
        for plain in listed:
            target = plain.get("targetAttributeName")
            if target in self.wanted:
                self._mapping(rows[target], self.wanted[target])
                kept.append(plain)
            elif target not in self.held:
                kept.append(plain)  # it does nothing, and belongs to somebody
        new = [one for target, one in self.wanted.items() if target not in rows]
        kept += [self._new_mapping(one) for one in new]
        if kept != listed:
            self.row.plain["attributeMappings"] = kept

    def _mapping(self, row: Row, wanted: DefaultMapping) -> None:
        held = self.held.get(row.target)
        if same_mapping(held, wanted):
            return
        plain = row.plain
        tree = source_tree(wanted)
        if (None if row.tree is None else normal(row.tree)) != (
            None if tree is None else normal(tree)
        ):
            source = None if tree is None else source_plain(tree, wanted.expression or "")
            old = plain.get("source")
            if isinstance(old, dict) and source is not None:
                source = {**old, **source}
            plain["source"] = source
        if (row.default or None) != (wanted.default or None):
            plain["defaultValue"] = wanted.default or None
        if row.applies != wanted.applies:
            plain["flowType"] = spelled(FLOW_TYPES, wanted.applies)
        if row.matching != wanted.matching:
            plain["matchingPriority"] = wanted.matching
        if row.flow_behavior != wanted.flow_behavior:
            plain["flowBehavior"] = spelled(FLOW_BEHAVIORS, wanted.flow_behavior)
        if held is None or held.when_null != wanted.when_null:
            self._null_flow(plain, wanted)

    def _null_flow(self, plain: Plain, wanted: DefaultMapping) -> None:
        tree = source_tree(wanted)
        if tree is None or isinstance(tree, Text):
            return
        if wanted.when_null == "default":
            plain[WHEN_NULL] = "default"
            return
        plain.pop(WHEN_NULL, None)
        clears = wanted.when_null == "clear"
        if clears is not bool(plain.get("flowNullValues")):
            plain["flowNullValues"] = clears

    def _new_mapping(self, wanted: DefaultMapping) -> Plain:
        tree = source_tree(wanted)
        made: Plain = {
            "targetAttributeName": wanted.target,
            "matchingPriority": wanted.matching,
            "flowType": spelled(FLOW_TYPES, wanted.applies),
            "flowBehavior": spelled(FLOW_BEHAVIORS, wanted.flow_behavior),
            "defaultValue": wanted.default or None,
            "exportMissingReferences": False,
            "source": None if tree is None else source_plain(tree, wanted.expression or ""),
        }
        self._null_flow(made, wanted)
        return made

    # --- directories ---

    def _source_definitions(self) -> None:
        """Define what is read, and open the gates of what an empty source shall clear."""
        source = self.row.source
        if source is None:
            return
        known = source.definitions
        listed = source.plain.setdefault("attributes", [])
        by_name: dict[str, Plain] = {name: one.plain for name, one in known.items()}
        for name in self._read():
            if name not in by_name and (attribute := source_attribute(self.side, name)):
                by_name[name] = source_definition(self.side, name, attribute)
                listed.append(by_name[name])
        for one in self.wanted.values():
            tree = source_tree(one)
            if tree is not None and one.when_null == "clear":
                for name in gated(tree):
                    if name in by_name and not by_name[name].get("flowNullValues"):
                        by_name[name]["flowNullValues"] = True
        self._close({name for name, one in by_name.items() if one.get("flowNullValues")})

    def _close(self, opened: set[str]) -> None:
        """Shut the own gate of mappings that shall skip, where all other gates stand open."""
        for row in self.row.rows:
            wanted = self.wanted.get(row.target)
            tree = None if wanted is None else source_tree(wanted)
            if tree is None or wanted is None or wanted.when_null != "skip":
                continue
            if row.plain.get("flowNullValues") and opened.issuperset(gated(tree)):
                row.plain["flowNullValues"] = False

    def _read(self) -> list[str]:
        found: list[str] = []
        for one in self.wanted.values():
            tree = source_tree(one)
            found += [] if tree is None else attributes_read(tree)
        is_users = self.side == "users"
        plain = self.after.user_filter if is_users else self.after.group_filter
        for node in [] if plain is None else every_node(from_plain(plain)):
            if isinstance(node, Clause):
                found.append(node.attribute)
        return list(dict.fromkeys(found))

    def _target_definitions(self) -> None:
        if self.row.target is None:
            return
        is_users = self.side == "users"
        before = self.before.user_attributes if is_users else self.before.group_attributes
        after = self.after.user_attributes if is_users else self.after.group_attributes
        now = {one.path: one for one in after}
        known = self.row.target.definitions
        listed = self.row.target.plain.setdefault("attributes", [])
        gone = {one.path for one in before if one.path not in now and one.path not in self.gallery}
        if gone:
            listed[:] = [one for one in listed if one.get("name") not in gone]
        self._existing_definitions(known.keys() - gone, before, now)
        for attribute in self.objects.attributes:
            path = attribute.path
            if path not in known and (path in self.wanted or path in now):
                own = path not in self.gallery
                refers = now[path].references if path in now else None
                listed.append(target_definition(attribute, refers, own=own))

    def _existing_definitions(
        self,
        names: set[str],
        before: Sequence[AttributeChange],
        now: Mapping[str, AttributeChange],
    ) -> None:
        assert self.row.target is not None  # noqa: S101 - asked before
        attributes = {one.path: one for one in self.objects.attributes}
        earlier = {one.path: one for one in before}
        for name in names & attributes.keys():
            held, attribute = self.row.target.definitions[name], attributes[name]
            if held.required is not attribute.required:
                held.plain["required"] = attribute.required
            if held.case_exact is not attribute.case_exact:
                held.plain["caseExact"] = attribute.case_exact
            if name in self.gallery or name not in now:
                continue
            if name in earlier and own_attribute(earlier[name]) == own_attribute(now[name]):
                continue
            made = target_definition(attribute, now[name].references, own=True)
            fields = ["multivalued", UNIQUE, OWN_TYPE]
            fields += [] if held.type is attribute.type else ["type", "referencedObjects"]
            for field in fields:
                if field in made:
                    held.plain[field] = made[field]
                else:
                    held.plain.pop(field, None)
