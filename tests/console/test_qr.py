"""A QR code is drawn as one path that stands for exactly its dark modules."""

import re

import segno

from seatkeeper.console.views.qr import QUIET, qr_code

LINK = "otpauth://totp/Seatkeeper%20localhost:ana%40larkspur.example?secret=JBSWY3DPEHPK3PXP"


def test_the_path_fills_the_dark_modules_of_the_code_and_leaves_a_quiet_zone() -> None:
    code = qr_code(LINK)

    filled = {
        (int(x) + step, int(y))
        for x, y, length in re.findall(r"M(\d+) (\d+)h(\d+)v1h-\d+z", code.path)
        for step in range(int(length))
    }

    rows = list(segno.make_qr(LINK, error="m").matrix)
    dark = {
        (x + QUIET, y + QUIET) for y, row in enumerate(rows) for x, one in enumerate(row) if one
    }
    assert filled == dark
    assert code.size == len(rows) + 2 * QUIET
