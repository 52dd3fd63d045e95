"""Leave to send: what is asked immediately before each request to an app leaves.

At the end of the walk. Where several processes share the work, whoever was
held up for longer than its lease must not send any more. The engine's shell
sets what is asked for all that runs inside ``asked_first``; connectors ask with
``may_leave`` as the last thing they do. Where nothing is set, everything may leave.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Final

_ASKED: Final[ContextVar[Callable[[], None] | None]] = ContextVar("leave to send", default=None)


@contextmanager
def asked_first(check: Callable[[], None]) -> Iterator[None]:
    """Have ``check`` asked before each request that is made inside, in tasks begun there, too."""
    before = _ASKED.set(check)
    try:
        yield
    finally:
        _ASKED.reset(before)


def may_leave() -> None:
    """Return where a request may leave now. Raises ``LeaseLost`` where it must not."""
    check = _ASKED.get()
    if check is not None:
        check()
