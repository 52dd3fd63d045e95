"""What every configuration store promises; run on each kind of database."""

import pytest
from sqlalchemy import select

from seatkeeper.directory.model import Application, AppRole, Assignment, Kind, Subject, Verb
from seatkeeper.errors import InvalidValue, KeyMissing, NotFound
from seatkeeper.ports import KeptSchema, StoredApp, UserEdit
from seatkeeper.store.configuration import SqlConfiguration
from seatkeeper.store.database import Database
from seatkeeper.store.directory import SqlDirectory
from seatkeeper.store.secrets import MasterKey
from seatkeeper.store.tables import sealed_secrets

APP = Application("15five", "15five", "15Five", (AppRole("r-1", "User", "User"),))
TOKEN = b"a-long-token-that-ends-in-WXYZ"


@pytest.fixture
def configuration(database: Database) -> SqlConfiguration:
    return SqlConfiguration(database, MasterKey(b"k" * 32))


async def save(
    configuration: SqlConfiguration, version: int, secret: bytes | None = None, **settings: object
) -> StoredApp:
    return await configuration.save_app(
        APP, settings, actor="grace", expected_version=version, secret=secret
    )


async def test_an_app_comes_back_as_it_was_saved(configuration: SqlConfiguration) -> None:
    saved = await save(configuration, 0, TOKEN, scope="assigned", limits={"delete": 500})

    assert saved == StoredApp(
        APP,
        {"scope": "assigned", "limits": {"delete": 500}},
        1,
        True,
        "WXYZ",
        saved.secret_since,
    )
    assert saved.secret_since is not None
    assert await configuration.apps() == [saved]
    assert await configuration.reveal_secret("15five") == TOKEN


async def test_a_save_that_changes_nothing_writes_nothing(
    configuration: SqlConfiguration, database: Database
) -> None:
    saved = await save(configuration, 0, TOKEN, roles=("a", "b"))

    again = await save(configuration, 1, TOKEN, roles=("a", "b"))

    assert again == saved
    assert len(await configuration.audit()) == 1
    assert await SqlDirectory(database).last_change() == 1


@pytest.mark.fault("L11")
async def test_the_second_of_two_administrators_is_refused(
    configuration: SqlConfiguration,
) -> None:
    await save(configuration, 0, scope="all")
    await save(configuration, 1, scope="assigned")

    with pytest.raises(InvalidValue, match="version 2, not 1"):
        await save(configuration, 1, scope="none")

    assert (await configuration.app("15five")).settings == {"scope": "assigned"}


async def test_earlier_versions_are_kept(configuration: SqlConfiguration) -> None:
    for version, scope in enumerate(("all", "assigned", "none")):
        await save(configuration, version, scope=scope)

    assert await configuration.versions("15five") == [
        (2, {"scope": "assigned"}),
        (1, {"scope": "all"}),
    ]


async def test_every_version_names_who_made_it_and_when(configuration: SqlConfiguration) -> None:
    await save(configuration, 0, scope="all")
    await configuration.save_app(
        APP, {"scope": "none"}, actor="alan", expected_version=1, action="app.restore"
    )

    found = await configuration.history("15five")

    assert [(one.version, one.settings, one.actor) for one in found] == [
        (2, {"scope": "none"}, "alan"),
        (1, {"scope": "all"}, "grace"),
    ]
    moments = [one.at for one in found if one.at is not None]
    assert moments == sorted(moments, reverse=True)
    assert len(moments) == 2
    assert (await configuration.audit(limit=1))[0].action == "app.restore"
    with pytest.raises(NotFound):
        await configuration.history("lamps")


async def test_an_app_that_was_made_again_begins_its_versions_anew(
    configuration: SqlConfiguration,
) -> None:
    await save(configuration, 0, scope="all")
    await configuration.remove_app("15five", actor="grace")
    await configuration.save_app(APP, {"scope": "all"}, actor="alan", expected_version=0)

    assert [(one.version, one.actor) for one in await configuration.history("15five")] == [
        (1, "alan")
    ]


