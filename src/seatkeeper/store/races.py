"""Transactions that lost against another one are begun again, after a wait of their own.

Beside the walk, below ``database`` and ``resource_file``. It decides how often and
how long; whether an error means a lost race is for the caller and ``faults`` to say.
"""

import secrets
import time
from collections.abc import Callable
from typing import Final, TypeVar

from sqlalchemy.exc import DBAPIError

T = TypeVar("T")

ATTEMPTS: Final = 5
"""How often a transaction is begun that lost against another one."""


def repeated(act: Callable[[], T], lost: Callable[[DBAPIError], bool]) -> T:
    """Do something, again where it ``lost``, at most ``ATTEMPTS`` times; then raise its error."""
    for attempt in range(1, ATTEMPTS + 1):
        try:
            return act()
        except DBAPIError as error:
            if attempt == ATTEMPTS or not lost(error):
                raise
        # Longer each time and never the same as its rival, a third of a second in all.
        pause = 0.01 * 2**attempt + secrets.randbelow(20) / 1000
        time.sleep(pause)  # the database does not say when the other one is done
    raise AssertionError("the last attempt returns or raises")
