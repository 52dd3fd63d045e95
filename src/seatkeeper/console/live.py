"""Keep an open page true: one stream of changes for each page, at most one message a second.

Beside the pages. A page is made of blocks; the stream sends those whose content
is another than what the page shows, and nothing else. What the page shows is
said by its mark (one digest a block), which is the event's id: a stream that
was lost goes on from there, also with a server that was started anew. It ends
at sign-out and when the role changes, and counts as no use of the session.
(Console design, 12.)
"""

import asyncio
import hashlib
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from markupsafe import Markup
from starlette.responses import PlainTextResponse, Response, StreamingResponse

from seatkeeper.clock import uptime
from seatkeeper.console.doors import Doors
from seatkeeper.console.visit import Visit
from seatkeeper.errors import NotFound

EVERY: Final = 1.0
"""Seconds from one message to the next, at least."""

LOOK_ANEW: Final = 15.0
"""So often a page is made anew although nothing happened: "in 5 min" becomes "in 4 min"."""

STILL_HERE: Final = 15.0
"""So often a line is sent by which both sides see that the other is there."""

ALOUD_EVERY: Final = 10.0
"""So often at most the block that is read aloud changes."""

LARGEST: Final = 8_000
"""Bytes of one message. The rest follows a second later; a block that is larger is left out."""

AT_ONCE: Final = 8
"""Streams of one session. A browser opens about six to one address."""

ALOUD: Final = "said"

Blocks = Mapping[str, Markup]
"""What a page shows by the id of the element that holds it, always in the same order."""

Look = Callable[[], Awaitable[Blocks]]
Mark = Callable[[], Awaitable[object]]


@dataclass(frozen=True, slots=True)
class Live:
    """One page that is kept true. ``look`` makes its blocks, ``mark`` differs where they may.

    ``whole`` are ids of blocks whose content is replaced, because their rows move; all others
    are changed where they differ, so that focus stays.
    """

    look: Look
    mark: Mark
    whole: frozenset[str] = frozenset()


def mark_of_blocks(blocks: Blocks) -> str:
    """Return what a page shows in few letters, for the address of its stream."""
    return ".".join(_digest(text) for text in blocks.values())


@dataclass
class Streams:
    """The streams of a console. ``doors`` says whether a visitor may still see the page."""

    doors: Doors
    every: float = EVERY
    _open: Counter[str] = field(default_factory=Counter)

    def answer(self, visit: Visit, live: Live) -> Response:
        """Return the stream of a page, or a refusal where the session has many of them."""
        if visit.request.method == "HEAD":
            return Response(media_type="text/event-stream")
        owner = visit.session.id if visit.session is not None else ""
        if self._open[owner] >= AT_ONCE:
            return PlainTextResponse("Too many live pages are open in this session.\n", 429)
        headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
        return StreamingResponse(
            self._counted(owner, visit, live), media_type="text/event-stream", headers=headers
        )

    async def _counted(self, owner: str, visit: Visit, live: Live) -> AsyncIterator[str]:
        self._open[owner] += 1
        try:
            async for message in self._messages(visit, live):
                yield message
        finally:
            self._open[owner] -= 1
            if not self._open[owner]:
                del self._open[owner]

    async def _messages(self, visit: Visit, live: Live) -> AsyncIterator[str]:
        shown = Shown(_seen(visit), live.whole)
        mark: object = None
        blocks: Blocks = {}
        looked = sent = uptime()
        yield ": here\n\n"
        while await self.doors.still_open(visit):
            now = uptime()
            try:
                new_mark = await live.mark()
                if new_mark != mark or now - looked >= LOOK_ANEW:
                    blocks, mark, looked = await live.look(), new_mark, now
            except NotFound:  # the app was removed: its page says so
                break
            message = shown.message(blocks, now)
            if message or now - sent >= STILL_HERE:
                sent = now
                yield message or ": still here\n\n"
            await asyncio.sleep(self.every)
        yield "event: ended\ndata: ended\n\n"


class Shown:
    """What a page shows by now, as far as it was told."""

    def __init__(self, seen: Sequence[str], whole: frozenset[str]) -> None:
        self._seen: list[str] = list(seen)
        self._whole = whole
        self._aloud = float("-inf")

    def message(self, blocks: Blocks, now: float) -> str:
        """Return the event that makes the page show these blocks, or nothing."""
        if len(self._seen) != len(blocks):
            self._seen = [""] * len(blocks)
        parts: list[str] = []
        size = 0
        for place, (name, text) in enumerate(blocks.items()):
            digest = _digest(text)
            if digest == self._seen[place]:
                continue
            if name == ALOUD and now - self._aloud < ALOUD_EVERY:
                continue
            part = self._part(name, text)
            large = len(part.encode())
            if size + large > LARGEST and parts:
                break
            self._seen[place] = digest
            if large <= LARGEST:
                parts.append(part)
                size += large
            if name == ALOUD:
                self._aloud = now
        if not parts:
            return ""
        lines = "\n".join(f"data: {line}" for line in "".join(parts).splitlines())
        return f"id: {'.'.join(self._seen)}\n{lines}\n\n"

    def _part(self, name: str, text: Markup) -> str:
        swap = "innerHTML" if name in self._whole else "innerMorph"
        return f'<hx-partial hx-target="#{name}" hx-swap="{swap}">{text}</hx-partial>\n'


def _seen(visit: Visit) -> list[str]:
    """Return what the page shows already: from where a lost stream ended, or the page began."""
    asked = visit.request
    said = asked.headers.get("last-event-id") or asked.query_params.get("seen", "")
    return said[:400].split(".")


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:8]
