"""Whatever happened in the directory: the cycle does what was previewed, and nothing else."""

import random
import shutil
from pathlib import Path

import pytest
from tests.engine.test_preview import done, verbs
from tests.engine.world import WRITES, Wish, World

from seatkeeper.provisioning.preview import Outlook
from seatkeeper.store.database import Database

NAMES = ("Ada", "Grace", "Ken", "Zoe", "Eve", "Bo")
GROUPS = ("Engineering", "Sales")


async def something_happens(world: World, chance: random.Random) -> None:
    """Edit the directory in one way that an ordinary day brings."""
    people = [one for one in NAMES if one in world.ids]
    name, group = chance.choice(NAMES), chance.choice(GROUPS)
    if name not in world.ids:
        groups = chance.choices(GROUPS, k=chance.randrange(2))
        await world.hire(name, manager=chance.choice([None, *people]), groups=groups)
        return
    match chance.randrange(9):
        case 0:
            await world.change(name, jobTitle=chance.choice(["Keeper", "Captain", None]))
        case 1:
            await world.enable(name, chance.random() < 0.6)
        case 2:
            boss = chance.choice([None, *people])
            await world.reports_to(name, boss if boss != name else None)
        case 3:
            await world.join(group, name)
        case 4:
            await world.leave(group, name)
        case 5:
            await world.assign(chance.choice([name, group]))
        case 6:
            await world.unassign(chance.choice([name, group]))
        case 7:
            await world.directory.delete_user(world.ids[name], actor="hr", now=world.now)
            if chance.random() < 0.4:
                await world.directory.purge_user(world.ids.pop(name), actor="hr")
            elif chance.random() < 0.5:
                await world.directory.restore_user(world.ids[name], actor="hr")
        case _:
            await world.change(name, mail=f"{chance.choice(NAMES[:3])}@larkspur.example")


@pytest.mark.parametrize("app", ["15five", "generic-scim"])
@pytest.mark.parametrize("seed", range(12))
async def test_the_cycle_does_what_was_previewed_and_a_plan_what_was_reviewed(
    seed: int, app: str, tmp_path: Path, empty_file: Path
) -> None:
    shutil.copyfile(empty_file, tmp_path / "seatkeeper.db")
    database = Database.open(f"sqlite:///{tmp_path / 'seatkeeper.db'}")
    world, chance = World(database, tmp_path, app=app), random.Random(seed)
    await world.connect()
    for group in GROUPS:
        await world.found(group)
    await world.assign(GROUPS[0])

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
