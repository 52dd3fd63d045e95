"""What a client should not do: each habit, how it is told, and what helps.

Beside the walk. Pure: a habit sees each exchange once, in the order of the
answers, and remembers what it needs. Times come from the exchanges alone. One
client is one token with one User-Agent; what it cannot know, such as another
client's writes, is never held against it.
"""

import datetime as dt
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final, Protocol

from seatkeeper.sandbox.exchange import Exchange
from seatkeeper.scim.messages import Json

SOON: Final = dt.timedelta(minutes=5)
"""Within this a client still knows what it read; later a fresh look is reasonable."""
AT_ONCE: Final = dt.timedelta(seconds=1)
IN_A_ROW: Final = dt.timedelta(seconds=10)
LISTS_APART: Final = dt.timedelta(minutes=10)
ON_THE_WAY: Final = dt.timedelta(milliseconds=250)
"""What a client sent before it could have read the answer is no retry."""
MANY_SINGLES: Final = 3
EXAMPLES: Final = 5


@dataclass(frozen=True, slots=True)
class Remark:
    """One complaint: how often, the numbers of the first requests, and what to do instead."""

    kind: str
    title: str
    count: int
    examples: tuple[int, ...]
    advice: str


@dataclass
class Tally:
    """How often one thing was seen, with the first numbers."""

    count: int = 0
    examples: list[int] = field(default_factory=list)

    def add(self, number: int) -> None:
        """Count one request."""
        self.count += 1
        if len(self.examples) < EXAMPLES:
            self.examples.append(number)

    def remark(self, kind: str, title: str, advice: str) -> Iterator[Remark]:
        """Yield the remark, if there is anything to say."""
        if self.count:
            yield Remark(kind, title, self.count, tuple(self.examples), advice)


@dataclass(frozen=True, slots=True)
class Mark:
    """What is remembered of an exchange: its number, and when it was answered."""

    number: int
    ended: dt.datetime


class Writes:
    """Which writes were carried out so far, and which of them touched one resource."""

    def __init__(self) -> None:
        self.newest = 0
        self._of_many = 0
        self._of: dict[str, int] = {}

    def see(self, one: Exchange) -> None:
        """Remember a write. One of a group shows in its members too, one in bulk anywhere."""
        if not one.is_write:
            return
        self.newest = one.number
        self._of[one.path] = one.number
        if one.parts[:1] != ("Users",):
            self._of_many = one.number

    def newest_of(self, path: str) -> int:
        """Return the number of the newest write that may have touched a resource, or 0."""
        return max(self._of.get(path, 0), self._of_many)


class Habit(Protocol):
    """One habit. ``writes`` are those before the exchange that is seen."""

    def see(self, one: Exchange, writes: Writes) -> None:
        """Look at one exchange."""

    def remarks(self) -> Iterator[Remark]:
        """Say what was seen."""


class RepeatedReads:
    """The same GET again, soon after, with no write by anybody between.

    Lists of everything have a habit of their own.
    """

    def __init__(self) -> None:
        self._known: dict[tuple[str, str, str], Mark] = {}
        self._found = Tally()

    def see(self, one: Exchange, writes: Writes) -> None:
        """Compare a read with the one before."""
        if one.method != "GET" or not one.done or lists_everything(one):
            return
        key = (one.who, one.path, one.query)
        before = self._known.get(key)
        self._known[key] = _mark(one)
        if before and before.number >= writes.newest and _soon(before, one, SOON):
            self._found.add(one.number)

    def remarks(self) -> Iterator[Remark]:
        """Say how many."""
        return self._found.remark(
            "repeated-read",
            "Read again what was read already",
            "Nothing was written between these two reads, so keep the first answer and use it.",
        )


class ReadsOfAnswers:
    """A GET of one resource whose whole state an answer has just told the same client."""

    def __init__(self) -> None:
        self._told: dict[tuple[str, str], Mark] = {}
        self._found = Tally()

    def see(self, one: Exchange, writes: Writes) -> None:
        """Compare a read with what was told, and remember what this answer tells."""
        if not one.done:
            return
        if one.method == "GET" and len(one.parts) == 2:
            told = self._told.get((one.who, one.path))
            if told and told.number >= writes.newest_of(one.path) and _soon(told, one, SOON):
                self._found.add(one.number)
        elif not {"attributes", "excludedattributes"} & set(one.parameters()):
            self._told.update({(one.who, path): _mark(one) for path in _told_by(one)})

    def remarks(self) -> Iterator[Remark]:
        """Say how many."""
        return self._found.remark(
            "read-of-answer",
            "Read what an answer had just told",
            "The answer to a create, a change or a list holds the whole resource, "
            "its id included: take it from there.",
        )


