"""Several operations in one message: reading it, and in which order they run (RFC 7644 3.7).

Beside the walk, and pure: ``bulk_steps`` hands out one operation at a time and
takes back what became of it. References to resources that are made in the
same message (``bulkId:...``) decide the order and are filled in. Groups that
are members of each other are made and then joined; other operations that wait
for each other are refused, and the rest goes on. Carrying an operation out,
and making its answer, is the caller's.
"""

import re
from collections.abc import Generator, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final, TypeAlias

from seatkeeper.scim import dialect
from seatkeeper.scim.bulk_order import order_of
from seatkeeper.scim.dialect import Inspection
from seatkeeper.scim.errors import Circular, InvalidSyntax, ScimError, TooMany, UnfitValue
from seatkeeper.scim.messages import (
    BULK_REQUEST,
    BULK_RESPONSE,
    Json,
    Resource,
    error_body,
    patch_body,
)
from seatkeeper.scim.names import get

MOST_OPERATIONS: Final = 1_000
DEEPEST: Final = 100
_METHODS: Final = ("POST", "PUT", "PATCH", "DELETE")
_REFERENCE: Final = re.compile(r"bulkId:(?P<id>.+)", re.IGNORECASE | re.DOTALL)
_IN_PATH: Final = re.compile(r"bulkId:(?P<id>[^/]+)", re.IGNORECASE)
_PATH: Final = re.compile(r"/(?P<endpoint>[^/?#]+)(?:/(?P<id>[^/?#]+))?/?")


@dataclass(frozen=True, slots=True)
class BulkOperation:
    """One operation; ``endpoint`` and ``id`` are the parts of its path."""

    method: str
    endpoint: str
    id: str
    bulk_id: str
    version: str
    data: Json


@dataclass(frozen=True, slots=True)
class BulkRequest:
    """A whole message; ``fail_on_errors`` of zero is "go on, whatever fails"."""

    operations: tuple[BulkOperation, ...]
    fail_on_errors: int = 0


@dataclass(frozen=True, slots=True)
class BulkOutcome:
    """What became of one operation; ``id`` and ``location`` of what it made or changed."""

    status: int
    id: str = ""
    location: str = ""
    version: str = ""
    response: Resource | None = None


BulkSteps: TypeAlias = Generator[BulkOperation, BulkOutcome, Resource]


def read_bulk(
    body: Resource, inspection: Inspection | None = None, *, most: int = MOST_OPERATIONS
) -> BulkRequest:
    """Return the operations of a BulkRequest, as they were sent; raises ``ScimError`` else."""
    inspection = inspection or Inspection()
    named = get(body, "schemas")
    if named is None:
        inspection.tolerate(dialect.SCHEMAS_MISSING, "schemas")
    elif not isinstance(named, list) or BULK_REQUEST not in named:
        raise InvalidSyntax(f"schemas must name {BULK_REQUEST}.")
    listed = get(body, "Operations")
    if not isinstance(listed, list) or not listed:
        raise InvalidSyntax("Operations must be a list with one operation at least.")
    if len(listed) > most:
        raise TooMany(f"At most {most} operations at a time.")
    found = tuple(_operation(one, at) for at, one in enumerate(listed))
    ids = [one.bulk_id.casefold() for one in found if one.bulk_id]
    if len(ids) != len(set(ids)):
        raise UnfitValue("Each bulkId must be there once.")
    return BulkRequest(found, _fail_on_errors(get(body, "failOnErrors")))


def _fail_on_errors(value: Json) -> int:
    if value is None:
        return 0
    if isinstance(value, bool) or not isinstance(value, int) or value < 0:
        raise UnfitValue("failOnErrors must be a whole number.")
    return value


def _operation(one: Json, at: int) -> BulkOperation:
    place = f"Operations[{at}]"
    if not isinstance(one, dict):
        raise InvalidSyntax(f"{place} must be an object.")
    method = _text(one, "method", place).upper()
    if method not in _METHODS:
        raise InvalidSyntax(f"{place}: method must be one of {', '.join(_METHODS)}.")
    path = _PATH.fullmatch(_text(one, "path", place))
    if path is None or (method == "POST") != (path["id"] is None):
        raise InvalidSyntax(f"{place}: path must be an endpoint, with an id unless it is a POST.")
    bulk_id = _text(one, "bulkId", place)
    if method == "POST" and not bulk_id:
        raise InvalidSyntax(f"{place}: a POST needs a bulkId.")
    data = get(one, "data")
    if method != "DELETE" and not isinstance(data, dict):
        raise InvalidSyntax(f"{place}: data must be an object.")
    version = _text(one, "version", place)
    return BulkOperation(method, path["endpoint"], path["id"] or "", bulk_id, version, data)


def _text(one: Resource, name: str, place: str) -> str:
    value = get(one, name)
    if value is not None and not isinstance(value, str):
        raise InvalidSyntax(f"{place}: {name} must be text.")
    return value or ""


def references(operation: BulkOperation) -> frozenset[str]:
    """Return the bulkIds that an operation waits for, folded."""
    found = {match["id"].casefold() for match in [_IN_PATH.fullmatch(operation.id)] if match}
    return frozenset(found | {one.casefold() for one in _referred(operation.data)})


def _referred(value: Json) -> Iterator[str]:
    waiting = [value]
    while waiting:
        one = waiting.pop()
        if isinstance(one, str):
            found = _REFERENCE.fullmatch(one)
            if found is not None:
                yield found["id"]
        elif isinstance(one, dict):
            waiting.extend(one.values())
        elif isinstance(one, list):
            waiting.extend(one)


