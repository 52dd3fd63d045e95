"""SCIM 2.0 over whatever keeps the resources: which part of the service a request is about.

A door in, beside the walk: translates requests into ``scim`` and a ``Keeper`` and
decides nothing about accounts. What a write does is in ``writes``, what a list
shows in ``lists``, what the service says of itself in ``describing``.
``http`` puts this behind a socket.
"""

import secrets
from dataclasses import replace
from typing import Final

from seatkeeper.scim.errors import NotThere, ScimError
from seatkeeper.scim.version import Decision, decide, version_tag
from seatkeeper.service_provider.bulk import answer_bulk
from seatkeeper.service_provider.call import Call
from seatkeeper.service_provider.describing import Describing
from seatkeeper.service_provider.keeper import Keeper
from seatkeeper.service_provider.lists import Lists
from seatkeeper.service_provider.negotiation import require_json
from seatkeeper.service_provider.profile import Kind, Profile
from seatkeeper.service_provider.showing import Showing, headers_of
from seatkeeper.service_provider.wire import Answer, options_or_refusal
from seatkeeper.service_provider.writes import Writes, allowed_on

SEARCH: Final = ".search"


class ScimService:
    """Answers calls for one app. Synchronous: its caller runs it in a thread.

    ``key`` seals the cursors that lists hand out; without one, those of an
    earlier service are refused.
    """

    def __init__(self, keeper: Keeper, profile: Profile, key: bytes | None = None) -> None:
        self._keeper = keeper
        self._profile = profile
        self._showing = Showing(keeper, profile)
        self._writes = Writes(keeper, profile, self._showing)
        self._lists = Lists(keeper, profile, self._showing, key or secrets.token_bytes(32))
        self._describing = Describing(profile)

    def answer(self, call: Call) -> Answer:
        """Carry out one call. Raises ``ScimError`` for what cannot be done.

        HEAD is answered as GET; who sends the answer leaves the body out.
        """
        if call.method == "HEAD":
            call = replace(call, method="GET")
        require_json(call)
        kind = self._kind_of(call)
        if kind is not None:
            return self._resource_call(call, kind)
        described = self._describing.answer(call)
        return self._whole_service_call(call) if described is None else described

    def _kind_of(self, call: Call) -> Kind | None:
        if len(call.parts) not in (1, 2):
            return None
        head = call.parts[0]
        return next((one for one in self._profile.kinds if head == one.endpoint.strip("/")), None)

    def _whole_service_call(self, call: Call) -> Answer:
        match call.parts:
            case ():
                if call.method == "GET":
                    return self._lists.listed(call, self._profile.kinds)
                return options_or_refusal(call.method, "GET", "HEAD")
            case (".search",):
                return self._search(call, self._profile.kinds)
            case ("Bulk",):
                return self._bulk(call)
            case ("Me",):
                raise ScimError(501, "", "Whom a token belongs to is not known here.")
            case _:
                raise NotThere("There is nothing at this path.")

    def _search(self, call: Call, kinds: tuple[Kind, ...]) -> Answer:
        if call.method == "POST":
            return self._lists.searched(call, kinds)
        return options_or_refusal(call.method, "POST")

    def _bulk(self, call: Call) -> Answer:
        if not self._profile.takes_bulk:
            raise ScimError(501, "", f"{self._profile.app_name} takes no bulk messages.")
        if call.method != "POST":
            return options_or_refusal(call.method, "POST")
        return answer_bulk(call, self._bulk_operation)

    def _bulk_operation(self, call: Call) -> Answer:
        kind = self._kind_of(call)
        if kind is None:
            raise NotThere("There is nothing at this path.")
        return self._resource_call(call, kind)

    def _resource_call(self, call: Call, kind: Kind) -> Answer:
        if len(call.parts) == 1:
            return self._collection_call(call, kind)
        resource_id = call.parts[1]
        if resource_id == SEARCH:
            return self._search(call, (kind,))
        match call.method:
            case "GET":
                return self._get(call, kind, resource_id)
            case "PUT":
                return self._writes.replace(call, kind, resource_id)
            case "PATCH":
                return self._writes.change(call, kind, resource_id)
            case "DELETE":
                return self._writes.delete(call, kind, resource_id)
            case _:
                return options_or_refusal(call.method, *allowed_on(kind, self._profile.rules))

    def _collection_call(self, call: Call, kind: Kind) -> Answer:
        match call.method:
            case "GET":
                return self._lists.listed(call, (kind,))
            case "POST":
                return self._writes.create(call, kind)
            case _:
                making = ("POST",) if kind.may_create else ()
                return options_or_refusal(call.method, "GET", "HEAD", *making)

    def _get(self, call: Call, kind: Kind, resource_id: str) -> Answer:
        projection = self._showing.projection(call, kind)
        found = self._keeper.get(kind.name, resource_id)
        headers = headers_of(found, call, kind)
        decision = decide(
            call.method,
            version_tag(found.version),
            if_match=call.header("if-match"),
            if_none_match=call.header("if-none-match"),
        )
        if decision is Decision.NOT_MODIFIED:
            return Answer(304, None, headers)
        return Answer(200, self._showing.shown(found, call, kind, projection), headers)
