"""Who may sign in, on SQL: administrators, the links that invite them, and who they become.

Beside the walk. It keeps what ``administration`` decides; each change comes
with its audit row in the same transaction. A link is shown once and only its
digest stays. Sessions are in ``sign_ins``.
"""

import datetime as dt
import hashlib
import secrets
from collections.abc import Collection, Sequence
from typing import Any

from sqlalchemy import Connection, delete, exists, insert, select, update

from seatkeeper.administration.model import (
    Administrator,
    Role,
    checked_email,
    checked_name,
    require_another,
    role_of,
)
from seatkeeper.administration.passphrases import check_passphrase
from seatkeeper.administration.sessions import AHEAD, link_works
from seatkeeper.errors import LinkUsedUp, NotFound
from seatkeeper.store.administration_tables import (
    ADMINISTRATORS,
    LINKS,
    OTHER_DEVICES,
    PENDING,
    RECOVERY_CODES,
    SECOND_FACTORS,
    SESSIONS,
)
from seatkeeper.store.database import Database
from seatkeeper.store.news import News
from seatkeeper.store.passphrase_hashing import hashed
from seatkeeper.store.tables import feed_position


class SqlAdministrators:
    """Everybody who may sign in to the console. Methods block."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def everybody(self) -> Sequence[Administrator]:
        """Return all, by e-mail address."""
        return self._database.read_now(everybody)

    def by_email(self, email: str) -> Administrator:
        """Return one. Raises ``NotFound``."""
        folded = email.strip().lower()
        return self._database.read_now(
            lambda c: _one(c, ADMINISTRATORS.c.email == folded, f"is called {email}")
        )

    def first_link(self, now: dt.datetime) -> str | None:
        """Return a link for the first administrator, or none where somebody can administer."""

        def work(connection: Connection) -> str | None:
            forget_ahead(connection, now)
            if _able(connection):
                return None
            connection.execute(delete(LINKS).where(LINKS.c.administrator_id.is_(None)))
            return _new_link(connection, None, now)

        return self._database.write_now(work)

    def forget_ahead(self, now: dt.datetime) -> None:
        """Forget links that were made by a clock that is ahead of this moment."""
        self._database.write_now(lambda c: forget_ahead(c, now))

    def link_is_for(self, link: str, now: dt.datetime) -> Administrator | None:
        """Return who a link invites; none for the first administrator. Raises ``LinkUsedUp``."""

        def work(connection: Connection) -> Administrator | None:
            found = _link(connection, link, now)
            return None if found is None else _by_id(connection, found)

        return self._database.read_now(work)

    def use_link(
        self, link: str, *, name: str, email: str, passphrase: str, now: dt.datetime
    ) -> Administrator:
        """Choose a passphrase with a link; the link, older links and sessions end.

        The first administrator also says their ``email``; who was invited has one.
        Raises ``LinkUsedUp``; ``InvalidValue`` for what cannot be taken, and the link still works.
        """
        chosen = checked_name(name)
        invited = self.link_is_for(link, now)
        address = checked_email(email) if invited is None else invited.email
        check_passphrase(passphrase, [chosen, address])
        kept = hashed(passphrase)

        def work(connection: Connection) -> Administrator:
            one_writer(connection)
            forget_ahead(connection, now)
            owner = _link(connection, link, now)
            news = News(address)
            if owner is None:
                owner = _found_first(connection, address, chosen, now)
            mine = ADMINISTRATORS.c.id == owner
            connection.execute(
                update(ADMINISTRATORS).where(mine).values(name=chosen, passphrase=kept)
            )
            used = LINKS.c.digest == digest(link)
            connection.execute(delete(LINKS).where(~used, LINKS.c.administrator_id == owner))
            connection.execute(update(LINKS).where(used).values(used_at=now))
            end_sign_ins(connection, owner)
            made = _by_id(connection, owner)
            news.audit("administrator.passphrase", owner, None, shown(made))
            news.write(connection)
            return made

        return self._database.write_now(work)

    def invite(
        self, email: str, role: str, apps: Collection[str] = (), *, actor: str, now: dt.datetime
    ) -> tuple[Administrator, str]:
        """Add somebody, or let somebody who is there choose another passphrase; return the link.

        Whoever is there already keeps role, passphrase and sessions until the link is used.
        Raises ``InvalidValue`` for an address or a role that cannot be.
        """
        address, chosen = checked_email(email), role_of(role, apps)

        def work(connection: Connection) -> tuple[Administrator, str]:
            one_writer(connection)
            forget_ahead(connection, now)
            asked = select(ADMINISTRATORS.c.id).where(ADMINISTRATORS.c.email == address)
            owner = connection.execute(asked).scalar()
            if owner is None:
                owner = _add(connection, address, address, chosen, apps, now)
            connection.execute(delete(LINKS).where(LINKS.c.administrator_id == owner))
            link = _new_link(connection, owner, now)
            invited = _by_id(connection, owner)
            news = News(actor)
            news.audit("administrator.invite", owner, None, shown(invited))
            news.write(connection)
            return invited, link

        return self._database.write_now(work)

    def change_role(
        self, administrator: str, role: str, apps: Collection[str] = (), *, actor: str
    ) -> Administrator:
        """Give another role; sessions end, so that the next sign-in begins with the new rights.

        Raises ``NotFound``, and ``InvalidValue`` where nobody else could administer.
        """
        chosen = role_of(role, apps)

        def work(connection: Connection) -> Administrator:
            one_writer(connection)
            held = _by_id(connection, administrator)
            if (held.role, held.apps) == (chosen, frozenset(apps)):
                return held
            if chosen is not Role.ADMINISTRATOR:
                require_another(everybody(connection), administrator)
            mine = update(ADMINISTRATORS).where(ADMINISTRATORS.c.id == administrator)
            connection.execute(mine.values(role=chosen.value, apps=sorted(apps)))
            end_sign_ins(connection, administrator)
            changed = _by_id(connection, administrator)
            news = News(actor)
            news.audit("administrator.role", administrator, shown(held), shown(changed))
            news.write(connection)
            return changed

        return self._database.write_now(work)

    def remove(self, administrator: str, *, actor: str) -> Administrator:
        """Remove somebody; their sessions and links end with them.

        Raises ``NotFound``, and ``InvalidValue`` where nobody else could administer.
        """

        def work(connection: Connection) -> Administrator:
            one_writer(connection)
            held = _by_id(connection, administrator)
            require_another(everybody(connection), administrator)
            end_sign_ins(connection, administrator)
            for table in (LINKS, RECOVERY_CODES, OTHER_DEVICES, SECOND_FACTORS):
                connection.execute(delete(table).where(table.c.administrator_id == administrator))
            mine = ADMINISTRATORS.c.id == administrator
            connection.execute(delete(ADMINISTRATORS).where(mine))
            news = News(actor)
            news.audit("administrator.remove", administrator, shown(held), None)
            news.write(connection)
            return held

        return self._database.write_now(work)


def digest(secret: str) -> str:
    """Return what is kept of a session's id or a link: both have full entropy."""
    return hashlib.sha256(secret.encode()).hexdigest()


