"""Whatever happened in the directory: the cycle does what was previewed, and nothing else."""

import random
from pathlib import Path

import pytest
from tests.databases import prepared_sqlite
from tests.engine.days import something_happens, two_groups
from tests.engine.test_preview import done, verbs
from tests.engine.world import WRITES, Wish

from seatkeeper.provisioning.preview import Outlook
from seatkeeper.store.database import Database


@pytest.mark.parametrize("app", ["15five", "generic-scim"])
@pytest.mark.parametrize("seed", range(12))
async def test_the_cycle_does_what_was_previewed_and_a_plan_what_was_reviewed(
    seed: int, app: str, tmp_path: Path
) -> None:
    database = Database.open(prepared_sqlite(tmp_path / "seatkeeper.db"))
    world, chance = await two_groups(database, tmp_path, app), random.Random(seed)

    for turn in range(8):
        for _ in range(chance.randrange(1, 7)):
            await something_happens(world, chance)
        logged = len(await world.log())
        plan = await world.preview()
        world.asked()
        reviewed = Wish(reviewed=plan.to_do) if turn % 2 and plan.to_do else None
        await world.run(reviewed)
        entries = list(await world.log())[logged:]
        writes = sum(n for verb, n in world.asked().items() if verb in WRITES)

        assert done(entries) == verbs(plan), turn
        assert writes == plan.counters["requests"], turn
        if any(one.verb is Outlook.FAIL for one in plan.records):
            continue  # what stood in somebody's way may have ended with this very plan
        assert (await world.preview()).to_do == (), turn
        if reviewed is not None:
            await world.run()
            assert not world.asked(), turn
    database.close()
