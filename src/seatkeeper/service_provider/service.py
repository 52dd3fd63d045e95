"""SCIM 2.0 over a store of resources: what each request does, and what it answers.

A door in, beside the walk: translates requests into ``scim`` and ``store`` and
decides nothing about accounts. Attributes that no schema names are kept whole,
never dropped. PATCH of a user answers 200 with the user; of a group 204, so
that a join never reads the members. ``http`` puts this behind a socket.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from seatkeeper.clock import utc_now
from seatkeeper.scim import path as paths
from seatkeeper.scim.filter import matches, parse_filter, print_filter
from seatkeeper.scim.members import MemberChange, MemberWrite, member_ids, split_members
from seatkeeper.scim.messages import (
    RESOURCE_TYPE,
    SERVICE_PROVIDER_CONFIG,
    Json,
    Resource,
    ScimError,
    error_body,
    list_response,
)
from seatkeeper.scim.patch import apply_operations, read_operations
from seatkeeper.scim.schema import Schema, checked, schema_body
from seatkeeper.scim.syntax import And, AttributePath, Comparison, Filter, Operator
from seatkeeper.service_provider.profile import GROUPS, USERS, Kind, Profile, folded
from seatkeeper.service_provider.wire import Answer, read_body
from seatkeeper.store.resources import ResourceStore, Stored

_LARGEST_PAGE: Final = 1_000


@dataclass(frozen=True, slots=True)
class Call:
    """One request, as the service needs it; ``base`` is the service's own URL."""

    method: str
    parts: tuple[str, ...]
    query: Mapping[str, str]
    body: bytes
    base: str


