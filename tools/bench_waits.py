"""Say when the app waits for the engine in a first cycle, and what the engine costs.

    .venv/bin/python tools/bench_waits.py              1,000 people
    PEOPLE=4000 .venv/bin/python tools/bench_waits.py

The stand-in is a process of its own. Seconds in which no request is under way are those in which
the app has nothing to do: before the first one, and in gaps later. Absolute times mean little on a
shared machine; the parts of one run can be compared.
"""

import asyncio
import os
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import bench
from measuring import about_the_machine

from seatkeeper.cli.main import settle_collector
from seatkeeper.connectors.http import Answer, Wire


@dataclass
class Watched:
    """When each request began and ended, by the clock that counts seconds."""

    moments: list[tuple[float, int]] = field(default_factory=list)

    def watch(self) -> None:
        """Note each request of this process from now on."""
        send = Wire.send

        async def noted(wire: Wire, *said: Any, **more: Any) -> Answer:
            self.moments.append((time.perf_counter(), 1))
            try:
                return await send(wire, *said, **more)
            finally:
                self.moments.append((time.perf_counter(), -1))

        Wire.send = noted  # type: ignore[method-assign,assignment]

    def gaps(self) -> list[float]:
        """Return how long nothing was under way, between the first request and the last."""
        found, under_way = [], 0
        self.moments.sort()
        for (at, more), (following, _) in zip(self.moments, self.moments[1:], strict=False):
            under_way += more
            if not under_way:
                found.append(following - at)
        return found


async def measure(url: str, folder: Path, people: int) -> None:
    """Run a first cycle and print its parts."""
    watched = Watched()
    async with bench.company(folder, url, people) as opened:
        watched.watch()
        began, used = time.perf_counter(), time.process_time()
        seconds, cycle = await bench.cycle_of(opened)
        used = time.process_time() - used
    gaps = watched.gaps()
    made = cycle.counters.created
    first = watched.moments[0][0] - began
    print(f"{made} accounts in {seconds:.2f} s ({made / seconds:.0f}/s)")
    print(f"before the first request    {first:.2f} s ({first / seconds:.0%})")
    print(f"the longest gap afterwards  {max(gaps, default=0):.2f} s")
    print(f"{len(gaps):2} gaps, together           {sum(gaps):.2f} s ({sum(gaps) / seconds:.0%})")
    print(f"processor time of the engine {used * 1000 / made:.2f} ms for each account")


def main() -> None:
    """Measure one first cycle beside a fresh stand-in."""
    settle_collector()
    print(about_the_machine())
    with tempfile.TemporaryDirectory() as folder, bench.stand_in(Path(folder)) as url:
        asyncio.run(measure(url, Path(folder), int(os.environ.get("PEOPLE", "1000"))))


if __name__ == "__main__":
    main()
