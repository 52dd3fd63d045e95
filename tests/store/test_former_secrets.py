"""The token before the last rotation: kept for a day for where it was sent, and nowhere to read."""

import datetime as dt

import pytest
from sqlalchemy import select

from seatkeeper.clock import utc_now
from seatkeeper.configuration.connecting import KEPT, kept_token, old_token, switch_token
from seatkeeper.configuration.settings import AppSettings, to_plain
from seatkeeper.directory.model import Application, AppRole
from seatkeeper.errors import InvalidValue, NotFound
from seatkeeper.ports import StoredApp
from seatkeeper.store.audit_chain import broken_audit
from seatkeeper.store.configuration import SqlConfiguration
from seatkeeper.store.database import Database
from seatkeeper.store.secrets import MasterKey
from seatkeeper.store.tables import former_secrets

APP = Application("15five", "15five", "15Five", (AppRole("r-1", "User", "User"),))
URL = "https://app.example/scim"
OLD, NEW = "the-old-token-that-ends-in-OLD1", "the-new-token-that-ends-in-NEW2"


@pytest.fixture
def configuration(database: Database) -> SqlConfiguration:
    return SqlConfiguration(database, MasterKey(b"k" * 32))


async def saved(
    configuration: SqlConfiguration, version: int, secret: bytes | None = None, url: str = URL
) -> StoredApp:
    settings = AppSettings(
        gallery="15five",
        name="15Five",
        exclude_default_access=True,
        tenant_url=url,
        secret_expires="2030-01-31",
    )
    return await configuration.save_app(
        APP, to_plain(settings), actor="grace", expected_version=version, secret=secret
    )


async def rotated(configuration: SqlConfiguration, *, keep_old: bool = True) -> StoredApp:
    """Put the new token in the old one's place."""
    before = await saved(configuration, 0, OLD.encode())
    return await switch_token(
        configuration,
        "15five",
        NEW,
        "",
        version=before.version,
        actor="grace",
        keep_old=keep_old,
    )


async def test_the_old_token_is_kept_for_a_day_with_its_last_day(
    configuration: SqlConfiguration,
) -> None:
    stored = await rotated(configuration)
    former = await kept_token(configuration, stored, utc_now())
    assert former is not None

    used = await old_token(configuration, stored, former.since + KEPT - dt.timedelta(seconds=1))

    assert (former.last_four, former.tenant_url) == ("OLD1", URL)
    assert used == (OLD, "2030-01-31")
    assert await configuration.reveal_secret("15five") == NEW.encode()
    assert await kept_token(configuration, stored, former.since + KEPT) is None
    with pytest.raises(InvalidValue, match="not kept any more"):
        await old_token(configuration, stored, former.since + KEPT)


async def test_the_old_token_never_goes_to_another_host(configuration: SqlConfiguration) -> None:
    await rotated(configuration)

    moved = await saved(configuration, 2, url="https://elsewhere.example/scim")

    assert await configuration.former_secret("15five") is not None
    assert await kept_token(configuration, moved, utc_now()) is None


class MovedMeanwhile(SqlConfiguration):
    """Another host and two tokens of its own are saved before the old token is read."""

    async def reveal_former_secret(self, app_id: str) -> bytes:
        there = await saved(self, 2, b"the-first-of-the-other-host", url="https://other.example/")
        await switch_token(
            self, app_id, OLD, "", version=there.version, actor="linus", keep_old=True
        )
        return await super().reveal_former_secret(app_id)


async def test_an_old_token_of_another_host_is_not_taken_for_the_one_of_this(
    database: Database,
) -> None:
    configuration = MovedMeanwhile(database, MasterKey(b"k" * 32))
    stored = await rotated(configuration)

    with pytest.raises(InvalidValue, match="not kept any more"):
        await old_token(configuration, stored, utc_now())


async def test_whoever_forgets_it_at_once_or_enters_another_keeps_none(
    configuration: SqlConfiguration,
) -> None:
    await rotated(configuration, keep_old=False)
    at_once = await configuration.former_secret("15five")
    await switch_token(configuration, "15five", OLD, "", version=2, actor="grace", keep_old=True)
    kept = await configuration.former_secret("15five")
    await saved(configuration, 3, b"typed-into-the-form-of-the-page")

    assert at_once is None
    assert kept is not None
    assert kept.last_four == "NEW2"
    assert await configuration.former_secret("15five") is None


async def test_it_is_forgotten_by_hand_after_its_day_and_with_its_app(
    configuration: SqlConfiguration, database: Database
) -> None:
    await rotated(configuration)
    await configuration.forget_former_secret("15five", actor="linus")
    await configuration.forget_former_secret("15five", actor="linus")
    by_hand = await configuration.former_secret("15five")
    trail = await configuration.audit(action="secret.")
    await switch_token(configuration, "15five", OLD, "", version=2, actor="grace", keep_old=True)
    now = utc_now() + dt.timedelta(minutes=1)
    young = await configuration.forget_former_secrets(now - KEPT)
    old = await configuration.forget_former_secrets(now)
    await switch_token(configuration, "15five", NEW, "", version=3, actor="grace", keep_old=True)
    await configuration.remove_app("15five", actor="grace")

    assert by_hand is None
    assert [(one.actor, one.subject) for one in trail] == [("linus", "15five")]
    assert (young, old) == (0, 1)
    with pytest.raises(NotFound):
        await configuration.reveal_former_secret("15five")
    assert database.read_now(broken_audit) is None


async def test_it_is_in_no_table_and_no_audit_row(
    configuration: SqlConfiguration, database: Database
) -> None:
    await rotated(configuration)

    row = database.read_now(lambda c: c.execute(select(former_secrets)).one())
    trail = await configuration.audit()

    assert OLD.encode() not in row.sealed + row.wrapped_key
    assert OLD not in repr((row, trail))
    assert trail[0].after is not None
    assert (trail[0].after["secret"], trail[0].after["old_secret"]) == ("changed", "kept")
