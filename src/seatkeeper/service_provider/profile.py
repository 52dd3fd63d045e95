"""What one app's SCIM service allows, read from its gallery file.

A door in, beside the walk: turns gallery facts into schemas, unique values
and capabilities. It names no app.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property

from seatkeeper.gallery.schema import AttributeType, GalleryApp, ObjectType, TargetAttribute
from seatkeeper.scim.attribute import Attribute, Type, Uniqueness
from seatkeeper.scim.core import ENTERPRISE_SCHEMA, GROUP_SCHEMA, USER_SCHEMA
from seatkeeper.scim.dialect import TOLERANT, Dialect
from seatkeeper.scim.errors import UnfitValue
from seatkeeper.scim.holding import Keys
from seatkeeper.scim.messages import ENTERPRISE_USER, Resource
from seatkeeper.scim.path import parse_path, read
from seatkeeper.scim.schema import ResourceSchema, Schema
from seatkeeper.scim.syntax import AttributePath
from seatkeeper.scim.uniqueness import KeyPath, key_path, unique_paths, unique_values
from seatkeeper.service_provider.limits import Rules, check_single
from seatkeeper.service_provider.marks import marked

USERS, GROUPS = "User", "Group"
_LOOKUPS = {
    kind: {name: parse_path(name) for name in names}
    for kind, names in {
        USERS: ("userName", "externalId", "displayName", "emails.value"),
        GROUPS: ("displayName", "externalId"),
    }.items()
}
_TYPES = {
    AttributeType.BOOLEAN: Type.BOOLEAN,
    AttributeType.INTEGER: Type.INTEGER,
    AttributeType.REFERENCE: Type.COMPLEX,
    AttributeType.COMPLEX: Type.COMPLEX,
}


@dataclass(frozen=True)
class Kind:
    """One resource type: its endpoint, schema, and the paths required or unique in the app.

    ``described`` is the schema as clients read it, these paths marked. Of the
    attributes ``single`` the app keeps one value each.
    """

    name: str
    endpoint: str
    schema: ResourceSchema
    described: ResourceSchema
    required: tuple[AttributePath, ...]
    unique: tuple[AttributePath, ...]
    may_create: bool
    may_update: bool
    may_delete: bool
    single: tuple[str, ...] = ()

    def require(self, resource: Resource) -> None:
        """Refuse a resource that lacks what this app requires, or has more than it keeps."""
        check_single(resource, self.single)
        for path in self.required:
            if read(resource, path) in (None, ""):
                raise UnfitValue(f"{path} is required.")

    @cached_property
    def lookups(self) -> Mapping[str, KeyPath]:
        """By which names a resource can be looked up, and where their values are."""
        return {name: key_path(path, self.schema) for name, path in _LOOKUPS[self.name].items()}

    @cached_property
    def unique_paths(self) -> tuple[KeyPath, ...]:
        """Where the values are that nobody else may have."""
        return unique_paths(self.schema, self.unique)


@dataclass(frozen=True)
class Profile:
    """The service of one app: its resource types, how it refuses to delete users, its dialect."""

    kinds: tuple[Kind, ...]
    page_size: int
    refused_delete_status: int
    app_name: str
    dialect: Dialect = TOLERANT
    takes_bulk: bool = False
    rules: Rules = field(default_factory=Rules)

    def kind(self, name: str) -> Kind:
        """Return the resource type of that name."""
        return self._by_name[name]

    def keys_of(self, kind: str, values: Resource) -> Keys:
        """Say what of a resource can be looked up, and what must be unique.

        A kind that this app has not has no keys. An empty text is a value that can be looked up.
        """
        of = self._by_name.get(kind)
        if of is None:
            return Keys({}, ())
        lookups = {
            name: [at.key(one) for one in at.values(values) if isinstance(one, str)]
            for name, at in of.lookups.items()
        }
        unique = unique_values(values, of.unique_paths)
        return Keys(lookups, tuple((one.name, one.folded) for one in unique))

    @cached_property
    def _by_name(self) -> Mapping[str, Kind]:
        return {one.name: one for one in self.kinds}


def profile_of(app: GalleryApp) -> Profile:
    """Return the service that the gallery file of ``app`` describes."""
    users = app.capabilities.users
    extensions = (ENTERPRISE_SCHEMA, *_own_extensions(app.users))
    kinds = [
        _kind(
            USERS,
            app.users,
            ResourceSchema(USER_SCHEMA, extensions),
            (users.create, users.update, users.delete),
        )
    ]
    groups = app.capabilities.groups
    if app.groups is not None and groups is not None:
        may = (groups.create, groups.update, groups.delete)
        kinds.append(_kind(GROUPS, app.groups, ResourceSchema(GROUP_SCHEMA), may))
    status = app.sandbox.delete_user_status
    return Profile(
        tuple(kinds),
        app.capabilities.page_size,
        status,
        app.name,
        takes_bulk=app.capabilities.bulk,
        rules=_rules_of(app),
    )


def _rules_of(app: GalleryApp) -> Rules:
    said = app.capabilities
    plain = Rules()
    return Rules(
        patches=said.patch != "none",
        filters=said.filters,
        group_patch=said.groups.patch if said.groups else plain.group_patch,
        members_readable=said.groups is None or said.groups.members_readable,
        largest_page=said.largest_page,
        rates=app.rates,
        latency=app.sandbox.latency_ms / 1_000,
        lies=app.sandbox.lies,
    )


def directory_profile() -> Profile:
    """Return the service of the directory itself: the core schemas, and all that they allow."""
    user_name, display_name = parse_path("userName"), parse_path("displayName")
    users = ResourceSchema(USER_SCHEMA, (ENTERPRISE_SCHEMA,))
    kinds = (
        _kind_of(USERS, "/Users", users, [user_name], [user_name], (True, True, True)),
        _kind_of(
            GROUPS,
            "/Groups",
            ResourceSchema(GROUP_SCHEMA),
            [display_name],
            [display_name],
            (True, True, True),
        ),
    )
    return Profile(kinds, page_size=100, refused_delete_status=405, app_name="Seatkeeper")


def _kind(
    name: str, objects: ObjectType, schema: ResourceSchema, may: tuple[bool, bool, bool]
) -> Kind:
    unique = [schema.path(one.path) for one in objects.attributes if one.unique]
    required = [schema.path(one.path) for one in objects.attributes if one.required]
    plain = _kind_of(name, objects.endpoint, schema, required, unique, may)
    return replace(plain, single=objects.single)


def _kind_of(
    name: str,
    endpoint: str,
    schema: ResourceSchema,
    required: Sequence[AttributePath],
    unique: Sequence[AttributePath],
    may: tuple[bool, bool, bool],
) -> Kind:
    described = marked(schema, required, unique)
    return Kind(name, endpoint, schema, described, tuple(required), tuple(unique), *may)


def _own_extensions(objects: ObjectType) -> Sequence[Schema]:
    found: dict[str, list[Attribute]] = {}
    for attribute in objects.attributes:
        path = parse_path(attribute.path)
        if path.schema is not None and path.schema != ENTERPRISE_USER and path.name:
            found.setdefault(path.schema, []).append(_attribute(path, attribute))
    return [
        Schema(urn, urn.split(":")[-3], "What this app adds to an account", tuple(attributes))
        for urn, attributes in found.items()
    ]


def _parts(declared: TargetAttribute) -> tuple[Attribute, ...]:
    """Return the parts of an object: of a reference, or of an element of a list."""
    match declared.type:
        case AttributeType.REFERENCE:
            return (Attribute("value", case_exact=True), Attribute("$ref", Type.REFERENCE))
        case AttributeType.COMPLEX:
            texts = (Attribute(name) for name in ("value", "display", "type"))
            return (*texts, Attribute("primary", Type.BOOLEAN))
        case _:
            return ()


def _attribute(path: AttributePath, declared: TargetAttribute) -> Attribute:
    plain = Attribute(path.name, _TYPES.get(declared.type, Type.STRING), sub=_parts(declared))
    return replace(
        plain,
        multi_valued=declared.multi_valued,
        case_exact=declared.case_exact,
        uniqueness=Uniqueness.SERVER if declared.unique else Uniqueness.NONE,
    )
