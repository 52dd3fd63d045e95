"""A command waits for nothing that it does not use."""

import subprocess
import sys
from typing import Final

SERVED: Final = ("seatkeeper.console.app", "seatkeeper.sandbox.serve", "uvicorn", "uvloop")
IMPORTED: Final = f"""
import sys
import seatkeeper.cli.main
print(*(one for one in {SERVED} if one in sys.modules))
import seatkeeper.cli.serving
print(*(one for one in {SERVED} if one in sys.modules))
"""


def test_a_short_command_imports_no_server() -> None:
    said = subprocess.run(
        [sys.executable, "-c", IMPORTED], capture_output=True, text=True, check=True
    )

    short, serving = said.stdout.splitlines()

    assert short == ""
    assert serving.split() == list(SERVED)


def test_the_collector_is_at_work_again_when_all_is_imported() -> None:
    asked = "import gc, seatkeeper.cli.main; print(gc.isenabled())"

    said = subprocess.run([sys.executable, "-c", asked], capture_output=True, text=True, check=True)

    assert said.stdout == "True\n"
