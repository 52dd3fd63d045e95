"""A statement that is compiled once says what the engine would have said."""

import pytest
import sqlalchemy as sa
from tests.resource_stores import file, place, statements_of

from seatkeeper.store.fixed import Fixed
from seatkeeper.store.resource_file import ResourceFile
from seatkeeper.store.resource_tables import COUNTS

__all__ = ["file", "place"]

NEW = Fixed(COUNTS.insert())
OF_KIND = COUNTS.c.kind == sa.bindparam("of")
READ = Fixed(sa.select(COUNTS.c.slot, COUNTS.c.number).where(OF_KIND).order_by(COUNTS.c.slot))
TWICE = Fixed(COUNTS.update().where(OF_KIND).values(number=COUNTS.c.number * 2))
GONE = Fixed(COUNTS.delete().where(OF_KIND, COUNTS.c.slot == 1).returning(COUNTS.c.number))


def test_rows_are_written_changed_found_and_given_back(file: ResourceFile) -> None:
    rows = [{"kind": kind, "slot": slot, "number": 5} for kind in ("a", "b") for slot in (1, 2)]

    def work(db: sa.Connection) -> list[object]:
        NEW.run_each(db, rows)
        touched = TWICE.run(db, of="a")
        gone = [tuple(row) for row in GONE.rows(db, of="a")]
        left = [tuple(row) for row in READ.rows(db, of="a")]
        return [touched, gone, left, READ.first(db, of="nobody")]

    found = file.write(work)

    assert found == [2, [(10,)], [(2, 10)], None]


def test_a_broken_rule_is_the_engines_own_error(file: ResourceFile) -> None:
    row = {"kind": "a", "slot": 1, "number": 5}
    file.write(lambda db: NEW.run_each(db, [row]))

    with pytest.raises(sa.exc.IntegrityError):
        file.write(lambda db: NEW.run_each(db, [row]))


def test_whoever_listens_to_an_engine_hears_it(file: ResourceFile) -> None:
    with statements_of(file) as heard:
        file.read(lambda db: READ.rows(db, of="a"))

    assert [text for text in heard.texts() if "counts" in text]
