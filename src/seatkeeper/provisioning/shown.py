"""Tell what a plan takes away that somebody who saw an earlier one was not shown.

    source change -> scope -> map -> match -> [plan] -> export -> log

Pure, beside ``preview``. A directory changes while somebody reads; what they agreed to
still holds as long as nothing is taken away beyond what they saw. New accounts and new
values are not asked about again. (The deletion guard's principle; decision 0066.)
"""

from collections.abc import Iterable, Sequence
from typing import Final

from seatkeeper.directory.model import Kind
from seatkeeper.provisioning.log import shown
from seatkeeper.provisioning.preview import Outlook, PlannedRecord

_HARSHNESS: Final = {Outlook.HOLD: 1, Outlook.UNLINK: 1, Outlook.DISABLE: 2, Outlook.DELETE: 3}


def taken_unseen(seen: Iterable[PlannedRecord], now: Iterable[PlannedRecord]) -> Sequence[str]:
    """Return the names of whom ``now`` takes away from what ``seen`` did not, in its order.

    That is who loses an account or its use, or loses it harder than was shown (deleted instead
    of deactivated), who is newly held for a word, and a group that loses members who stayed.
    """
    agreed = {one.key: (_harshness(one), frozenset(one.remove)) for one in seen}
    nothing: tuple[int, frozenset[str]] = (0, frozenset())
    return [one.display_name or one.record_id for one in now if _worse(one, agreed, nothing)]


def _worse(
    one: PlannedRecord,
    agreed: dict[tuple[Kind, str], tuple[int, frozenset[str]]],
    nothing: tuple[int, frozenset[str]],
) -> bool:
    harshness, members = agreed.get(one.key, nothing)
    return _harshness(one) > harshness or not members.issuperset(one.remove)


def _harshness(one: PlannedRecord) -> int:
    # A mapping may take the use of an account away by a value: that is called an update.
    ends = any(change.path == "active" and change.new != shown(True) for change in one.changes)
    verb = Outlook.DISABLE if ends and one.verb is Outlook.UPDATE else one.verb
    return max(_HARSHNESS.get(verb, 0), 1 if one.held else 0)
