"""What goes out of a SCIM service: status, headers, bytes.

A door in, beside the walk. What comes in is read by ``scim.limits``.
"""

from dataclasses import dataclass, field
from functools import cached_property
from typing import Final

import msgspec

from seatkeeper.scim.limits import BODY_LIMITS
from seatkeeper.scim.messages import CONTENT_TYPE, Resource, ScimError, error_body

LARGEST_BODY: Final = BODY_LIMITS.size
RETRY_SECONDS: Final = 5


@dataclass(frozen=True)
class Answer:
    """What goes back: status, body (empty for 204) and headers."""

    status: int
    body: Resource | None = None
    headers: dict[str, str] = field(default_factory=dict)

    def encoded(self) -> bytes:
        """Return the body as it is sent; made once, for the client and for who writes it down."""
        return self._encoded

    @cached_property
    def _encoded(self) -> bytes:
        return b"" if self.body is None else msgspec.json.encode(self.body)

    def all_headers(self, form: str = CONTENT_TYPE) -> dict[str, str]:
        """Return the headers, the content type included."""
        kind = {} if self.body is None else {"Content-Type": form}
        return {**kind, "Cache-Control": "no-store", **self.headers}


def refusal(error: ScimError) -> Answer:
    """Return the answer that says what ``error`` says."""
    return Answer(error.status, error_body(error.status, error.message, error.scim_type))


def unusable() -> Answer:
    """Return the answer while the storage cannot be used.

    The storage's own words name places on this machine; they are for whoever
    runs the service.
    """
    detail = "The service cannot use its storage now. Read again before you repeat a write."
    return Answer(503, error_body(503, detail), {"Retry-After": str(RETRY_SECONDS)})


def options_or_refusal(method: str, *allowed: str) -> Answer:
    """Return what a method gets that does nothing here: OPTIONS its answer, others 405."""
    named = ", ".join((*allowed, "OPTIONS"))
    if method == "OPTIONS":
        return Answer(204, None, {"Allow": named})
    return Answer(405, error_body(405, f"Only {named} here."), {"Allow": named})
