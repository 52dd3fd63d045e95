"""What explain says of everybody is what the next cycle does, and it leaves nothing behind (P8)."""

import random
import shutil
from pathlib import Path

import pytest
from tests.engine.test_preview_law import GROUPS, NAMES, something_happens
from tests.engine.world import World

from seatkeeper.provisioning.explain import Verdict
from seatkeeper.provisioning.preview import Outlook
from seatkeeper.store.database import Database

AGREES: dict[Verdict, set[Outlook | None]] = {
    Verdict.TO_CREATE: {Outlook.CREATE, Outlook.LINK, Outlook.UPDATE},
    Verdict.TO_UPDATE: {Outlook.UPDATE},
    Verdict.TO_DISABLE: {Outlook.DISABLE},
    Verdict.TO_DELETE: {Outlook.DELETE},
    Verdict.WAITS: {Outlook.FAIL, Outlook.UPDATE, Outlook.CREATE, None},
    Verdict.IN_STEP: {None, Outlook.UPDATE},
    Verdict.INACTIVE: {None},
    Verdict.OUT_OF_SCOPE: {None, Outlook.SKIP},
    Verdict.LEFT_ALONE: {None, Outlook.SKIP, Outlook.UNLINK},
    Verdict.UNKNOWN: {None},
}
"""In step may still wait for a manager or members that the very plan gives an account."""


@pytest.mark.parametrize("app", ["15five", "generic-scim"])
@pytest.mark.parametrize("seed", range(8))
async def test_explain_says_of_everybody_what_the_next_cycle_does(
    seed: int, app: str, tmp_path: Path, empty_file: Path
) -> None:
    shutil.copyfile(empty_file, tmp_path / "seatkeeper.db")
    database = Database.open(f"sqlite:///{tmp_path / 'seatkeeper.db'}")
    world, chance = World(database, tmp_path, app=app), random.Random(seed)
    await world.connect()
    for group in GROUPS:
        await world.found(group)
    await world.assign(*GROUPS[:1])
    for _ in range(5):
        for _ in range(chance.randrange(1, 8)):
            await something_happens(world, chance)

        planned = {one.record_id: one.verb for one in (await world.preview()).records}

        for name in [*(one for one in NAMES if one in world.ids), *GROUPS]:
            said = (await world.explain(name)).verdict
            assert planned.get(world.ids[name]) in AGREES[said], (name, said)
        await world.run()
    database.close()


async def test_what_is_tried_out_is_seen_and_leaves_nothing_behind(any_world: World) -> None:
    world = any_world
    await world.connect(scope="all", groups="off")
    await world.hire("Ada")
    await world.run()
    before = await world.ledger.last_change()

    async with world.database.rehearsal() as staged:
        inside = World(staged, world.folder, ids=dict(world.ids), now=world.now)
        await inside.change("Ada", jobTitle="Boss")
        seen = await inside.preview()
        [ada] = seen.records
        with pytest.raises(Exception, match="belongs to somebody else"):
            await inside.hire("Ada")

    assert (ada.verb, ada.changes[0].new) == (Outlook.UPDATE, "Boss")
    assert await world.ledger.last_change() == before
    assert (await world.preview()).records == ()
    await world.change("Ada", jobTitle="Captain")
    await world.run()
    assert world.account("Ada")["title"] == "Captain"
