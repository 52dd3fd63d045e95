"""What can go wrong in a stand-in, as values.

Beside the walk, and pure. ``grammar`` reads these from a text, ``decision``
chooses what one request meets, ``layer`` and ``keeper`` carry it out.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, TypeAlias

READS: Final = frozenset({"GET", "HEAD"})
WRITES: Final = frozenset({"POST", "PUT", "PATCH", "DELETE"})
STORING: Final = frozenset({"POST", "PUT", "PATCH"})


# --- how long an answer takes ---


@dataclass(frozen=True, slots=True)
class Between:
    """Any time from ``low`` to ``high`` seconds, each as likely; equal ends are a fixed time."""

    low: float
    high: float


@dataclass(frozen=True, slots=True)
class LogNormal:
    """Mostly quick and sometimes slow: half of all within ``p50`` seconds, 99 % within ``p99``."""

    p50: float
    p99: float


# --- what a request can meet ---


@dataclass(frozen=True, slots=True)
class Wait:
    """The answer comes later."""

    latency: Between | LogNormal


@dataclass(frozen=True, slots=True)
class RetryAfter:
    """What ``Retry-After`` says: seconds, as a date if ``as_date``; without seconds, nonsense."""

    seconds: int | None
    as_date: bool = False


@dataclass(frozen=True, slots=True)
class Refuse:
    """An error in SCIM's own form; nothing is done."""

    status: int
    retry_after: RetryAfter | None = None


@dataclass(frozen=True, slots=True)
class ExpireToken:
    """401 for a token that has made its number of requests; another token works again."""


@dataclass(frozen=True, slots=True)
class NoRights:
    """403, as for a token of somebody without admin permission."""


@dataclass(frozen=True, slots=True)
class HtmlPage:
    """A web page where SCIM is due; nothing is done."""

    status: int


@dataclass(frozen=True, slots=True)
class Close:
    """The connection is closed before anything is done."""


@dataclass(frozen=True, slots=True)
class Lose:
    """The request is carried out and never answered: the connection is closed."""


@dataclass(frozen=True, slots=True)
class Truncate:
    """The request is carried out; of the answer's body only half arrives."""


@dataclass(frozen=True, slots=True)
class Mistype:
    """The request is carried out; the answer names a wrong content type."""

    content_type: str


@dataclass(frozen=True, slots=True)
class Drop:
    """Values of one attribute are accepted and not kept; ``path`` are the names down to it."""

    path: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class FoldCase:
    """``userName`` is kept in small letters."""


@dataclass(frozen=True, slots=True)
class Duplicate:
    """A second account with a value that must be unique is accepted."""


@dataclass(frozen=True, slots=True)
class Stale:
    """A read answers the state before the last ``writes``, or before those of ``seconds``."""

    writes: int = 0
    seconds: float = 0.0


Instead: TypeAlias = Refuse | ExpireToken | NoRights | HtmlPage | Close
"""Comes instead of the service: nothing is done."""
Spoiled: TypeAlias = Lose | Truncate | Mistype
"""Spoils the answer of what was done."""
Kept: TypeAlias = Drop | FoldCase | Duplicate | Stale
"""Changes what is kept or read."""
Kind: TypeAlias = Wait | Instead | Spoiled | Kept


# --- when ---


@dataclass(frozen=True, slots=True)
class Where:
    """Which requests: no methods are all; ``path`` is a start (``*`` stands for any one step)."""

    methods: frozenset[str] = frozenset()
    path: tuple[str, ...] = ()

    def __str__(self) -> str:
        methods, path = ",".join(sorted(self.methods)), "/".join(("", *self.path))
        return " ".join(part for part in (methods, path) if part) or "*"

    def covers(self, method: str, path: tuple[str, ...]) -> bool:
        """Say whether a request is meant; names compare without case, as endpoints do."""
        if self.methods and method not in self.methods:
            return False
        return len(path) >= len(self.path) and all(
            mine in ("*", its) for mine, its in zip(self.path, path, strict=False)
        )


@dataclass(frozen=True, slots=True)
class Window:
    """From which request on, for how many or how long, and how often at most."""

    after: int = 0
    requests: int | None = None
    seconds: float | None = None
    times: int | None = None


@dataclass(frozen=True, slots=True)
class Rule:
    """One fault of a specification; ``text`` is how it is called in journal and counts."""

    where: Where
    chance: float
    kind: Kind
    window: Window
    text: str


Rules: TypeAlias = tuple[Rule, ...]


# --- one request ---


@dataclass(frozen=True, slots=True)
class RequestFacts:
    """One request as far as faults depend on it; ``token`` only tells tokens apart."""

    number: int
    method: str
    path: tuple[str, ...]
    token: str = ""


@dataclass(frozen=True, slots=True)
class Fault:
    """What one request meets: a wait, at most one spoiled answer, and changes of what is kept."""

    rules: tuple[int, ...]
    text: str
    wait: float = 0.0
    answer: Instead | Spoiled | None = None
    kept: tuple[Kept, ...] = ()


@dataclass(frozen=True, slots=True)
class Counters:
    """What was counted so far, by the number of the rule or by token."""

    requests: int = 0
    seen: Mapping[int, int] = field(default_factory=dict)
    met: Mapping[int, int] = field(default_factory=dict)
    began: Mapping[int, float] = field(default_factory=dict)
    by_token: Mapping[str, int] = field(default_factory=dict)
