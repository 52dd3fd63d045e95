"""The engine's memory on SQL: ``ports.Ledger`` for SQLite and PostgreSQL.

Beside the walk: each method is one transaction in a thread. Reading many
records lives in ``ledger_facts`` and ``ledger_claims``, writing in ``ledger_write``;
cycles and the outbox are parts of their own.
"""

import datetime as dt
from collections.abc import Collection, Mapping, Sequence
from typing import Final

from sqlalchemy import (
    Connection,
    bindparam,
    func,
    select,
)

from seatkeeper.directory.model import Kind
from seatkeeper.directory.nesting import Regrouped
from seatkeeper.ports import Touched
from seatkeeper.provisioning.cycle import CycleState
from seatkeeper.provisioning.journal import (
    Health,
    Key,
    MemberDifference,
    Work,
)
from seatkeeper.provisioning.link import Link
from seatkeeper.provisioning.log import LogEntry
from seatkeeper.provisioning.match import Claim
from seatkeeper.provisioning.walk import Facts
from seatkeeper.store import ledger_claims as claims_of
from seatkeeper.store import ledger_facts as facts
from seatkeeper.store import ledger_held as held
from seatkeeper.store import ledger_members as members
from seatkeeper.store import ledger_nesting as nesting
from seatkeeper.store import ledger_rows as rows
from seatkeeper.store import ledger_tables as t
from seatkeeper.store import ledger_waiting as waiting
from seatkeeper.store.asked import Asked
from seatkeeper.store.ledger_accounts import AccountCounts
from seatkeeper.store.ledger_cycles import Cycles
from seatkeeper.store.ledger_escrows import Escrows
from seatkeeper.store.ledger_events import LogEvents
from seatkeeper.store.ledger_findings import Findings
from seatkeeper.store.ledger_held_counts import HeldCounts
from seatkeeper.store.ledger_holds import Holds
from seatkeeper.store.ledger_notices import Notices
from seatkeeper.store.ledger_orders import Orders
from seatkeeper.store.ledger_reset import check_resets, forget
from seatkeeper.store.ledger_retention import Forgetting
from seatkeeper.store.ledger_undone import UndoneParts
from seatkeeper.store.ledger_whereabouts import LedgerWhereabouts
from seatkeeper.store.ledger_write import write_work
from seatkeeper.store.tables import feed_position

_POSITION: Final = Asked(select(feed_position.c.seq))
_HEALTH: Final = Asked(select(t.health).where(t.health.c.app_id == bindparam("app_id")))


