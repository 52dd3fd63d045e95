"""Every door to the outside, one page each.

The walk is pure; what it needs from the world comes through these protocols.
Each has one contract suite under ``tests/contracts`` that every implementation
runs. Ports are asynchronous; implementations on SQL run their work in threads.
"""

from seatkeeper.ports.configuration import (
    AuditEntry,
    Configuration,
    FormerSecret,
    KeptSchema,
    SettingsVersion,
    StoredApp,
)
from seatkeeper.ports.directory import Directory, UserEdit
from seatkeeper.ports.erasing import Erasable, Erasing, Erasure
from seatkeeper.ports.leases import Lease, Leases
from seatkeeper.ports.ledger import Ledger, Touched
from seatkeeper.ports.ledger_ages import Kept
from seatkeeper.ports.people_import import ImportSummary, PeopleImport, PersonRow
from seatkeeper.ports.post import Deciding, Delivery, Outbox, Post
from seatkeeper.ports.target import Bulk, Exchange, NoBulk, Page, Target, Trace

__all__ = [
    "AuditEntry",
    "Bulk",
    "Configuration",
    "Deciding",
    "Delivery",
    "Directory",
    "Erasable",
    "Erasing",
    "Erasure",
    "Exchange",
    "FormerSecret",
    "ImportSummary",
    "Kept",
    "KeptSchema",
    "Lease",
    "Leases",
    "Ledger",
    "NoBulk",
    "Outbox",
    "Page",
    "PeopleImport",
    "PersonRow",
    "Post",
    "SettingsVersion",
    "StoredApp",
    "Target",
    "Touched",
    "Trace",
    "UserEdit",
]
