"""Who pushes people in, and how what is not theirs is refused.

At the source of the walk, beside ``store.inbound``. What is whose decides
``directory.sourcing``.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from seatkeeper.directory.sourcing import MATCHING, REFUSALS, Ruling
from seatkeeper.provisioning.inbound import InboundMappings
from seatkeeper.scim.holding import Keys
from seatkeeper.scim.messages import Resource, ScimError

ACTOR: Final = "scim:"
"""With this begins what the feed and the audit trail call a source."""

_STATUS: Final = {Ruling.ADMINISTRATOR: 403}
"""How a refusal is answered; 409 where nothing is said."""


@dataclass(frozen=True, slots=True)
class Source:
    """Who pushes, how what it says is read, and who is out of its reach.

    ``keys_of`` says what of a resource is looked up and unique; ``administrators``
    are folded userNames. ``matching``: by what its people are known, in this order;
    ``rules``: the version of its rules that all this follows.
    """

    name: str
    mappings: InboundMappings
    keys_of: Callable[[str, Resource], Keys]
    administrators: frozenset[str] = frozenset()
    matching: Sequence[str] = MATCHING
    rules: int = 0

    @property
    def actor(self) -> str:
        """Who changed something, in the feed and the audit trail."""
        return f"{ACTOR}{self.name}"


class Refusal(ScimError):
    """A wish that the rule of whose a record is refuses; the audit trail tells of it."""

    def __init__(self, ruling: Ruling, record_id: str) -> None:
        status = _STATUS.get(ruling, 409)
        super().__init__(status, "uniqueness" if status == 409 else "", REFUSALS[ruling])
        self.ruling = ruling
        self.record_id = record_id
