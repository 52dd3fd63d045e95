"""The key that seals a stand-in's cursors, in a file beside what it holds.

Before the walk. With it a client can go on with a list after a restart.
Whoever may read the file could make cursors, so only its owner may.
"""

import os
import secrets
from pathlib import Path
from typing import Final

_LENGTH: Final = 32


def kept_key(db_path: Path) -> bytes:
    """Return the key beside ``db_path``; one is made where there is none, or a broken one."""
    place = db_path.with_name(f"{db_path.name}.key")
    try:
        found = place.read_bytes()
    except FileNotFoundError:
        found = b""
    return found if len(found) == _LENGTH else _made(place)


def _made(place: Path) -> bytes:
    key = secrets.token_bytes(_LENGTH)
    unfinished = place.with_name(f"{place.name}.{secrets.token_hex(8)}")
    # Under its own name only once it is whole: a crash leaves no half of a key.
    with os.fdopen(os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(key)
    unfinished.replace(place)
    return key
