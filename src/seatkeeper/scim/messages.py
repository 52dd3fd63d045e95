"""The envelopes of SCIM: errors, lists, and the URNs that name them (RFC 7644 3.12, 3.4.2).

Beside the walk: both sides of the wire use these words, the connector to read
answers and the service provider to give them. Nothing here sends or receives.
"""

from collections.abc import Sequence
from typing import Final, TypeAlias

from seatkeeper.errors import BadInput

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
ERROR: Final = "urn:ietf:params:scim:api:messages:2.0:Error"


class ScimError(BadInput):
    """A request, filter, path or PATCH that SCIM answers with an error.

    ``status`` is the HTTP status, ``scim_type`` one of RFC 7644's table 9 or
    empty, ``message`` the ``detail`` that the client reads. It never repeats
    another person's values.
    """

    code = "scim.invalid"

    def __init__(self, status: int, scim_type: str, detail: str) -> None:
        super().__init__(detail)
        self.status = status
        self.scim_type = scim_type


def error_body(status: int, detail: str, scim_type: str = "") -> Resource:
    """Return the body of an error answer; the status travels as text, as the RFC has it."""
    body: Resource = {"schemas": [ERROR], "status": str(status), "detail": detail}
    if scim_type:
        body["scimType"] = scim_type
    return body


def list_response(
    resources: Sequence[Resource], *, total: int | None = None, start: int = 1
) -> Resource:
    """Return a ListResponse with one page of ``resources``; ``total`` counts all that matched."""
    return {
        "schemas": [LIST_RESPONSE],
        "totalResults": len(resources) if total is None else total,
        "startIndex": start,
        "itemsPerPage": len(resources),
        "Resources": list(resources),
    }


def patch_body(operations: Sequence[Resource]) -> Resource:
    """Return a PatchOp message with these operations, in their order."""
    return {"schemas": [PATCH_OP], "Operations": list(operations)}
