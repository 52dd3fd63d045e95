"""Open the console in the browser of whoever started it, where there is one.

On top of everything. A one-time link never becomes part of a command line,
which others on this machine could read: the browser opens a file of its owner's
that leads on to the link.
"""

import html
import os
import sys
import webbrowser
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final

_FILE: Final = "open-console.html"
_DISPLAYS: Final = ("DISPLAY", "WAYLAND_DISPLAY")


def open_console(
    home: Path,
    address: str,
    link: str,
    *,
    environment: Mapping[str, str] = os.environ,
    opens: Callable[[str], bool] = webbrowser.open,
) -> bool:
    """Open the link, or the console's first page where no link is needed; say whether it was.

    ``home`` is where the file goes that leads to the link.
    """
    if not has_display(environment):
        return False
    if not link:
        return opens(f"{address}/")
    file = _leading_to(home / _FILE, link)
    return opens(file.as_uri())


def has_display(environment: Mapping[str, str]) -> bool:
    """Whether a browser could show anything: somebody sits here, at a screen."""
    if environment.get("SSH_CONNECTION"):
        return False
    return sys.platform in ("darwin", "win32") or any(environment.get(one) for one in _DISPLAYS)


def _leading_to(file: Path, link: str) -> Path:
    """Write a page that leads to the link, for its owner alone."""
    file.unlink(missing_ok=True)
    page = f'<!doctype html><meta http-equiv="refresh" content="0;url={html.escape(link)}">\n'
    with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as out:
        out.write(page)
    return file.resolve()
