"""Serve the site in processes of its own, under gunicorn, on a real socket."""

import contextlib
import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[2]


def surroundings(file: Path, token: str) -> dict[str, str]:
    """Return the environment that the site reads."""
    return {
        **os.environ,
        "FOREIGN_FILE": str(file),
        "FOREIGN_TOKEN": token,
        "PYTHONPATH": str(ROOT),
    }


def make_file(file: Path, token: str) -> None:
    """Create the site's file with its tables."""
    make = "from tests.foreign_django.site import make_tables; make_tables()"
    subprocess.run([sys.executable, "-c", make], env=surroundings(file, token), check=True)


@contextlib.contextmanager
def running_django_scim2(
    file: Path, token: str, *, workers: int = 1
) -> Iterator[tuple[str, subprocess.Popen[bytes]]]:
    """Serve the site's file; yields its base URL and the process, which leads its group."""
    with socket.create_server(("127.0.0.1", 0), backlog=256) as bound:
        port, number = bound.getsockname()[1], bound.fileno()
        command = [sys.executable, "-m", "gunicorn", "--bind", f"fd://{number}"]
        command += ["--workers", str(workers), "--worker-class", "gthread", "--threads", "16"]
        # Without a time limit, so that a server that was paused is not taken for a hung one.
        command += ["--timeout", "0", "--keep-alive", "600", "--log-level", "error"]
        command += ["--no-control-socket", "tests.foreign_django.site:application"]
        process = subprocess.Popen(
            command,
            env=surroundings(file, token),
            pass_fds=[number],
            cwd=ROOT,
            start_new_session=True,
        )
    try:
        yield f"http://127.0.0.1:{port}/scim/v2", process
    finally:
        process.terminate()
        process.wait(timeout=20)
