"""Start real processes of the product quickly: one that has imported everything forks the others.

A thousand kills need a thousand starts; nearly all of a start is importing. Each child is a
process of its own, which opens its own database and is killed by its own number.

``python -m tests.soak.nursery`` is the process that forks; ``Nursery`` talks to it.
"""

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from importlib import import_module
from pathlib import Path
from typing import Any, Self


class Nursery:
    """The process that forks, seen from the test; every call is answered at once."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.soak.nursery"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self._ended: dict[int, int] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process.wait()

    def start(self, arguments: list[str], settings: Mapping[str, str], output: Path) -> int:
        """Run one command line in a new process; return its number."""
        return int(self._ask(start=arguments, settings=dict(settings), output=str(output)))

    def status(self, pid: int) -> int | None:
        """Return how a child has ended, negative for a signal; none while it runs."""
        if pid not in self._ended and (found := self._ask(status=pid)) is not None:
            self._ended[pid] = os.waitstatus_to_exitcode(found)
        return self._ended.get(pid)

    def _ask(self, **question: Any) -> Any:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(question) + "\n")
        self._process.stdin.flush()
        return json.loads(self._process.stdout.readline())


def main() -> None:
    """Fork whoever is asked for, until nobody can ask any more."""
    from seatkeeper.cli.main import entry

    import_module("seatkeeper.cli.serving")  # what a worker imports only when it is called
    for line in sys.stdin:
        asked = json.loads(line)
        if "status" in asked:
            pid, status = os.waitpid(asked["status"], os.WNOHANG)
            answer = status if pid else None
        elif (answer := os.fork()) == 0:
            _become(asked)
            entry()
        sys.stdout.write(json.dumps(answer) + "\n")
        sys.stdout.flush()


def _become(asked: Mapping[str, Any]) -> None:
    """Be a process that was started with this command line, these settings and this output."""
    output = os.open(asked["output"], os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    nothing = os.open(os.devnull, os.O_RDONLY)
    for own, standard in ((nothing, 0), (output, 1), (output, 2)):
        os.dup2(own, standard)
    os.environ.update(asked["settings"])
    sys.argv = ["seatkeeper", *asked["start"]]


if __name__ == "__main__":
    main()
