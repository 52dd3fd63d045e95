"""What the requests of one turn leave behind: each by itself, and all of them together."""

import datetime as dt
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final, NoReturn

import pytest
import sqlalchemy as sa

from seatkeeper.gallery.schema import gallery_app
from seatkeeper.scim.errors import ScimError, Taken
from seatkeeper.scim.filter import parse_filter
from seatkeeper.scim.holding import Wanted
from seatkeeper.scim.messages import Resource
from seatkeeper.service_provider.profile import profile_of
from seatkeeper.store.resource_file import ResourceFile
from seatkeeper.store.resource_turn import Way
from seatkeeper.store.resources import ResourceStore

# Its users have two unique values each: user name and work mail.
PROFILE: Final = profile_of(gallery_app("15five"))
NOW: Final = dt.datetime(2026, 11, 26, 9, tzinfo=dt.UTC)


@pytest.fixture
def file(tmp_path: Path) -> Iterator[ResourceFile]:
    opened = ResourceFile(tmp_path / "app.db")
    yield opened
    opened.close()


@pytest.fixture
def store(file: ResourceFile) -> ResourceStore:
    return ResourceStore(file, PROFILE.keys_of)


def person(name: str, mail: str | None = None) -> Resource:
    return {"userName": name, "emails": [{"type": "work", "value": f"{mail or name}@x"}]}


def names(store: ResourceStore, text: str = "userName pr") -> list[Any]:
    asked = Wanted(PROFILE.kind("User").schema, filter=parse_filter(text))
    return [one.values["userName"] for one in store.find("User", asked).page]


def rows_of(file: ResourceFile) -> dict[str, int]:
    """Return how many rows there are that follow from who is there."""
    tables = ("resources", "keys", "claims")
    counted = {one: f"SELECT count(*) FROM {one}" for one in tables}
    counted["counts"] = "SELECT coalesce(sum(number), 0) FROM counts"
    return file.read(
        lambda db: {one: db.exec_driver_sql(text).scalar_one() for one, text in counted.items()}
    )


def test_who_is_refused_for_a_second_value_leaves_the_first_one_free(
    file: ResourceFile, store: ResourceStore
) -> None:
    with file.together(writes=True):
        store.create("User", person("ada"), NOW)
        with pytest.raises(Taken):
            store.create("User", person("bob", mail="ada"), NOW)
        store.create("User", person("bob"), NOW)

    assert names(store) == ["ada", "bob"]
    assert rows_of(file) == {"resources": 2, "keys": 8, "claims": 4, "counts": 2}


def test_a_change_that_is_refused_in_a_turn_leaves_the_others_as_they_are(
    file: ResourceFile, store: ResourceStore
) -> None:
    ada, bob = (store.create("User", person(name), NOW) for name in ("ada", "bob"))

    with file.together(writes=True):
        store.edit("User", bob.id, lambda held: {**held, "title": "Lead"}, NOW)
        with pytest.raises(Taken):
            store.edit("User", bob.id, lambda held: {**held, **person("bo", mail="ada")}, NOW)
        store.edit("User", ada.id, lambda held: {**held, "userName": "bo"}, NOW)

    assert names(store) == ["bo", "bob"]
    assert store.get("User", bob.id).values == {**person("bob"), "title": "Lead"}


def test_who_was_made_in_a_turn_is_there_for_whoever_looks_in_it(
    file: ResourceFile, store: ResourceStore
) -> None:
    with file.together(writes=True):
        ada = store.create("User", person("ada"), NOW)
        store.edit("User", ada.id, lambda held: {**held, "title": "Lead"}, NOW)
        bob = store.create("User", person("bob"), NOW)
        team = store.create("Group", {"displayName": "All"}, NOW, [ada.id, bob.id])
        store.create("User", person("cy"), NOW)
        store.delete("User", ada.id)
        seen = names(store, 'userName sw "b" or userName sw "c"'), store.count("User")

    assert seen == (["bob", "cy"], 2)
    assert [one.id for one in store.members(team.id)] == [bob.id]
    assert rows_of(file)["counts"] == 3


def test_the_number_of_who_was_deleted_is_not_given_again(
    file: ResourceFile, store: ResourceStore
) -> None:
    with file.together(writes=True):
        store.create("User", person("ada"), NOW)
        store.delete("User", store.create("User", person("bob"), NOW).id)
        store.create("User", person("cy"), NOW)
    store.create("User", person("dee"), NOW)

    def numbers(db: sa.Connection) -> list[int]:
        return list(db.exec_driver_sql("SELECT seq FROM resources ORDER BY seq").scalars())

    assert file.read(numbers) == [1, 3, 4]


def test_what_is_made_inside_a_piece_of_work_that_fails_goes_with_it(
    file: ResourceFile, store: ResourceStore
) -> None:
    def fail(_: sa.Connection) -> NoReturn:
        store.create("User", person("bob"), NOW)
        raise ScimError(400, "", "this piece fails")

    with file.together(writes=True):
        store.create("User", person("ada"), NOW)
        with pytest.raises(ScimError):
            file.write(fail)
        store.create("User", person("cy"), NOW)

    assert names(store) == ["ada", "cy"]
    assert rows_of(file) == {"resources": 2, "keys": 8, "claims": 4, "counts": 2}


def test_who_fails_after_writing_without_a_way_back_takes_the_whole_turn_along(
    file: ResourceFile, store: ResourceStore
) -> None:
    def breaks_its_word(db: sa.Connection) -> NoReturn:
        db.exec_driver_sql("INSERT INTO facts VALUES ('half', 'done')")
        raise ScimError(400, "", "after the first write")

    def turn() -> None:
        with file.together(writes=True):
            store.create("User", person("ada"), NOW)
            with pytest.raises(ScimError):
                file.write(breaks_its_word, Way.REFUSING_FIRST)
            store.create("User", person("bob"), NOW)

    with pytest.raises(ScimError) as refused:
        turn()

    assert refused.value.status == 503
    assert names(store) == []
    found = file.read(lambda db: db.exec_driver_sql("SELECT name FROM facts").scalars().all())
    assert "half" not in found
