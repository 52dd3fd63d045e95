"""Read people files, CSV and JSONL, without ever holding one in memory.

Stands before the walk, at the door of the directory:

    [source change] -> scope -> map -> match -> plan -> export -> log

A file is read twice: once whole, to find every fault before the first write
(``check_people_file``), and once to apply it (``read_people``). What a cell
may hold is decided in ``directory.people_row``; here are bytes, lines,
delimiters and encodings. Memory is flat at any size but for one thing: the
userNames seen so far, without which a person who is there twice could not be
found (about 150 bytes a person).
"""

import asyncio
import csv
import hashlib
import json
import stat
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from dataclasses import dataclass, field
from io import BufferedReader
from itertools import islice
from pathlib import Path
from typing import Final

from seatkeeper.directory.people_row import (
    Row,
    cells_from_text,
    column_faults,
    read_row,
    shown,
)
from seatkeeper.errors import BadInput, Fault, InvalidFile, NotFound
from seatkeeper.ports import PersonRow

LONGEST_LINE: Final = 1_048_576
"""Most bytes in one line, and in one CSV row that goes over several lines."""

MOST_BYTES: Final = 2 * 1_024**3
"""Most bytes in one file (reliability: limits on input)."""

SHOWN_FAULTS: Final = 20
BATCH: Final = 500

_ADVICE: Final = "Correct the lines named and import the file again."
_UTF16: Final = "The file is UTF-16. Save it as UTF-8 (in Excel: CSV UTF-8, comma delimited)."
_DELIMITERS: Final = {";": "semicolons", "\t": "tabs", "|": "bars"}


@dataclass(frozen=True, slots=True)
class CheckedFile:
    """A file without faults: its SHA-256 in hexadecimal and how many rows it has."""

    digest: str
    rows: int


def check_people_file(path: Path) -> CheckedFile:
    """Read the whole file once and return what it is, so that nothing half-good is applied.

    Raises ``InvalidFile`` with the first twenty faults and their number,
    ``NotFound`` where there is no file, ``BadInput`` where it is of no kind we read.
    """
    reading = _Reading()
    rows = sum(1 for _ in _rows(path, reading))
    if reading.total:
        raise _invalid(path, reading)
    return CheckedFile(reading.digest.hexdigest(), rows)


async def read_people(path: Path, *, digest: str | None = None) -> AsyncIterator[PersonRow]:
    """Read the file again, row by row, in the order of its lines.

    Raises ``InvalidFile`` at a fault: then the file was changed since it was
    checked. With ``digest`` a change that brought no fault is noticed as well,
    at the end of the file.
    """
    reading = _Reading()
    rows = _rows(path, reading)
    while batch := await asyncio.to_thread(lambda: list(islice(rows, BATCH))):
        if reading.total:
            raise _invalid(path, reading)
        for row in batch:
            yield row
    if reading.total:
        raise _invalid(path, reading)
    if digest is not None and reading.digest.hexdigest() != digest:
        reading.fault(0, "The file was changed while it was being read.")
        raise _invalid(path, reading)


@dataclass(slots=True)
class _Reading:
    """What one pass over a file has seen so far."""

    digest: "hashlib._Hash" = field(default_factory=hashlib.sha256)
    faults: list[Fault] = field(default_factory=list)
    total: int = 0
    names: dict[str, int] = field(default_factory=dict)
    line: int = 0
    broken_at: int = 0
    row_bytes: int = 0
    ended_openly: bool = False

    def fault(self, line: int, text: str) -> None:
        """Count a fault, and keep it while there is room."""
        self.total += 1
        if len(self.faults) < SHOWN_FAULTS:
            self.faults.append(Fault(line, text))

    def broken(self, text: str) -> None:
        """Count a fault in the present line's text; its row is not looked at further."""
        self.broken_at = self.line
        self.fault(self.line, text)


class _RowTooLong(Exception):
    """A CSV row goes over so many lines that it passed the limit."""


