"""Ask once what the parts of one page ask several times.

Beside the walk. A *look* is one page being made. Within it, the same question
to the same part gets the answer that it got before; so a page agrees with
itself, too. A look knows nothing any more once something was written by
whoever looks, or its page is made. Whatever runs outside of one (the engine, a
command, an open stream) is answered anew each time.

Which questions may be answered so is decided where ``once`` is put: those whose
answer nobody waits to see change while a page is made, and nobody changes.
"""

import functools
from collections.abc import Callable, Collection, Coroutine, Hashable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any, Concatenate, Final, ParamSpec, TypeVar

S = TypeVar("S")
P = ParamSpec("P")
T = TypeVar("T")


@dataclass
class _Look:
    """What was answered so far; ``over``: the page is made, tasks that it began ask anew."""

    answers: dict[Hashable, Any] = field(default_factory=dict)
    over: bool = False


_LOOK: Final[ContextVar[_Look | None]] = ContextVar("look", default=None)


@contextmanager
def one_look() -> Iterator[None]:
    """Let what is asked several times inside be asked once."""
    look = _Look()
    before = _LOOK.set(look)
    try:
        yield
    finally:
        look.over = True
        _LOOK.reset(before)


def forget() -> None:
    """Forget what was answered in this look: something was written."""
    look = _LOOK.get()
    if look is not None:
        look.answers = {}  # what is being asked right now still puts its answer into the old one


def once(
    asked: Callable[Concatenate[S, P], Coroutine[Any, Any, T]],
) -> Callable[Concatenate[S, P], Coroutine[Any, Any, T]]:
    """Return a method that is asked once in a look for each way to ask it."""

    @functools.wraps(asked)
    async def answer(self: S, /, *args: P.args, **named: P.kwargs) -> T:
        look = _LOOK.get()
        if look is None or look.over:
            return await asked(self, *args, **named)
        answers = look.answers
        key = (asked.__qualname__, id(self), _frozen(args), _frozen(named))
        if key not in answers:  # kept with whoever was asked, so that nobody else gets its id
            answers[key] = self, await asked(self, *args, **named)
        found: T = answers[key][1]
        return found

    return answer


def _frozen(value: object) -> Hashable:
    """Return arguments as something that equals only the same arguments."""
    if isinstance(value, Mapping):
        return frozenset((name, _frozen(one)) for name, one in value.items())
    if isinstance(value, set | frozenset):
        return frozenset(value)
    if isinstance(value, Collection) and not isinstance(value, str | bytes):
        return tuple(_frozen(one) for one in value)
    if not isinstance(value, Hashable):
        raise TypeError(f"{value!r} cannot be an argument of what is asked once")
    return value