class ScimService:
    """Answers calls for one app. Synchronous: its caller runs it in a thread."""

    def __init__(self, store: ResourceStore, profile: Profile) -> None:
        self._store = store
        self._profile = profile

    def answer(self, call: Call) -> Answer:
        """Carry out one call. Raises ``ScimError`` for what cannot be done."""
        head = call.parts[0] if call.parts else ""
        for kind in self._profile.kinds:
            if head == kind.endpoint.strip("/") and len(call.parts) <= 2:
                return self._resource_call(call, kind)
        discovery = self._discovery(call, head)
        if discovery is None:
            raise ScimError(404, "", "There is nothing at this path.")
        if call.method != "GET":
            return _not_allowed("GET")
        return discovery

    def _resource_call(self, call: Call, kind: Kind) -> Answer:
        if len(call.parts) == 1:
            match call.method:
                case "GET":
                    return self._list(call, kind)
                case "POST":
                    return self._create(call, kind)
                case _:
                    return _not_allowed("GET, POST")
        resource_id = call.parts[1]
        match call.method:
            case "GET":
                found = self._store.get(kind.name, resource_id)
                return Answer(200, self._shown(found, call, kind))
            case "PUT":
                return self._put(call, kind, resource_id)
            case "PATCH":
                return self._patch(call, kind, resource_id)
            case "DELETE":
                return self._delete(kind, resource_id)
            case _:
                return _not_allowed("GET, PUT, PATCH, DELETE")

    # --- writes ---

    def _create(self, call: Call, kind: Kind) -> Answer:
        self._permit(kind, "created", allowed=kind.may_create)
        values, members = _received(call.body, kind)
        found = self._store.create(kind.name, values, utc_now(), members)
        body = self._shown(found, call, kind)
        return Answer(201, body, {"Location": _location(call, kind, found.id)})

    def _put(self, call: Call, kind: Kind, resource_id: str) -> Answer:
        self._permit(kind, "changed", allowed=kind.may_update)
        values, members = _received(call.body, kind)
        change = [MemberChange(MemberWrite.REPLACE, members)] if kind.name == GROUPS else []
        held = self._store.edit(kind.name, resource_id, lambda _: values, utc_now(), change)
        return Answer(200, self._shown(held, call, kind))

    def _patch(self, call: Call, kind: Kind, resource_id: str) -> Answer:
        self._permit(kind, "changed", allowed=kind.may_update)
        operations = read_operations(read_body(call.body), kind.schema)
        rest, members = split_members(operations) if kind.name == GROUPS else (operations, ())

        def change(held: Resource) -> Resource:
            values = apply_operations(held, rest, kind.schema)
            values = {key: part for key, part in values.items() if key != "password"}
            kind.require(values)
            return values

        found = self._store.edit(kind.name, resource_id, change, utc_now(), members)
        if kind.name == GROUPS:
            return Answer(204)
        return Answer(200, self._shown(found, call, kind))

    def _delete(self, kind: Kind, resource_id: str) -> Answer:
        if not kind.may_delete:
            self._store.get(kind.name, resource_id)
            raise ScimError(
                self._profile.refused_delete_status,
                "",
                f"{self._profile.app_name} does not delete a {kind.name.lower()}. "
                "Set active to false to deactivate it.",
            )
        self._store.delete(kind.name, resource_id)
        return Answer(204)

    def _permit(self, kind: Kind, done: str, *, allowed: bool) -> None:
        if not allowed:
            raise ScimError(403, "", f"A {kind.name.lower()} cannot be {done} here.")

    # --- reads ---

    def _list(self, call: Call, kind: Kind) -> Answer:
        start = max(1, _number(call.query, "startIndex", 1))
        count = max(0, min(_LARGEST_PAGE, _number(call.query, "count", self._profile.page_size)))
        text = call.query.get("filter")
        if text is None:
            total = self._store.count(kind.name)
            page = self._store.page(kind.name, offset=start - 1, limit=count)
        else:
            found = self._filtered(parse_filter(text), call, kind)
            total, page = len(found), found[start - 1 : start - 1 + count]
        shown = [self._shown(one, call, kind) for one in page]
        return Answer(200, list_response(shown, total=total, start=start))

    def _filtered(self, tree: Filter, call: Call, kind: Kind) -> list[Stored]:
        candidates = self._narrowed(tree, kind)
        whole = Call("GET", call.parts, {}, b"", call.base)
        # Members are only read where the filter asks for them.
        if kind.name == GROUPS and "members" not in print_filter(tree).casefold():
            whole = Call("GET", call.parts, {"excludedAttributes": "members"}, b"", call.base)
        return [
            one
            for one in candidates
            if matches(tree, self._shown(one, whole, kind), kind.schema.is_exact)
        ]

    def _narrowed(self, tree: Filter, kind: Kind) -> list[Stored]:
        """Ask an index where one condition allows it; otherwise every resource is looked at."""
        for part in tree.parts if isinstance(tree, And) else (tree,):
            if not isinstance(part, Comparison) or part.op is not Operator.EQ:
                continue
            name = _indexed(part.path, kind)
            if name is not None and isinstance(part.value, str):
                value = part.value if name in ("id", "members") else folded(name, part.value)
                return self._store.having(kind.name, name, value)
        return self._store.page(kind.name, limit=self._store.count(kind.name))

    def _shown(self, found: Stored, call: Call, kind: Kind) -> Resource:
        schema = kind.schema
        wanted = _names(call.query.get("attributes", ""), kind)
        excluded = _names(call.query.get("excludedAttributes", ""), kind)
        body: Resource = {
            "schemas": [
                schema.core.id,
                *(one.id for one in schema.extensions if one.id in found.values),
            ],
            "id": found.id,
            **found.values,
        }
        plural = "members" if kind.name == GROUPS else "groups"
        if not any(one.name == plural for one in excluded) and (
            not wanted or any(one.name == plural for one in wanted)
        ):
            related = self._related(found, call)
            if related:
                body[plural] = related
        body["meta"] = {
            "resourceType": kind.name,
            "created": found.created,
            "lastModified": found.modified,
            "location": _location(call, kind, found.id),
        }
        return _projected(body, wanted, excluded)

    def _related(self, found: Stored, call: Call) -> list[Json]:
        if found.kind == GROUPS:
            related = self._store.members(found.id)
        else:
            related = self._store.groups_of(found.id)
        return [self._reference(one, call) for one in related]

    def _reference(self, one: Stored, call: Call) -> Resource:
        display = one.values.get("displayName") or one.values.get("userName") or ""
        location = _location(call, self._profile.kind(one.kind), one.id)
        return {"value": one.id, "$ref": location, "display": display, "type": one.kind}

    # --- discovery ---

    def _discovery(self, call: Call, head: str) -> Answer | None:
        if head == "ServiceProviderConfig" and len(call.parts) == 1:
            return Answer(200, _provider_config(call.base))
        if head == "Schemas":
            found = {one.id: schema_body(one) for one in self._schemas()}
        elif head == "ResourceTypes":
            found = {kind.name: _resource_type(kind, call.base) for kind in self._profile.kinds}
        else:
            return None
        if len(call.parts) == 1:
            return Answer(200, list_response(list(found.values())))
        one = found.get(call.parts[1]) if len(call.parts) == 2 else None
        return None if one is None else Answer(200, one)

    def _schemas(self) -> list[Schema]:
        schemas = [kind.schema for kind in self._profile.kinds]
        return [one for schema in schemas for one in (schema.core, *schema.extensions)]


