"""Faults of the app in memory come when they were planted."""

import pytest

from seatkeeper.connectors.memory import Asked, MemoryTarget, Planted
from seatkeeper.directory.model import Kind
from seatkeeper.errors import InDoubt, Transient
from seatkeeper.ports import Trace


async def test_a_fault_before_leaves_nothing_and_one_after_leaves_the_account() -> None:
    app = MemoryTarget(faults=[Planted(1, Transient("sick")), Planted(2, InDoubt("lost"), "after")])

    with pytest.raises(Transient):
        await app.create(Kind.USER, {"userName": "ada"}, Trace())
    assert not app.held[Kind.USER]
    with pytest.raises(InDoubt):
        await app.create(Kind.USER, {"userName": "ada"}, Trace())

    assert [one["userName"] for one in app.held[Kind.USER].values()] == ["ada"]
    assert app.journal == [Asked("create", Kind.USER, "ada")] * 2
