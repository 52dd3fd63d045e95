"""Whether an app's list shows that nobody there answers to a record.

    source change -> scope -> map -> [match] -> plan -> export -> log

One list costs a request for each page, a look-up one for each record: for many
records the list is the cheaper question. It may be wrong in one direction
only. Whoever it shows is looked up all the same; whoever it does not show is
believed absent only where the app itself refuses a second account, so that a
list that missed somebody ends in a refusal and never in a duplicate
(``design.md`` 3.2 and rule 1). Pure; the list is read in ``engine.listing``.
"""

from collections.abc import Iterable, Sequence
from hashlib import blake2b
from typing import Final

from seatkeeper.provisioning.account import Account
from seatkeeper.provisioning.mapping.model import ObjectMapping
from seatkeeper.provisioning.match import Condition, Question

FEWEST: Final = 100
"""For fewer records the app is asked about each: a list would save next to nothing."""

_SAVES: Final = 4
"""So many look-ups must be spared for each page of the list."""

_BITS: Final = 24
"""Bits kept for each value; about one absent value in 8,000 is then looked up in vain."""

_MARKS: Final = 6


def is_worth_listing(waiting: int, total: int, page: int) -> bool:
    """Whether a list of ``total`` accounts, ``page`` to a page, costs less than the look-ups."""
    pages = -(-total // page) if page else 0
    return pages * _SAVES <= waiting


class Shown:
    """The unique values that a list showed, in a few bits each, however many there are.

    It may take a value for shown that was not (then a look-up tells), never the other way
    round. Looked at are the target paths of which only one account may hold a value.
    """

    def __init__(self, mapping: ObjectMapping, total: int) -> None:
        """Make room for the values of ``total`` accounts; more only blur the answer."""
        self._exact = {one.target: one.case_exact for one in mapping.mappings if one.unique}
        self._size = max(1_024, _BITS * total * max(1, len(self._exact)))
        self._bits = bytearray(self._size // 8 + 1)

    def add(self, accounts: Iterable[Account]) -> None:
        """Remember the unique values of these accounts."""
        for account in accounts:
            for path, exact in self._exact.items():
                value = account.values.get(path)
                if value is None or isinstance(value, tuple):
                    continue
                for at in self._marks(path, str(value), exact):
                    self._bits[at >> 3] |= 1 << (at & 7)

    def has_nobody_for(self, questions: Sequence[Question]) -> bool:
        """Whether no account can answer any of these, and a duplicate would be refused.

        A question without a condition on a unique value is never answered here.
        """
        return all(
            any(self._is_absent(one) for one in (Condition(asked.path, asked.value), *asked.also))
            for asked in questions
        )

    def _is_absent(self, one: Condition) -> bool:
        exact = self._exact.get(one.path)
        if exact is None:
            return False
        marks = self._marks(one.path, one.value, exact)
        return not all(self._bits[at >> 3] & (1 << (at & 7)) for at in marks)

    def _marks(self, path: str, value: str, exact: bool) -> Iterable[int]:
        text = f"{path}\0{value if exact else value.casefold()}"
        digest = blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16).digest()
        number = int.from_bytes(digest[:8])
        step = int.from_bytes(digest[8:]) | 1
        return [(number + turn * step) % self._size for turn in range(_MARKS)]
