"""An app's own words, made safe to show: short, on one line, without the token.

Beside the last station of the walk; what an app says is shown in logs, mails
and pages, so it passes here first. Escaping for a page is the page's work.
"""

import unicodedata
from typing import Final

from seatkeeper.connectors.secret import Secret

LONGEST: Final = 200
_READ: Final = 65_536


def clean(text: str, token: Secret | None) -> str:
    """Return ``text`` without token and control characters, cut to 200 characters."""
    # The token is replaced before the cut: half a token is a secret too. Both cuts exist
    # so that a hostile megabyte costs nothing.
    shown = (token.hidden_in(text[:_READ]) if token else text[:_READ])[: 20 * LONGEST]
    # Controls, but also marks that turn the direction of text or cannot be seen.
    plain = "".join(" " if unicodedata.category(char)[0] == "C" else char for char in shown)
    return " ".join(plain.split())[:LONGEST]


def clean_bytes(body: bytes, token: Secret | None) -> str:
    """Return the beginning of a body that is not what was expected, readable and safe."""
    return clean(body[:_READ].decode("utf-8", "backslashreplace"), token)
