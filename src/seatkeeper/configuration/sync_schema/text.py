"""JSON text of a schema document: read within limits, printed in one way.

Before the walk. What is read here prints as the same document again, order
included; texts that no database and no app could hold are refused.
"""

import json
import math
from collections.abc import Iterator
from typing import Any, Final, TypeAlias

from seatkeeper.configuration.sync_schema.walk import Walk
from seatkeeper.provisioning.expression.parser import DEEPEST as DEEPEST_CALLS

Plain: TypeAlias = dict[str, Any]

MOST_BYTES: Final = 10 * 1_048_576
DEEPEST: Final = 32
"""Levels of the document; inside an expression its calls count, at most as many as one has."""

MOST_FIELDS: Final = 1_000
LONGEST: Final = 65_536
_EVER_DEEPEST: Final = DEEPEST + 3 * (DEEPEST_CALLS + 1)


class _Refused(ValueError):
    """Something that JSON readers take and this one does not."""


def parse_schema(walk: Walk, content: bytes) -> Plain | None:
    """Return the document, or none where it is none; every fault is noted in ``walk``."""
    before = len(walk.faults)
    plain = _decoded(walk, content)
    if len(walk.faults) > before:
        return None
    if not isinstance(plain, dict):
        walk.fault("$", "A schema is one JSON object.")
        return None
    for place, text in _limits(plain):
        walk.fault(place, text)
    return plain if len(walk.faults) == before else None


def print_schema(plain: Plain) -> str:
    """Return the document as people read it."""
    return json.dumps(plain, ensure_ascii=False, indent=2) + "\n"


def stored_text(plain: Plain) -> str:
    """Return the document as it is stored: equal documents in equal order are equal text."""
    return json.dumps(plain, ensure_ascii=False, separators=(",", ":"))


def from_stored(text: str) -> Plain:
    """Return a document that was stored."""
    plain: Plain = json.loads(text)
    return plain


def _decoded(walk: Walk, content: bytes) -> object:
    if len(content) > MOST_BYTES:
        walk.fault("$", f"The file has more than {MOST_BYTES:,} bytes.")
        return None
    try:
        text = content.decode("utf-8-sig")
        if _nesting(text) > _EVER_DEEPEST:
            walk.fault("$", f"The document is more than {DEEPEST} levels deep.")
            return None
        return json.loads(
            text, object_pairs_hook=_once, parse_constant=_no_constant, parse_float=_finite
        )
    except UnicodeDecodeError as error:
        walk.fault("$", f"The file is not UTF-8 (byte {error.start}).")
    except json.JSONDecodeError as error:
        where = f"line {error.lineno}, column {error.colno}"
        walk.fault("$", f"The file is not JSON: {error.msg} at {where}.")
    except ValueError as error:
        walk.fault("$", f"The file is not JSON as it is exchanged: {error}.")
    return None


def _nesting(text: str) -> int:
    """Return the deepest nesting of a text, without building anything."""
    depth = deepest = 0
    quoted = escaped = False
    for character in text:
        if quoted:
            if escaped:
                escaped = False
            elif character == "\\":
                escaped = True
            elif character == '"':
                quoted = False
        elif character == '"':
            quoted = True
        elif character in "[{":
            depth += 1
            deepest = max(deepest, depth)
        elif character in "]}":
            depth -= 1
    return deepest


def _once(pairs: list[tuple[str, object]]) -> Plain:
    found = dict(pairs)
    if len(found) < len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise _Refused(f"the field {twice[:60]!r} is in one object twice")
    return found


def _no_constant(word: str) -> object:
    raise _Refused(f"{word} is no number")


def _finite(text: str) -> float:
    found = float(text)
    if math.isinf(found):
        raise _Refused(f"the number {text[:30]} is too large")
    return found


def _limits(plain: Plain) -> Iterator[tuple[str, str]]:
    """Yield where the document passes its limits, without recursion."""
    waiting: list[tuple[str, object, int, int]] = [("$", plain, 1, DEEPEST)]
    while waiting:
        place, value, depth, deepest = waiting.pop()
        if isinstance(value, str):
            yield from _text_limits(place, value)
        elif isinstance(value, dict | list):
            if depth > deepest:
                yield place, f"The document is more than {DEEPEST} levels deep here."
                continue
            waiting += reversed(list(_below(place, value, depth, deepest)))
            if isinstance(value, dict):
                if len(value) > MOST_FIELDS:
                    yield place, f"An object has at most {MOST_FIELDS:,} fields."
                for name in value:
                    yield from _text_limits(place, name)


def _below(
    place: str, value: Plain | list[Any], depth: int, deepest: int
) -> Iterator[tuple[str, object, int, int]]:
    if isinstance(value, list):
        for number, one in enumerate(value):
            yield f"{place}[{number}]", one, depth + 1, deepest
        return
    for name, one in value.items():
        inner = f"{place}.{name}"
        if name == "source":  # from here on calls are counted, each three levels of JSON
            yield inner, one, 1, 3 * (DEEPEST_CALLS + 1)
        else:
            yield inner, one, depth + 1, deepest


def _text_limits(place: str, text: str) -> Iterator[tuple[str, str]]:
    if len(text) > LONGEST:
        yield place, f"A text has at most {LONGEST:,} characters."
    for character in text:
        if character == "\0" or "\ud800" <= character <= "\udfff":
            yield place, f"U+{ord(character):04X} stands in a text, which no app can take."
            return
