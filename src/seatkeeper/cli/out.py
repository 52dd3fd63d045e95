"""How commands speak: tables for people, one JSON object per line for programs.

On top of everything: exit statuses have names, errors have three parts (what
happened, what it means, what to do), and nothing here decides anything.
"""

import getpass
import sys
from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import asynccontextmanager
from typing import Final, TextIO

import msgspec
from rich.console import RenderableType

from seatkeeper.bootstrap import Installation
from seatkeeper.cli import render
from seatkeeper.errors import InvalidFile, SeatkeeperError
from seatkeeper.settings import read_settings

DONE: Final = 0
FAILED: Final = 1
CHANGES_PLANNED: Final = 2
NEEDS_CONSENT: Final = 3
WRONG_USAGE: Final = 64


def actor() -> str:
    """Return who acts on the command line: the operating system's user."""
    try:
        return f"cli:{getpass.getuser()}"
    except (KeyError, OSError):
        return "cli:unknown"


@asynccontextmanager
async def installation() -> AsyncIterator[Installation]:
    """Open the installation that settings name, and close it afterwards."""
    opened = Installation.open(read_settings())
    try:
        yield opened
    finally:
        await opened.close()


def print_json(plain: object, out: TextIO | None = None) -> None:
    """Print one object on one line."""
    stream = out or sys.stdout
    stream.write(msgspec.json.encode(plain).decode() + "\n")
    stream.flush()


def show(view: RenderableType | str, out: TextIO | None = None) -> None:
    """Print something for people; plain text is never wrapped, so that commands can be copied."""
    stream = out or sys.stdout
    if isinstance(view, str):
        stream.write(view + "\n")
        stream.flush()
    else:
        render.show(view, stream)


def speak(
    plains: Iterable[Mapping[str, object]], view: RenderableType | str, *, json: bool
) -> None:
    """Print the same facts for a program, one object per line, or for people."""
    if not json:
        show(view)
        return
    for plain in plains:
        print_json(plain)


def complain(error: SeatkeeperError, *, json: bool = False) -> None:
    """Print what happened, what it means and what to do; to standard error."""
    if json:
        print_json(
            {"error": error.code, "message": error.message, "advice": error.advice}, sys.stdout
        )
        return
    lines = [f"Error: {error.message}"]
    if isinstance(error, InvalidFile):
        lines += [
            f"  line {fault.line}: {fault.text}" if fault.line else f"  {fault.text}"
            for fault in error.faults
        ]
        if error.total > len(error.faults):
            lines.append(f"  and {error.total - len(error.faults)} more")
    if error.advice:
        lines.append(error.advice)
    said = getattr(error, "said", "")
    if said:
        lines.append(f'The app said: "{said}"')
    show("\n".join(lines), sys.stderr)
