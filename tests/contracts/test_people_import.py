"""What every people import promises; run on each kind of database."""

import os
import signal
import sys
from collections.abc import AsyncIterator, Sequence
from pathlib import Path

import anyio
import pytest
from sqlalchemy import func, select

from seatkeeper.ports import ImportSummary, PersonRow
from seatkeeper.store.database import Database
from seatkeeper.store.directory import SqlDirectory
from seatkeeper.store.people_import import SqlPeopleImport
from seatkeeper.store.tables import changes, users

ROOT = Path(__file__).parents[2]


async def each(rows: Sequence[PersonRow]) -> AsyncIterator[PersonRow]:
    for row in rows:
        yield row


def company(size: int) -> list[PersonRow]:
    """A company in which everybody reports to the person after them, the last to nobody."""
    return [
        PersonRow(
            line=n + 2,
            user_name=f"u{n}@contoso.com",
            attributes={"displayName": f"Person {n}"},
            manager=f"U{n + 1}@contoso.com" if n + 1 < size else "",
            groups=(f"Team {n % 3}",),
        )
        for n in range(size)
    ]


async def imported(database: Database, rows: Sequence[PersonRow], digest: str) -> ImportSummary:
    people = SqlPeopleImport(database)
    return await people.apply_rows(digest, each(rows), total=len(rows), actor="grace")


async def test_a_company_is_imported_with_managers_and_groups(database: Database) -> None:
    summary = await imported(database, company(450), "f1")

    directory = SqlDirectory(database)
    assert summary == ImportSummary(450, 450, 0, 0, 3)
    boss = await directory.user("u1@contoso.com")
    assert (await directory.user("u0@contoso.com")).manager_id == boss.id
    assert [group.display_name for group in await directory.groups_of(boss.id)] == ["Team 1"]


async def test_a_file_applied_again_changes_nothing(database: Database) -> None:
    await imported(database, company(20), "f1")
    before = await SqlDirectory(database).last_change()

    summary = await imported(database, company(20), "f1")

    assert summary == ImportSummary(20, 0, 0, 20, 0)
    assert await SqlDirectory(database).last_change() == before


async def test_movers_are_counted_once_each(database: Database) -> None:
    await imported(database, company(4), "f1")
    rows = [
        PersonRow(2, "U0@CONTOSO.COM", {"jobTitle": "Boss"}, manager="u3@contoso.com"),
        PersonRow(3, "u1@contoso.com", {}, groups=("Team 1", "Board")),
        PersonRow(4, "u2@contoso.com", {"displayName": "Person 2"}, manager=""),
        PersonRow(5, "u3@contoso.com", {"displayName": "Person 3"}),
    ]

    summary = await imported(database, rows, "f2")

    assert summary == ImportSummary(4, 0, 3, 1, 1)


async def test_an_import_killed_in_the_middle_goes_on_and_doubles_nobody(
    database_url: str,
) -> None:
    database = Database.open(database_url)
    script = (
        "import asyncio, sys\n"
        "from tests.contracts.test_people_import import company, killed_after\n"
        "asyncio.run(killed_after(sys.argv[1], company(900), 500))\n"
    )
    environment = {**os.environ, "PYTHONPATH": f"{ROOT / 'src'}{os.pathsep}{ROOT}"}
    command = [sys.executable, "-c", script, database_url]
    killed = await anyio.run_process(command, env=environment, check=False, stderr=None)

    summary = await imported(database, company(900), "f1")

    assert killed.returncode == -signal.SIGKILL
    assert summary == ImportSummary(900, 900, 0, 0, 3, continued_from=400)
    told = await SqlDirectory(database).last_change()
    counted = database.read_now(lambda c: c.scalar(select(func.count()).select_from(changes)))
    assert told == counted == 900 + 3 + 900 + 899
    assert database.read_now(lambda c: c.scalar(select(func.count()).select_from(users))) == 900
    database.close()


async def killed_after(url: str, rows: Sequence[PersonRow], count: int) -> None:
    """Import, and die by SIGKILL when that many rows were handed over."""

    async def dying() -> AsyncIterator[PersonRow]:
        for number, row in enumerate(rows):
            if number == count:
                os.kill(os.getpid(), signal.SIGKILL)
            yield row

    await SqlPeopleImport(Database.open(url)).apply_rows(
        "f1", dying(), total=len(rows), actor="grace"
    )


@pytest.mark.parametrize("manager", ["nobody@contoso.com", "u0@contoso.com"])
async def test_a_manager_nobody_can_have_is_named_by_line(database: Database, manager: str) -> None:
    rows = [PersonRow(2, "u0@contoso.com", {}, manager=manager)]

    with pytest.raises(Exception, match="Line 2"):
        await imported(database, rows, "f1")
