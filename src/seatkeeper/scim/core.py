"""The schemas that RFC 7643 itself describes: user, group, enterprise user.

Beside the walk; pure description, read by ``schema`` and by the service
provider, which marks what one app requires or keeps unique.
"""

from typing import Final

from seatkeeper.scim.messages import ENTERPRISE_USER, GROUP, USER
from seatkeeper.scim.schema import Attribute, Schema, Type

_PRIMARY: Final = Attribute("primary", Type.BOOLEAN)


def _texts(names: str) -> tuple[Attribute, ...]:
    return tuple(Attribute(name) for name in names.split())


def _plural(name: str, value: Type = Type.STRING) -> Attribute:
    sub = (Attribute("value", value), Attribute("display"), Attribute("type"), _PRIMARY)
    return Attribute(name, Type.COMPLEX, multi_valued=True, sub=sub)


_NAME: Final = _texts("formatted familyName givenName middleName honorificPrefix honorificSuffix")
_ADDRESS: Final = _texts("formatted streetAddress locality region postalCode country type")
_ID: Final = Attribute("id", case_exact=True, read_only=True)
_EXTERNAL_ID: Final = Attribute("externalId", case_exact=True)
_REFERENCE: Final = Attribute("$ref", Type.REFERENCE, case_exact=True)
_TARGET_ID: Final = Attribute("value", case_exact=True)

USER_SCHEMA: Final = Schema(
    USER,
    "User",
    "An account of a person",
    (
        Attribute("userName", required=True, unique=True),
        Attribute("name", Type.COMPLEX, sub=_NAME),
        *_texts("displayName nickName"),
        Attribute("profileUrl", Type.REFERENCE),
        *_texts("title userType preferredLanguage locale timezone"),
        Attribute("active", Type.BOOLEAN),
        Attribute("password", write_only=True),
        _plural("emails"),
        _plural("phoneNumbers"),
        _plural("ims"),
        _plural("photos", Type.REFERENCE),
        Attribute(
            "addresses",
            Type.COMPLEX,
            multi_valued=True,
            sub=(*_ADDRESS, _PRIMARY),
        ),
        Attribute(
            "groups",
            Type.COMPLEX,
            multi_valued=True,
            read_only=True,
            sub=(_TARGET_ID, _REFERENCE, *_texts("display type")),
        ),
        _plural("entitlements"),
        _plural("roles"),
        _plural("x509Certificates"),
        _ID,
        _EXTERNAL_ID,
    ),
)

GROUP_SCHEMA: Final = Schema(
    GROUP,
    "Group",
    "A group of accounts",
    (
        Attribute("displayName", required=True),
        Attribute(
            "members",
            Type.COMPLEX,
            multi_valued=True,
            sub=(_TARGET_ID, _REFERENCE, *_texts("display type")),
        ),
        _ID,
        _EXTERNAL_ID,
    ),
)

ENTERPRISE_SCHEMA: Final = Schema(
    ENTERPRISE_USER,
    "EnterpriseUser",
    "What an employer adds to an account",
    (
        *_texts("employeeNumber costCenter organization division department"),
        Attribute(
            "manager",
            Type.COMPLEX,
            sub=(_TARGET_ID, _REFERENCE, Attribute("displayName", read_only=True)),
        ),
    ),
)
