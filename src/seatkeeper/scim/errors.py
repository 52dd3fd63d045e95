"""The refusals of SCIM, as one tree: status, scimType, detail (RFC 7644 3.12, RFC 9865 2.1).

    BadInput
    └── ScimError                what one request, filter, path or PATCH cannot have
        ├── InvalidSyntax        400  the message has not the shape that the RFC gives it
        ├── InvalidFilter        400  the filter cannot be read, or asks what nobody may ask
        ├── InvalidPath          400  the path cannot be read, or names no attribute
        ├── UnfitValue           400  invalidValue: a value is missing or of another type
        ├── NoTarget             400  the path names nothing that is there
        ├── NotWritable          400  mutability: read-only, or immutable and set already
        ├── TooMany              413  more parts than one message may have
        ├── TooLarge             413  more bytes, or more work, than one message may cost
        ├── Taken                409  uniqueness: somebody else has this value
        ├── Circular             409  bulk operations that wait for each other
        ├── NotThere             404  nothing answers to that id or path
        ├── VersionMismatch      412  the resource is no longer the one that the client read
        ├── InvalidCursor        400  the cursor was not made here, or for another query
        ├── ExpiredCursor        400  the cursor is older than it may become
        └── InvalidCount         400  the page size changed between two pages, or is none

Beside the walk. ``message`` is the ``detail`` that the client reads: it says
what is wrong and never repeats another person's values. A refusal that has no
class of its own (405, 501) is a plain ``ScimError`` with its status.
"""

from typing import ClassVar, Final

from seatkeeper.errors import BadInput


class ScimError(BadInput):
    """A request, filter, path or PATCH that SCIM answers with an error.

    ``status`` is the HTTP status, ``scim_type`` one of RFC 7644's table 9 or
    empty, ``message`` the ``detail``.
    """

    code = "scim.invalid"

    def __init__(self, status: int, scim_type: str, detail: str) -> None:
        super().__init__(detail)
        self.status = status
        self.scim_type = scim_type


class _Known(ScimError):
    """A refusal whose status and scimType belong to its class."""

    of_status: ClassVar[int] = 400
    of_type: ClassVar[str] = ""

    def __init__(self, detail: str) -> None:
        super().__init__(self.of_status, self.of_type, detail)


class InvalidSyntax(_Known):
    """The message has not the shape that the RFC gives it."""

    of_type = "invalidSyntax"


class InvalidFilter(_Known):
    """The filter cannot be read, or asks for what nobody may ask."""

    of_type = "invalidFilter"


class InvalidPath(_Known):
    """The path cannot be read, or names no attribute."""

    of_type = "invalidPath"


class UnfitValue(_Known):
    """A value is missing, or of another type than its attribute takes."""

    of_type = "invalidValue"


class NoTarget(_Known):
    """The path names nothing that is there."""

    of_type = "noTarget"


class NotWritable(_Known):
    """The attribute is read-only, or immutable and set already, or required and may not go."""

    of_type = "mutability"


class TooMany(_Known):
    """More parts than one message may have."""

    of_status, of_type = 413, "tooMany"


class TooLarge(_Known):
    """More bytes, or more work, than one message may cost."""

    of_status = 413


class Taken(_Known):
    """A value that must be unique belongs to somebody else; the detail does not say to whom."""

    of_status, of_type = 409, "uniqueness"


class Circular(_Known):
    """Operations of one bulk message that wait for each other (RFC 7644 3.7.1)."""

    of_status = 409


class NotThere(_Known):
    """Nothing answers to that id or path."""

    of_status = 404


class VersionMismatch(_Known):
    """The resource is no longer the one that the client read (RFC 7644 3.14)."""

    of_status = 412


class InvalidCursor(_Known):
    """The cursor was not made here, or not for this query (RFC 9865 2.1)."""

    of_type = "invalidCursor"


class ExpiredCursor(_Known):
    """The cursor is older than it may become (RFC 9865 2.1)."""

    of_type = "expiredCursor"


class InvalidCount(_Known):
    """The page size is none, or another one than on the page before (RFC 9865 2.1)."""

    of_type = "invalidCount"


_BY_TYPE: Final[dict[str, type[_Known]]] = {
    one.of_type: one
    for one in (
        InvalidSyntax,
        InvalidFilter,
        InvalidPath,
        UnfitValue,
        NoTarget,
        NotWritable,
        InvalidCursor,
        ExpiredCursor,
        InvalidCount,
    )
}


def refusal_of(scim_type: str, detail: str) -> ScimError:
    """Return the refusal that goes by ``scim_type``, ready to be raised."""
    return _BY_TYPE[scim_type](detail)
