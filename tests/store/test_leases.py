"""Who works for which app, on PostgreSQL: one at a time, and nobody who was held up."""

import asyncio
import signal
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager

import psycopg
import pytest
from sqlalchemy import Connection, text
from tests.databases import prepared_postgresql

from seatkeeper.errors import LeaseLost
from seatkeeper.ports import Lease
from seatkeeper.ports.leases import MARGIN
from seatkeeper.store.database import Database
from seatkeeper.store.leases import FencedDatabase, SqlLeases
from seatkeeper.store.sessions import STOPPED_SECONDS, end_stopped

pytestmark = pytest.mark.anyio

REQUEST = 60


@pytest.fixture
def shared(postgresql_server: str) -> Iterator[Database]:
    """Return a PostgreSQL database with one app, 15five."""
    opened = Database.open(prepared_postgresql(postgresql_server))
    opened.write_now(
        lambda c: c.execute(
            text("INSERT INTO applications VALUES ('15five', '15five', 'none', '[]', '{}', 1)")
        )
    )
    yield opened
    opened.close()


def process(database: Database, name: str, *, seconds: float = 30) -> SqlLeases:
    return SqlLeases(database, holder=name, seconds=seconds, request_seconds=REQUEST)


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


async def test_who_takes_over_knows_how_long_requests_may_arrive_that_the_one_before_lost(
    shared: Database,
) -> None:
    ada = process(shared, "ada")
    lease = await taken(ada)
    await ada.release(lease, in_flight=20)
    busy = await ada.busy()

    taken_over = await taken(process(shared, "bo"))

    assert busy == frozenset()
    assert 15 < taken_over.in_flight <= 20


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


STOPS_ITSELF = """
import asyncio, os, signal, sys
from sqlalchemy import text
from seatkeeper.errors import SeatkeeperError
from seatkeeper.store.database import Database
from seatkeeper.store.leases import FencedDatabase, SqlLeases

database = Database.open(sys.argv[1])
leases = SqlLeases(database, holder="ada", seconds=2, request_seconds=60)
lease = asyncio.run(leases.take("15five"))
first = [1]

def work(connection):
    sent_together = connection.connection.driver_connection
    if first:
        first.clear()
        with sent_together.pipeline(), sent_together.cursor() as cursor:
            cursor.execute("UPDATE applications SET display_name = 'by ada'")
            cursor.execute("SELECT 1").fetchone()  # what was sent is carried out; no end yet
            os.kill(os.getpid(), signal.SIGSTOP)

try:
    FencedDatabase(database, lease).write_now(work)
except SeatkeeperError as error:
    print(error.code)
"""


@asynccontextmanager
async def stopped_inside_a_write(shared: Database) -> AsyncIterator[asyncio.subprocess.Process]:
    """Yield a process that holds 15five for two seconds and is stopped between two commands."""
    url = shared.url.set(drivername="postgresql").render_as_string(hide_password=False)
    child = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", STOPS_ITSELF, url), stdout=asyncio.subprocess.PIPE
    )
    try:
        async with asyncio.timeout(30):
            while not await stopped_writers(shared):  # noqa: ASYNC110 - another process acts
                await asyncio.sleep(0.05)
        yield child
    finally:
        if child.returncode is None:
            child.kill()
            await child.wait()


async def stopped_writers(shared: Database) -> int:
    asked = text(
        "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
        " AND backend_xid IS NOT NULL AND query = 'SELECT 1' AND state = 'active'"
        " AND state_change < clock_timestamp() - interval '0.5 s'"
    )
    return await shared.read(lambda c: int(c.execute(asked).scalar_one()))


async def test_an_app_goes_on_elsewhere_when_its_process_is_stopped_between_two_commands(
    shared: Database,
) -> None:
    bo = process(shared, "bo", seconds=2)
    async with stopped_inside_a_write(shared) as child:
        async with asyncio.timeout(30):
            while (lease := await bo.take("15five")) is None:  # noqa: ASYNC110 - as above
                await asyncio.sleep(0.1)
        child.send_signal(signal.SIGCONT)
        said, _ = await child.communicate()

    name = text("SELECT display_name FROM applications")
    assert lease.fence == 2
    assert said == b"LeaseLost\n"
    assert await shared.read(lambda c: c.execute(name).scalar_one()) != "by ada"


async def test_who_waits_for_a_row_of_a_stopped_process_gets_it(shared: Database) -> None:
    def rename(connection: Connection) -> None:
        connection.execute(text(f"SET LOCAL lock_timeout = '{STOPPED_SECONDS / 4 + 1} s'"))
        connection.execute(text("UPDATE applications SET display_name = 'by bo'"))

    async with stopped_inside_a_write(shared):
        await shared.write(rename)

    name = text("SELECT display_name FROM applications")
    assert await shared.read(lambda c: c.execute(name).scalar_one()) == "by bo"


async def test_only_our_own_writing_transactions_are_ended(
    shared: Database, postgresql_server: str
) -> None:
    url = shared.url.set(drivername="postgresql").render_as_string(hide_password=False)
    with (
        psycopg.connect(url, application_name="seatkeeper 1@ada") as writer,
        psycopg.connect(url, application_name="seatkeeper 1@ada") as reader,
        psycopg.connect(url, application_name="somebody") as stranger,
    ):
        writer.execute("UPDATE applications SET display_name = 'by ada'")
        reader.execute("SELECT 1")
        stranger.execute("CREATE TABLE of_a_stranger ()")

        ended = await shared.write(lambda c: end_stopped(c, seconds=0))

        assert ended == 1
        with pytest.raises(psycopg.OperationalError):
            writer.execute("SELECT 1")
        assert reader.execute("SELECT 2").fetchone() == (2,)
        assert stranger.execute("SELECT 2").fetchone() == (2,)
