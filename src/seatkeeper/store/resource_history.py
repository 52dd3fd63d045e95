"""What became of each account and group of a SCIM service: every change, and by which request.

An edge beside the walk. What counts as a change is decided by who writes it
down; this keeps and finds. What one request did to the values of one resource
is one row, so that a new account costs one and not one for each of its values;
the newest 100,000 rows are kept. A change is known once its request is in the
journal, so one that was never answered (killed in between) has none.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any, Final, NamedTuple

import msgspec
import sqlalchemy as sa

from seatkeeper.store.fixed import Fixed
from seatkeeper.store.resource_file import ResourceFile
from seatkeeper.store.resource_tables import SEQ

KEPT: Final = 100_000
_METADATA: Final = sa.MetaData()

CHANGES: Final = sa.Table(
    "changes",
    _METADATA,
    sa.Column("seq", SEQ, primary_key=True, autoincrement=True),
    sa.Column("request", sa.Integer, nullable=False),
    sa.Column("at", sa.Text, nullable=False),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("resource_id", sa.Text, nullable=False),
    sa.Column("other_id", sa.Text, nullable=False, server_default=""),
    sa.Column("what", sa.Text, nullable=False),
    sa.Column("path", sa.Text, nullable=False, server_default=""),
    sa.Column("before", sa.Text),
    sa.Column("after", sa.Text),
    sa.Index("changes_of", "resource_id", "seq"),
    sa.Index("changes_with", "other_id", "seq"),
    sqlite_autoincrement=True,
)


_NEW: Final = Fixed(
    CHANGES.insert().values(
        {column.name: sa.bindparam(column.name) for column in CHANGES.c if column.name != "seq"}
    )
)
# Numbers are given in order, so those beyond are the lowest.
_OLDEST_GO: Final = Fixed(
    CHANGES.delete().where(
        CHANGES.c.seq <= sa.select(sa.func.max(CHANGES.c.seq)).scalar_subquery() - KEPT
    )
)


class Change(NamedTuple):
    """One value of one resource, before and after; none is absence.

    ``what`` is ``created``, ``changed``, ``deleted``, ``joined``, ``left`` or
    ``moved`` (by the app itself). Of a membership, ``resource_id`` is the group
    and ``other_id`` the member.
    """

    at: str
    kind: str
    resource_id: str
    what: str
    path: str = ""
    before: str | None = None
    after: str | None = None
    other_id: str = ""


@dataclass(frozen=True, slots=True)
class Known:
    """One change as it is kept: the number of its row, and the number of its request."""

    seq: int
    request: int
    change: Change


class ResourceHistory:
    """The changes that one service carried out."""

    def __init__(self, file: ResourceFile) -> None:
        self._file = file
        file.write(_METADATA.create_all)

    def write(self, db: sa.Connection, changes: Iterable[tuple[int, Change]]) -> None:
        """Write down changes, each with the number of its request; the oldest rows go."""
        rows = [_row_of(request, alike) for (request, *_), alike in groupby(changes, _row_key)]
        if rows:
            _NEW.run_each(db, rows)
            _OLDEST_GO.run(db)

    def of(self, resource_id: str, *, before: int = 0, limit: int) -> tuple[list[Known], int]:
        """Return changes of a resource, memberships included, newest first, from ``limit`` rows.

        Then ``before`` which number to go on with, or 0 where nothing is older.
        """
        columns = CHANGES.c
        mine = (columns.resource_id == resource_id) | (columns.other_id == resource_id)
        query = sa.select(CHANGES).where(mine)
        if before:
            query = query.where(columns.seq < before)
        rows = self._rows(query.order_by(columns.seq.desc()).limit(limit + 1))
        page = rows[:limit]
        known = [one for row in page for one in reversed(list(_known(row)))]
        return known, page[-1].seq if len(rows) > limit else 0

    def by(self, request: int, *, limit: int) -> list[Known]:
        """Return what one request changed, in order."""
        query = sa.select(CHANGES).where(CHANGES.c.request == request)
        rows = self._rows(query.order_by(CHANGES.c.seq).limit(limit))
        return [one for row in rows for one in _known(row)][:limit]

    def _rows(self, query: sa.Select[Any]) -> Sequence[Any]:
        return self._file.read(lambda db: db.execute(query).all())


def _row_key(numbered: tuple[int, Change]) -> tuple[int, str, str, str, str]:
    """Return what changes have in common that are one row."""
    request, one = numbered
    return request, one.kind, one.resource_id, one.what, one.other_id


def _row_of(request: int, changes: Iterable[tuple[int, Change]]) -> dict[str, Any]:
    """Return one row. Of several values it has no path, and they stand in objects by path."""
    first, *more = [one for _, one in changes]
    if more:
        several = (first, *more)
        first = first._replace(
            path="",
            before=_by_path({one.path: one.before for one in several}),
            after=_by_path({one.path: one.after for one in several}),
        )
    return {"request": request, **first._asdict()}


def _by_path(values: dict[str, str | None]) -> str | None:
    there = {path: value for path, value in values.items() if value is not None}
    return msgspec.json.encode(there).decode() if there else None


def _known(row: Any) -> Iterator[Known]:
    """Yield the changes that a row tells of, in their order."""
    one = Change(
        row.at,
        row.kind,
        row.resource_id,
        row.what,
        row.path,
        row.before,
        row.after,
        row.other_id,
    )
    if one.path or one.other_id:
        yield Known(row.seq, row.request, one)
        return
    before, after = _paths(one.before), _paths(one.after)
    for path in dict.fromkeys((*before, *after)):
        value = one._replace(path=path, before=before.get(path), after=after.get(path))
        yield Known(row.seq, row.request, value)


def _paths(text: str | None) -> dict[str, str]:
    return {} if text is None else msgspec.json.decode(text, type=dict[str, str])
