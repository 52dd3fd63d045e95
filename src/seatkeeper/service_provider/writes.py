"""Create, replace, change and delete one resource (RFC 7644 3.3, 3.5, 3.6, 3.14).

A door in, beside the walk. Attributes that no schema names are kept whole,
never dropped. What an answer may show is settled before anything is written.
What the app refuses that SCIM would allow, it refuses in bulk messages, too.
PATCH of a user answers 200 with the user; of a group 204, so that a join never
reads the members, unless the client asks for attributes or for the whole.
Whether somebody wrote in between is decided inside the keeper's transaction.
"""

from collections.abc import Callable

from seatkeeper.clock import utc_now
from seatkeeper.scim.errors import ScimError, VersionMismatch
from seatkeeper.scim.holding import Stored
from seatkeeper.scim.members import MemberChange, member_ids, split_members
from seatkeeper.scim.messages import Resource, error_body
from seatkeeper.scim.names import get
from seatkeeper.scim.patch import apply_operations, read_operations
from seatkeeper.scim.projection import Projection
from seatkeeper.scim.replacement import settled
from seatkeeper.scim.validation import received
from seatkeeper.scim.version import decide, version_tag
from seatkeeper.service_provider.call import Call
from seatkeeper.service_provider.keeper import Keeper
from seatkeeper.service_provider.limits import Rules
from seatkeeper.service_provider.negotiation import Wish, wish_of
from seatkeeper.service_provider.profile import GROUPS, Kind, Profile
from seatkeeper.service_provider.showing import Showing, headers_of
from seatkeeper.service_provider.wire import Answer


class Writes:
    """Carries out the writes of one app's service."""

    def __init__(self, keeper: Keeper, profile: Profile, showing: Showing) -> None:
        self._keeper = keeper
        self._profile = profile
        self._rules = profile.rules
        self._showing = showing

    def create(self, call: Call, kind: Kind) -> Answer:
        """Make a resource. ``If-None-Match`` always holds: nothing is there yet."""
        _permit(kind, "created", allowed=kind.may_create)
        if call.header("if-match"):
            raise VersionMismatch("What is made here has no version before it is made.")
        projection = self._showing.projection(call, kind)
        values, members = _received(call, kind)
        found = self._keeper.create(kind.name, values, utc_now(), members)
        if wish_of(call) is Wish.MINIMAL:
            return _bare(201, found, call, kind)
        return self._told(201, found, call, kind, projection, is_new=True)

    def replace(self, call: Call, kind: Kind, resource_id: str) -> Answer:
        """Replace a resource by what was sent; nothing is made where nothing is."""
        _permit(kind, "changed", allowed=kind.may_update)
        projection = self._showing.projection(call, kind)
        values, members = _received(call, kind)
        change = self._rules.put_members(members) if kind.name == GROUPS else []
        found = self._keeper.edit(
            kind.name,
            resource_id,
            lambda held: settled(held, values, kind.schema),
            utc_now(),
            change,
            allow=_condition(call),
        )
        if wish_of(call) is Wish.MINIMAL:
            return _bare(204, found, call, kind)
        return self._told(200, found, call, kind, projection)

    def change(self, call: Call, kind: Kind, resource_id: str) -> Answer:
        """Carry out the operations of a PATCH, all or none."""
        self._rules.check_patch(kind.name, call.size)
        _permit(kind, "changed", allowed=kind.may_update)
        inspection = call.inspection
        projection = self._showing.projection(call, kind)
        rest = read_operations(call.resource(), kind.schema, inspection)
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

        found = self._keeper.edit(
            kind.name, resource_id, change, utc_now(), members, allow=_condition(call)
        )
        if _wants_little(call, kind):
            return _bare(204, found, call, kind)
        return self._told(200, found, call, kind, projection)

    def delete(self, call: Call, kind: Kind, resource_id: str) -> Answer:
        """Delete a resource for good, or say that this app does not."""
        if not kind.may_delete:
            self._keeper.get(kind.name, resource_id)
            return self._refused_delete(kind)
        self._keeper.delete(kind.name, resource_id, allow=_condition(call))
        return Answer(204)

    def _refused_delete(self, kind: Kind) -> Answer:
        status = self._profile.refused_delete_status
        detail = (
            f"{self._profile.app_name} does not delete a {kind.name.lower()}. "
            "Set active to false to deactivate it."
        )
        headers = {"Allow": ", ".join(allowed_on(kind, self._rules))} if status == 405 else {}
        return Answer(status, error_body(status, detail), headers)

    def _told(
        self,
        status: int,
        found: Stored,
        call: Call,
        kind: Kind,
        projection: Projection,
        *,
        is_new: bool = False,
    ) -> Answer:
        headers = headers_of(found, call, kind)
        if call.is_in_bulk:
            return Answer(status, None, headers)
        headers["Content-Location"] = headers["Location"]
        if wish_of(call) is Wish.REPRESENTATION:
            headers["Preference-Applied"] = "return=representation"
        show = self._showing.new if is_new else self._showing.shown
        return Answer(status, show(found, call, kind, projection), headers)


def allowed_on(kind: Kind, rules: Rules) -> tuple[str, ...]:
    """Return the methods that a resource of this type takes."""
    ways = ("PUT", "PATCH") if rules.patches else ("PUT",)
    changing = ways if kind.may_update else ()
    return ("GET", "HEAD", *changing, *(("DELETE",) if kind.may_delete else ()))


def _bare(status: int, found: Stored, call: Call, kind: Kind) -> Answer:
    headers = headers_of(found, call, kind)
    if wish_of(call) is Wish.MINIMAL:
        headers["Preference-Applied"] = "return=minimal"
    return Answer(status, None, headers)


def _wants_little(call: Call, kind: Kind) -> bool:
    """Say whether a PATCH is answered without a body; naming attributes asks for one."""
    if call.query.get("attributes") or call.query.get("excludedAttributes"):
        return False
    match wish_of(call):
        case Wish.MINIMAL:
            return True
        case Wish.REPRESENTATION:
            return False
        case Wish.NOTHING_SAID:
            return kind.name == GROUPS


def _condition(call: Call) -> Callable[[Stored], None]:
    def allow(held: Stored) -> None:
        decide(
            call.method,
            version_tag(held.version),
            if_match=call.header("if-match"),
            if_none_match=call.header("if-none-match"),
        )

    return allow


def _permit(kind: Kind, done: str, *, allowed: bool) -> None:
    if not allowed:
        raise ScimError(403, "", f"A {kind.name.lower()} cannot be {done} here.")


def _received(call: Call, kind: Kind) -> tuple[Resource, tuple[str, ...]]:
    inspection = call.inspection
    body = call.resource()
    members: tuple[str, ...] = ()
    if kind.name == GROUPS:
        members = member_ids(get(body, "members"), inspection)
        body = {key: part for key, part in body.items() if key.casefold() != "members"}
    values = received(body, kind.schema, inspection)
    # A password is neither kept nor shown: accounts here sign in nowhere.
    values.pop("password", None)
    kind.require(values)
    return values, members