class EmptyWrites:
    """A write that was carried out and changed nothing."""

    def __init__(self) -> None:
        self._found = Tally()

    def see(self, one: Exchange, writes: Writes) -> None:
        """Look whether a write changed anything."""
        if one.done and one.method in ("PUT", "PATCH") and one.changed == 0:
            self._found.add(one.number)

    def remarks(self) -> Iterator[Remark]:
        """Say how many."""
        return self._found.remark(
            "empty-write",
            "Wrote what was there already",
            "Remember what you last wrote or read, and send only what differs.",
        )


class Impatience:
    """A request before Retry-After was over, or the same failed request again at once."""

    def __init__(self) -> None:
        self._pauses: dict[str, tuple[dt.datetime, dt.datetime]] = {}
        self._failed: dict[tuple[str, str, str, str, int], Mark] = {}
        self._early, self._at_once = Tally(), Tally()

    def see(self, one: Exchange, writes: Writes) -> None:
        """Compare with the pause that was asked for, and with the failure before."""
        key = (one.who, one.method, one.path, one.query, hash(one.request))
        pause, failed = self._pauses.get(one.who), self._failed.pop(key, None)
        if pause and pause[0] + ON_THE_WAY < one.started < pause[1]:
            self._early.add(one.number)
        elif failed and failed.ended <= one.started < failed.ended + AT_ONCE:
            self._at_once.add(one.number)
        if one.status >= 400:
            self._failed[key] = _mark(one)
        if one.status in (429, 503) and one.retry_after:
            until = one.ended + dt.timedelta(seconds=one.retry_after)
            self._pauses[one.who] = (one.ended, until)

    def remarks(self) -> Iterator[Remark]:
        """Say how many of each."""
        yield from self._early.remark(
            "before-retry-after",
            "Did not wait for Retry-After",
            "After 429 or 503, send nothing until the seconds in Retry-After are over.",
        )
        yield from self._at_once.remark(
            "retried-at-once",
            "Repeated a failed request within a second",
            "What was refused (4xx) is refused again until something is mended; "
            "after 5xx wait, longer each time.",
        )


class Dialect:
    """What the request says otherwise than the RFC: one remark per rule."""

    def __init__(self) -> None:
        self._found: dict[tuple[str, str, str], Tally] = {}

    def see(self, one: Exchange, writes: Writes) -> None:
        """Count each rule once per request."""
        for broken in dict.fromkeys(one.departures):
            key = (broken.quirk, broken.rule, broken.text)
            self._found.setdefault(key, Tally()).add(one.number)

    def remarks(self) -> Iterator[Remark]:
        """Say how many requests broke each rule, the most broken first."""
        for (quirk, rule, text), tally in sorted(
            self._found.items(), key=lambda pair: (-pair[1].count, pair[0])
        ):
            yield from tally.remark(
                f"dialect:{quirk or rule}",
                f"Departed from {rule}" + (f" ({quirk})" if quirk else ""),
                text,
            )


class OverTheLimit:
    """Requests that were answered 429."""

    def __init__(self) -> None:
        self._found = Tally()

    def see(self, one: Exchange, writes: Writes) -> None:
        """Count a refusal."""
        if one.status == 429:
            self._found.add(one.number)

    def remarks(self) -> Iterator[Remark]:
        """Say how many."""
        return self._found.remark(
            "over-the-limit",
            "Sent more than the app takes",
            "Send fewer requests a second than the app's limit, and fewer at the same time.",
        )


