"""The schema document of an app that never had one imported, before its mappings are filled in.

Before the walk. A rule, two object mappings, and the two directories with every
attribute that the directory has. Ids follow from the app's id, so that two
exports are the same document.
"""

import re
import uuid
from collections.abc import Iterable
from typing import Final

from seatkeeper.configuration.sync_schema.text import Plain
from seatkeeper.configuration.sync_schema.words import OWN_TYPE, TYPE_OF, UNIQUE
from seatkeeper.directory.attributes import GROUP_ATTRIBUTES, USER_ATTRIBUTES, Attribute, Type
from seatkeeper.gallery.schema import AttributeType, GalleryApp, ObjectType, TargetAttribute
from seatkeeper.provisioning.expression.check import ROLES, SOFT_DELETED

SOURCE_DIRECTORY: Final = "Seatkeeper Directory"
ENTERPRISE: Final = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
CORE_GROUP: Final = "urn:ietf:params:scim:schemas:core:2.0:Group"

_TYPES: Final = {
    Type.STRING: "String",
    Type.STRINGS: "String",
    Type.BOOLEAN: "Boolean",
    Type.REFERENCE: "Reference",
}


def new_schema(app: GalleryApp, app_id: str, name: str) -> Plain:
    """Return a document without attribute mappings, for an app of that id and name."""
    target = name if name != SOURCE_DIRECTORY else f"{name} (app)"
    word = re.sub(r"[^A-Z0-9]+", "_", name.upper()).strip("_") or "APP"
    mappings = [_object_mapping(f"Provision directory users to {name}", "User", user_object(app))]
    if app.groups is not None:
        title = f"Provision directory groups to {name}"
        mappings.append(_object_mapping(title, "Group", group_object(app)))
    return {
        "id": f"{app_id}.schema",
        "version": "1",
        "synchronizationRules": [
            {
                "id": _id(app_id, "rule"),
                "name": f"DIRECTORY_TO_{word}",
                "editable": True,
                "priority": 1,
                "sourceDirectoryName": SOURCE_DIRECTORY,
                "targetDirectoryName": target,
                "metadata": [],
                "objectMappings": mappings,
            }
        ],
        "directories": [
            _directory(_id(app_id, "source"), SOURCE_DIRECTORY, "None", _source_objects()),
            _directory(
                _id(app_id, "target"),
                target,
                "AttributeNames,AttributeDataTypes",
                _target_objects(app),
            ),
        ],
    }


def user_object(app: GalleryApp) -> str:
    """Return what the document calls people of this app: the reference takes the extension."""
    return ENTERPRISE if ENTERPRISE in app.users.schemas else app.users.schemas[0]


def group_object(app: GalleryApp) -> str:
    """Return what the document calls groups of this app."""
    return app.groups.schemas[0] if app.groups is not None else CORE_GROUP


def source_definition(side: str, name: str, attribute: Attribute | None) -> Plain:
    """Return the definition of a directory attribute; one that is computed is none of them."""
    kind = Type.BOOLEAN if name == SOFT_DELETED else Type.STRING
    if attribute is not None:
        kind = attribute.type
    leads: tuple[str, ...] = ()
    if kind is Type.REFERENCE:
        leads = ("User",) if side == "users" else ("User", "Group")
    made = definition(
        name,
        _TYPES[kind],
        anchor=name == "objectId",
        case_exact=name == "objectId",
        required=name == "objectId",
        multi_valued=kind is Type.STRINGS or name in (ROLES, "members"),
        mutability="ReadWrite" if attribute is not None and attribute.writable else "ReadOnly",
        references=[(one, "objectId") for one in leads],
    )
    made["flowNullValues"] = True  # each mapping has a gate of its own
    return made


def target_definition(attribute: TargetAttribute, refers: str | None, *, own: bool) -> Plain:
    """Return the definition of an attribute of the app."""
    leads: tuple[str, ...] = ()
    if attribute.type is AttributeType.REFERENCE:
        leads = (refers or "User",)
    if attribute.path == "members":
        leads = ("User", "Group")
    made = definition(
        attribute.path,
        TYPE_OF[attribute.type],
        case_exact=attribute.case_exact,
        required=attribute.required,
        multi_valued=attribute.multi_valued,
        references=[(one, "id") for one in leads],
    )
    if own and attribute.type is AttributeType.COMPLEX:
        made[OWN_TYPE] = "complex"
    if own and attribute.unique:
        made[UNIQUE] = True
    return made


def definition(
    name: str,
    kind: str,
    *,
    anchor: bool = False,
    case_exact: bool = False,
    required: bool = False,
    multi_valued: bool = False,
    mutability: str = "ReadWrite",
    references: Iterable[tuple[str, str]] = (),
) -> Plain:
    """Return an attributeDefinition with every field that is documented."""
    return {
        "name": name,
        "type": kind,
        "anchor": anchor,
        "caseExact": case_exact,
        "required": required,
        "multivalued": multi_valued,
        "mutability": mutability,
        "flowNullValues": False,
        "referencedObjects": [
            {"referencedObjectName": one, "referencedProperty": by} for one, by in references
        ],
        "metadata": [],
        "apiExpressions": [],
        "defaultValue": None,
    }


def _object_mapping(name: str, source: str, target: str) -> Plain:
    return {
        "name": name,
        "enabled": True,
        "sourceObjectName": source,
        "targetObjectName": target,
        "flowTypes": "Add, Update, Delete",
        "metadata": [{"key": "Disposition", "value": '"Normal"'}],
        "scope": None,
        "attributeMappings": [],
    }


def _directory(identity: str, name: str, discoverabilities: str, objects: list[Plain]) -> Plain:
    return {
        "id": identity,
        "name": name,
        "readOnly": False,
        "version": "1",
        "discoverabilities": discoverabilities,
        "discoveryDateTime": None,
        "objects": objects,
    }


def _source_objects() -> list[Plain]:
    kinds = (("User", "users", USER_ATTRIBUTES), ("Group", "groups", GROUP_ATTRIBUTES))
    facts = {
        "User": [
            {"key": "PropertyNameAccountEnabled", "value": "accountEnabled"},
            {"key": "PropertyNameSoftDeleted", "value": SOFT_DELETED},
        ]
    }
    made = []
    for name, side, attributes in kinds:
        defined = [source_definition(side, one, attributes[one]) for one in attributes]
        computed = (SOFT_DELETED, ROLES) if side == "users" else (SOFT_DELETED,)
        defined += [source_definition(side, one, None) for one in computed]
        made.append(_object(name, facts.get(name, []), defined))
    return made


def _target_objects(app: GalleryApp) -> list[Plain]:
    kinds: list[tuple[str, ObjectType]] = [(user_object(app), app.users)]
    if app.groups is not None:
        kinds.append((group_object(app), app.groups))
    identity = definition("id", "String", anchor=True, case_exact=True, mutability="ReadOnly")
    return [
        _object(
            name,
            [],
            [
                dict(identity),
                *(target_definition(one, None, own=False) for one in objects.attributes),
            ],
        )
        for name, objects in kinds
    ]


def _object(name: str, metadata: list[dict[str, str]], attributes: list[Plain]) -> Plain:
    return {"name": name, "supportedApis": [], "metadata": metadata, "attributes": attributes}


def _id(app_id: str, part: str) -> str:
    return str(uuid.uuid5(uuid.NAMESPACE_URL, f"seatkeeper:{app_id}:{part}"))
