"""In which order things run that wait for each other (RFC 7644 3.7.1, 3.7.2).

Beside the walk. Nothing runs before what it waits for; otherwise the order of
the message stands. Where things wait in a ring, one that can be finished later
runs first, with that wait put off. What waits for itself, in a ring that
nothing opens, or in too long a chain, is refused with a reason. Work is linear
in operations and references but for the rings, and needs no stack.
"""

import heapq
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Order:
    """``sequence`` names every operation once; ``refused`` those that cannot run, with why.

    ``put_off`` says for whom an operation no longer waits: it runs before them
    and is finished after them.
    """

    sequence: tuple[int, ...]
    refused: Mapping[int, str]
    put_off: Mapping[int, frozenset[int]]


def order_of(
    waits: Sequence[Sequence[int]],
    *,
    deepest: int,
    may_put_off: Sequence[Collection[int]] = (),
) -> Order:
    """Return the order for operations where ``waits[n]`` are those that ``n`` waits for.

    ``may_put_off[n]`` are those of them without whom ``n`` can begin.
    """
    line = _Line(waits, deepest)
    sequence = line.run()
    put_off: dict[int, frozenset[int]] = {}
    hopeless = _hopeless(waits, may_put_off) if may_put_off else frozenset(range(len(waits)))
    while True:
        opened = line.open_ring(may_put_off, hopeless)
        if opened is None:
            break
        at, left = opened
        put_off[at] = left
        sequence += line.run()
    stuck = line.stuck()
    for at in stuck:
        line.refused[at] = "These operations wait for each other through their bulkIds."
    return Order((*sequence, *stuck), line.refused, put_off)


def _hopeless(
    waits: Sequence[Sequence[int]], may_put_off: Sequence[Collection[int]]
) -> frozenset[int]:
    """Return those that could not run, or not be finished, whatever is put off."""
    firm = [
        [one for one in for_those if one not in allowed]
        for for_those, allowed in zip(waits, may_put_off, strict=True)
    ]
    line = _Line(firm, len(waits))
    line.run()
    followers: list[list[int]] = [[] for _ in waits]
    for at, for_those in enumerate(waits):
        for one in for_those:
            followers[one].append(at)
    found = set(line.stuck())
    spreading = list(found)
    while spreading:
        new = set(followers[spreading.pop()]) - found
        found |= new
        spreading += new
    return frozenset(found)


class _Line:
    """Who still waits for whom."""

    def __init__(self, waits: Sequence[Sequence[int]], deepest: int) -> None:
        self._missing = [set(for_those) for for_those in waits]
        self._followers: list[list[int]] = [[] for _ in waits]
        for at, for_those in enumerate(self._missing):
            for one in for_those:
                self._followers[one].append(at)
        self._depth = [0] * len(waits)
        self._deepest = deepest
        self._begun = [False] * len(waits)
        self._ready = [at for at, missing in enumerate(self._missing) if not missing]
        self.refused: dict[int, str] = {}

    def run(self) -> list[int]:
        """Return those that can run now, each with those that this frees, in order."""
        found: list[int] = []
        heapq.heapify(self._ready)
        while self._ready:
            at = heapq.heappop(self._ready)
            self._begun[at] = True
            found.append(at)
            if self._depth[at] > self._deepest:
                self.refused[at] = (
                    f"References follow each other over more than {self._deepest} operations."
                )
            for follower in self._followers[at]:
                missing = self._missing[follower]
                if at not in missing:
                    continue
                missing.remove(at)
                self._depth[follower] = max(self._depth[follower], self._depth[at] + 1)
                if not missing:
                    heapq.heappush(self._ready, follower)
        return found

    def open_ring(
        self, may_put_off: Sequence[Collection[int]], hopeless: Collection[int]
    ) -> tuple[int, frozenset[int]] | None:
        """Let the first one go that can be finished later; none if nobody can."""
        for at, allowed in enumerate(may_put_off):
            missing = self._missing[at]
            if not self._begun[at] and at not in hopeless and missing.issubset(allowed):
                left = frozenset(missing)
                missing.clear()
                self._ready.append(at)
                return at, left
        return None

    def stuck(self) -> list[int]:
        """Return those that nothing lets go."""
        return [at for at, begun in enumerate(self._begun) if not begun]