def bulk_steps(request: BulkRequest) -> BulkSteps:
    """Hand out the operations in an order that resolves references; return the BulkResponse.

    The answers stand in the order of the request. After ``failOnErrors``
    failures nothing more is handed out, and what was not begun is not answered.
    Groups that are members of each other are made first, and get these members
    in a PATCH each, handed out at the end; it belongs to the operation that
    made the group, and has no answer of its own.
    """
    operations = request.operations
    made = {one.bulk_id.casefold(): at for at, one in enumerate(operations) if one.bulk_id}
    waits = [[made[name] for name in sorted(references(one)) if name in made] for one in operations]
    order = order_of(waits, deepest=DEEPEST, may_put_off=_may_put_off(operations, made))
    ids: dict[str, str] = {}
    outcomes: dict[int, BulkOutcome] = {}
    later: dict[int, list[Json]] = {}
    errors = 0
    for at in order.sequence:
        operation = operations[at]
        refused = order.refused.get(at)
        if refused is not None:
            outcome = _refusal(Circular(refused))
        else:
            operation, later[at] = _parted(operation, order.put_off.get(at), made)
            try:
                resolved = _resolved(operation, ids)
            except ScimError as error:
                outcome = _refusal(error)
            else:
                outcome = yield resolved
        outcomes[at] = outcome
        if outcome.status >= 400:
            errors += 1
            if request.fail_on_errors and errors >= request.fail_on_errors:
                break
        elif operation.bulk_id and outcome.id:
            ids[operation.bulk_id.casefold()] = outcome.id
    for at, members in later.items():
        if members and outcomes[at].status < 400:
            outcomes[at] = yield from _finished(operations[at], outcomes[at], members, ids)
    answers: list[Json] = [_answer(operations[at], outcomes[at]) for at in sorted(outcomes)]
    return {"schemas": [BULK_RESPONSE], "Operations": answers}


def _may_put_off(
    operations: Sequence[BulkOperation], made: Mapping[str, int]
) -> list[frozenset[int]]:
    """Return for each operation those without whom it can begin: members of what it makes."""
    found = []
    for at, one in enumerate(operations):
        if one.method != "POST" or not isinstance(one.data, dict):
            found.append(frozenset[int]())
            continue
        names = {name for member in _members(one) if (name := _named(member))}
        rest = {key: part for key, part in one.data.items() if key.casefold() != "members"}
        names -= {name.casefold() for name in _referred(rest)}
        found.append(frozenset(made[name] for name in names if name in made) - {at})
    return found


def _members(operation: BulkOperation) -> list[Json]:
    listed = get(operation.data, "members") if isinstance(operation.data, dict) else None
    return listed if isinstance(listed, list) else []


def _named(member: Json) -> str:
    """Return the folded bulkId that a member's value refers to, or an empty text."""
    value = get(member, "value") if isinstance(member, dict) else member
    found = _REFERENCE.fullmatch(value) if isinstance(value, str) else None
    return "" if found is None else found["id"].casefold()


def _parted(
    operation: BulkOperation, put_off: frozenset[int] | None, made: Mapping[str, int]
) -> tuple[BulkOperation, list[Json]]:
    """Return an operation without the members that come later, and these."""
    if not put_off or not isinstance(operation.data, dict):
        return operation, []
    members = _members(operation)
    later = [one for one in members if made.get(_named(one)) in put_off]
    now: Json = [one for one in members if made.get(_named(one)) not in put_off]
    data = {
        key: now if key.casefold() == "members" else part for key, part in operation.data.items()
    }
    return replace(operation, data=data), later


def _finished(
    operation: BulkOperation, outcome: BulkOutcome, members: list[Json], ids: Mapping[str, str]
) -> Generator[BulkOperation, BulkOutcome, BulkOutcome]:
    """Give a new group the members that were not there when it was made."""
    adding: Resource = {"op": "add", "path": "members", "value": members}
    unresolved = BulkOperation(
        "PATCH", operation.endpoint, outcome.id, "", "", patch_body([adding])
    )
    try:
        resolved = _resolved(unresolved, ids)
    except ScimError as error:
        said = f"The group is there, without members that are not: {error.message}"
        failed = _refusal(Circular(said))
    else:
        added = yield resolved
        if added.status < 400:
            return replace(outcome, version=added.version or outcome.version)
        failed = added
    return replace(failed, id=outcome.id, location=outcome.location, version=outcome.version)


def _refusal(error: ScimError) -> BulkOutcome:
    body = error_body(error.status, error.message, error.scim_type)
    return BulkOutcome(error.status, response=body)


def _resolved(operation: BulkOperation, ids: Mapping[str, str]) -> BulkOperation:
    def filled(value: Json) -> Json:
        if isinstance(value, str):
            found = _REFERENCE.fullmatch(value)
            return value if found is None else _id_of(found["id"], ids)
        if isinstance(value, dict):
            return {key: filled(part) for key, part in value.items()}
        return [filled(one) for one in value] if isinstance(value, list) else value

    in_path = _IN_PATH.fullmatch(operation.id)
    target = operation.id if in_path is None else _id_of(in_path["id"], ids)
    return replace(operation, id=target, data=filled(operation.data))


def _id_of(bulk_id: str, ids: Mapping[str, str]) -> str:
    found = ids.get(bulk_id.casefold())
    if found is None:
        raise Circular(f"bulkId {bulk_id[:200]} names nothing that was made in this message.")
    return found


def _answer(operation: BulkOperation, outcome: BulkOutcome) -> Resource:
    body: Resource = {"method": operation.method, "status": str(outcome.status)}
    told = {
        "bulkId": operation.bulk_id,
        "location": outcome.location,
        "version": outcome.version,
    }
    body |= {key: text for key, text in told.items() if text}
    if outcome.response is not None:
        body["response"] = outcome.response
    return body
