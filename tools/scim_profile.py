"""Run a command of ours under the profiler: ``scim_profile.py OUTPUT sandbox ...``.

Every thread is profiled into a table of its own; the tables are added up
when the process is asked to end.
"""

import cProfile
import pstats
import sys
import threading
from collections.abc import Callable
from typing import Any

_tables: list[cProfile.Profile] = []
_run: Callable[[threading.Thread], None] = threading.Thread.run


def _profiled(thread: threading.Thread, *given: Any) -> None:
    table = cProfile.Profile()
    _tables.append(table)
    table.runcall(_run, thread, *given)


def main() -> None:
    """Profile, then write the sum to OUTPUT, read with ``python -m pstats``."""
    output, sys.argv = sys.argv[1], ["seatkeeper", *sys.argv[2:]]
    from anyio._backends import _asyncio

    from seatkeeper.cli.main import entry

    threading.Thread.run = _profiled  # type: ignore[method-assign,assignment]
    worker = _asyncio.WorkerThread
    inner = worker.run

    def run(self: Any) -> None:
        table = cProfile.Profile()
        _tables.append(table)
        table.runcall(inner, self)

    worker.run = run  # type: ignore[method-assign]
    table = cProfile.Profile()
    _tables.append(table)
    try:
        table.runcall(entry)
    finally:
        found = pstats.Stats(_tables[-1])
        for one in _tables[:-1]:
            found.add(one)
        found.dump_stats(output)


if __name__ == "__main__":
    main()
