"""Write lists as files: CSV for spreadsheets, JSON Lines for machines; streamed, never whole.

Beside the pages. What is in a list is the page's affair; here is only how a row
becomes text that nobody's spreadsheet takes for a formula. (Console design, 14.)
"""

import csv
import io
from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Final

import msgspec
from starlette.responses import Response, StreamingResponse

from seatkeeper.console.words import visible
from seatkeeper.errors import InvalidValue

FORMATS: Final = ("csv", "jsonl")
_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r")
_LONGEST: Final = 2_000


def export(
    form: str, name: str, columns: Sequence[str], rows: AsyncIterator[Mapping[str, object]]
) -> Response:
    """Return a download of rows. Raises ``InvalidValue`` for a form that there is not.

    ``name`` is the file's without its ending; ``columns`` are the keys of each row, in order.
    """
    if form == "csv":
        body, kind = _csv(columns, rows), "text/csv; charset=utf-8"
    elif form == "jsonl":
        body, kind = _lines(columns, rows), "application/jsonl"
    else:
        raise InvalidValue(
            "There is no such kind of export.", advice=f"Use {' or '.join(FORMATS)}."
        )
    headers = {"Content-Disposition": f'attachment; filename="{name}.{form}"'}
    return StreamingResponse(body, media_type=kind, headers=headers)


def cell(value: object) -> str:
    """Return a value as a cell: one line, and never the start of a formula."""
    text = visible(_text(value), _LONGEST)
    return f"'{text}" if text.startswith(_FORMULA) else text


async def _csv(
    columns: Sequence[str], rows: AsyncIterator[Mapping[str, object]]
) -> AsyncIterator[bytes]:
    yield b"\xef\xbb\xbf" + _line(columns)
    async for row in rows:
        yield _line([cell(row.get(name)) for name in columns])


async def _lines(
    columns: Sequence[str], rows: AsyncIterator[Mapping[str, object]]
) -> AsyncIterator[bytes]:
    async for row in rows:
        yield msgspec.json.encode({name: row.get(name) for name in columns}) + b"\n"


def _line(cells: Sequence[str]) -> bytes:
    written = io.StringIO()
    csv.writer(written, lineterminator="\r\n").writerow(cells)
    return written.getvalue().encode()


def _text(value: object) -> object:
    if isinstance(value, list | tuple):
        return "; ".join(str(_text(one)) for one in value)
    if isinstance(value, bool):
        return "true" if value else "false"
    return value
