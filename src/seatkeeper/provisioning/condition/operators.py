"""The operators of scoping filters: how each is spelled, what it takes, when it is true.

    source change -> [scope] -> map -> match -> plan -> export -> log

The fourteen operators of the reference come first and behave as it documents;
where its pages are silent, docs/reference/filter-operators.md says what was
chosen. The others are ours. An operator judges one text; several values,
several wanted values and empty attributes are combined in ``model``.

Patterns run in linear time whatever an administrator writes (``pattern``).
"""

import datetime as dt
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Final, TypeAlias

from seatkeeper.provisioning.dialect import PatternFault
from seatkeeper.provisioning.pattern import compiled

Predicate: TypeAlias = Callable[[str], bool]
"""Whether one text of an attribute is what one wanted value asks for."""

MOST_VALUES: Final = 1_000
MOST_PATTERNS: Final = 20
"""Wanted values of one clause, and how many of them may be patterns."""

_WHOLE = re.compile(r"[0-9]{1,100}")
_SIGNED = re.compile(r"-?[0-9]{1,100}")
_NUMBER = re.compile(r"-?[0-9]{1,100}(\.[0-9]{1,100})?")
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_MOMENT_TEXT = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}(:[0-9]{2}(\.[0-9]{1,9})?)?"
    r"(Z|[+-][0-9]{2}:[0-9]{2})?"
)


@dataclass(frozen=True, slots=True)
class Operator:
    """One operator. ``build`` makes a predicate of one wanted value, or raises ``ValueError``.

    A ``negative`` one is true where the predicate of no wanted value is. One
    that takes its values ``together`` makes a single predicate of all of them.
    ``expects`` completes "must ..." with the wanted values in braces.
    """

    name: str
    expects: str
    build: Callable[..., Predicate]
    least: int = 1
    most: int = MOST_VALUES
    negative: bool = False
    true_when_empty: bool = False
    together: bool = False

    @property
    def unary(self) -> bool:
        """Whether it takes no value."""
        return self.most == 0

    def predicate(self, wanted: Sequence[str]) -> Predicate:
        """Return whether one text of an attribute passes, given all wanted values.

        Raises ``ValueError`` with the fault in words.
        """
        if not self.least <= len(wanted) <= self.most:
            raise ValueError(f"{self.name} takes {self.counted()}, not {len(wanted)}")
        if "" in wanted:
            raise ValueError("an empty value is compared with nothing; IS NULL asks for empty")
        if self.together or self.unary:
            return self.build(*wanted)
        asked = [self.build(one) for one in dict.fromkeys(wanted)]
        if len(asked) == 1 and not self.negative:
            return asked[0]
        if self.negative:
            return lambda text: not any(one(text) for one in asked)
        return lambda text: any(one(text) for one in asked)

    def counted(self) -> str:
        """How many values it takes, in words."""
        if self.unary:
            return "no value"
        if self.least == self.most:
            return f"exactly {self.least} values"
        return f"1 to {self.most:,} values"


def operator_named(name: str) -> Operator | None:
    """Return the operator of that name; case does not matter, nor space for underscore."""
    return _BY_KEY.get(_key(name))


def _key(name: str) -> str:
    return " ".join(name.replace("_", " ").split()).casefold()


# --- what a wanted value becomes ----------------------------------------------


def _equals(wanted: str) -> Predicate:
    return lambda text: text == wanted


def _same_but_for_case(wanted: str) -> Predicate:
    folded = wanted.casefold()
    return lambda text: text.casefold() == folded


def _contains(wanted: str) -> Predicate:
    return lambda text: wanted in text


def _starts_with(wanted: str) -> Predicate:
    return lambda text: text.startswith(wanted)


def _ends_with(wanted: str) -> Predicate:
    return lambda text: text.endswith(wanted)


def _occurs_in(wanted: str) -> Predicate:
    """Substring of the text given; a bit test where both are whole numbers."""
    if not _SIGNED.fullmatch(wanted):
        return lambda text: text in wanted
    bits = int(wanted)

    def shares(text: str) -> bool:
        return int(text) & bits != 0 if _SIGNED.fullmatch(text) else text in wanted

    return shares


def _matches(pattern: str) -> Predicate:
    """The whole value must match, as all documented examples ask for."""
    try:
        return compiled(pattern).fits
    except PatternFault as fault:
        words = fault.placed.rstrip(".")
        raise ValueError(words[:1].lower() + words[1:]) from fault


def _whole_above(wanted: str) -> Predicate:
    least = _whole(wanted)
    return lambda text: _WHOLE.fullmatch(text) is not None and int(text) > least


def _whole_from(wanted: str) -> Predicate:
    least = _whole(wanted)
    return lambda text: _WHOLE.fullmatch(text) is not None and int(text) >= least


def _whole(text: str) -> int:
    if not _WHOLE.fullmatch(text):
        raise ValueError("a whole number without sign is needed (at most 100 digits)")
    return int(text)


def _below(wanted: str) -> Predicate:
    limit = _number(wanted)
    return lambda text: _NUMBER.fullmatch(text) is not None and Decimal(text) < limit


def _up_to(wanted: str) -> Predicate:
    limit = _number(wanted)
    return lambda text: _NUMBER.fullmatch(text) is not None and Decimal(text) <= limit


def _number(text: str) -> Decimal:
    """Return a decimal number such as ``-2.5``. Raises ``ValueError`` for anything else."""
    if not _NUMBER.fullmatch(text):
        raise ValueError("a number such as 12 or -2.5 is needed")
    return Decimal(text)


