"""What a SCIM target must know of an app's service before it asks, and how it asks then.

Beside the last station of the walk. The facts are the gallery file's; here
they become the filter that is sent and the resource that a PUT carries. Nothing is
sent here.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from seatkeeper.connectors.resources import Shape
from seatkeeper.directory.model import Kind
from seatkeeper.gallery.abilities import FilterAbilities
from seatkeeper.gallery.rates import RateWindow
from seatkeeper.gallery.schema import GalleryApp
from seatkeeper.scim.core import ENTERPRISE_SCHEMA, GROUP_SCHEMA, USER_SCHEMA
from seatkeeper.scim.messages import PATCH_OP, Json, Resource
from seatkeeper.scim.patch import apply_patch
from seatkeeper.scim.schema import ResourceSchema
from seatkeeper.scim.syntax import AttributePath, quoted

_SCHEMAS = {
    Kind.USER: ResourceSchema(USER_SCHEMA, (ENTERPRISE_SCHEMA,)),
    Kind.GROUP: ResourceSchema(GROUP_SCHEMA),
}
_NAMES = {Kind.USER: "User", Kind.GROUP: "Group"}
_NOT_SENT = ("meta", "groups")


@dataclass(frozen=True)
class Habits:
    """How one app's service differs from one that takes every filter and PATCH at any rate."""

    patches: bool = True
    filters: FilterAbilities = field(default_factory=FilterAbilities)
    rates: tuple[RateWindow, ...] = ()
    page_size: int = 100
    bulk: bool = False

    def filter_path(self, kind: Kind, path: AttributePath) -> AttributePath | None:
        """Return the path to filter by; none where the list must be read and compared.

        Without conditions on elements the filter is wider than the question;
        whoever asks compares again.
        """
        operators = self.filters.operators
        if not self.filters.finds_by(_NAMES[kind], path.dotted):
            return None
        if path.where is not None and operators is not None and "[]" not in operators:
            return replace(path, where=None)
        return path


def habits_of(app: GalleryApp, *, bulk: bool = False) -> Habits:
    """Return the habits that a gallery file describes; bulk messages only where wanted, too."""
    said = app.capabilities
    patches = said.patch != "none"
    return Habits(patches, said.filters, app.rates, said.page_size, bulk and said.bulk)


def put_body(
    kind: Kind, held: Mapping[str, Any], operations: Sequence[Mapping[str, Any]]
) -> Resource:
    """Return the whole resource for a PUT: what is held, with ``operations`` carried out on it.

    What we do not manage stays as the app showed it; what only the app writes is left out.
    """
    message: Resource = {"schemas": [PATCH_OP], "Operations": [dict(one) for one in operations]}
    after = apply_patch(dict(held), message, _SCHEMAS[kind])
    body = {name: part for name, part in after.items() if name not in _NOT_SENT}
    extensions = [name for name in body if name.startswith("urn:")]
    named = body.get("schemas")
    known = [str(one) for one in named] if isinstance(named, list) else []
    return {**body, "schemas": [*dict.fromkeys([*known, *extensions])]}


def member_operations(batch: Sequence[tuple[str, str]]) -> list[Resource]:
    """Return the PATCH operations that add and remove members: pairs of the verb and an account."""
    added: list[Json] = [{"value": one} for op, one in batch if op == "add"]
    operations: list[Resource] = []
    if added:
        operations.append({"op": "add", "path": "members", "value": added})
    operations += [
        {"op": "remove", "path": f"members[value eq {quoted(one)}]"}
        for op, one in batch
        if op == "remove"
    ]
    return operations


def put_members(
    held: Mapping[str, Any], add: Sequence[str], remove: Sequence[str]
) -> Resource | None:
    """Return the whole group for a PUT with members added and removed; none if it says nothing."""
    listed = held.get("members") or []
    before = [str(one["value"]) for one in listed if isinstance(one, dict) and one.get("value")]
    gone = set(remove)
    after = [one for one in dict.fromkeys([*before, *add]) if one not in gone]
    if set(after) == set(before):
        return None
    body = {name: part for name, part in held.items() if name not in _NOT_SENT}
    return {**body, "members": [{"value": one} for one in after]}


def kind_of(shapes: Mapping[Kind, Shape], path: str) -> str:
    """Return which kind of resource a request path is about: ``User``, ``Group`` or neither.

    A bulk message of ours is about people.
    """
    if path == "/Bulk":
        return _NAMES[Kind.USER]
    for kind, shape in shapes.items():
        if path == shape.endpoint or path.startswith((f"{shape.endpoint}/", f"{shape.endpoint}?")):
            return _NAMES[kind]
    return ""
