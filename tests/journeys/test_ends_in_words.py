"""A command ends with its own exit status, whatever the HTTP client still does at that moment."""

import asyncio
import os
import socket
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from seatkeeper.bootstrap import Installation
from seatkeeper.ports import UserEdit
from seatkeeper.settings import Settings

pytestmark = pytest.mark.journey

ENTRY = "from seatkeeper.cli.main import entry; entry()"
ANA = "ana@larkspur.example"
ROUNDS = 4
AT_ONCE = 2
APP = """\
app: 15five
gallery: 15five
connection:
  tenant_url: http://127.0.0.1:{port}/scim/v2
  secret_token: env:SEATKEEPER_SECRET_TOKEN
  allow_loopback: true
mode: automatic
status: on
scope: all
"""


@pytest.fixture
def closed_port() -> Iterator[int]:
    """A port that refuses connections, and that nobody else gets meanwhile."""
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        yield held.getsockname()[1]


async def typed(home: Path, *words: str) -> tuple[int | None, str, str]:
    """Type a command into a process of its own."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", ENTRY, *words),
        env={**os.environ, "SEATKEEPER_HOME": str(home), "SEATKEEPER_SECRET_TOKEN": "sesame"},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    out, err = await process.communicate()
    return process.returncode, out.decode(), err.decode()


@pytest.mark.parametrize("words", [("test-connection", "15five"), ("plan", "15five")], ids=" ".join)
async def test_an_app_that_refuses_connections_is_told_of_every_time_with_status_1(
    words: tuple[str, ...], closed_port: int, tmp_path: Path
) -> None:
    (tmp_path / "15five.yaml").write_text(APP.format(port=closed_port), encoding="utf-8")
    opened = Installation.open(Settings(home=tmp_path))
    ana = {"userPrincipalName": ANA, "mail": ANA, "displayName": "Ana"}
    await opened.directory.create_user(UserEdit(ana), actor="hr")
    await opened.close()
    assert (await typed(tmp_path, "apply", str(tmp_path / "15five.yaml")))[0] == 0

    ended = []
    for _ in range(ROUNDS):
        ended += await asyncio.gather(*(typed(tmp_path, *words) for _ in range(AT_ONCE)))

    assert {status for status, _, _ in ended} == {1}
    assert {err for _, _, err in ended} == {ended[0][2]}
    assert all(f"port {closed_port}, refuses connections." in "".join(one[1:]) for one in ended)


async def test_what_was_printed_arrives_whole_where_a_pipe_takes_it(tmp_path: Path) -> None:
    status, out, err = await typed(tmp_path, "gallery", "--json")

    assert (status, err) == (0, "")
    assert out.endswith("}\n")


async def test_an_error_that_nobody_expected_keeps_its_traceback_and_status(tmp_path: Path) -> None:
    broken = "import seatkeeper.cli.main as m; m.run = None; m.entry()"
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", broken, stderr=asyncio.subprocess.PIPE
    )
    _, err = await process.communicate()

    assert process.returncode == 1
    assert "TypeError" in err.decode()
