"""0014: what people are told is kept as facts, and sent in parcels.

Why:      a cause is told by mail and webhook, to several addresses, gathered where it gets much,
          and again while it lasts; how it looks is decided when it is sent.
Deploy:   stop the previous release first; it does not find the columns of the mails it knew.
Locks:    the table of notices is made anew; it holds few rows.
Undo:     mails that were not sent yet are lost when going back.
"""

import json
import uuid

from alembic import op
from sqlalchemy import text

from seatkeeper.clock import utc_now

revision = "0014"
down_revision = "0011"

NOTICES = """
    CREATE TABLE notices (
        id {number},
        app_id {key} NOT NULL,
        cause {key} NOT NULL,
        ends {key} NOT NULL,
        message TEXT NOT NULL,
        at {key} NOT NULL,
        still_holds BOOLEAN NOT NULL,
        settled BOOLEAN NOT NULL,
        told_at {key},
        told_to TEXT NOT NULL
    )
    """
PARCELS = """
    CREATE TABLE parcels (
        id {number},
        "key" {key} NOT NULL UNIQUE,
        channel {key} NOT NULL,
        address {key} NOT NULL,
        messages TEXT NOT NULL,
        digest BOOLEAN NOT NULL,
        at {key} NOT NULL,
        sent_at {key},
        attempts INTEGER NOT NULL,
        next_try {key},
        last_error TEXT NOT NULL
    )
    """
INDEXES = (
    "CREATE UNIQUE INDEX uq_notices_cause ON notices (app_id, cause) WHERE still_holds",
    "CREATE INDEX ix_notices_cause ON notices (app_id, cause, id)",
    "CREATE INDEX ix_notices_open ON notices (id) WHERE NOT settled OR still_holds",
    "CREATE INDEX ix_parcels_due ON parcels (id) WHERE sent_at IS NULL",
    "CREATE INDEX ix_parcels_digest ON parcels (channel, address, at) WHERE digest",
    "CREATE INDEX ix_parcels_at ON parcels (at)",
)
WORDS = {
    "sqlite": {"key": "TEXT", "number": "INTEGER NOT NULL PRIMARY KEY"},
    "postgresql": {"key": 'TEXT COLLATE "C"', "number": "BIGSERIAL PRIMARY KEY"},
}


def upgrade() -> None:
    """Make the tables, and take over causes that hold and mails that were not sent."""
    connection = op.get_bind()
    words = WORDS[connection.dialect.name]
    before = connection.execute(text("SELECT * FROM notices ORDER BY id")).mappings().all()
    op.execute("DROP TABLE notices")
    op.execute(NOTICES.format(**words))
    op.execute(PARCELS.format(**words))
    for statement in INDEXES:
        op.execute(statement)
    now = utc_now().isoformat(timespec="microseconds").replace("+00:00", "Z")
    for row in before:
        subject = row["subject"].removeprefix("Seatkeeper: ")
        message = {
            "topic": "failures",
            "title": subject,
            "happened": row["body"],
            "app_id": row["app_id"],
        }
        if row["sent_at"] is None:
            parcel = {
                "key": str(uuid.uuid4()),
                "address": row["recipient"],
                "messages": json.dumps([message]),
                "at": now,
                "attempts": row["attempts"],
                "last_error": row["last_error"],
            }
            connection.execute(
                text(
                    'INSERT INTO parcels ("key", channel, address, messages, digest, at, sent_at, '
                    "attempts, next_try, last_error) VALUES (:key, 'mail', :address, :messages, "
                    "false, :at, NULL, :attempts, NULL, :last_error)"
                ),
                parcel,
            )
        if row["still_holds"]:
            notice = {
                "app_id": row["app_id"],
                "cause": row["cause"],
                "message": json.dumps(message),
                "at": row["sent_at"] or now,
                "told_to": json.dumps([f"mail:{row['recipient']}"]),
            }
            connection.execute(
                text(
                    "INSERT INTO notices (app_id, cause, ends, message, at, still_holds, settled, "
                    "told_at, told_to) VALUES (:app_id, :cause, '', :message, :at, true, true, "
                    ":at, :told_to)"
                ),
                notice,
            )
