"""An app in memory that gets what is asked for at the same time in one message."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Literal

from tests.engine.world import FaultyTarget

from seatkeeper.connectors.gathering import Gathering
from seatkeeper.connectors.memory import MemoryTarget
from seatkeeper.directory.model import Kind
from seatkeeper.errors import ConnectorError
from seatkeeper.ports import Trace
from seatkeeper.provisioning.account import Account, TargetValues, ValueChange

Part = Callable[[], Awaitable[Any]]


@dataclass
class Messages:
    """What leaves together; implements ``ports.Bulk``.

    ``sizes`` are those of the messages that left. ``losing`` are the fates of the next ones:
    ``before`` any of it is carried out, ``after`` all of it, or in the ``middle``.
    """

    sizes: list[int] = field(default_factory=list)
    losing: list[tuple[Literal["before", "middle", "after"], ConnectorError]] = field(
        default_factory=list
    )

    def __post_init__(self) -> None:
        self.gathering: Gathering[Part, Any] = Gathering(self._carried)

    @property
    def at_once(self) -> int:
        """How many at the same time."""
        return self.gathering.at_once

    def takes(self, kind: Kind, changes: Sequence[ValueChange] = ()) -> bool:
        """Everything about people."""
        return kind is Kind.USER

    async def learn(self, trace: Trace) -> None:
        """Nothing to learn."""

    async def _carried(self, parts: Sequence[Part]) -> Sequence[Any]:
        self.sizes.append(len(parts))
        when, error = self.losing.pop(0) if self.losing else ("", None)
        parts = {"before": parts[:0], "middle": parts[: len(parts) // 2]}.get(when, parts)
        came = [await _outcome(part) for part in parts]
        self.gathering.took(len(parts), 0.0)
        if error is not None:
            raise error
        return came


async def _outcome(part: Part) -> Any:
    try:
        return await part()
    except ConnectorError as error:
        return error


class MessageApp(FaultyTarget):
    """The app; faults planted by verb are those of single operations."""

    bulk: Messages

    @classmethod
    def over(cls, before: MemoryTarget) -> "MessageApp":
        """Return the same app, which takes messages from now on."""
        made = cls(before.capabilities, before.faults, before.exact, before.journal, before.held)
        made.memberships, made.planted_by_verb = before.memberships, []
        made.bulk = Messages()
        return made

    async def create(self, kind: Kind, values: TargetValues, trace: Trace) -> Account:
        """Create an account, together with others."""
        part = partial(super().create, kind, values, trace)
        if not self.bulk.takes(kind):
            return await part()
        made: Account = await self.bulk.gathering.ask(part)
        return made

    async def update(
        self, kind: Kind, account_id: str, changes: Sequence[ValueChange], trace: Trace
    ) -> None:
        """Send differences, together with others."""
        part = partial(super().update, kind, account_id, changes, trace)
        await (self.bulk.gathering.ask(part) if self.bulk.takes(kind, changes) else part())
