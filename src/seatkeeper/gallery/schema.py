"""What one file of the gallery may say, and how it is read.

Before the walk: an app is data, never code. This page fixes the fields of a
gallery file, refuses files that break them, and hands out the values; it knows
no app by name. Adding an app is adding a file to ``apps/``.
"""

import functools
from collections.abc import Mapping
from enum import StrEnum
from importlib import resources
from types import MappingProxyType
from typing import Final, Literal, TypeAlias

import msgspec
import yaml

from seatkeeper.errors import Fault, InvalidFile, NotFound
from seatkeeper.gallery.abilities import (
    FilterAbilities,
    GroupPatch,
    Lies,
    filter_faults,
    group_patch_faults,
    lie_faults,
)
from seatkeeper.gallery.paths import doubled, path_fault
from seatkeeper.gallery.rates import RateWindow, window_faults
from seatkeeper.scim.path import parse_path
from seatkeeper.scim.query import LARGEST_PAGE
from seatkeeper.scim.quirks import Quirk


class _Strict(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A part of a gallery file; a misspelt field is a fault, not a silence."""


class AttributeType(StrEnum):
    """SCIM types that attributes of the apps have."""

    STRING = "string"
    BOOLEAN = "boolean"
    INTEGER = "integer"
    DATETIME = "datetime"
    REFERENCE = "reference"
    COMPLEX = "complex"


class TargetAttribute(_Strict, frozen=True):
    """One attribute path of the app's resource, as a mapping may write it.

    ``path`` is a SCIM attribute path (RFC 7644 3.5.2) such as
    ``emails[type eq "work"].value`` or one with an extension's URN in front.
    """

    path: str
    type: AttributeType = AttributeType.STRING
    required: bool = False
    unique: bool = False
    case_exact: bool = False
    multi_valued: bool = False


_LONGEST_LATENCY: Final = 60_000

AppliesWord: TypeAlias = Literal["always", "on_create", "multi_value_add", "value_add", "if_empty"]
WhenNullWord: TypeAlias = Literal["clear", "skip", "default"]
FlowBehaviorWord: TypeAlias = Literal["when_changed", "always"]


class DefaultMapping(_Strict, frozen=True):
    """One default mapping: exactly one of ``attribute``, ``constant``, ``expression``.

    None of them, with a ``default``, writes the default where the app has no
    value. ``when_null`` says what an empty source does to an account.
    ``flow_behavior`` is kept for the reference service's sake and carried out
    nowhere: a value that is there already is never sent again.
    """

    target: str
    attribute: str | None = None
    constant: str | None = None
    expression: str | None = None
    default: str | None = None
    applies: AppliesWord = "always"
    matching: int = 0
    when_null: WhenNullWord = "clear"
    flow_behavior: FlowBehaviorWord = "when_changed"


class ObjectType(_Strict, frozen=True):
    """How the app holds users or groups, and the default mappings onto them.

    ``single`` names attributes with several values in SCIM of which this app keeps one.
    """

    endpoint: str
    schemas: tuple[str, ...]
    attributes: tuple[TargetAttribute, ...]
    mappings: tuple[DefaultMapping, ...]
    single: tuple[str, ...] = ()


class UserCapabilities(_Strict, frozen=True):
    """What the app lets a client do with users."""

    create: bool = True
    update: bool = True
    disable: bool = True
    delete: bool = True


class GroupCapabilities(_Strict, frozen=True):
    """What the app lets a client do with groups."""

    create: bool = True
    update: bool = True
    delete: bool = True
    members_per_patch: int = 100
    members_readable: bool = True
    patch: GroupPatch = GroupPatch()


class GalleryCapabilities(_Strict, frozen=True):
    """What the app can do; the engine asks here, never for the app's name."""

    users: UserCapabilities
    groups: GroupCapabilities | None
    patch: Literal["compliant", "none"] = "compliant"
    refuses_duplicates: bool = True
    bulk: bool = False
    page_size: int = 100
    largest_page: int = LARGEST_PAGE
    filters: FilterAbilities = FilterAbilities()


class Role(_Strict, frozen=True):
    """One app role that every instance of the app offers."""

    id: str
    value: str
    display_name: str


class Authentication(_Strict, frozen=True):
    """How a client proves itself. ``token_length`` is what the app's own page issues."""

    kind: Literal["bearer"] = "bearer"
    token_length: int | None = None
    token_label: str = "Secret token"
    url_label: str = "Tenant URL"


class BaseUrl(_Strict, frozen=True):
    """Where the SCIM service is; ``path`` is its path below the tenant's host."""

    pattern: str
    example: str
    path: str = "/scim/v2"
    help: str = ""


class Step(_Strict, frozen=True):
    """One step that an administrator does inside the app before connecting it."""

    title: str
    text: str


class SandboxProfile(_Strict, frozen=True):
    """How the stand-in behaves where that differs from a plain SCIM service.

    ``admin_path`` are the headings of the app's own admin area down to the
    page that issues the token; ``delete_user_status`` what DELETE of a user
    answers where users cannot be deleted; ``latency_ms`` how long each answer
    takes; ``lies`` where it says yes and does otherwise. ``enable_label``,
    ``welcome_label`` and ``reassign_label`` name the switches of that page; an
    app without such a switch has none. ``start_date`` is the attribute whose day
    (MM/DD/YYYY or YYYY-MM-DD) holds a welcome mail back.
    """

    admin_path: tuple[str, ...] = ("Settings", "SCIM")
    generate_label: str = "Generate token"
    delete_user_status: int = 405
    latency_ms: int = 0
    lies: Lies = Lies()
    enable_label: str = "Enable SCIM"
    welcome_label: str = ""
    reassign_label: str = ""
    start_date: str = ""


class GalleryApp(_Strict, frozen=True):
    """One app of the gallery."""

    id: str
    name: str
    summary: str
    categories: tuple[str, ...]
    base_url: BaseUrl
    authentication: Authentication
    capabilities: GalleryCapabilities
    users: ObjectType
    groups: ObjectType | None
    setup_steps: tuple[Step, ...]
    sources: tuple[str, ...]
    roles: tuple[Role, ...] = ()
    exclude_default_access: bool = False
    requests_per_second: float = 25.0
    concurrency: int = 8
    most_at_once: int = 0
    rates: tuple[RateWindow, ...] = ()
    limitations: tuple[str, ...] = ()
    quirks: tuple[str, ...] = ()
    sandbox: SandboxProfile = SandboxProfile()
    kind: Literal["app", "shape"] = "app"


_LOADER: Final = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
"""The parser in C reads the whole gallery in a tenth of the time; some machines lack it."""


def read_app(name: str, text: str) -> GalleryApp:
    """Return the app that the YAML ``text`` of file ``name`` describes.

    Raises ``InvalidFile`` naming the line or the field that is wrong.
    """
    try:
        plain = yaml.load(text, _LOADER)  # noqa: S506 - both are safe loaders
        app = msgspec.convert(plain, GalleryApp)
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 0
        raise InvalidFile(name, [Fault(line, str(error.problem))], total=1) from error
    except (yaml.YAMLError, msgspec.ValidationError) as error:
        raise InvalidFile(name, [Fault(0, str(error))], total=1) from error
    faults = _faults(app)
    if faults:
        raise InvalidFile(name, [Fault(0, text) for text in faults[:20]], total=len(faults))
    return app


@functools.cache
def load_gallery() -> Mapping[str, GalleryApp]:
    """Return every app shipped in ``apps/``, by id: apps by name, then shapes by name.

    The files are part of the program, so they are read once in its life.
    """
    folder = resources.files("seatkeeper.gallery") / "apps"
    found = [
        read_app(entry.name, entry.read_text(encoding="utf-8"))
        for entry in folder.iterdir()
        if entry.name.endswith(".yaml")
    ]
    return MappingProxyType({app.id: app for app in sorted(found, key=_place_in_list)})


def _place_in_list(app: GalleryApp) -> tuple[bool, str]:
    return app.kind == "shape", app.name.casefold()


def gallery_app(app_id: str) -> GalleryApp:
    """Return one app of the gallery. Raises ``NotFound`` with the ids there are."""
    apps = load_gallery()
    if app_id not in apps:
        raise NotFound(f"The gallery has no app {app_id!r}.", advice=f"It has: {', '.join(apps)}.")
    return apps[app_id]


def _faults(app: GalleryApp) -> list[str]:
    known = [quirk.value for quirk in Quirk]
    return (
        [
            f"quirks: {quirk} is unknown; there are {', '.join(known)}"
            for quirk in app.quirks
            if quirk not in known
        ]
        + [
            *_ability_faults(app),
            *window_faults(app.rates),
        ]
        + [
            fault
            for name, objects in (("users", app.users), ("groups", app.groups))
            if objects is not None
            for fault in _object_faults(name, objects)
        ]
    )


def _ability_faults(app: GalleryApp) -> list[str]:
    said, stand_in = app.capabilities, app.sandbox
    faults = filter_faults(said.filters)
    faults += lie_faults(stand_in.lies, (one.path for one in app.users.attributes))
    if said.groups is not None:
        faults += group_patch_faults(
            said.groups.patch, members_per_patch=said.groups.members_per_patch
        )
        if said.patch == "none" and not said.groups.members_readable:
            faults.append(
                "capabilities: patch is none and members_readable false; without PATCH a group is "
                "replaced whole, which needs its members read first"
            )
    if not 1 <= said.page_size <= said.largest_page <= LARGEST_PAGE:
        faults.append(
            f"capabilities: page_size ({said.page_size}) and largest_page ({said.largest_page}) "
            f"must be from 1 to {LARGEST_PAGE}, the first not above the second"
        )
    if not 0 <= stand_in.latency_ms <= _LONGEST_LATENCY:
        faults.append(f"sandbox: latency_ms must be from 0 to {_LONGEST_LATENCY}")
    return faults


def _path_faults(name: str, objects: ObjectType) -> list[str]:
    found = [
        f"{name}: {fault}"
        for one in objects.attributes
        if (fault := path_fault(one.path, one.type.value, multi_valued=one.multi_valued))
    ]
    return found or [
        f"{name}: {one} and {other} are one attribute"
        for one, other in doubled((one.path, one.type.value) for one in objects.attributes)
    ]


def _object_faults(name: str, objects: ObjectType) -> list[str]:
    paths = {attribute.path for attribute in objects.attributes}
    faults = _path_faults(name, objects)
    for mapping in objects.mappings:
        given = [mapping.attribute, mapping.constant, mapping.expression]
        sources = sum(one is not None for one in given)
        if sources > 1 or (sources == 0 and mapping.default is None):
            faults.append(
                f"{name}: the mapping onto {mapping.target} needs exactly one of "
                "attribute, constant, expression (or a default alone)"
            )
        if mapping.target == "id":
            faults.append(f"{name}: id belongs to the app and cannot be mapped")
        elif mapping.target not in paths:
            faults.append(f"{name}: {mapping.target} is mapped, but no attribute of the app")
    roots = {parse_path(path).name for path in paths} if not faults else set(objects.single)
    faults += [
        f"{name}: {one} is single, but no attribute of the app"
        for one in objects.single
        if one not in roots
    ]
    targets = [mapping.target for mapping in objects.mappings]
    faults += [
        f"{name}: {target} is mapped twice"
        for target in dict.fromkeys(targets)
        if targets.count(target) > 1
    ]
    if not any(mapping.matching > 0 for mapping in objects.mappings):
        faults.append(f"{name}: no mapping has a matching order, so no account could be found")
    return faults
