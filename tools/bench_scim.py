"""Measure our SCIM service against two others on the same machine, in one run.

    make bench                                 after the others
    .venv/bin/python tools/bench_scim.py       this alone, with its defaults
    PEOPLE=10000 ROUNDS=5 SECONDS=5 .venv/bin/python tools/bench_scim.py
    DEPTH=100000 ROUNDS=1 STAGES=list .venv/bin/python tools/bench_scim.py  # deep, slow

    ONLY=seatkeeper STAGES=people OPERATION=POST PROFILE=/tmp/post.prof ... one profiled

Operations share stages: the three servers are filled alike and take turns,
one awake at a time, round after round. docs/performance.md says what is
compared and how to read the table.
"""

import asyncio
import contextlib
import json
import os
import random
import signal
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import scim_servers as servers
from scim_client import Asked, Counted, ask_many, ask_once, request
from scim_servers import OURS, TOKEN, Running, user_body

LANES = 16
PAGE = 100
BAR = 3.0
LONGEST = float(os.environ.get("LONGEST", "60"))
"""Seconds after which an operation begins no further round."""

Stock = Callable[[Running, random.Random], Iterator[Asked]]


@dataclass(frozen=True)
class Operation:
    """One row of the table. ``proves`` says whether a first answer is the right one."""

    name: str
    stock: Stock
    proves: Callable[[bytes], bool]


@dataclass
class Figures:
    """What one server did in one operation, a figure for each round."""

    rates: list[float] = field(default_factory=list)
    per_cpu: list[float] = field(default_factory=list)
    client: list[float] = field(default_factory=list)

    def add(self, counted: Counted, server_seconds: float) -> None:
        """Keep one round. Processor time is counted in hundredths, hence the floor."""
        self.rates.append(counted.rate)
        self.per_cpu.append(counted.answers / max(server_seconds, 0.01))
        both = counted.client_seconds + max(server_seconds, 0.01)
        self.client.append(counted.client_seconds / both)


def _asked(
    server: Running, method: str, path: str, body: object = None, accept: tuple[int, ...] = (200,)
) -> Asked:
    return request(
        method,
        server.path + path,
        host=f"127.0.0.1:{server.port}",
        token=TOKEN,
        body=b"" if body is None else json.dumps(body).encode(),
        accept=accept,
    )


def _patch(path: str, op: str, value: object) -> dict[str, object]:
    return {
        "schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"],
        "Operations": [{"op": op, "path": path, "value": value}],
    }


def new_users(server: Running, chance: random.Random) -> Iterator[Asked]:
    """Users whom nobody has yet."""
    prefix = f"n{chance.getrandbits(48):x}-"
    number = 0
    while True:
        number += 1
        yield _asked(server, "POST", "/Users", user_body(number, prefix), (201,))


def by_user_name(server: Running, chance: random.Random) -> Iterator[Asked]:
    """Look-ups of somebody who is there."""
    while True:
        one = chance.randrange(len(server.held.ids))
        wanted = f"/Users?filter=userName%20eq%20%22p{one}%40larkspur.example%22"
        yield _asked(server, "GET", wanted)


def new_names(server: Running, chance: random.Random) -> Iterator[Asked]:
    """A change of one attribute of somebody."""
    while True:
        body = _patch("name.familyName", "replace", f"Name{chance.getrandbits(40):x}")
        path = f"/Users/{chance.choice(server.held.ids)}"
        yield _asked(server, "PATCH", path, body, (200, 204))


def joiners(members: int) -> Stock:
    """Return joins of the group by people who are not in it, each of them once in a run."""
    spare: dict[str, Iterator[str]] = {}

    def stock(server: Running, _: random.Random) -> Iterator[Asked]:
        left = spare.setdefault(server.name, iter(server.held.ids[members:]))
        for one in left:
            body = _patch("members", "add", [{"value": one}])
            yield _asked(server, "PATCH", f"/Groups/{server.held.group}", body, (200, 204))

    return stock


