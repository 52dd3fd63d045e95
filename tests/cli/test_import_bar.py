"""Somebody who imports many people sees how far it is; a program sees none of it."""

import datetime as dt
import io
from collections.abc import AsyncIterator

from seatkeeper.cli.import_bar import rows_shown
from seatkeeper.ports import PersonRow

NINE = dt.datetime(2026, 3, 2, 9, 0, tzinfo=dt.UTC)


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


class Clock:
    """Four rows pass each second."""

    def __init__(self) -> None:
        self.rows = 0

    def now(self) -> dt.datetime:
        return NINE + dt.timedelta(seconds=self.rows / 4)


async def people(clock: Clock, number: int) -> AsyncIterator[PersonRow]:
    for line in range(number):
        clock.rows += 1
        yield PersonRow(line, f"p{line}@larkspur.example", {})


async def imported(out: io.StringIO, *, quiet: bool = False, number: int = 400) -> int:
    clock = Clock()
    rows = rows_shown(people(clock, number), number, quiet=quiet, out=out, now=clock.now)
    return len([row async for row in rows])


async def test_on_a_terminal_rows_rate_and_remaining_time_are_shown_and_the_line_is_left() -> None:
    terminal = Terminal()

    taken = await imported(terminal)

    lines = terminal.getvalue().split("\r\x1b[K")
    assert taken == 400
    assert "import [#####...............] 100 of 400 (25%), 4 a second, 1 min 15 s left" in lines
    assert lines[-1] == ""


async def test_where_no_terminal_is_or_a_program_reads_nothing_is_said() -> None:
    file, terminal = io.StringIO(), Terminal()

    taken = await imported(file), await imported(terminal, quiet=True)

    assert taken == (400, 400)
    assert file.getvalue() == terminal.getvalue() == ""


async def test_a_file_without_people_shows_an_empty_line_and_ends() -> None:
    terminal = Terminal()

    assert await imported(terminal, number=0) == 0
    assert terminal.getvalue() == "\r\x1b[K"