def _received(raw: bytes, kind: Kind) -> tuple[Resource, tuple[str, ...]]:
    values = checked(read_body(raw), kind.schema)
    # A password is neither kept nor shown: accounts here sign in nowhere.
    values.pop("password", None)
    members = member_ids(values.pop("members", None)) if kind.name == GROUPS else ()
    kind.require(values)
    return values, members


def _indexed(path: AttributePath, kind: Kind) -> str | None:
    if path.schema is not None and path.schema != kind.schema.core.id:
        return None
    name, sub = path.name.casefold(), (path.sub or "value").casefold()
    if name == "emails" and sub == "value" and kind.name == USERS:
        return "emails.value"
    if name == "members" and sub == "value" and kind.name == GROUPS:
        return "members"
    if path.sub or path.where:
        return None
    plain = ("id", "externalId", "userName" if kind.name == USERS else "displayName")
    return next((one for one in plain if one.casefold() == name), None)


def _number(query: Mapping[str, str], name: str, default: int) -> int:
    text = query.get(name)
    if text is None:
        return default
    if len(text) > 18 or not text.removeprefix("-").isdecimal():
        raise ScimError(400, "invalidValue", f"{name} must be a whole number.")
    return int(text)


def _names(text: str, kind: Kind) -> list[AttributePath]:
    return [kind.schema.path(one.strip()) for one in text.split(",") if one.strip()]


def _projected(
    body: Resource, wanted: list[AttributePath], excluded: list[AttributePath]
) -> Resource:
    if wanted:
        found: Resource = {"schemas": body["schemas"], "id": body["id"]}
        for path in wanted:
            whole = AttributePath(path.schema, path.name)
            value = paths.read(body, whole)
            if path.sub is not None:
                value = _only(value, path.sub)
            found = paths.write(found, whole, value)
        return found
    for path in excluded:
        if path.name not in ("id", "schemas"):
            body = paths.remove(body, path)
    return body


def _only(value: Json, sub: str) -> Json:
    if isinstance(value, list):
        return [_only(one, sub) for one in value]
    return {sub: value[sub]} if isinstance(value, dict) and sub in value else None


def _location(call: Call, kind: Kind, resource_id: str) -> str:
    return f"{call.base}{kind.endpoint}/{resource_id}"


def _not_allowed(allowed: str) -> Answer:
    return Answer(405, error_body(405, f"Only {allowed} here."), {"Allow": allowed})


def _resource_type(kind: Kind, base: str) -> Resource:
    return {
        "schemas": [RESOURCE_TYPE],
        "id": kind.name,
        "name": kind.name,
        "endpoint": kind.endpoint,
        "schema": kind.schema.core.id,
        "schemaExtensions": [
            {"schema": one.id, "required": False} for one in kind.schema.extensions
        ],
        "meta": {"resourceType": "ResourceType", "location": f"{base}/ResourceTypes/{kind.name}"},
    }


def _provider_config(base: str) -> Resource:
    off: Resource = {"supported": False}
    return {
        "schemas": [SERVICE_PROVIDER_CONFIG],
        "patch": {"supported": True},
        "bulk": {"supported": False, "maxOperations": 0, "maxPayloadSize": 0},
        "filter": {"supported": True, "maxResults": _LARGEST_PAGE},
        "changePassword": off,
        "sort": off,
        "etag": off,
        "authenticationSchemes": [
            {
                "type": "oauthbearertoken",
                "name": "Bearer token",
                "description": "A token that an account admin generated",
                "primary": True,
            }
        ],
        "meta": {
            "resourceType": "ServiceProviderConfig",
            "location": f"{base}/ServiceProviderConfig",
        },
    }
