"""Whom to tell what, now: at once and once, gathered when it gets much, daily while it lasts.

Beside the walk, and pure: what is known and the moment come in, parcels to be
sent come out. The rules (reliability 9):

- A cause is told when it begins, and not again before an hour has passed.
- That it has ended is told to whom its beginning was told, and to nobody else.
- More than a few at once, or in an hour, come in one parcel.
- What still holds is told again once in a digest's period, all of it in one.
"""

import datetime as dt
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from seatkeeper.provisioning.message import NO_APP, Message, Topic

QUIET: Final = dt.timedelta(hours=1)
"""So long the same cause is not told again, and so long a flood is gathered."""

SINGLY: Final = 3
"""So many messages go out one by one; more at the same time are one parcel."""

PER_HOUR: Final = 6
"""So many parcels reach one address in an hour; what comes then waits and is gathered."""

DAY: Final = dt.timedelta(hours=24)

_REMINDED: Final = frozenset({Topic.TOKENS, Topic.RECOVERY, Topic.DRIFT})
"""Topics that no digest repeats: a token's end has its own dates, and a report waits for nobody."""


class Channel(StrEnum):
    """How somebody is told."""

    MAIL = "mail"
    WEBHOOK = "webhook"


@dataclass(frozen=True, slots=True)
class Listener:
    """Who wants to hear what of which app (none: of all). One address may listen twice."""

    channel: Channel
    address: str
    topics: frozenset[Topic] = frozenset(Topic)
    app_id: str | None = None

    @property
    def key(self) -> str:
        """What names the address, whatever it hears."""
        return f"{self.channel}:{self.address}"

    def hears(self, message: Message) -> bool:
        """Whether this message is for them."""
        ours = self.app_id is None or message.app_id in {NO_APP, self.app_id}
        return ours and (message.topic in self.topics or message.topic is Topic.TEST)


@dataclass(frozen=True, slots=True)
class Notice:
    """One cause as it was noted: since when it holds, who has been told.

    ``settled``: nobody has to be told of it any more, but in digests.
    ``ends`` is the cause that this one says the end of.
    """

    id: int
    app_id: str
    cause: str
    message: Message
    at: dt.datetime
    holds: bool = True
    settled: bool = False
    told_at: dt.datetime | None = None
    told_to: frozenset[str] = frozenset()
    ends: str = ""


@dataclass(frozen=True, slots=True)
class Past:
    """What has gone to one address: moments of the last hour, and of its last digest."""

    lately: Sequence[dt.datetime] = ()
    last_digest: dt.datetime | None = None


@dataclass(frozen=True, slots=True)
class Parcel:
    """Messages that go to one address together."""

    channel: Channel
    address: str
    messages: tuple[Message, ...]
    digest: bool = False

    @property
    def key(self) -> str:
        """What names the address."""
        return f"{self.channel}:{self.address}"


@dataclass(frozen=True, slots=True)
class Telling:
    """What follows: parcels to send, whom each notice was told, and which are settled now."""

    parcels: Sequence[Parcel] = ()
    told: Mapping[int, frozenset[str]] = field(default_factory=dict)
    settled: Collection[int] = frozenset()


