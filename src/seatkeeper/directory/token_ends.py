"""When a source needs a new token: from 30 days before its token ends.

At the source of the walk, beside ``sourcing``. Pure: it decides which tokens
are spoken of, how urgent it is and in which words; who is told, and how often,
is up to the doors. A source that already has a token that lasts longer is not
spoken of again once the old one has ended, and one that was replaced never is:
it works for a day more, so that the other system can be given the new one.
"""

import datetime as dt
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, Protocol

from seatkeeper.errors import BadInput

_FOR: Final = re.compile(r"(\d{1,4})d", re.ASCII)


class Lasting(Protocol):
    """What must be known of a token."""

    @property
    def id(self) -> str:
        """What names it in commands."""

    @property
    def source(self) -> str:
        """Who pushes with it."""

    @property
    def last_four(self) -> str:
        """How it ends, so that it can be told from others."""

    @property
    def expires_at(self) -> dt.datetime | None:
        """When it ends; none for one that never does."""

    @property
    def revoked_at(self) -> dt.datetime | None:
        """When somebody ended it."""

    @property
    def replaced_at(self) -> dt.datetime | None:
        """When another took its place."""


class Stage(StrEnum):
    """How near the end is."""

    MONTH = "month"
    WEEK = "week"
    DAY = "day"
    ENDED = "ended"


BEFORE: Final = {
    Stage.DAY: dt.timedelta(days=1),
    Stage.WEEK: dt.timedelta(days=7),
    Stage.MONTH: dt.timedelta(days=30),
}
"""How long before the end each stage begins, the most urgent first."""

OVERLAP: Final = dt.timedelta(hours=24)
"""So long at most a token works that was replaced. (Console design, 4.)"""


@dataclass(frozen=True, slots=True)
class TokenEnd:
    """A token that ends soon, or has ended with no other of its source to take its place."""

    id: str
    source: str
    last_four: str
    ends: dt.datetime
    stage: Stage
    days: int

    @property
    def title(self) -> str:
        """What happens, in one line."""
        if self.stage is Stage.ENDED:
            return f"The token of {self.source} has expired"
        return f"The token of {self.source} expires {in_days(self.days)}"

    @property
    def meaning(self) -> str:
        """What it means for the source."""
        moment = f"{self.ends:%Y-%m-%d %H:%M} UTC"
        if self.stage is Stage.ENDED:
            return (
                f"Since {moment} every request with the token ending in {self.last_four} is "
                "refused; joiners, changes and leavers of this source do not arrive."
            )
        return (
            f"At {moment} the token ending in {self.last_four} stops working, and joiners, "
            "changes and leavers of this source no longer arrive."
        )

    @property
    def todo(self) -> str:
        """What to do, with the commands."""
        return (
            f"Make a new one with `seatkeeper token create --source {self.source}`, put it into "
            f"the other system, then end this one with `seatkeeper token revoke {self.id}`."
        )

    def to_plain(self) -> dict[str, object]:
        """Return the facts as plain data."""
        return {
            "id": self.id,
            "source": self.source,
            "last_four": self.last_four,
            "expires_at": self.ends.isoformat(timespec="seconds"),
            "days": self.days,
            "stage": self.stage.value,
            "title": self.title,
            "meaning": self.meaning,
            "todo": self.todo,
        }


def token_ends(tokens: Iterable[Lasting], now: dt.datetime) -> Sequence[TokenEnd]:
    """Return the tokens that need somebody, the most urgent first."""
    known = [one for one in tokens if one.revoked_at is None]
    usable = {one.source for one in known if one.expires_at is None or one.expires_at > now}
    found: list[TokenEnd] = []
    for one in known:
        if one.expires_at is None or one.replaced_at is not None:
            continue
        left = one.expires_at - now
        stage = stage_of(left)
        if stage is None or (stage is Stage.ENDED and one.source in usable):
            continue
        days = max(0, left.days)
        found.append(TokenEnd(one.id, one.source, one.last_four, one.expires_at, stage, days))
    return sorted(found, key=lambda end: (end.ends, end.id))


def ends_when_replaced(expires_at: dt.datetime | None, now: dt.datetime) -> dt.datetime:
    """Return when a token ends that is replaced now: in a day, or sooner where it would anyway."""
    return now + OVERLAP if expires_at is None else min(expires_at, now + OVERLAP)


def lasts_as_long(
    created_at: dt.datetime, expires_at: dt.datetime | None, now: dt.datetime
) -> dt.datetime | None:
    """Return when a token ends that is made now for as long as the one it replaces was."""
    return None if expires_at is None else now + (expires_at - created_at)


def in_days(days: int) -> str:
    """Return ``today``, ``tomorrow`` or ``in 5 days``."""
    return {0: "today", 1: "tomorrow"}.get(days, f"in {days} days")


def stage_of(left: dt.timedelta) -> Stage | None:
    """Return how near an end is; none: it is not spoken of yet."""
    if left <= dt.timedelta():
        return Stage.ENDED
    return next((stage for stage, before in BEFORE.items() if left <= before), None)


def end_of(text: str, now: dt.datetime) -> dt.datetime | None:
    """Return when a token ends, as somebody wrote it: 90d, 2027-03-31, or never (none).

    Raises ``BadInput`` for another text.
    """
    if text == "never":
        return None
    days = _FOR.fullmatch(text)
    if days is not None and int(days[1]):
        return now + dt.timedelta(days=int(days[1]))
    try:
        day = dt.date.fromisoformat(text)
    except ValueError as error:
        raise BadInput(
            f"{text!r} is no expiry.", advice="Give days (90d), a date (2027-03-31) or never."
        ) from error
    return dt.datetime.combine(day, dt.time(), dt.UTC)
