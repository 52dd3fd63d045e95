"""What a server prints when something fails: enough to find the fault, and nobody's secrets."""

import asyncio
import os
import re
import signal
import sqlite3
import sys
from contextlib import closing
from pathlib import Path

import pytest
from tests.console_visitor import ANA, PASSPHRASE, signed_in, visitor
from tests.journeys.company import Company
from tests.journeys.test_inbound import served
from tests.journeys.test_sign_in import site_of

pytestmark = pytest.mark.journey


async def test_a_sign_in_that_fails_on_our_side_prints_no_passphrase(tmp_path: Path) -> None:
    serving = "from seatkeeper.cli.main import entry; entry()"
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", serving, "serve", "--port", "0"),
        env={**os.environ, "SEATKEEPER_HOME": str(tmp_path), "PYTHONUNBUFFERED": "1"},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    assert process.stdout is not None
    said = b""
    async with asyncio.timeout(120):
        while b"/links/" not in said:
            line = await process.stdout.readline()
            assert line, said.decode()
            said += line
    site = re.search(rb"runs at (http://\S+?)/ ", said)
    assert site is not None, said.decode()

    with closing(sqlite3.connect(tmp_path / "seatkeeper.db")) as database:
        database.execute("DROP TABLE sign_in_failures")
    async with visitor(site[1].decode()) as browser:
        answer = await browser.post("/sign-in", data={"email": ANA, "passphrase": PASSPHRASE})
    process.send_signal(signal.SIGTERM)
    printed = (await process.communicate())[0].decode()

    assert answer.status_code == 500
    assert "page.failed" in printed
    assert "Traceback" in printed
    assert "no such table" in printed
    assert PASSPHRASE not in printed
    assert ANA not in printed


@pytest.mark.parametrize("path", ["/sign-in?next=%00", "/people?search=%00", "/people/%00"])
async def test_an_address_that_no_database_can_keep_is_refused_in_words(
    path: str, company: Company
) -> None:
    async with served(company) as url, signed_in(company.opened, site_of(url)) as ana:
        answer = await ana.get(path)

    assert answer.status_code == 400
    assert "U+0000" in answer.text


async def test_a_form_that_no_database_can_keep_is_refused_in_words(company: Company) -> None:
    async with served(company) as url, visitor(site_of(url)) as browser:
        answer = await browser.post("/sign-in", data={"email": "\0", "passphrase": PASSPHRASE})

    assert answer.status_code == 400
    assert "U+0000" in answer.text
