"""How a service describes itself: configuration, resource types, and their schemas.

Beside the walk (RFC 7643 5, 6, 7; RFC 7644 4; RFC 9865 4). The schemas here
describe the descriptions; ``core`` holds those of people and groups.
"""

from dataclasses import dataclass
from typing import Final

from seatkeeper.scim.attribute import Attribute, Mutability, Type, Uniqueness
from seatkeeper.scim.messages import (
    RESOURCE_TYPE,
    SCHEMA,
    SERVICE_PROVIDER_CONFIG,
    Json,
    Resource,
)
from seatkeeper.scim.schema import ResourceSchema, Schema

_READ_ONLY: Final = Mutability.READ_ONLY


def _told(
    name: str,
    kind: Type = Type.STRING,
    *sub: Attribute,
    required: bool = False,
    exact: bool = False,
    several: bool = False,
    canonical: tuple[str, ...] = (),
    references: tuple[str, ...] = (),
    uniqueness: Uniqueness = Uniqueness.NONE,
) -> Attribute:
    return Attribute(
        name,
        kind,
        multi_valued=several,
        required=required,
        case_exact=exact or kind is Type.REFERENCE,
        mutability=_READ_ONLY,
        uniqueness=uniqueness,
        canonical=canonical,
        references=references,
        sub=sub,
    )


def _link(name: str, *, required: bool = False, to: str = "external") -> Attribute:
    return _told(name, Type.REFERENCE, required=required, references=(to,))


def _feature(name: str, *more: Attribute) -> Attribute:
    supported = _told("supported", Type.BOOLEAN, required=True)
    return _told(name, Type.COMPLEX, supported, *more, required=True)


def _count(name: str, *, required: bool = True) -> Attribute:
    return _told(name, Type.INTEGER, required=required)


SERVICE_PROVIDER_CONFIG_SCHEMA: Final = Schema(
    SERVICE_PROVIDER_CONFIG,
    "ServiceProviderConfig",
    "What this service provider can do",
    (
        _link("documentationUri"),
        _feature("patch"),
        _feature("bulk", _count("maxOperations"), _count("maxPayloadSize")),
        _feature("filter", _count("maxResults")),
        _feature("changePassword"),
        _feature("sort"),
        _feature("etag"),
        _told(
            "authenticationSchemes",
            Type.COMPLEX,
            _told(
                "type",
                required=True,
                canonical=("oauth", "oauth2", "oauthbearertoken", "httpbasic", "httpdigest"),
            ),
            _told("name", required=True),
            _told("description", required=True),
            _link("specUri"),
            _link("documentationUri"),
            _told("primary", Type.BOOLEAN),
            required=True,
            several=True,
        ),
        _told(
            "pagination",
            Type.COMPLEX,
            _told("cursor", Type.BOOLEAN, required=True),
            _told("index", Type.BOOLEAN, required=True),
            _told("defaultPaginationMethod", canonical=("cursor", "index")),
            _count("defaultPageSize", required=False),
            _count("maxPageSize", required=False),
            _count("cursorTimeout", required=False),
        ),
    ),
)

RESOURCE_TYPE_SCHEMA: Final = Schema(
    RESOURCE_TYPE,
    "ResourceType",
    "What kind of resource is where",
    (
        _told("name", required=True, exact=True, uniqueness=Uniqueness.SERVER),
        _told("description"),
        _told(
            "endpoint",
            Type.REFERENCE,
            required=True,
            references=("uri",),
            uniqueness=Uniqueness.SERVER,
        ),
        _link("schema", required=True, to="uri"),
        _told(
            "schemaExtensions",
            Type.COMPLEX,
            _link("schema", required=True, to="uri"),
            _told("required", Type.BOOLEAN, required=True),
            several=True,
        ),
    ),
)

_CHARACTERISTICS: Final = (
    _told("name", required=True, exact=True),
    _told("type", required=True, canonical=tuple(str(one) for one in Type)),
    _told("multiValued", Type.BOOLEAN, required=True),
    _told("description", exact=True),
    _told("required", Type.BOOLEAN),
    _told("canonicalValues", exact=True, several=True),
    _told("caseExact", Type.BOOLEAN),
    _told("mutability", exact=True, canonical=("readOnly", "readWrite", "immutable", "writeOnly")),
    _told("returned", exact=True, canonical=("always", "never", "default", "request")),
    _told("uniqueness", exact=True, canonical=("none", "server", "global")),
    _told("referenceTypes", exact=True, several=True),
)

SCHEMA_SCHEMA: Final = Schema(
    SCHEMA,
    "Schema",
    "What a resource may hold",
    (
        _told("name", required=True),
        _told("description"),
        _told(
            "attributes",
            Type.COMPLEX,
            *_CHARACTERISTICS,
            _told("subAttributes", Type.COMPLEX, *_CHARACTERISTICS, several=True),
            required=True,
            several=True,
        ),
    ),
)


@dataclass(frozen=True, slots=True)
class Features:
    """What a service offers, for its ``/ServiceProviderConfig``; zero is "not offered"."""

    max_results: int
    default_page_size: int
    bulk_operations: int = 0
    bulk_bytes: int = 0
    cursor_seconds: int = 0
    sorts: bool = False
    tags_versions: bool = False
    changes_passwords: bool = False
    patches: bool = True
    filters: bool = True


def provider_config_body(features: Features, base: str) -> Resource:
    """Return the ``/ServiceProviderConfig`` of a service at the URL ``base``."""
    pagination: dict[str, Json] = {
        "cursor": features.cursor_seconds > 0,
        "index": True,
        "defaultPaginationMethod": "index",
        "defaultPageSize": features.default_page_size,
        "maxPageSize": features.max_results,
    }
    if features.cursor_seconds:
        pagination["cursorTimeout"] = features.cursor_seconds
    return {
        "schemas": [SERVICE_PROVIDER_CONFIG],
        "patch": {"supported": features.patches},
        "bulk": {
            "supported": features.bulk_operations > 0,
            "maxOperations": features.bulk_operations,
            "maxPayloadSize": features.bulk_bytes,
        },
        "filter": {"supported": features.filters, "maxResults": features.max_results},
        "changePassword": {"supported": features.changes_passwords},
        "sort": {"supported": features.sorts},
        "etag": {"supported": features.tags_versions},
        "pagination": pagination,
        "authenticationSchemes": [
            {
                "type": "oauthbearertoken",
                "name": "Bearer token",
                "description": "A token that an account admin generated",
                "specUri": "https://www.rfc-editor.org/info/rfc6750",
                "primary": True,
            }
        ],
        "meta": {
            "resourceType": "ServiceProviderConfig",
            "location": f"{base}/ServiceProviderConfig",
        },
    }


def resource_type_body(name: str, endpoint: str, schema: ResourceSchema, base: str) -> Resource:
    """Return the ``/ResourceTypes`` entry of one resource type of a service at ``base``."""
    return {
        "schemas": [RESOURCE_TYPE],
        "id": name,
        "name": name,
        "description": schema.core.description,
        "endpoint": endpoint,
        "schema": schema.core.id,
        "schemaExtensions": [
            {"schema": one.id, "required": one.id in schema.required_extensions}
            for one in schema.extensions
        ],
        "meta": {"resourceType": "ResourceType", "location": f"{base}/ResourceTypes/{name}"},
    }
