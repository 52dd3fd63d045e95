"""Configuration as code: one YAML document per app, read.

Before the walk. A document holds what an administrator decides for one app:
its settings, where its secret lies (never the secret), who is assigned. What
``document_printing`` writes reads as the same document again, which is what lets ``apply``
promise that a second time changes nothing.
"""

import re
from collections.abc import Mapping
from typing import Final, Literal, cast, get_args

import msgspec
import yaml

from seatkeeper.configuration.check import settings_flaws
from seatkeeper.configuration.filters import read_filter
from seatkeeper.configuration.guard import read_guard
from seatkeeper.configuration.notification import read_notification
from seatkeeper.configuration.object_documents import (
    read_actions,
    read_attributes,
)
from seatkeeper.configuration.reading import Reading
from seatkeeper.configuration.secrets import STORED, reference_fault
from seatkeeper.configuration.settings import AppSettings, MappingChange
from seatkeeper.configuration.timing import (
    SCHEDULE_FIELDS,
    read_interval,
    read_reconciling,
    read_timing,
)
from seatkeeper.directory.people_row import closest, shown
from seatkeeper.gallery.schema import (
    AppliesWord,
    FlowBehaviorWord,
    GalleryApp,
    WhenNullWord,
    load_gallery,
)

DEFAULT_ACCESS_ROLE: Final = "Default Access"
"""How an assignment without a role of the app's own is written."""

_FIELDS: Final = (
    "app", "gallery", "name", "connection", "mode", "status", "scope", "profile",
    "exclude_default_access", "skip_out_of_scope_deletions", "rehire", "schedule", "notification",
    "deletion_guard", "reconcile",
    "assignments", "scoping_filters", "actions", "attributes", "mappings",
)  # fmt: skip
_CHANGE_FIELDS: Final = MappingChange.__struct_fields__
APP_ID: Final = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?")


class DocumentAssignment(msgspec.Struct, frozen=True):
    """One person (userName) or group (display name) and a role; none is Default Access.

    ``nested``: the group stands for everybody in the groups inside it, too.
    """

    kind: Literal["user", "group"]
    name: str
    role: str | None = None
    nested: bool = False


class AppDocument(msgspec.Struct, frozen=True):
    """One app as a document says it. ``secret_token`` is a reference, never the secret."""

    app: str
    settings: AppSettings
    secret_token: str = STORED
    assignments: tuple[DocumentAssignment, ...] = ()


def read_documents(
    name: str, text: str, *, gallery: Mapping[str, GalleryApp] | None = None
) -> list[AppDocument]:
    """Return the documents in ``text``, each checked against its app of the gallery.

    Raises ``InvalidFile`` with the line and column of every fault. Whether the
    people and groups named exist, and the secret, is seen when they are applied.
    """
    reading = Reading(name)
    apps = load_gallery() if gallery is None else gallery
    found: dict[str, AppDocument] = {}
    for node in reading.documents(text):
        document = _document(reading, node, apps)
        if document is None:
            continue
        if document.app in found:
            reading.fault(node, f"The app {document.app} is in this file twice.")
        found[document.app] = document
    reading.finish()
    return list(found.values())


def _document(
    reading: Reading, node: yaml.Node, gallery: Mapping[str, GalleryApp]
) -> AppDocument | None:
    fields = reading.fields(node, _FIELDS)
    missing = [field for field in ("app", "gallery") if field not in fields]
    if missing:
        reading.fault(node, f"The document needs the field {missing[0]}.")
        return None
    app_id = reading.text(fields["app"])
    if not APP_ID.fullmatch(app_id):
        reading.fault(fields["app"], "app takes small letters, digits and - (at most 63).")
    gallery_id = reading.text(fields["gallery"])
    app = gallery.get(gallery_id)
    if app is None:
        hint = closest(gallery_id, gallery)
        reading.fault(fields["gallery"], f"The gallery has no app {shown(gallery_id)}.{hint}")
        return None
    return AppDocument(
        app=app_id,
        settings=_settings(reading, node, fields, app),
        secret_token=_secret_token(reading, fields),
        assignments=_assignments(reading, fields.get("assignments"), app),
    )


