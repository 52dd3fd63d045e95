"""What people are told about: one message, as facts; how it looks is decided where it is sent.

Beside the walk, and pure. A message says what happened, to which app, since
when, to how many, what it means and what to do (reliability 9). It names people
by display name and holds nothing else about them: no attribute values, no
secrets. A mail, a page and a webhook show the same one.
"""

import datetime as dt
from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import Final

import msgspec

MOST_NAMES: Final = 10
"""People named in one message; the rest are counted."""

NO_APP: Final = ""
"""Whom a message belongs to that is about no app."""


class Topic(StrEnum):
    """What a message is about; the words that settings use for the kinds."""

    STOPPED = "stopped"
    FAILURES = "failures"
    GIVEN_UP = "given-up"
    REMOVALS = "removals"
    DRIFT = "drift"
    REPAIRS = "repairs"
    TOKENS = "tokens"
    SILENCE = "silence"
    RECOVERY = "recovery"
    TEST = "test"


CHOOSABLE: Final = tuple(one for one in Topic if one is not Topic.TEST)
"""The topics that settings may name; a test is for everybody."""


class Message(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One thing to be told, as it is kept and sent.

    ``names`` are the first of ``count`` people or groups. ``commands`` are what
    may be typed, one for each line. ``next_try`` is when Seatkeeper tries again by itself.
    """

    topic: Topic
    title: str
    happened: str
    app_id: str = NO_APP
    app_name: str = ""
    since: dt.datetime | None = None
    count: int = 0
    names: tuple[str, ...] = ()
    means: str = ""
    todo: str = ""
    commands: tuple[str, ...] = ()
    next_try: str = ""
    cycle_number: int = 0
    cycle_id: str = ""

    @property
    def unnamed(self) -> int:
        """How many are counted and not named."""
        return max(0, self.count - len(self.names)) if self.names else 0

    def to_plain(self) -> dict[str, object]:
        """Return it as plain data; ``message_of`` reads it back."""
        plain: dict[str, object] = msgspec.to_builtins(self)
        return plain


def message_of(plain: Mapping[str, object]) -> Message:
    """Read a message back; what a later release added is left out."""
    return msgspec.convert(dict(plain), Message)


def first_names(names: Sequence[str]) -> tuple[str, ...]:
    """Return those that a message names."""
    return tuple(names[:MOST_NAMES])
