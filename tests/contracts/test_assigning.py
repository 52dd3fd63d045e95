"""What every directory promises of assignments that somebody looked at first."""

import pytest

from seatkeeper.directory.model import Application, AppRole, Assignment, Kind, User
from seatkeeper.errors import InvalidValue, NotFound
from seatkeeper.ports import UserEdit
from seatkeeper.store.configuration import SqlConfiguration
from seatkeeper.store.database import Database
from seatkeeper.store.directory import SqlDirectory
from seatkeeper.store.secrets import MasterKey

APP = "15five"
STAFF = AppRole("r-1", "User", "User")


@pytest.fixture
async def directory(database: Database) -> SqlDirectory:
    """A directory beside which one app is configured."""
    application = Application(APP, APP, "15Five", (STAFF,))
    configuration = SqlConfiguration(database, MasterKey(b"k" * 32))
    await configuration.save_app(application, {}, actor="grace", expected_version=0)
    return SqlDirectory(database)


async def person(directory: SqlDirectory, name: str) -> User:
    edit = UserEdit({"userPrincipalName": f"{name}@contoso.com"})
    return await directory.create_user(edit, actor="grace")


async def test_several_are_assigned_together_unless_one_is_not_as_it_was_seen(
    directory: SqlDirectory,
) -> None:
    ada, bo = await person(directory, "ada"), await person(directory, "bo")
    asked = [Assignment(APP, Kind.USER, who.id, STAFF.id) for who in (ada, bo)]
    already = Assignment(APP, Kind.USER, bo.id)
    await directory.assign(already, actor="linus")

    with pytest.raises(InvalidValue, match="Somebody else changed"):
        await directory.assign_as_seen(asked, {ada.id: None, bo.id: None}, actor="grace")
    refused = await directory.assignments(APP)
    await directory.assign_as_seen(asked, {bo.id: already}, actor="grace")
    await directory.assign_as_seen(asked, {}, actor="grace")  # as it is asked for already

    assert refused == [already]
    assert set(await directory.assignments(APP)) == set(asked)


async def test_several_are_assigned_together_or_none_of_them(directory: SqlDirectory) -> None:
    ada = await person(directory, "ada")
    asked = [Assignment(APP, Kind.USER, who, STAFF.id) for who in (ada.id, "nobody")]

    with pytest.raises(NotFound, match="nobody"):
        await directory.assign_as_seen(asked, actor="grace")

    assert await directory.assignments(APP) == []


async def test_people_of_several_groups_are_counted_once(directory: SqlDirectory) -> None:
    ada, bo = await person(directory, "ada"), await person(directory, "bo")
    staff = await directory.create_group("Staff", actor="grace")
    board = await directory.create_group("Board", actor="grace")
    await directory.change_members(staff.id, add=[ada.id, bo.id, board.id], actor="grace")
    await directory.change_members(board.id, add=[ada.id], actor="grace")

    counted = [await directory.people_in(some) for some in ([], [staff.id], [staff.id, board.id])]

    assert counted == [0, 2, 2]
