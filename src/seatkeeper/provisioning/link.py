"""Our memory that record X is account Y, with the values last known there.

Beside the walk: ``match`` makes links, ``plan`` compares with them, the engine
keeps them. ``known`` holds what was last written or read for the paths that
the mappings wanted; a path without entry there was never ours to clear.
"""

import datetime as dt
from dataclasses import dataclass, replace
from typing import Final

from seatkeeper.directory.model import Kind
from seatkeeper.provisioning.account import TargetValues

HELD_MARK: Final = "held:"
"""Stands with the record's id where the id of an account was, while a link is held."""


@dataclass(frozen=True, slots=True)
class Link:
    """One record's account in one app.

    ``former_id`` is set while the link is held: the id that the account had
    before the app's address led elsewhere, or many accounts were gone. What
    stands in ``account_id`` then is the id of nobody.
    """

    kind: Kind
    record_id: str
    account_id: str
    known: TargetValues
    display_name: str = ""
    since: dt.datetime | None = None
    former_id: str | None = None

    @property
    def held(self) -> bool:
        """Whether nothing may be sent, because the account cannot be confirmed as theirs."""
        return self.former_id is not None

    @property
    def last_id(self) -> str:
        """The account's id as it was last known, to be shown and never to be written to."""
        return self.account_id if self.former_id is None else self.former_id

    def hold(self) -> "Link":
        """Return the link with a mark in place of its account's id, so that none can be met."""
        mark = f"{HELD_MARK}{self.record_id}"
        return replace(self, account_id=mark, former_id=self.last_id)
