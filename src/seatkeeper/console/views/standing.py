"""How many people an app concerns, and how many of them have what they should.

After the walk, pure. It counts people, by what is known since the last cycle:
accounts that are active, less those whose end is held, and who waits for one.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from seatkeeper.console.views.values import Plain
from seatkeeper.console.words import whole
from seatkeeper.provisioning.held import HeldKind
from seatkeeper.provisioning.removal import Removal


@dataclass(frozen=True, slots=True)
class Standing:
    """People in scope, and those of them who are in step."""

    scope: int
    step: int

    @property
    def share(self) -> str:
        """A percentage that says 100 only where nobody is missing; nothing where nobody is."""
        if not self.scope:
            return ""
        if self.step >= self.scope:
            return "100 %"
        return f"{min(99.9, 100 * self.step / self.scope):.1f} %"


def standing(app: Plain, waiting: tuple[int, int], held: Sequence[HeldKind]) -> Standing:
    """Return how people stand. ``waiting`` is how many wait, and how many without account."""
    everybody, without = waiting
    taken = sum(one.count for one in held if one.what is Removal.ACCESS)
    active = whole(app.get("users")) - whole(app.get("deactivated"))
    scope = max(0, active - taken) + without
    return Standing(scope, max(0, scope - everybody))
