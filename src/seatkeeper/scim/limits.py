"""Read the bytes of a request into plain JSON, within limits (RFC 8259; RFC 7644 3.12).

Beside the walk, before everything else in this room: whatever arrives is JSON
of bounded depth, width and length, or a SCIM error. Nothing that a client
sends can make this raise anything else. Of a key that comes twice the last one
counts, as decoders do.
"""

import re
from dataclasses import dataclass
from typing import Final

import msgspec

from seatkeeper.scim.errors import InvalidSyntax, TooLarge, TooMany, UnfitValue
from seatkeeper.scim.messages import Json, Resource


@dataclass(frozen=True, slots=True)
class BodyLimits:
    """How much one body may hold."""

    size: int = 10 * 1024 * 1024
    levels: int = 32
    keys: int = 1_000
    elements: int = 10_000
    values: int = 500_000
    text: int = 64 * 1024


BODY_LIMITS: Final = BodyLimits()
# As a value; within a text it may be anything.
_LONG_NUMBER: Final = re.compile(rb"[:,\[]\s*-?[0-9]{19}")


def read_body(raw: bytes, limits: BodyLimits = BODY_LIMITS) -> Resource:
    """Return the JSON object in ``raw``. Raises ``ScimError`` for anything else, or too much."""
    if len(raw) > limits.size:
        raise TooLarge(f"At most {limits.size} bytes at a time.")
    try:
        value = msgspec.json.decode(raw)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise InvalidSyntax("The body is not JSON that can be read.") from error
    if not isinstance(value, dict):
        raise InvalidSyntax("The body must be a JSON object.")
    if not _cannot_exceed(raw, limits):
        measure(value, limits)
    return value


def _cannot_exceed(raw: bytes, limits: BodyLimits) -> bool:
    """Say whether a body is so short and flat that there is nothing to measure.

    It has no more keys, elements or characters than bytes, no more levels than brackets,
    and a number of more than 64 bits is a long run of digits.
    """
    return (
        len(raw) <= min(limits.keys, limits.elements, limits.values, limits.text)
        and raw.count(b"{") + raw.count(b"[") < limits.levels
        and _LONG_NUMBER.search(raw) is None
    )


def measure(value: Json, limits: BodyLimits = BODY_LIMITS) -> None:
    """Raise ``ScimError`` for a value that is too deep, too wide, too long, or too large a number.

    Level by level, so that depth costs no stack.
    """
    level: list[Json] = [value]
    seen = 0
    for _ in range(limits.levels):
        seen += len(level)
        if seen > limits.values:
            raise TooLarge(f"At most {limits.values} values at a time.")
        below: list[Json] = []
        for one in level:
            if isinstance(one, dict):
                if len(one) > limits.keys:
                    raise InvalidSyntax(f"An object has more than {limits.keys} keys.")
                below.extend(one)
                below.extend(one.values())
            elif isinstance(one, list):
                if len(one) > limits.elements:
                    raise TooMany(f"A list has more than {limits.elements} elements.")
                below.extend(one)
            else:
                _measure_plain(one, limits)
        if not below:
            return
        level = below
    raise InvalidSyntax(f"The body has more than {limits.levels} levels.")


def _measure_plain(value: Json, limits: BodyLimits) -> None:
    if isinstance(value, str):
        if len(value) > limits.text:
            raise UnfitValue(f"A text is longer than {limits.text} characters.")
    elif isinstance(value, int) and not -(2**63) <= value < 2**63:
        raise UnfitValue("A whole number has more than 64 bits.")
