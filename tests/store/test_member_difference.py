"""What differs in a group's members is what the rows say, however they came to be as they are.

The question goes along two indexes and looks closely only where something happened since; here it
is answered once more by reading every row.
"""

import datetime as dt
from collections.abc import Callable, Iterator
from typing import Final

import pytest
import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.databases import kinds, prepared_postgresql, prepared_sqlite

from seatkeeper.directory.model import Kind
from seatkeeper.provisioning.journal import MemberDifference, MemberWrite, Work
from seatkeeper.provisioning.link import HELD_MARK, Link
from seatkeeper.store import ledger_tables as t
from seatkeeper.store import migration
from seatkeeper.store.database import Database
from seatkeeper.store.ledger_members import member_difference
from seatkeeper.store.ledger_write import write_work
from seatkeeper.store.tables import applications, groups, memberships
from seatkeeper.store.upsert import insert_missing

_LONG_AGO: Final = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)
APP: Final = "15five"
GROUP: Final = "Wanderers"
OTHER: Final = "Office"
PEOPLE: Final = ("Ada", "Ben", "Cleo")
ACCOUNTS: Final = ("a1", "a2", "a3", "a4")

Step = Callable[[sa.Connection], None]


@pytest.fixture(scope="module", params=kinds())
def shared(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Database]:
    """Open one database for all that Hypothesis tries; nothing of a try is kept."""
    if request.param == "sqlite":
        url = prepared_sqlite(tmp_path_factory.mktemp("members") / "seatkeeper.db")
    else:
        url = prepared_postgresql(request.getfixturevalue("postgresql_server"))
    opened = Database.open(url)
    opened.write_now(_begin)
    yield opened
    opened.close()


def _begin(db: sa.Connection) -> None:
    app = {"id": APP, "gallery_id": APP, "display_name": APP, "roles": [], "settings": {}}
    db.execute(sa.insert(applications), [{**app, "version": 1}])
    for name in (GROUP, OTHER):
        row: dict[str, object] = {"id": name, "display_name": name, "created_at": _LONG_AGO}
        db.execute(sa.insert(groups), [{**row, "attributes": {}}])
    write_work(db, APP, Work(address="here"))


def _link(person: str, account: str) -> Step:
    def step(db: sa.Connection) -> None:
        taken = sa.select(t.links.c.record_id).where(
            t.links.c.account_id == account, t.links.c.record_id != person
        )
        if db.scalar(taken) is None:
            write_work(db, APP, Work(links=[Link(Kind.USER, person, account, {})]))

    return step


def _work(work: Work) -> Step:
    return lambda db: write_work(db, APP, work)


def _joins(group: str, person: str) -> Step:
    row = {"group_id": group, "member_id": person, "member_kind": "user"}

    def step(db: sa.Connection) -> None:
        insert_missing(db, memberships, [row])

    return step


def _leaves(group: str, person: str) -> Step:
    c = memberships.c
    gone = sa.delete(memberships).where(c.group_id == group, c.member_id == person)

    def step(db: sa.Connection) -> None:
        db.execute(gone)

    return step


def _written(group: str, person: str) -> Step:
    """Let somebody's account be in a group, as it is after a cycle."""

    def step(db: sa.Connection) -> None:
        account = db.scalar(sa.select(t.links.c.account_id).where(t.links.c.record_id == person))
        if account is not None:
            write_work(db, APP, Work(members_added=[MemberWrite(group, person, account)]))
            _joins(group, person)(db)

    return step


def _inherits(owner: str, heir: str) -> Step:
    """Let somebody purged hand the account on, as the engine does it: link and all."""

    def step(db: sa.Connection) -> None:
        account = db.scalar(sa.select(t.links.c.account_id).where(t.links.c.record_id == owner))
        if account is None or account.startswith(HELD_MARK) or owner == heir:
            return
        links = [Link(Kind.USER, heir, account, {})]
        gone = [(Kind.USER, owner)]
        write_work(db, APP, Work(inherited={owner: heir}, unlinked=gone, links=links))

    return step


