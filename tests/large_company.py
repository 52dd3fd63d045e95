"""A company that is large because a small one was copied, and what its database is asked.

A few people are provisioned by the real engine; then each of their rows is copied, with other ids.
So every table holds what it would hold, and nobody waits until thousands were provisioned. No
account of a copy is in the app: only what a change does not touch may be a copy.
"""

import contextlib
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from typing import Any, Final

import sqlalchemy as sa
from tests.engine.world import World

from seatkeeper.ports import PersonRow
from seatkeeper.store import ledger_tables as t
from seatkeeper.store import tables
from seatkeeper.store.database import Database
from seatkeeper.store.people_import import SqlPeopleImport

FEW: Final = 40
"""People whom the engine provisioned itself."""

EVERYBODY: Final = "Everybody"
"""The group in which all are, copies too."""

_COPIED: Final[tuple[tuple[sa.Table, tuple[str, ...]], ...]] = (
    (tables.users, ("id", "user_name", "mail", "name_key", "last_key")),
    (tables.groups, ("id", "display_name", "name_key")),
    (tables.memberships, ("member_id",)),
    (tables.changes, ("record_id", "other_id")),
    (tables.audit, ("subject",)),
    (t.links, ("record_id", "account_id")),
    (t.link_members, ("member_id", "account_id")),
    (t.claims, ("value", "record_id")),
    (t.log, ("id", "record_id")),
    (t.escrows, ("record_id",)),
    (t.findings, ("record_id", "account_id")),
)
"""What is copied, and which columns differ in each copy. How many cycles there were is time's."""

_OLDER: Final = {"changes": "seq", "audit": "seq"}
"""Running numbers of ours: copies get lower ones than all that is there."""

_GIVEN: Final = {"log": "seq"}
"""Running numbers that the database gives."""

_NUMBERS: Final = (
    "WITH RECURSIVE copies(k) AS "
    "(SELECT 1 UNION ALL SELECT k + 1 FROM copies WHERE k < {times}) SELECT {values} "
    "FROM {table} CROSS JOIN copies"
)


async def small_company(world: World, people: int = FEW, *, scope: str = "all") -> None:
    """Import people of whom all are in one group and every ten in another; run two cycles."""
    await world.connect(scope=scope)

    async def rows() -> AsyncIterator[PersonRow]:
        for number in range(people):
            name = f"p{number}@larkspur.example"
            shown = {"displayName": f"P{number}", "mail": name, "jobTitle": "Engineer"}
            manager = f"p{number // 8}@larkspur.example" if number else None
            groups = (EVERYBODY, f"Team {number // 10}")
            yield PersonRow(number, name, shown, manager=manager, groups=groups)

    await SqlPeopleImport(world.database).apply_rows("f", rows(), total=people, actor="hr")
    groups = await world.directory.all_groups(limit=people)
    world.ids |= {group.display_name: group.id for group in groups}
    everybody = await world.directory.all_users(limit=people)
    world.ids |= {person.user_name.partition("@")[0]: person.id for person in everybody}
    await world.run()
    await world.run()
    world.asked()


def copied(database: Database, times: int) -> None:
    """Copy every row so many times; copies are members of the same groups as whom they copy."""

    def work(db: sa.Connection) -> None:
        for table, differing in _COPIED:
            older, given = _OLDER.get(table.name), _GIVEN.get(table.name)
            names = [column.name for column in table.columns if column.name != given]
            rows = db.scalar(sa.select(sa.func.count()).select_from(table))
            values = [_copy_of(name, differing, older, rows or 0) for name in names]
            chosen = _NUMBERS.format(times=times, values=", ".join(values), table=table.name)
            columns = ", ".join(f'"{name}"' for name in names)
            db.exec_driver_sql(f"INSERT INTO {table.name} ({columns}) {chosen}")
        if db.dialect.name == "postgresql":
            db.exec_driver_sql("ANALYZE")

    database.write_now(work)


def _copy_of(name: str, differing: tuple[str, ...], older: str | None, rows: int) -> str:
    if name in differing:
        return f"\"{name}\" || '-' || CAST(k AS TEXT)"
    return f'"{name}" - k * {rows}' if name == older else f'"{name}"'


@dataclass
class Asked:
    """What was asked of a database; rows and steps are counted on SQLite alone."""

    statements: list[tuple[str, Any]] = field(default_factory=list)
    rows: int = 0
    steps: int = 0
    """Steps of SQLite's own machine, in hundreds: they grow with every row that is looked at."""

    def row(self, _cursor: Any, values: tuple[Any, ...]) -> tuple[Any, ...]:
        """Count a row that is read."""
        self.rows += 1
        return values

    def step(self) -> int:
        """Count a hundred steps, and let SQLite go on."""
        self.steps += 1
        return 0


@contextlib.contextmanager
def asked_of(database: Database) -> Iterator[Asked]:
    """Note what is asked of a database while the block runs."""
    found = Asked()

    def note(
        connection: Any, _cursor: Any, statement: str, bound: Any, _context: Any, _many: Any
    ) -> None:
        found.statements.append((statement, bound))
        if database.is_sqlite:
            connection.connection.driver_connection.set_progress_handler(found.step, 100)
            _cursor.row_factory = found.row

    sa.event.listen(database._engine, "before_cursor_execute", note)
    try:
        yield found
    finally:
        sa.event.remove(database._engine, "before_cursor_execute", note)
        database._engine.dispose()  # connections that count are not used again
