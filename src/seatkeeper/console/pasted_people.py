"""Bring in people that somebody pasted as CSV, under the very rules that hold for files.

Beside the pages. A form holds a few hundred people; more come as a file, by
``seatkeeper import-people``. Nothing is written where one line has a fault.
"""

import asyncio
from pathlib import Path
from tempfile import TemporaryDirectory

from seatkeeper.connectors.people_files import check_people_file, read_people
from seatkeeper.facts.workplace import Workplace
from seatkeeper.ports import ImportSummary

NAME = "people.csv"


async def import_pasted(work: Workplace, text: str, *, actor: str) -> ImportSummary:
    """Apply the pasted rows. Raises ``InvalidFile`` with the line of each fault."""
    with TemporaryDirectory(prefix="seatkeeper-paste-") as folder:
        path = Path(folder) / NAME
        path.write_bytes(text.encode("utf-8", "surrogatepass"))
        checked = await asyncio.to_thread(check_people_file, path)
        rows = read_people(path, digest=checked.digest)
        return await work.people_import.apply_rows(
            checked.digest, rows, total=checked.rows, actor=actor
        )
