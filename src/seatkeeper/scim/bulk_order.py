"""In which order things run that wait for each other (RFC 7644 3.7.2).

Beside the walk. Nothing runs before what it waits for; otherwise the order of
the message stands. What waits for itself, or in a ring, or in too long a
chain, is refused with a reason. Work is linear in operations and references,
and needs no stack.
"""

import heapq
from collections.abc import Mapping, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Order:
    """``sequence`` names every operation once; ``refused`` those that cannot run, with why."""

    sequence: tuple[int, ...]
    refused: Mapping[int, str]


def order_of(waits: Sequence[Sequence[int]], *, deepest: int) -> Order:
    """Return the order for operations where ``waits[n]`` are those that ``n`` waits for."""
    missing = [len(set(for_those)) for for_those in waits]
    followers: list[list[int]] = [[] for _ in waits]
    for at, for_those in enumerate(waits):
        for one in set(for_those):
            followers[one].append(at)
    depth = [0] * len(waits)
    ready = [at for at, count in enumerate(missing) if count == 0]
    heapq.heapify(ready)
    sequence: list[int] = []
    refused: dict[int, str] = {}
    while ready:
        at = heapq.heappop(ready)
        sequence.append(at)
        if depth[at] > deepest:
            refused[at] = f"References follow each other over more than {deepest} operations."
        for follower in followers[at]:
            depth[follower] = max(depth[follower], depth[at] + 1)
            missing[follower] -= 1
            if missing[follower] == 0:
                heapq.heappush(ready, follower)
    stuck = [at for at, count in enumerate(missing) if count > 0]
    for at in stuck:
        refused[at] = "These operations wait for each other through their bulkIds."
    return Order((*sequence, *stuck), refused)
