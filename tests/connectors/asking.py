"""A SCIM target for tests, and what it may be asked."""

import traceback

import pytest

from seatkeeper.connectors.resources import shape_of
from seatkeeper.connectors.scim_target import ScimTarget
from seatkeeper.directory.model import Kind
from seatkeeper.errors import (
    ConnectorError,
)
from seatkeeper.gallery.capabilities import capabilities_of
from seatkeeper.gallery.schema import gallery_app
from seatkeeper.ports import Trace
from seatkeeper.provisioning.account import ValueChange

TOKEN = "tok-4711-very-secret"


def target(url: str, **more: object) -> ScimTarget:
    app = gallery_app("generic-scim")
    assert app.groups is not None
    shapes = {Kind.USER: shape_of(app.users), Kind.GROUP: shape_of(app.groups)}
    options: dict[str, object] = {"allow_loopback": True, "requests_per_second": 1000.0, **more}
    return ScimTarget(url, TOKEN, shapes, capabilities_of(app), **options)  # type: ignore[arg-type]  # each test names its own


async def ask(one: ScimTarget, verb: str, trace: Trace | None = None) -> None:
    trace = trace or Trace()
    match verb:
        case "probe":
            await one.probe("userName")
        case "find":
            await one.find(Kind.USER, "userName", "ada@larkspur.example", trace)
        case "read":
            await one.read(Kind.USER, "a-1", trace)
        case "create":
            await one.create(Kind.USER, {"userName": "ada@larkspur.example"}, trace)
        case "update":
            await one.update(Kind.USER, "a-1", [ValueChange("title", "a", "b")], trace)
        case "members":
            await one.change_members("g-1", ["a-1"], ["a-2"], trace)
        case _:
            await one.delete(Kind.USER, "a-1", trace)


async def fault_of(one: ScimTarget, verb: str) -> ConnectorError:
    """Return the one error that the verb ends with, after seeing that it is fit to be shown."""
    with pytest.raises(ConnectorError) as caught:
        await ask(one, verb)
    await one.close()
    error = caught.value
    everything = "".join(traceback.format_exception(error)) + repr(error) + str(vars(error))
    assert TOKEN not in everything
    assert error.advice.endswith((".", "/Users")), error.advice
    assert len(error.said) <= 200
    assert error.said.isprintable()
    return error
