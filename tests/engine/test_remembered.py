"""What a cycle remembers of people does not grow with how many there are."""

from collections.abc import Callable
from typing import Any

from tests.engine.world import World

from seatkeeper.engine.context import AppContext
from seatkeeper.provisioning.cycle import Cycle


async def test_an_account_that_was_made_is_remembered_until_its_link_is_written(
    world: World,
) -> None:
    contexts: list[AppContext] = []
    beginning = world._beginning

    def kept(*args: Any) -> Callable[[Cycle], AppContext]:
        begin = beginning(*args)

        def begun(cycle: Cycle) -> AppContext:
            contexts.append(begin(cycle))
            return contexts[-1]

        return begun

    world._beginning = kept  # type: ignore[method-assign, assignment]  # a looker-on
    await world.connect(scope="all")
    for number in range(9):
        await world.hire(f"P{number}")

    await world.run()

    assert [len(one.askers) for one in contexts] == [0]
    assert contexts[0].links_written == 9