def _invalid(path: Path, reading: _Reading) -> InvalidFile:
    faults = sorted(reading.faults, key=lambda fault: fault.line)
    return InvalidFile(path.name, faults, total=reading.total, advice=_ADVICE)


def _rows(path: Path, reading: _Reading) -> Iterator[PersonRow]:
    read = _reader(path)
    with _opened(path) as file:
        start = file.peek(2)[:2]
        if start in (b"\xff\xfe", b"\xfe\xff") or b"\0" in start:
            reading.fault(1, _UTF16)
            return
        for row in read(_lines(file, reading), reading):
            folded = row.user_name.casefold()
            earlier = reading.names.setdefault(folded, row.line)
            if earlier != row.line:
                name = shown(row.user_name)
                reading.fault(row.line, f"{name} is there already, in line {earlier}.")
                continue
            yield person_row(row)


def person_row(row: Row) -> PersonRow:
    """Return a row that can be used as the directory takes it in."""
    return PersonRow(
        line=row.line,
        user_name=row.user_name,
        attributes=row.attributes,
        enabled=row.enabled,
        manager=row.manager,
        groups=row.groups,
    )


def _reader(path: Path) -> Callable[[Iterator[str], _Reading], Iterator[Row]]:
    readers = {".csv": _csv_rows, ".jsonl": _json_rows}
    if path.suffix.lower() not in readers:
        raise BadInput(
            f"{path.name} is of no kind that can be read.",
            advice="A people file ends in .csv or .jsonl.",
        )
    return readers[path.suffix.lower()]


def _opened(path: Path) -> BufferedReader:
    try:
        about = path.stat()
        if not stat.S_ISREG(about.st_mode):
            raise BadInput(f"{path} is not a file.")
        if about.st_size > MOST_BYTES:
            raise InvalidFile(
                path.name,
                [Fault(0, f"The file has {about.st_size:,} bytes; the most is {MOST_BYTES:,}.")],
                total=1,
                advice="Split it; each part needs the header.",
            )
        return path.open("rb")
    except FileNotFoundError as error:
        raise NotFound(f"There is no file {path}.") from error
    except OSError as error:
        raise BadInput(f"{path} cannot be read: {error.strerror}.") from error


def _lines(file: BufferedReader, reading: _Reading) -> Iterator[str]:
    """Yield each line as text with its ending; one that cannot be read, as an empty one."""
    while line := file.readline(LONGEST_LINE + 1):
        reading.line += 1
        reading.digest.update(line)
        too_long = len(line) > LONGEST_LINE
        while too_long and line and not line.endswith(b"\n"):
            line = file.readline(LONGEST_LINE + 1)
            reading.digest.update(line)
        reading.ended_openly = not line.endswith(b"\n")
        if too_long:
            reading.broken(f"The line is longer than {LONGEST_LINE:,} bytes.")
            yield "\n"
            continue
        if reading.line == 1:
            line = line.removeprefix(b"\xef\xbb\xbf")
        yield _text(line, reading)


def _text(line: bytes, reading: _Reading) -> str:
    if b"\0" in line:
        reading.broken("The line holds U+0000 (NUL), which no app can take.")
        return "\n"
    try:
        return line.decode("utf-8")
    except UnicodeDecodeError as error:
        reading.broken(
            f"Byte {error.start + 1} of the line (0x{line[error.start]:02X}) is not UTF-8; the "
            "file looks like Latin-1 or Windows-1252. Save it as UTF-8."
        )
        return line.decode("latin-1")


# --- CSV ---------------------------------------------------------------------


def _csv_rows(lines: Iterator[str], reading: _Reading) -> Iterator[Row]:
    table = _csv_table(lines, reading)
    first = next(table, None)
    if first is None and not reading.total:
        reading.fault(0, "The file is empty; its first line names the columns.")
    if first is None or reading.total:
        return
    line, names = first
    faults = _header_faults(names)
    for text in faults:
        reading.fault(line, text)
    if faults:
        return
    for line, texts in table:
        if len(texts) != len(names):
            reading.fault(line, _cell_count_fault(len(texts), len(names), reading))
            continue
        yield from _usable(read_row(line, cells_from_text(names, texts)), reading)


