"""What the log keeps of the bodies of a request that an app refused.

    source change -> scope -> map -> match -> plan -> [export] -> log

Beside ``http``, pure: a body goes in, plain data comes out that hold no secret and are never
large. They are data and not a text cut off somewhere, so that erasing somebody finds them
there, too. (Decision 0063.)
"""

import json
from collections.abc import Mapping
from typing import Final

from seatkeeper.connectors.secret import HIDDEN, Secret

REFUSED: Final = 400
"""The first status that says no. (RFC 9110, 15.5)"""

LARGEST: Final = 4_096
"""Bytes of JSON that are kept; of a larger body only how large it was."""

WORDS: Final = 500
"""Characters that are kept of an answer that is no JSON."""

_SECRETS: Final = frozenset({"password", "secret", "token", "authorization"})


def kept_body(body: bytes | None, token: Secret | None) -> object:
    """Return what is kept of a body: plain data, the first words of a text, or none of nothing.

    Passwords and the app's ``token``, should it be echoed, are ``•••``.
    """
    if not body:
        return None
    text = body.decode("utf-8", "replace")
    text = token.hidden_in(text) if token is not None else text
    try:
        plain = json.loads(text)
    except (ValueError, RecursionError):
        return text[:WORDS]
    if len(body) > LARGEST:
        return f"({len(body):,} bytes)"
    return _without_secrets(plain)


def _without_secrets(plain: object) -> object:
    if isinstance(plain, list):
        return [_without_secrets(one) for one in plain]
    if not isinstance(plain, Mapping):
        return plain
    named = str(plain.get("path", "")).rpartition(":")[2].casefold()
    return {
        key: HIDDEN
        if key.rpartition(":")[2].rpartition(".")[2].casefold() in _SECRETS
        or (key == "value" and named in _SECRETS)
        else _without_secrets(value)
        for key, value in plain.items()
    }
