"""SCIM 2.0 over whatever keeps the resources: what each request does, and what it answers.

A door in, beside the walk: translates requests into ``scim`` and a ``Keeper`` and
decides nothing about accounts. Attributes that no schema names are kept whole,
never dropped. PATCH of a user answers 200 with the user; of a group 204, so
that a join never reads the members. ``http`` puts this behind a socket.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from seatkeeper.clock import utc_now
from seatkeeper.scim.dialect import Inspection
from seatkeeper.scim.discovery import Features, provider_config_body, resource_type_body
from seatkeeper.scim.errors import NotThere
from seatkeeper.scim.holding import Stored, Wanted, reference, whole
from seatkeeper.scim.limits import read_body
from seatkeeper.scim.members import MemberChange, member_ids, split_members
from seatkeeper.scim.messages import Json, Resource, ScimError, error_body, list_response
from seatkeeper.scim.names import get, is_core
from seatkeeper.scim.patch import apply_operations, read_operations
from seatkeeper.scim.predicate import compile_filter
from seatkeeper.scim.projection import Projection
from seatkeeper.scim.query import PageLimits, read_query
from seatkeeper.scim.replacement import settled
from seatkeeper.scim.schema import Schema
from seatkeeper.scim.schema_message import schema_body
from seatkeeper.scim.validation import received
from seatkeeper.service_provider.forgetful import ForgetfulKeeper
from seatkeeper.service_provider.keeper import Keeper
from seatkeeper.service_provider.profile import GROUPS, Kind, Profile
from seatkeeper.service_provider.rate import Gate
from seatkeeper.service_provider.wire import Answer


@dataclass(frozen=True, slots=True)
class Call:
    """One request, as the service needs it; ``base`` is the service's own URL.

    ``inspection`` fixes the dialect, and holds what was noticed once the call is answered.
    """

    method: str
    parts: tuple[str, ...]
    query: Mapping[str, str]
    body: bytes
    base: str
    inspection: Inspection = field(default_factory=Inspection)


class ScimService:
    """Answers calls for one app. Synchronous: its caller runs it in a thread."""

    def __init__(self, keeper: Keeper, profile: Profile, gate: Gate | None = None) -> None:
        self._rules = profile.rules
        lies = self._rules.lies
        self._keeper = ForgetfulKeeper(keeper, lies) if lies.drops or lies.lowers else keeper
        self._profile = profile
        self._gate = gate or Gate(self._rules.rates, self._rules.latency)

    def answer(self, call: Call) -> Answer:
        """Carry out one call. Raises ``ScimError`` for what cannot be done."""
        head = call.parts[0] if call.parts else ""
        named = (one.name for one in self._profile.kinds if head == one.endpoint.strip("/"))
        too_early = self._gate.refused(call.method, next(named, ""))
        if too_early is not None:
            return too_early
        for kind in self._profile.kinds:
            if head == kind.endpoint.strip("/") and len(call.parts) <= 2:
                return self._resource_call(call, kind)
        discovery = self._discovery(call, head)
        if discovery is None:
            raise NotThere("There is nothing at this path.")
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
                found = self._keeper.get(kind.name, resource_id)
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
        values, members = _received(call, kind)
        found = self._keeper.create(kind.name, values, utc_now(), members)
        body = self._shown(found, call, kind)
        return Answer(201, body, {"Location": _location(call, kind, found.id)})

    def _put(self, call: Call, kind: Kind, resource_id: str) -> Answer:
        self._permit(kind, "changed", allowed=kind.may_update)
        values, members = _received(call, kind)
        change = self._rules.put_members(members) if kind.name == GROUPS else []
        found = self._keeper.edit(
            kind.name,
            resource_id,
            lambda held: settled(held, values, kind.schema),
            utc_now(),
            change,
        )
        return Answer(200, self._shown(found, call, kind))

    def _patch(self, call: Call, kind: Kind, resource_id: str) -> Answer:
        self._rules.check_patch(kind.name, len(call.body))
        self._permit(kind, "changed", allowed=kind.may_update)
        inspection = call.inspection
        rest = read_operations(read_body(call.body), kind.schema, inspection)
        members: tuple[MemberChange, ...] = ()
        if kind.name == GROUPS:
            rest, members = split_members(rest, inspection)
            self._rules.check_members(members)

        def change(held: Resource) -> Resource:
            values = apply_operations(held, rest, kind.schema, inspection)
            if "password" in values:
                values = {key: part for key, part in values.items() if key != "password"}
            kind.require(values)
            return values

        found = self._keeper.edit(kind.name, resource_id, change, utc_now(), members)
        if kind.name == GROUPS:
            return Answer(204)
        return Answer(200, self._shown(found, call, kind))

    def _delete(self, kind: Kind, resource_id: str) -> Answer:
        if not kind.may_delete:
            self._keeper.get(kind.name, resource_id)
            raise ScimError(
                self._profile.refused_delete_status,
                "",
                f"{self._profile.app_name} does not delete a {kind.name.lower()}. "
                "Set active to false to deactivate it.",
            )
        self._keeper.delete(kind.name, resource_id)
        return Answer(204)

    def _permit(self, kind: Kind, done: str, *, allowed: bool) -> None:
        if not allowed:
            raise ScimError(403, "", f"A {kind.name.lower()} cannot be {done} here.")

    # --- reads ---

    def _list(self, call: Call, kind: Kind) -> Answer:
        query = read_query(call.query, self._page_limits)
        projection = query.projection(kind.schema, call.inspection)
        asked = self._rules.allowed_filter(query.filter, kind.name)
        if asked is not None:
            # What a filter may not ask is said before anybody looks.
            compile_filter(asked, kind.schema, call.inspection)
        found = self._keeper.find(
            kind.name,
            Wanted(
                kind.schema,
                filter=asked,
                offset=query.start - 1,
                limit=query.count,
                base=call.base,
            ),
        )
        shown = [self._projected(one, call, kind, projection) for one in found.page]
        return Answer(200, list_response(shown, total=found.total, start=query.start))

    @property
    def _page_limits(self) -> PageLimits:
        return PageLimits(self._profile.page_size, self._rules.largest_page)

    def _shown(self, found: Stored, call: Call, kind: Kind) -> Resource:
        query = read_query(call.query)
        return self._projected(found, call, kind, query.projection(kind.schema, call.inspection))

    def _projected(self, found: Stored, call: Call, kind: Kind, projection: Projection) -> Resource:
        plural = "members" if kind.name == GROUPS else "groups"
        with_related = self._rules.members_readable and projection.shows(plural)
        whole = self._whole(found, call, kind, with_related=with_related)
        return projection.shown(whole)

    def _whole(self, found: Stored, call: Call, kind: Kind, *, with_related: bool) -> Resource:
        related = self._related(found, call) if with_related else []
        return whole(found, kind.schema, _location(call, kind, found.id), related)

    def _related(self, found: Stored, call: Call) -> list[Json]:
        if found.kind == GROUPS:
            related = self._keeper.members(found.id)
        else:
            related = self._keeper.groups_of(found.id)
        return [
            reference(one, _location(call, self._profile.kind(one.kind), one.id)) for one in related
        ]

    # --- discovery ---

    def _discovery(self, call: Call, head: str) -> Answer | None:
        if head == "ServiceProviderConfig" and len(call.parts) == 1:
            features = Features(
                self._rules.largest_page,
                self._profile.page_size,
                patches=self._rules.patches,
                filters=self._rules.filters_at_all,
            )
            return Answer(200, provider_config_body(features, call.base))
        if head == "Schemas":
            found = {
                one.id: schema_body(one, with_common=is_core(one.id)) for one in self._schemas()
            }
        elif head == "ResourceTypes":
            found = {
                kind.name: resource_type_body(kind.name, kind.endpoint, kind.schema, call.base)
                for kind in self._profile.kinds
            }
        else:
            return None
        if len(call.parts) == 1:
            return Answer(200, list_response(list(found.values())))
        one = found.get(call.parts[1]) if len(call.parts) == 2 else None
        return None if one is None else Answer(200, one)

    def _schemas(self) -> list[Schema]:
        schemas = [kind.schema for kind in self._profile.kinds]
        return [one for schema in schemas for one in (schema.core, *schema.extensions)]


def _received(call: Call, kind: Kind) -> tuple[Resource, tuple[str, ...]]:
    inspection = call.inspection
    body = read_body(call.body)
    members: tuple[str, ...] = ()
    if kind.name == GROUPS:
        members = member_ids(get(body, "members"), inspection)
        body = {key: part for key, part in body.items() if key.casefold() != "members"}
    values = received(body, kind.schema, inspection)
    # A password is neither kept nor shown: accounts here sign in nowhere.
    values.pop("password", None)
    kind.require(values)
    return values, members


def _location(call: Call, kind: Kind, resource_id: str) -> str:
    return f"{call.base}{kind.endpoint}/{resource_id}"


def _not_allowed(allowed: str) -> Answer:
    return Answer(405, error_body(405, f"Only {allowed} here."), {"Allow": allowed})
