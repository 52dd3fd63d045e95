"""What this installation is: where its data lie, how they are kept, what it is made of."""

import importlib.metadata
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

PARTS: Final = (
    "aiosmtplib", "alembic", "argon2-cffi", "cryptography", "cyclopts", "google-re2", "jinja2",
    "msgspec", "psycopg", "pyreqwest", "python-multipart", "pyyaml", "rich", "segno",
    "sqlalchemy",
    "starlette", "structlog", "uvicorn", "uvloop",
)  # fmt: skip
"""The packages that it asks for by name; ``requirements/runtime.in`` has the same."""


FROM_ITS_FILE: Final = {"pyreqwest": "Apache-2.0"}
"""Licences of packages that name theirs only in a file of their source."""


@dataclass(frozen=True, slots=True)
class StoreFacts:
    """Where the data lie. ``place`` has no password; ``size`` is in bytes, none where unknown."""

    kind: str
    place: str
    revision: str
    key_id: str
    size: int | None = None


@dataclass(frozen=True, slots=True)
class Part:
    """One package that it is made of."""

    name: str
    version: str
    licence: str


def parts() -> Sequence[Part]:
    """Return the packages it is made of, as they are installed; unknown ones are left out."""
    found = []
    for name in PARTS:
        try:
            about = importlib.metadata.metadata(name)
        except importlib.metadata.PackageNotFoundError:
            continue
        found.append(Part(name, str(about["Version"]), _licence(name, about)))
    return found


def _licence(name: str, about: "importlib.metadata.PackageMetadata") -> str:
    for field in ("License-Expression", "License"):
        said = str(about[field]) if field in about else ""
        if said and "\n" not in said:
            return said[:80]
    kinds = [one for one in about.get_all("Classifier") or [] if one.startswith("License ::")]
    return str(kinds[0]).rpartition(":: ")[2] if kinds else FROM_ITS_FILE.get(name, "")
