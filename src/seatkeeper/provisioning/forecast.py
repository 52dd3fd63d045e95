"""Say how long a cycle takes before it runs, from what it asks and how fast the app may be asked.

    source change -> scope -> map -> match -> [plan] -> export -> log

Pure: counts of requests and the app's limits come in, stations with seconds come out.
A station begins when the one before has ended, and ends when the slowest of three has let
its last request pass: a limit of the app, the few requests that are under way at the same
time, or the order in which they must go. What an app will refuse or delay nobody knows; the
limits are the very ones that ``connectors.rate`` keeps to.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, Protocol

import msgspec

from seatkeeper.directory.model import Kind
from seatkeeper.provisioning.absence import FEWEST, is_worth_listing
from seatkeeper.provisioning.cycle import Cycle, CycleKind, CycleState
from seatkeeper.provisioning.preview import Outlook, PlannedRecord, Preview

ANSWERS: Final = "answers"
"""What binds where no limit does: how long the app takes to answer."""

GUESS_SECONDS: Final = 0.1
"""How long an answer takes of an app that was never asked."""


class Limit(Protocol):
    """At most ``count`` requests in ``seconds``; with a ``burst`` it is a bucket (``gallery``)."""

    @property
    def count(self) -> int:
        """So many requests."""

    @property
    def seconds(self) -> float:
        """In any so many seconds."""

    @property
    def burst(self) -> int | None:
        """So many at once, and the rest evenly; none: the window counts."""

    @property
    def words(self) -> str:
        """The limit for people: ``180 writes a minute``."""

    def covers(self, method: str, kind: str) -> bool:
        """Whether a request with this method about this kind is counted."""


@dataclass(frozen=True, slots=True)
class Pacing:
    """How fast an app is asked.

    ``limits`` are all that hold for it, each with the share of it in use (``rate``), ``lanes``
    how many requests are under way at the same time, ``answer_seconds`` how long one takes.
    """

    limits: Sequence[tuple[Limit, float]] = ()
    lanes: int = 8
    answer_seconds: float = GUESS_SECONDS


class Load(msgspec.Struct, frozen=True, omit_defaults=True):
    """What a cycle asks of an app: requests by kind (``POST users``), in the order of stations.

    ``levels`` says how many people are written at each level of the reporting line, which wait
    for the level before; ``longest`` how many requests one group takes, one after the other.
    ``answer_ms`` is how long an answer took while it was planned (0: nothing was asked).
    """

    match: dict[str, int] = {}
    people: dict[str, int] = {}
    groups: dict[str, int] = {}
    levels: tuple[int, ...] = ()
    longest: int = 0
    answer_ms: int = 0

    def to_plain(self) -> dict[str, object]:
        """Return it as plain data; ``load_of_plain`` reads it back."""
        plain: dict[str, object] = msgspec.to_builtins(self)
        return plain


def load_of_plain(plain: Mapping[str, object]) -> Load:
    """Read a load back; what a later release added is left out."""
    return msgspec.convert(dict(plain), Load)


@dataclass(frozen=True, slots=True)
class Station:
    """One part of a cycle: ``match``, ``people`` or ``groups``.

    ``bound_by`` is the limit that decides how long it takes, in words, or ``ANSWERS``.
    """

    name: str
    requests: int
    seconds: float
    bound_by: str


@dataclass(frozen=True, slots=True)
class Forecast:
    """How many requests of which kind a cycle takes, and how long."""

    kinds: Mapping[str, int] = field(default_factory=dict)
    stations: Sequence[Station] = ()

    @property
    def requests(self) -> int:
        """All requests."""
        return sum(self.kinds.values())

    @property
    def seconds(self) -> float:
        """From its first request to its last answer."""
        return sum(one.seconds for one in self.stations)

    @property
    def bound_by(self) -> str:
        """What decides how long its longest station takes; nothing where nothing is asked."""
        longest = max(self.stations, key=lambda one: one.seconds, default=None)
        return longest.bound_by if longest is not None else ""


def forecast(load: Load, pacing: Pacing) -> Forecast:
    """Return what ``load`` takes when an app is asked like this, which was idle before."""
    uses = [_Use(limit, share) for limit, share in pacing.limits]
    stations: list[Station] = []
    began = 0.0
    for name, requests, turns in (
        ("match", load.match, ()),
        ("people", load.people, load.levels),
        ("groups", load.groups, ()),
    ):
        total = sum(requests.values())
        if not total:
            continue
        longest = load.longest if name == "groups" else 0
        waves = max(_waves(total, turns, pacing.lanes), longest)
        answered = began + waves * pacing.answer_seconds
        ended, bound_by = max(
            [(answered, ANSWERS), *_passed(uses, requests, began, pacing)], key=lambda one: one[0]
        )
        stations.append(Station(name, total, ended - began, bound_by))
        began = ended
    kinds = Counter(load.match) + Counter(load.people) + Counter(load.groups)
    return Forecast(dict(kinds), stations)


def load_of(preview: Preview, *, patches: bool = True, questions: int | None = None) -> Load:
    """Return what carrying out a plan asks of the app.

    The questions are those that the plan asked, which the cycle asks again; ``questions`` is
    their number where it asked none. Without ``patches`` a change reads the account first.
    """
    questions = preview.lookups if questions is None else questions
    writes: dict[Kind, Counter[str]] = {kind: Counter() for kind in Kind}
    for one in preview.records:
        for request in one.requests:
            writes[one.kind][_kind_of(request)] += 1
    groups = [one for one in preview.records if one.kind is Kind.GROUP]
    about_groups = min(questions, sum(map(_was_looked_up, groups)))
    asked = {"GET users": questions - about_groups, "GET groups": about_groups}
    return Load(
        {kind: number for kind, number in asked.items() if number},
        _on_the_wire(writes[Kind.USER], patches=patches),
        _on_the_wire(writes[Kind.GROUP], patches=patches),
        preview.levels,
        max((len(one.requests) for one in groups), default=0),
        preview.answer_ms,
    )


def unasked_questions(
    records: Iterable[PlannedRecord], accounts: int, page_size: int, *, refuses_duplicates: bool
) -> int:
    """Return how many questions a cycle asks for a plan that was made without asking the app.

    Everybody without account is looked up; or the app's list of ``accounts`` is read once where
    that costs less and may be believed (``absence``).
    """
    created = sum(one.verb is Outlook.CREATE and one.kind is Kind.USER for one in records)
    if refuses_duplicates and created >= FEWEST and is_worth_listing(created, accounts, page_size):
        return max(1, -(-accounts // page_size))
    return created


def rest_of(cycle: Cycle) -> Load:
    """Return what a running cycle still asks: a write for each record that is left.

    They are taken to be of the kinds that it sent so far; before the first one, of the kind
    that such a cycle mostly sends. A cycle that only reads still reads them.
    """
    left = max(0, cycle.total - cycle.done)
    if cycle.state is CycleState.PLANNING:
        return Load(match={"GET users": left})
    counts = cycle.counters
    sent = {
        "POST users": counts.created,
        "PATCH users": counts.updated + counts.disabled,
        "DELETE users": counts.deleted,
    }
    written = sum(sent.values())
    if not written:
        first = cycle.kind is CycleKind.INITIAL
        return Load(people={"POST users" if first else "PATCH users": left})
    return Load(people={kind: round(left * number / written) for kind, number in sent.items()})


def rough(seconds: float) -> int:
    """Return seconds as somebody says them who does not know exactly."""
    for least, step in ((3_600, 300), (600, 60), (120, 10), (60, 5)):
        if seconds >= least:
            return round(seconds / step) * step
    return max(1, round(seconds))


def _was_looked_up(one: PlannedRecord) -> bool:
    return one.verb in {Outlook.CREATE, Outlook.LINK}


def _kind_of(request: str) -> str:
    """Return the kind of a planned request: ``PATCH /Users/7`` is ``PATCH users``."""
    method, path = request.split(" ", 2)[:2]
    return f"{method} {'users' if path.startswith('/Users') else 'groups'}"


def _on_the_wire(writes: Counter[str], *, patches: bool) -> dict[str, int]:
    if patches:
        return dict(writes)
    sent: Counter[str] = Counter()
    for kind, number in writes.items():
        method, _, about = kind.partition(" ")
        for each in ("GET", "PUT") if method == "PATCH" else (method,):
            sent[f"{each} {about}"] += number
    return dict(sent)


def _waves(total: int, levels: Sequence[int], lanes: int) -> int:
    """Return how many answers are waited for one after the other, with so many lanes."""
    rest = max(0, total - sum(levels))
    return sum(-(-one // lanes) for one in (*levels, rest))


def _passed(
    uses: Sequence["_Use"], requests: Mapping[str, int], began: float, pacing: Pacing
) -> list[tuple[float, str]]:
    """Return when each limit has let the last of these pass and it was answered."""
    counts = [
        sum(number for kind, number in requests.items() if _covers(one.limit, kind)) for one in uses
    ]
    total, found = sum(requests.values()), []
    for one, count in zip(uses, counts, strict=True):
        if not count:
            continue
        others = [
            other.step * number / count
            for other, number in zip(uses, counts, strict=True)
            if other is not one
        ]
        each = max((*others, pacing.answer_seconds / pacing.lanes * total / count))
        last = one.let_pass(count, began, each)
        found.append((last + pacing.answer_seconds, one.limit.words))
    return found


def _covers(limit: Limit, kind: str) -> bool:
    method, _, about = kind.partition(" ")
    return limit.covers(method, about.removesuffix("s"))


class _Use:
    """How far one limit is used up while the stations go by; moments are seconds of the cycle."""

    def __init__(self, limit: Limit, share: float) -> None:
        self.limit = limit
        self._most = max(1, int(limit.count * share))
        self._full_at = 0.0
        self._window_began = 0.0
        self._taken = 0
        even = limit.seconds / limit.count
        self._room = 0.0 if limit.burst is None else even * (limit.burst - 1)
        self.step = limit.seconds / self._most if limit.burst is None else even / share

    def let_pass(self, number: int, began: float, each: float) -> float:
        """Return when the last of ``number`` may leave; everything else lets one go in ``each``."""
        if self.limit.burst is not None:
            first = max(began, self._full_at)
            self._full_at = first + number * self.step
            return max(began, first + (number - 1) * self.step - self._room)
        if began >= self._window_began + self.limit.seconds:
            self._window_began, self._taken = began, 0
        room = self._most - self._taken
        if number <= room:
            self._taken += number
            return began
        windows, last = divmod(number - room - 1, self._most)
        turn = max(self.limit.seconds, self._most * each)
        next_one = max(self._window_began + self.limit.seconds, began + room * each)
        self._window_began, self._taken = next_one + windows * turn, last + 1
        return self._window_began + last * each
