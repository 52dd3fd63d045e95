"""Values as a request carries them: in an address, in a body, and in what is told of it.

Beside the walk, pure. A value that no request can carry is refused before anything is sent.
"""

import hashlib
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

import msgspec

from seatkeeper.errors import Refused


def in_a_url(text: str) -> str:
    """Return text as one step of a path or a value of a query. Raises ``Refused``."""
    try:
        return quote(text, safe="")
    except UnicodeEncodeError as error:
        raise _half_a_character() from error


def as_json(body: Mapping[str, Any]) -> bytes:
    """Return a body. Raises ``Refused``."""
    try:
        return msgspec.json.encode(body)
    except UnicodeEncodeError as error:
        raise _half_a_character() from error


def _half_a_character() -> Refused:
    return Refused(
        "A value holds half a character, which no request can carry; nothing was sent.",
        advice="Correct the value in the directory or the mapping that makes it.",
    )


def shown_value(value: str) -> str:
    """Return what stands for a value where people read of requests: the same for the same one."""
    return "#" + hashlib.sha256(value.encode("utf-8", "surrogatepass")).hexdigest()[:8]
