"""The journal of a SCIM service: each request and its answer, the newest 10,000.

An edge beside the walk. What may be written down, and in which words, is
decided by who notes it; this keeps and finds. A file of an older program gets
the columns that it lacks, and an older program can still write into ours.
"""

import contextlib
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import unquote_plus

import msgspec
import sqlalchemy as sa

from seatkeeper.errors import StoreUnusable
from seatkeeper.scim.errors import ScimError
from seatkeeper.store.fixed import Fixed
from seatkeeper.store.resource_file import ResourceFile
from seatkeeper.store.resource_history import Change, ResourceHistory
from seatkeeper.store.resource_tables import SEQ

KEPT: Final = 10_000
MOST_WAITING: Final = 1_000
"""Requests that changed nothing and are not written down yet, at most."""
_BATCH: Final = 200
_METADATA: Final = sa.MetaData()


def _text(name: str, default: str = "") -> sa.Column[str]:
    return sa.Column(name, sa.Text, nullable=False, server_default=default)


def _number(name: str, default: str) -> sa.Column[int]:
    return sa.Column(name, sa.Integer, nullable=False, server_default=sa.text(default))


REQUESTS: Final = sa.Table(
    "requests",
    _METADATA,
    sa.Column("seq", SEQ, primary_key=True, autoincrement=True),
    sa.Column("started", sa.Text, nullable=False),
    sa.Column("ended", sa.Text, nullable=False),
    sa.Column("method", sa.Text, nullable=False),
    sa.Column("path", sa.Text, nullable=False),
    sa.Column("query", sa.Text, nullable=False),
    sa.Column("status", sa.Integer, nullable=False),
    sa.Column("request", sa.Text, nullable=False),
    sa.Column("response", sa.Text, nullable=False),
    sa.Column("token", sa.Text, nullable=False),
    _number("duration", "0"),
    _text("request_headers", "[]"),
    _text("response_headers", "[]"),
    _text("client"),
    _text("findings", "[]"),
    _text("verdict"),
    _text("fault"),
    # How many values the request changed; -1 where nobody counted.
    _number("changed", "-1"),
    # Path and query decoded and folded, so that what a person types is found.
    _text("plain"),
    sqlite_autoincrement=True,
)
_NEW: Final = Fixed(
    REQUESTS.insert()
    .values({one.name: sa.bindparam(one.name) for one in REQUESTS.c if one.name != "seq"})
    .returning(REQUESTS.c.seq)
)
_NEW_ONES: Final = Fixed(
    REQUESTS.insert().values(
        {one.name: sa.bindparam(one.name) for one in REQUESTS.c if one.name != "seq"}
    )
)
_NEWEST: Final = Fixed(sa.select(sa.func.max(REQUESTS.c.seq)))
_OLDEST_GO: Final = Fixed(REQUESTS.delete().where(REQUESTS.c.seq <= sa.bindparam("last")))
_UNSAID: Final[Mapping[str, str | int]] = {
    "duration": 0,
    "request_headers": "[]",
    "response_headers": "[]",
    "client": "",
    "findings": "[]",
    "verdict": "",
    "fault": "",
    "changed": -1,
}
_STRUCTURED: Final = ("request_headers", "response_headers", "findings")
_BULKY: Final = ("request", "response", "request_headers", "response_headers", "plain")


@dataclass(frozen=True, slots=True)
class Sought:
    """Which requests are looked for; what is empty (or 0) does not narrow.

    ``status_class`` is the first digit of the status, ``text`` a part of the
    path or query, ``verdict`` the worst of a request's findings.
    """

    method: str = ""
    status_class: int = 0
    text: str = ""
    verdict: str = ""
    with_findings: bool = False

    def conditions(self) -> list[sa.ColumnElement[bool]]:
        """Return what a row must meet."""
        found: list[sa.ColumnElement[bool]] = []
        columns = REQUESTS.c
        if self.method:
            found.append(columns.method == self.method)
        if self.status_class:
            low = self.status_class * 100
            found.append(columns.status.between(low, low + 99))
        if self.text:
            found.append(columns.plain.contains(self.text.casefold(), autoescape=True))
        if self.verdict:
            found.append(columns.verdict == self.verdict)
        if self.with_findings:
            found.append(columns.findings != "[]")
        return found


