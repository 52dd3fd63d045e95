"""A question that is composed once gives what the usual way gives, on either database."""

import datetime as dt

import pytest
from sqlalchemy import Connection, Integer, bindparam, select
from sqlalchemy.exc import IntegrityError

from seatkeeper.store import ledger_tables as t
from seatkeeper.store.asked import Asked
from seatkeeper.store.database import Database
from seatkeeper.store.tables import users
from seatkeeper.store.upsert import among_given, upsert

SINCE = dt.datetime(2026, 3, 2, 9, 0, tzinfo=dt.UTC)
HIRED = {
    "id": "ada",
    "user_name": "ada@larkspur.example",
    "mail": None,
    "display_name": "Ada",
    "attributes": {"department": "Sales", "proxyAddresses": ("a", "b")},
    "manager_id": None,
    "enabled": True,
    "deleted_at": None,
    "created_at": SINCE,
    "name_key": "ada",
    "last_key": "",
}
OF_THESE = (
    select(users)
    .where(among_given(users.c.id, "ids"), users.c.created_at >= bindparam("since"))
    .order_by(users.c.id)
    .limit(bindparam("most", type_=Integer))
)
ASKED = Asked(OF_THESE)


def _hired(database: Database) -> None:
    rows = [{**HIRED, "id": one, "user_name": one} for one in ("ada", "bo", "cy")]
    database.write_now(lambda c: upsert(c, users, rows))


def test_what_is_found_has_the_types_of_the_usual_way(database: Database) -> None:
    _hired(database)
    given = {"ids": ["ada", "cy", "nobody"], "since": SINCE, "most": 10}

    def both(connection: Connection) -> tuple[list[tuple[object, ...]], ...]:
        quick = [tuple(row) for row in ASKED.all(connection, **given)]
        return quick, [tuple(row) for row in connection.execute(OF_THESE, given)]

    quick, usual = database.read_now(both)
    assert quick == usual
    assert [row[0] for row in quick] == ["ada", "cy"]


def test_a_row_is_read_by_name(database: Database) -> None:
    _hired(database)

    row = database.read_now(lambda c: ASKED.first(c, ids=["bo"], since=SINCE, most=1))

    assert (row.id, row.created_at, row.enabled, row.mail) == ("bo", SINCE, True, None)
    assert row.attributes == {"department": "Sales", "proxyAddresses": ("a", "b")}


def test_of_nobody_there_is_no_row(database: Database) -> None:
    assert database.read_now(lambda c: ASKED.first(c, ids=[], since=SINCE, most=1)) is None


def test_rows_that_are_there_take_the_new_values(database: Database) -> None:
    _hired(database)
    left = {**HIRED, "enabled": False, "deleted_at": SINCE}

    database.write_now(lambda c: upsert(c, users, [left]))

    row = database.read_now(lambda c: ASKED.first(c, ids=["ada"], since=SINCE, most=1))
    assert (row.enabled, row.deleted_at) == (False, SINCE)


def test_a_broken_rule_is_the_databases_own_error(database: Database) -> None:
    of_no_app = {"app_id": "nowhere", "seq": 1, "digest": ""}

    with pytest.raises(IntegrityError):
        database.write_now(lambda c: upsert(c, t.positions, [of_no_app]))
