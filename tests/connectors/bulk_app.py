"""An app that takes bulk messages, over plain sockets, and answers them as it is told to."""

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from typing import Any

from tests.connectors.asking import target
from tests.connectors.rude_app import rude_app

from seatkeeper.connectors.habits import Habits
from seatkeeper.connectors.scim_target import ScimTarget
from seatkeeper.directory.model import Kind
from seatkeeper.ports import Trace
from seatkeeper.provisioning.account import Account

Body = dict[str, Any]
WELL = {"bulk": {"supported": True, "maxOperations": 1000, "maxPayloadSize": 1_000_000}}


@dataclass
class BulkApp:
    """Keeps people by name; ``edit`` may change what it answers to a message, as status and body.

    ``asked`` are method and path of each request, ``sizes`` how many operations each message had.
    """

    config: Body = field(default_factory=lambda: dict(WELL))
    edit: Callable[[list[Body]], tuple[int, Any]] | None = None
    taken: frozenset[str] = frozenset()
    held: list[str] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)
    messages: list[list[Body]] = field(default_factory=list)

    async def __call__(self, request: bytes, writer: asyncio.StreamWriter) -> None:
        """Answer one request."""
        head, _, content = request.partition(b"\r\n\r\n")
        method, path = head.decode().split(" ")[:2]
        path = path.removeprefix("/scim/v2")
        self.asked.append(f"{method} {path}")
        told: Any
        if path == "/ServiceProviderConfig":
            status, told = 200, self.config
        elif path == "/Bulk":
            operations = json.loads(content)["Operations"]
            self.messages.append(operations)
            done = [self.one(**one) for one in operations]
            status, told = self.edit(done) if self.edit else (200, bulk_response(done))
        else:
            body = json.loads(content) if content else {}
            answer = self.one(method, path, body)
            status, told = int(answer["status"]), answer.get("response", {})
        answered = told if isinstance(told, bytes) else json.dumps(told).encode()
        writer.write(f"HTTP/1.1 {status} So\r\nContent-Length: {len(answered)}\r\n\r\n".encode())
        with contextlib.suppress(ConnectionError):
            writer.write(answered)
            await writer.drain()

    def one(self, method: str, path: str, data: Body, bulkId: str = "") -> Body:  # noqa: N803 - its name
        """Carry out one operation; return how it is told."""
        told = {"method": method, "bulkId": bulkId}
        if method == "PATCH":
            return {**told, "status": "200", "location": f"http://app.example{path}"}
        name = data["userName"]
        if name in self.taken:
            return {**told, "status": "409", "response": {"detail": "taken", "status": "409"}}
        self.held.append(name)
        made = {"id": f"a-{name}", "userName": name}
        location = f"http://app.example/Users/a-{name}"
        return {**told, "status": "201", "location": location, "response": made}

    @property
    def sizes(self) -> list[int]:
        """How many operations each message had."""
        return [len(one) for one in self.messages]


def bulk_response(operations: list[Any]) -> Body:
    """Return a whole answer."""
    return {
        "schemas": ["urn:ietf:params:scim:api:messages:2.0:BulkResponse"],
        "Operations": operations,
    }


@contextlib.asynccontextmanager
async def reaching(app: BulkApp, *, learnt: bool = True) -> AsyncIterator[ScimTarget]:
    """Yield a target of the app that wants bulk messages, and knows what the app takes."""
    async with rude_app(app) as (url, _):
        one = target(url, habits=Habits(bulk=True))
        if learnt:
            await one.bulk.learn(Trace())
        yield one
        await one.close()


async def created(
    one: ScimTarget, *names: str, traces: list[Trace] | None = None
) -> dict[str, Account | BaseException]:
    """Create these people at the same time; return what came of each."""
    kept = traces if traces is not None else [Trace() for _ in names]
    calls = [
        one.create(Kind.USER, {"userName": name}, trace)
        for name, trace in zip(names, kept, strict=True)
    ]
    came = await asyncio.gather(*calls, return_exceptions=True)
    return dict(zip(names, came, strict=True))
