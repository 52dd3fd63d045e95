"""Plain requests read from a socket in one step; all others go to the usual server.

Before the walk. Most requests of SCIM clients are alike: HTTP/1.1, each header
once, a length and no transfer coding. These are recognised whole, by one
pattern, and answered over the same connection. Whatever is otherwise, however
little, is handed over to the server's own protocol with every byte read so
far, and the connection stays with it. So nothing is read here in two ways.
"""

import asyncio
import re
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from email.utils import formatdate
from http import HTTPStatus
from typing import Any, Final, Protocol, cast

LARGEST_HEAD: Final = 8 * 1024
LARGEST_BODY: Final = 64 * 1024
IDLE_SECONDS: Final = 5.0
"""How long a connection stays open between requests, as at the usual server."""

_END: Final = b"\r\n\r\n"
_HEAD: Final = re.compile(
    rb"(GET|POST|PUT|PATCH|DELETE) (/[A-Za-z0-9/._~-]*)(?:\?([!$&-;=?-Z_a-z~%]*))? HTTP/1\.1\r\n"
    rb"((?:[!#$%&'*+.^_`|~0-9A-Za-z-]+:[\t -~]*\r\n)+)"
)
_LENGTH: Final = re.compile(r"\d{1,7}", re.ASCII)
# Any of these changes how a message is read, or who reads on.
_OTHERWISE: Final = ("transfer-encoding", "expect", "upgrade", "http2-settings", "te", "trailer")
_REASONS: Final = {one.value: one.phrase for one in HTTPStatus}


@dataclass(frozen=True, slots=True)
class PlainRequest:
    """One plain request: names of headers in small letters, ``body`` whole."""

    method: str
    path: str
    query: str
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True, slots=True)
class PlainAnswer:
    """What goes back. ``head`` has a line for each header, the length left out."""

    status: int
    head: str
    body: bytes


Tell = Callable[[PlainAnswer], None]


class Desk(Protocol):
    """Answers some plain requests, and says of each at once whether it will."""

    def take(self, request: PlainRequest, tell: Tell) -> bool:
        """Answer a request by calling ``tell`` later, once; or say no, and never call it."""
        ...


class PlainProtocol(asyncio.Protocol):
    """One connection. ``usual`` makes the protocol that takes over what is not plain.

    ``connections`` are those that the server waits for when it ends.
    """

    def __init__(
        self, desk: Desk, usual: Callable[[], asyncio.Protocol], connections: set[Any]
    ) -> None:
        self._desk = desk
        self._usual = usual
        self._connections = connections
        self._transport: asyncio.Transport | None = None
        self._got = b""
        self._is_answering = False
        self._is_ending = False
        self._is_full = False
        self._idle: asyncio.TimerHandle | None = None
        self._last_lines = b""
        self._last_headers: Mapping[str, str] = {}

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin."""
        # Not every loop's transports are of asyncio's own class.
        self._transport = cast("asyncio.Transport", transport)
        self._connections.add(self)

    def connection_lost(self, exc: Exception | None) -> None:
        """End; an answer that is being made is told to nobody."""
        self._connections.discard(self)
        self._transport = None
        self._stop_waiting()

    def shutdown(self) -> None:
        """End after the answer that is being made, if any: the server asks for it."""
        self._is_ending = True
        if not self._is_answering and self._transport is not None:
            self._transport.close()

    def pause_writing(self) -> None:
        """Take no further request while the client does not read."""
        self._is_full = True

    def resume_writing(self) -> None:
        """Go on."""
        self._is_full = False
        self._next()

    def data_received(self, data: bytes) -> None:
        """Take what came; a request is begun as soon as it is whole."""
        self._stop_waiting()
        self._got = self._got + data if self._got else data
        if self._is_answering or self._is_full:
            if len(self._got) > LARGEST_BODY and self._transport is not None:
                self._transport.pause_reading()
            return
        self._next()

    def _next(self) -> None:
        if self._transport is None or self._is_answering or not self._got:
            return
        end = self._got.find(_END)
        if end < 0:
            if len(self._got) > LARGEST_HEAD:
                self._hand_over()
            return
        head = _HEAD.fullmatch(self._got, 0, end + 2)
        headers = None if head is None else self._headers(head[4])
        if head is None or headers is None:
            self._hand_over()
            return
        begins = end + len(_END)
        length = int(headers.get("content-length", "0"))
        if length > LARGEST_BODY:
            self._hand_over()
            return
        if len(self._got) < begins + length:
            return
        request = PlainRequest(
            head[1].decode(),
            head[2].decode(),
            (head[3] or b"").decode(),
            headers,
            self._got[begins : begins + length],
        )
        self._is_answering = True
        if not self._desk.take(request, self._tell):
            self._is_answering = False
            self._hand_over()
            return
        self._got = self._got[begins + length :]

    def _headers(self, lines: bytes) -> Mapping[str, str] | None:
        """Return the headers, or none where one of them makes the request less than plain."""
        if lines == self._last_lines:
            return self._last_headers
        found: dict[str, str] = {}
        for line in lines.decode().split("\r\n")[:-1]:
            name, _, value = line.partition(":")
            name = name.lower()
            if name in found or name in _OTHERWISE:
                return None
            found[name] = value.strip(" \t")
        if "host" not in found or found.get("connection", "keep-alive").lower() != "keep-alive":
            return None
        if _LENGTH.fullmatch(found.get("content-length", "0")) is None:
            return None
        self._last_lines, self._last_headers = lines, found
        return found

    def _tell(self, answer: PlainAnswer) -> None:
        self._is_answering = False
        transport = self._transport
        if transport is None:
            return
        transport.write(_written(answer, is_last=self._is_ending))
        if self._is_ending:
            transport.close()
            return
        transport.resume_reading()
        if self._got:
            if not self._is_full:
                self._next()
        else:
            self._idle = asyncio.get_running_loop().call_later(IDLE_SECONDS, transport.close)

    def _hand_over(self) -> None:
        transport, got = self._transport, self._got
        if transport is None:
            return
        self._connections.discard(self)
        self._transport, self._got = None, b""
        usual = self._usual()
        transport.set_protocol(usual)
        transport.resume_reading()
        usual.connection_made(transport)
        usual.data_received(got)

    def _stop_waiting(self) -> None:
        if self._idle is not None:
            self._idle.cancel()
            self._idle = None


def _written(answer: PlainAnswer, *, is_last: bool) -> bytes:
    status = answer.status
    length = "" if status in (204, 304) else f"content-length: {len(answer.body)}\r\n"
    closing = "connection: close\r\n" if is_last else ""
    reason = _REASONS.get(status, "")
    first = f"HTTP/1.1 {status} {reason}\r\ndate: {_date(int(time.time()))}\r\n"
    return f"{first}{answer.head}{length}{closing}\r\n".encode("latin-1") + answer.body


_dated: tuple[int, str] = (0, "")


def _date(second: int) -> str:
    """Return a moment as HTTP writes it; made once a second."""
    global _dated
    if _dated[0] != second:
        _dated = (second, formatdate(second, usegmt=True))
    return _dated[1]
