"""Forget part of what is known of an app, for ``restart``, and nothing that may have been sent.

Beside the walk: one step of ``ledger``, in its transaction. What is forgotten is learned again;
only what became of a lost request nobody can find out who does not know of it.
"""

import datetime as dt
from collections.abc import Collection
from typing import Any

from sqlalchemy import Connection, Select, Text, delete, select, type_coerce, update

from seatkeeper.errors import BadInput, InDoubt
from seatkeeper.provisioning.cycle import CycleState
from seatkeeper.provisioning.journal import Entry, EntryState, Escrow
from seatkeeper.store import ledger_rows as rows
from seatkeeper.store import ledger_tables as t
from seatkeeper.store.upsert import upsert

RESETS = {
    "links": (t.links, t.link_members, t.waiting, t.claims, t.findings, t.undone),
    "watermark": (t.positions,),
    "escrows": (t.escrows,),
    "quarantine": (t.health, t.failing),
}
"""What ``restart --reset`` can forget, and the tables that hold it."""


def check_resets(what: Collection[str]) -> None:
    """Raise ``BadInput`` where something of this cannot be forgotten."""
    unknown = sorted(set(what) - set(RESETS))
    if unknown:
        raise BadInput(
            f"{', '.join(unknown)} cannot be reset.", advice=f"Choose of {', '.join(RESETS)}."
        )


def forget(connection: Connection, app_id: str, what: Collection[str], *, actor: str) -> None:
    """Forget this of an app, and with it the plan of an open cycle."""
    for name in what:
        for table in RESETS[name]:
            gone = delete(table).where(table.c.app_id == app_id)
            if table is t.escrows:  # who may have got an account is looked up first
                gone = gone.where(type_coerce(t.escrows.c.doubt, Text()) == "[]")
            connection.execute(gone)
    open_ones = select(t.cycles.c.id).where(
        t.cycles.c.app_id == app_id, t.cycles.c.state != CycleState.DONE
    )
    _doubt_what_was_sent(connection, app_id, open_ones)
    connection.execute(delete(t.journal).where(t.journal.c.cycle_id.in_(open_ones)))
    connection.execute(
        update(t.cycles)
        .where(t.cycles.c.app_id == app_id, t.cycles.c.state != CycleState.DONE)
        .values(state=CycleState.DONE, note=f"ended by a restart ({actor})")
    )


def _doubt_what_was_sent(connection: Connection, app_id: str, cycles: Select[Any]) -> None:
    """Have looked up first what was on its way when its plan was forgotten.

    Whether a lost request made an account, or what it left an account with, nobody knows.
    """
    sent = (
        select(t.journal, t.cycles.c.started)
        .join(t.cycles, t.cycles.c.id == t.journal.c.cycle_id)
        .where(t.journal.c.cycle_id.in_(cycles), t.journal.c.state == EntryState.INTENDED)
    )
    doubtful: list[Escrow] = []
    for row in connection.execute(sent).all():
        entry = rows.entry_of(row)
        theirs = select(t.links.c.record_id).where(
            t.links.c.app_id == app_id,
            t.links.c.kind == entry.kind,
            t.links.c.record_id == entry.record_id,
        )
        if entry.changes and (entry.verb == "create" or connection.scalar(theirs) is not None):
            doubtful.append(_in_doubt(entry, row.started))
    upsert(connection, t.escrows, [rows.escrow_row(app_id, one) for one in doubtful])


def _in_doubt(entry: Entry, since: dt.datetime) -> Escrow:
    making = "create" if entry.verb == "create" else "change"
    return Escrow(
        entry.kind,
        entry.record_id,
        entry.display_name,
        InDoubt.code,
        f"A request to {making} the account was on its way when its plan was forgotten.",
        "The next cycle looks whether it arrived.",
        attempts=1,
        first_at=since,
        last_at=since,
        retry_at=since,
        doubt=entry.changes,
    )
