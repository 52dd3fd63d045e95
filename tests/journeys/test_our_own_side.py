"""What goes wrong on our own side: the disk, the database, the key, the machine's limits."""

import asyncio
import os
import resource
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path

import psycopg
import pytest
from tests.databases import new_postgresql
from tests.journeys.company import Company, settle_larkspur
from tests.journeys.larkspur import expected_15five, expected_groups, held, held_groups
from tests.sandboxes import RunningSandbox, running_sandbox, unhurried

from seatkeeper.bootstrap import Installation
from seatkeeper.settings import Settings

pytestmark = pytest.mark.journey

NOFILE = resource.RLIMIT_NOFILE
RUN = "from seatkeeper.cli.main import entry; entry()"

ON_A_SMALL_DISK = """
set -e
mount -t tmpfs -o size=$(( $(du -sk "$HOME_BEFORE" | cut -f1) + 400 ))k tmpfs "$SMALL"
cp -a "$HOME_BEFORE/." "$SMALL"
dd if=/dev/zero of="$SMALL/ballast" bs=1k count=250 status=none
export SEATKEEPER_HOME="$SMALL"
set +e
"$@" > "$OUT/full.txt" 2>&1; echo $? > "$OUT/full.status"
rm "$SMALL/ballast"; mount -o remount,size=200m "$SMALL"
"$@" > "$OUT/free.txt" 2>&1; echo $? > "$OUT/free.status"
cp -a "$SMALL/." "$HOME_BEFORE"
"""


@asynccontextmanager
async def larkspur(
    folder: Path, box: RunningSandbox, *, settled: bool = True, url: str = ""
) -> AsyncIterator[Company]:
    """Open the installation in ``folder``; nobody of the company is in the app before a cycle."""
    opened = Installation.open(Settings(home=folder / "home", database_url=url))
    try:
        company = Company(opened, "15five", box)
        if settled:
            await settle_larkspur(company)
        yield company
    finally:
        await opened.close()


async def typed(
    company: Company, *words: str, limit: Callable[[], None] | None = None
) -> tuple[int, str]:
    """Run one command in a process of its own; return its exit status and what it said."""
    settings = company.opened.settings
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", RUN, *words),
        env={
            **os.environ,
            "SEATKEEPER_HOME": str(settings.home),
            "SEATKEEPER_DATABASE_URL": settings.database_url,
        },
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
        preexec_fn=limit,
    )
    said, _ = await process.communicate()
    assert process.returncode is not None
    return process.returncode, said.decode()


async def everybody_has_one_account(company: Company) -> None:
    dump = await company.box.dump()
    posts = [one for one in await company.box.requests() if one["method"] == "POST"]
    assert held(dump) == expected_15five(company.ids)
    assert held_groups(dump) == expected_groups()
    assert len([one for one in posts if one["status"] == 201]) == sum(map(len, dump.values()))


@pytest.mark.fault("L2")
async def test_a_full_disk_stops_the_cycle_in_words_and_the_next_one_goes_on(
    tmp_path: Path,
) -> None:
    if not small_disks_can_be_had():
        pytest.skip("this user may mount nothing, not even in a namespace of its own")
    async with running_sandbox(unhurried("15five"), tmp_path / "app.db") as box:
        async with larkspur(tmp_path, box) as company:
            ids = company.ids

        await on_a_small_disk(tmp_path, "run", "15five")

        status, said = (tmp_path / "full.status").read_text(), (tmp_path / "full.txt").read_text()
        assert (int(status), int((tmp_path / "free.status").read_text())) == (1, 0)
        assert "is full" in said
        assert "Free space on its disk" in said
        assert "Traceback" not in said
        async with larkspur(tmp_path, box, settled=False) as company:
            company.ids |= ids
            await everybody_has_one_account(company)
            await company.requests_since()
            await company.nothing_more()


def small_disks_can_be_had() -> bool:
    tried = ["unshare", "-Urm", "mount", "-t", "tmpfs", "tmpfs", "/mnt"]
    if shutil.which("unshare") is None:
        return False
    return subprocess.run(tried, capture_output=True, check=False).returncode == 0


