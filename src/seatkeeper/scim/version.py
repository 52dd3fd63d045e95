"""Versions of resources and the conditions that clients put on them (RFC 7644 3.14).

Beside the walk. Versions are weak entity tags, compared weakly: SCIM's
conditional writes would otherwise never succeed. What the version is made of
is the store's choice; it changes whenever the resource does, and only then.
"""

import re
from enum import Enum, auto
from typing import Final

from seatkeeper.scim.errors import VersionMismatch

_TAG: Final = re.compile(r'\s*(?:W/)?"(?P<tag>[^"]*)"\s*(?:,|$)')
_READS: Final = ("GET", "HEAD")


class Decision(Enum):
    """What a condition means for a request."""

    PROCEED = auto()
    NOT_MODIFIED = auto()


def version_tag(version: int | str) -> str:
    """Return a version as ``ETag`` and ``meta.version`` show it."""
    return f'W/"{version}"'


def decide(method: str, current: str, *, if_match: str = "", if_none_match: str = "") -> Decision:
    """Say whether a request on a resource with the tag ``current`` goes on.

    Raises ``VersionMismatch`` where the client wrote about another version. A
    header that holds no tag names no version, so ``If-Match`` fails with it.
    """
    if if_match and not _names(if_match, current):
        raise VersionMismatch("The resource has changed since you read it. Read it again.")
    if if_none_match and _names(if_none_match, current):
        if method in _READS:
            return Decision.NOT_MODIFIED
        raise VersionMismatch("The resource is there already, in this version.")
    return Decision.PROCEED


def _names(header: str, current: str) -> bool:
    if header.strip() == "*":
        return True
    return _bare(current) in {found["tag"] for found in _TAG.finditer(header)}


def _bare(tag: str) -> str:
    return tag.removeprefix("W/").strip('"')
