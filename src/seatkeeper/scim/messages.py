"""The envelopes of SCIM: errors, lists, PATCH, and the URNs that name them (RFC 7644 3.12, 3.4.2).

Beside the walk: both sides of the wire use these words, the connector to read
answers and the service provider to give them. Nothing here sends or receives.
"""

from collections.abc import Sequence
from typing import Final, TypeAlias

from seatkeeper.scim.errors import ScimError

Json: TypeAlias = "bool | int | float | str | list[Json] | dict[str, Json] | None"
Resource: TypeAlias = dict[str, Json]

CONTENT_TYPE: Final = "application/scim+json"

USER: Final = "urn:ietf:params:scim:schemas:core:2.0:User"
GROUP: Final = "urn:ietf:params:scim:schemas:core:2.0:Group"
ENTERPRISE_USER: Final = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
SCHEMA: Final = "urn:ietf:params:scim:schemas:core:2.0:Schema"
RESOURCE_TYPE: Final = "urn:ietf:params:scim:schemas:core:2.0:ResourceType"
SERVICE_PROVIDER_CONFIG: Final = "urn:ietf:params:scim:schemas:core:2.0:ServiceProviderConfig"

LIST_RESPONSE: Final = "urn:ietf:params:scim:api:messages:2.0:ListResponse"
SEARCH_REQUEST: Final = "urn:ietf:params:scim:api:messages:2.0:SearchRequest"
PATCH_OP: Final = "urn:ietf:params:scim:api:messages:2.0:PatchOp"
BULK_REQUEST: Final = "urn:ietf:params:scim:api:messages:2.0:BulkRequest"
BULK_RESPONSE: Final = "urn:ietf:params:scim:api:messages:2.0:BulkResponse"
ERROR: Final = "urn:ietf:params:scim:api:messages:2.0:Error"


def error_body(status: int, detail: str, scim_type: str = "") -> Resource:
    """Return the body of an error answer; the status travels as text, as the RFC has it."""
    body: Resource = {"schemas": [ERROR], "status": str(status), "detail": detail}
    if scim_type:
        body["scimType"] = scim_type
    return body


def list_response(
    resources: Sequence[Resource],
    *,
    total: int | None = None,
    start: int | None = 1,
    next_cursor: str = "",
    previous_cursor: str = "",
) -> Resource:
    """Return a ListResponse with one page of ``resources``; ``total`` counts all that matched.

    A page found by a cursor has no ``start``; the last one has no next cursor
    (RFC 9865 2).
    """
    body: Resource = {
        "schemas": [LIST_RESPONSE],
        "totalResults": len(resources) if total is None else total,
        "itemsPerPage": len(resources),
    }
    if start is not None:
        body["startIndex"] = start
    if next_cursor:
        body["nextCursor"] = next_cursor
    if previous_cursor:
        body["previousCursor"] = previous_cursor
    return {**body, "Resources": list(resources)}


def patch_body(operations: Sequence[Resource]) -> Resource:
    """Return a PatchOp message with these operations, in their order."""
    return {"schemas": [PATCH_OP], "Operations": list(operations)}


__all__ = [
    "BULK_REQUEST",
    "BULK_RESPONSE",
    "CONTENT_TYPE",
    "ENTERPRISE_USER",
    "ERROR",
    "GROUP",
    "LIST_RESPONSE",
    "PATCH_OP",
    "RESOURCE_TYPE",
    "SCHEMA",
    "SEARCH_REQUEST",
    "SERVICE_PROVIDER_CONFIG",
    "USER",
    "Json",
    "Resource",
    "ScimError",
    "error_body",
    "list_response",
    "patch_body",
]
