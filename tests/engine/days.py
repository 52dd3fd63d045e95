"""Ordinary days in a small company, by chance: for laws that hold whatever happened."""

import random
from pathlib import Path

from tests.engine.world import World

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


async def two_groups(database: Database, folder: Path, app: str) -> World:
    """Return a company with two empty groups, the first of them assigned."""
    world = World(database, folder, app=app)
    await world.connect()
    for group in GROUPS:
        await world.found(group)
    await world.assign(GROUPS[0])
    return world