class SqlLedger(
    AccountCounts,
    Cycles,
    Escrows,
    Findings,
    HeldCounts,
    Holds,
    LogEvents,
    LedgerWhereabouts,
    Orders,
    Notices,
    Forgetting,
    UndoneParts,
):
    """``ports.Ledger`` and ``ports.Outbox`` on one database."""

    async def last_change(self) -> int:
        """Return the newest committed change of the directory."""
        [row] = await self._asked(_POSITION)  # the newest entry may have gone with a person
        return int(row.seq)

    async def facts(
        self, app_id: str, kind: Kind, ids: Collection[str], *, memberships: bool = False
    ) -> Sequence[Facts]:
        """Return the present facts of these records."""
        if not ids:
            return []
        return await self._database.read(
            lambda c: facts.read_facts(c, app_id, kind, ids, with_groups=memberships)
        )

    async def candidates(
        self, app_id: str, kind: Kind, *, everybody: bool, after: str = "", limit: int = 500
    ) -> Sequence[str]:
        """Return a page of record ids that an app may concern."""
        return await self._database.read(
            lambda c: facts.candidates(
                c, app_id, kind, everybody=everybody, after=after, limit=limit
            )
        )

    async def touched(self, app_id: str, *, after: int, to: int, limit: int = 1000) -> Touched:
        """Return the records that a stretch of the feed concerns."""
        return await self._database.read(
            lambda c: facts.touched(c, app_id, after=after, to=to, limit=limit)
        )

    async def member_users(
        self, group_ids: Collection[str], *, after: str = "", limit: int = 500
    ) -> Sequence[str]:
        """Return a page of the people in these groups."""
        return await self._database.read(
            lambda c: facts.member_users(c, group_ids, after=after, limit=limit)
        )

    async def groups_below(self, group_ids: Collection[str]) -> Collection[str]:
        """Return these groups and all groups inside them."""
        return await self._database.read(lambda c: nesting.groups_below(c, group_ids))

    async def regrouped(self, app_id: str, *, after: int) -> Sequence[Regrouped]:
        """Return below which groups changes may have moved people in or out."""
        return await self._database.read(lambda c: nesting.regrouped(c, app_id, after=after))

    async def rivals(
        self, app_id: str, kind: Kind, claims: Collection[Claim]
    ) -> Mapping[Claim, Sequence[tuple[str, str]]]:
        """Return who asks for these values."""
        return await self._database.read(lambda c: claims_of.rivals(c, app_id, kind, claims))

    async def woken(
        self, app_id: str, kind: Kind, claims: Mapping[str, Collection[Claim]]
    ) -> Mapping[str, str]:
        """Return who waits for a value that one of these would not ask for any more."""
        return await self._database.read(lambda c: claims_of.woken(c, app_id, kind, claims))

    async def linked_record(self, app_id: str, kind: Kind, account_id: str) -> str | None:
        """Return the record that an account is linked to, or about to be, or none."""

        def work(connection: Connection) -> str | None:
            linked = connection.execute(
                select(t.links.c.record_id).where(
                    t.links.c.app_id == app_id,
                    t.links.c.kind == kind,
                    t.links.c.account_id == account_id,
                )
            ).scalar_one_or_none()
            if linked is not None:
                return str(linked)
            planned = connection.execute(
                select(t.journal.c.record_id)
                .select_from(t.journal.join(t.cycles, t.cycles.c.id == t.journal.c.cycle_id))
                .where(
                    t.cycles.c.app_id == app_id,
                    t.cycles.c.state != CycleState.DONE,
                    t.journal.c.kind == kind,
                    t.journal.c.found_id == account_id,
                )
            ).scalar()
            return str(planned) if planned is not None else None

        return await self._database.read(work)

    async def healable(self, app_id: str, kind: Kind, *, limit: int = 500) -> Sequence[str]:
        """Return linked records with a waiting reference whose other end has an account now.

        And groups whose members' writing was interrupted. Whoever is in escrow waits for
        their own turn: this is no try of theirs.
        """
        mine, end = t.links.alias("mine"), t.links.alias("other_end")
        asked = (
            select(t.waiting.c.record_id)
            .distinct()
            .select_from(
                t.waiting.join(
                    mine,
                    (mine.c.app_id == t.waiting.c.app_id)
                    & (mine.c.kind == t.waiting.c.kind)
                    & (mine.c.record_id == t.waiting.c.record_id),
                ).join(
                    end,
                    (end.c.app_id == t.waiting.c.app_id)
                    & (end.c.record_id == t.waiting.c.missing_id)
                    & end.c.former_id.is_(None),
                )
            )
            .where(
                t.waiting.c.app_id == app_id,
                t.waiting.c.kind == kind,
                t.waiting.c.record_id.not_in(waiting.escrowed(app_id, kind)),
            )
            .order_by(t.waiting.c.record_id)
            .limit(limit)
        )
        found = [row.record_id for row in await self._all(asked)]
        if kind is Kind.USER:
            return found
        half_written = (
            select(t.link_members.c.group_id)
            .distinct()
            .where(
                t.link_members.c.app_id == app_id,
                t.link_members.c.doubtful,
                t.link_members.c.group_id.not_in(waiting.escrowed(app_id, Kind.GROUP)),
            )
            .order_by(t.link_members.c.group_id)
            .limit(limit)
        )
        groups = {row.group_id for row in await self._all(half_written)}
        return sorted({*found, *groups})

    async def waiting_for(
        self, app_id: str, missing_ids: Collection[str]
    ) -> Mapping[Key, set[str]]:
        """Return the linked records that wait until one of these has an account."""
        return await self._database.read(lambda c: waiting.waiting_for(c, app_id, missing_ids))

    async def linked_groups_of(
        self, app_id: str, member_ids: Collection[str]
    ) -> Mapping[str, set[str]]:
        """Return the groups with an account that these are direct members of."""
        if not member_ids:
            return {}
        return await self._database.read(lambda c: waiting.linked_groups_of(c, app_id, member_ids))

    async def account_names(self, app_id: str, account_ids: Collection[str]) -> Mapping[str, str]:
        """Return whose accounts these are."""
        if not account_ids:
            return {}
        return await self._database.read(lambda c: waiting.account_names(c, app_id, account_ids))

    async def member_difference(
        self,
        app_id: str,
        group_id: str,
        *,
        after: str = "",
        most: int | None = None,
        among: int | None = None,
    ) -> MemberDifference:
        """Compare a group's members in the directory with those last written."""
        return await self._database.read(
            lambda c: members.member_difference(
                c, app_id, group_id, after=after, most=most, among=among
            )
        )

    async def member_counts(self, app_id: str, group_id: str) -> tuple[int, int]:
        """Return how many members a group has here, and how many surely are in it there."""
        return await self._database.read(lambda c: members.member_counts(c, app_id, group_id))

    async def health(self, app_id: str) -> Health:
        """Return how the app is."""
        for row in await self._asked(_HEALTH, app_id=app_id):
            return rows.health_of(row)
        return Health()

    async def write(self, app_id: str, work: Work) -> None:
        """Make all of it true in one transaction."""
        if work.links or work.unlinked:
            self._count_anew(app_id)
        await self._database.write(lambda c: write_work(c, app_id, work))

    async def address(self, app_id: str) -> str | None:
        """Return the address that the app's links stand for."""
        return await self._database.read(lambda c: held.address_of(c, app_id))

    async def held_links(
        self, app_id: str, *, after: Key | None = None, limit: int = 100
    ) -> Sequence[Link]:
        """Return a page of links that are held."""
        return await self._database.read(lambda c: held.held_links(c, app_id, after, limit))

    async def some_links(self, app_id: str, kind: Kind, most: int) -> Sequence[Link]:
        """Return links evenly from all that are not held."""
        return await self._database.read(lambda c: held.some_links(c, app_id, kind, most))

    async def link_counts(self, app_id: str) -> Mapping[Kind, int]:
        """Return how many records of each kind are linked."""
        found = await self._all(
            select(t.links.c.kind, func.count())
            .where(t.links.c.app_id == app_id)
            .group_by(t.links.c.kind)
        )
        return {Kind(kind): count for kind, count in found}

    async def reset(self, app_id: str, what: Collection[str], *, actor: str) -> None:
        """Forget part of what is known of an app; an open cycle's plan goes with it."""
        check_resets(what)
        self._count_anew(app_id)
        await self._database.write(lambda c: forget(c, app_id, what, actor=actor))

    async def log(
        self,
        app_id: str | None,
        *,
        record_id: str | None = None,
        status: str | None = None,
        since: dt.datetime | None = None,
        after: int = 0,
        newest_first: bool = True,
        limit: int = 100,
    ) -> Sequence[tuple[int, LogEntry]]:
        """Return provisioning log entries with their running number."""
        asked = select(t.log).where(t.log.c.seq > after)
        if app_id is not None:
            asked = asked.where(t.log.c.app_id == app_id)
        if record_id is not None:
            asked = asked.where(t.log.c.record_id == record_id)
        if status is not None:
            asked = asked.where(t.log.c.status == status)
        if since is not None:
            asked = asked.where(t.log.c.at >= since)
        order = t.log.c.seq.desc() if newest_first else t.log.c.seq
        found = await self._all(asked.order_by(order).limit(limit))
        return [(row.seq, rows.log_of(row)) for row in found]
