"""What became of one record: filled while it is sent, read where it is booked and logged.

    source change -> scope -> map -> match -> plan -> [export] -> log

Shell. A value that is written by ``sender`` alone; it decides nothing.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

from seatkeeper.errors import Refused, SeatkeeperError
from seatkeeper.ports import Trace
from seatkeeper.provisioning.account import TargetValues
from seatkeeper.provisioning.journal import Entry, MemberWrite
from seatkeeper.provisioning.plan import Action, Create
from seatkeeper.provisioning.walk import Decided, Facts


@dataclass
class Sent:
    """What became of one record. Without ``error`` the action is done as a whole.

    ``started`` is false when nothing was sent at all, ``done`` true when all but
    a group's members is. With ``error`` the
    ``account_id`` and members may still be set: what was done before it failed.
    ``held``: the account is gone, and whether it is made anew is a person's word.
    ``more``: others of the group's members are still to be written, after these; ``continued``:
    some were written before.
    ``interim``: it is a step on the way to what was planned. ``left_out`` is why
    of a removal of access only that was written.
    ``doubtful``: the last request was sent and its outcome is not known; such
    a record stops the app, or waits with its doubt, rather than being forgotten in escrow.
    """

    facts: Facts
    entry: Entry
    decided: Decided
    action: Action
    trace: Trace = field(default_factory=Trace)
    started: bool = False
    account_id: str | None = None
    known: TargetValues | None = None
    word: str | None = None
    added: list[MemberWrite] = field(default_factory=list)
    removed: list[MemberWrite] = field(default_factory=list)
    unresolved: Sequence[str] = ()
    gone: bool = False
    held: bool = False
    remade: bool = False
    error: SeatkeeperError | None = None
    doubtful: bool = False
    interim: bool = False
    more: bool = False
    continued: bool = False
    done: bool = False
    left_out: Refused | None = None

    @property
    def waits_in_doubt(self) -> bool:
        """Whether a create may wait alone, with its doubt: the app refuses to look for it.

        It may refuse for ever, and that is no reason to stop everybody.
        """
        never_linked = self.facts.link is None and isinstance(self.action, Create)
        return self.doubtful and never_linked and isinstance(self.error, Refused)