_people, _groups = st.sampled_from(PEOPLE), st.sampled_from((GROUP, GROUP, OTHER))
_writes = st.builds(MemberWrite, _groups, _people, st.sampled_from(ACCOUNTS))
_steps = st.one_of(
    st.builds(_link, _people, st.sampled_from(ACCOUNTS)),
    st.builds(lambda one: _work(Work(unlinked=[(Kind.USER, one)])), _people),
    st.builds(_joins, _groups, _people),
    st.builds(_leaves, _groups, _people),
    st.builds(_written, _groups, _people),
    st.builds(_written, st.just(GROUP), _people),
    st.builds(lambda one: _work(Work(members_added=[one])), _writes),
    st.builds(lambda one: _work(Work(members_removed=[one])), _writes),
    st.builds(
        lambda add, gone: _work(Work(members_intended=MemberDifference([add], [gone]))),
        _writes,
        _writes,
    ),
    st.builds(lambda one: _work(Work(forgotten=[one])), _people),
    st.builds(lambda one: _work(Work(unsure=[one])), _people),
    st.builds(_inherits, _people, _people),
    st.builds(lambda where: _work(Work(address=where)), st.sampled_from(("here", "elsewhere"))),
)


def by_every_row(db: sa.Connection) -> MemberDifference:
    """Compare the group's members as the words say it, without an index."""
    links = {row.record_id: row for row in db.execute(sa.select(t.links)).all()}
    account = {one: row.account_id for one, row in links.items() if row.former_id is None}
    held = {one for one, row in links.items() if row.former_id is not None}
    here = {
        row.member_id
        for row in db.execute(sa.select(memberships).where(memberships.c.group_id == GROUP))
    }
    there = {
        row.member_id: row
        for row in db.execute(sa.select(t.link_members).where(t.link_members.c.group_id == GROUP))
        if row.member_id not in held
    }
    surely = {
        one for one, row in there.items() if not row.doubtful and row.account_id == account.get(one)
    }
    wanted = {account[one] for one in here if one in account}
    return MemberDifference(
        add=[
            MemberWrite(GROUP, one, account[one]) for one in sorted(here - surely) if one in account
        ],
        remove=[
            MemberWrite(GROUP, one, row.account_id)
            for one, row in sorted(there.items())
            if row.account_id not in wanted
        ],
        unresolved=[one for one in sorted(here - surely) if one not in account],
        undone_over=[],
    )


@settings(max_examples=300, deadline=None, suppress_health_check=list(HealthCheck))
@given(steps=st.lists(_steps, min_size=12, max_size=40), most=st.integers(1, 3))
def test_what_differs_is_what_every_row_says(
    shared: Database, steps: list[Step], most: int
) -> None:
    def tried(db: sa.Connection) -> None:
        with db.begin_nested() as savepoint:
            for step in steps:
                step(db)

            whole = member_difference(db, APP, GROUP)
            parts = [member_difference(db, APP, GROUP, most=most)]
            while (upto := parts[-1].upto) is not None:
                parts.append(member_difference(db, APP, GROUP, after=upto, most=most))

            assert whole == by_every_row(db)
            for side in ("add", "remove", "unresolved"):
                told = [one for part in parts for one in getattr(part, side)]
                assert told == getattr(whole, side)
            savepoint.rollback()

    shared.write_now(tried)


async def test_whoever_was_written_under_the_release_before_is_compared_all_the_same(
    empty_database_url: str,
) -> None:
    engine = sa.create_engine(empty_database_url.replace("postgresql://", "postgresql+psycopg://"))
    with engine.begin() as connection:
        config = Config()
        config.set_main_option("script_location", str(migration.FOLDER))
        config.attributes["connection"] = connection
        command.upgrade(config, "0046")
        for statement in _BEFORE:
            connection.execute(sa.text(statement))
    engine.dispose()

    database = Database.open(empty_database_url)

    found = database.read_now(lambda db: member_difference(db, APP, GROUP))
    database.close()
    assert found.remove == [MemberWrite(GROUP, "Ada", "a1")]
    assert found.unresolved == ["Ada"]


_BEFORE: Final = (
    "INSERT INTO applications (id, gallery_id, display_name, roles, settings, version) "
    "VALUES ('15five', '15five', '15Five', '[]', '{}', 1)",
    "INSERT INTO groups (id, display_name, attributes, created_at) "
    "VALUES ('Wanderers', 'Wanderers', '{}', '2026-01-01T00:00:00.000000Z')",
    "INSERT INTO memberships (group_id, member_id, member_kind) VALUES "
    "('Wanderers', 'Ada', 'user'), ('Wanderers', 'Ben', 'user')",
    "INSERT INTO links (app_id, kind, record_id, account_id, known, display_name) "
    "VALUES ('15five', 'user', 'Ben', 'a2', '{}', 'Ben')",
    "INSERT INTO link_members (app_id, group_id, member_id, account_id, doubtful) VALUES "
    "('15five', 'Wanderers', 'Ada', 'a1', false), ('15five', 'Wanderers', 'Ben', 'a2', false)",
)