def _settings(
    reading: Reading, node: yaml.Node, fields: Mapping[str, yaml.Node], app: GalleryApp
) -> AppSettings:
    places: dict[str, yaml.Node] = dict(fields)
    connection = _part(reading, fields, "connection", _CONNECTION)
    mappings = _part(reading, fields, "mappings", ("users", "groups"))
    groups = mappings.get("groups")
    groups_off = isinstance(groups, yaml.ScalarNode)
    if isinstance(mappings.get("users"), yaml.ScalarNode):
        reading.fault(mappings["users"], "People are always mapped; actions.users: [] stops all.")
        mappings = {name: part for name, part in mappings.items() if name != "users"}
    actions = _part(reading, fields, "actions", ("users", "groups"))
    places |= {f"{name[:-1]}_actions": part for name, part in actions.items()}
    listed = _part(reading, fields, "attributes", ("users", "groups"))
    if groups_off:
        reading.word(groups, ("off",), "off")
    places |= connection
    filters = _part(reading, fields, "scoping_filters", ("users", "groups"))
    schedule = _part(reading, fields, "schedule", SCHEDULE_FIELDS)
    settings = AppSettings(
        gallery=app.id,
        name=reading.text(fields.get("name"), app.name),
        exclude_default_access=reading.boolean(
            fields.get("exclude_default_access"), default=app.exclude_default_access
        ),
        tenant_url=reading.text(connection.get("tenant_url")),
        allow_loopback=reading.boolean(connection.get("allow_loopback"), default=False),
        requests_per_second=reading.whole_number(connection.get("requests_per_second")),
        bulk=cast("_Bulk", reading.word(connection.get("bulk"), ("off", "auto"), "off")),
        secret_expires=reading.text(connection.get("secret_expires")),
        mode=cast("_Mode", reading.word(fields.get("mode"), ("manual", "automatic"), "manual")),
        status=cast("_Status", reading.word(fields.get("status"), ("on", "off"), "off")),
        scope=cast("_Scope", reading.word(fields.get("scope"), ("assigned", "all"), "assigned")),
        interval_seconds=read_interval(reading, schedule.get("every")),
        timing=read_timing(reading, schedule),
        notification=read_notification(reading, fields.get("notification")),
        guard=read_guard(reading, fields.get("deletion_guard")),
        reconcile=read_reconciling(reading, fields.get("reconcile")),
        users=read_changes(reading, "users", mappings.get("users"), places),
        groups=() if groups_off else read_changes(reading, "groups", groups, places),
        groups_enabled=not groups_off,
        user_filter=read_filter(reading, filters.get("users"), "user_filter", places),
        group_filter=read_filter(reading, filters.get("groups"), "group_filter", places),
        skip_out_of_scope_deletions=reading.boolean(
            fields.get("skip_out_of_scope_deletions"), default=False
        ),
        rehire=cast("_Rehire", reading.word(fields.get("rehire"), ("link", "ask"), "link")),
        profile=cast(
            "_Profile",
            reading.word(fields.get("profile"), ("seatkeeper", "reference"), "seatkeeper"),
        ),
        user_actions=read_actions(reading, actions.get("users")),
        group_actions=read_actions(reading, actions.get("groups")),
        user_attributes=read_attributes(reading, listed.get("users"), "user_attributes", places),
        group_attributes=read_attributes(reading, listed.get("groups"), "group_attributes", places),
    )
    places.setdefault("reconcile", node)
    for name in ("interval_seconds", "timing"):
        places.setdefault(name, fields.get("schedule", node))
    for flaw in settings_flaws(app, settings):
        reading.fault(places.get(flaw.field, node), flaw.text)
    return settings


_Bulk = Literal["off", "auto"]
_Mode = Literal["manual", "automatic"]
_Status = Literal["on", "off"]
_Scope = Literal["assigned", "all"]
_Rehire = Literal["link", "ask"]
_Profile = Literal["seatkeeper", "reference"]
_CONNECTION: Final = (
    "tenant_url", "secret_token", "secret_expires", "allow_loopback", "requests_per_second", "bulk",
)  # fmt: skip


