"""Play seeds from the command line: one to read, or many to count.

    python -m tests.simulation.run 42              plays seed 42 and prints every step
    python -m tests.simulation.run 0-200 --jobs 2  plays 200 seeds and prints what happened
    python -m tests.simulation.run 0-500 --planted members_are_merged
                                                   prints the first seed that catches that bug

Exit status 1 where a promise was broken. The order of sets is fixed, so that a seed plays the
same in every process.
"""

import argparse
import concurrent.futures
import json
import os
import sys
import time
from collections import Counter
from collections.abc import Iterator

import structlog
from tests.simulation.app import FAULTS
from tests.simulation.planted import PLANTED, RARE
from tests.simulation.play import Outcome, simulate


def main() -> int:
    """Read the arguments, play, print, and return the exit status."""
    if os.environ.get("PYTHONHASHSEED") != "0":
        os.environ["PYTHONHASHSEED"] = "0"
        again = [sys.executable, "-m", "tests.simulation.run", *sys.argv[1:]]
        os.execv(sys.executable, again)  # noqa: S606 - this very program
    reading = argparse.ArgumentParser(description=__doc__)
    reading.add_argument("seeds", help="one seed, or FIRST-END")
    reading.add_argument("--jobs", type=int, default=1, help="processes")
    reading.add_argument("--json", action="store_true", help="print the result for programs")
    reading.add_argument("--planted", help="a bug to look for")
    asked = reading.parse_args()
    structlog.configure(logger_factory=structlog.PrintLoggerFactory(sys.stderr))
    if "-" not in asked.seeds:
        return _one(int(asked.seeds))
    first, end = (int(one) for one in asked.seeds.split("-"))
    if asked.planted:
        return _caught(range(first, end), asked.planted)
    return _many(range(first, end), asked.jobs, for_programs=asked.json)


def _one(seed: int) -> int:
    outcome = simulate(seed)
    print("\n".join(outcome.trace))
    print(f"seed {seed}: digest {outcome.digest[:16]}")
    for one in outcome.violations:
        print(f"  BROKEN: {one}")
    return 1 if outcome.violations else 0


def _caught(seeds: range, bug: str) -> int:
    with next(one for one in (*PLANTED, *RARE) if one.__name__ == bug)():
        caught = next((seed for seed in seeds if simulate(seed).violations), None)
    print(json.dumps({"caught": caught}))
    return 0 if caught is not None else 1


def _many(seeds: range, jobs: int, *, for_programs: bool) -> int:
    began = time.perf_counter()
    happened: Counter[str] = Counter()
    broken: dict[int, list[str]] = {}
    digests: dict[int, str] = {}
    for outcome in _played(seeds, jobs):
        happened += outcome.happened
        digests[outcome.seed] = outcome.digest
        if outcome.violations:
            broken[outcome.seed] = outcome.violations
            if not for_programs:
                print(f"seed {outcome.seed}: {outcome.violations[0]}", flush=True)
    if for_programs:
        print(json.dumps({"happened": happened, "broken": broken, "digests": digests}))
        return 1 if broken else 0
    took = time.perf_counter() - began
    print(f"{len(seeds)} seeds in {took:.0f} s ({len(seeds) / took:.1f} a second), ", end="")
    print(f"{sum(happened.values())} things happened, {len(broken)} seeds broke a promise")
    for what, count in sorted(happened.items()):
        print(f"  {count:8} {what}")
    for fault in FAULTS:
        if not happened[fault]:
            print(f"  the fault {fault!r} did not occur")
    return 1 if broken else 0


def _played(seeds: range, jobs: int) -> Iterator[Outcome]:
    if jobs == 1:
        return map(simulate, seeds)
    pool = concurrent.futures.ProcessPoolExecutor(jobs)
    return pool.map(simulate, seeds, chunksize=10)


if __name__ == "__main__":
    sys.exit(main())
