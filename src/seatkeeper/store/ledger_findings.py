"""What reconciling found on SQL, and when each account was looked at.

Beside the walk: a part of ``ledger``, each method one transaction in a thread,
and two steps of a write. What a finding means is ``provisioning.reconcile``.
"""

import datetime as dt
from collections.abc import Collection, Mapping, Sequence
from typing import Any, Final

from sqlalchemy import Connection, bindparam, delete, func, or_, select, update

from seatkeeper.directory.model import Kind
from seatkeeper.provisioning.journal import Key
from seatkeeper.provisioning.link import Link
from seatkeeper.provisioning.reconcile import (
    STRANGERS,
    Difference,
    Finding,
    Found,
    Reconciled,
    Unchecked,
)
from seatkeeper.store import ledger_rows as rows
from seatkeeper.store import ledger_tables as t
from seatkeeper.store.asked import Asked
from seatkeeper.store.ledger_base import LedgerPart
from seatkeeper.store.ledger_held import links_of
from seatkeeper.store.upsert import among, pieces, upsert

_COUNTS: Final = Asked(
    select(t.findings.c.found, func.count().label("number"))
    .where(t.findings.c.app_id == bindparam("app_id"))
    .group_by(t.findings.c.found)
    .order_by(t.findings.c.found)
)
_RECONCILED: Final = Asked(select(t.reconciled).where(t.reconciled.c.app_id == bindparam("app_id")))


class Findings(LedgerPart):
    """The part of ``ports.Ledger`` about what apps were found to hold."""

    async def records_of(
        self, app_id: str, kind: Kind, account_ids: Collection[str]
    ) -> Mapping[str, str]:
        """Return whose accounts these are, also those that held links had before."""

        def work(connection: Connection) -> dict[str, str]:
            found: dict[str, str] = {}
            for piece in pieces(account_ids):
                mine = (t.links.c.app_id == app_id, t.links.c.kind == kind)
                linked = connection.execute(
                    select(t.links.c.account_id, t.links.c.record_id).where(
                        *mine, among(t.links.c.account_id, piece)
                    )
                ).all()
                held = connection.execute(
                    select(t.links.c.former_id, t.links.c.record_id).where(
                        *mine, t.links.c.former_id.is_not(None), among(t.links.c.former_id, piece)
                    )
                ).all()
                found |= {row[0]: row.record_id for row in (*held, *linked)}
            return found

        return await self._database.read(work)

    async def unchecked_links(
        self, app_id: str, kind: Kind, before: dt.datetime, *, after: str = "", limit: int = 100
    ) -> Sequence[Link]:
        """Return a page of links whose accounts were not looked at since ``before``."""
        asked = (
            select(t.links)
            .where(
                t.links.c.app_id == app_id,
                t.links.c.kind == kind,
                t.links.c.record_id > after,
                or_(t.links.c.checked_at.is_(None), t.links.c.checked_at < before),
            )
            .order_by(t.links.c.record_id)
            .limit(limit)
        )
        return await self._database.read(lambda c: links_of(c, asked))

    async def checked_at(self, app_id: str, kind: Kind, record_id: str) -> dt.datetime | None:
        """Return when a record's account was looked at last, or none."""
        row = await self._first(
            select(t.links.c.checked_at).where(
                t.links.c.app_id == app_id,
                t.links.c.kind == kind,
                t.links.c.record_id == record_id,
            )
        )
        return row.checked_at if row else None

    async def members_written(self, app_id: str, group_id: str) -> Mapping[str, str]:
        """Return a group's members as surely written, without those whose links are held."""
        held_ones = select(t.links.c.record_id).where(
            t.links.c.app_id == app_id, t.links.c.former_id.is_not(None)
        )
        found = await self._all(
            select(t.link_members.c.account_id, t.link_members.c.member_id).where(
                t.link_members.c.app_id == app_id,
                t.link_members.c.group_id == group_id,
                t.link_members.c.doubtful.is_(False),
                t.link_members.c.member_id.not_in(held_ones),
            )
        )
        return {row.account_id: row.member_id for row in found}

    async def findings(
        self,
        app_id: str,
        *,
        accounts: tuple[Kind, Collection[str]] | None = None,
        record: Key | None = None,
        since: dt.datetime | None = None,
        after: tuple[Kind, str] | None = None,
        limit: int = 500,
    ) -> Sequence[Finding]:
        """Return what was found, by kind and account."""
        asked = select(t.findings).where(t.findings.c.app_id == app_id)
        if accounts is not None:
            kind, ids = accounts
            asked = asked.where(t.findings.c.kind == kind, among(t.findings.c.account_id, ids))
        if record is not None:
            kind, record_id = record
            asked = asked.where(t.findings.c.kind == kind, t.findings.c.record_id == record_id)
        if since is not None:
            asked = asked.where(t.findings.c.at >= since)
        if after is not None:
            kind, account_id = after
            asked = asked.where(
                or_(
                    t.findings.c.kind > kind,
                    (t.findings.c.kind == kind) & (t.findings.c.account_id > account_id),
                )
            )
        ordered = asked.order_by(t.findings.c.kind, t.findings.c.account_id).limit(limit)
        return [_finding_of(row) for row in await self._all(ordered)]

    async def finding_counts(self, app_id: str) -> Mapping[Found, int]:
        """Return how often each thing was found."""
        return {Found(row.found): row.number for row in await self._asked(_COUNTS, app_id=app_id)}

    async def reconciled(self, app_id: str) -> Reconciled | None:
        """Return the last look at everybody, or none."""
        found = await self._asked(_RECONCILED, app_id=app_id)
        if not found:
            return None
        [row] = found
        unchecked = tuple(Unchecked(Kind(kind), what, why) for kind, what, why in row.unchecked)
        return Reconciled(row.cycle_id, row.started, row.ended, unchecked)


