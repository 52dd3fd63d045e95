"""Everything that a SCIM service holds, kept aside and put back, on both databases."""

import datetime as dt
from collections.abc import Callable
from typing import Any, Final

import pytest
import sqlalchemy as sa
from tests.resource_stores import file, place

from seatkeeper.errors import BadInput
from seatkeeper.gallery.schema import gallery_app
from seatkeeper.scim.errors import NotThere, Taken
from seatkeeper.scim.filter import parse_filter
from seatkeeper.scim.holding import Stored, Wanted
from seatkeeper.scim.members import MemberChange, MemberWrite
from seatkeeper.scim.messages import Resource
from seatkeeper.service_provider.profile import profile_of
from seatkeeper.store.resource_archive import SNAPSHOT_ROWS, ResourceArchive
from seatkeeper.store.resource_file import ResourceFile
from seatkeeper.store.resource_outbox import Mail, Outbox
from seatkeeper.store.resource_switches import Switches
from seatkeeper.store.resource_tables import RESOURCES
from seatkeeper.store.resources import ResourceStore

__all__ = ["file", "place"]

PROFILE: Final = profile_of(gallery_app("15five"))
NOW: Final = dt.datetime(2026, 11, 26, 9, tzinfo=dt.UTC)
LATER: Final = NOW + dt.timedelta(hours=1)


def parts(file: ResourceFile) -> tuple[ResourceStore, ResourceArchive]:
    return ResourceStore(file, PROFILE.keys_of), ResourceArchive(file, PROFILE.keys_of)


def called(name: str) -> Callable[[Resource], Resource]:
    return lambda held: {**held, "userName": name}


def having(store: ResourceStore, name: str) -> list[Stored]:
    asked = parse_filter(f'userName eq "{name}"')
    return list(store.find("User", Wanted(PROFILE.kind("User").schema, filter=asked)).page)


def numbers(file: ResourceFile) -> list[int]:
    query = sa.select(RESOURCES.c.seq).order_by(RESOURCES.c.seq)
    return file.read(lambda db: list(db.execute(query).scalars()))


def test_what_is_put_back_has_its_ids_versions_members_and_taken_names(file: ResourceFile) -> None:
    store, archive = parts(file)
    ada = store.create("User", {"userName": "ada", "active": True}, NOW)
    store.edit("User", ada.id, called("ada.larsen"), LATER)
    group = store.create("Group", {"displayName": "All"}, NOW, [ada.id])
    before = store.get("User", ada.id), store.get("Group", group.id)
    archive.keep("monday", NOW)

    store.delete("User", ada.id)
    store.create("User", {"userName": "ada.larsen"}, LATER)
    restored = archive.restore("monday")

    assert restored
    assert (store.get("User", ada.id), store.get("Group", group.id)) == before
    assert [one.id for one in store.members(group.id)] == [ada.id]
    assert (store.count("User"), store.count("Group")) == (1, 1)
    assert having(store, "ADA.larsen") == [before[0]]
    with pytest.raises(Taken):
        store.create("User", {"userName": "ada.larsen"}, LATER)


def test_what_was_put_back_can_be_changed_and_deleted_like_all_else(file: ResourceFile) -> None:
    store, archive = parts(file)
    ada, bo = (store.create("User", {"userName": name}, NOW) for name in ("ada", "bo"))
    group = store.create("Group", {"displayName": "All"}, NOW, [ada.id])
    archive.keep("monday", NOW)
    archive.restore("monday")

    store.edit("User", ada.id, called("eve"), LATER)
    joined = MemberChange(MemberWrite.ADD, (bo.id,))
    store.edit("Group", group.id, lambda held: held, LATER, [joined])
    store.delete("User", ada.id)

    assert [one.id for one in store.members(group.id)] == [bo.id]
    assert having(store, "ada") == having(store, "eve") == []
    assert store.create("User", {"userName": "ada"}, LATER).version == 1
    assert store.count("User") == 2


def test_no_number_is_given_twice_when_all_is_put_back(file: ResourceFile) -> None:
    store, archive = parts(file)
    for name in ("ada", "bo", "cy"):
        store.create("User", {"userName": name}, NOW)
    archive.keep("monday", NOW)
    first = numbers(file)

    archive.restore("monday")
    second = numbers(file)
    archive.clear()
    store.create("User", {"userName": "dee"}, NOW)

    assert max(first) < min(second)
    assert max(second) < min(numbers(file))
    assert store.count("User") == 1


def test_mails_and_switches_are_put_back_and_an_emptied_service_has_no_mails(
    file: ResourceFile,
) -> None:
    _, archive = parts(file)
    outbox, switches = Outbox(file), Switches(file)
    waiting = Mail("1", "ada@larkspur.example", "Ada", "2027-01-01T00:00:00.000Z", False)
    outbox.put(waiting, NOW)
    switches.turn("welcome", on=True)
    archive.keep("monday", NOW)

    archive.clear()
    switches.turn("welcome", on=False)
    emptied = outbox.mails(NOW, limit=9)
    archive.restore("monday")
    switches.look_again()

    assert emptied == ([], 0)
    assert outbox.mails(NOW, limit=9) == ([waiting], 1)
    assert switches.is_on("welcome", otherwise=False)


def test_of_two_with_one_name_the_older_one_holds_it_when_put_back(file: ResourceFile) -> None:
    store, archive = parts(file)
    first: dict[str, Any] = {"kind": "User", "created": "x", "modified": "x", "version": 1}
    twins = [("resources", {**first, "id": one, "body": '{"userName":"ada"}'}) for one in "12"]

    archive.replace(lambda: twins)

    assert [one.id for one in having(store, "ada")] == ["1", "2"]
    store.delete("User", "2")
    with pytest.raises(Taken):
        store.create("User", {"userName": "ada"}, NOW)


def test_a_snapshot_with_one_id_twice_leaves_everything_as_it_was(file: ResourceFile) -> None:
    store, archive = parts(file)
    ada = store.create("User", {"userName": "ada"}, NOW)
    lines = archive.lines()

    with pytest.raises(BadInput, match="does not fit"):
        archive.replace(lambda: [*lines, *lines])

    assert archive.lines() == lines
    assert store.get("User", ada.id) == ada


def test_who_is_added_is_counted_and_found_and_never_in_anybodys_place(file: ResourceFile) -> None:
    store, archive = parts(file)
    ada = store.create("User", {"userName": "ada"}, NOW)
    come = [
        Stored("User", f"{number:04}", {"userName": name}, "x", "x", 1)
        for number, name in enumerate(["Ada", "bo", "BO", *(f"p{n}" for n in range(700))])
    ]
    come.append(Stored("Group", "all", {"displayName": "All"}, "x", "x", 1))

    added = archive.add(come, [("all", "0001"), ("all", "0000"), ("all", ada.id)])
    again = archive.add(come)

    assert (added, again) == (702, 0)
    assert (store.count("User"), store.count("Group")) == (702, 1)
    assert {one.id for one in store.members("all")} == {"0001", ada.id}
    assert [one.id for one in having(store, "P699")] == ["0702"]
    with pytest.raises(NotThere):
        store.get("User", "0000")


def test_a_store_from_before_snapshots_gets_their_tables(file: ResourceFile) -> None:
    store, archive = parts(file)
    store.create("User", {"userName": "ada"}, NOW)
    file.write(SNAPSHOT_ROWS.metadata.drop_all)

    archive = ResourceArchive(file, PROFILE.keys_of)
    archive.keep("monday", NOW)

    assert [(one.name, one.resources) for one in archive.snapshots()] == [("monday", 1)]