def _between(low: str, high: str) -> Predicate:
    """Return whether a number lies between two, both included. Raises ``ValueError``."""
    least, most = _number(low), _number(high)
    if least > most:
        raise ValueError("the smaller number comes first")
    return lambda text: _NUMBER.fullmatch(text) is not None and least <= Decimal(text) <= most


def _before(wanted: str) -> Predicate:
    return _dated(wanted, later=False)


def _after(wanted: str) -> Predicate:
    return _dated(wanted, later=True)


def _dated(wanted: str, *, later: bool) -> Predicate:
    """Compare days where a day is given, else moments; without zone both mean UTC."""
    limit = _moment(wanted)
    if limit is None:
        raise ValueError("an ISO date such as 2026-03-02 or 2026-03-02T09:00:00Z is needed")
    by_day = _DAY.fullmatch(wanted) is not None

    def compared(text: str) -> bool:
        found = _moment(text)
        if found is None:
            return False
        if by_day:
            return found.date() > limit.date() if later else found.date() < limit.date()
        return found > limit if later else found < limit

    return compared


def _moment(text: str) -> dt.datetime | None:
    """Return an ISO date or moment in UTC, or none where the text is neither."""
    if not (_DAY.fullmatch(text) or _MOMENT_TEXT.fullmatch(text)):
        return None
    try:
        found = dt.datetime.fromisoformat(text)
        return found.replace(tzinfo=dt.UTC) if found.tzinfo is None else found.astimezone(dt.UTC)
    except (ValueError, OverflowError):
        return None


def _true() -> Predicate:
    return lambda text: text.casefold() == "true"


def _false() -> Predicate:
    return lambda text: text.casefold() == "false"


def _there() -> Predicate:
    return lambda text: True


def _nothing() -> Predicate:
    return lambda text: False


def _unary(
    name: str, expects: str, build: Callable[[], Predicate], *, when_empty: bool = False
) -> Operator:
    return Operator(name, expects, build, least=0, most=0, true_when_empty=when_empty)


def _pattern(name: str, expects: str, *, negative: bool = False) -> Operator:
    return Operator(name, expects, _matches, most=MOST_PATTERNS, negative=negative)


REFERENCE_OPERATORS: Final = (
    Operator("EQUALS", "be {}", _equals),
    Operator("NOT EQUALS", "not be {}", _equals, negative=True),
    _unary("IS TRUE", "be True", _true),
    _unary("IS FALSE", "be False", _false),
    _unary("IS NULL", "be empty", _nothing, when_empty=True),
    _unary("IS NOT NULL", "not be empty", _there),
    _pattern("REGEX MATCH", "match {}"),
    _pattern("NOT REGEX MATCH", "not match {}", negative=True),
    Operator("Greater_Than", "be a whole number greater than {}", _whole_above),
    Operator("Greater_Than_OR_EQUALS", "be a whole number not less than {}", _whole_from),
    Operator("Includes", "contain {}", _contains),
    Operator("ENDS_WITH", "end with {}", _ends_with),
    Operator("&", "occur in {}", _occurs_in),
    Operator("!&", "not occur in {}", _occurs_in, negative=True),
)
"""The operators of the reference, in its spelling."""

OWN_OPERATORS: Final = (
    Operator("EQUALS IGNORE CASE", "be {} in any case", _same_but_for_case),
    Operator("NOT EQUALS IGNORE CASE", "not be {} in any case", _same_but_for_case, negative=True),
    Operator("IN", "be {}", _equals),
    Operator("NOT IN", "not be {}", _equals, negative=True),
    Operator("STARTS_WITH", "start with {}", _starts_with),
    _unary("IS PRESENT", "not be empty", _there),
    Operator("Less_Than", "be a number less than {}", _below),
    Operator("Less_Than_OR_EQUALS", "be a number not greater than {}", _up_to),
    Operator("BETWEEN", "be a number from {}", _between, least=2, most=2, together=True),
    Operator("BEFORE", "be a date before {}", _before),
    Operator("AFTER", "be a date after {}", _after),
)
"""What the reference has not."""

OPERATORS: Final[Mapping[str, Operator]] = {
    one.name: one for one in (*REFERENCE_OPERATORS, *OWN_OPERATORS)
}
_BY_KEY: Final = {_key(name): one for name, one in OPERATORS.items()}

OTHER_WORDS: Final[Mapping[str, str]] = {
    "=": "EQUALS", "==": "EQUALS", "eq": "EQUALS", "is": "EQUALS",
    "!=": "NOT EQUALS", "<>": "NOT EQUALS", "ne": "NOT EQUALS", "is not": "NOT EQUALS",
    "co": "Includes", "contains": "Includes", "has": "Includes", "like": "REGEX MATCH",
    "matches": "REGEX MATCH", "regex": "REGEX MATCH", "not regex": "NOT REGEX MATCH",
    "sw": "STARTS_WITH", "ew": "ENDS_WITH", ">": "Greater_Than", "gt": "Greater_Than",
    ">=": "Greater_Than_OR_EQUALS", "ge": "Greater_Than_OR_EQUALS", "<": "Less_Than",
    "lt": "Less_Than", "<=": "Less_Than_OR_EQUALS", "le": "Less_Than_OR_EQUALS",
    "pr": "IS NOT NULL", "is empty": "IS NULL", "is not empty": "IS NOT NULL", "null": "IS NULL",
}  # fmt: skip
"""What people who know other filters write, and what they mean here."""


def meant_by(name: str) -> str:
    """Return the operator that another word means, or nothing."""
    return OTHER_WORDS.get(_key(name), "")
