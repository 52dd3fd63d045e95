"""The contract suites run on each kind of database, and on the one that simulation plays with."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.databases import kinds, url_of
from tests.simulation.store import SimulatedDatabase

from seatkeeper.store.database import Database


@pytest.fixture(params=[*kinds(), "simulated"])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    """Open an empty database, of each kind in turn."""
    if request.param == "simulated":
        opened: Database = SimulatedDatabase.new()
    else:
        opened = Database.open(url_of(request, tmp_path))
    yield opened
    opened.close()