def _part(
    reading: Reading, fields: Mapping[str, yaml.Node], name: str, known: tuple[str, ...]
) -> Mapping[str, yaml.Node]:
    return reading.fields(fields[name], known) if name in fields else {}


def _secret_token(reading: Reading, fields: Mapping[str, yaml.Node]) -> str:
    connection = fields.get("connection")
    if not isinstance(connection, yaml.MappingNode):
        return STORED
    node = next((value for key, value in connection.value if key.value == "secret_token"), None)
    if node is None:
        return STORED
    reference = reading.text(node)
    fault = reference_fault(reference)
    if fault is not None:
        reading.fault(node, fault)
    return reference


def _assignments(
    reading: Reading, node: yaml.Node | None, app: GalleryApp
) -> tuple[DocumentAssignment, ...]:
    found: dict[tuple[str, str], DocumentAssignment] = {}
    for item in reading.items(node):
        fields = reading.fields(item, ("user", "group", "role", "nested"))
        kind: Literal["user", "group"] = "user" if "user" in fields else "group"
        if ("user" in fields) == ("group" in fields):
            reading.fault(item, "An assignment names a user or a group.")
            continue
        name = reading.text(fields[kind])
        if not name.strip():
            reading.fault(item, f"The {kind} has no name.")
        if (kind, name.casefold()) in found:
            reading.fault(item, f"The {kind} {shown(name)} is assigned twice.")
        role = _role(reading, item, fields.get("role"), app)
        nested = reading.boolean(fields.get("nested"), default=False)
        if nested and kind == "user":
            reading.fault(
                fields["nested"],
                f"The user {shown(name)} cannot be nested: only a group has groups inside it.",
            )
        found[kind, name.casefold()] = DocumentAssignment(kind, name, role, nested)
    return tuple(found.values())


def _role(reading: Reading, item: yaml.Node, node: yaml.Node | None, app: GalleryApp) -> str | None:
    known = [role.value for role in app.roles]
    if node is None:
        if known:
            choices = " or ".join([*known, DEFAULT_ACCESS_ROLE])
            reading.fault(item, f"The assignment needs a role: {choices}.")
        return None
    role = reading.text(node)
    if role == DEFAULT_ACCESS_ROLE:
        return None
    if role not in known:
        hint = closest(role, [*known, DEFAULT_ACCESS_ROLE])
        reading.fault(node, f"The app has no role {shown(role)}.{hint}")
    return role


def read_changes(
    reading: Reading, name: str, node: yaml.Node | None, places: dict[str, yaml.Node]
) -> tuple[MappingChange, ...]:
    """Return a list of changes over mappings; ``places`` learns where each stands."""
    if node is not None:
        places[name] = node
    changes: list[MappingChange] = []
    for item in reading.items(node):
        fields = reading.fields(item, _CHANGE_FIELDS)
        if "target" not in fields:
            reading.fault(item, "A mapping needs its target.")
            continue
        places[f"{name}.{len(changes)}"] = item
        applies = reading.word(fields.get("applies"), get_args(AppliesWord), "")
        when_null = reading.word(fields.get("when_null"), get_args(WhenNullWord), "")
        flows = reading.word(fields.get("flow_behavior"), get_args(FlowBehaviorWord), "")
        changes.append(
            MappingChange(
                target=reading.text(fields["target"]),
                attribute=reading.optional_text(fields.get("attribute")),
                constant=reading.optional_text(fields.get("constant")),
                expression=reading.optional_text(fields.get("expression")),
                default=reading.optional_text(fields.get("default")),
                applies=cast("AppliesWord", applies) if applies else None,
                matching=reading.whole_number(fields.get("matching")),
                when_null=cast("WhenNullWord", when_null) if when_null else None,
                flow_behavior=cast("FlowBehaviorWord", flows) if flows else None,
                no_source=reading.boolean(fields.get("no_source"), default=False),
                remove=reading.boolean(fields.get("remove"), default=False),
            )
        )
    return tuple(changes)