def _csv_table(lines: Iterator[str], reading: _Reading) -> Iterator[tuple[int, list[str]]]:
    """Yield the line where each row begins and its cells; blank and broken rows are left out."""
    reader = csv.reader(_counted(lines, reading), strict=True)
    while True:
        begin = reading.line + 1
        reading.row_bytes = 0
        try:
            texts = next(reader)
        except StopIteration:
            return
        except _RowTooLong:
            reading.fault(begin, _open_quote(begin, reading.line))
            return
        except csv.Error as error:
            if reading.broken_at < begin:
                reading.fault(begin, _csv_fault(str(error), begin, reading.line))
            if "field limit" in str(error) and reading.line > begin:
                return
            continue
        if texts and reading.broken_at < begin:
            yield begin, texts


def _counted(lines: Iterator[str], reading: _Reading) -> Iterator[str]:
    for line in lines:
        reading.row_bytes += len(line)
        if reading.row_bytes > LONGEST_LINE:
            raise _RowTooLong
        yield line


def _open_quote(begin: int, end: int) -> str:
    place = "" if begin == end else f", and was still open in line {end}"
    return f"A quote is opened in this row and not closed{place}."


def _csv_fault(said: str, begin: int, end: int) -> str:
    if "expected after" in said and begin == end:
        return "A quote stands inside a quoted cell; double it, or leave it out."
    if "expected after" in said or "unexpected end" in said:
        return _open_quote(begin, end)
    if "field limit" in said:
        return "A cell is far too long." if begin == end else _open_quote(begin, end)
    if "new-line" in said:
        return "A carriage return stands alone in the row; lines end with LF or CR LF."
    return f"The row cannot be read: {said}."


def _header_faults(names: list[str]) -> list[str]:
    if len(names) == 1:
        for delimiter, word in _DELIMITERS.items():
            if delimiter in names[0]:
                return [f"The columns are separated by {word}. Save the file with commas."]
    return column_faults(names)


def _cell_count_fault(found: int, wanted: int, reading: _Reading) -> str:
    text = f"The row has {found} cells; the header has {wanted}."
    if found < wanted and reading.ended_openly:
        return text + " The file ends in the middle of this line."
    return text


# --- JSONL -------------------------------------------------------------------


class _NotUsable(ValueError):
    """The line is JSON of a kind that is refused."""


def _json_rows(lines: Iterator[str], reading: _Reading) -> Iterator[Row]:
    for text in lines:
        line = reading.line
        if reading.broken_at == line or not text.strip():
            continue
        try:
            cells = json.loads(
                text, object_pairs_hook=_without_duplicates, parse_constant=_refuse_constant
            )
        except _NotUsable as error:
            reading.fault(line, str(error))
        except json.JSONDecodeError as error:
            reading.fault(line, _json_fault(error, reading))
        except (ValueError, RecursionError):
            reading.fault(line, "The line holds a number too long, or lists nested too deep.")
        else:
            if isinstance(cells, dict):
                yield from _usable(read_row(line, cells), reading)
            else:
                reading.fault(line, "The line is no JSON object ({...} with attributes).")


def _json_fault(error: json.JSONDecodeError, reading: _Reading) -> str:
    text = f"The line is not JSON: {error.msg} at character {error.pos + 1}."
    return text + " The file ends in the middle of this line." if reading.ended_openly else text


def _without_duplicates(pairs: list[tuple[str, object]]) -> Mapping[str, object]:
    cells = dict(pairs)
    if len(cells) != len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for at, name in enumerate(names) if name in names[:at])
        raise _NotUsable(f"{shown(twice)} is there twice.")
    return cells


def _refuse_constant(name: str) -> object:
    raise _NotUsable(f"{name} is not JSON.")


def _usable(row: Row | list[Fault], reading: _Reading) -> Iterator[Row]:
    if isinstance(row, Row):
        yield row
        return
    for fault in row:
        reading.fault(fault.line, fault.text)
