"""What a request to a SCIM service costs: by what is asked for, never by how much there is.

Costs are statements, what they read by their plans, and what is bound to
them; no clock is looked at.
"""

import datetime as dt
import re
from collections.abc import Iterator
from typing import Any, Final

import pytest
import sqlalchemy as sa
from tests.databases import kinds, new_postgresql
from tests.resource_stores import Statements, statements_of

from seatkeeper.gallery.schema import gallery_app
from seatkeeper.scim.filter import parse_filter
from seatkeeper.scim.holding import Wanted
from seatkeeper.scim.members import MemberChange, MemberWrite
from seatkeeper.scim.sorting import Sort
from seatkeeper.service_provider.profile import profile_of
from seatkeeper.store.resource_file import ResourceFile
from seatkeeper.store.resource_keys import ABSENT
from seatkeeper.store.resource_tables import CLAIMS, COUNTS, KEYS, MEMBERS, RESOURCES
from seatkeeper.store.resources import ResourceStore

PROFILE: Final = profile_of(gallery_app("15five"))
NOW: Final = dt.datetime(2026, 11, 26, 9, tzinfo=dt.UTC)
MANY: Final = 20_000
BIG, SMALL = "big", "small"
MOST_PIECES: Final = 12


@pytest.fixture(scope="module", params=kinds())
def file(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[ResourceFile]:
    """Open a store with many people, of whom all are in one group and ten in another."""
    if request.param == "sqlite":
        place = str(tmp_path_factory.mktemp("store") / "app.db")
    else:
        place = new_postgresql(request.getfixturevalue("postgresql_server"))
    opened = ResourceFile(place)
    ResourceStore(opened, PROFILE.keys_of)
    opened.write(_fill)
    yield opened
    opened.close()


def _fill(db: sa.Connection) -> None:
    at = "2026-01-01T00:{:02}:{:02}.000Z"
    people = [
        {
            "seq": n,
            "kind": "User",
            "id": f"u{n}",
            "version": 1,
            "active": 1,
            "shown": "{}",
            "body": f'{{"userName":"user{n:06}"}}',
            "created": at.format(n // 60 % 60, n % 60),
            "modified": at.format(n // 60 % 60, n % 60),
        }
        for n in range(1, MANY + 1)
    ]
    groups = [
        {**people[0], "seq": MANY + n, "kind": "Group", "id": name, "active": 2, "body": "{}"}
        for n, name in enumerate((BIG, SMALL), start=1)
    ]
    db.execute(RESOURCES.insert(), people + groups)
    keys: list[dict[str, Any]] = []
    for n in range(1, MANY + 1):
        mine = {"kind": "User", "seq": n}
        keys.append({**mine, "name": "userName", "value": f"user{n:06}".encode()})
        keys.append({**mine, "name": "emails.value", "value": f"user{n:06}@x".encode()})
        keys += [{**mine, "name": name, "value": ABSENT} for name in ("externalId", "displayName")]
    db.execute(KEYS.insert(), keys)
    members = [{"group_seq": MANY + 1, "member_seq": n} for n in range(1, MANY + 1)]
    members += [{"group_seq": MANY + 2, "member_seq": n} for n in range(1, 11)]
    db.execute(MEMBERS.insert(), members)
    db.execute(CLAIMS.insert(), [one for one in keys if one["name"] == "userName"])
    db.execute(
        COUNTS.insert(), [{"kind": "User", "slot": n, "number": MANY // 16} for n in range(16)]
    )
    if db.dialect.name == "postgresql":
        db.execute(sa.select(sa.func.setval("scim.resources_seq_seq", MANY + 10)))
        db.exec_driver_sql("ANALYZE")


def plans(file: ResourceFile, statements: Statements) -> list[str]:
    """Return how the database carries out each statement, one line per step."""
    found: list[str] = []

    def explain(db: sa.Connection) -> None:
        for text, bound in statements.asked:
            if not text.startswith(("SELECT", "UPDATE", "DELETE")):
                continue
            given = bound[0] if isinstance(bound, list) else bound
            how = "EXPLAIN QUERY PLAN " if file.is_sqlite else "EXPLAIN "
            found.extend(str(row[-1]) for row in db.exec_driver_sql(how + text, given))

    file.write(explain)
    return found


def scans(file: ResourceFile, lines: list[str]) -> list[str]:
    """Return the steps that go through a whole table, or through an index from its beginning."""
    if not file.is_sqlite:
        return [line for line in lines if "Seq Scan on" in line and "on counts" not in line]
    # An index with a place to begin at is SEARCHed; lists are made of what was searched.
    # The last has a row for each table.
    small = ("counts", "facts", "sqlite_sequence")
    return [
        line
        for line in lines
        if line.startswith("SCAN")
        and not line.startswith(("SCAN SUBQUERY", "SCAN (subquery"))
        and not any(name in line for name in small)
    ]


_WALK: Final = re.compile(
    r"\((kind=\?( AND (seq|rowid)>\?)?|kind=\? AND name=\?)\)$"  # SQLite
    r"|Index Cond: \(*(seq > '\d+'::bigint|kind = '[^']*'(::text)?)\)*$"  # PostgreSQL
    r"|Index Cond: [^<>]*name = '[^']*'(::text)?\)*$"
)


def walks(lines: list[str]) -> list[str]:
    """Return the steps that an index narrows down to a kind, or to a name, and no further."""
    return [line for line in lines if _WALK.search(line) and "counts" not in line]


def wanted(kind: str, text: str | None, **more: Any) -> Wanted:
    tree = None if text is None else parse_filter(text)
    return Wanted(PROFILE.kind(kind).schema, filter=tree, limit=10, **more)


def test_joining_costs_the_same_in_a_large_group_as_in_a_small_one(file: ResourceFile) -> None:
    store = ResourceStore(file, PROFILE.keys_of)
    ada = store.create("User", {"userName": "joiner"}, NOW).id
    joins = [MemberChange(MemberWrite.ADD, (ada,))]
    leaves = [MemberChange(MemberWrite.REMOVE, (ada,))]

    with statements_of(file) as small:
        store.edit("Group", SMALL, lambda held: held, NOW, joins)
        store.edit("Group", SMALL, lambda held: held, NOW, leaves)
    with statements_of(file) as large:
        store.edit("Group", BIG, lambda held: held, NOW, joins)
        store.edit("Group", BIG, lambda held: held, NOW, leaves)

    assert large.texts() == small.texts()
    assert not [text for text in large.texts() if "count(" in text]
    asked = [text for text in large.texts() if text.startswith("SELECT") and "members" in text]
    assert all("member_seq IN" in text and "group_seq =" in text for text in asked)
    assert scans(file, plans(file, large)) == []
    store.delete("User", ada)


def test_checking_many_members_takes_few_statements(file: ResourceFile) -> None:
    store = ResourceStore(file, PROFILE.keys_of)
    many = tuple(f"u{n}" for n in range(1, 2_001))

    with statements_of(file) as asked:
        store.create("Group", {"displayName": "New"}, NOW, many)

    reads = [text for text in asked.texts() if text.startswith("SELECT")]
    assert len(reads) <= MOST_PIECES


def test_members_are_listed_without_their_bodies(file: ResourceFile) -> None:
    store = ResourceStore(file, PROFILE.keys_of)

    with statements_of(file) as asked:
        members = store.members(BIG)

    assert len(members) == MANY
    assert not [text for text in asked.texts() if "body" in text]


def test_the_groups_of_a_whole_page_are_asked_for_at_once(file: ResourceFile) -> None:
    store = ResourceStore(file, PROFILE.keys_of)
    page = [f"u{n}" for n in (10, *range(5_000, 5_099))]

    with statements_of(file) as asked:
        groups = store.related("User", page)

    assert [one.id for one in groups["u10"]][:2] == [BIG, SMALL]
    assert [one.id for one in groups["u5000"]] == [BIG]
    assert len(groups) == len(page)
    assert len([text for text in asked.texts() if text.startswith("SELECT")]) == 2
    assert scans(file, plans(file, asked)) == []


INDEXED: Final = [
    ("User", 'userName eq "USER000077"'),
    ("User", 'userName sw "user0000"'),
    ("User", 'userName gt "user019990"'),
    ("User", 'id eq "u77"'),
    ("User", 'externalId eq "x"'),
    ("User", 'displayName eq "x"'),
    ("User", 'emails.value eq "user000077@x"'),
    ("User", 'emails[type eq "work" and value eq "user000077@x"]'),
    ("User", 'emails[type eq "work"].value eq "user000077@x"'),
    ("User", 'userName eq "user000077" and active eq true'),
    ("User", 'userName eq "user000077" and title eq "x"'),
    ("User", 'userName eq "user000077" or emails.value eq "user000078@x"'),
    ("User", 'userName eq "user000077" or (id eq "u1" and active eq true)'),
    ("User", 'userName ne "user000077"'),
    ("User", 'not (userName eq "user000077" or id eq "u1")'),
    ("User", "active eq false"),
    ("User", 'meta.lastModified gt "2026-01-01T00:59:50Z"'),
    ("User", 'meta.created lt "2026-01-01T00:00:02Z"'),
    ("User", f'groups.value eq "{SMALL}"'),
    ("Group", 'members.value eq "u77"'),
    ("Group", 'members[value eq "u77"]'),
    ("Group", 'displayName eq "x"'),
    ("User", None),
]


@pytest.mark.parametrize(("kind", "text"), INDEXED)
def test_an_indexed_question_scans_no_table(
    file: ResourceFile, kind: str, text: str | None
) -> None:
    store = ResourceStore(file, PROFILE.keys_of)

    with statements_of(file) as asked:
        for after in ("", '["",null,1]'):
            store.find(kind, wanted(kind, text, after=after))

    lines = plans(file, asked)
    assert scans(file, lines) == []
    assert not [one for one, _ in asked.asked if text and "user0000" in one]
    # A question for everybody else is answered by going along, and stops when the page is full.
    goes_along = text is None or text.startswith("not") or " ne " in text
    assert goes_along or walks(lines) == []


@pytest.mark.parametrize("text", ['title eq "x"', 'userName co "77" or title pr'])
def test_a_question_that_no_index_answers_goes_through_a_table(
    file: ResourceFile, text: str
) -> None:
    store = ResourceStore(file, PROFILE.keys_of)

    with statements_of(file) as asked:
        store.find("User", wanted("User", text))

    lines = plans(file, asked)
    assert scans(file, lines) + walks(lines)
    assert len(asked.texts()) >= MANY // 500


@pytest.mark.parametrize("order", ["userName", "id", "meta.created", "meta.lastModified", None])
def test_the_next_page_begins_in_the_index_and_skips_nothing(
    file: ResourceFile, order: str | None
) -> None:
    store, schema = ResourceStore(file, PROFILE.keys_of), PROFILE.kind("User").schema
    sort = None if order is None else Sort(schema.path(order), schema)
    first = store.find("User", wanted("User", None, sort=sort, offset=MANY // 2))

    with statements_of(file) as asked:
        second = store.find("User", wanted("User", None, sort=sort, after=first.next))

    lines = plans(file, asked)
    assert len(second.page) == 10
    assert scans(file, lines) == []
    assert not [line for line in lines if line.strip() in ("USE TEMP B-TREE FOR ORDER BY", "Sort")]
    assert not [one for one in asked.texts() if "count(" in one]


def test_a_total_without_a_filter_counts_nothing(file: ResourceFile) -> None:
    store = ResourceStore(file, PROFILE.keys_of)

    with statements_of(file) as asked:
        store.find("User", wanted("User", None))

    assert len(asked.texts()) == 2
    assert not [text for text in asked.texts() if "count(" in text]


def test_a_joiner_costs_a_fixed_number_of_statements_and_scans_nothing(file: ResourceFile) -> None:
    store = ResourceStore(file, PROFILE.keys_of)

    with statements_of(file) as asked:
        made = store.create("User", {"userName": "another"}, NOW)
        store.edit("User", made.id, lambda held: {**held, "title": "x"}, NOW)
        store.delete("User", made.id)

    assert len(asked.texts()) <= 20
    assert scans(file, plans(file, asked)) == []
