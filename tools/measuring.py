"""What the benchmarks share: on what machine they ran, and how a spread of figures is told."""

import os
import platform
import sqlite3
import statistics
import subprocess
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path


def about_the_machine() -> str:
    """Return one line: machine, versions, commit, and how busy it is now."""
    commit = subprocess.run(
        ["git", "describe", "--always", "--dirty"],
        stdout=subprocess.PIPE,
        text=True,
        check=False,
        cwd=Path(__file__).parent,
    ).stdout.strip()
    return (
        f"{os.cpu_count()} processors ({_processor()}), {platform.system()} {platform.release()}, "
        f"Python {platform.python_version()}, SQLite {sqlite3.sqlite_version}, "
        f"pyreqwest {version('pyreqwest')}, SQLAlchemy {version('sqlalchemy')}; "
        f"commit {commit or 'unknown'}; load {os.getloadavg()[0]:.1f}"
    )


def _processor() -> str:
    known = Path("/proc/cpuinfo")
    if known.exists():
        for line in known.read_text().splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.machine()


def spread(figures: Sequence[float], digits: int = 2) -> str:
    """Return the median of some figures, and between which they lie; one is told as it is."""
    middle = f"{statistics.median(figures):,.{digits}f}"
    if len(figures) == 1:
        return f"{middle} (one run)"
    return f"{middle} ({min(figures):,.{digits}f} to {max(figures):,.{digits}f})"
