"""Bytes in and out of a SCIM service, with their limits.

A door in, beside the walk. Whatever arrives is read into plain JSON or
refused with a SCIM error; nothing that a client sends can make this raise
anything else.
"""

from dataclasses import dataclass, field
from typing import Final

import msgspec

from seatkeeper.scim.messages import CONTENT_TYPE, Json, Resource, ScimError, error_body

LARGEST_BODY: Final = 10 * 1024 * 1024
_DEEPEST: Final = 32
_MOST_KEYS: Final = 1_000
_LONGEST_TEXT: Final = 64 * 1024


@dataclass(frozen=True, slots=True)
class Answer:
    """What goes back: status, body (empty for 204) and headers."""

    status: int
    body: Resource | None = None
    headers: dict[str, str] = field(default_factory=dict)

    def encoded(self) -> bytes:
        """Return the body as it is sent."""
        return b"" if self.body is None else msgspec.json.encode(self.body)

    def all_headers(self) -> dict[str, str]:
        """Return the headers, the content type of SCIM included."""
        kind = {} if self.body is None else {"Content-Type": CONTENT_TYPE}
        return {**kind, "Cache-Control": "no-store", **self.headers}


def refusal(error: ScimError) -> Answer:
    """Return the answer that says what ``error`` says."""
    return Answer(error.status, error_body(error.status, error.message, error.scim_type))


def read_body(raw: bytes) -> Resource:
    """Return the JSON object in ``raw``. Raises ``ScimError`` for anything else, or too much."""
    if len(raw) > LARGEST_BODY:
        raise ScimError(413, "", f"At most {LARGEST_BODY} bytes at a time.")
    try:
        value = msgspec.json.decode(raw)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise ScimError(400, "invalidSyntax", "The body is not JSON that can be read.") from error
    if not isinstance(value, dict):
        raise ScimError(400, "invalidSyntax", "The body must be a JSON object.")
    _measure(value, 1)
    return value


def _measure(value: Json, depth: int) -> None:
    if depth > _DEEPEST:
        raise ScimError(400, "invalidSyntax", f"The body has more than {_DEEPEST} levels.")
    if isinstance(value, str) and len(value) > _LONGEST_TEXT:
        raise ScimError(400, "invalidValue", f"A text is longer than {_LONGEST_TEXT} characters.")
    if isinstance(value, dict):
        if len(value) > _MOST_KEYS:
            raise ScimError(400, "invalidSyntax", f"An object has more than {_MOST_KEYS} keys.")
        for key, part in value.items():
            _measure(key, depth + 1)
            _measure(part, depth + 1)
    elif isinstance(value, list):
        for part in value:
            _measure(part, depth + 1)