EVERYTHING: Final = Sought()
Row = dict[str, Any]
_Noted = tuple[Row, Sequence[Change]]
"""A row that is to be written, and what its request changed."""


class RequestJournal:
    """The requests that one service was sent; what each of them changed goes to its history."""

    def __init__(self, file: ResourceFile) -> None:
        self.history = ResourceHistory(file)
        self._file = file
        self._lock = threading.Lock()
        self._settling = threading.Lock()
        self._soon: list[_Noted] = []
        self._local = threading.local()
        file.write(_prepare)

    def note(self, entry: Mapping[str, str | int], changes: Sequence[Change] = ()) -> None:
        """Write down one request, its answer and what it changed, all or nothing. The oldest go.

        In a block of ``gathered`` that is done at its end. Raises ``StoreUnusable``
        where it cannot be: the answer is to go out all the same.
        """
        noted = _row_of(entry), changes
        waiting: list[_Noted] | None = getattr(self._local, "waiting", None)
        if waiting is not None:
            waiting.append(noted)
            return
        self._write([noted])

    @contextlib.contextmanager
    def gathered(self) -> Iterator[None]:
        """Write down at once, at the end, whatever this thread notes in the block.

        Where it cannot be written down, it is lost, as ``note`` has it; nothing is
        written where the block itself fails.
        """
        waiting: list[_Noted] = []
        self._local.waiting = waiting
        try:
            yield
        finally:
            self._local.waiting = None
        if waiting:
            with contextlib.suppress(StoreUnusable):
                self._write(waiting)

    def _write(self, noted: Sequence[_Noted]) -> None:
        earlier: list[_Noted] = []

        def work(db: sa.Connection) -> None:
            self._take(earlier)
            all_noted = [*earlier, *noted]
            numbers = _inserted(db, [row for row, _ in all_noted])
            if numbers[-1] > KEPT:
                _OLDEST_GO.run(db, last=numbers[-1] - KEPT)
            numbered = zip(numbers, all_noted, strict=True)
            self.history.write(
                db, [(number, one) for number, (_, changes) in numbered for one in changes]
            )

        self._written(work)

    def note_soon(self, entry: Mapping[str, str | int]) -> None:
        """Write down a request that changed nothing, with the next one or by ``settle``.

        At most ``MOST_WAITING`` wait; then they are written at once. Whoever reads the
        journal here finds what waits, too; kill -9 loses it.
        """
        with self._lock:
            self._soon.append((_row_of(entry), ()))
            are_many = len(self._soon) >= MOST_WAITING
        if are_many:
            self.settle()

    def settle(self) -> None:
        """Write down what waits. Where that cannot be, it is lost: its answers are out already."""
        with self._settling:  # whoever finds nothing waiting may read the file
            with self._lock:
                if not self._soon:
                    return
            waiting: list[_Noted] = []

            def work(db: sa.Connection) -> None:
                self._take(waiting)
                _NEW_ONES.run_each(db, [row for row, _ in waiting])
                newest = _newest(db)
                if newest > KEPT:
                    _OLDEST_GO.run(db, last=newest - KEPT)

            try:
                self._written(work)
            except StoreUnusable:
                self._take([])

    def _take(self, taken: list[_Noted]) -> None:
        """Take what waits for a row.

        Only whoever writes already may: what was taken before, and is written later, would stand
        behind what came after it. A second attempt still has what the first one took.
        """
        with self._lock:
            taken += self._soon
            self._soon = []

    def _written(self, work: Callable[[sa.Connection], None]) -> None:
        try:
            self._file.write(work)
        except ScimError as error:
            raise StoreUnusable("The request could not be written down.") from error

    def requests(self, *, after: int = 0, limit: int = KEPT) -> list[Row]:
        """Return requests with a number over ``after``, whole, in the order of their answers."""
        query = sa.select(REQUESTS).where(REQUESTS.c.seq > after)
        return self._rows(query.order_by(REQUESTS.c.seq).limit(limit))

    def newest(self) -> int:
        """Return the number of the newest request, or 0."""
        self.settle()
        return self._file.read(_newest)

    def one(self, number: int) -> Row | None:
        """Return one request, whole, or none that is kept."""
        found = self._rows(sa.select(REQUESTS).where(REQUESTS.c.seq == number))
        return found[0] if found else None

    def count(self, sought: Sought) -> int:
        """Return how many are kept that meet ``sought``."""
        self.settle()
        query = sa.select(sa.func.count()).select_from(REQUESTS).where(*sought.conditions())
        return self._file.read(lambda db: int(db.execute(query).scalar_one()))

    def newest_first(self, sought: Sought, *, before: int = 0, limit: int) -> list[Row]:
        """Return requests older than number ``before`` (0: from the newest), without bodies."""
        older = [REQUESTS.c.seq < before] if before else []
        query = _without_bodies().where(*sought.conditions(), *older)
        return self._rows(query.order_by(REQUESTS.c.seq.desc()).limit(limit))

    def just_after(self, sought: Sought, *, after: int, limit: int) -> list[Row]:
        """Return the next requests newer than number ``after``, newest first, without bodies."""
        query = _without_bodies().where(*sought.conditions(), REQUESTS.c.seq > after)
        return self._rows(query.order_by(REQUESTS.c.seq).limit(limit))[::-1]

    def each(self, sought: Sought = EVERYTHING, *, after: int = 0) -> Iterator[Row]:
        """Yield what meets ``sought``, whole, oldest first, never many in memory at once."""
        query = sa.select(REQUESTS).where(*sought.conditions()).order_by(REQUESTS.c.seq)
        while batch := self._rows(query.where(REQUESTS.c.seq > after).limit(_BATCH)):
            yield from batch
            after = int(batch[-1]["seq"])

    def _rows(self, query: sa.Select[Any]) -> list[Row]:
        self.settle()
        found = self._file.read(lambda db: [dict(row) for row in db.execute(query).mappings()])
        for row in found:
            row.pop("plain", None)
            for name in _STRUCTURED:
                if name in row:
                    row[name] = msgspec.json.decode(row[name])
        return found


