"""One SQLite transaction that the requests of a turn share, each a part of it.

An edge beside the walk. Decides what it costs to take a part back: SQLite copies
every page that is written behind a savepoint, so a part that refuses before it
writes is spared one. Rows that many parts add are put off and written together;
whoever looks at the tables finds them there.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import Enum, auto
from typing import Any, Final, Protocol, TypeVar

import sqlalchemy as sa

from seatkeeper.scim.errors import ScimError
from seatkeeper.store.faults import full
from seatkeeper.store.fixed import driver_of, part_of, rows_written

T = TypeVar("T")
G = TypeVar("G", bound="Gathered")

NO_SPACE: Final = "There is no space left to keep this. Nothing was changed."
GONE: Final = "The database cannot be used now. Nothing was changed."


class Way(Enum):
    """How a piece of work writes, which decides how it can be taken back.

    ``FREE`` may fail anywhere. ``REFUSING_FIRST`` fails, if at all, before it has
    written anything. ``ADDING`` is the same, and looks at none of the tables that
    it puts rows off for.
    """

    FREE = auto()
    REFUSING_FIRST = auto()
    ADDING = auto()


class Gathered(Protocol):
    """Rows that are put off until somebody looks, or until the transaction ends."""

    def settle(self, db: sa.Connection) -> None:
        """Write them."""


@dataclass
class Turn:
    """A transaction of one thread; ``lost`` says why it was given up, if it was."""

    db: sa.Connection
    writes: bool
    lost: ScimError | None = None
    _put_off: dict[type[Any], Gathered] = field(default_factory=dict)

    def gathering(self, kind: type[G]) -> G:
        """Return what holds the rows of one kind that are put off now."""
        found = self._put_off.get(kind)
        if not isinstance(found, kind):
            found = self._put_off[kind] = kind()
        return found

    def settle(self) -> None:
        """Write what was put off. If that fails, everything in the turn is lost."""
        while self._put_off:
            _, rows = self._put_off.popitem()
            try:
                rows.settle(self.db)
            except BaseException as error:
                self.lost = _told(error)
                raise

    def read(self, work: Callable[[sa.Connection], T]) -> T:
        """Run a part that only looks."""
        self._require()
        self.settle()
        return work(self.db)

    def write(self, work: Callable[[sa.Connection], T], way: Way) -> T:
        """Run a part that writes; if it fails, there is no trace of it."""
        self._require()
        if way is not Way.ADDING:
            self.settle()
        return self._saved(work) if way is Way.FREE else self._plain(work)

    def _require(self) -> None:
        if self.lost is not None:
            raise self.lost

    def _plain(self, work: Callable[[sa.Connection], T]) -> T:
        before = rows_written(self.db)
        try:
            return work(self.db)
        except BaseException as error:
            # Whoever said to refuse first and has written all the same takes everybody along.
            if rows_written(self.db) != before or not driver_of(self.db).in_transaction:
                self.lost = _told(error)
            raise

    def _saved(self, work: Callable[[sa.Connection], T]) -> T:
        try:
            with part_of(self.db):
                result = work(self.db)
                self.settle()
        except BaseException as error:
            self._put_off.clear()
            if not driver_of(self.db).in_transaction:
                self.lost = _told(error)
            raise
        return result


def _told(error: BaseException) -> ScimError:
    """Return what everybody in a lost turn is told."""
    was_full = isinstance(error, sa.exc.DBAPIError) and full(error)
    return ScimError(507, "", NO_SPACE) if was_full else ScimError(503, "", GONE)
