"""Our memory that record X is account Y, with the values last known there.

Beside the walk: ``match`` makes links, ``plan`` compares with them, the engine
keeps them. ``known`` holds what was last written or read for the paths that
the mappings wanted; a path without entry there was never ours to clear.
"""

import datetime as dt
from dataclasses import dataclass

from seatkeeper.directory.model import Kind
from seatkeeper.provisioning.account import TargetValues


@dataclass(frozen=True, slots=True)
class Link:
    """One record's account in one app."""

    kind: Kind
    record_id: str
    account_id: str
    known: TargetValues
    display_name: str = ""
    since: dt.datetime | None = None
