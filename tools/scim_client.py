"""Ask a server from several connections, as lean as Python can, and count.

HTTP/1.1 on bare sockets: a request is bytes that were made before, an answer
is a status and a body of a known length. What little this costs is measured
too, so that a figure is never the client's own.
"""

import asyncio
import time
from collections.abc import Iterator
from dataclasses import dataclass

_HEAD_END = b"\r\n\r\n"
_PATIENCE = 120
_LAST_CHUNK = b"0\r\n\r\n"


@dataclass(frozen=True)
class Asked:
    """One request as it goes out, and the statuses that count as done."""

    wire: bytes
    expected: tuple[int, ...]


@dataclass(frozen=True)
class Counted:
    """How many answers came in how many seconds; the client's own processor time in them."""

    answers: int
    seconds: float
    client_seconds: float

    @property
    def rate(self) -> float:
        """Answers per second."""
        return self.answers / self.seconds


def request(
    method: str, path: str, *, host: str, token: str, body: bytes = b"", accept: tuple[int, ...]
) -> Asked:
    """Return a request as bytes."""
    lines = [f"{method} {path} HTTP/1.1", f"Host: {host}", f"Authorization: Bearer {token}"]
    if body:
        lines += ["Content-Type: application/scim+json", f"Content-Length: {len(body)}"]
    return Asked("\r\n".join(lines).encode() + _HEAD_END + body, accept)


class _Lane(asyncio.Protocol):
    """One connection, one request at a time."""

    def __init__(self) -> None:
        self._got = bytearray()
        self._need = -1
        self._body_at = 0
        self._chunked = False
        self._last = False
        self._answer: asyncio.Future[tuple[int, bytes]] | None = None
        self._transport: asyncio.Transport | None = None
        self.closed = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def connection_lost(self, exc: Exception | None) -> None:
        self.closed = True
        if self._answer is not None and not self._answer.done():
            self._answer.set_exception(ConnectionError("the server hung up in an answer"))

    def data_received(self, data: bytes) -> None:
        self._got += data
        if self._need < 0:
            end = self._got.find(_HEAD_END)
            if end < 0:
                return
            head = bytes(self._got[:end]).lower()
            self._last = b"\r\nconnection: close" in head
            at = head.find(b"\r\ncontent-length:")
            if at >= 0:
                length = int(head[at + 17 :].split(b"\r\n", 1)[0])
            elif head[9:12] == b"204":
                length = 0
            elif b"\r\ntransfer-encoding: chunked" in head:
                length, self._chunked = len(_LAST_CHUNK), True
            else:
                raise ValueError("an answer without a length")
            self._body_at = end + 4
            self._need = self._body_at + length
        whole = len(self._got) >= self._need
        if self._chunked:
            whole = whole and self._got.endswith(_LAST_CHUNK)
        if whole and self._answer is not None:
            got, body = self._got, bytes(self._got[self._body_at :])
            if self._chunked:
                body = _unchunked(body)
            self._got, self._need, self._chunked = bytearray(), -1, False
            if self._last:
                self.closed = True
                self.close()
            self._answer.set_result((int(got[9:12]), body))

    def ask(self, wire: bytes) -> asyncio.Future[tuple[int, bytes]]:
        assert self._transport is not None
        self._answer = asyncio.get_running_loop().create_future()
        self._transport.write(wire)
        return self._answer

    def close(self) -> None:
        if self._transport is not None:
            self._transport.close()


def _unchunked(body: bytes) -> bytes:
    found, at = bytearray(), 0
    while True:
        line = body.index(b"\r\n", at)
        length = int(body[at:line], 16)
        if not length:
            return bytes(found)
        found += body[line + 2 : line + 2 + length]
        at = line + 4 + length


async def _opened(port: int) -> _Lane:
    _, lane = await asyncio.get_running_loop().create_connection(_Lane, "127.0.0.1", port)
    return lane


async def ask_once(port: int, asked: Asked) -> bytes:
    """Send one request on a connection of its own; return the body of the right answer."""
    lane = await _opened(port)
    async with asyncio.timeout(_PATIENCE):
        status, body = await lane.ask(asked.wire)
    lane.close()
    if status not in asked.expected:
        raise SystemExit(f"{asked.wire[:200]!r}\nwas answered {status}: {body[:400]!r}")
    return body


async def ask_many(port: int, stock: Iterator[Asked], *, lanes: int, seconds: float) -> Counted:
    """Send requests from all lanes until the time or the stock is used up.

    What is on its way then is waited for and counted, so a slow server is
    never charged for time in which it answered nobody.
    """
    opened = [await _opened(port) for _ in range(lanes)]
    answers = 0
    started, used = time.perf_counter(), time.process_time()
    end = started + seconds

    async def run(lane: _Lane) -> None:
        nonlocal answers
        while time.perf_counter() < end:
            asked = next(stock, None)
            if asked is None:
                break
            if lane.closed:
                lane = await _opened(port)
            async with asyncio.timeout(_PATIENCE):
                status, body = await lane.ask(asked.wire)
            if status not in asked.expected:
                raise SystemExit(f"{asked.wire[:200]!r}\nwas answered {status}: {body[:400]!r}")
            answers += 1
        lane.close()

    await asyncio.gather(*(run(lane) for lane in opened))
    return Counted(answers, time.perf_counter() - started, time.process_time() - used)