def _without_bodies() -> sa.Select[Any]:
    return sa.select(*(column for column in REQUESTS.c if column.name not in _BULKY))


def _inserted(db: sa.Connection, rows: Sequence[Row]) -> Sequence[int]:
    """Insert rows; return their numbers."""
    if db.dialect.name != "sqlite":
        return [int(_NEW.rows(db, **row)[0][0]) for row in rows]
    # Nobody else writes meanwhile, so the numbers follow each other.
    _NEW_ONES.run_each(db, rows)
    newest = _newest(db)
    return range(newest - len(rows) + 1, newest + 1)


def _newest(db: sa.Connection) -> int:
    found = _NEWEST.first(db)
    return int(found[0] or 0) if found else 0


def _row_of(entry: Mapping[str, str | int]) -> Row:
    row = dict(_UNSAID)
    for name, value in entry.items():
        row[name] = value if isinstance(value, int) or _is_plain(value) else _writable(value)
    row["plain"] = _plain(str(row["path"]), str(row["query"]))
    return row


def _plain(path: str, query: str) -> str:
    return unquote_plus(f"{path}?{query}" if query else path).casefold()


def _is_plain(text: str) -> bool:
    return text.isascii() and "\0" not in text


def _writable(value: str) -> str:
    """Return a text without what a database does not take; clients send anything."""
    return value.replace("\0", "\ufffd").encode("utf-8", "replace").decode("utf-8")


def _prepare(db: sa.Connection) -> None:
    """Make the table, or give one of an older program the columns that it lacks."""
    _METADATA.create_all(db)
    if db.dialect.name != "sqlite":
        return  # older programs knew files alone
    there = {column["name"] for column in sa.inspect(db).get_columns("requests")}
    for column in REQUESTS.c:
        if column.name not in there:
            kind = column.type.compile(dialect=db.dialect)
            given = column.server_default
            assert isinstance(given, sa.DefaultClause)  # noqa: S101 - each later column has one
            default = given.arg if isinstance(given.arg, str) else str(given.arg)
            literal = f"'{default}'" if kind == "TEXT" else default
            db.exec_driver_sql(
                f"ALTER TABLE requests ADD COLUMN {column.name} {kind} NOT NULL DEFAULT {literal}"
            )
    if "plain" not in there:
        old = db.execute(sa.select(REQUESTS.c.seq, REQUESTS.c.path, REQUESTS.c.query)).all()
        for row in old:
            mine = REQUESTS.update().where(REQUESTS.c.seq == row.seq)
            db.execute(mine.values(plain=_plain(row.path, row.query)))
