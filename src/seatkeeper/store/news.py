"""What one writing transaction tells: entries of the change feed, and audit rows.

At the source of the walk: the feed written here is what every cycle reads.
Both get their numbers from the one row of ``feed_position``, drawn by the last
statements of the transaction. The row's lock lets writers commit one after the
other from there on, so numbers have no gaps and follow the order of commits on
PostgreSQL too; a reader that has seen number N never misses a smaller one.
"""

import secrets
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from sqlalchemy import Connection, Row, Select, insert, select, update

from seatkeeper.clock import utc_now
from seatkeeper.directory.model import Change, Kind, Subject, Verb
from seatkeeper.ports import AuditEntry
from seatkeeper.store.audit_chain import link_of
from seatkeeper.store.tables import audit, changes, feed_position

IMPORTED: Final = "imported"
"""What the feed calls a change that a file brought."""

WAS: Final = "was"
"""Under this the feed keeps what was there before, of attributes that people are counted by."""


@dataclass(slots=True)
class News:
    """Collects what a transaction changed; ``write`` is its last act.

    ``imported``: it comes from a file, not from what somebody did about one record.
    """

    actor: str
    imported: bool = False
    _changes: list[dict[str, Any]] = field(default_factory=list)
    _audit: list[dict[str, Any]] = field(default_factory=list)

    @property
    def empty(self) -> bool:
        """Whether nothing was changed."""
        return not self._changes and not self._audit

    def change(
        self,
        subject: Subject,
        verb: Verb,
        record_id: str,
        *,
        other_id: str | None = None,
        other_kind: Kind | None = None,
        app_id: str | None = None,
        detail: Mapping[str, object] | None = None,
        nested: bool = False,
    ) -> None:
        """Add one entry of the feed."""
        told = {**(detail or {}), **({IMPORTED: True} if self.imported else {})}
        self._changes.append(
            {
                "subject": subject.value,
                "verb": verb.value,
                "record_id": record_id,
                "other_id": other_id,
                "other_kind": other_kind.value if other_kind else None,
                "app_id": app_id,
                "detail": told,
                "nested": nested,
            }
        )

    def audit(
        self,
        action: str,
        subject: str,
        before: Mapping[str, object] | None = None,
        after: Mapping[str, object] | None = None,
    ) -> None:
        """Add one audit row; the values are plain data without secrets."""
        self._audit.append({"action": action, "subject": subject, "before": before, "after": after})

    def audit_as_one(
        self, action: str, subject: str, after: Mapping[str, object] | None = None
    ) -> None:
        """Say the whole transaction in one audit row instead of one per edit."""
        self._audit.clear()
        if self._changes:
            self.audit(action, subject, None, after)

    def write(self, connection: Connection) -> int:
        """Write everything under its numbers; nothing but the commit may follow.

        Returns the number of the newest audit row.
        """
        if self.empty:
            return 0
        position = connection.execute(
            update(feed_position)
            .values(
                seq=feed_position.c.seq + len(self._changes),
                audit_seq=feed_position.c.audit_seq + len(self._audit),
            )
            .returning(feed_position.c.seq, feed_position.c.audit_seq, feed_position.c.audit_hash)
        ).one()
        said = {"at": utc_now(), "actor": self.actor}
        if self._changes:
            first = position.seq - len(self._changes) + 1
            connection.execute(
                insert(changes),
                [{"seq": first + n, **said, **row} for n, row in enumerate(self._changes)],
            )
        if self._audit:
            first = position.audit_seq - len(self._audit) + 1
            rows = [
                {"seq": first + n, **said, **row, "salt": secrets.token_hex(16)}
                for n, row in enumerate(self._audit)
            ]
            head = position.audit_hash
            for row in rows:
                head = row["hash"] = link_of(head, row)
            connection.execute(insert(audit), rows)
            connection.execute(update(feed_position).values(audit_hash=head))
        return int(position.audit_seq)


def change_of(row: Row[Any]) -> Change:
    """Return the feed entry that a row of ``changes`` holds."""
    return Change(
        seq=row.seq,
        at=row.at,
        actor=row.actor,
        subject=Subject(row.subject),
        verb=Verb(row.verb),
        record_id=row.record_id,
        other_id=row.other_id,
        other_kind=Kind(row.other_kind) if row.other_kind else None,
        app_id=row.app_id,
        detail=row.detail,
        nested=row.nested,
    )


def audit_entries(
    connection: Connection, before: int | None, limit: int, *, actor: str = "", action: str = ""
) -> Sequence[AuditEntry]:
    """Return a page of audit entries, newest first; of one actor, or whose action begins so."""
    asked = select(audit).order_by(audit.c.seq.desc()).limit(limit)
    if before is not None:
        asked = asked.where(audit.c.seq < before)
    if actor:
        asked = asked.where(audit.c.actor == actor)
    if action:
        asked = asked.where(audit.c.action.startswith(action, autoescape=True))
    return [_entry_of(row) for row in connection.execute(asked)]


def entries_about(
    connection: Connection, subjects: Collection[str], before: int | None, limit: int
) -> Sequence[AuditEntry]:
    """Return audit entries about exactly these subjects, newest first."""
    found = [
        _entry_of(row)
        for subject in dict.fromkeys(subjects)
        for row in connection.execute(about(subject, before, limit))
    ]
    return sorted(found, key=lambda one: -one.seq)[:limit]


def about(subject: str, before: int | None, limit: int) -> Select[Any]:
    """Return the question for the newest entries about one subject."""
    asked = select(audit).where(audit.c.subject == subject)
    if before is not None:
        asked = asked.where(audit.c.seq < before)
    return asked.order_by(audit.c.seq.desc()).limit(limit)


def _entry_of(row: Row[Any]) -> AuditEntry:
    return AuditEntry(row.seq, row.at, row.actor, row.action, row.subject, row.before, row.after)
