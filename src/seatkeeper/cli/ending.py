"""End the process with its own exit status, and no later than everything is said and kept.

On top of everything. The HTTP client works in native threads, and the last of them may
still let go of an answer when the command has ended. Python 3.11 takes itself apart
meanwhile, kills such a thread in the middle of that, and the process is aborted: status 134
in place of the command's own. Nothing tells when those threads are done. So Python is not
taken apart: when its threads have ended and all else that was to be done at exit is done,
what was printed is written out and the process ends.
"""

import atexit
import logging
import os
import sys
from contextlib import suppress
from typing import Final, NoReturn

_UNFORESEEN: Final = 1


class Ending:
    """How the process will end: with status 1 until somebody says otherwise."""

    def __init__(self) -> None:
        """Begin; from now on the process ends here. What is registered later is still done."""
        self._status = _UNFORESEEN
        atexit.register(self._leave)

    def leave(self, status: int) -> NoReturn:
        """End with this status; raises ``SystemExit``, so that whoever called cleans up first."""
        self._status = status
        sys.exit(status)

    def _leave(self) -> NoReturn:
        logging.shutdown()
        for stream in (sys.stdout, sys.stderr):
            # Nobody reads what cannot be written out any more, nor could be told.
            with suppress(OSError, ValueError):
                if stream is not None:
                    stream.flush()
        os._exit(self._status)