def keep_findings(
    connection: Connection,
    app_id: str,
    checked: Sequence[Link],
    findings: Sequence[Finding],
    now: dt.datetime,
) -> None:
    """Note which accounts were looked at, and what was found now; earlier findings of them end."""
    for kind in Kind:
        for piece in pieces([link for link in checked if link.kind is kind]):
            records = [link.record_id for link in piece]
            connection.execute(
                update(t.links)
                .where(
                    t.links.c.app_id == app_id,
                    t.links.c.kind == kind,
                    among(t.links.c.record_id, records),
                )
                .values(checked_at=now)
            )
            connection.execute(
                delete(t.findings).where(
                    t.findings.c.app_id == app_id,
                    t.findings.c.kind == kind,
                    among(t.findings.c.account_id, [link.account_id for link in piece]),
                )
            )
    upsert(connection, t.findings, [_row(app_id, one) for one in findings])


def end_reconciling(connection: Connection, app_id: str, done: Reconciled) -> None:
    """Keep what a look at everybody left open, and let go of what it did not find again.

    Accounts that nobody manages stay known where the list of their kind was not whole.
    """
    kept = [one.kind for one in done.unchecked if one.what == STRANGERS]
    strangers = t.findings.c.found.in_([Found.UNMANAGED, Found.DOUBLE])
    connection.execute(
        delete(t.findings).where(
            t.findings.c.app_id == app_id,
            t.findings.c.at < done.started,
            ~(strangers & t.findings.c.kind.in_(kept)),
        )
    )
    row = {
        "app_id": app_id,
        "cycle_id": done.cycle_id,
        "started": done.started,
        "ended": done.ended,
        "unchecked": [[one.kind, one.what, one.why] for one in done.unchecked],
    }
    upsert(connection, t.reconciled, [row])


def _row(app_id: str, one: Finding) -> dict[str, object]:
    return {
        "app_id": app_id,
        "kind": one.kind,
        "account_id": one.account_id,
        "found": one.found,
        "record_id": one.record_id,
        "display_name": one.display_name,
        "why": one.why,
        "differences": [
            [d.path, d.written, d.found, d.wanted, d.cause, d.record, d.repairs]
            for d in one.differences
        ],
        "since": one.since,
        "at": one.at,
    }


def _finding_of(row: Any) -> Finding:
    return Finding(
        Kind(row.kind),
        row.account_id,
        Found(row.found),
        row.at,
        row.since,
        row.record_id,
        row.display_name,
        row.why,
        tuple(
            Difference(
                path,
                rows.plain_value(written),
                rows.plain_value(found),
                rows.plain_value(wanted),
                Found(cause),
                record,
                repairs,
            )
            for path, written, found, wanted, cause, record, repairs in row.differences
        ),
    )