class SingleMembers:
    """Several PATCHes in a row that each add (or remove) one member of the same group."""

    def __init__(self) -> None:
        self._runs: dict[tuple[str, str], tuple[str, list[Mark]]] = {}
        self._found = Tally()

    def see(self, one: Exchange, writes: Writes) -> None:
        """Lengthen the run of a group, or begin a new one."""
        if one.method != "PATCH" or not one.done or one.parts[:1] != ("Groups",):
            return
        key, op = (one.who, one.path), single_member(one.sent())
        known, run = self._runs.get(key, ("", []))
        if not op or op != known or not _soon(run[-1], one, IN_A_ROW):
            self._runs[key] = (op, [_mark(one)])
            return
        run.append(_mark(one))
        if len(run) == MANY_SINGLES:
            for earlier in run[1:-1]:
                self._found.add(earlier.number)
        if len(run) >= MANY_SINGLES:
            self._found.add(one.number)

    def remarks(self) -> Iterator[Remark]:
        """Say how many requests could have been spared."""
        return self._found.remark(
            "single-members",
            "Changed members one by one",
            "One PATCH may name many members: collect those of a group and send them together.",
        )


class FullLists:
    """Everything of one kind listed again soon after it was listed."""

    def __init__(self) -> None:
        self._known: dict[tuple[str, str], Mark] = {}
        self._found = Tally()

    def see(self, one: Exchange, writes: Writes) -> None:
        """Compare the begin of a list with the one before."""
        if not one.done or not lists_everything(one) or not begins(one):
            return
        before = self._known.get((one.who, one.path))
        self._known[(one.who, one.path)] = _mark(one)
        if before and _soon(before, one, LISTS_APART):
            self._found.add(one.number)

    def remarks(self) -> Iterator[Remark]:
        """Say how many."""
        return self._found.remark(
            "full-lists",
            "Listed everything several times in a row",
            "List once, page by page, and keep what you read; ask for single accounts by a filter.",
        )


def all_habits() -> list[Habit]:
    """Return each habit, having seen nothing yet, in the order of a report."""
    return [
        OverTheLimit(),
        Impatience(),
        Dialect(),
        RepeatedReads(),
        ReadsOfAnswers(),
        FullLists(),
        EmptyWrites(),
        SingleMembers(),
    ]


def lists_everything(one: Exchange) -> bool:
    """Say whether a request reads (a page of) all resources, and more than a first look."""
    asked = one.parameters()
    return (
        one.method == "GET"
        and one.parts in (("Users",), ("Groups",))
        and "filter" not in asked
        and asked.get("count") not in ("0", "1")
    )


def begins(one: Exchange) -> bool:
    """Say whether a list starts at its begin."""
    asked = one.parameters()
    return asked.get("startindex", "1") in ("0", "1") and not asked.get("cursor")


def single_member(sent: Json) -> str:
    """Return ``add`` or ``remove`` where a PATCH changes exactly one member and nothing else."""
    operations = _named(sent, "operations")
    if not isinstance(operations, list) or len(operations) != 1:
        return ""
    op, path = _named(operations[0], "op"), _named(operations[0], "path")
    value = _named(operations[0], "value")
    if not isinstance(op, str) or not isinstance(path, str):
        return ""
    if path.casefold().startswith("members[") and op.casefold() == "remove":
        return "remove"
    one = not isinstance(value, list) or len(value) == 1
    if path.casefold() == "members" and one and value and op.casefold() in ("add", "remove"):
        return op.casefold()
    return ""


def _named(value: Json, name: str) -> Json:
    if not isinstance(value, dict):
        return None
    return next((part for key, part in value.items() if key.casefold() == name), None)


def _told_by(one: Exchange) -> Iterator[str]:
    """Yield the path of each resource that an answer tells whole."""
    if one.method not in ("GET", "POST", "PUT", "PATCH") or not one.response:
        return
    answered = one.answered()
    if not isinstance(answered, dict):
        return
    if one.method in ("PUT", "PATCH") and isinstance(answered.get("id"), str):
        yield one.path
    elif one.of_collection:
        listed = answered.get("Resources") if one.method == "GET" else [answered]
        for resource in listed if isinstance(listed, list) else []:
            found: Mapping[str, Json] = resource if isinstance(resource, dict) else {}
            if isinstance(found.get("id"), str):
                yield f"{one.path.rstrip('/')}/{found['id']}"


def _mark(one: Exchange) -> Mark:
    return Mark(one.number, one.ended)


def _soon(before: Mark, after: Exchange, within: dt.timedelta) -> bool:
    return before.ended <= after.started <= before.ended + within
