"""Which tables this program needs, and how a database gets there.

Beside the walk. Migrations are the files of ``migrations/versions``, named
``NNNN_words.py`` with ``revision = "NNNN"``, one after the other; adding one
is adding a file. Their order is read from the names, so that opening an
up-to-date database costs one query. Nothing here ever migrates down.
"""

from pathlib import Path
from typing import Final

from sqlalchemy import Connection, inspect, text

from seatkeeper.errors import StoreUnusable

FOLDER: Final = Path(__file__).parent / "migrations"

_LOCK: Final = 7_328_528_301
"""Key of the advisory lock under which PostgreSQL's tables are changed."""


def revisions() -> list[str]:
    """Return the revisions that this program knows, oldest first."""
    return sorted(file.name.split("_")[0] for file in (FOLDER / "versions").glob("[0-9]*_*.py"))


def present_revision(connection: Connection) -> str | None:
    """Return the revision the database is at, or none where it is empty."""
    if not inspect(connection).has_table("alembic_version"):
        return None
    found = connection.execute(text("SELECT version_num FROM alembic_version")).scalar()
    return None if found is None else str(found)


def is_current(connection: Connection) -> bool:
    """Whether the tables are those of this program.

    Raises ``StoreUnusable`` where they are of a newer one.
    """
    known = revisions()
    present = present_revision(connection)
    if present is not None and present not in known:
        raise StoreUnusable(
            f"The database is at revision {present}, this program knows up to {known[-1]}.",
            advice="Start the newer program again; data are never moved backwards.",
        )
    return present == known[-1]


def upgrade(connection: Connection) -> None:
    """Run the missing migrations inside the transaction of ``connection``.

    Several processes may do this at once: on SQLite the transaction is the
    only writer, on PostgreSQL an advisory lock makes the others wait, and who
    comes second finds the work done.
    """
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LOCK})
    if is_current(connection):
        return
    from alembic import command  # slow to import, and rarely needed
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(FOLDER).replace("%", "%%"))
    config.attributes["connection"] = connection
    command.upgrade(config, "head")