async def on_a_small_disk(folder: Path, *words: str) -> None:
    """Run a command on a disk that fills, then on one with space; both in a namespace."""
    (folder / "small").mkdir()
    process = await asyncio.create_subprocess_exec(
        *("unshare", "-Urm", "sh", "-c", ON_A_SMALL_DISK, "sh"),
        *(sys.executable, "-c", RUN, *words),
        env={
            **os.environ,
            "HOME_BEFORE": str(folder / "home"),
            "SMALL": str(folder / "small"),
            "OUT": str(folder),
        },
    )
    assert await process.wait() == 0


@pytest.mark.fault("L3")
async def test_while_another_process_locks_the_file_nothing_is_sent_and_then_it_goes_on(
    tmp_path: Path,
) -> None:
    async with (
        running_sandbox(unhurried("15five"), tmp_path / "app.db") as box,
        larkspur(tmp_path, box) as company,
    ):
        cycle = asyncio.create_task(typed(company, "run", "15five"))
        await asked(box, more_than=20)
        with sqlite3.connect(tmp_path / "home" / "seatkeeper.db", isolation_level=None) as other:
            other.execute("BEGIN IMMEDIATE")
            before = await quiet(box)
            there = len((await box.dump())["users"])
            still = len(await box.requests())
            other.execute("ROLLBACK")
        status, said = await cycle

        assert still == before
        assert there < len((await box.dump())["users"])
        assert status == 0, said
        await everybody_has_one_account(company)


@pytest.mark.fault("L3")
async def test_a_cycle_whose_connections_the_database_cuts_goes_on(
    tmp_path: Path, postgresql_server: str
) -> None:
    url = new_postgresql(postgresql_server)
    async with (
        running_sandbox(unhurried("15five"), tmp_path / "app.db") as box,
        larkspur(tmp_path, box, url=url) as company,
    ):
        cycle = asyncio.create_task(typed(company, "run", "15five"))
        for more in (20, 80, 160):
            await asked(box, more_than=more)
            with psycopg.connect(url, autocommit=True) as other:
                other.execute(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                    " WHERE datname = current_database() AND pid <> pg_backend_pid()"
                )
        await cycle
        status, said = await typed(company, "run", "15five")

        assert status == 0, said
        await everybody_has_one_account(company)


async def asked(box: RunningSandbox, *, more_than: int) -> None:
    """Return once the app was asked so often."""
    async with asyncio.timeout(120):
        while len(await box.requests()) <= more_than:  # noqa: ASYNC110 - others act
            await asyncio.sleep(0.02)


async def quiet(box: RunningSandbox) -> int:
    """Return how often the app was asked, once nobody has asked it for a while."""
    count, since = -1, 0
    while since < 20:
        now = len(await box.requests())
        count, since = (now, since + 1) if now == count else (now, 0)
        await asyncio.sleep(0.02)
    return count


@pytest.mark.fault("L8")
async def test_without_its_key_everything_is_read_and_nothing_sent_and_the_key_is_named(
    tmp_path: Path,
) -> None:
    async with (
        running_sandbox(unhurried("15five"), tmp_path / "app.db") as box,
        larkspur(tmp_path, box) as company,
    ):
        file, kept = tmp_path / "home" / "master.key", tmp_path / "kept.key"
        shutil.move(file, kept)

        read, _ = await typed(company, "status")
        status, said = await typed(company, "run", "15five")
        asked_without = await box.requests()
        shutil.move(kept, file)
        again, _ = await typed(company, "run", "15five")

        assert (read, status, again) == (0, 1, 0)
        assert f"was sealed with key {company.opened.key.id}" in said
        assert asked_without == []
        await everybody_has_one_account(company)


@pytest.mark.fault("L12")
async def test_a_process_that_may_open_too_few_files_says_so_and_loses_nothing(
    tmp_path: Path,
) -> None:
    async with (
        running_sandbox(unhurried("15five"), tmp_path / "app.db") as box,
        larkspur(tmp_path, box) as company,
    ):
        for files in range(8, 20):
            few = (files, files)
            status, said = await typed(
                company, "run", "15five", limit=partial(resource.setrlimit, NOFILE, few)
            )
            if status == 0:
                break

            assert "Traceback" not in said, said
            words = (f"more than {files} files", "cannot make connections", "No connection to")
            assert any(one in said for one in words), said
            assert "nothing is lost" in said.casefold() or "tried again" in said, said

        await typed(company, "retry", "15five", "--all")
        await typed(company, "run", "15five")

        assert files > 8
        await everybody_has_one_account(company)
