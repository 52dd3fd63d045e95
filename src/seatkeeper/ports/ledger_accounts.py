"""The part of the engine's memory that says how many accounts there are in an app.

Beside the walk. A base of ``ports.ledger.Ledger``, which one store implements as a whole.
"""

from dataclasses import dataclass
from typing import Protocol

from seatkeeper.provisioning.account import TargetValues


@dataclass(frozen=True, slots=True)
class Accounts:
    """How many people and groups are linked; ``deactivated`` of the people have lost access."""

    people: int = 0
    groups: int = 0
    deactivated: int = 0


class LedgerOfAccounts(Protocol):
    """What is counted for pages and commands. What a cycle goes by is ``link_counts``."""

    async def accounts(self, app_id: str, access: TargetValues) -> Accounts:
        """Return how many there are; ``access`` is what accounts without access were written."""
