"""What became of each account and group of a SCIM service: every change, and by which request.

An edge beside the walk. The newest 100,000 changes are kept. What counts as a
change is decided by who writes it down; this keeps and finds. A change is
known once its request is in the journal, so one that was never answered
(killed in between) has none.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

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


@dataclass(frozen=True, slots=True)
class Change:
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
    """One change as it is kept: its own number, and the number of its request."""

    seq: int
    request: int
    change: Change


class ResourceHistory:
    """The changes that one service carried out."""

    def __init__(self, file: ResourceFile) -> None:
        self._file = file
        file.write(_METADATA.create_all)

    def keeping(self, changes: Sequence[Change]) -> Callable[[sa.Connection, int], None] | None:
        """Return what writes down what a request changed, once its number is known.

        The oldest changes beyond 100,000 go. None where nothing changed.
        """
        if not changes:
            return None

        def work(db: sa.Connection, request: int) -> None:
            _NEW.run_each(db, [_row_of(one, request) for one in changes])
            _OLDEST_GO.run(db)

        return work

    def of(self, resource_id: str, *, before: int = 0, limit: int) -> list[Known]:
        """Return changes of a resource, memberships included, newest first."""
        columns = CHANGES.c
        mine = (columns.resource_id == resource_id) | (columns.other_id == resource_id)
        query = sa.select(CHANGES).where(mine)
        if before:
            query = query.where(columns.seq < before)
        return self._known(query.order_by(columns.seq.desc()).limit(limit))

    def by(self, request: int, *, limit: int) -> list[Known]:
        """Return what one request changed, in order."""
        query = sa.select(CHANGES).where(CHANGES.c.request == request)
        return self._known(query.order_by(CHANGES.c.seq).limit(limit))

    def _known(self, query: sa.Select[tuple[object, ...]]) -> list[Known]:
        rows = self._file.read(lambda db: db.execute(query).all())
        return [
            Known(
                row.seq,
                row.request,
                Change(
                    row.at,
                    row.kind,
                    row.resource_id,
                    row.what,
                    row.path,
                    row.before,
                    row.after,
                    row.other_id,
                ),
            )
            for row in rows
        ]


def _row_of(one: Change, request: int) -> dict[str, Any]:
    return {"request": request, **{name: getattr(one, name) for name in Change.__slots__}}
