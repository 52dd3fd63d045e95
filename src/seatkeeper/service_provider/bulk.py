"""Carry out a bulk message, one operation after the other (RFC 7644 3.7).

A door in, beside the walk. ``scim.bulk`` decides the order and fills in
references; each operation then goes the way of a single call, with its
``version`` as ``If-Match``. What fails is answered in its place and ends
nothing, unless ``failOnErrors`` says so.
"""

from collections.abc import Callable

from seatkeeper.errors import StoreUnusable
from seatkeeper.scim.bulk import BulkOperation, BulkOutcome, bulk_steps, read_bulk
from seatkeeper.scim.errors import ScimError
from seatkeeper.service_provider.call import Call
from seatkeeper.service_provider.wire import Answer, refusal, unusable

CarryOut = Callable[[Call], Answer]
"""Carries out one call on a resource type's endpoint."""


def answer_bulk(call: Call, carry_out: CarryOut) -> Answer:
    """Answer a bulk message. Raises ``ScimError`` for one that cannot be read at all."""
    steps = bulk_steps(read_bulk(call.resource(), call.inspection))
    try:
        operation = next(steps)
        while True:
            operation = steps.send(_outcome(call, operation, carry_out))
    except StopIteration as ended:
        return Answer(200, ended.value)


def _outcome(call: Call, operation: BulkOperation, carry_out: CarryOut) -> BulkOutcome:
    parts = (operation.endpoint, operation.id) if operation.id else (operation.endpoint,)
    one = Call(
        operation.method,
        parts,
        {},
        b"",
        call.base,
        call.inspection,
        {"if-match": operation.version} if operation.version else {},
        call.bound_to,
        operation.data if isinstance(operation.data, dict) else {},
    )
    place = f"{call.base}/{'/'.join(parts)}"
    try:
        answer = carry_out(one)
    except ScimError as error:
        answer = refusal(error)
    except StoreUnusable:
        # What went before was written; who reads the answer sees how far it came.
        answer = unusable()
    if answer.status >= 400:
        location = place if operation.id else ""
        return BulkOutcome(answer.status, operation.id, location, response=answer.body)
    location = answer.headers.get("Location", place)
    version = answer.headers.get("ETag", "")
    return BulkOutcome(answer.status, location.rpartition("/")[2], location, version)
