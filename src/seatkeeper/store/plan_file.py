"""Keep a plan in a file, and take it back only if it is exactly what was written.

Beside the walk. The file is JSON that people and programs can read; its last
line is a MAC under a key that follows from the installation's master key. What
is read back is compared byte by byte with what would be written, so that no
change is too small to be seen. No secrets are in it.
"""

import datetime as dt
import hmac
import os
import secrets
from dataclasses import dataclass, replace
from hashlib import sha256
from pathlib import Path
from typing import Any, Final

import msgspec

from seatkeeper.errors import BadInput
from seatkeeper.provisioning.preview import Preview
from seatkeeper.store.secrets import MasterKey

FORMAT: Final = "seatkeeper plan"
VERSION: Final = 2
MOST_BYTES: Final = 512 * 1024 * 1024
"""A file over this is not read: a plan of a million people is smaller."""

_PURPOSE: Final = "plan file"
_ANEW: Final = "Make it anew with: seatkeeper plan APP --out FILE"


@dataclass(frozen=True, slots=True)
class KeptPlan:
    """A plan as a file holds it: whose, under which rules, from when, and what was reviewed."""

    installation: str
    created: dt.datetime
    plan: Preview


def write_plan(
    file: Path, plan: Preview, *, key: MasterKey, installation: str, now: dt.datetime
) -> None:
    """Write the file whole or not at all, for its owner alone.

    Raises ``BadInput`` where it cannot be written there.
    """
    records = tuple(replace(one, steps=()) for one in plan.records)
    content = _content(KeptPlan(installation, now, replace(plan, records=records)), key)
    draft = file.with_name(f".{file.name}.{secrets.token_hex(8)}")
    try:
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        try:
            with os.fdopen(descriptor, "wb") as out:
                out.write(content)
                out.flush()
                os.fsync(out.fileno())
            draft.replace(file)
        except OSError:
            draft.unlink(missing_ok=True)
            raise
    except OSError as error:
        raise BadInput(
            f"The plan cannot be written to {file}: {error.strerror}. No file was changed.",
            advice="Name a file in a folder that is there and that you may write to.",
        ) from error


def read_plan(file: Path, *, key: MasterKey, installation: str, app_id: str) -> KeptPlan:
    """Return the plan if this installation wrote it, for this app, and nobody touched it.

    Raises ``BadInput`` that says what is wrong, what it means and what to do.
    """
    content = _read(file)
    plain = _plain(file, content)
    if plain.get("version") != VERSION:
        raise BadInput(
            f"{file} is a plan of format {plain.get('version')!r}; this program reads {VERSION}.",
            advice=_ANEW,
        )
    if plain.get("installation") != installation:
        raise BadInput(
            f"{file} was made by another installation (or under another master key); what it says "
            "of people and accounts is not known here.",
            advice="Carry it out where it was made, or make a plan here.",
        )
    try:
        kept = msgspec.convert(plain["kept"], KeptPlan)
    except (msgspec.ValidationError, KeyError, ValueError) as error:
        raise _touched(file) from error
    if not hmac.compare_digest(_content(kept, key), content):
        raise _touched(file)
    if kept.plan.app_id != app_id:
        raise BadInput(
            f"{file} is a plan for {kept.plan.app_id}, not for {app_id}.",
            advice=f"Run: seatkeeper run {kept.plan.app_id} --plan {file}",
        )
    return kept


def _touched(file: Path) -> BadInput:
    return BadInput(
        f"{file} is not as it was written: somebody or something changed it. What it says was "
        "never reviewed, so nothing of it was done.",
        advice=_ANEW,
    )


def _read(file: Path) -> bytes:
    try:
        if not file.is_file():
            raise BadInput(f"There is no file {file}.", advice="Give the file of plan --out.")
        size = file.stat().st_size
        if size > MOST_BYTES:
            raise BadInput(
                f"{file} has {size:,} bytes; a plan has {MOST_BYTES:,} at most, so it is none.",
                advice="Give the file of plan --out.",
            )
        return file.read_bytes()
    except OSError as error:
        raise BadInput(
            f"{file} cannot be read: {error.strerror}.", advice="Check the path and its mode."
        ) from error


def _plain(file: Path, content: bytes) -> dict[str, Any]:
    try:
        plain = msgspec.json.decode(content)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise BadInput(
            f"{file} is not a whole JSON document: it was cut off or is something else.",
            advice=_ANEW,
        ) from error
    if not isinstance(plain, dict) or plain.get("format") != FORMAT:
        raise BadInput(f"{file} is JSON, but no plan of Seatkeeper.", advice=_ANEW)
    return plain


def _content(kept: KeptPlan, key: MasterKey) -> bytes:
    plain = {
        "format": FORMAT,
        "version": VERSION,
        "installation": kept.installation,
        "kept": msgspec.to_builtins(kept),
    }
    signed = msgspec.json.encode(plain, order="sorted")
    plain["mac"] = hmac.new(key.derive(_PURPOSE), signed, sha256).hexdigest()
    return msgspec.json.format(msgspec.json.encode(plain), indent=1) + b"\n"
