"""The schemas that RFC 7643 itself describes: user, group, enterprise user (4.1, 4.2, 4.3).

Beside the walk; pure description, read by ``schema`` and by the service
provider, which marks what one app requires or keeps unique. ``discovery``
holds the schemas by which a service describes itself.
"""

from typing import Final

from seatkeeper.scim.attribute import Attribute, Mutability, Type, Uniqueness
from seatkeeper.scim.attribute import Returned as Shown
from seatkeeper.scim.messages import ENTERPRISE_USER, GROUP, USER
from seatkeeper.scim.schema import Schema

_PRIMARY: Final = Attribute(
    "primary", Type.BOOLEAN, description="Whether this is the preferred value; true for one only"
)
_PLACES: Final = ("work", "home", "other")


def _texts(names: str) -> tuple[Attribute, ...]:
    return tuple(Attribute(name) for name in names.split())


def _plural(
    name: str,
    description: str,
    kind: Type = Type.STRING,
    canonical: tuple[str, ...] = (),
    references: tuple[str, ...] = (),
) -> Attribute:
    exact = kind is not Type.STRING
    return Attribute(
        name,
        Type.COMPLEX,
        multi_valued=True,
        description=description,
        sub=(
            Attribute("value", kind, case_exact=exact, references=references),
            Attribute("display"),
            Attribute("type", canonical=canonical),
            _PRIMARY,
        ),
    )


def _pointer(
    name: str, kinds: tuple[str, ...], canonical: tuple[str, ...], mutability: Mutability
) -> Attribute:
    """Return an attribute that lists other resources: ``groups`` and ``members``."""
    own = Mutability.READ_ONLY if mutability is Mutability.READ_ONLY else Mutability.IMMUTABLE
    return Attribute(
        name,
        Type.COMPLEX,
        multi_valued=True,
        mutability=mutability,
        sub=(
            Attribute("value", case_exact=True, mutability=own),
            Attribute("$ref", Type.REFERENCE, case_exact=True, mutability=own, references=kinds),
            # The name of whoever it points at: the service provider's to say. A member
            # is shown as it was sent, so its name is there for those who ask.
            Attribute(
                "display",
                mutability=Mutability.READ_ONLY,
                returned=Shown.DEFAULT if own is Mutability.READ_ONLY else Shown.REQUEST,
            ),
            Attribute("type", canonical=canonical, mutability=own),
        ),
    )


_NAME: Final = _texts("formatted familyName givenName middleName honorificPrefix honorificSuffix")
_ADDRESS: Final = _texts("formatted streetAddress locality region postalCode country")

USER_SCHEMA: Final = Schema(
    USER,
    "User",
    "An account of a person",
    (
        Attribute(
            "userName",
            required=True,
            uniqueness=Uniqueness.SERVER,
            description="The name by which the account is found; case does not count",
        ),
        Attribute("name", Type.COMPLEX, sub=_NAME, description="The parts of the person's name"),
        *_texts("displayName nickName"),
        Attribute("profileUrl", Type.REFERENCE, case_exact=True, references=("external",)),
        *_texts("title userType preferredLanguage locale timezone"),
        Attribute("active", Type.BOOLEAN, description="Whether the account may be used"),
        Attribute(
            "password", case_exact=True, mutability=Mutability.WRITE_ONLY, returned=Shown.NEVER
        ),
        _plural("emails", "E-mail addresses", canonical=_PLACES),
        _plural(
            "phoneNumbers",
            "Telephone numbers",
            canonical=("work", "home", "mobile", "fax", "pager", "other"),
        ),
        _plural(
            "ims",
            "Addresses for instant messages",
            canonical=("aim", "gtalk", "icq", "xmpp", "msn", "skype", "qq", "yahoo"),
        ),
        _plural("photos", "Pictures", Type.REFERENCE, ("photo", "thumbnail"), ("external",)),
        Attribute(
            "addresses",
            Type.COMPLEX,
            multi_valued=True,
            description="Postal addresses",
            sub=(*_ADDRESS, Attribute("type", canonical=_PLACES), _PRIMARY),
        ),
        _pointer("groups", ("User", "Group"), ("direct", "indirect"), Mutability.READ_ONLY),
        _plural("entitlements", "What the person may use"),
        _plural("roles", "What the person is in the app"),
        _plural("x509Certificates", "Certificates", Type.BINARY),
    ),
)

GROUP_SCHEMA: Final = Schema(
    GROUP,
    "Group",
    "A group of accounts",
    (
        Attribute("displayName", required=True, description="The name that people read"),
        _pointer("members", ("User", "Group"), ("User", "Group"), Mutability.READ_WRITE),
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
            description="The account of the person's manager",
            sub=(
                Attribute("value", case_exact=True),
                Attribute("$ref", Type.REFERENCE, case_exact=True, references=("User",)),
                Attribute("displayName", mutability=Mutability.READ_ONLY),
            ),
        ),
    ),
)
