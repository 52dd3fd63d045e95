"""Which plain requests are answered in turns, and how each goes through the door.

A door in, beside the walk. A request takes part in a turn if what it costs
does not depend on how much is kept: a look-up by one value, one person, one
write. Everything else, such as lists, searches and bulk messages, goes its
usual way, with a thread and transactions of its own, and holds up nobody here.
What is answered is the same either way: one ``Endpoint`` answers both.
"""

import asyncio
import re
import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum, auto
from functools import partial
from time import perf_counter
from typing import Final

import structlog

from seatkeeper.clock import utc_now
from seatkeeper.errors import StoreUnusable
from seatkeeper.scim.errors import ScimError
from seatkeeper.scim.messages import CONTENT_TYPE, error_body
from seatkeeper.service_provider.http import Arrival, Endpoint, Incoming, Note
from seatkeeper.service_provider.plain_http import PlainAnswer, PlainRequest, Tell
from seatkeeper.service_provider.profile import GROUPS, Profile
from seatkeeper.service_provider.service import SEARCH
from seatkeeper.service_provider.turns import Turns
from seatkeeper.service_provider.wire import Answer, refusal, unusable

Told = tuple[Answer, str]
"""An answer, and its media type."""

SETTLE_SECONDS: Final = 0.02
"""How long the journal's rows of reads may wait for each other."""

# One comparison with one value. A quotation mark would begin a second one.
_LOOKUP: Final = re.compile(
    r"filter=(?:[A-Za-z.]+)(?:%20|\+)eq(?:%20|\+)%22(?:(?!%22)[^&\"])*%22(?P<rest>(?:&[^&]*)*)",
    re.IGNORECASE,
)
_SHOWN: Final = re.compile(r"(?:&?(?:attributes|excludedAttributes)=[^&]*)*")
_WITHOUT_MEMBERS: Final = re.compile(r"(?:^|&)excludedAttributes=members(?:&|$)")

_log = structlog.get_logger(__name__)


class Lane(Enum):
    """The turns that a request takes part in."""

    READS = auto()
    WRITES = auto()


def lane_of(profile: Profile, method: str, steps: Sequence[str], query: str) -> Lane | None:
    """Return in which turns a request is answered, or none: then it goes its usual way."""
    if not 1 <= len(steps) <= 2 or steps[-1] == SEARCH:
        return None
    kind = next((one for one in profile.kinds if one.endpoint == f"/{steps[0]}"), None)
    if kind is None:
        return None
    if method == "GET":
        if len(steps) == 1:
            found = _LOOKUP.fullmatch(query)
            if found is None:
                return None
            query = found["rest"]
        # A group is shown with its members, who may be a hundred thousand.
        is_small = kind.name != GROUPS or _WITHOUT_MEMBERS.search(query) is not None
        return Lane.READS if is_small and _SHOWN.fullmatch(query) else None
    if method == "POST":
        return Lane.WRITES if len(steps) == 1 else None
    if kind.name == GROUPS and method != "PATCH":
        return None
    return Lane.WRITES if len(steps) == 2 and not query else None


@dataclass(frozen=True)
class Surroundings:
    """What of a service ``SwiftDesk`` cannot know by itself.

    ``bases`` are the paths at which it answers, ``hosts`` the names it answers
    to, ``headers`` what every answer carries. ``spared`` counts a request and
    says that nothing befalls it on the way. ``note_soon`` writes a read down
    soon, ``settle`` writes down what waits for that.
    """

    bases: Sequence[str]
    hosts: Sequence[str]
    headers: Mapping[str, str]
    spared: Callable[[str, Sequence[str], str], bool]
    note_soon: Note
    settle: Callable[[], object]


class SwiftDesk:
    """Takes plain requests to one service, and answers them in turns."""

    def __init__(
        self,
        endpoint: Endpoint,
        profile: Profile,
        around: Surroundings,
        reads: Turns[Told],
        writes: Turns[Told],
    ) -> None:
        self._endpoint = endpoint
        self._profile = profile
        self._around = around
        self._reads = reads
        self._writes = writes
        self._settling: asyncio.TimerHandle | None = None
        self._headers = [
            (name.lower(), f"{name.lower()}: {v}\r\n") for name, v in around.headers.items()
        ]

    def take(self, request: PlainRequest, tell: Tell) -> bool:
        """Answer a request in a turn, by calling ``tell``; or say no."""
        base = next((one for one in self._around.bases if request.path.startswith(f"{one}/")), None)
        host = request.headers["host"]
        if base is None or host.rpartition(":")[0].casefold() not in self._around.hosts:
            return False
        # Whoever waits on purpose would hold up a whole turn.
        if self._profile.rules.latency:
            return False
        path = request.path[len(base) + 1 :]
        steps = [step for step in path.split("/") if step]
        lane = lane_of(self._profile, request.method, steps, request.query)
        if lane is None:
            return False
        incoming = Incoming(
            request.method,
            f"http://{host}{base}",
            path,
            request.query,
            request.headers,
            request.body,
        )
        if not self._around.spared(request.method, steps, incoming.token):
            return False
        arrival = Arrival(request.path, utc_now(), perf_counter())
        done = partial(self._done, incoming, arrival, tell)
        if lane is Lane.WRITES:
            self._writes.wait(partial(self._endpoint.answered, incoming, arrival), done)
        else:
            note = self._around.note_soon
            self._reads.wait(partial(self._endpoint.answered, incoming, arrival, note), done)
        return True

    def close(self) -> None:
        """End the threads; what was begun is done first."""
        if self._settling is not None:
            self._settling.cancel()
        self._reads.close()
        self._writes.close()
        self._around.settle()

    def _done(
        self, incoming: Incoming, arrival: Arrival, tell: Tell, outcome: Told | BaseException
    ) -> None:
        if isinstance(outcome, BaseException):
            answer, form = _failed(outcome, arrival.path), CONTENT_TYPE
            # The turn's own note went with the turn.
            self._writes.behind(partial(self._endpoint.write_down, incoming, arrival, answer))
        else:
            answer, form = outcome
            self._settle_soon()
        given = {name.lower(): value for name, value in answer.all_headers(form).items()}
        head = "".join([f"{name}: {value}\r\n" for name, value in given.items()])
        head += "".join([line for name, line in self._headers if name not in given])
        tell(PlainAnswer(answer.status, head, answer.encoded()))

    def _settle_soon(self) -> None:
        if self._settling is None:
            loop = asyncio.get_running_loop()
            self._settling = loop.call_later(SETTLE_SECONDS, self._settle)

    def _settle(self) -> None:
        self._settling = None
        self._writes.behind(self._around.settle)


def _failed(error: BaseException, path: str) -> Answer:
    """Return what is said of a turn that could not be kept, or of a fault of ours."""
    if isinstance(error, ScimError):
        return refusal(error)
    if isinstance(error, StoreUnusable):
        return unusable()
    error_id = secrets.token_hex(4)
    _log.error("scim.failed", error_id=error_id, path=path, exc_info=error)
    return Answer(500, error_body(500, f"This failed on our side (error {error_id})."))
