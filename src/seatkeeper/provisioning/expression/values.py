"""What expressions handle while they run: values, their printed forms, the budget.

    source change -> scope -> [map] -> match -> plan -> export -> log

Everything is a text, a list of texts, a truth, a whole number or null (mapping
language 2). Numbers and truths print as ``7`` and ``True``. It decides how a
value reads as another kind; what functions do with it is theirs.
"""

import datetime as dt
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Final, TypeAlias

from seatkeeper.errors import MappingFailed

MOST_STEPS: Final = 100_000
"""Steps one evaluation may take: one per call, per list value, per 64 characters made."""

LONGEST_RESULT: Final = 1 << 20
"""Bytes that any value made on the way may have (1 MiB as UTF-8)."""

ROLE_TYPE: Final = "WindowsAzureActiveDirectoryRole"
"""The type that the reference service writes into every role element."""


@dataclass(frozen=True, slots=True, order=True)
class Role:
    """One app role that reaches a person: what ``[appRoleAssignments]`` holds."""

    value: str
    display: str = ""
    id: str = ""


@dataclass(frozen=True, slots=True)
class RoleValue:
    """One element of the app's multi-valued ``roles`` attribute."""

    value: str
    display: str
    primary: bool = False
    type: str = ROLE_TYPE

    def plain(self) -> dict[str, str | bool]:
        """Return it as the JSON object that the app receives."""
        return {
            "primary": self.primary,
            "type": self.type,
            "display": self.display,
            "value": self.value,
        }


class Moment(str):
    """A date and time, made by a date function: text to everybody, a date to comparisons."""

    __slots__ = ("at",)
    at: dt.datetime

    def __new__(cls, at: dt.datetime) -> "Moment":
        """Return the moment (aware, UTC) in the print form of the mapping language."""
        hour = at.hour % 12 or 12
        half = "AM" if at.hour < 12 else "PM"
        text = f"{at.month}/{at.day}/{at.year:04} {hour}:{at.minute:02}:{at.second:02} {half}"
        made = super().__new__(cls, text)
        made.at = at
        return made


Value: TypeAlias = str | bool | int | tuple[str, ...] | tuple[RoleValue, ...] | None


class EvaluationFailed(MappingFailed):
    """A value cannot be made from this record: a bad date, a list where a text is due."""

    code = "ExpressionFailed"


class NoUniqueValue(MappingFailed):
    """Every value that ``SelectUniqueValue`` may choose from is taken."""

    code = "NoUniqueValue"


class Dropped(Exception):
    """``IgnoreFlowIfNullOrEmpty`` found nothing: the attribute leaves this flow."""


@dataclass(slots=True)
class Environment:
    """What one evaluation may know, and how much it has used up.

    ``value_of`` returns a source attribute or null. ``now``, ``seed``,
    ``taken``, ``roles`` and ``default_domain`` are what the evaluator would
    otherwise have to ask the world for; where one is missing and needed, the
    evaluation fails.
    """

    value_of: Callable[[str], Value]
    now: dt.datetime | None = None
    seed: str = ""
    taken: Callable[[str], bool] | None = None
    roles: Sequence[Role] = ()
    default_domain: str = ""
    steps: int = 0
    drawn: int = 0
    offered: list[str] = field(default_factory=list)

    def spend(self, steps: int) -> None:
        """Use up steps. Raises ``EvaluationFailed`` when there are none left."""
        self.steps += steps
        if self.steps > MOST_STEPS:
            raise EvaluationFailed(
                f"The expression took over {MOST_STEPS:,} steps.",
                advice="Make it shorter, or the values that it reads.",
            )


def environment(values: Mapping[str, Value]) -> Environment:
    """Return surroundings that know these attributes and nothing else."""
    return Environment(values.get)


def text_of(value: Value, what: str) -> str | None:
    """Return a value as text, null as null. Raises ``EvaluationFailed`` for a list."""
    if isinstance(value, str) or value is None:
        return value
    if isinstance(value, bool):
        return "True" if value else "False"
    if isinstance(value, int):
        return str(value)
    raise EvaluationFailed(
        f"{what} takes one text and was given a list of {len(value)}.",
        advice="Take one of them with Item, or put them together with Join.",
    )


def texts_of(value: Value) -> tuple[str, ...]:
    """Return a value as a list of texts; null has none."""
    if value is None:
        return ()
    if isinstance(value, tuple):
        return tuple(one if isinstance(one, str) else one.value for one in value)
    return (text_of(value, ""),)  # type: ignore[return-value]  # only null gives null


def is_empty(value: Value) -> bool:
    """Whether a value is null, the empty text or a list of nothing."""
    return value is None or value in ("", ())


_WHOLE = re.compile(r"\s*[+-]?\d{1,19}\s*", re.ASCII)
_HEX = re.compile(r"\s*&[Hh][0-9A-Fa-f]{1,16}\s*")
_DECIMAL = re.compile(r"\s*[+-]?\d{1,400}(\.\d{1,400})?\s*", re.ASCII)


def whole_of(value: Value, what: str) -> int:
    """Return a whole number, decimal or ``&H`` hex.

    Raises ``EvaluationFailed`` for anything else, null included.
    """
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    text = text_of(value, what)
    if text is not None:
        if _WHOLE.fullmatch(text):
            return int(text)
        if _HEX.fullmatch(text):
            return int(text.strip()[2:], 16)
    shown = "nothing" if text is None else repr(text[:60])
    raise EvaluationFailed(
        f"{what} takes a whole number and was given {shown}.",
        advice="Correct the value, or test it first with IIF.",
    )


def decimal_of(value: Value) -> Decimal | None:
    """Return the number a value prints as, or none where it prints as something else."""
    if isinstance(value, bool):
        return None
    if isinstance(value, int):
        return Decimal(value)
    if isinstance(value, str) and _DECIMAL.fullmatch(value):
        return Decimal(value.strip())
    return None


def truth_of(value: Value, what: str) -> bool:
    """Return whether a value is true: ``True`` in any case, or a number that is not zero."""
    if isinstance(value, bool):
        return value
    text = text_of(value, what)
    if text is None:
        return False
    if text.casefold() in {"true", "false"}:
        return text.casefold() == "true"
    number = decimal_of(text)
    return number is not None and number != 0


def compared(operator: str, left: Value, right: Value) -> bool:
    """Return what a comparison says; null counts as the empty text.

    Two numbers compare as numbers, two moments as moments, everything else as
    texts by code point, case included.
    """
    one: Decimal | dt.datetime | str | None
    other: Decimal | dt.datetime | str | None
    if isinstance(left, Moment) and isinstance(right, Moment):
        one, other = left.at, right.at
    else:
        one, other = decimal_of(left), decimal_of(right)
        if one is None or other is None:
            one = text_of(left, operator) or ""
            other = text_of(right, operator) or ""
    match operator:
        case "=":
            return one == other
        case "<>":
            return one != other
        case ">":
            return one > other  # type: ignore[operator]  # both are of one kind here
        case ">=":
            return one >= other  # type: ignore[operator]  # both are of one kind here
        case "<":
            return one < other  # type: ignore[operator]  # both are of one kind here
        case _:
            return one <= other  # type: ignore[operator]  # both are of one kind here


def within_limit(value: str) -> str:
    """Return the text. Raises ``EvaluationFailed`` over 1 MiB."""
    if len(value) * 4 > LONGEST_RESULT and len(value.encode("utf-8", "replace")) > LONGEST_RESULT:
        raise EvaluationFailed(
            "The expression makes a text of over 1 MiB.", advice="Shorten it with Left or Mid."
        )
    return value
