"""Applies the checked rows of a people file in short transactions.

At the source of the walk. Each batch moves ``imports.applied_rows`` in the
transaction of its edits, so an import that was killed goes on after its last
committed batch. What rows say of managers is staged beside them and applied
once everybody exists. Somebody soft-deleted who is in the file is restored.
Whether a row is right was decided before; nothing here reads a file.
"""

from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from typing import Any, Final

from sqlalchemy import Connection, Row, delete, insert, select, update

from seatkeeper.clock import utc_now
from seatkeeper.directory.model import User
from seatkeeper.errors import InvalidValue, NotFound, Occupied
from seatkeeper.ports import ImportSummary, PersonRow, UserEdit
from seatkeeper.store import edits
from seatkeeper.store.database import Database
from seatkeeper.store.news import News
from seatkeeper.store.records import chunks, folded, user_of, users_by_id
from seatkeeper.store.tables import groups, import_managers, imports, memberships, users

BATCH: Final = 200
"""Rows in one transaction."""


class SqlPeopleImport:
    """``ports.PeopleImport`` on SQLite and PostgreSQL."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def apply_rows(
        self, digest: str, rows: AsyncIterator[PersonRow], *, total: int, actor: str
    ) -> ImportSummary:
        """Apply all rows of the file with this SHA-256, going on where it was interrupted."""
        done = await self._database.write(lambda c: _begin(c, digest, total, actor))
        position, seen, batch = done, 0, list[PersonRow]()
        async for row in rows:
            seen += 1
            if seen <= done:
                continue
            batch.append(row)
            if len(batch) == BATCH:
                position = await self._apply(digest, batch, position, actor)
                batch = []
        if batch:
            await self._apply(digest, batch, position, actor)
        while await self._database.write(lambda c: _apply_managers(c, digest, actor)):
            pass
        summary = await self._database.write(lambda c: _finish(c, digest, actor))
        return replace(summary, continued_from=done)

    async def _apply(
        self, digest: str, batch: Sequence[PersonRow], position: int, actor: str
    ) -> int:
        await self._database.write(lambda c: _apply_batch(c, digest, batch, position, actor))
        return position + len(batch)


def _begin(connection: Connection, digest: str, total: int, actor: str) -> int:
    """Return how many rows an interrupted run has applied."""
    present = connection.execute(select(imports).where(imports.c.digest == digest)).first()
    if present is not None and present.finished_at is None:
        return int(present.applied_rows)
    connection.execute(delete(import_managers).where(import_managers.c.digest == digest))
    connection.execute(delete(imports).where(imports.c.digest == digest))
    counts = dict.fromkeys(("applied_rows", "created", "updated", "unchanged", "groups_created"), 0)
    row = {"digest": digest, "actor": actor, "total": total, "started_at": utc_now(), **counts}
    connection.execute(insert(imports), [row])
    return 0


def _apply_batch(
    connection: Connection, digest: str, batch: Sequence[PersonRow], position: int, actor: str
) -> None:
    news = News(actor, imported=True)
    present = _users_by_name(connection, [row.user_name for row in batch])
    created: set[int] = set()
    changed: set[int] = set()
    wanted: dict[str, PersonRow] = {}
    staged = []
    for row in batch:
        before = present.get(folded(row.user_name))
        user = _apply_row(connection, row, before, news)
        present[folded(user.user_name)] = user
        if before is None:
            created.add(row.line)
        elif user != before:
            changed.add(row.line)
        if row.groups is not None:
            wanted[user.id] = row
        if row.manager is not None:
            staged.append((row.line, user.id, folded(row.manager)))
    groups_created, moved = _apply_groups(connection, wanted, news)
    changed = (changed | moved) - created
    _count(connection, digest, position, len(batch), len(created), len(changed), groups_created)
    if staged:
        counted = created | changed
        connection.execute(
            insert(import_managers),
            [
                {
                    "digest": digest,
                    "line": line,
                    "user_id": user_id,
                    "manager": manager,
                    "counted": line in counted,
                }
                for line, user_id, manager in staged
            ],
        )
    news.audit_as_one("people.import.batch", digest, {"rows": len(batch), "from": position})
    news.write(connection)


def _apply_row(connection: Connection, row: PersonRow, before: User | None, news: News) -> User:
    edit = UserEdit({"userPrincipalName": row.user_name, **row.attributes}, row.enabled)
    if before is None:
        return edits.create_user(connection, edit, None, news)
    if before.deleted_at is not None:
        edits.restore_user(connection, before.id, news)
        before = replace(before, deleted_at=None)
    return edits.edit_user(connection, before, edit, news)


def _apply_groups(
    connection: Connection, wanted: dict[str, PersonRow], news: News
) -> tuple[int, set[int]]:
    """Make memberships what the rows say; return new groups, and lines whose person moved."""
    names = {name for row in wanted.values() for name in row.groups or ()}
    ids: dict[str, str] = {}
    for some in chunks(names):
        asked = select(groups.c.display_name, groups.c.id).where(groups.c.display_name.in_(some))
        ids |= {row.display_name: row.id for row in connection.execute(asked)}
    missing = sorted(names - ids.keys())
    for name in missing:
        ids[name] = edits.create_group(connection, {"displayName": name}, None, news).id
    present: dict[str, set[str]] = {user_id: set() for user_id in wanted}
    for some in chunks(wanted):
        for found in connection.execute(
            select(memberships).where(memberships.c.member_id.in_(some))
        ):
            present[found.member_id].add(found.group_id)
    joining: dict[str, list[str]] = {}
    leaving: dict[str, list[str]] = {}
    moved: set[int] = set()
    for user_id, row in wanted.items():
        shall = {ids[name] for name in row.groups or ()}
        for group_id in shall - present[user_id]:
            joining.setdefault(group_id, []).append(user_id)
        for group_id in present[user_id] - shall:
            leaving.setdefault(group_id, []).append(user_id)
        if shall != present[user_id]:
            moved.add(row.line)
    for group_id in sorted(joining.keys() | leaving.keys()):
        add, remove = joining.get(group_id, []), leaving.get(group_id, [])
        edits.change_members(connection, group_id, add, remove, news)
    return len(missing), moved


def _count(
    connection: Connection,
    digest: str,
    position: int,
    rows: int,
    created: int,
    changed: int,
    groups_created: int,
) -> None:
    """Move the import on by one batch, unless somebody else has moved it."""
    moved = connection.execute(
        update(imports)
        .where(imports.c.digest == digest, imports.c.applied_rows == position)
        .values(
            applied_rows=position + rows,
            created=imports.c.created + created,
            updated=imports.c.updated + changed,
            unchanged=imports.c.unchanged + rows - created - changed,
            groups_created=imports.c.groups_created + groups_created,
        )
    )
    if moved.rowcount != 1:
        raise Occupied("Another import of the same file is running.", advice="Wait for its end.")


def _apply_managers(connection: Connection, digest: str, actor: str) -> bool:
    """Apply one batch of what was staged; return whether there was any."""
    mine = import_managers.c.digest == digest
    asked = select(import_managers).where(mine).order_by(import_managers.c.line).limit(BATCH)
    staged = connection.execute(asked).all()
    if not staged:
        return False
    news = News(actor)
    by_name = _users_by_name(connection, [row.manager for row in staged if row.manager])
    people = users_by_id(connection, [row.user_id for row in staged])
    changed = 0
    for row in staged:
        before = people.get(row.user_id)
        if before is None:
            continue  # purged since; nobody is left who could have a manager
        after = _with_manager(connection, row, before, by_name, news)
        people[row.user_id] = after
        changed += after != before and not row.counted
    lines = [row.line for row in staged]
    connection.execute(delete(import_managers).where(mine, import_managers.c.line.in_(lines)))
    connection.execute(
        update(imports)
        .where(imports.c.digest == digest)
        .values(updated=imports.c.updated + changed, unchanged=imports.c.unchanged - changed)
    )
    news.audit_as_one("people.import.managers", digest, {"rows": len(staged)})
    news.write(connection)
    return True


def _with_manager(
    connection: Connection, row: Row[Any], user: User, by_name: dict[str, User], news: News
) -> User:
    boss = by_name.get(row.manager)
    if row.manager and boss is None:
        raise NotFound(
            f"Line {row.line}: the manager {row.manager} does not exist.",
            advice="Add that person, then import the file again: it goes on from here.",
        )
    if boss is not None and boss.id == user.id:
        raise InvalidValue(f"Line {row.line}: nobody can be their own manager.")
    edit = UserEdit(manager_id=boss.id if boss is not None else "")
    return edits.edit_user(connection, user, edit, news)


def _finish(connection: Connection, digest: str, actor: str) -> ImportSummary:
    here = imports.c.digest == digest
    connection.execute(update(imports).where(here).values(finished_at=utc_now()))
    row = connection.execute(select(imports).where(here)).one()
    summary = ImportSummary(
        row.applied_rows, row.created, row.updated, row.unchanged, row.groups_created
    )
    news = News(actor)
    news.audit(
        "people.import",
        digest,
        None,
        {"rows": row.applied_rows, "created": row.created, "updated": row.updated},
    )
    news.write(connection)
    return summary


def _users_by_name(connection: Connection, names: Sequence[str]) -> dict[str, User]:
    """Return users by folded name, soft-deleted ones included."""
    found: dict[str, User] = {}
    for some in chunks([folded(name) for name in names]):
        asked = select(users).where(users.c.user_name.in_(some))
        found |= {row.user_name: user_of(row) for row in connection.execute(asked)}
    return found
