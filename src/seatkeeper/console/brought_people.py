"""Bring in people that somebody pasted or uploaded, under the very rules that hold for files.

Beside the pages. A form holds as much as ``visit.LARGEST_FILE``; more come by
``seatkeeper import-people``. Nothing is written where one line has a fault.
"""

import asyncio
from pathlib import Path
from tempfile import TemporaryDirectory

from seatkeeper.connectors.people_files import check_people_file, read_people
from seatkeeper.facts.workplace import Workplace
from seatkeeper.ports import ImportSummary


async def bring_people(
    work: Workplace, content: bytes, *, name: str = "people.csv", actor: str
) -> ImportSummary:
    """Apply the rows of a file, whose ``name`` says how it is written: ``.jsonl``, else CSV.

    Raises ``InvalidFile`` with the line of each fault.
    """
    ending = ".jsonl" if name.lower().endswith(".jsonl") else ".csv"
    with TemporaryDirectory(prefix="seatkeeper-people-") as folder:
        path = Path(folder) / f"people{ending}"
        await asyncio.to_thread(path.write_bytes, content)
        checked = await asyncio.to_thread(check_people_file, path)
        rows = read_people(path, digest=checked.digest)
        return await work.people_import.apply_rows(
            checked.digest, rows, total=checked.rows, actor=actor
        )
