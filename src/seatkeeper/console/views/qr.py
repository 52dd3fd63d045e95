"""Draw a text as a QR code: geometry in attributes, so that the policy of pages lets it through.

Beside the walk, pure: a text goes in, the path of an SVG comes out. (Console design, 13.)
"""

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import groupby
from typing import Final

import segno

QUIET: Final = 4
"""So many light modules stand around a code; readers need them (ISO/IEC 18004)."""


@dataclass(frozen=True, slots=True)
class QrCode:
    """A square of ``size`` modules, the quiet zone included; ``path`` are the dark ones."""

    size: int
    path: str


def qr_code(text: str) -> QrCode:
    """Return the code of a text, which may hold some hundred characters."""
    rows = list(segno.make_qr(text, error="m").matrix_iter(border=QUIET))
    path = "".join(
        f"M{start} {y}h{length}v1h-{length}z"
        for y, row in enumerate(rows)
        for start, length in _runs(row)
    )
    return QrCode(len(rows), path)


def _runs(row: Iterable[int]) -> list[tuple[int, int]]:
    """Return where dark modules follow each other in a row: start and length."""
    found, x = [], 0
    for dark, some in groupby(row, bool):
        length = len(list(some))
        if dark:
            found.append((x, length))
        x += length
    return found