def pages(depth: int) -> Stock:
    """Return list pages near the end of the list."""

    def stock(server: Running, chance: random.Random) -> Iterator[Asked]:
        while True:
            start = max(1, depth - PAGE + 1 - chance.randrange(max(1, depth // 100)))
            yield _asked(server, "GET", f"/Users?startIndex={start}&count={PAGE}")

    return stock


def _one_found(body: bytes) -> bool:
    return bool(json.loads(body)["totalResults"] == 1)


def _page_found(body: bytes) -> bool:
    return len(json.loads(body)["Resources"]) == PAGE


def _any(_: bytes) -> bool:
    return True


@contextlib.contextmanager
def stage(people: int, members: int) -> Iterator[list[Running]]:
    """Fill and start every server, all paused."""
    chosen = os.environ.get("ONLY", "")
    with contextlib.ExitStack() as stack:
        running = []
        for start in servers.ALL:
            if chosen and start.__name__ != chosen:
                continue
            folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
            running.append(stack.enter_context(start(folder, people, members)))
        yield running


def measured(
    running: list[Running], operation: Operation, *, rounds: int, seconds: float
) -> dict[str, Figures]:
    """Let the servers take turns; each begins a round as often as the others."""
    found = {server.name: Figures() for server in running}
    chance = random.Random(7)
    until = time.monotonic() + LONGEST
    for number in range(rounds + 1):
        if number > 1 and time.monotonic() > until:
            break  # a slow server has used up the time; fewer rounds are told by the row
        turn = number % len(running)
        for server in running[turn:] + running[:turn]:
            stock = operation.stock(server, chance)
            with server.awake():
                if number == 0:
                    # The first round warms up, and proves that the answer is an answer.
                    body = asyncio.run(ask_once(server.port, next(stock)))
                    if not operation.proves(body):
                        raise SystemExit(f"{server.name}, {operation.name}: {body[:400]!r}")
                before = server.cpu_seconds()
                length = seconds if number else min(seconds, 0.5)
                counted = asyncio.run(ask_many(server.port, stock, lanes=LANES, seconds=length))
                used = server.cpu_seconds() - before
            if number and counted.answers:
                found[server.name].add(counted, used)
    return found


def _ratios(ours: list[float], others: list[list[float]]) -> str:
    """Return ours to the best of the others, round by round: the median and the spread."""
    found = [mine / max(theirs) for mine, *theirs in zip(ours, *others, strict=False)]
    return f"{statistics.median(found):6.2f} ({min(found):.2f} to {max(found):.2f})"


def row(name: str, found: dict[str, Figures]) -> str:
    """Return one line of the table, in Markdown."""
    rates = [f"{statistics.median(one.rates):,.1f}" for one in found.values()]
    others = [one for server, one in found.items() if server != OURS]
    done = min(len(one.rates) for one in found.values())
    cells = [f"{name}, rounds: {done}", *rates]
    if others and OURS in found:
        ours = found[OURS]
        cells.append(_ratios(ours.rates, [one.rates for one in others]))
        cells.append(_ratios(ours.per_cpu, [one.per_cpu for one in others]))
    cells.append(" / ".join(f"{statistics.median(one.client):.0%}" for one in found.values()))
    return "| " + " | ".join(cells) + " |"


def main() -> None:
    """Print the table, a line as soon as it is known."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("ended before its time"))
    people, members, depth = (
        int(os.environ.get(name, default))
        for name, default in (("PEOPLE", "2000"), ("MEMBERS", "10000"), ("DEPTH", "4000"))
    )
    rounds, seconds = int(os.environ.get("ROUNDS", "5")), float(os.environ.get("SECONDS", "1"))
    wanted = os.environ.get("STAGES", "people,group,list").split(",")
    print(f"{people} people, a group of {members}, a list of {depth}; {LANES} connections,")
    print(f"{rounds} rounds of {seconds:g} seconds for each server in turn\n")
    stages = {
        "people": (
            people,
            0,
            [
                Operation("GET, filter userName eq", by_user_name, _one_found),
                Operation("PATCH one attribute", new_names, _any),
                Operation("POST a new user", new_users, _any),
            ],
        ),
        "group": (
            2 * members,
            members,
            [Operation(f"PATCH a member into {members:,}", joiners(members), _any)],
        ),
        "list": (
            depth,
            0,
            [Operation(f"GET {PAGE} of {depth:,}", pages(depth), _page_found)],
        ),
    }
    headed = False
    for name in wanted:
        everybody, grouped, operations = stages[name]
        with stage(everybody, grouped) as running:
            if not headed:
                titles = ["requests per second", *(server.name for server in running)]
                if len(running) > 1:
                    titles += ["ours : best other", "per processor second"]
                titles.append("client's share")
                print("| " + " | ".join(titles) + " |")
                print("|---" * len(titles) + "|", flush=True)
                headed = True
            for operation in operations:
                if os.environ.get("OPERATION", "") not in operation.name:
                    continue
                found = measured(running, operation, rounds=rounds, seconds=seconds)
                print(row(operation.name, found), flush=True)
    print(f"\nThe bar: {BAR:g} in every row. Absolute figures mean little on a shared machine.")


if __name__ == "__main__":
    main()
