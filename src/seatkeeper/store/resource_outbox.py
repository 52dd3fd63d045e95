"""The mails that a stand-in would send: one per account, due on a day, sent once.

An edge beside the walk. Nothing leaves the machine: a mail that is due is
marked as sent, so that a person can read it on a page. Whether a mail is due
at all is decided by who puts it here.
"""

import datetime as dt
from dataclasses import asdict, dataclass
from typing import Final

import sqlalchemy as sa

from seatkeeper.store.fixed import Fixed
from seatkeeper.store.resource_file import ResourceFile, stamp
from seatkeeper.store.upsert import insert_missing

_METADATA: Final = sa.MetaData()
MAILS: Final = sa.Table(
    "mails",
    _METADATA,
    sa.Column("account_id", sa.Text, primary_key=True),
    sa.Column("recipient", sa.Text, nullable=False),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("due", sa.Text, nullable=False),
    sa.Column("held", sa.Boolean, nullable=False),
    sa.Column("sent", sa.Text),
)


_WAITING: Final = (MAILS.c.account_id == sa.bindparam("of")) & MAILS.c.sent.is_(None)
_ADJUSTED: Final = Fixed(
    MAILS.update()
    .where(_WAITING)
    .values({name: sa.bindparam(f"new_{name}") for name in ("recipient", "name", "due", "held")})
)
_DROPPED: Final = Fixed(MAILS.delete().where(_WAITING))
_SENT: Final = Fixed(
    MAILS.update()
    .where(MAILS.c.due <= sa.bindparam("now"), MAILS.c.held.is_(False), MAILS.c.sent.is_(None))
    .values(sent=sa.bindparam("now", type_=sa.Text()))
)


@dataclass(frozen=True, slots=True)
class Mail:
    """One welcome mail. ``held`` while its account is deactivated; ``sent`` when it went out."""

    account_id: str
    recipient: str
    name: str
    due: str
    held: bool
    sent: str | None = None


class Outbox:
    """The mails of one stand-in."""

    def __init__(self, file: ResourceFile) -> None:
        self._file = file
        file.write(_METADATA.create_all)

    def put(self, mail: Mail, now: dt.datetime) -> None:
        """Keep the mail of a new account; it goes out at once if it is due and not held."""
        row = {**asdict(mail), "sent": None}

        def work(db: sa.Connection) -> None:
            insert_missing(db, MAILS, [row])
            _send_due(db, now)

        self._file.write(work)

    def adjust(self, mail: Mail, now: dt.datetime) -> None:
        """Change a mail that waits to what its account says now; what was sent stays sent."""

        def work(db: sa.Connection) -> None:
            _send_due(db, now)
            _ADJUSTED.run(
                db,
                of=mail.account_id,
                new_recipient=mail.recipient,
                new_name=mail.name,
                new_due=mail.due,
                new_held=mail.held,
            )
            _send_due(db, now)

        self._file.write(work)

    def drop(self, account_id: str, now: dt.datetime) -> None:
        """Forget the mail of a deleted account, unless it was sent."""

        def work(db: sa.Connection) -> None:
            _send_due(db, now)
            _DROPPED.run(db, of=account_id)

        self._file.write(work)

    def mails(self, now: dt.datetime, *, offset: int = 0, limit: int) -> tuple[list[Mail], int]:
        """Return one page of mails, what waits first, then the newest; and how many there are."""
        order = (MAILS.c.sent.is_not(None), MAILS.c.sent.desc(), MAILS.c.due, MAILS.c.account_id)

        def work(db: sa.Connection) -> tuple[list[Mail], int]:
            _send_due(db, now)
            rows = db.execute(sa.select(MAILS).order_by(*order).limit(limit).offset(offset)).all()
            total = db.execute(sa.select(sa.func.count()).select_from(MAILS)).scalar_one()
            return [Mail(*row) for row in rows], int(total)

        return self._file.write(work)


def _send_due(db: sa.Connection, now: dt.datetime) -> None:
    _SENT.run(db, now=stamp(now))
