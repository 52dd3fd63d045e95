"""The attributes that every resource has beside its schema (RFC 7643 3, 3.1).

Beside the walk; pure description. Schemas do not list them, and yet filters,
paths and projections may name them.
"""

from collections.abc import Mapping
from typing import Final

from seatkeeper.scim.attribute import Attribute, Mutability, Returned, Type, Uniqueness

_READ_ONLY: Final = Mutability.READ_ONLY

META_PARTS: Final = (
    Attribute("resourceType", case_exact=True, mutability=_READ_ONLY),
    Attribute("created", Type.DATE_TIME, mutability=_READ_ONLY),
    Attribute("lastModified", Type.DATE_TIME, mutability=_READ_ONLY),
    Attribute("location", Type.REFERENCE, case_exact=True, mutability=_READ_ONLY),
    Attribute("version", case_exact=True, mutability=_READ_ONLY),
)

SCHEMAS: Final = Attribute(
    "schemas",
    Type.REFERENCE,
    multi_valued=True,
    required=True,
    case_exact=True,
    mutability=_READ_ONLY,
    returned=Returned.ALWAYS,
)
ID: Final = Attribute(
    "id",
    required=True,
    case_exact=True,
    mutability=_READ_ONLY,
    returned=Returned.ALWAYS,
    uniqueness=Uniqueness.SERVER,
    description="The service provider's own identifier",
)
EXTERNAL_ID: Final = Attribute(
    "externalId", case_exact=True, description="The client's identifier of this resource"
)
META: Final = Attribute("meta", Type.COMPLEX, mutability=_READ_ONLY, sub=META_PARTS)

COMMON: Final[Mapping[str, Attribute]] = {
    one.name.casefold(): one for one in (SCHEMAS, ID, EXTERNAL_ID, META)
}
