"""The port to the post: who is told about an app's faults, and by what.

Beside the walk.
"""

from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Notice:
    """One mail to be sent: plain text, no attribute values, no secrets."""

    id: int
    recipient: str
    subject: str
    body: str


class Post(Protocol):
    """Delivers a notice; raises ``Unreachable`` or ``Refused`` when it could not."""

    async def deliver(self, notice: Notice) -> None:
        """Hand the notice to the mail server."""