def to_tell(
    notices: Sequence[Notice],
    listeners: Sequence[Listener],
    past: Mapping[str, Past],
    apps: Collection[str],
    now: dt.datetime,
    digest_every: dt.timedelta = DAY,
) -> Telling:
    """Decide who is told what now.

    ``notices`` are those that are not settled or still hold, and those of the
    same causes that were told within the last hour. ``past`` is by ``Listener.key``.
    Notices of an app that is not among ``apps`` concern nobody any more.
    """
    present = [one for one in notices if one.app_id in {NO_APP, *apps}]
    gone = {one.id for one in notices if one.app_id not in {NO_APP, *apps}}
    ready, dropped = _sorted_out(present, now)
    parcels: list[Parcel] = []
    told: dict[int, frozenset[str]] = {}
    held_up: set[int] = set()
    for key, wants in _by_address(listeners).items():
        lately = [at for at in past.get(key, Past()).lately if now - at < QUIET]
        for_them = [one for one in ready if _is_for(one, key, wants, present)]
        if not for_them:
            continue
        if len(lately) >= PER_HOUR:
            held_up.update(one.id for one in for_them)
            continue
        parcels += _packed(wants[0], for_them, room=PER_HOUR - len(lately))
        for one in for_them:
            told[one.id] = told.get(one.id, one.told_to) | {key}
    settled = {one.id for one in ready if one.id not in held_up} | dropped | gone
    for key, wants in _by_address(listeners).items():
        due = _due_again(present, wants, past.get(key, Past()), now, digest_every)
        if due and key not in {one.key for one in parcels}:
            messages = tuple(one.message for one in due)
            parcels.append(Parcel(wants[0].channel, wants[0].address, messages, digest=True))
            for one in due:
                told[one.id] = told.get(one.id, one.told_to) | {key}
    return Telling(parcels, told, settled)


def _by_address(listeners: Iterable[Listener]) -> dict[str, list[Listener]]:
    found: dict[str, list[Listener]] = {}
    for one in listeners:
        found.setdefault(one.key, []).append(one)
    return found


def _sorted_out(notices: Sequence[Notice], now: dt.datetime) -> tuple[list[Notice], set[int]]:
    """Return what may be told now, and the ids of what nobody has to hear any more."""
    ready: list[Notice] = []
    dropped: set[int] = set()
    for one in sorted(notices, key=lambda notice: notice.id):
        if one.settled:
            continue
        if one.ends:
            began = _beginning(one, notices)
            over = began is None or not began.told_to
        else:
            over = not one.holds  # it came and went before anybody heard of it
        if over:
            dropped.add(one.id)
        elif one.ends or not _told_lately(one, notices, now):
            ready.append(one)
    return ready, dropped


def _told_lately(one: Notice, notices: Sequence[Notice], now: dt.datetime) -> bool:
    return any(
        other.id != one.id
        and (other.app_id, other.cause) == (one.app_id, one.cause)
        and other.told_at is not None
        and now - other.told_at < QUIET
        for other in notices
    )


def _beginning(end: Notice, notices: Sequence[Notice]) -> Notice | None:
    """Return the notice whose end this is: the last of its cause before it."""
    earlier = [
        one
        for one in notices
        if one.app_id == end.app_id and one.cause == end.ends and one.id < end.id
    ]
    return max(earlier, key=lambda one: one.id, default=None)


def _is_for(notice: Notice, key: str, wants: Sequence[Listener], notices: Sequence[Notice]) -> bool:
    if key in notice.told_to:
        return False
    if notice.ends:
        began = _beginning(notice, notices)
        if began is None or key not in began.told_to:
            return False
    return any(one.hears(notice.message) for one in wants)


def _packed(to: Listener, notices: Sequence[Notice], *, room: int) -> list[Parcel]:
    messages = [one.message for one in notices]
    if len(messages) > min(SINGLY, room):
        return [Parcel(to.channel, to.address, tuple(messages))]
    return [Parcel(to.channel, to.address, (one,)) for one in messages]


def _due_again(
    notices: Sequence[Notice],
    wants: Sequence[Listener],
    past: Past,
    now: dt.datetime,
    every: dt.timedelta,
) -> list[Notice]:
    """Return all that still holds, where an address last heard of it a digest's period ago."""
    open_ones = [
        one
        for one in notices
        if one.holds and one.settled and one.message.topic not in _REMINDED
        if any(listener.hears(one.message) for listener in wants)
    ]
    if not open_ones:
        return []
    began = min(one.told_at or one.at for one in open_ones)
    since = began if past.last_digest is None else max(past.last_digest, began)
    return open_ones if now - since >= every else []
