"""How many pages of its file a write touches: what lies apart costs, however fast the machine."""

import datetime as dt
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import pytest
import sqlalchemy as sa

from seatkeeper.gallery.schema import gallery_app
from seatkeeper.scim.messages import Resource
from seatkeeper.service_provider.profile import profile_of
from seatkeeper.store.resource_file import ResourceFile
from seatkeeper.store.resources import ResourceStore

NOW: Final = dt.datetime(2026, 11, 26, 9, tzinfo=dt.UTC)
PROFILE: Final = profile_of(gallery_app("generic-scim"))
FRAME: Final = 4_096 + 24


def person(number: int) -> Resource:
    return {"userName": f"user{number:06}", "title": "Seller", "active": True}


@pytest.fixture
def file(tmp_path: Path) -> ResourceFile:
    """Open a store with three thousand people, whose log of pages is never cut short."""
    found = ResourceFile(tmp_path / "app.db")

    def keep_all(connection: Any, *_: Any) -> None:
        connection.execute("PRAGMA wal_autocheckpoint=0")

    found.engine.dispose()
    sa.event.listen(found.engine, "connect", keep_all)
    store = ResourceStore(found, PROFILE.keys_of)
    with found.together(writes=True):
        for number in range(3_000):
            store.create("User", person(number), NOW)
    return found


def pages_of(file: ResourceFile, act: Callable[[], object]) -> int:
    """Return how many pages are written when something is done in one transaction."""
    log = Path(f"{file.engine.url.database}-wal")
    before = log.stat().st_size
    with file.together(writes=True):
        act()
    return (log.stat().st_size - before) // FRAME


def test_people_made_together_lie_together_in_the_indexes(file: ResourceFile) -> None:
    store = ResourceStore(file, PROFILE.keys_of)

    pages = pages_of(
        file, lambda: [store.create("User", person(3_000 + n), NOW) for n in range(16)]
    )
    file.close()

    # Two indexes over ids alone would be 32 if ids were given by chance.
    assert pages <= 40


def test_another_title_leaves_the_index_of_the_active_alone(file: ResourceFile) -> None:
    store = ResourceStore(file, PROFILE.keys_of)
    ids = [one.id for one in store.page("User", limit=3_000)[::180]]
    later = NOW + dt.timedelta(days=1)

    def titles() -> None:
        for one in ids:
            store.edit("User", one, lambda held: {**held, "title": "Keeper"}, later)

    pages = pages_of(file, titles)
    file.close()

    # A row each, its place among the modified each, and the end of that index.
    assert pages <= 2 * len(ids) + 6
