"""Earlier settings of an app: listed, compared, brought back; on each kind of database."""

import json

import pytest

from seatkeeper.configuration.applying import (
    SecretPlaces,
    apply_document,
    change_settings,
    settings_of,
)
from seatkeeper.configuration.documents import read_documents
from seatkeeper.configuration.schemas import import_app_schema, schema_of
from seatkeeper.configuration.settings import AppSettings, MappingChange
from seatkeeper.configuration.sync_schema.text import print_schema
from seatkeeper.configuration.versions import (
    compare_versions,
    list_versions,
    restore_defaults,
    restore_version,
)
from seatkeeper.errors import InvalidFile, InvalidValue, NotFound
from seatkeeper.store.configuration import SqlConfiguration
from seatkeeper.store.database import Database
from seatkeeper.store.directory import SqlDirectory
from seatkeeper.store.secrets import MasterKey

DOCUMENT = """\
app: 15five
gallery: 15five
connection:
  tenant_url: https://larkspur.15five.com/scim/v2
  secret_token: env:SEATKEEPER_SECRET_A
mappings:
  users:
    - {target: title, constant: Flyer}
"""
PLACES = SecretPlaces({"SEATKEEPER_SECRET_A": "a-token"}, None)


@pytest.fixture
def configuration(database: Database) -> SqlConfiguration:
    return SqlConfiguration(database, MasterKey(b"k" * 32))


@pytest.fixture
def directory(database: Database) -> SqlDirectory:
    return SqlDirectory(database)


@pytest.fixture
async def app(configuration: SqlConfiguration, directory: SqlDirectory) -> str:
    """An app with three versions: as applied, with all people, with another mapping."""
    await apply(configuration, directory, DOCUMENT)
    await change_settings(configuration, "15five", actor="ada", scope="all")
    changed = (MappingChange("title", constant="Pilot"),)
    await change_settings(configuration, "15five", actor="bo", users=changed)
    return "15five"


async def apply(configuration: SqlConfiguration, directory: SqlDirectory, text: str) -> None:
    [document] = read_documents("app.yaml", text)
    await apply_document(configuration, directory, document, actor="grace", places=PLACES)


async def present(configuration: SqlConfiguration) -> AppSettings:
    return settings_of(await configuration.app("15five"))


async def test_every_version_says_who_made_it_and_what_it_changed(
    configuration: SqlConfiguration, app: str
) -> None:
    found = await list_versions(configuration, app)

    assert [(one.version.version, one.version.actor, one.present) for one in found] == [
        (3, "bo", True),
        (2, "ada", False),
        (1, "grace", False),
    ]
    assert [one.lines for one in found] == [
        ("mapping of users: title: constant Flyer -> constant Pilot",),
        ("scope: assigned -> all",),
        ("new app: 15five (15Five)",),
    ]
    assert all(one.version.at is not None for one in found)


async def test_two_versions_are_compared_in_either_direction(
    configuration: SqlConfiguration, app: str
) -> None:
    assert await compare_versions(configuration, app, 2, 1) == ("scope: all -> assigned",)
    assert await compare_versions(configuration, app, 3) == ()


async def test_an_earlier_version_comes_back_as_a_new_one(
    configuration: SqlConfiguration, directory: SqlDirectory, app: str
) -> None:
    before = await present(configuration)

    dry = await restore_version(configuration, directory, app, 1, actor="eve", dry_run=True)
    untouched = await present(configuration)
    done = await restore_version(configuration, directory, app, 1, actor="eve")
    again = await restore_version(configuration, directory, app, 1, actor="eve")

    assert dry == done
    assert untouched == before
    assert done.lines == (
        "scope: all -> assigned",
        "mapping of users: title: constant Pilot -> constant Flyer",
    )
    assert again.lines == ()
    stored = await configuration.app(app)
    assert (stored.version, stored.has_secret) == (4, True)
    assert stored.settings["secret_token"] == "env:SEATKEEPER_SECRET_A"
    entry = (await configuration.audit(limit=1))[0]
    assert (entry.action, entry.actor) == ("app.restore", "eve")


async def test_a_version_that_leads_to_another_host_forgets_the_token(
    configuration: SqlConfiguration, directory: SqlDirectory, app: str
) -> None:
    elsewhere = "https://elsewhere.15five.com/scim/v2"
    await apply(configuration, directory, DOCUMENT.replace("larkspur", "elsewhere"))

    done = await restore_version(configuration, directory, app, 1, actor="eve")

    assert f"tenant URL: {elsewhere} -> https://larkspur.15five.com/scim/v2" in done.lines
    assert any("secret: forgotten" in line for line in done.lines)
    assert not (await configuration.app(app)).has_secret
    back = await restore_version(configuration, directory, app, 4, actor="eve")
    assert not any("secret" in line for line in back.lines)


async def test_the_gallery_s_mappings_come_back_and_nothing_else(
    configuration: SqlConfiguration, directory: SqlDirectory, app: str
) -> None:
    kept = {"user_actions": ("create",), "groups_enabled": False}
    filtered = {"attribute": "city", "operator": "IS NULL"}
    await change_settings(configuration, app, actor="bo", user_filter=filtered, **kept)

    done = await restore_defaults(configuration, directory, app, actor="eve")

    found = await present(configuration)
    assert len(done.lines) == 2
    assert (found.users, found.user_filter, found.scope) == ((), None, "all")
    assert (found.user_actions, found.groups_enabled) == (("create",), False)


