"""Whichever groups join and leave each other, and whenever cycles run: the same have access."""

import asyncio
import copy
import shutil
import tempfile
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.databases import prepared_sqlite
from tests.engine.world import Wish, World

from seatkeeper.directory.model import Kind
from seatkeeper.store.database import Database

PEOPLE = ("Ada", "Grace", "Ken")
GROUPS = ("Alps", "Baltic", "Celtic", "Danube")
Step = tuple[str, str, str]

STEPS = st.lists(
    st.tuples(
        st.sampled_from(["join", "join", "leave"]),
        st.sampled_from(GROUPS),
        st.sampled_from(GROUPS + PEOPLE),
    )
    | st.tuples(
        st.sampled_from(["assign", "open", "unassign", "disband"]),
        st.sampled_from(GROUPS),
        st.just(""),
    )
    | st.just(("cycle", "", "")),
    min_size=4,
    max_size=16,
)


async def takes(world: World, step: Step) -> None:
    """Carry out one step; one that makes no sense any more does nothing."""
    verb, group, other = step
    if verb == "cycle":
        await world.run()
        return
    if group not in world.ids or (other and other not in world.ids) or group == other:
        return
    match verb:
        case "join":
            await world.join(group, other)
        case "leave":
            await world.leave(group, other)
        case "unassign":
            await world.unassign(group)
        case "disband":
            await world.disband(group)
        case _:
            await world.assign(group, nested=verb == "open")


async def begin(database: Database, folder: Path) -> World:
    """Return a company in which Alps holds Baltic, which holds Celtic, with a person in each."""
    world = World(database, folder)
    await world.connect(more="deletion_guard: {enabled: false, reason: access is the law here}\n")
    for name in PEOPLE:
        await world.hire(name)
    for group, *members in (*zip(GROUPS, PEOPLE, strict=False), ("Danube",)):
        await world.found(group, *members)
    await world.join("Alps", "Baltic")
    await world.join("Baltic", "Celtic")
    await world.assign("Alps", nested=True)
    await world.run()
    return world


async def twice(folder: Path) -> list[World]:
    """Return two such companies, of which neither knows the other; founding them takes longer."""
    home = folder / "begun"
    home.mkdir()
    database = Database.open(prepared_sqlite(home / "seatkeeper.db"))
    begun = await begin(database, home)
    database.close()
    worlds = []
    for name in ("often", "once"):
        shutil.copytree(home, folder / name)
        opened = Database.open(f"sqlite:///{folder / name / 'seatkeeper.db'}")
        worlds.append(
            replace(
                begun,
                database=opened,
                folder=folder / name,
                target=copy.deepcopy(begun.target),
                ids=dict(begun.ids),
                slept=[],
            )
        )
    return worlds


async def usable(world: World) -> set[str]:
    held = world.target.held[Kind.USER].values()
    names = {key: name for name, key in world.ids.items()}
    return {names[str(one["externalId"])] for one in held if one["active"]}


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(steps=STEPS)
def test_cycles_in_between_and_one_full_cycle_at_the_end_give_the_same_access(
    steps: Sequence[Step],
) -> None:
    async def both(folder: Path) -> tuple[set[str], set[str], list[str], dict[str, int]]:
        often, once = worlds = await twice(folder)
        for step in steps:
            await takes(often, step)
            if step[0] != "cycle":
                await takes(once, step)
        await often.run()
        await once.run(Wish(full=True))
        wrong = await often.differences()
        often.asked()
        await often.run(Wish(full=True))
        sent = {verb: n for verb, n in often.asked().items() if verb != "find"}
        result = await usable(often), await usable(once), wrong, sent
        for world in worlds:
            world.database.close()
        return result

    with tempfile.TemporaryDirectory() as folder:
        often, once, wrong, sent = asyncio.run(both(Path(folder)))

    assert wrong == []
    assert often == once
    assert sent == {}
