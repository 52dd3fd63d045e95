"""Who works for which app, on PostgreSQL: one at a time, and nobody who was held up."""

import asyncio
from collections.abc import Iterator

import pytest
from sqlalchemy import Connection, text
from tests.databases import new_postgresql

from seatkeeper.errors import LeaseLost
from seatkeeper.ports import Lease
from seatkeeper.store.database import Database
from seatkeeper.store.leases import MARGIN, FencedDatabase, SqlLeases

pytestmark = pytest.mark.anyio

REQUEST = 60


@pytest.fixture
def shared(postgresql_server: str) -> Iterator[Database]:
    """Return a PostgreSQL database with one app, 15five."""
    opened = Database.open(new_postgresql(postgresql_server))
    opened.write_now(
        lambda c: c.execute(
            text("INSERT INTO applications VALUES ('15five', '15five', 'none', '[]', '{}', 1)")
        )
    )
    yield opened
    opened.close()


def process(database: Database, name: str) -> SqlLeases:
    return SqlLeases(database, holder=name, seconds=30, request_seconds=REQUEST)


async def taken(leases: SqlLeases) -> Lease:
    lease = await leases.take("15five")
    assert lease is not None
    return lease


def let_it_end(database: Database, *, seconds_ago: float = 0) -> None:
    """Be at the moment at which the lease ended so long ago."""
    ended = text("UPDATE leases SET until = extract(epoch FROM clock_timestamp()) - :ago")
    database.write_now(lambda c: c.execute(ended, {"ago": seconds_ago}))


async def test_an_app_is_one_process_s_until_it_is_given_back(shared: Database) -> None:
    ada, bo = process(shared, "ada"), process(shared, "bo")

    lease = await taken(ada)
    refused, busy = await bo.take("15five"), await bo.busy()
    await ada.release(lease)
    next_one = await taken(bo)

    assert refused is None
    assert busy == {"15five"}
    assert next_one.fence > lease.fence
    assert next_one.in_flight == 0


async def test_a_lease_lasts_as_long_as_it_is_renewed_and_is_never_renewed_late(
    shared: Database,
) -> None:
    ada = process(shared, "ada")
    lease = await taken(ada)

    in_time = await ada.renew(lease)
    let_it_end(shared)
    late = await ada.renew(lease)

    assert (in_time, late) == (True, False)
    assert await ada.busy() == frozenset()


async def test_who_takes_over_from_a_lost_process_knows_how_long_its_requests_may_arrive(
    shared: Database,
) -> None:
    await taken(process(shared, "ada"))
    let_it_end(shared, seconds_ago=10)

    lease = await taken(process(shared, "bo"))

    assert REQUEST + MARGIN - 15 < lease.in_flight <= REQUEST + MARGIN - 10


async def test_a_process_that_was_held_up_writes_nothing_more(shared: Database) -> None:
    ada = process(shared, "ada")
    lease = await taken(ada)
    guarded = FencedDatabase(shared, lease)
    write = text("UPDATE applications SET display_name = :name")

    await guarded.write(lambda c: c.execute(write, {"name": "in time"}))
    let_it_end(shared)
    with pytest.raises(LeaseLost, match="held up"):
        await guarded.write(lambda c: c.execute(write, {"name": "ended"}))
    await taken(process(shared, "bo"))
    with pytest.raises(LeaseLost, match="held up"):
        await guarded.write(lambda c: c.execute(write, {"name": "taken"}))

    name = await guarded.read(
        lambda c: c.execute(text("SELECT display_name FROM applications")).scalar()
    )
    assert name == "in time"


async def test_a_late_release_does_not_take_the_lease_from_its_new_holder(
    shared: Database,
) -> None:
    ada, bo = process(shared, "ada"), process(shared, "bo")
    old = await taken(ada)
    let_it_end(shared)
    await taken(bo)

    await ada.release(old)

    assert await bo.busy() == {"15five"}


async def test_nobody_waits_for_a_process_that_was_stopped_inside_a_write(
    shared: Database,
) -> None:
    ada, bo = process(shared, "ada"), process(shared, "bo")
    lease = await taken(ada)
    meanwhile: list[Lease | None] = []

    def slow(_: Connection) -> None:
        meanwhile.append(asyncio.run(bo.take("15five")))

    await FencedDatabase(shared, lease).write(slow)

    assert meanwhile == [None]