async def test_a_version_that_is_not_there_is_told_apart(
    configuration: SqlConfiguration, directory: SqlDirectory, app: str
) -> None:
    with pytest.raises(NotFound, match="has no version 9") as caught:
        await restore_version(configuration, directory, app, 9, actor="eve")

    assert caught.value.advice == "It has 1 to 3."
    with pytest.raises(NotFound):
        await list_versions(configuration, "lamps")


async def test_a_version_that_does_not_fit_any_more_changes_nothing(
    configuration: SqlConfiguration, directory: SqlDirectory, app: str
) -> None:
    gone = {"member_of": "A Group That Is Gone"}
    wrong = (MappingChange("tilte", constant="x"),)
    await change_settings(configuration, app, actor="bo", user_filter=gone)
    await change_settings(configuration, app, actor="bo", user_filter=None, users=wrong)
    await change_settings(configuration, app, actor="bo", users=())

    with pytest.raises(NotFound, match="A Group That Is Gone"):
        await restore_version(configuration, directory, app, 4, actor="eve")
    with pytest.raises(InvalidValue, match="Did you mean title"):
        await restore_version(configuration, directory, app, 5, actor="eve")

    assert (await configuration.app(app)).version == 6


async def test_versions_that_this_program_cannot_read_are_still_listed(
    configuration: SqlConfiguration, app: str
) -> None:
    stored = await configuration.app(app)
    await configuration.save_app(
        stored.application, {"future": True}, actor="x", expected_version=stored.version
    )

    found = await list_versions(configuration, app)

    assert found[0].lines == ("settings that this program cannot read",)


# --- schema documents ---


async def imported(
    configuration: SqlConfiguration, directory: SqlDirectory, content: bytes, *, dry: bool = False
) -> tuple[str, ...]:
    found = await import_app_schema(
        configuration,
        directory,
        "15five",
        name="schema.json",
        content=content,
        actor="eve",
        dry_run=dry,
    )
    return found.applied.lines


async def test_a_schema_is_kept_with_its_version_and_comes_back_with_it(
    configuration: SqlConfiguration, directory: SqlDirectory, app: str
) -> None:
    first = await schema_of(configuration, app)
    same = await imported(configuration, directory, print_schema(first).encode())
    mine = {**first, "x-own": {"Zoë": 10**30}}

    dry = await imported(configuration, directory, print_schema(mine).encode(), dry=True)
    untouched = await schema_of(configuration, app)
    done = await imported(configuration, directory, print_schema(mine).encode())
    again = await imported(configuration, directory, print_schema(mine).encode())

    assert (same, again) == ((), ())
    assert dry == done == ("schema document: fields that decide nothing here",)
    assert untouched == first
    assert await schema_of(configuration, app) == mine
    assert (await list_versions(configuration, app))[0].lines == (
        "schema document: another one is kept",
    )
    back = await restore_version(configuration, directory, app, 3, actor="eve")
    assert back.lines == ("schema document: another one is kept",)
    assert await schema_of(configuration, app) == first
    await restore_version(configuration, directory, app, 4, actor="eve")
    assert await schema_of(configuration, app) == mine
    await restore_defaults(configuration, directory, app, actor="eve")
    assert "x-own" not in await schema_of(configuration, app)


async def test_an_apply_after_an_import_shows_in_the_kept_document(
    configuration: SqlConfiguration, directory: SqlDirectory, app: str
) -> None:
    mine = {**await schema_of(configuration, app), "x-own": 1}
    await imported(configuration, directory, print_schema(mine).encode())

    await apply(configuration, directory, DOCUMENT)

    after = await schema_of(configuration, app)
    assert after["x-own"] == 1
    assert "Flyer" in json.dumps(after)
    assert await imported(configuration, directory, print_schema(mine).encode()) == (
        "mapping of users: title: constant Flyer -> constant Pilot",
    )


async def test_a_schema_with_faults_changes_nothing_and_names_its_file(
    configuration: SqlConfiguration, directory: SqlDirectory, app: str
) -> None:
    for content in (b"[]", b"{}"):
        with pytest.raises(InvalidFile, match=r"schema\.json has 1 fault"):
            await imported(configuration, directory, content)

    assert (await configuration.app(app)).version == 3


async def test_a_schema_that_asks_for_a_group_nobody_knows_is_refused(
    configuration: SqlConfiguration, directory: SqlDirectory, app: str
) -> None:
    await change_settings(configuration, app, actor="bo", user_filter={"member_of": "Crew"})
    content = print_schema(await schema_of(configuration, app)).encode()

    with pytest.raises(NotFound, match="Crew"):
        await imported(configuration, directory, content)


async def test_a_removed_app_leaves_no_schema_behind(
    configuration: SqlConfiguration, directory: SqlDirectory, app: str
) -> None:
    mine = {**await schema_of(configuration, app), "x-own": 1}
    await imported(configuration, directory, print_schema(mine).encode())
    digest = str((await configuration.app(app)).settings["schema"])
    kept = await configuration.kept_schema(app, digest)

    await configuration.remove_app(app, actor="eve")

    assert kept is not None
    assert await configuration.kept_schema(app, digest) is None
