"""What one SCIM service costs that has a million people: filled, started, asked.

    .venv/bin/python tools/bench_million.py
    PEOPLE=100000 LARGE=10000 .venv/bin/python tools/bench_million.py

There are a thousand groups of a hundred and one of ``LARGE``. Requests go one after
the other over one connection, so a figure is the time that somebody waits. A file of
about 2.5 gigabytes is made in ``FOLDER`` (the usual place for such files) and removed.
"""

import asyncio
import itertools
import os
import random
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import quote, urlsplit

from bench_scim import _asked as asked
from bench_scim import _patch as patch
from scim_client import Asked, ask_many
from scim_servers import APP, TOKEN, Held, Running, _end, user_body

from seatkeeper.clock import utc_now
from seatkeeper.gallery.schema import gallery_app
from seatkeeper.service_provider.profile import GROUPS, USERS, profile_of
from seatkeeper.store.resource_file import ResourceFile
from seatkeeper.store.resources import ResourceStore

PEOPLE = int(os.environ.get("PEOPLE", "1000000"))
LARGE = int(os.environ.get("LARGE", "100000"))
GROUP_SIZE, GROUP_COUNT = 100, 1_000
SECONDS = 3.0


def filled(path: Path) -> Held:
    """Fill a store as creates do, a thousand in a transaction."""
    file = ResourceFile(path)
    store = ResourceStore(file, profile_of(gallery_app(APP)).keys_of)
    ids: list[str] = []
    for begin in range(0, PEOPLE, 1_000):
        with file.together(writes=True):
            for one in range(begin, min(PEOPLE, begin + 1_000)):
                body = {**user_body(one), "displayName": f"Person {one}"}
                ids.append(store.create(USERS, body, utc_now()).id)
    chance = random.Random(3)
    for number in range(GROUP_COUNT):
        members = chance.sample(ids, GROUP_SIZE)
        store.create(GROUPS, {"displayName": f"Group {number}"}, utc_now(), members)
    large = store.create(GROUPS, {"displayName": "Everybody"}, utc_now(), ids[:LARGE]).id
    file.close()
    return Held(ids, large)


def memory(pid: int) -> str:
    """Return what a process holds now, in megabytes of its own and in all."""
    told = Path(f"/proc/{pid}/status").read_text().splitlines()
    found = {line.split(":")[0]: line.split()[1] for line in told if line.startswith("Rss")}
    own, of_files = (int(found[name]) / 1024 for name in ("RssAnon", "RssFile"))
    return f"{own:.0f} MB of its own, {of_files:.0f} of files"


Make = Callable[[int], Asked]


def questions(server: Running) -> Iterator[tuple[str, Make]]:
    """Yield each kind of request, made for one person by number."""
    ids, group = server.held.ids, server.held.group

    def by(text: str, kind: str = "Users", more: str = "") -> Make:
        def make(one: int) -> Asked:
            wanted = quote(text.format(one=one, id=ids[one]))
            return asked(server, "GET", f"/{kind}?filter={wanted}{more}")

        return make

    yield "GET one by id", lambda one: asked(server, "GET", f"/Users/{ids[one]}")
    yield "GET, userName eq", by('userName eq "p{one}@larkspur.example"')
    yield "GET, externalId eq", by('externalId eq "p-{one:032d}"')
    yield "GET, emails.value eq", by('emails.value eq "p{one}@larkspur.example"')
    yield "GET, displayName eq", by('displayName eq "Person {one}"')
    no_members = "&excludedAttributes=members"
    yield "GET groups, members.value eq", by('members.value eq "{id}"', "Groups", no_members)
    yield (
        "GET, groups.value eq (100,000), the first 10",
        lambda one: asked(
            server, "GET", "/Users?count=10&filter=" + quote(f'groups.value eq "{group}"')
        ),
    )
    name = "name.familyName"
    yield (
        "PATCH one attribute",
        lambda one: asked(
            server, "PATCH", f"/Users/{ids[one]}", patch(name, "replace", f"N{one}"), (200,)
        ),
    )
    yield (
        "POST a new user",
        lambda one: asked(
            server, "POST", "/Users", user_body(one, f"new{time.monotonic_ns()}-"), (201,)
        ),
    )
    yield (
        "PATCH a member into the large group",
        lambda one: asked(
            server,
            "PATCH",
            f"/Groups/{group}",
            patch("members", "add", [{"value": ids[one]}]),
            (204,),
        ),
    )
    for start in (1, PEOPLE // 2, PEOPLE - 100):
        yield (
            f"GET 100 from {start:,} on",
            lambda one, start=start: asked(  # type: ignore[misc]
                server, "GET", f"/Users?startIndex={start}&count=100"
            ),
        )
    yield (
        "GET 100 from the middle on, by userName",
        lambda one: asked(
            server, "GET", f"/Users?startIndex={PEOPLE // 2}&count=100&sortBy=userName"
        ),
    )


def measured(server: Running, name: str, make: Make) -> None:
    """Print how long one of these requests takes, alone, and of the server's processor."""
    chance = random.Random(11)
    times: list[float] = []

    def stock() -> Iterator[Asked]:
        while True:
            times.append(time.perf_counter())
            yield make(chance.randrange(PEOPLE))

    asyncio.run(ask_many(server.port, stock(), lanes=1, seconds=0.3))
    times.clear()
    before = server.cpu_seconds()
    counted = asyncio.run(ask_many(server.port, stock(), lanes=1, seconds=SECONDS))
    used = server.cpu_seconds() - before
    waits = [1_000 * (end - begin) for begin, end in itertools.pairwise(times)]
    median = statistics.median(waits) if waits else 1_000 * counted.seconds
    slow = sorted(waits)[int(len(waits) * 0.99)] if waits else median
    per = 1_000 * used / max(1, counted.answers)
    print(f"| {name} | {median:.2f} | {slow:.2f} | {per:.2f} | {counted.answers} |", flush=True)


def main() -> None:
    """Fill, start, ask, tell."""
    with tempfile.TemporaryDirectory(dir=os.environ.get("FOLDER")) as folder:
        path = Path(folder) / "seatkeeper.db"
        began, used = time.perf_counter(), time.process_time()
        held = filled(path)
        took, used = time.perf_counter() - began, time.process_time() - used
        size = path.stat().st_size / 2**20
        print(f"{PEOPLE:,} people: {took:.0f} s, {used:.0f} on the processor, {size:,.0f} MB\n")
        command = [sys.executable, "-c", "from seatkeeper.cli.main import entry; entry()"]
        command += ["sandbox", APP, "--port", "0", "--token", TOKEN, "--db", str(path)]
        environment = {**os.environ, "SEATKEEPER_HOME": folder}
        began = time.perf_counter()
        process = subprocess.Popen(
            command, stdout=subprocess.PIPE, text=True, env=environment, start_new_session=True
        )
        try:
            assert process.stdout is not None
            url = urlsplit(process.stdout.readline().split("SCIM base URL ")[1].split()[0])
            print(f"started after {time.perf_counter() - began:.1f} s, {memory(process.pid)}\n")
            server = Running("seatkeeper", url.port or 0, url.path, held, process.pid)
            print("| request | median ms | 99 of 100, ms | processor ms | asked |")
            print("|---|---|---|---|---|")
            for name, make in questions(server):
                measured(server, name, make)
            print(f"\nat the end {memory(process.pid)}")
        finally:
            _end(process)


if __name__ == "__main__":
    main()
