"""Somebody presses Ctrl-C while demo or server run: it ends with a sentence, nothing is lost."""

import asyncio
import contextlib
import os
import random
import signal
import socket
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.journey


def free_port() -> str:
    """Return a port that is free, as is the next one: the sandbox takes that."""
    for port in random.sample(range(20_000, 60_000), 50):
        with contextlib.suppress(OSError), socket.socket() as one, socket.socket() as other:
            one.bind(("127.0.0.1", port))
            other.bind(("127.0.0.1", port + 1))
            return str(port)
    raise AssertionError("no two ports are free")


DEMO = ("demo", "--users", "100")


@pytest.mark.parametrize(
    ("command", "moment", "farewell"),
    [
        (DEMO, "Connection: ", "The demo has ended; everything is kept."),
        (DEMO, "End the demo with Ctrl-C", "The demo has ended; everything is kept."),
        (("serve",), "end it with Ctrl-C", "Seatkeeper has ended; everything is kept."),
    ],
    ids=["demo in the middle", "demo at the end", "serve"],
)
async def test_ctrl_c_ends_it_cleanly(
    command: tuple[str, ...], moment: str, farewell: str, tmp_path: Path
) -> None:
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        *(
            "-c",
            "from seatkeeper.cli.main import entry; entry()",
            *command,
            "--port",
            free_port(),
        ),
        env={**os.environ, "SEATKEEPER_HOME": str(tmp_path), "PYTHONUNBUFFERED": "1"},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    assert process.stdout is not None
    said = b""
    async with asyncio.timeout(120):
        while moment.encode() not in said:
            line = await process.stdout.readline()
            assert line, (await process.communicate())[1].decode()[-2000:]
            said += line

        process.send_signal(signal.SIGINT)
        out, err = await process.communicate()

    assert process.returncode == 0
    assert farewell.encode() in out
    assert b"Traceback" not in err
