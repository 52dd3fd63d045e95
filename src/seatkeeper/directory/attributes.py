"""Which attributes a user and a group can have, and of which type.

Stands before the walk: sources and imports are checked here, mappings read by
these names. Names follow the reference directory (Graph and its mapping
pages), so exported mappings load unchanged; extension attributes follow its
pattern ``extension_<app>_<name>``.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from seatkeeper.directory.model import Value
from seatkeeper.errors import InvalidValue

LONGEST: Final = 65_536
"""Most characters in one value (reliability: limits on input, 64 KiB)."""

MOST_VALUES: Final = 1_000
"""Most values of one multi-valued attribute."""

_EXTENSION = re.compile(r"extension_[0-9A-Za-z]{1,64}_[0-9A-Za-z_]{1,120}")


class Type(StrEnum):
    """How an attribute's value is held."""

    STRING = "string"
    STRINGS = "strings"
    BOOLEAN = "boolean"
    REFERENCE = "reference"


@dataclass(frozen=True, slots=True)
class Attribute:
    """One attribute: name, type, and whether people may write it."""

    name: str
    type: Type
    writable: bool = True


def _table(*groups: tuple[Type, str]) -> Mapping[str, Attribute]:
    return {name: Attribute(name, kind) for kind, names in groups for name in names.split()}


USER_ATTRIBUTES: Final[Mapping[str, Attribute]] = {
    **_table(
        (
            Type.STRING,
            "userPrincipalName mail mailNickname displayName givenName surname middleName "
            "jobTitle department companyName division costCenter organization employeeId "
            "employeeType employeeHireDate employeeLeaveDateTime userType "
            "physicalDeliveryOfficeName streetAddress city state postalCode country "
            "telephoneNumber mobile facsimileTelephoneNumber preferredLanguage usageLocation "
            "timezone locale honorificPrefix honorificSuffix nickName profileUrl photoUrl "
            "aboutMe onPremisesSamAccountName onPremisesImmutableId onPremisesDistinguishedName",
        ),
        (Type.STRING, " ".join(f"extensionAttribute{n}" for n in range(1, 16))),
        (Type.STRINGS, "otherMails proxyAddresses businessPhones skills"),
    ),
    "objectId": Attribute("objectId", Type.STRING, writable=False),
    "accountEnabled": Attribute("accountEnabled", Type.BOOLEAN),
    "manager": Attribute("manager", Type.REFERENCE),
}

GROUP_ATTRIBUTES: Final[Mapping[str, Attribute]] = {
    **_table((Type.STRING, "displayName description mail mailNickname")),
    "objectId": Attribute("objectId", Type.STRING, writable=False),
    "members": Attribute("members", Type.REFERENCE, writable=False),
}


def user_attribute(name: str) -> Attribute | None:
    """Return the user attribute of that exact name; extension attributes are text."""
    known = USER_ATTRIBUTES.get(name)
    if known is None and _EXTENSION.fullmatch(name):
        return Attribute(name, Type.STRING)
    return known


def checked(attribute: Attribute, value: Value) -> Value | None:
    """Return ``value`` as it is held, or none where it is empty and so means null.

    Raises ``InvalidValue`` for another type, a value over ``LONGEST``
    characters, or a character that no app could take (NUL, lone surrogates).
    """
    if attribute.type is Type.BOOLEAN:
        if not isinstance(value, bool):
            raise InvalidValue(f"{attribute.name} takes true or false.")
        return value
    if attribute.type is Type.STRINGS:
        if not isinstance(value, tuple):
            raise InvalidValue(f"{attribute.name} takes a list of texts.")
        if len(value) > MOST_VALUES:
            raise InvalidValue(f"{attribute.name} has more than {MOST_VALUES} values.")
        kept = tuple(dict.fromkeys(_checked_text(attribute, one) for one in value if one != ""))
        return kept or None
    if not isinstance(value, str):
        raise InvalidValue(f"{attribute.name} takes one text.")
    return _checked_text(attribute, value) or None


def _checked_text(attribute: Attribute, text: str) -> str:
    if len(text) > LONGEST:
        raise InvalidValue(f"{attribute.name} is longer than {LONGEST} characters.")
    for character in text:
        if character == "\0" or "\ud800" <= character <= "\udfff":
            raise InvalidValue(
                f"{attribute.name} holds U+{ord(character):04X}, which no app can take."
            )
    return text