def one_writer(connection: Connection) -> None:
    """Let one after the other decide, as the first act of a transaction.

    Two who remove each other would leave nobody, and many codes tried at once would all count
    as the first.
    """
    connection.execute(select(feed_position.c.id).with_for_update())


def forget_ahead(connection: Connection, now: dt.datetime) -> None:
    """Forget links made by a clock that was put right since: they would come to life later."""
    connection.execute(delete(LINKS).where(LINKS.c.made_at > now + AHEAD))


def end_sign_ins(connection: Connection, administrator: str, but: str = "") -> int:
    """End every session of somebody and every sign-in under way; return how many sessions.

    ``but`` is the id of one session that goes on.
    """
    mine = (SESSIONS.c.administrator_id == administrator) & (SESSIONS.c.id != but)
    connection.execute(delete(PENDING).where(PENDING.c.administrator_id == administrator))
    return connection.execute(delete(SESSIONS).where(mine)).rowcount


def everybody(connection: Connection) -> Sequence[Administrator]:
    """Return all administrators, by e-mail address."""
    asked = select(ADMINISTRATORS).order_by(ADMINISTRATORS.c.email)
    return [administrator_of(row) for row in connection.execute(asked)]


def administrator_of(row: Any) -> Administrator:
    """Return the administrator that a row of ``administrators`` holds."""
    ready = row.passphrase is not None
    role, apps = Role(row.role), frozenset(row.apps)
    return Administrator(row.id, row.email, row.name, role, apps, ready)


def shown(one: Administrator) -> dict[str, object]:
    """Return an administrator as the audit trail shows them."""
    plain = {"email": one.email, "name": one.name, "role": one.role.value}
    return {**plain, "apps": sorted(one.apps)} if one.apps else dict(plain)


def _able(connection: Connection) -> bool:
    ready = ADMINISTRATORS.c.passphrase.is_not(None)
    role = ADMINISTRATORS.c.role == Role.ADMINISTRATOR.value
    return bool(connection.execute(select(exists().where(ready, role))).scalar())


def _found_first(connection: Connection, email: str, name: str, now: dt.datetime) -> str:
    if _able(connection):
        raise LinkUsedUp("Somebody is administrator already.", advice="Ask them to invite you.")
    asked = select(ADMINISTRATORS.c.id).where(ADMINISTRATORS.c.email == email)
    owner = connection.execute(asked).scalar()
    if owner is None:
        return _add(connection, email, name, Role.ADMINISTRATOR, (), now)
    mine = update(ADMINISTRATORS).where(ADMINISTRATORS.c.id == owner)
    connection.execute(mine.values(role=Role.ADMINISTRATOR.value, apps=[]))
    return str(owner)


def _add(
    connection: Connection,
    email: str,
    name: str,
    role: Role,
    apps: Collection[str],
    now: dt.datetime,
) -> str:
    row = {
        "id": secrets.token_hex(8),
        "email": email,
        "name": name,
        "role": role.value,
        "apps": sorted(apps),
        "created_at": now,
    }
    connection.execute(insert(ADMINISTRATORS), [row])
    return str(row["id"])


def _new_link(connection: Connection, owner: str | None, now: dt.datetime) -> str:
    link = secrets.token_urlsafe(32)
    row = {"digest": digest(link), "administrator_id": owner, "made_at": now}
    connection.execute(insert(LINKS), [row])
    return link


def _link(connection: Connection, link: str, now: dt.datetime) -> str | None:
    row = connection.execute(select(LINKS).where(LINKS.c.digest == digest(link))).first()
    if row is None or not link_works(row.made_at, row.used_at, now):
        raise LinkUsedUp(
            "This link was used, or is older than 15 minutes.",
            advice="Ask whoever gave it to you for another; "
            "for the first administrator, start the server again.",
        )
    owner: str | None = row.administrator_id
    return owner


def _by_id(connection: Connection, administrator: str) -> Administrator:
    return _one(connection, ADMINISTRATORS.c.id == administrator, "has this id")


def _one(connection: Connection, which: Any, said: str) -> Administrator:
    row = connection.execute(select(ADMINISTRATORS).where(which)).first()
    if row is None:
        raise NotFound(
            f"No administrator {said}.",
            advice="seatkeeper administrators list shows who there is.",
        )
    return administrator_of(row)
