"""The port that applies many people's rows, in short transactions that a restart continues.

At the source of the walk. The contract suite is ``tests/contracts/test_people_import.py``.
"""

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from typing import Protocol

from seatkeeper.directory.model import (
    Value,
)


@dataclass(frozen=True, slots=True)
class PersonRow:
    """One checked row of a people file.

    ``attributes``: ``None`` means the cell was there and empty (clear it);
    a column that the file lacks is not in the mapping and stays as it is.
    ``manager`` is a userName ("" clears, none leaves); ``groups`` display names
    that shall be exactly the person's groups, or none to leave them.
    """

    line: int
    user_name: str
    attributes: Mapping[str, Value | None]
    enabled: bool | None = None
    manager: str | None = None
    groups: tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True)
class ImportSummary:
    """What an import did. ``continued_from``: rows an earlier, interrupted run had applied."""

    rows: int
    created: int
    updated: int
    unchanged: int
    groups_created: int
    continued_from: int = 0


class PeopleImport(Protocol):
    """Applies checked rows in short transactions that a restart continues."""

    async def apply_rows(
        self, digest: str, rows: AsyncIterator[PersonRow], *, total: int, actor: str
    ) -> ImportSummary:
        """Apply all rows of the file with this SHA-256.

        Users are found by userName ignoring case; managers are set after all
        users exist. A file that was interrupted goes on after its last
        committed batch; a file that was finished may be applied again.
        """
