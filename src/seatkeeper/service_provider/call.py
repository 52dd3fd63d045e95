"""One request as a SCIM service needs it, without the socket it came through.

A door in, beside the walk. Decides nothing: ``negotiation`` reads its headers,
``service`` finds what it is about.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

import msgspec

from seatkeeper.scim.dialect import Inspection
from seatkeeper.scim.limits import read_body
from seatkeeper.scim.messages import Resource


@dataclass(frozen=True, slots=True)
class Call:
    """One request, as the service needs it; ``base`` is the service's own URL.

    ``inspection`` fixes the dialect, and holds what was noticed once the call
    is answered. Names of ``headers`` are in small letters. ``bound_to`` tells
    clients apart, for cursors. A call that is one operation of a bulk message
    carries its ``data`` instead of a body.
    """

    method: str
    parts: tuple[str, ...]
    query: Mapping[str, str]
    body: bytes
    base: str
    inspection: Inspection = field(default_factory=Inspection)
    headers: Mapping[str, str] = field(default_factory=dict)
    bound_to: str = ""
    data: Resource | None = None

    @property
    def is_in_bulk(self) -> bool:
        """Say whether this is one operation of a bulk message."""
        return self.data is not None

    @property
    def size(self) -> int:
        """How many bytes were sent; of an operation's data, how many it would take alone."""
        return len(self.body) if self.data is None else len(msgspec.json.encode(self.data))

    def header(self, name: str) -> str:
        """Return a header, or an empty text."""
        return self.headers.get(name, "")

    def resource(self) -> Resource:
        """Return the JSON object that was sent. Raises ``ScimError`` for anything else."""
        return read_body(self.body) if self.data is None else self.data
