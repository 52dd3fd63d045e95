"""Ada, her group, and a schema that has every characteristic; for the tests of this room."""

from typing import Any, Final

from seatkeeper.scim.attribute import Attribute, Mutability, Returned, Type, Uniqueness
from seatkeeper.scim.core import ENTERPRISE_SCHEMA, GROUP_SCHEMA, USER_SCHEMA
from seatkeeper.scim.messages import ENTERPRISE_USER, PATCH_OP, USER, Resource
from seatkeeper.scim.schema import ResourceSchema, Schema

BADGE: Final = "urn:example:params:badge:1.0:User"
OLD: Final = "urn:scim:schemas:extension:old:1.0"

BADGE_SCHEMA: Final = Schema(
    BADGE,
    "Badge",
    "One attribute of each kind",
    (
        Attribute("number", Type.INTEGER),
        Attribute("height", Type.DECIMAL),
        Attribute("since", Type.DATE_TIME),
        Attribute("picture", Type.BINARY, case_exact=True),
        Attribute("colour", canonical=("red", "blue"), only_canonical=True),
        Attribute("born", mutability=Mutability.IMMUTABLE),
        Attribute("printed", Type.BOOLEAN, mutability=Mutability.READ_ONLY),
        Attribute("serial", uniqueness=Uniqueness.GLOBAL, case_exact=True),
        Attribute("pin", mutability=Mutability.WRITE_ONLY, returned=Returned.NEVER),
        Attribute("note", returned=Returned.REQUEST),
        Attribute("tag", returned=Returned.ALWAYS),
        Attribute("words", multi_valued=True),
        Attribute(
            "holder",
            Type.COMPLEX,
            sub=(
                Attribute("value", mutability=Mutability.IMMUTABLE),
                Attribute("label", mutability=Mutability.READ_ONLY),
                Attribute("secret", returned=Returned.NEVER),
                Attribute("hint", returned=Returned.REQUEST),
                Attribute("mark", returned=Returned.ALWAYS),
                Attribute("memo"),
            ),
        ),
        Attribute(
            "doors",
            Type.COMPLEX,
            multi_valued=True,
            sub=(
                Attribute("value", required=True, uniqueness=Uniqueness.SERVER),
                Attribute("room", mutability=Mutability.IMMUTABLE),
                Attribute("open", Type.BOOLEAN),
            ),
        ),
    ),
)
OLD_SCHEMA: Final = Schema(OLD, "Old", "A URN of SCIM 1.1", (Attribute("department"),))

USERS: Final = ResourceSchema(USER_SCHEMA, (ENTERPRISE_SCHEMA, BADGE_SCHEMA, OLD_SCHEMA))
CLOSED_USERS: Final = ResourceSchema(USER_SCHEMA, (ENTERPRISE_SCHEMA,), keeps_unknown=False)
GROUPS: Final = ResourceSchema(GROUP_SCHEMA)


def ada(**more: Any) -> Resource:
    return {"userName": "ada", "active": True, **more}


def sent(**more: Any) -> Resource:
    """Ada as a client that follows the RFC sends her."""
    extensions = [name for name in more if ":" in name]
    return {"schemas": [USER, *extensions], **ada(**more)}


def enterprise(**values: Any) -> Resource:
    return {ENTERPRISE_USER: values}


def badge(**values: Any) -> Resource:
    return {BADGE: values}


def message(*operations: Resource) -> Resource:
    return {"schemas": [PATCH_OP], "Operations": list(operations)}
