"""Find the secret that a configuration document refers to.

Before the walk. A document never holds a secret, only where it lies:
``env:SEATKEEPER_SECRET_*``, ``file:`` below one folder, or ``stored``. The two
bounds matter: without them, whoever may write a document could name the
master key and send it to a host of their own as a token.
"""

import stat
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from seatkeeper.errors import InvalidValue, NotFound

STORED: Final = "stored"
PREFIX: Final = "SEATKEEPER_SECRET_"
LONGEST: Final = 16_384
"""Most bytes of a secret; more fits into no header."""


def reference_fault(reference: str) -> str | None:
    """Return what is wrong with how a reference is written, without looking anything up."""
    kind, _, rest = reference.partition(":")
    if reference == STORED:
        return None
    if kind == "env":
        name = rest.removeprefix(PREFIX)
        if name == rest or not name or not (name.isascii() and name.replace("_", "a").isalnum()):
            return f"The secret's variable must be called {PREFIX}* (letters, digits, _)."
        return None
    if kind == "file":
        parts = Path(rest).parts
        if not rest.isprintable() or not parts or Path(rest).is_absolute() or ".." in parts:
            return "The secret's file is named below SEATKEEPER_SECRETS_DIR, without .. in it."
        return None
    return f"A secret is env:{PREFIX}NAME, file:NAME or {STORED}; never the secret itself."


def resolve_secret(
    reference: str, *, environment: Mapping[str, str], secrets_dir: Path | None
) -> bytes | None:
    """Return the secret, or none for ``stored``: then the one typed in earlier stands.

    Raises ``InvalidValue`` for a reference out of bounds or a secret that no
    header can carry, ``NotFound`` where nothing lies there.
    """
    fault = reference_fault(reference)
    if fault is not None:
        raise InvalidValue(fault)
    kind, _, name = reference.partition(":")
    if kind == "env":
        if name not in environment:
            raise NotFound(f"The variable {name} is not set.", advice="Set it and apply again.")
        return _usable(environment[name].encode("utf-8", "surrogateescape"), reference)
    if kind == "file":
        return _read(_path(name, secrets_dir), reference)
    return None


def secret_warnings(reference: str, *, secrets_dir: Path | None) -> list[str]:
    """Return what an administrator should know of a secret that can be used all the same."""
    kind, _, name = reference.partition(":")
    if kind != "file" or reference_fault(reference) is not None:
        return []
    path = _path(name, secrets_dir)
    if path.exists() and path.stat().st_mode & (stat.S_IRGRP | stat.S_IROTH):
        return [f"{reference} can be read by others on this machine; chmod 600 keeps it to you."]
    return []


def usable_secret(typed: str) -> bytes:
    """Return a token that was typed by hand, without the spaces around it.

    Raises ``InvalidValue`` for one that no header can carry.
    """
    return _usable(typed.strip().encode("utf-8", "surrogateescape"), "The token")


def _path(name: str, secrets_dir: Path | None) -> Path:
    if secrets_dir is None:
        raise InvalidValue(
            f"file:{name} cannot be looked up.", advice="Set SEATKEEPER_SECRETS_DIR to its folder."
        )
    folder = secrets_dir.resolve()
    path = (folder / name).resolve()
    if not path.is_relative_to(folder):
        raise InvalidValue(f"file:{name} leads out of SEATKEEPER_SECRETS_DIR.")
    return path


def _read(path: Path, reference: str) -> bytes:
    try:
        with path.open("rb") as file:
            return _usable(file.read(LONGEST + 2), reference)
    except FileNotFoundError as error:
        raise NotFound(f"There is no file for {reference}.") from error
    except OSError as error:
        raise InvalidValue(f"{reference} cannot be read: {error.strerror}.") from error


def _usable(secret: bytes, reference: str) -> bytes:
    kept = secret.removesuffix(b"\n").removesuffix(b"\r")
    if not kept:
        raise InvalidValue(f"{reference} is empty.")
    if len(kept) > LONGEST:
        raise InvalidValue(f"{reference} is longer than {LONGEST:,} bytes.")
    if any(not 0x21 <= byte <= 0x7E for byte in kept):
        raise InvalidValue(f"{reference} has a space or another character that no token has.")
    return kept