async def test_a_schema_document_is_kept_once_and_goes_with_its_app(
    configuration: SqlConfiguration,
) -> None:
    schema = KeptSchema("d1", '{"a":"Zoë"}')
    await save(configuration, 0)
    for version, scope in enumerate(("all", "none"), start=1):
        await configuration.save_app(
            APP, {"scope": scope}, actor="grace", expected_version=version, schema=schema
        )

    assert await configuration.kept_schema("15five", "d1") == schema
    assert await configuration.kept_schema("15five", "d2") is None
    await configuration.remove_app("15five", actor="grace")
    assert await configuration.kept_schema("15five", "d1") is None


async def test_a_secret_is_in_no_table_and_no_audit_row(
    configuration: SqlConfiguration, database: Database
) -> None:
    await save(configuration, 0, TOKEN)

    row = database.read_now(lambda c: c.execute(select(sealed_secrets)).one())
    entries = await configuration.audit()

    assert TOKEN not in row.sealed + row.wrapped_key
    assert TOKEN.decode() not in repr(entries)
    assert entries[0].after is not None
    assert entries[0].after["secret"] == "changed"


async def test_a_secret_is_replaced_kept_and_forgotten(configuration: SqlConfiguration) -> None:
    await save(configuration, 0, TOKEN)
    await save(configuration, 1, b"short")
    kept = await save(configuration, 2, scope="all")
    revealed = await configuration.reveal_secret("15five")

    forgotten = await configuration.save_app(
        APP, {"scope": "all"}, actor="grace", expected_version=3, forget_secret=True
    )

    assert (kept.has_secret, kept.secret_last_four, revealed) == (True, "", b"short")
    assert not forgotten.has_secret
    assert await configuration.app_and_secret("15five") == (forgotten, b"")
    with pytest.raises(NotFound):
        await configuration.reveal_secret("15five")


async def test_an_app_and_its_secret_are_read_together(configuration: SqlConfiguration) -> None:
    await save(configuration, 0, TOKEN)
    newest = await save(configuration, 1, b"another token", scope="all")

    assert await configuration.app_and_secret("15five") == (newest, b"another token")


async def test_another_key_opens_nothing_and_says_which_is_wanted(
    configuration: SqlConfiguration, database: Database
) -> None:
    await save(configuration, 0, TOKEN)
    other = SqlConfiguration(database, MasterKey(b"x" * 32))

    with pytest.raises(KeyMissing, match=MasterKey(b"k" * 32).id):
        await other.reveal_secret("15five")
    await save(other, 1, TOKEN)

    assert await other.reveal_secret("15five") == TOKEN


async def test_a_removed_app_takes_its_assignments_along(
    configuration: SqlConfiguration, database: Database
) -> None:
    directory = SqlDirectory(database)
    await save(configuration, 0, TOKEN)
    await save(configuration, 1, scope="all")
    ada = await directory.create_user(UserEdit({"userPrincipalName": "ada"}), actor="grace")
    await directory.assign(Assignment("15five", Kind.USER, ada.id), actor="grace")
    before = await directory.last_change()

    await configuration.remove_app("15five", actor="grace")

    told = [(c.subject, c.verb, c.app_id) for c in await directory.changes(after=before)]
    assert told == [
        (Subject.ASSIGNMENT, Verb.DELETED, "15five"),
        (Subject.APPLICATION, Verb.DELETED, "15five"),
    ]
    with pytest.raises(NotFound, match="None is configured"):
        await configuration.app("15five")


async def test_decisions_stand_in_the_audit_trail_newest_first(
    configuration: SqlConfiguration,
) -> None:
    await configuration.record_decision("grace", "app.restart", "15five", {"reset": ["links"]})
    await configuration.record_decision("alan", "app.consent", "15five", {"held": 3})

    entries = await configuration.audit(limit=1)
    older = await configuration.audit(before=entries[0].seq)

    assert [entry.actor for entry in [*entries, *older]] == ["alan", "grace"]
    assert await configuration.verify_audit() is None
