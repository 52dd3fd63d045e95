"""The switches of a stand-in's admin area: on or off, and off until somebody says otherwise.

An edge beside the walk. What a switch does is its reader's; a switch that was
never touched has the value that its reader gives.
"""

from typing import Final

import sqlalchemy as sa

from seatkeeper.store.resource_file import ResourceFile
from seatkeeper.store.upsert import upsert

_METADATA: Final = sa.MetaData()
SWITCHES: Final = sa.Table(
    "switches",
    _METADATA,
    sa.Column("name", sa.Text, primary_key=True),
    sa.Column("is_on", sa.Boolean, nullable=False),
)


class Switches:
    """The switches of one stand-in, by name; reading one costs no look at the file."""

    def __init__(self, file: ResourceFile) -> None:
        self._file = file
        file.write(_METADATA.create_all)
        self._on: dict[str, bool] = {}
        self.look_again()

    def look_again(self) -> None:
        """Take the switches as the file has them: somebody may have replaced what it holds."""
        asked = sa.select(SWITCHES.c.name, SWITCHES.c.is_on)
        rows = self._file.read(lambda db: db.execute(asked).all())
        self._on = {str(row.name): bool(row.is_on) for row in rows}

    def is_on(self, name: str, *, otherwise: bool) -> bool:
        """Say how a switch stands; ``otherwise`` where nobody has touched it."""
        return self._on.get(name, otherwise)

    def turn(self, name: str, *, on: bool) -> None:
        """Turn a switch, and keep it turned over a restart."""
        row = {"name": name, "is_on": on}
        self._file.write(lambda db: upsert(db, SWITCHES, [row]))
        self._on[name] = on
