"""Mails that waited under an earlier release are still sent by this one, and told causes once."""

import datetime as dt

from alembic import command
from alembic.config import Config
from sqlalchemy import create_engine, text

from seatkeeper.provisioning.journal import NewNotice
from seatkeeper.provisioning.message import Message, Topic
from seatkeeper.store import migration
from seatkeeper.store.database import Database
from seatkeeper.store.ledger import SqlLedger

NOW = dt.datetime(2026, 3, 2, 9, 0, tzinfo=dt.UTC)
YESTERDAY = "2026-03-01T09:00:00.000000Z"


def as_before(url: str) -> None:
    """Make the empty database what the release before parcels left."""
    engine = create_engine(url.replace("postgresql://", "postgresql+psycopg://"))
    with engine.begin() as connection:
        config = Config()
        config.set_main_option("script_location", str(migration.FOLDER))
        config.attributes["connection"] = connection
        command.upgrade(config, "0011")
        for cause, sent in (("record:ImportSkipped", None), ("app:Unauthorized", YESTERDAY)):
            connection.execute(
                text(
                    "INSERT INTO notices (app_id, cause, recipient, subject, body, still_holds, "
                    "sent_at, attempts, next_try, last_error) VALUES ('15five', :cause, "
                    "'it@l.example', 'Seatkeeper: it happened', 'What happened.', true, :sent, 2, "
                    "NULL, 'busy')"
                ),
                {"cause": cause, "sent": sent},
            )
    engine.dispose()


async def test_a_mail_that_was_not_sent_waits_on_and_a_cause_that_was_told_is_not_told_again(
    empty_database_url: str,
) -> None:
    as_before(empty_database_url)
    database = Database.open(empty_database_url)
    ledger = SqlLedger(database)

    message = Message(topic=Topic.STOPPED, title="it goes on", happened="So.", app_id="15five")
    await ledger.add_notices([NewNotice("15five", "app:Unauthorized", message)], NOW)

    [waiting] = await ledger.due_parcels(NOW)
    kept = await ledger.notices("15five")
    database.close()
    assert waiting.parcel.address == "it@l.example"
    assert waiting.parcel.messages[0].title == "it happened"
    assert waiting.attempts == 2
    assert {one.cause: one.settled for one in kept} == {
        "record:ImportSkipped": True,
        "app:Unauthorized": True,
    }
