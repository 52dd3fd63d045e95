"""Remember in a form who was seen to lose something, so that whoever came since is told apart.

After the walk, pure. It compares ids, and says nothing of why anybody loses anything.
"""

from collections.abc import Sequence
from typing import Final

CARRIED: Final = 1_000
"""Of so many who lose something a form remembers each; of more only how many they were."""

_KEY: Final = 12


def carried(losing: Sequence[tuple[str, str]]) -> str:
    """Return what a form remembers of those who lose something, given as ids and names."""
    keys = [record_id[-_KEY:] for record_id, _name in losing[:CARRIED]]
    return " ".join([str(len(losing)), *keys])


def unseen(losing: Sequence[tuple[str, str]], remembered: str) -> Sequence[str]:
    """Return the names of those who lose something and are not in what a form remembered."""
    many, *keys = remembered.split() or [""]
    shown = int(many) if many.isascii() and many.isdigit() and len(many) < 10 else 0
    if shown > CARRIED:
        return [name for _id, name in losing[shown:]]
    seen = set(keys)
    return [name for record_id, name in losing if record_id[-_KEY:] not in seen]
